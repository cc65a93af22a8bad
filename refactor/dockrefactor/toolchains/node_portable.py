"""Whether all that installs of npm packages bring runs on any C library: no addon, and no program that is compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs, LanguagePackage
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Plan
from dockrefactor.toolchains.node_commands import NodeInstall, node_facts


def bound(
    facts: Facts, plan: Plan, installs: Iterable[tuple[Step, Placed]], installed: Iterable[InstallInputs]
) -> Evidence | None:
    """The first thing that may be compiled for the C library of the image that builds; None: there is none.

    `installs` are Node's installs of all contributing stages, `installed` what they read.
    """
    return next(_bound(facts, plan, list(installs), installed), None)


def _bound(
    facts: Facts, plan: Plan, installs: list[tuple[Step, Placed]], installed: Iterable[InstallInputs]
) -> Iterator[Evidence]:
    details = [placed.effects.detail for _, placed in installs]
    production = bool(plan.epilogue) or all(isinstance(item, NodeInstall) and item.production for item in details)
    for item in installed:
        yield from item.open_ended
        if not item.locked:
            yield facts.at(installs[0][0].instruction, "no lock file says which packages are compiled")
        for package in item.packages:
            if not (package.development and production) and _may_be_compiled(package):
                says = f"`{package.name}` may be compiled for one C library"
                yield Evidence(package.evidence.path, package.evidence.line, says)


def _may_be_compiled(package: LanguagePackage) -> bool:
    """Whether a lock file does not say that a package is for any platform and runs no script when it is installed, or
    a package is known to hold compiled files all the same."""
    row = node_facts()["packages"].get(package.name, {})
    known = package.name in node_facts()["install"]["prebuilt"] or "libraries" in row or "browser" in row
    return package.native is not False or known
