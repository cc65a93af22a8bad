"""What the crates of a Cargo.lock ask of the image: shared libraries, certificates, time zones, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockrefactor import os_packages, package_lists, tables
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.records import dataclass
from dockrefactor.stages import Stage
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains.rust_manifests import LOCK, LockedCrate, RustPackage, locked_crates


@dataclass(frozen=True, slots=True)
class Crates:
    """The crates that programs are built with; `locked` is None where no lock file lists them."""

    root: str
    members: tuple[RustPackage, ...]
    locked: tuple[LockedCrate, ...] | None

    @property
    def names(self) -> frozenset[str]:
        """Every crate that is known to take part."""
        named = frozenset(name for member in self.members for name in member.dependencies)
        return named | frozenset(crate.name for crate in self.locked or () if not crate.local)

    def at(self, name: str, says: str) -> Evidence:
        """Evidence for a crate: its line in the lock file, or the manifest."""
        crate = next((item for item in self.locked or () if item.name == name), None)
        if crate is not None:
            return Evidence(f"{self.root}/{LOCK}".lstrip("/"), crate.line, says)
        return Evidence(self.members[0].evidence.path if self.members else LOCK, 0, says)


def used_crates(facts: Facts, root: str, members: tuple[RustPackage, ...], built: tuple[RustPackage, ...]) -> Crates:
    """The crates that the packages `built` of a workspace use, followed through its lock file."""
    locked = locked_crates(facts.context, root)
    if locked is None:
        return Crates(root, members, None)
    by_name: dict[str, list[LockedCrate]] = {}
    for crate in locked:
        by_name.setdefault(crate.name, []).append(crate)
    found: dict[str, list[LockedCrate]] = {}
    pending = [package.name for package in built]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = by_name.get(name, [])
            pending += [other for crate in found[name] for other in crate.dependencies]
    return Crates(root, members, tuple(crate for crates in found.values() for crate in crates))


def libraries(facts: Facts, stage: Stage, crates: Crates) -> tuple[tuple[str, Evidence], ...] | Blocked:
    """(package, evidence) of the shared libraries that the crates link, or the crate of which that is not known.

    A crate can only link a library whose `-dev` package the base image has, or a step installs.
    """
    base = stage.base
    if base is None or not base.is_debian:
        return ()  # nothing but what the author's own -dev packages bring, which keep their libraries
    installed = [name for step in stage.steps for name in package_lists.packages(step)]
    there = os_packages.development_packages((*base.packages, *installed), base)
    covered = os_packages.is_covered(base)
    if not there and (covered or not any(name.endswith("-dev") for name in (*base.packages, *installed))):
        return ()
    if crates.locked is None and any(member.dependencies for member in crates.members):
        says = "without Cargo.lock it is not known which crates take part"
        return Blocked("unknown-package", crates.at("", says))
    found: dict[str, Evidence] = {}
    for name in sorted(crates.names):
        wanted = _links(crates, name)
        if wanted is None:
            return Blocked("unknown-package", crates.at(name, f"whether {name} links a library is not known"))
        if wanted and not covered:
            return Blocked("unknown-library", crates.at(name, f"what {name} links on this release is not known"))
        if wanted and wanted in there:
            names = os_packages.libraries(wanted, base)
            if names is None:
                return Blocked("unknown-library", crates.at(name, f"what {name} links of {wanted} is not known"))
            found.update(dict.fromkeys(names, crates.at(name, f"{name} links it")))
    return tuple(found.items())


def _links(crates: Crates, name: str) -> str | None:
    """The -dev package that a crate links, `""` for none; None where that is not known."""
    row = tables.toml("rust_crates")["links"].get(name)
    if row is not None:
        return "" if _is_bundled(crates, name) else str(row["debian"])
    table = tables.toml("rust_crates")
    contained = name in table["contained"] or not _matches("native_names", name) or _matches("elsewhere", name)
    return "" if contained else None


def _is_bundled(crates: Crates, name: str) -> bool:
    """Whether the lock file shows that a crate compiles its library itself.

    The lock file holds what any feature of the workspace's own packages may ask for: where such a feature exists, it
    shows nothing.
    """
    row = tables.toml("rust_crates")["links"][name]
    crate = next((item for item in crates.locked or () if item.name == name), None)
    if crate is None:
        return False
    optional = (str(value) for member in crates.members for value in member.table.get("features", {}).values())
    if any(re.search(r"bundled|vendored|static", text) for text in optional):
        return False
    return bool(set(row.get("unless_crate", ())) & crates.names) or bool(
        set(row.get("unless_needs", ())) & set(crate.dependencies)
    )


def data_packages(facts: Facts, stage: Stage, crates: Crates, words: frozenset[str]) -> Iterator[tuple[str, Evidence]]:
    """Certificates and time zones of the base image that the crates read; `words`: names in the sources."""
    base = stage.base
    if base is None:
        return
    table = tables.toml("rust_crates")
    checking = next((name for name in table["certificates"] if name in crates.names), None)
    if checking is not None and base.ca_certificates:
        yield "ca-certificates", crates.at(checking, f"{checking} reads the system's certificates")
    for name, needed in table["time_zones"].items():
        if base.tzdata and name in crates.names and (not needed or words & set(needed)):
            yield "tzdata", crates.at(name, f"{name} reads the system's time zones")


def read_paths(crates: Crates) -> tuple[str, ...]:
    """Paths in the work folder that crates open by themselves."""
    table = tables.toml("rust_crates")["reads"]
    return tuple(path for name, paths in table.items() if name in crates.names for path in paths)


@cache
def _patterns(key: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in tables.toml("rust_crates")[key]))


def _matches(key: str, name: str) -> bool:
    return _patterns(key).fullmatch(name) is not None
