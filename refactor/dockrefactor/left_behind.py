"""What a runtime is rid of by a split: the tools of a larger base image, or packages that only builds need."""

from __future__ import annotations

from dockrefactor import os_packages, package_lists
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.os_packages import Role
from dockrefactor.stages import Step


def gain(facts: Facts) -> str | None:
    """Why a split is worth it, None where builder and runtime would be the same."""
    base = facts.final.base
    assert base is not None
    if base.counterpart:
        return f"the compilers and headers of {base.reference.written} stay behind"
    return build_packages(facts)


def build_packages(facts: Facts) -> str | None:
    """The first package of the image that only builds need, None where there is none or a RUN takes it away again."""
    base = facts.final.base
    assert base is not None
    for step in facts.final.steps:
        removed = _removed(step)
        for name in package_lists.packages(step):
            role = os_packages.role(name, base)
            if name not in removed and role in (Role.BUILD, Role.HEADERS) and not _virtual_removed(step):
                return f"`{name}` and its like stay behind"
    return None


def _removed(step: Step) -> set[str]:
    """The OS packages that a RUN removes by name."""
    return {
        word.text
        for placed in step.commands
        if placed.effects.kind is Kind.OS_REMOVE
        for word in placed.effects.os_packages
    }


def _virtual_removed(step: Step) -> bool:
    """`apk add --virtual .deps …` that the same RUN deletes again."""
    assert step.run is not None
    argvs = [placed.command.argv for placed in step.run.commands]
    named = {argv[at + 1] for argv in argvs for at, word in enumerate(argv[:-1]) if word in ("--virtual", "-t")}
    removed = {
        word for placed in step.run.commands if placed.effects.kind is Kind.OS_REMOVE for word in placed.command.argv
    }
    return bool(named & removed)
