"""Packages of distributions: what a `-dev` package leaves behind, which one brings a program, what only builds need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from dockrefactor import tables
from dockrefactor.image import Image
from dockrefactor.image_releases import UNLISTED


class Role(StrEnum):
    """What an installed package is for."""

    BUILD = "build"  # compilers, make, headers without a library
    HEADERS = "headers"  # a -dev package: build-only, leaves its libraries behind
    TOOL = "tool"  # programs that both builds and programs use
    RUNTIME = "runtime"
    UNKNOWN = "unknown"


def bare(name: str) -> str:
    """A package's name without version, release or architecture: `curl=7.*` -> `curl`."""
    for mark in ("=", "<", ">", "~", "/"):
        name = name.partition(mark)[0]
    return name.partition(":")[0] if not name.startswith("lib") or ":" in name else name


def provided(names: Iterable[str]) -> frozenset[str]:
    """The names by which packages are there: without version and architecture, and as before the 64-bit time_t
    transition of trixie, whose packages provide the names without `t64`."""
    return frozenset(bare(name).removesuffix("t64") for name in names)


def family(image: Image) -> str:
    """The family of an image's distribution, as data files name it: debian, alpine or rpm."""
    if image.is_alpine or image.is_rpm:
        return "alpine" if image.is_alpine else "rpm"
    return "debian"


def _table(image: Image) -> Mapping[str, Any]:
    """What is known of the packages of an image's family of distributions."""
    found: Mapping[str, Any] = tables.toml("os_packages")[family(image)]
    return found


@cache
def _headers(package: str) -> tuple[tuple[frozenset[str], tuple[str, ...], tuple[str, ...]], ...]:
    return tuple(
        (frozenset(suites.split(",")), _names(runtime), _names(through))
        for _, suites, runtime, through in tables.rows("debian_packages.tsv", package)
    )


def _names(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split(","))


@cache
def _programs() -> Mapping[str, Mapping[str, str]]:
    suites: list[str] = []
    rows: dict[str, dict[str, str]] = {}
    for line in tables.text("programs.tsv").splitlines():
        cells = line.lstrip("# ").split("\t")
        if line.startswith("# program\t"):
            suites = cells[1:]
        elif line and not line.startswith("#"):
            rows[cells[0]] = dict(zip(suites, cells[1:], strict=False))
    return rows


def package_of(program: str, image: Image) -> str | None:
    """The package of `image`'s distribution that brings `program`; None where none is known."""
    row = _programs().get(program)
    if row is None:
        return None
    if image.is_alpine:
        found = row.get("alpine")
    elif image.is_debian:
        suites = _suites(image)
        found = row.get(suites[0])
        if len({row.get(suite) for suite in suites}) > 1:
            return None
    else:
        return None
    return found if found and found != "-" else None


def is_systems(program: str) -> bool:
    """Whether a package of any distribution and release is known to bring a program of that name."""
    return program in _programs()


def programs_of(package: str, image: Image) -> frozenset[str]:
    """The programs that an installed package is known to bring."""
    name = bare(package)
    by_pattern = _by_pattern(name, family(image))
    if image.is_rpm:
        return by_pattern | {name}
    return _brought(_column(image)).get(name, frozenset()) | by_pattern | {name}


def _column(image: Image) -> str:
    """The column of `data/programs.tsv` for an image; its first for a release that it has none for, an older one."""
    if image.is_alpine:
        return "alpine"
    columns = next(iter(_programs().values()))
    release = image.release or "bookworm"
    return release if release in columns else next(iter(columns))


def pulled(package: str, image: Image) -> tuple[str, ...]:
    """Packages that come along when a package is installed, as far as their programs are commonly used."""
    table = _table(image)["pulled"]
    return tuple(table.get(bare(package), ()))


def beside(package: str, image: Image) -> tuple[str, ...]:
    """Packages without which the programs of a package do nothing, and which do not come along by themselves."""
    table = _table(image)["beside"]
    return tuple(table.get(bare(package), ()))


@cache
def _by_pattern(name: str, family: str) -> frozenset[str]:
    rows = tables.toml("os_packages")[family]["brings"]
    return frozenset(program for pattern, found in rows.items() if re.fullmatch(pattern, name) for program in found)


@cache
def _brought(suite: str) -> Mapping[str, frozenset[str]]:
    """The programs of each package of a suite."""
    found: dict[str, set[str]] = {}
    for program, row in _programs().items():
        if (package := row.get(suite)) is not None:
            found.setdefault(package, set()).add(program)
    return {package: frozenset(programs) for package, programs in found.items()}


def libraries(package: str, image: Image) -> tuple[str, ...] | None:
    """Packages with the shared libraries that a `-dev` package stands for; None where they are not known."""
    name = bare(package)
    if image.is_alpine:
        return _alpine_libraries(name)
    if image.is_rpm:
        return _rpm_libraries(name, image.release)
    if not image.is_debian:
        return None
    if image.family == "ubuntu":  # other packages than Debian's go by the same names there
        known = tables.toml("os_packages")["ubuntu"]["runtime_of"].get(name, {}).get(release_name(image))
        return tuple(known) if known is not None else None
    rows = _headers(name)
    if not rows:
        return None
    suites = _suites(image)
    found: list[tuple[str, ...]] = []
    for suite in suites:
        row = next((row for row in rows if suite in row[0]), None)
        if row is None:
            return None
        found.append(row[1])
    # a package of the 64-bit time transition provides the name before it, as a rule
    exceptions = tables.toml("os_packages")["debian"]["not_provided"]
    names = {tuple(name if name in exceptions else re.sub(r"t64$", "", name) for name in row) for row in found}
    return (found[0] if len(found) == 1 else names.pop()) if len(names) == 1 else None


def _suites(image: Image) -> list[str]:
    """The Debian releases in which a package must be the same for an image."""
    unreleased: dict[str, list[str]] = tables.toml("images")["unreleased"]
    return unreleased.get(image.release, [image.release] if image.release else ["bookworm", "trixie"])


def _alpine_libraries(name: str) -> tuple[str, ...] | None:
    named = tables.toml("os_packages")["alpine"]["runtime_of"].get(name)
    return tuple(named) if named is not None else None


def _rpm_libraries(name: str, release: str) -> tuple[str, ...] | None:
    """By release; for a tag that may move, where all releases have the same."""
    table = tables.toml("os_packages")["rpm"]
    rows: Mapping[str, list[str]] = table["runtime_of"].get(name, {})
    everywhere = rows.get("*") if release not in table["uncovered"] else None
    found = rows.get(release, everywhere) if release or len(rows) == 1 else None
    return tuple(found) if found is not None else None


def role(package: str, image: Image) -> Role:
    """What a package of `image`'s distribution is for."""
    name = bare(package)
    table = _table(image)
    if name in table["build_only"] or _matches(table, "build_only_patterns", name):
        return Role.BUILD
    if name in table["tools"]:
        return Role.TOOL
    if name in table["runtime"] or _matches(table, "runtime_patterns", name):
        return Role.RUNTIME
    if image.is_rpm:  # a -devel package of which nothing is known stays: what it brings is not told
        return Role.HEADERS if _rpm_libraries(name, image.release) is not None else Role.UNKNOWN
    if name.endswith("-dev") or (image.is_debian and _headers(name)):
        return Role.HEADERS
    return Role.UNKNOWN


def _matches(table: Mapping[str, Any], key: str, name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in table.get(key, ()))


def release_name(image: Image) -> str:
    """The name of an image's Debian or Ubuntu release, `""` where its tag may move or it is of another distribution."""
    if image.family != "ubuntu":
        return image.release
    named = image.reference.tag.partition("-")[0]
    releases: dict[str, str] = tables.toml("images")["ubuntu_releases"]
    return next((name for name, version in releases.items() if named in (name, version)), "")


def is_carried(image: Image) -> bool:
    """Whether the mirrors that an image names still carry its release; without that nothing can be installed in it."""
    if not image.is_debian:
        return image.family not in tables.toml("images")["archived_families"]
    if image.family == "ubuntu":
        return bool(release_name(image)) or not image.reference.tag[:1].isdigit()
    return image.release != UNLISTED and image.newest_release not in tables.toml("images")["archived_releases"]


def untold_release(image: Image) -> str:
    """What is to be said where `release_name` is not known."""
    return f"of `{image.reference.written}` no release is known for certain"


def is_of_language(package: str, image: Image) -> bool:
    """Whether a package of `image`'s distribution belongs to a language, and so may be what a build runs or loads."""
    table = _table(image)
    return _matches(table, "language_patterns", bare(package))


def may_bring_modules(package: str, image: Image) -> bool:
    """Whether modules of Python may come along with a package of Red Hat's family that may stay behind."""
    stays = role(package, image) in (Role.BUILD, Role.HEADERS, Role.TOOL)
    return image.is_rpm and stays and bare(package) not in _table(image)["without_modules"]


def without_tools(package: str, image: Image) -> tuple[str, ...] | None:
    """What a package of tools depends on besides them, for a program that starts none; None where that is not known."""
    table = _table(image)["without_tools"]
    rows = table.get(bare(package), {})
    found = rows.get(release_name(image) or "*", rows.get("*"))
    return tuple(found) if found is not None else None


def left_behind(package: str, image: Image) -> tuple[str, ...]:
    """Packages that what a compiler built needs at run time, apart from those that the image has."""
    table = _table(image)
    return tuple(name for name in table["leaves"].get(bare(package), ()))


# the releases that `data/debian_packages.tsv` was made from
_COVERED = frozenset({"bullseye", "bookworm", "trixie", "forky"})


def is_covered(image: Image) -> bool:
    """Whether the tables know what -dev packages of the image's distribution and release leave behind."""
    return image.family != "ubuntu" and (not image.release or image.release in _COVERED)


def development_packages(names: Iterable[str], image: Image) -> frozenset[str]:
    """The `-dev` packages among `names`, and all that they install: whatever a build may link. Debian's alone."""
    found: set[str] = set()
    pending = [bare(name) for name in names]
    suites = set(_suites(image))
    while pending:
        name = pending.pop()
        rows = [row for row in _headers(name) if row[0] & suites]
        if rows and name not in found:
            found.add(name)
            pending += [other for row in rows for other in row[2]]
    return frozenset(found)
