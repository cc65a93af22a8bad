"""What stands in the way of a copy that is to come below an install."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Final

from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.install_order import APART, QUIET, SETTINGS_FOLDERS, Install
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Stage, State, Step, made_by_run, resolver
from dockrefactor.toolchain import Blocked

_PLAIN: Final = regex(r"[\w./-]+")
_VARIABLE: Final = regex(r"\$\{?(\w+)")


def is_unread(facts: Facts, stage: Stage, step: Step, found: Install) -> bool:
    """Whether a copy of single files concerns neither the install nor anything after it (what a split left behind)."""
    copy = step.copy
    if copy is None or copy.origin is not None or copy.inline or copy.remote or not copy.pairs:
        return False
    read = any(
        is_folder
        or target in found.inputs.files
        or any(inside(target, folder) for folder in (*found.inputs.folders, *SETTINGS_FOLDERS))
        for _, target, is_folder in copy.pairs
    )
    return not read and not is_still_read(facts, stage, step, found)


def blocked_between(
    facts: Facts, stage: Stage, found: Install, copies: Sequence[int], through: bool = False
) -> Blocked | None:
    """What between the first moved copy and the install, or with `through` the end of it, touches or depends on what it
    copies."""
    moved = tuple(path for at in copies for path in written(stage.steps[at]))
    for at in range(copies[0] + 1, found.last + 1 if through else found.first):
        step = stage.steps[at]
        replaced = _replaced(facts, stage, at, copies) if step.copy is not None and at not in copies else None
        if replaced is not None:
            says = f"it puts another file at {replaced}, which the moved copy would restore"
            return Blocked("unknown-effect", facts.at(step.instruction, says))
        if overlap(step.volumes, moved):
            return Blocked("unknown-effect", facts.at(step.instruction, "it makes a volume of the copied folder"))
        opaque = step.run.opaque if step.run is not None else ""
        for placed in step.commands:
            effects = placed.effects
            if effects.kind is Kind.UNKNOWN or opaque:
                says = effects.why or opaque or "its effects are not known"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
            if effects.kind in APART and not overlap(_homes(placed), moved):
                continue
            if overlap((*effects.reads, *effects.writes, *_homes(placed)), moved):
                return Blocked("unknown-effect", facts.at(step.instruction, "it changes the copied files"))
    state = stage.steps[max(found.last, found.first)].before
    for step in (stage.steps[at] for at in copies):
        if any(_value(state, name) != _value(step.before, name) for name in _variables(step)):
            says = "a variable in the copy changes between it and the install"
            return Blocked("unknown-effect", facts.at(step.instruction, says))
        plain = step.copy is not None and not (step.instruction.json or step.copy.inline)
        if is_elsewhere(step, state.cwd) and not (plain and _PLAIN.fullmatch(step.instruction.words[-1].text)):
            says = "the work folder changes between the copy and the install"
            return Blocked("unknown-effect", facts.at(step.instruction, says))
    return None


def _homes(placed: Placed) -> tuple[str, ...]:
    """The folders that a command makes the homes of users, or may: what stands there already is given to nobody, and
    gets no files."""
    if placed.effects.kind is not Kind.ACCOUNTS:
        return ()
    words = [word.text.rpartition("=")[2] for word in placed.command.words[1:] if word.text]
    return tuple(word if word.startswith("/") else f"/home/{word}" for word in words if not word.startswith("-"))


def is_elsewhere(step: Step, cwd: str) -> bool:
    """Whether the destination of a copy, as it is written, is another one in the work folder `cwd`."""
    written = step.instruction.args[-1]
    first = _VARIABLE.match(written)
    starts = (_value(step.before, first[1]) or "") if first is not None else written
    return step.before.cwd != cwd and not starts.startswith("/")


def _variables(step: Step) -> list[str]:
    return _VARIABLE.findall(" ".join((*step.instruction.flags, *step.instruction.args)))


def _value(state: State, name: str) -> str | None:
    return state.env.get(name) or state.args.get(name)


def blocked_beside(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> Blocked | None:
    """What stands before an install in its RUN, and reads or changes more of the moved copies than the install does."""
    moved = tuple(path for at in copies for path in written(stage.steps[at]))
    for at in range(found.first, found.last + 1):
        step = stage.steps[at]
        if step.run is None:
            continue
        if step.run.opaque:
            return Blocked("unknown-effect", facts.at(step.instruction, step.run.opaque))
        commands = step.run.commands
        last = max(place for place, placed in enumerate(commands) if placed.effects.kind is Kind.INSTALL)
        for placed in commands[:last]:
            effects = placed.effects
            if effects.kind in (Kind.UNKNOWN, Kind.PROGRAM, Kind.BUILD, Kind.TEST):
                says = effects.why or f"`{placed.command.name}` may read what is copied"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
            if (effects.kind in QUIET or effects.kind in APART) and not overlap(_homes(placed), moved):
                continue
            read = [path for path in effects.reads if path not in found.inputs.files and overlap((path,), moved)]
            if read or any(_is_brought(facts, stage, path, moved) for path in effects.writes):
                says = f"`{placed.command.name}` reads or changes the copied files"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
    return None


def _is_brought(facts: Facts, stage: Stage, path: str, moved: tuple[str, ...]) -> bool:
    """Whether a copy brings what stands at `path`, so that moved below it restores that."""
    source = stage.copied(path) if any(inside(path, target) for target in moved) else None
    return source is not None and facts.context.exists(source)


def _replaced(facts: Facts, stage: Stage, at: int, copies: Sequence[int]) -> str | None:
    """An image path at which the copy `at` puts something else than one of the moved copies before it."""
    copy = stage.steps[at].copy
    assert copy is not None
    listed = copy.origin is None and not (copy.inline or copy.remote or copy.unpacks)
    own = [(pair[0], pair[1]) for pair in copy.pairs] if listed else []
    for source, target in own or [("?", copy.destination)]:
        for moved in (stage.steps[other] for other in copies if other < at):
            there = resolver([moved], facts.context)(target)
            beneath = not listed and any(inside(path, target) for path in written(moved))
            if (there is not None and there != source) or beneath:
                return target
    return None


def blocked_by_overlay(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> Blocked | None:
    """What the install makes and a copy that is moved below it would overwrite."""
    for at in range(found.first, found.last + 1):
        step = stage.steps[at]
        for placed in step.commands:
            if placed.effects.kind is not Kind.INSTALL:
                continue
            changed = next((path for path in placed.effects.writes if path in found.inputs.files), None)
            if changed is not None:
                says = f"the install changes {changed}, and the copy would restore it"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
            for path in placed.effects.writes:
                for copy_at in copies:
                    source = _source_of(facts, stage.steps[copy_at], path)
                    if source is not None:
                        return Blocked("context-has-artifacts", Evidence(source, 0, f"is copied over {path}"))
    return None


def written(step: Step) -> tuple[str, ...]:
    """The image paths that a copy writes; nothing for another step."""
    return step.copy.writes if step.copy is not None else ()


def _source_of(facts: Facts, step: Step, path: str) -> str | None:
    assert step.copy is not None
    for source, target, is_folder in step.copy.pairs:
        if is_folder and path != target and inside(path, target):
            candidate = posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
            if facts.context.exists(candidate):
                return candidate
    return None


def is_still_read(facts: Facts, stage: Stage, step: Step, found: Install) -> bool:
    """Whether anything reads a moved copy: a later step of the stage, another stage, or the running program."""
    if stage is facts.final or found.added or found.cut is not None:
        return True
    if facts.is_built_alone(stage) or any(other.base_stage == stage.index for other in facts.stages):
        return True
    if any(later.run is not None for later in stage.steps[found.last + 1 :]):
        return True
    names = {stage.name.lower(), str(stage.index)}
    for other in facts.stages:
        for later in other.steps:
            if later.copy is not None and (later.copy.origin or "").lower() in names:
                sources = tuple(absolute(path, "/") for path in later.copy.sources)
                if any(
                    overlap((path,), (tree,)) and not made_by_run(stage, path, tree)
                    for path in sources
                    for tree in written(step)
                ):
                    return True
    return False
