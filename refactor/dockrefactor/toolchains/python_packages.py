"""What installed Python packages need of the system: `data/python_packages.toml` and `data/python_wheels.tsv`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from dockrefactor import os_packages, tables
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.needs import Claim, InstallInputs, LanguagePackage
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains import python_versions
from dockrefactor.toolchains.tag_versions import NEWEST, tag_version

_NUMBERS: Final = regex(r"[0-9]{1,18}(?:\.[0-9]{1,18})*")


@dataclass(slots=True)
class PackagesNeeds:
    """`os_packages` for the image's distribution; `unknown`: the first package of which nothing is known."""

    os_packages: tuple[tuple[str, Evidence], ...] = ()
    programs: tuple[Claim, ...] = ()
    writes: tuple[tuple[str, Evidence], ...] = ()
    home: bool = False
    unknown: Evidence | None = None
    _found: dict[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Wheel:
    kind: str
    tags: Mapping[str, tuple[str, str]]
    needs: tuple[str, ...]


@cache
def _wheels() -> Mapping[str, str]:
    return {
        line.partition("\t")[0]: line
        for line in tables.text("python_wheels.tsv").splitlines()
        if line and line[0] != "#"
    }


@cache
def _pure() -> frozenset[str]:
    return frozenset(tables.toml("python_kinds")["pure"])


@cache
def _wheel(name: str) -> _Wheel | None:
    line = _wheels().get(name)
    if line is None:
        return _kind(name)
    _, kind, wheels, needs = line.split("\t")
    tags: dict[str, tuple[str, str]] = {}
    for item in wheels.split(",") if wheels != "-" else ():
        tag, _, versions = item.partition(":")
        low, _, high = versions.partition("-")
        tags[tag] = (low, high)
    return _Wheel(kind, tags, tuple(needs.split(",")) if needs != "-" else ())


def _kind(name: str) -> _Wheel | None:
    """What is generally known of a package that the table of wheels does not list."""
    table = tables.toml("python_kinds")
    needs = tuple(table["brings"].get(name, ()))
    if name in _pure():
        return _Wheel("pure", {}, needs)
    first = table["wheels"].get(name)
    if first is None:
        return None
    return _Wheel("wheel", {"py3": (first or "0", "99999")}, needs)


def is_pure(name: str) -> bool:
    """Whether a package is known to have no compiled parts in any version, and to load no library by its name."""
    row = tables.toml("python_packages").get(name)
    if row is not None and ("libraries" in row or row.get("wheel") != "pure"):
        return False
    wheel = _wheel(name)
    return row is not None or (wheel is not None and wheel.kind == "pure")


def stands_alone(package: LanguagePackage) -> bool:
    """Whether all that a version of a package brings along is known to be pure, too."""
    known = tables.toml("python_kinds")["alone"].get(package.name)
    return known is not None and package.version is not None and _between(known[0], package.version, known[1])


def packages_needs(facts: Facts, inputs: Iterable[InstallInputs]) -> PackagesNeeds:
    """What all packages of some installs need, in the distribution of the final stage's base image."""
    found = PackagesNeeds()
    base = facts.final.base
    programs: list[Claim] = []
    writes: list[tuple[str, Evidence]] = []
    seen: set[str] = set()
    for item in inputs:
        for package in item.packages:
            if package.name in seen:
                continue
            seen.add(package.name)
            _add(found, package, base, item, programs, writes)
        if item.open_ended and found.unknown is None:
            found.unknown = item.open_ended[0]
    found.os_packages = tuple(found._found.items())
    found.programs = tuple(programs)
    found.writes = tuple(writes)
    return found


def _add(
    found: PackagesNeeds,
    package: LanguagePackage,
    base: Image | None,
    item: InstallInputs,
    programs: list[Claim],
    writes: list[tuple[str, Evidence]],
) -> None:
    wheel = _wheel(package.name)
    names = [package.name, *(wheel.needs if wheel is not None and not item.locked else ())]
    for name in names:
        row = tables.toml("python_packages").get(name)
        known = wheel if name == package.name else _wheel(name)
        if row is None and (known is None or known.kind == "sdist"):
            found.unknown = found.unknown or Evidence(
                package.evidence.path, package.evidence.line, f"whether `{name}` needs system libraries is not known"
            )
            continue
        forced = not item.compiled.isdisjoint({name, ":all:"}) and not (known is not None and known.kind == "pure")
        forced = forced and (row is None or row.get("wheel") != "pure")
        built = forced or _may_be_built(package if name == package.name else None, row, known, base)
        if forced and row is not None and base is not None and base.counterpart and "built_libraries" not in row:
            found.unknown = found.unknown or Evidence(
                package.evidence.path, package.evidence.line, f"what `{name}` links when it is compiled is not known"
            )
        if row is not None:
            _add_row(found, row, built, base, package.evidence, programs, writes)
        elif built and base is not None and base.counterpart:
            found.unknown = found.unknown or Evidence(
                package.evidence.path,
                package.evidence.line,
                f"`{package.name}` {package.version or ''} may be compiled here",
            )


def _add_row(
    found: PackagesNeeds,
    row: Mapping[str, Any],
    built: bool,
    base: Image | None,
    evidence: Evidence,
    programs: list[Claim],
    writes: list[tuple[str, Evidence]],
) -> None:
    programs += [Claim(program, evidence) for program in row.get("programs", ())]
    for place in row.get("writes", ()):
        if place == "~":
            found.home = True
        else:
            writes.append((place, evidence))
    if base is None:
        return
    kinds = ["libraries", *(["built_libraries"] if built else [])]
    if built and row.get("unsure") and base.counterpart:
        found.unknown = found.unknown or Evidence(evidence.path, evidence.line, "what it links depends on its build")
    for kind in kinds:
        if kind not in row:
            continue
        libraries = _libraries(row[kind], base)
        if libraries is None:
            found.unknown = found.unknown or Evidence(
                evidence.path, evidence.line, "its libraries are not known for this release"
            )
            libraries = _common(row[kind]) or []  # for those who take the doubt upon themselves
        for library in libraries:
            found._found.setdefault(library, evidence)


def _libraries(by_release: Mapping[str, list[str]], base: Image) -> list[str] | None:
    """The libraries for the release of `base`; for a tag that may move, names that all current releases have."""
    if base.is_alpine or base.is_rpm:
        return by_release.get("alpine" if base.is_alpine else "rpm")
    return by_release.get(base.release) if base.release else _common(by_release)


def _common(by_release: Mapping[str, list[str]]) -> list[str] | None:
    """Names that all current releases of Debian have; None where they differ."""
    names = [
        [re.sub(r"t64$", "", name) for name in by_release.get(suite, ())]
        for suite in ("bookworm", "trixie")
        if suite in by_release
    ]
    if not names or any(other != names[0] for other in names):
        return None
    return names[0]


def _may_be_built(
    package: LanguagePackage | None, row: Mapping[str, Any] | None, wheel: _Wheel | None, base: Image | None
) -> bool:
    """Whether pip may compile the package rather than take a wheel."""
    if row is not None and row.get("wheel") == "pure":
        return False
    if row is not None and row.get("wheel") is False:
        return True
    if wheel is None or wheel.kind == "sdist":
        return row is None or row.get("wheel") is not True
    if wheel.kind == "pure" or base is None:
        return False
    return not _has_wheel(package, wheel, base)


def own_minor(base: Image) -> int | None:
    """The minor version of an image's Python; None where its tag does not say."""
    version = tag_version(base, "python")
    if version is not None:
        return version[1] if version[1] != NEWEST else None
    found: int | None = tables.toml("python_names")["distribution_minor"].get(os_packages.release_name(base))
    return found


_FUTURE: Final = "999999"


def _has_wheel(package: LanguagePackage | None, wheel: _Wheel, base: Image) -> bool:
    """Whether a manylinux wheel exists for the Python of `base`, and for the pinned version where there is one."""
    if base.is_alpine or python_versions.has_old_pip(base):
        return False
    minor = own_minor(base)
    highs = [high for _, high in wheel.tags.values()]
    newest = next((high for high in highs if all(_between("0", other, high) for other in highs)), "")
    for tag, (low, high) in wheel.tags.items():
        if not _tag_fits(tag, minor):
            continue
        # releases after the table was made keep the wheels of the newest in it
        last = _FUTURE if high == newest else high
        if package is None or package.version is None or _between(low, package.version, last):
            return True
    return False


def _tag_fits(tag: str, minor: int | None) -> bool:
    if tag == "py3":
        return True
    abi = re.fullmatch(r"abi3\.cp3(\d+)", tag)
    if abi:
        return minor is None or minor >= int(abi[1])
    exact = re.fullmatch(r"cp3(\d+)", tag)
    return exact is not None and (minor is None or int(exact[1]) == minor)


def _between(low: str, version: str, high: str) -> bool:
    if all(_NUMBERS.fullmatch(text) for text in (low, version, high)):
        return _release(low) <= _release(version) <= _release(high)
    from packaging.version import InvalidVersion, Version

    try:
        return Version(low) <= Version(version) <= Version(high)
    except InvalidVersion:
        return False


@lru_cache(maxsize=4096)
def _release(version: str) -> tuple[int, ...]:
    """A version of numbers alone as one that compares: zeros at its end mean nothing."""
    parts = [int(part) for part in version.split(".")]
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)
