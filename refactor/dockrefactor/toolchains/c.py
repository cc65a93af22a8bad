"""C and C++: compiler lines, make, CMake, Meson; the program on a slim image of the same release with what it links."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from dockrefactor.effects import Effects, Kind
from dockrefactor.evidence import Evidence
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains.c_names import looks_like_c

if TYPE_CHECKING:
    from dockrefactor.facts import Facts
    from dockrefactor.needs import InstallInputs
    from dockrefactor.shell import Command
    from dockrefactor.stages import Place, Placed, Stage, Step

_STARTERS: Final = frozenset({"make", "cmake", "meson", "ninja", "gcc", "g++", "cc", "clang", "clang++"})


class C:
    """The C and C++ toolchain. In images of another language its tools build parts of that language's programs."""

    name = "c"

    def effects(self, command: Command, place: Place) -> Effects | None:
        if place.image is not None and place.image.language not in ("", "c"):
            return None
        name = posixpath.basename(command.name)
        if not looks_like_c(command.name):
            return None
        from dockrefactor.toolchains import c_commands

        return c_commands.effects(command, name, place)

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        return None

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        return None

    def detect(self, facts: Facts) -> Detection | None:
        kinds = (Kind.BUILD, Kind.UNKNOWN)
        found = facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind in kinds)
        if found:
            step, placed = found[-1]
            tool = posixpath.basename(placed.command.name)
            return Detection("c", tool, "", (facts.at(step.instruction, f"{tool} runs"),))
        return None

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import c_plan

        return c_plan.needs(facts)

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import c_plan

        for started in facts.launch.started:
            if started.name in _STARTERS:
                says = f"`{started.name}` builds when it starts"
                return Blocked("needs-build-tool", Evidence(started.evidence.path, started.evidence.line, says))
        return c_plan.plan(facts)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        steps = facts.stages[stage].steps
        commands = [placed for step in steps if step.run is not None for placed in step.run.commands]
        if not any(placed.effects.by == self.name and placed.effects.kind is Kind.BUILD for placed in commands):
            return None
        from dockrefactor.toolchains import c_plan

        return c_plan.tree_needs(facts, facts.stages[stage], folder)


TOOLCHAIN: Final = C()
