"""Second thoughts on a placement, when every step has its place: what one step's place means for the others."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from dockrefactor import source_copies, tables
from dockrefactor.effects import CACHES, Kind, inside, overlap
from dockrefactor.image import STANDARD_PATH
from dockrefactor.slots import Slot
from dockrefactor.stages import Copy, Placed, Step
from dockrefactor.step_effects import HEADERS, NEUTRAL, OS, SETUP, removed, writes

# programs that are told users and groups by name
_BY_ACCOUNT: Final = frozenset({"chgrp", "chown", "gosu", "install", "runuser", "setfacl", "su", "su-exec", "sudo"})

# where programs look for their settings without being told, and compilers for headers and libraries
_SETTINGS: Final = ("/etc", "/root", *HEADERS, "/lib", "/usr/lib", "/usr/local/lib", "/usr/share/pkgconfig")


def keep_what_builds_see(slots: Sequence[Slot], last: int) -> None:
    """Setup steps before the last build step stay in the builder too where the build can see what they do."""
    for at in reversed(range(max(last, 0))):  # a step that stays may need an earlier one
        slot = slots[at]
        if slot.builder or not slot.runtime or slot.step.run is None:
            continue
        if not slot.step.run.kinds & (SETUP | {Kind.TOOL_INSTALL, Kind.PROGRAM}):
            continue
        later = [other for other in slots[at + 1 : last + 1] if other.builder]
        touched = tuple(path for other in later for path in (*writes(other.step), other.step.before.cwd) if path != "/")
        accounts = Kind.ACCOUNTS in slot.step.run.kinds and any(map(_names_accounts, later))
        system = Kind.SYSTEM in slot.step.run.kinds or _installs_for(slot, later)
        if accounts or system or overlap(writes(slot.step), touched) or _sets_up(slot, later):
            slot.builder = True


def restore_packages(slots: Sequence[Slot], last: int, brings: Callable[[Step], Collection[str]]) -> None:
    """What a step that sets up the image, and that the builder runs too, needs of packages is installed there as the
    author does; `brings`: the programs of those packages of a step that were left out."""
    for at, slot in enumerate(slots[: last + 1]):
        run = slot.step.run
        if run is None or Kind.OS_INSTALL not in run.kinds or (slot.builder and slot.builder_text is None):
            continue
        brought = brings(slot.step)
        later = [placed for other in slots[at + 1 : last + 1] if other.builder for placed in _commands(other)]
        if any(one.effects.kind is Kind.SYSTEM or not _asked(one).isdisjoint(brought) for one in later):
            slot.builder, slot.builder_text = True, None


def drop_headers(slots: Sequence[Slot], last: int) -> None:
    """What only compilers look for stays in the builder."""
    for slot in slots[: last + 1]:
        written = writes(slot.step)
        if slot.builder and written and all(any(inside(path, folder) for folder in HEADERS) for path in written):
            slot.runtime = slot.runtime and slot.step.run is None


def _asked(placed: Placed) -> set[str]:
    """The programs that a command runs, or looks for (`which chromium`)."""
    looked_for = placed.command.argv[1:] if placed.effects.kind is Kind.QUERY else ()
    return {*placed.effects.programs, *looked_for}


def _commands(slot: Slot) -> tuple[Placed, ...]:
    return slot.step.commands


def _installs_for(slot: Slot, later: Sequence[Slot]) -> bool:
    """Whether a step installs a tool that a later step may start, itself or in a script that it runs."""
    tools = [placed.effects.programs[1:] for placed in _commands(slot) if placed.effects.kind is Kind.TOOL_INSTALL]
    names = {posixpath.basename(name).partition("@")[0] for programs in tools for name in programs}
    if not tools or not any(map(_commands, later)):
        return False
    if not all(tools) or not names.issubset(tables.toml("build_tools")["only_serve"]):
        return True
    return any(not names.isdisjoint(placed.effects.programs) for other in later for placed in _commands(other))


def _sets_up(slot: Slot, later: Sequence[Slot]) -> bool:
    """Whether a step writes settings of the system or of root, a program, or a file that a later step names."""
    assert slot.step.run is not None
    written = [
        path
        for placed in slot.step.run.commands
        if placed.effects.kind in (Kind.FILES, Kind.DOWNLOAD) and not placed.effects.keeps_content
        for path in placed.effects.writes
        if path != "/"
    ]
    if any(inside(path, folder) for path in written for folder in _SETTINGS):
        return True
    return any(
        path in other.step.instruction.logical or any(inside(path, place) or inside(place, path) for place in places)
        for other, places in ((other, _places(other)) for other in later)
        for path in written
    )


def _places(slot: Slot) -> tuple[str, ...]:
    """The folders that a step finds programs in, and those that variables name to it."""
    if slot.step.run is None:
        return ()
    env = slot.step.before.env
    named = [part for value in env.values() for part in value.split(":") if part.count("/") > 1 and part[0] == "/"]
    return tuple(dict.fromkeys((*STANDARD_PATH, *named)))


def _names_accounts(slot: Slot) -> bool:
    """Whether a step changes to a user, or gives files away to one."""
    step = slot.step
    if step.keyword == "USER" or (step.copy is not None and step.copy.owner):
        return True
    return step.run is not None and any(placed.command.name in _BY_ACCOUNT for placed in step.run.commands)


def drop_repeated(slots: Sequence[Slot], last: int) -> None:
    """A manifest copied ahead need not be copied to the runtime when the whole folder follows."""
    for at, slot in enumerate(slots[: last + 1]):
        if not _is_plain_copy(slot) or slot.step.instruction.flag("chown"):
            continue
        for later in slots[at + 1 :]:
            if later.runtime and _may_read(later, slot.step.copy):
                break
            if _is_plain_copy(later) and source_copies.covers(later.step.copy, slot.step.copy):
                slot.runtime = False
                break


def _may_read(slot: Slot, copy: Copy | None) -> bool:
    """Whether a step of the runtime may read or change what was copied."""
    commands = slot.step.commands
    if any(placed.effects.kind not in OS | NEUTRAL | SETUP for placed in commands) or copy is None:
        return bool(commands)
    touched = tuple(path for placed in commands for path in (*placed.effects.reads, *placed.effects.writes))
    return overlap(touched, copy.writes)


def drop_temporary(slots: Sequence[Slot], last: int, started: Iterable[str]) -> None:
    """What is copied to /tmp for the build alone stays in the builder; `started`: words of the launch."""
    if any("/tmp" in word for word in started):
        return
    for slot in slots[: last + 1]:
        written = slot.step.copy.writes if slot.step.copy is not None else ()
        if not slot.runtime or not written or not all(inside(path, "/tmp") for path in written):
            continue
        if not any("/tmp" in other.step.instruction.logical for other in slots if other is not slot and other.runtime):
            slot.runtime = False


def drop_removed(slots: Sequence[Slot]) -> None:
    """What the builder removes again was not in the original's image either."""
    for at, slot in enumerate(slots):
        copy = slot.step.copy
        if not (slot.runtime and slot.builder) or copy is None or copy.origin is not None or not copy.writes:
            continue
        gone = removed(other.step for other in slots[at + 1 :] if not other.runtime)
        if all(any(inside(path, other) for other in gone) for path in copy.writes):
            slot.runtime = False


def drop_idle_cleaning(slots: Sequence[Slot]) -> None:
    """Where the runtime installs nothing, there are no caches to clean."""
    runs = [(slot, slot.step.run) for slot in slots if slot.runtime and slot.step.run is not None]
    if all(_cleans(placed) for _, run in runs for placed in run.commands):
        for slot, _ in runs:
            slot.runtime = False


def _cleans(placed: Placed) -> bool:
    paths = placed.effects.writes
    return placed.effects.removes and all(any(inside(path, folder) for folder in CACHES) for path in paths)


def drop_idle_workdirs(slots: Sequence[Slot], last: int, handed_over: Sequence[str]) -> None:
    """A work folder that nothing in the runtime works in, and that another one follows, need not be repeated."""
    for at, slot in enumerate(slots[: last + 1]):
        if slot.step.keyword != "WORKDIR" or not slot.runtime:
            continue
        following = next((other for other in slots[at + 1 :] if other.runtime), None)
        if following is None or following.step.keyword != "WORKDIR" or not following.step.instruction.args:
            continue
        target, folder = following.step.instruction.args[0], _folder_made(slots, at)
        # the folder itself is made by what is copied, or by the work folder that follows
        if target.startswith("/") and any(inside(path, folder) for path in (target, *handed_over)):
            slot.runtime = False


def _folder_made(slots: Sequence[Slot], at: int) -> str:
    """The work folder after the step of that position."""
    return slots[at + 1].step.before.cwd


def keep_frontend(slots: Sequence[Slot]) -> None:
    """apt asks no questions in the runtime either."""
    for slot in slots:
        if slot.step.keyword == "ENV" and "DEBIAN_FRONTEND" in slot.step.instruction.args[::3]:
            slot.runtime = True


def _is_plain_copy(slot: Slot) -> bool:
    """Whether the runtime has a copy of the context as the author wrote it."""
    copy = slot.step.copy
    return slot.runtime and slot.runtime_text is None and copy is not None and copy.origin is None and bool(copy.pairs)
