"""What holds in each stage: the state before every instruction, its copies, and its commands with their effects."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from dockrefactor import image, shell
from dockrefactor.context import BuildContext, normalise
from dockrefactor.document import Instruction
from dockrefactor.effects import Effects, Kind, absolute, inside, is_normal
from dockrefactor.needs import ResolveImagePath
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

_PATTERN: Final = regex(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class State:
    """What is in force before an instruction. `user` is `""` for the base image's own; `args` maps to defaults, None
    where there is none; `from_args` is True where `cwd` depends on a build argument."""

    cwd: str = "/"
    user: str = ""
    env: Mapping[str, str] = None  # type: ignore[assignment]
    args: Mapping[str, str | None] = None  # type: ignore[assignment]
    shell: tuple[str, ...] = ()
    from_args: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A COPY or ADD. `sources` are context paths, or paths in `origin` (a stage or image of `--from`).

    `pairs` gives for each source that the context has: (context path, image path, whether it is a folder).
    `absent` are sources that the context does not have; `stage` is the stage of this file that `origin` names.
    """

    sources: tuple[str, ...]
    destination: str
    into_folder: bool
    origin: str | None
    remote: bool
    unpacks: bool
    inline: bool
    owner: str | None
    pairs: tuple[tuple[str, str, bool], ...] = ()
    absent: tuple[str, ...] = ()
    known: bool = True
    stage: Stage | None = None

    @property
    def whole_context(self) -> bool:
        return self.origin is None and "" in self.sources

    def places_of(self, path: str) -> tuple[str, ...]:
        """Where it puts what is at the context path `path`, if that is there."""
        return tuple(
            posixpath.normpath(posixpath.join(target, _inner("/" + path, posixpath.normpath("/" + source))))
            for source, target, _ in self.pairs
            if inside("/" + path, posixpath.normpath("/" + source))
        )

    @property
    def writes(self) -> tuple[str, ...]:
        """Image paths that it writes: single files where they are known, else the destination."""
        if self.origin is None and self.pairs and not (self.remote or self.inline or self.unpacks):
            return tuple(target for _, target, _ in self.pairs)
        return (self.destination,)


@dataclass(frozen=True, slots=True)
class Placed:
    """A command with the folder that it runs in and what it does."""

    command: shell.Command
    cwd: str
    effects: Effects


@dataclass(frozen=True)
class Run:
    """A RUN: its script as a shell gets it; `opaque` says why it is only partly understood, `""` where it is wholly."""

    script: shell.Script
    commands: tuple[Placed, ...]
    mounts: tuple[str, ...]
    heredoc: bool
    opaque: str

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(item.effects.kind for item in self.commands)

    @cached_property
    def changed(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """The paths whose content it changes or removes, and those below which it removes."""
        changing = [item.effects for item in self.commands if not item.effects.keeps_content]
        written = frozenset(path for effects in changing for path in effects.writes)
        return written, tuple(path for effects in changing if effects.removes for path in effects.writes)


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of a stage, the state before it, and its reading where it copies or runs."""

    instruction: Instruction
    before: State
    copy: Copy | None = None
    run: Run | None = None

    @property
    def keyword(self) -> str:
        return self.instruction.keyword

    @property
    def commands(self) -> tuple[Placed, ...]:
        """The commands of a RUN, none of any other instruction."""
        return self.run.commands if self.run is not None else ()

    @property
    def volumes(self) -> tuple[str, ...]:
        """The image paths of a VOLUME, with variables as they are written; none of any other instruction."""
        if self.keyword != "VOLUME":
            return ()
        return tuple(absolute(path, self.before.cwd) for path in self.instruction.args)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command runs: what a toolchain may ask to tell its effects."""

    cwd: str
    state: State
    resolve: ResolveImagePath
    context: BuildContext
    image: image.Image | None


@dataclass(frozen=True, slots=True)
class Stage:
    """One build stage. `base` is None where it cannot be resolved or nothing is known of it; `base_stage` is the index
    of the stage that it builds on, which is `parent`; `written_base` has variables replaced, None where that is
    impossible."""

    index: int
    origin: Instruction
    name: str
    written_base: str | None
    base: image.Image | None
    base_stage: int | None
    steps: tuple[Step, ...]
    after: State
    context: BuildContext
    parent: Stage | None = None

    @property
    def beneath(self) -> tuple[Step, ...]:
        """The steps of all stages of the file that it builds on, the lowest first."""
        return (*self.parent.beneath, *self.parent.steps) if self.parent is not None else ()

    @property
    def image_steps(self) -> tuple[Step, ...]:
        """Every step of the file that the stage's image is made by."""
        return (*self.beneath, *self.steps)

    def resolver(self, before: int | None = None) -> ResolveImagePath:
        """Image path -> context path, for what stands before the step with that position (all steps by default)."""
        return resolver((*self.beneath, *(self.steps if before is None else self.steps[:before])), self.context)

    def copied(self, path: str) -> str | None:
        """The context path of a file that a COPY put at `path`, whatever later steps made of it."""
        return resolver([step for step in self.image_steps if step.copy is not None], self.context)(path)

    def source(self, path: str) -> str | None:
        """The context path of what copies put at `path`, or may put there in another clone."""
        found = self.resolver()(path)
        return found if found is not None else self.absent(path)

    def absent(self, path: str) -> str | None:
        """The context path of a file that this clone lacks, and that copies put at `path` in another
        (`BuildContext.may_come`)."""
        folders = (
            (source, target)
            for step in reversed(self.image_steps)
            if step.copy is not None and step.copy.origin is None
            for source, target, is_folder in step.copy.pairs
            if is_folder and path != target and inside(path, target)
        )
        candidates = (normalise(posixpath.join(source, _inner(path, target))) for source, target in folders)
        return next((candidate for candidate in candidates if self.context.may_come(candidate)), None)

    def last(self, keyword: str) -> Step | None:
        """The last step with that keyword, in the stage or else in those that it builds on."""
        return next((step for step in reversed(self.image_steps) if step.keyword == keyword), None)

    @property
    def launch(self) -> tuple[Step | None, Step | None]:
        """ENTRYPOINT and CMD as the engine has them: a CMD from beneath is gone where the stage sets ENTRYPOINT."""
        entry, command = self.parent.launch if self.parent is not None else (None, None)
        own = {step.keyword: step for step in self.steps}
        if "ENTRYPOINT" in own:
            entry, command = own["ENTRYPOINT"], None
        return entry, own.get("CMD", command)


def starts_base_server(stage: Stage) -> bool:
    """Whether a stage leaves what it starts to a base image that is a server's."""
    named = stage.written_base is not None and image.starts_a_server(stage.written_base)
    return named and stage.launch == (None, None)


def mounted(resolve: ResolveImagePath, mounts: tuple[str, ...], cwd: str, context: BuildContext) -> ResolveImagePath:
    """`resolve`, with the files of the context that bind mounts of a RUN put before it."""
    binds: list[tuple[str, str]] = []
    for mount in mounts:
        options = dict(item.partition("=")[::2] for item in mount.split(","))
        target = options.get("target") or options.get("dst") or options.get("destination")
        if options.get("type", "bind") == "bind" and "from" not in options and target:
            binds.append((absolute(target, cwd), normalise(options.get("source") or options.get("src") or "")))
    if not binds:
        return resolve

    def found(path: str) -> str | None:
        for target, source in binds:
            if inside(path, target):
                candidate = normalise(posixpath.join(source, posixpath.relpath(path, target)))
                if context.exists(candidate):
                    return candidate
        return resolve(path)

    return found


def made_by_run(stage: Stage, path: str, tree: str) -> bool:
    """Whether an install or a build of the stage made what stands at `path`, in a place of its own below `tree`."""
    return any(
        item != tree and inside(item, tree) and inside(path, item)
        for step in stage.steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.kind in (Kind.INSTALL, Kind.BUILD)
        for item in placed.effects.writes
    )


def resolver(steps: tuple[Step, ...] | list[Step], context: BuildContext) -> ResolveImagePath:
    """See `Stage.resolver`."""
    recent = [step for step in reversed(steps) if step.copy or step.run]

    def resolve(path: str) -> str | None:
        for step in recent:
            if step.run is not None:
                written, removed = step.run.changed
                if path in written or any(inside(path, item) for item in removed):
                    return None
            if step.copy is not None:
                own = step.copy.origin is None
                found = _copied(step.copy, path, context) if own else _inherited(step.copy, path)
                if found is not None:
                    return found
        return None

    return resolve


def _inherited(copy: Copy, path: str) -> str | None:
    """The context path of what a copy from another stage of the file puts at `path`."""
    if copy.stage is None:
        return None
    there = copy.stage.resolver()
    for origin in origins(copy, path):
        found = there(origin)
        if found is not None:
            return found
    # of a folder that a pattern matches, the contents are copied
    matched = (there(origin) for origin in _matched(copy, path))
    return next((found for found in matched if found is not None and copy.stage.context.is_file(found)), None)


def _matched(copy: Copy, path: str) -> Iterator[str]:
    """The paths of the other stage that patterns such as `/app/package*.json` may bring to `path`."""
    folder, name = posixpath.split(path)
    if folder != copy.destination:
        return
    for source in copy.sources:
        place, pattern = posixpath.split(absolute(source, "/"))
        if _PATTERN.search(pattern) and not _PATTERN.search(place) and fnmatch.fnmatchcase(name, pattern):
            yield posixpath.join(place, name)


def origins(copy: Copy, path: str) -> Iterator[str]:
    """The paths of the other stage that a copy may bring to `path`."""
    if not inside(path, copy.destination):
        return
    for source in copy.sources:
        origin = absolute(source, "/")
        if path in (copy.destination, posixpath.join(copy.destination, posixpath.basename(origin))):
            yield origin
        yield absolute(_inner(path, copy.destination), origin)


def _copied(copy: Copy, path: str, context: BuildContext) -> str | None:
    # sources are copied in their order, those of a pattern in that of their names: the last one stays
    for source, target, is_folder in reversed(copy.pairs):
        if path == target:
            return source
        if is_folder and inside(path, target):
            candidate = normalise(posixpath.join(source, _inner(path, target)))
            if context.exists(candidate):
                return candidate
    return None


def _inner(path: str, folder: str) -> str:
    """`path` relative to a folder that it lies in."""
    if is_normal(path) and (folder == "/" or is_normal(folder)):
        return path.removeprefix(folder).strip("/")
    return posixpath.relpath(path, folder)
