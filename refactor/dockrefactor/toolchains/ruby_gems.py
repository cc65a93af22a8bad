"""What installed gems need of the system: `data/ruby_gems.tsv` (from Debian's packages) and `ruby_gems.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from dockrefactor import tables
from dockrefactor.evidence import Evidence
from dockrefactor.image import Image
from dockrefactor.needs import Claim, InstallInputs, LanguagePackage
from dockrefactor.records import dataclass, field


@dataclass(slots=True)
class GemsNeeds:
    """`os_packages` for the image's distribution; `unknown`: the first gem of which nothing is known."""

    os_packages: dict[str, Evidence] = field(default_factory=dict)
    programs: list[Claim] = field(default_factory=list)
    writes: list[Claim] = field(default_factory=list)
    unknown: Evidence | None = None
    said: str = ""
    names: dict[str, LanguagePackage] = field(default_factory=dict)

    def object(self, evidence: Evidence, says: str) -> None:
        self.unknown = self.unknown or Evidence(evidence.path, evidence.line, says)


@cache
def _suites() -> tuple[str, ...]:
    line = next(line for line in tables.text("ruby_gems.tsv").splitlines() if line.startswith("# columns:"))
    return tuple(line.split("\t")[3:])


def gems_needs(inputs: Iterable[InstallInputs], base: Image | None, said: str) -> GemsNeeds:
    """What all gems of some installs need in the distribution of `base`; `said` is all that the Dockerfile says."""
    found = GemsNeeds(said=said)
    for item in inputs:
        for package in _closure(item.packages, item.locked):
            if package.name not in found.names:
                found.names[package.name] = package
                _add(found, package, base)
        if item.open_ended:
            found.unknown = found.unknown or item.open_ended[0]
    return found


def _closure(packages: Sequence[LanguagePackage], locked: bool) -> Iterator[LanguagePackage]:
    """The packages; without a lock file also what each is known to require."""
    pending, seen = list(packages), set()
    while pending:
        package = pending.pop(0)
        if package.name in seen:
            continue
        seen.add(package.name)
        yield package
        row = next(tables.rows("ruby_gems.tsv", package.name), None)
        if not locked and row is not None and row[2] != "-":
            pending += [LanguagePackage(name, None, package.evidence) for name in row[2].split(",")]


def _add(found: GemsNeeds, package: LanguagePackage, base: Image | None) -> None:
    special: Mapping[str, Any] = tables.toml("ruby_gems")["gems"].get(package.name, {})
    row = next(tables.rows("ruby_gems.tsv", package.name), None)
    at = package.evidence
    found.programs += [
        Claim(name, Evidence(at.path, at.line, f"{package.name} starts it")) for name in special.get("programs", ())
    ]
    found.writes += [
        Claim(path, Evidence(at.path, at.line, f"{package.name} writes it")) for path in special.get("writes", ())
    ]
    if special.get("unsure"):
        found.object(at, f"what `{package.name}` needs depends on its build")
    own = _brings_its_own(special, package.version) and special.get("system", "\0") not in found.said.lower()
    if package.native is False or base is None or own:
        return
    if "libraries" in special:
        _libraries(found, package, base, special["libraries"])
    elif row is not None:
        cells = {suite: _names(cell) for suite, cell in zip(_suites(), row[3:], strict=True) if cell != "?"}
        _libraries(found, package, base, cells)
    elif package.name not in _pure() and not _is_of_family(package.name):
        found.object(at, f"whether `{package.name}` needs system libraries is not known")


def _brings_its_own(special: Mapping[str, Any], version: str | None) -> bool:
    """Whether a version of a gem links copies of its own, whatever Debian's package of it does."""
    since = special.get("bundles")
    return since is not None and (version is None or _numbers(version) >= _numbers(since))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


@cache
def _pure() -> frozenset[str]:
    return frozenset(tables.toml("ruby_gems")["self_contained"])


def _is_of_family(name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in tables.toml("ruby_gems")["self_contained_patterns"])


def _names(cell: str) -> list[str]:
    return [] if cell == "-" else cell.split(",")


def _libraries(
    found: GemsNeeds, package: LanguagePackage, base: Image, by_release: Mapping[str, Sequence[str]]
) -> None:
    """The libraries for the release of `base`; for a tag that may move, names that all current releases have."""
    own = frozenset(tables.toml("ruby_gems")["linked_by_ruby"])
    wanted = {suite: [name for name in names if name not in own] for suite, names in by_release.items()}
    if not any(wanted.values()):
        return
    moves = not base.release or base.family == "ubuntu"  # whose packages go by the names that all of Debian's have
    names = _common(wanted) if moves else wanted.get(base.release)
    if names is None:
        found.object(package.evidence, f"the libraries of `{package.name}` are not known for this release")
        names = _common(wanted) or []  # for those who take the doubt upon themselves
    for name in names:
        found.os_packages.setdefault(name, package.evidence)


def _common(wanted: Mapping[str, Sequence[str]]) -> list[str] | None:
    names = [
        [re.sub(r"t64$", "", name) for name in wanted[suite]] for suite in ("bookworm", "trixie") if suite in wanted
    ]
    return names[0] if len(names) == 2 and names[0] == names[1] else None
