"""Files of the context that steps of the runtime or its launch name, where it copies only a part of the context."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from dockrefactor import placement
from dockrefactor.context import BuildContext, outermost
from dockrefactor.effects import absolute, inside
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.needs import ResolveImagePath
from dockrefactor.records import replace
from dockrefactor.slots import Placement, Slot
from dockrefactor.stages import Placed
from dockrefactor.step_effects import COPYING, NEUTRAL, OS
from dockrefactor.toolchain import Blocked, Plan

_PATTERN: Final = frozenset("*?[")
# commands that put up with it where nothing stands at the paths that they are given
_MAKING: Final = frozenset({"mkdir", "touch"})
_PACKING: Final = frozenset({"cpio", "gzip", "tar", "zip"})


def place(facts: Facts, plan: Plan, runtime: Image) -> tuple[Plan, Placement | Blocked]:
    """`placement.place`, and the plan whose `context_paths` have what the runtime's steps and its launch name too.

    Blocked where such a step takes the whole folder of the sources.
    """
    placed = placement.place(facts, plan, runtime)
    if isinstance(placed, Blocked) or plan.context_paths is None or plan.source_tree is None:
        return plan, placed
    kept = plan.context_paths
    found: set[str] = set()
    for at, slot in enumerate(placed.slots):
        paths = handled(facts, _repeated(slot), plan.source_tree, plan.handed_over, facts.final.resolver(at))
        if isinstance(paths, Placed):
            says = f"`{paths.command.name}` takes the whole folder of the sources"
            return plan, Blocked("unknown-effect", facts.at(slot.step.instruction, says))
        found |= paths
    found |= launched(facts, plan.source_tree, plan.handed_over, facts.final.resolver())
    missing = [path for path in found if not any(inside(f"/{path}", f"/{item}") for item in kept)]
    if not missing:
        return plan, placed
    plan = replace(plan, context_paths=outermost({*kept, *missing}))
    return plan, placement.place(facts, plan, runtime)


def handled(
    facts: Facts, commands: Iterable[Placed], tree: str, made: Sequence[str], resolve: ResolveImagePath
) -> set[str] | Placed:
    """The context paths of what commands read or change below `tree`, where nothing of `made` stands; the command that
    takes all of the folder, where one does. `resolve`: what the context has at an image path."""
    found: set[str] = set()
    for placed in commands:
        if _takes_all(placed, tree, resolve):
            return placed
        for path in _handled(placed):
            if inside(path, tree) and not any(inside(path, item) for item in made):
                found.update(_standing(facts.context, resolve, path, path in placed.effects.writes))
    return found


def launched(facts: Facts, tree: str, made: Sequence[str], resolve: ResolveImagePath) -> set[str]:
    """The context paths of the files that what starts is given: settings of a supervisor or a server."""
    found: set[str] = set()
    for item in (*facts.launch.started, *facts.healthcheck.started):
        words = {part for word in item.argv[1:] for part in (word, word.rpartition("=")[2]) if part}
        for place in (absolute(word, item.cwd) for word in words):
            path = resolve(place) if inside(place, tree) else None
            if path and facts.context.exists(path) and not any(inside(place, other) for other in made):
                found.add(path)
    return found


def is_setup(placed: Placed) -> bool:
    """Whether a command may need files of the context, and is no build."""
    return placed.effects.kind not in OS | NEUTRAL


def _repeated(slot: Slot) -> Iterator[Placed]:
    """The commands of a step that the runtime runs too."""
    run = slot.step.run
    for placed in run.commands if run is not None and slot.runtime else ():
        text = run.script.text[placed.command.start : placed.command.end] if run is not None else ""
        repeated = slot.runtime_text is None or text in slot.runtime_text
        if repeated and is_setup(placed):
            yield placed


def _operands(placed: Placed) -> Iterator[str]:
    """The words of a command and of its redirections that may be paths."""
    for word in (*placed.command.argv[1:], *(item.target.text for item in placed.command.redirects if item.target)):
        if word and not word.startswith("-") and "$" not in word:
            yield word


def _handled(placed: Placed) -> set[str]:
    """Image paths that have to be there when a command runs."""
    effects, argv = placed.effects, placed.command.argv
    if placed.command.name in _MAKING or (effects.removes and any(word[:1] == "-" and "f" in word for word in argv)):
        return set()
    words = {absolute(word, placed.cwd) for word in _operands(placed)}
    return words | {path for path in effects.writes if path != placed.cwd}


def _takes_all(placed: Placed, tree: str, resolve: ResolveImagePath) -> bool:
    """Whether a command copies or packs the folder of the sources itself."""
    name = placed.command.name
    if name not in COPYING | _PACKING:
        return False
    taken = [absolute(word, placed.cwd) for word in _operands(placed) if word.strip("./") != "*"]
    every = [word for word in _operands(placed) if word.strip("./") == "*"]
    return bool(every) or any(
        inside(tree, path) and resolve(path) == "" for path in taken[: None if name in _PACKING else -1]
    )


def _standing(context: BuildContext, resolve: ResolveImagePath, path: str, written: bool) -> Iterator[str]:
    """The context path of what stands at an image path, or of the folder that a file is written into."""
    folder, name = posixpath.split(path)
    above = resolve(folder)
    if not _PATTERN.isdisjoint(name):
        inner = context.children(above) if above is not None else []
        yield from (item for item in inner if fnmatch.fnmatchcase(posixpath.basename(item), name))
        return
    here = resolve(path)
    if here and context.exists(here):
        yield here
    elif written and above and context.is_dir(above):
        yield above
