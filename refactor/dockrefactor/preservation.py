"""That a split loses nothing: whatever a RUN of the original leaves in the image is in the runtime, or is gone again.

`placement` decides step by step; this looks at the whole of its decision from the other side.
"""

from __future__ import annotations

import posixpath
from typing import Final

from dockrefactor import roles
from dockrefactor.effects import CACHES, Kind, inside
from dockrefactor.facts import Facts
from dockrefactor.slots import Placement, Slot
from dockrefactor.stages import Placed
from dockrefactor.step_effects import HEADERS, SOURCES_OF_PACKAGES, is_own, remaining, removed
from dockrefactor.toolchain import Blocked, Plan

# what stays in the image after the command; builds and installs are handed over by the plan
LEAVING: Final = frozenset({Kind.FILES, Kind.DOWNLOAD, Kind.SYSTEM, Kind.ACCOUNTS, Kind.PROGRAM, Kind.TOOL_INSTALL})


def lost(facts: Facts, plan: Plan, placement: Placement) -> Blocked | None:
    """The first command whose effect would be missing in the runtime stage; None where there is none."""
    handed_over = [*plan.handed_over]
    handed_over += [artifact.path for slot in placement.slots for artifact in slot.artifacts]
    for at, slot in enumerate(placement.slots):
        if slot.step.run is None or (slot.runtime and slot.runtime_text is None):
            continue
        gone = removed(slot.step for slot in placement.slots[at:])
        for placed in slot.step.run.commands:
            if placed.effects.kind not in LEAVING or placed.effects.removes or is_own(placed, plan):
                continue
            if _is_repeated(slot, placed):
                continue
            if placed.effects.kind is Kind.TOOL_INSTALL and not _is_started(facts, placed):
                continue
            kept = (*handed_over, *gone, *CACHES, *SOURCES_OF_PACKAGES, *HEADERS)
            filled = handed_over if _makes_plain_folders(placed) else ()
            if not all(
                _is_kept(facts, path, kept) or any(inside(item, path) for item in filled) for path in remaining(placed)
            ):
                says = f"what `{placed.command.name}` leaves would be missing in the runtime"
                return Blocked("unknown-effect", facts.at(slot.step.instruction, says))
    return None


def _makes_plain_folders(placed: Placed) -> bool:
    """Whether a command makes folders alone, as a copy of what lies in them makes them too."""
    return placed.command.name == "mkdir" and not any(word.startswith(("-m", "--m")) for word in placed.command.argv)


def _is_repeated(slot: Slot, placed: Placed) -> bool:
    """Whether the runtime's text of the step has the command."""
    assert slot.step.run is not None
    text = slot.step.run.script.text[placed.command.start : placed.command.end]
    return slot.runtime and slot.runtime_text is not None and text in slot.runtime_text


def _is_started(facts: Facts, placed: Placed) -> bool:
    """Whether the container starts a tool that a command installs."""
    started = {posixpath.basename(name) for name, _ in (*facts.launch.programs, *facts.healthcheck.programs)}
    return bool(started & {posixpath.basename(name).partition("@")[0] for name in placed.effects.programs[1:]})


def _is_kept(facts: Facts, path: str, kept: tuple[str, ...]) -> bool:
    """Whether what stands at `path` is handed over, passes, or is a work folder that WORKDIR makes."""
    folders = [step.before.cwd for step in facts.final.steps] + [facts.final.after.cwd]
    if roles.is_builders_tool(facts, path):
        return True
    made = path != "/" and any(inside(folder, path) for folder in folders)
    return made or any(inside(path, folder) for folder in kept)
