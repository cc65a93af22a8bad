"""Which packages have the shared libraries that a build of C or C++ links by their names."""

from __future__ import annotations

from dockrefactor import os_packages, package_lists
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.records import replace
from dockrefactor.stages import Stage
from dockrefactor.tables import toml
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains.c_programs import CBuild


def libraries(facts: Facts, stage: Stage, build: CBuild) -> list[tuple[str, Evidence]] | Blocked:
    """(package, evidence) of the libraries that a build names, or the name of which that is not known.

    The author's own -dev packages keep their libraries by themselves; this is for what the base image has, and for what
    one -dev package brings of another.
    """
    base = stage.base
    at = facts.at(build.step.instruction, "links it")
    table = toml("c_libraries")
    installed = [os_packages.bare(name) for step in stage.steps for name in package_lists.packages(step)]
    if base is not None and base.is_rpm:
        return _of_rpm(facts, build, installed, base)
    if base is None or not base.is_debian:
        return [("libgomp", at)] if base is not None and "gomp" in build.built.libraries else []
    there = os_packages.development_packages((*base.packages, *installed), base)
    found: list[tuple[str, Evidence]] = []
    for name in _named(build):
        wanted = table["linked"].get(name)
        if wanted is not None and not wanted.endswith("-dev"):
            found.append((wanted, at))
        elif wanted is not None and not os_packages.is_covered(base):
            names = os_packages.libraries(wanted, base) if wanted in installed else None
            if names is None:
                says = f"what {name} links on this release is not known"
                return Blocked("unknown-library", facts.at(build.step.instruction, says))
            found += [(library, at) for library in names]
        elif wanted in there:
            names = os_packages.libraries(wanted, base)
            if names is None:
                return Blocked("unknown-library", facts.at(build.step.instruction, f"what {name} links is not known"))
            found += [(library, at) for library in names]
            if wanted in table["certificates"] and base.ca_certificates:
                found.append(("ca-certificates", at))
        elif not _is_installed(name, installed) and len(there) > len([one for one in there if one in installed]):
            return Blocked(
                "unknown-library", facts.at(build.step.instruction, f"which package has `{name}` is not known")
            )
    return found


def of_newer_compiler(base: Image, build: CBuild) -> str:
    """The library of the compiler itself that a build links and that is newer in the image of GCC than in the
    distribution beneath it; the empty string where there is none."""
    if base.family != "gcc" or build.built.static:
        return ""
    table = toml("c_libraries")
    version = base.reference.tag.partition("-")[0].partition(".")[0]
    if version.isdigit() and int(version) <= table["compiler"].get(base.newest_release, 0):
        return ""
    linked = next((name for name in build.built.libraries if name in table["of_compiler"]), "")
    return "libstdc++" if build.built.cpp else linked and f"lib{linked}"


def _of_rpm(facts: Facts, build: CBuild, installed: list[str], base: Image) -> list[tuple[str, Evidence]] | Blocked:
    """The same in Red Hat's family: each library is of a known -devel package, or of one that the author names and that
    the runtime keeps."""
    table = toml("c_libraries")
    found: list[tuple[str, Evidence]] = []
    for name in _named(build):
        wanted = table["rpm"].get(table["linked"].get(name))
        at = facts.at(build.step.instruction, f"links {name}")
        if wanted is not None and not wanted.endswith("-devel"):
            found.append((wanted, at))
            continue
        names = os_packages.libraries(wanted, base) if wanted is not None else None
        kept = wanted in installed or _is_installed(name, installed, "-devel")
        if names is None and not kept:
            return Blocked("unknown-library", replace(at, says=f"which package has `{name}` is not known"))
        found += [(library, at) for library in names or ()]
    return found


def _named(build: CBuild) -> list[str]:
    """The names of libraries that a build links, without the C library's own and those that stand for none."""
    without = {*toml("c_calls")["libc"], *toml("c_libraries")["none"]}
    return [name for name in build.built.libraries if name not in without and not name.startswith(("-", "$"))]


def _is_installed(name: str, installed: list[str], ending: str = "-dev") -> bool:
    """Whether a development package that the author installs has the name of a library in its own."""
    plain = name.lower().removeprefix("lib").replace("_", "-").split("::")[0].rstrip("0123456789.-")
    return any(package.endswith(ending) and plain in package for package in installed)
