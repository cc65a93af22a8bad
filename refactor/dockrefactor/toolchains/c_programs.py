"""The builds of a stage in C or C++: each command with what it leaves, in their order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.effects import Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import ResolveImagePath
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.toolchains import c_cmake
from dockrefactor.toolchains.c_build import Built, Unreadable
from dockrefactor.toolchains.c_cmake import Configure, Work
from dockrefactor.toolchains.c_compile import Compile
from dockrefactor.toolchains.c_make import NAMES, MakeCall, MakeReader


@dataclass(frozen=True, slots=True)
class CBuild:
    """One command where it stands: `source` is the context folder of what it compiles, None where that is not one."""

    step: Step
    placed: Placed
    built: Built
    source: str | None
    copied: tuple[tuple[str, str], ...] = ()


class UnknownBuild(Exception):
    """It cannot be told what a command builds: the reason code, the step that it stands in, and why."""

    def __init__(self, code: str, step: Step, says: str) -> None:
        self.code, self.step, self.says = code, step, says


class _Reader:
    def __init__(self, facts: Facts, stage: Stage) -> None:
        self.facts = facts
        self.stage = stage
        self.configured: dict[str, tuple[Configure, str]] = {}

    def builds(self) -> Iterator[CBuild]:
        for position, step in enumerate(self.stage.steps):
            resolve = self.stage.resolver(position)
            for placed in step.run.commands if step.run is not None else ():
                if placed.effects.kind is not Kind.BUILD or placed.effects.by != "c":
                    continue
                try:
                    found = self._one(step, placed, resolve)
                except Unreadable as unreadable:
                    raise UnknownBuild(unreadable.code, step, unreadable.says) from None
                if found is not None:
                    yield found

    def _one(self, step: Step, placed: Placed, resolve: ResolveImagePath) -> CBuild | None:
        detail = placed.effects.detail
        if isinstance(detail, Compile):
            return self._compiled(step, placed, detail, resolve)
        if isinstance(detail, Configure):
            source = resolve(detail.source)
            if source is None and resolve(posixpath.join(detail.source, c_cmake.LISTS)) is not None:
                source = posixpath.dirname(resolve(posixpath.join(detail.source, c_cmake.LISTS)) or "")
            if source is None:
                raise Unreadable(f"{detail.source} is not copied from the context", "manifest-missing")
            self.configured[detail.build] = (detail, source)
            return None
        if isinstance(detail, Work):
            return self._cmake(step, placed, detail)
        if isinstance(detail, MakeCall):
            return self._make(step, placed, detail, resolve)
        return None

    def _compiled(self, step: Step, placed: Placed, read: Compile, resolve: ResolveImagePath) -> CBuild:
        if any("$" in word.text for word in placed.command.words if not word.text.startswith("-")) and not (
            placed.command.pieces
        ):
            raise Unreadable("what is compiled is computed")
        names = [word for piece in placed.command.pieces for word in piece.argv[1:] if not word.startswith("-")]
        output = (absolute(read.output, placed.cwd),) if read.output else ()
        # a wildcard stands for the folder that it lies in
        first = read.sources[0] if read.sources else "."
        folder = resolve(posixpath.dirname(absolute(first, placed.cwd)))
        if folder is None:
            file = resolve(absolute(first, placed.cwd))
            folder = posixpath.dirname(file) if file is not None else None
        built = Built(output, (), (*read.libraries, *names), (), (), read.static and not names, read.cpp, read.shared)
        return CBuild(step, placed, built, folder)

    def _cmake(self, step: Step, placed: Placed, work: Work) -> CBuild:
        if work.build not in self.configured:
            raise Unreadable(f"nothing configures {work.build}", "manifest-missing")
        configured, source = self.configured[work.build]
        reading = c_cmake.read(self.facts.context, source, configured)
        built = c_cmake.built(reading, configured)
        if not work.installs:
            return CBuild(step, placed, built, source)
        programs, others = c_cmake.installed(reading, configured, work.prefix)
        own = Built(built.programs, others, built.libraries, (), built.writes, built.static, built.cpp, built.shared)
        return CBuild(step, placed, own, source, programs)

    def _make(self, step: Step, placed: Placed, call: MakeCall, resolve: ResolveImagePath) -> CBuild:
        folder = absolute(call.folder, placed.cwd)
        if folder in self.configured:
            installs = "install" in call.goals
            return self._cmake(step, placed, Work(folder, installs, ""))
        context = self.facts.context

        def text(path: str) -> str | None:
            found = resolve(path)
            return context.read(found) if found is not None else None

        reader = MakeReader(text, lambda path: resolve(path) is not None)
        paths = [absolute(call.file, folder)] if call.file else [posixpath.join(folder, name) for name in NAMES]
        path = next((path for path in paths if resolve(path) is not None), None)
        if path is None:
            raise Unreadable("no Makefile of the build context stands there", "manifest-missing")
        # variables of the environment are seen by `?=`, and by what the file does not set
        given = dict(call.variables)
        given.update({name: word.text for name, word in placed.command.assignments if word is not None and word.known})
        reader.follow(text(path) or "", folder, call.goals, given)
        source = posixpath.dirname(resolve(path) or "")
        return CBuild(step, placed, reader.built(folder), source)


def builds(facts: Facts, stage: Stage) -> tuple[CBuild, ...]:
    """Every build of a stage, in the order of its commands. Raises UnknownBuild."""
    return tuple(_Reader(facts, stage).builds())
