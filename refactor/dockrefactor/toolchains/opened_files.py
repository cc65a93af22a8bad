"""Files of the context that a compiled program may open when it runs, beside those that its sources name."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import ResolveImagePath
from dockrefactor.stages import Stage
from dockrefactor.toolchain import Blocked

_MARKERS: Final = frozenset({".gitignore", ".gitkeep", ".keep", ".placeholder"})
IsUnread = Callable[[str], bool]
"""Whether a context entry is read by the build at most, by its name."""


def copied_by_name(stage: Stage, folders: Sequence[str], is_unread: IsUnread) -> Iterator[str]:
    """What copies bring by name that no build reads: an author who names it wants it in the image."""
    for step in stage.steps:
        if step.copy is None or step.copy.origin is not None:
            continue
        for source, _, is_folder in step.copy.pairs:
            if not source or is_unread(source):
                continue
            if is_folder and any(inside("/" + folder, "/" + source) for folder in folders if folder):
                continue
            if any(inside("/" + source, "/" + folder) for folder in folders if folder):
                continue
            yield source


def set_up(stage: Stage) -> Iterator[str]:
    """Files of the context that steps for the image itself read, such as certificates."""
    for position, step in enumerate(stage.steps):
        for placed in step.commands:
            if placed.effects.kind in (Kind.SYSTEM, Kind.FILES):
                found = (stage.resolver(position)(path) for path in placed.effects.reads)
                yield from (path for path in found if path)


def is_kept_empty(context: BuildContext, folder: str) -> bool:
    """Whether a context folder holds nothing but the files by which version control keeps an empty folder."""
    files = list(context.files(folder)) if folder and context.is_dir(folder) else []
    return bool(files) and all(posixpath.basename(path) in _MARKERS for path in files)


def folders_of(
    context: BuildContext, resolve: ResolveImagePath, paths: Iterable[str], cwd: str, written: bool
) -> Iterator[str]:
    """Folders of the context that have to be there for files at image paths (relative ones: in `cwd`): those that are
    kept empty for them and, where the files are `written`, whatever folder they are made in; never one above `cwd`."""
    for path in paths:
        above = posixpath.dirname(absolute(path, cwd))
        while not inside(cwd, above):
            found = resolve(above)
            if found and context.is_dir(found) and (written or is_kept_empty(context, found)):
                yield found
                break
            above = posixpath.dirname(above)


def standing(context: BuildContext, resolve: ResolveImagePath, paths: Iterable[str], cwd: str) -> Iterator[str]:
    """Files of the context that lie where a program writes, which may read them first: `app.db`, or those of a database
    that is named without its ending (`app.mv.db`)."""
    for path in paths:
        place = absolute(path, cwd)
        found = resolve(place)
        if found and context.is_file(found):
            yield found
        folder = resolve(posixpath.dirname(place))
        for beside in context.children(folder) if folder is not None and inside(place, cwd) else ():
            if posixpath.basename(beside).startswith(f"{posixpath.basename(place)}.") and context.is_file(beside):
                yield beside


def data(facts: Facts, stage: Stage, folders: Sequence[str], is_unread: IsUnread) -> Iterator[str]:
    """Entries beside the sources that are neither sources nor files of the build."""
    root = stage.resolver()(facts.final.after.cwd)
    for path in facts.context.children(root) if root is not None else ():
        if is_unread(path) or any(inside("/" + folder, "/" + path) for folder in folders if folder):
            continue
        if not facts.context.is_dir(path) or not all(is_unread(file) for file in facts.context.files(path)):
            yield path


def in_work_folder(facts: Facts, stage: Stage, names: Iterable[str]) -> Iterator[str]:
    """The files with these names that a program finds in the folder where it starts."""
    found = (stage.source(absolute(name, facts.final.after.cwd)) for name in names)
    return (path for path in found if path and not facts.context.is_dir(path))


def taken_elsewhere(facts: Facts, stage: Stage, own: str, outputs: Sequence[str]) -> Blocked | None:
    """A step that takes what the builds of the toolchain `own` made to another place, or changes it."""
    for step in stage.steps:
        for placed in step.commands:
            effects = placed.effects
            if effects.by == own or effects.removes or effects.kind not in (Kind.FILES, Kind.PROGRAM):
                continue
            if placed.command.name != "mkdir" and overlap((*effects.reads, *effects.writes), tuple(outputs)):
                says = f"`{placed.command.name}` handles what the build makes"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
    return None


def beside_artifacts(
    facts: Facts, stage: Stage, kept: tuple[str, ...] | None, artifacts: Sequence[str], outputs: Sequence[str]
) -> tuple[str, ...] | Blocked | None:
    """`kept` (context paths, None for all) without what the context holds in the place of an artifact.

    The build replaces such a file, so a copy of it over the artifact would bring back an older one. Blocked where it
    would be copied with others, or where it lies in the folders `outputs` and the build may not make it.
    """
    stale = [path for place in artifacts if (path := _in_context(facts, stage, place)) is not None]
    if kept is None:
        return _copied_over(stale[0]) if stale else None
    above = next((path for path in stale if any(path != other and _lies_in(path, other) for other in kept)), None)
    if above is not None:
        return _copied_over(above)
    rest = tuple(path for path in kept if not any(_lies_in(path, other) for other in stale))
    made = [path for place in outputs if (path := _in_context(facts, stage, place)) is not None]
    doubtful = next((path for path in rest if any(_lies_in(path, other) for other in made)), None)
    return _copied_over(doubtful) if doubtful is not None else rest


def _copied_over(path: str) -> Blocked:
    return Blocked("context-has-artifacts", Evidence(path, 0, "lies where the build puts what it makes"))


def _in_context(facts: Facts, stage: Stage, place: str) -> str | None:
    """The context path of what a copy put at `place` before the build, where there is something."""
    path = stage.copied(place)
    return path if path and (facts.context.is_file(path) or facts.context.is_dir(path)) else None


def _lies_in(path: str, folder: str) -> bool:
    return inside("/" + path, "/" + folder)
