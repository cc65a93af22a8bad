"""Node.js that is packaged: `nodejs` is in both stages, `npm` with all that it brings where it starts.

https://wiki.debian.org/Javascript/Nodejs/Manual -- Debian's Node.js also finds the modules of packages such as those
that its npm depends on; a program that names no other packages than its own does not.
"""

from __future__ import annotations

from dockrefactor import left_behind, os_packages, package_lists
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains import distribution, node_imports
from dockrefactor.toolchains.node_package_json import PackageJson

NPM = "npm"


def obstacle(facts: Facts) -> Blocked | None:
    """Why an image whose Node.js comes from the distribution is not split."""
    if not distribution.packages(facts) & {"nodejs", NPM}:
        return distribution.unknown_base(facts, "Node.js")
    return distribution.obstacle(facts, "Node.js", of_rpm=True)


def instead(facts: Facts, packages: list[PackageJson]) -> dict[str, tuple[str, ...]]:
    """What the runtime installs in the place of npm; nothing where a step of the runtime may run it, or a source loads
    a package that is not the project's."""
    base = facts.final.base
    found = os_packages.without_tools(NPM, base) if base is not None else None
    installs = facts.commands(lambda placed: placed.effects.by == "node" and placed.effects.kind is Kind.TOOL_INSTALL)
    if found is None or installs or not packages:
        return {}
    for package in packages:
        own = package.every_dependency().keys()
        for claim in node_imports.imported_packages(facts.context, package.folder):
            if claim.value is None or claim.value not in own:
                return {}
    return {NPM: found}


def gain(facts: Facts, replaced: bool) -> str | None:
    """What stays behind besides what builds leave; None where that is nothing."""
    names = (name for step in facts.final.steps for name in package_lists.packages(step))
    if replaced and NPM in map(os_packages.bare, names):
        return "npm and the packages that it brings stay behind"
    return left_behind.build_packages(facts)
