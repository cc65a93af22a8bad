"""Files of the system that a step changes or reads, or beside which it makes others: they stand before it in its stage.

A step that edits what a package brought (`rm /etc/nginx/sites-enabled/default`) fails where the package is missing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from dockrefactor import os_packages, package_lists, tables
from dockrefactor.effects import CACHES, Kind, inside, overlap
from dockrefactor.image import Image
from dockrefactor.runtime_packages import RuntimePackages
from dockrefactor.slots import Slot
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Plan

_FILES: Final = frozenset({Kind.FILES, Kind.DOWNLOAD})


def restore_packages(slots: Sequence[Slot], last: int) -> None:
    """The builder installs as the author does what its own steps need of packages."""
    for at, slot in enumerate(slots[: last + 1]):
        if slot.builder and next(needed(slots, at), None) is not None:
            for earlier in slots[:at]:
                if earlier.step.run is not None and Kind.OS_INSTALL in earlier.step.run.kinds:
                    earlier.builder, earlier.builder_text = True, None


def check(slots: Sequence[Slot], packages: RuntimePackages, base: Image, runtime: Image) -> None:
    """See that the runtime has what its steps change. Raises BlockedError."""
    dropped = packages.dropped
    same = runtime.reference == base.reference
    if same and not dropped:
        return
    kept = [*packages.kept, *packages.extra]
    for slot in slots:
        if slot.runtime and slot.runtime_text is None and slot.step.run is not None:
            kept += package_lists.packages(slot.step)
    names = {os_packages.bare(name) for name in kept}
    for at, slot in enumerate(slots):
        if not slot.runtime:
            continue
        for path in needed(slots, at):
            if _is_brought(path, names):
                continue
            if not same or any(_is_akin(path, name) for name in dropped):
                raise packages.stop("unknown-effect", slot.step, f"the runtime may be without {path}")


def with_gone(
    slots: Sequence[Slot], at: int, setup: list[Placed], plan: Plan, packages: RuntimePackages
) -> list[Placed]:
    """The commands `setup` of a step that builds, and those that remove what the runtime gets from elsewhere: from the
    build context, or from packages. Raises BlockedError."""
    commands = slots[at].step.commands
    gone = tuple(path for placed in commands if placed.effects.removes for path in placed.effects.writes)
    brought = [_brought(slot, plan) for slot in slots[:at] if slot.runtime]
    # a copy of which nothing is left is not repeated
    kept = tuple(item for paths in brought if not all(_lies_in(path, gone) for path in paths) for item in paths)
    made: list[str] = []
    found: list[Placed] = []
    for placed in commands:
        effects = placed.effects
        if effects.removes and effects.kind is Kind.FILES and placed not in setup:
            paths = [path for path in effects.writes if not _lies_in(path, (*CACHES, *plan.handed_over, *made))]
            there = [path for path in paths if _is_of_packages(path) or overlap((path,), kept)]
            if there and len(there) < len(effects.writes) and _standing(placed):
                raise packages.stop("unknown-effect", slots[at].step, "it removes what the runtime has only in part")
            found += [placed] if there else []
        elif not effects.removes and effects.kind in _FILES:
            made += effects.writes
    return [placed for placed in commands if placed in setup or placed in found]


def _brought(slot: Slot, plan: Plan) -> tuple[str, ...]:
    """What a copy brings to the runtime: of a folder of which it takes parts, those."""
    copy = slot.step.copy
    if copy is None:
        return ()
    if slot.runtime_text is None:
        return copy.writes
    return tuple(place for path in plan.context_paths or () for place in copy.places_of(path))


def _lies_in(path: str, folders: Iterable[str]) -> bool:
    return any(inside(path, folder) for folder in folders)


def is_changed(step: Step) -> bool:
    """Whether a step changes files that it does not make: their owners and modes are not the builder's to hand over."""
    return next(needed([Slot(step)], 0), None) is not None


def needed(slots: Sequence[Slot], at: int) -> Iterator[str]:
    """Paths of packages, or of the base image, without which a step fails."""
    run = slots[at].step.run
    if run is None:
        return
    made = list(_made(slots[:at]))
    for placed in run.commands:
        if placed.effects.kind not in _FILES | {Kind.QUERY}:
            continue
        for path in _standing(placed):
            if _is_of_packages(path) and not any(inside(path, other) or inside(other, path) for other in made):
                yield path
        if not placed.effects.removes:
            made += placed.effects.writes


def _made(slots: Iterable[Slot]) -> Iterator[str]:
    """What earlier steps put there."""
    for slot in slots:
        if slot.step.copy is not None:
            yield from slot.step.copy.writes
        for placed in slot.step.commands:
            if placed.effects.kind in _FILES and not placed.effects.removes and not _standing(placed):
                yield from placed.effects.writes


def _standing(placed: Placed) -> tuple[str, ...]:
    """The paths that must be there before a command runs."""
    table, effects = _table(), placed.effects
    if effects.kind is Kind.QUERY:
        return tuple(path for path in effects.reads if path != placed.cwd)
    name = posixpath.basename(placed.command.name)
    options = [word for word in placed.command.argv[1:] if re.match(r"-[A-Za-z]", word)]
    if any(letter in word for letter in table["without"].get(name, "") for word in options):
        return ()
    if "--force" in placed.command.argv or "--parents" in placed.command.argv:
        return ()
    into = placed.command.argv[-1].endswith("/") and name not in ("mkdir", "touch")
    folders = effects.writes if into else tuple(map(posixpath.dirname, effects.writes))
    if name in table["changes"]:
        return effects.writes
    if name in table["takes"]:
        return (*effects.reads, *folders)
    return folders if name in table["makes"] else ()


def _is_of_packages(path: str) -> bool:
    """Whether a path lies where packages put their files, and no image has it by itself."""
    table = _table()
    if path in table["folders"] or path in table["files"] or any(inside(path, folder) for folder in table["own"]):
        return False
    return any(path != folder and inside(path, folder) for folder in table["system"])


def _is_brought(path: str, names: Collection[str]) -> bool:
    """Whether one of the packages brings a path, as far as their names tell."""
    for folder, patterns in _table()["lost"].items():
        if inside(path, folder):
            return any(re.fullmatch(pattern, name) for pattern in patterns for name in names)
    return any(_is_akin(path, name) for name in names)


def _is_akin(path: str, package: str) -> bool:
    """Whether a word of the path is in the package's name, or one of the name in the path."""
    plain = _table()["words"]["plain"]
    words = [word for word in re.split(r"[^a-z0-9]+", path.lower()) if len(word) > 2 and word not in plain]
    parts = [part for part in re.split(r"[^a-z]+", package.lower()) if len(part) > 2 and part not in plain]
    return any(word in package.lower() for word in words) or any(part in path.lower() for part in parts)


@cache
def _table() -> Any:
    return tables.toml("system_places")
