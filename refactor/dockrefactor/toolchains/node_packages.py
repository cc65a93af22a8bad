"""What installed npm packages need of the system: the tables `packages` and `tools` of `data/node_packages.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.records import dataclass
from dockrefactor.toolchains.node_commands import bare_name, node_facts


@dataclass(frozen=True, slots=True)
class PackagesNeeds:
    """`os_packages` for the distribution of the base image; `browsers`: packages that fetch one to a home folder;
    `writes`: folders below the work folder, None for those that nobody can list."""

    os_packages: tuple[tuple[str, Evidence], ...]
    programs: tuple[Claim, ...]
    browsers: tuple[Evidence, ...]
    writes: tuple[Claim, ...]


def packages_needs(facts: Facts, inputs: Iterable[InstallInputs]) -> PackagesNeeds:
    """What all packages of some installs need, development packages left out."""
    table = node_facts()["packages"]
    base = facts.final.base
    libraries: dict[str, Evidence] = {}
    programs: list[Claim] = []
    browsers: list[Evidence] = []
    writes: dict[str | None, Claim] = {}
    for item in inputs:
        for package in item.packages:
            row = table.get(package.name)
            if row is None or package.development:
                continue
            for library in _libraries(row, base):
                libraries.setdefault(library, package.evidence)
            programs += [Claim(program, package.evidence) for program in row.get("programs", ())]
            for folder in (*row.get("writes", ()), *([None] if row.get("writes_anywhere") else [])):
                writes.setdefault(folder, Claim(folder, package.evidence))
            if row.get("browser") and package.name != "puppeteer-core" and not _browser_from_system(facts):
                browsers.append(package.evidence)
    return PackagesNeeds(tuple(libraries.items()), tuple(programs), tuple(browsers), tuple(writes.values()))


def _browser_from_system(facts: Facts) -> bool:
    env = facts.final.after.env
    return any(
        env.get(name, "").lower() in ("true", "1")
        for name in ("PUPPETEER_SKIP_DOWNLOAD", "PUPPETEER_SKIP_CHROMIUM_DOWNLOAD")
    ) or ("PUPPETEER_EXECUTABLE_PATH" in env)


def _libraries(row: dict[str, Any], base: Image | None) -> list[str]:
    named = row.get("libraries", {})
    if base is None:
        return []
    if base.is_alpine:
        return list(named.get("alpine", ()))
    if base.is_rpm:
        return []  # those that the author installs, by names of their own
    found = named.get("debian") or named.get(f"debian_{base.release or 'bookworm'}", ())
    return list(found)


def programs_of_package(spec: str) -> tuple[str, ...]:
    """The programs that a global install of `spec` (`serve@14`) brings: those that the table knows, and its name."""
    name = bare_name(spec)
    brought = tuple(tool for tool, row in node_facts()["tools"].items() if name in row.get("packages", ()))
    return (*brought, name.rpartition("/")[2])
