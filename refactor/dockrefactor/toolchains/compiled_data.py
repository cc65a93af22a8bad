"""Entries of the build context that a compiled program reads when it runs."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dockrefactor.context import BuildContext, outermost
from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.facts import Facts
from dockrefactor.inert import is_inert
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Stage
from dockrefactor.toolchains import opened_files

# what programs make rather than find
_MADE: Final = regex(r"\.(?:db3?|sqlite3?|log|pid|sock|lock|tmp|cache)$")
IsSource = Callable[[str], bool]
"""Whether a context file is read by the compiler alone."""


class Opened:
    """Gathers the context paths that a program of `stage` may open in its work folder `cwd`."""

    def __init__(self, facts: Facts, stage: Stage, cwd: str, is_source: IsSource) -> None:
        self.context = facts.context
        self.stage = stage
        self.resolve = stage.resolver()
        self.cwd = cwd
        self.is_source = is_source
        self.kept: set[str] = set()

    def path(self, written: str, folders: Iterable[str] = ()) -> None:
        """A path as the program spells it: relative to the work folder or, where absolute, to one of `folders` too."""
        text = written.strip()
        if not any(char.isalnum() for char in text) or "://" in text or "\0" in text:
            return
        places = [absolute(text, self.cwd), *(absolute(text.lstrip("/"), folder) for folder in folders)]
        for place in dict.fromkeys(places):
            head, star, _ = place.partition("*")
            if not star:
                self._keep(self.resolve(place) or self._elsewhere(place))
                self.kept.update(opened_files.folders_of(self.context, self.resolve, [place], self.cwd, False))
            elif not text.startswith("*") and head.rpartition("/")[0] not in ("", self.cwd, *folders):
                self._keep(self.resolve(head.rpartition("/")[0]))
            else:
                self._matching(place)

    def written(self, path: str) -> None:
        """A file that the program makes: the folder that it is in has to be there."""
        self.kept.update(opened_files.folders_of(self.context, self.resolve, [path], self.cwd, True))

    def stem(self, written: str) -> None:
        """A file named without its extension."""
        if any(char.isalnum() for char in written) and "*" not in written:
            self._matching(absolute(written, self.cwd) + ".*")

    def everything(self) -> None:
        """All that the work folder gets from the context, sources and inert files left out."""
        root = self.resolve(self.cwd)
        self.kept.update(data(self.context, root or "", self.is_source))

    def _matching(self, pattern: str) -> None:
        name = posixpath.basename(pattern)
        folder = self.resolve(posixpath.dirname(pattern))
        if folder is None or "*" in folder or not any(char.isalnum() for char in name):
            return
        for path in self.context.children(folder):
            if fnmatch.fnmatchcase(posixpath.basename(path), name):
                self._keep(path)

    def _elsewhere(self, place: str) -> str | None:
        """The context path of a file that git ignores by its own name, as it does `.env`, or with a folder that neither
        the build nor the program makes (`secrets/key.json`), and this clone lacks."""
        path = self.stage.absent(place) if "." in posixpath.basename(place) else None
        part = self.context.untracked(path) if path else ""
        if not path or part == path:
            return path or None
        folder = place[: len(place) - len(path) + len(part)]
        runs = (step.run for step in self.stage.steps if step.run is not None)
        made = (write for run in runs for placed in run.commands for write in placed.effects.writes)
        by_build = any(inside(write, folder) or inside(folder, write) for write in made)
        return None if by_build or _MADE.search(place) else path

    def _keep(self, path: str | None) -> None:
        if not path or is_inert(path):
            return
        if self.context.is_dir(path):
            if _is_for_builds(self.context, path, self.is_source):
                return
        elif self.is_source(path):
            return
        self.kept.add(path)

    def outermost(self) -> tuple[str, ...]:
        """The kept paths without those that lie in another of them, sorted."""
        return outermost(self.kept)


def _is_for_builds(context: BuildContext, folder: str, is_source: IsSource) -> bool:
    """Whether a folder holds sources and inert files alone, and is not kept for what the program makes."""
    only = all(is_source(file) or is_inert(file) for file in context.files(folder))
    return only and not opened_files.is_kept_empty(context, folder)


def data(context: BuildContext, folder: str, is_source: IsSource) -> Iterator[str]:
    """Entries of a context folder that are neither sources nor known to be inert."""
    for path in context.children(folder):
        if is_inert(path) or posixpath.basename(path) == "target":
            continue
        if context.is_dir(path):
            if not _is_for_builds(context, path, is_source):
                yield path
        elif not is_source(path):
            yield path


def taken(stage: Stage, own: tuple[Placed, ...], left_behind: Iterable[str]) -> Iterator[tuple[Placed, str, bool]]:
    """(command, path, whether only the builder has it) for what file commands that run in the runtime read."""
    folders = tuple(left_behind)
    for step in stage.steps:
        for placed in step.commands:
            if placed.effects.kind is not Kind.FILES or any(placed is item for item in own):
                continue
            for path in placed.effects.reads:
                yield placed, path, any(inside(path, folder) for folder in folders)
