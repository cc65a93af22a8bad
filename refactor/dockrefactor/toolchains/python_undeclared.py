"""Modules that a program imports and no manifest names: they came along with a manager that stays in the builder.

Poetry brings requests and some fifty others into the Python that it installs into, where the program finds them; in an
environment of its own it does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.stages import Placed, Step
from dockrefactor.tables import toml
from dockrefactor.toolchain import Blocked, Plan
from dockrefactor.toolchains import python_plan, python_sources
from dockrefactor.toolchains.python_packages import own_minor

# images of older Pythons have wheel, which a new environment has not
# https://github.com/docker-library/python/issues/952
_WITHOUT_WHEEL: Final = 12


def obstacle(
    facts: Facts, plan: Plan, installs: Iterable[tuple[Step, Placed]], installed: Iterable[InstallInputs]
) -> Blocked | None:
    """The first such import, where `plan` makes an environment; `installed` is what `installs` read."""
    if not plan.environment:
        return None
    outside = {name for step, placed in installs for name in python_plan.left_outside(plan, step, placed)}
    table = toml("python_names")["brought_by_managers"]
    brought = {module: package for name in outside for module, package in table.get(name, {}).items()}
    base = facts.final.base
    minor = own_minor(base) if base is not None and base.language == "python" else None
    if minor is not None and minor < _WITHOUT_WHEEL:
        brought["wheel"] = "wheel"
    named = {package.name for item in installed for package in item.packages}
    for claim in python_sources.image_sources(facts).imports if brought else ():
        package = brought.get(claim.value or "", "")
        if package and package not in named:
            return Blocked("undeclared-package", claim.evidence)
    return None
