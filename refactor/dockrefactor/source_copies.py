"""Copies of the context as they are repeated in the runtime stage: whole, in part, or made needless by a later one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from dockrefactor.context import BuildContext
from dockrefactor.document import Document
from dockrefactor.effects import Kind, inside, overlap
from dockrefactor.stages import Copy, Step


def outermost_copied(steps: Sequence[Step], folder: str) -> str:
    """The outermost image folder around `folder` that was copied as one, `folder` itself where none was."""
    targets = [
        target
        for step in steps
        if step.copy is not None
        for _, target, is_folder in step.copy.pairs
        if is_folder and inside(folder, target)
    ]
    return min([folder, *targets], key=len)


def brings_sources(copy: Copy, tree: str | None) -> bool:
    """Whether a copy brings files of the context to the folder `tree` of the sources, and nothing else."""
    return (
        tree is not None
        and not (copy.inline or copy.remote or copy.unpacks)
        and all(inside(path, tree) for path in copy.writes)
    )


def operand(context: BuildContext, path: str) -> str:
    """A context path that a wider copy brought, as COPY names it alone.

    What git ignores (`.env`, a lock file) may be absent in a fresh clone, where the wider copy did without it: a
    pattern does so too, and matches nothing else.
    """
    part = context.untracked(path)
    if not part or any(sign in path for sign in "*?[]\\"):
        return path
    longer = [other for other in context.children(posixpath.dirname(part)) if other != path and other.startswith(path)]
    if part == path and not context.is_dir(path) and not longer:
        return f"{path}*"
    return f"{part[:-1]}[{part[-1]}]{path[len(part) :]}"


def named_by(word: str) -> str:
    """The context path that `operand` made a pattern of; any other word as it is."""
    return re.sub(r"\[(.)\]", r"\1", word.removesuffix("*"))


def restricted(
    document: Document, context: BuildContext, step: Step, copy: Copy, paths: Sequence[str], is_placed: bool
) -> str:
    """The copy of only those context paths that are among `paths`, `""` where none of them is among its sources.

    `is_placed`: a WORKDIR of the file stands above it; the base image's own work folder may be another one elsewhere.
    """
    lines: list[str] = []
    flags = "".join(f" {flag}" for flag in step.instruction.flags)
    for path in paths:
        pair = next((pair for pair in copy.pairs if pair[0] == "" or inside("/" + path, "/" + pair[0])), None)
        if pair is None:
            continue
        image_path = _destination("/" + path, pair)
        shown = posixpath.relpath(image_path, step.before.cwd)
        relative = inside(image_path, step.before.cwd) and not step.before.from_args
        relative = relative and (is_placed or not step.instruction.args[-1].startswith("/"))
        destination = ("./" + shown if shown != "." else "./") if relative else image_path
        word = operand(context, path) if pair[2] else path
        if word != path:  # what a pattern matches is put into a folder
            destination = (destination if context.is_dir(path) else posixpath.dirname(destination)).rstrip("/") + "/"
        lines.append(document.typed(f"COPY{flags} {_quoted(word)} {_quoted(destination)}{document.newline}"))
    return "".join(lines)


def covers(wide: Copy | None, narrow: Copy | None) -> bool:
    """Whether one copy brings all that another brings, to the same places."""
    if wide is None or narrow is None:
        return False
    return all(
        any(
            pair[2] and inside("/" + source, "/" + pair[0]) and target == _destination("/" + source, pair)
            for pair in wide.pairs
        )
        for source, target, _ in narrow.pairs
    )


def replaced_by_build(
    steps: Sequence[Step], context: BuildContext, path: str, kept: Sequence[str] | None = None
) -> Step | None:
    """The last copy that may bring a file of the context to `path` before a command makes what stands there in the end.

    The context need not have the file today: a build on somebody's machine leaves it there. None where the ignore file
    keeps it out, where it is in none of the context paths `kept` (None for all of them), or where every such copy comes
    after what is made.
    """
    found: Step | None = None
    latest: Step | None = None
    for step in steps:
        if step.run is not None and any(_makes(step, at, path) for at in range(len(step.run.commands))):
            found = latest
        elif step.copy is not None and _may_bring(step.copy, context, path, kept):
            latest = step
    return found


def _makes(step: Step, at: int, path: str) -> bool:
    assert step.run is not None
    effects = step.run.commands[at].effects
    return effects.kind not in (Kind.PRUNE, Kind.TEST) and not effects.removes and overlap(effects.writes, (path,))


def _may_bring(copy: Copy, context: BuildContext, path: str, kept: Sequence[str] | None) -> bool:
    """Whether a copy takes from the context whatever lies where `path` is, and the ignore file lets it."""
    for source, target, is_folder in copy.pairs if copy.origin is None else ():
        if is_folder and path != target and inside(path, target):
            there = posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
            if not context.ignores(there) and (kept is None or any(inside("/" + there, "/" + item) for item in kept)):
                return True
    return False


def _destination(path: str, pair: tuple[str, str, bool]) -> str:
    """Where a copy puts the context path `path` (with a leading slash), which is or lies in the source of `pair`."""
    source, target, is_folder = pair
    return posixpath.normpath(posixpath.join(target, posixpath.relpath(path, "/" + source))) if is_folder else target


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
