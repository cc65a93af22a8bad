"""The work folder of a runtime stage, where the base image of the builder sets another one, or names its parts."""

from __future__ import annotations

from dockrefactor.effects import inside
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.patterns import regex
from dockrefactor.records import replace
from dockrefactor.slots import Placement, Slot
from dockrefactor.toolchain import Plan

_VARIABLE = regex(r"\$\{?(\w+)")


def kept(facts: Facts, plan: Plan, placement: Placement, runtime: Image) -> Plan:
    """The plan with what makes the stage's work folder that of the original. In `placement`, a WORKDIR that names a
    variable of the builder's base image gets the folder that it means."""
    base, stage = facts.final.base, facts.final
    set_here = (step.instruction.args for step in stage.steps if step.keyword in ("ARG", "ENV"))
    own = {word.partition("=")[0] for words in set_here for word in words}
    # what each step leaves is what the next one finds
    after = [*(step.before.cwd for step in stage.steps[1:]), stage.after.cwd]
    folders = [(slot, cwd) for slot, cwd in zip(placement.slots, after, strict=True) if slot.step.keyword == "WORKDIR"]
    for slot, cwd in folders:
        names = set(_VARIABLE.findall(slot.step.instruction.value))
        if slot.runtime and slot.runtime_text is None and names - own - runtime.env.keys():
            slot.runtime_text = facts.document.typed(f"WORKDIR {cwd}") + facts.document.newline
    if base is None or base.workdir == runtime.workdir:
        return plan
    if folders and _is_absolute(*folders[0], base) and not _uses_base_folder(placement, folders[0][0], base):
        return plan
    return replace(plan, environment=(f"WORKDIR {base.workdir}", *plan.environment))


def _uses_base_folder(placement: Placement, first: Slot, base: Image) -> bool:
    """Whether a line of the runtime before the first WORKDIR counts from the base image's work folder."""
    for slot in placement.slots[: placement.slots.index(first)]:
        if not slot.runtime:
            continue
        if slot.step.copy is not None and not slot.step.instruction.args[-1].startswith("/"):
            return True
        commands = slot.step.commands
        touched = (path for item in commands for path in (*item.effects.reads, *item.effects.writes))
        if any(inside(path, base.workdir) for path in touched if base.workdir != "/"):
            return True
    return False


def _is_absolute(slot: Slot, folder: str, base: Image) -> bool:
    """Whether the first WORKDIR, which sets `folder`, does not count from the base image's work folder."""
    written = slot.step.instruction.value.lstrip("\"'")
    return slot.runtime_text is not None or written.startswith("/") or not inside(folder, base.workdir)
