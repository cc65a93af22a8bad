"""Where compiled programs are after the steps that copy, move and remove them, and which commands only do that."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.step_effects import COPYING

# folders that every image has, so that a copy to such a name goes into it
FOLDERS: Final = frozenset(
    {"/", "/bin", "/etc", "/home", "/lib", "/opt", "/root", "/sbin", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib",
     "/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/local/sbin", "/usr/sbin", "/usr/local/cargo/bin", "/var"}
)  # fmt: skip
_MOVERS: Final = frozenset({"cp", "install", "ln", "mv"})


@dataclass(frozen=True, slots=True)
class Moved:
    """`places`: image path -> the build's own path of the program that stands there at the end; `commands`: those that
    only move programs or touch what stays behind; `linked`: places that a symbolic link of the image points to."""

    places: Mapping[str, str]
    commands: tuple[Placed, ...]
    linked: frozenset[str]


def follow(stage: Stage, outputs: Iterable[tuple[Placed, str]], left_behind: Sequence[str], tree: str) -> Moved:
    """Follow programs through the stage; `outputs`: the command that makes each, and its path; `left_behind`: folders
    and files that only the build uses; `tree`: the folder of the sources, `""` where it holds other things, too."""
    made_by = [(id(command), path) for command, path in outputs]
    follower = Follower(stage, left_behind, tree)
    for step in stage.steps:
        follower.copied(step)
        for placed in step.commands:
            follower.places.update((path, path) for command, path in made_by if command == id(placed))
            follower.take(placed)
    return Moved(follower.places, tuple(follower.own), frozenset(follower.linked & follower.places.keys()))


class Follower:
    """Takes the commands one after the other; see `Moved` for what it knows at the end."""

    def __init__(self, stage: Stage, left_behind: Sequence[str], tree: str = "") -> None:
        self.left_behind = left_behind
        self.tree = tree
        self.places: dict[str, str] = {}
        self.own: list[Placed] = []
        self.linked: set[str] = set()
        self.folders = {step.before.cwd for step in stage.steps} | {stage.after.cwd}

    def copied(self, step: Step) -> None:
        """A COPY makes folders."""
        if step.copy is not None:
            self.folders.update(target for _, target, is_folder in step.copy.pairs if is_folder)

    def take(self, placed: Placed) -> None:
        effects = placed.effects
        if effects.kind not in (Kind.FILES, Kind.OS_CLEAN):
            return
        if placed.command.name == "mkdir":
            self.folders.update(effects.writes)
        made = _copied(placed, self.places, self.folders) if placed.command.name in _MOVERS else None
        if made is not None:
            self._move(placed, made)
            return
        if effects.removes:
            for path in [path for path in self.places if any(inside(path, item) for item in effects.writes)]:
                self.places.pop(path)
            if self.tree and all(inside(path, self.tree) for path in effects.writes):
                self.own.append(placed)
                return
        touched = [path for path in effects.writes if path not in self.places]
        if placed.command.name in COPYING and any(self._is_beside(path) for path in touched):
            return  # the program may look for it where it stands itself
        if effects.writes and all(any(inside(path, item) for item in self.left_behind) for path in touched):
            self.own.append(placed)

    def _is_beside(self, path: str) -> bool:
        return any(inside(path, posixpath.dirname(place)) for place in self.places)

    def _move(self, placed: Placed, made: list[tuple[str, str]]) -> None:
        if placed.command.name == "ln":
            self.linked.update(source for _, source in made)
            return
        for target, source in made:
            self.places[target] = self.places[source]
            if placed.command.name == "mv" and source != target:
                self.places.pop(source)
        self.own.append(placed)


def _copied(placed: Placed, places: Mapping[str, str], folders: set[str]) -> list[tuple[str, str]] | None:
    """(target, source) of each program that a command copies; None where it handles anything else, too."""
    words: list[str] = []
    into: str | None = None
    valued = {"-m", "-o", "-g", "--mode", "--owner", "--group", "-t", "--target-directory", "-S"}
    skipped = ""
    for word in placed.command.words[1:]:
        if not word.known or word.glob:
            return None
        if skipped:
            into = word.text if skipped in ("-t", "--target-directory") else into
            skipped = ""
        elif word.text in valued:
            skipped = word.text
        elif word.text.startswith("--target-directory="):
            into = word.text.partition("=")[2]
        elif not word.text.startswith("-"):
            words.append(word.text)
    sources = words if into is not None else words[:-1]
    written = into if into is not None else (words[-1] if len(words) > 1 else ".")
    sources = sources or words
    target = absolute(written, placed.cwd)
    paths = [absolute(source, placed.cwd) for source in sources]
    if not paths or not all(path in places for path in paths):
        return None
    if into is not None or len(paths) > 1 or written.endswith("/") or target in folders or target in FOLDERS:
        return [(posixpath.join(target, posixpath.basename(path)), path) for path in paths]
    return [(target, paths[0])]
