"""Packages of the distribution that a RUN has as files: whether the runtime can install them as the original does.

A package file may hold anything, so its step is repeated whole. apt then installs what the package depends on, from
the lists of packages; dpkg fails where it is missing, which a smaller image cannot be shown to have.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockrefactor import fresh_lists, os_packages
from dockrefactor.effects import Kind, inside
from dockrefactor.image import Image
from dockrefactor.package_managers import PackageFiles, mends
from dockrefactor.slots import Slot
from dockrefactor.stages import Placed, Step
from dockrefactor.step_effects import NEUTRAL, OS, SETUP


def obstacle(slots: Sequence[Slot], at: int, base: Image, runtime: Image, unchanged: bool) -> tuple[str, str] | None:
    """Why the step at that index cannot be repeated in `runtime`, as a reason code and what to say; None where it can.

    `unchanged`: the runtime has every package that the original has before the step.
    """
    step = slots[at].step
    assert step.run is not None
    if not step.run.kinds <= SETUP | OS | NEUTRAL | {Kind.OS_FILES}:
        return "unknown-effect", "it builds and installs a package file in one line"
    release = os_packages.release_name(base)
    if runtime.family != base.family and (not release or release != os_packages.release_name(runtime)):
        return "unknown-library", f"a package file is installed, and {runtime.reference.written} is of another release"
    commands = step.run.commands
    for index, placed in enumerate(commands):
        detail = placed.effects.detail
        if not isinstance(detail, PackageFiles):
            continue
        if not (detail.resolves or unchanged or _is_mended(step, index)):
            return "unknown-library", "what the package file depends on is not known, and dpkg does not install it"
        if not unchanged and step.instruction.index not in fresh_lists.served(slots):
            return "unknown-library", "without lists of packages, apt finds nothing that the package file depends on"
        fetched = any(other.effects.kind is Kind.DOWNLOAD for other in commands[:index])
        for path in detail.paths:
            if not fetched and not _is_copied(slots[:at], path):
                return "unknown-effect", "it installs a package file that only the builder has"
    return None


def _is_mended(step: Step, index: int) -> bool:
    """Whether apt goes on where dpkg stops: `dpkg -i x.deb || apt-get install -f -y`."""
    assert step.run is not None
    following: Placed | None = next(iter(step.run.commands[index + 1 :]), None)
    return following is not None and following.command.connector == "||" and mends(following.command)


def _is_copied(before: Sequence[Slot], path: str) -> bool:
    """Whether a copy that the runtime has as the author wrote it puts a file at an image path, or into that folder."""
    copies = [slot for slot in before if slot.step.copy is not None and any(_brings(slot.step, path))]
    return bool(copies) and all(slot.runtime and slot.runtime_text is None for slot in copies)


def _brings(step: Step, path: str) -> list[bool]:
    assert step.copy is not None
    return [inside(path, written) or inside(written, path) for written in step.copy.writes]
