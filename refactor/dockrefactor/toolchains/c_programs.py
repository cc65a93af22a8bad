"""The builds of a stage in C or C++: each command with what it leaves, in their order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.effects import Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import ResolveImagePath
from dockrefactor.records import dataclass, replace
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.toolchains import c_autotools, c_cmake, c_cmake_install, c_meson, c_meson_setup, c_meson_targets
from dockrefactor.toolchains.c_autotools import AutoConfigure, Prepare, Project
from dockrefactor.toolchains.c_build import Built, Library, Unreadable
from dockrefactor.toolchains.c_cmake import Configure, Work
from dockrefactor.toolchains.c_compile import Compile
from dockrefactor.toolchains.c_make import NAMES, MakeCall, MakeReader
from dockrefactor.toolchains.c_meson_setup import MesonConfigure


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
        self.configured: dict[str, tuple[Configure | AutoConfigure | MesonConfigure, str]] = {}
        self.prepared: set[str] = set()

    def builds(self) -> Iterator[CBuild]:
        for position, step in enumerate(self.stage.steps):
            resolve = self.stage.resolver(position)
            for placed in step.commands:
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
        if isinstance(detail, (Configure, MesonConfigure)):
            lists = c_cmake.LISTS if isinstance(detail, Configure) else c_meson_setup.LISTS
            source = resolve(detail.source)
            if source is None and resolve(posixpath.join(detail.source, lists)) is not None:
                source = posixpath.dirname(resolve(posixpath.join(detail.source, lists)) or "")
            if source is None:
                raise Unreadable(f"{detail.source} is not copied from the context", "manifest-missing")
            self.configured[detail.build] = (detail, source)
            return None
        if isinstance(detail, Prepare):
            self.prepared.add(detail.folder)
            return None
        if isinstance(detail, AutoConfigure):
            at = c_autotools.source_file(resolve, detail.source)
            there = resolve(posixpath.join(detail.source, "configure"))
            if at is None or (there is None and detail.source not in self.prepared):
                raise Unreadable(f"nothing makes {detail.source}/configure", "manifest-missing")
            self.configured[detail.build] = (detail, posixpath.dirname(at))
            return None
        if isinstance(detail, Work):
            given = {name: word.text for name, word in placed.command.assignments if word is not None}
            return self._cmake(step, placed, detail, detail.above or given.get("DESTDIR", ""))
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
        if any("/" in source and ".so" in posixpath.basename(source) for source in read.sources):
            raise Unreadable("the program names a shared library by its path", "unknown-library")
        shared = tuple(Library(path, read.soname or posixpath.basename(path), linked=False) for path in output)
        built = Built(
            () if read.shared else output, (), (*read.libraries, *names), (), (), read.static and not names, read.cpp,
            shared if read.shared else (), read.runpaths,
        )  # fmt: skip
        return CBuild(step, placed, built, folder)

    def _cmake(self, step: Step, placed: Placed, work: Work, above: str = "") -> CBuild:
        if work.build not in self.configured:
            raise Unreadable(f"nothing configures {work.build}", "manifest-missing")
        configured, source = self.configured[work.build]
        if isinstance(configured, AutoConfigure):
            project = c_autotools.read(self.facts.context, source, configured)
            if not work.installs:
                return CBuild(step, placed, project.built(), source)
            own, copied = project.installed(above)
            return CBuild(step, placed, own, source, copied)
        if isinstance(configured, MesonConfigure):
            meson = c_meson.read(self.facts.context, source, configured)
            own, copied = c_meson_targets.built(meson, configured, work.installs, above)
            return CBuild(step, placed, own, source, copied)
        reading = c_cmake.read(self.facts.context, source, configured)
        built = c_cmake.built(reading, configured)
        if not work.installs:
            return CBuild(step, placed, built, source)
        found = c_cmake_install.installed(reading, configured, work.prefix, above)
        own = Built(
            built.programs, found.others, built.libraries, (), built.writes, built.static, built.cpp,
            (*built.shared, *found.libraries), (*built.runpaths, *found.runpaths), made=built.made,
        )  # fmt: skip
        copied = (*found.programs, *((item.path, item.path) for item in found.libraries))
        return CBuild(step, placed, own, source, copied)

    def _make(self, step: Step, placed: Placed, call: MakeCall, resolve: ResolveImagePath) -> CBuild:
        folder = absolute(call.folder, placed.cwd)
        if folder in self.configured:
            given = {name: word.text for name, word in placed.command.assignments if word is not None}
            above = call.variables.get("DESTDIR", given.get("DESTDIR", ""))
            own, source = self.configured[folder]
            if isinstance(own, AutoConfigure) and own.source == folder:
                project = c_autotools.read(self.facts.context, source, own)
                if project.makefile:
                    return self._by_hand(step, placed, call, resolve, project, source)
            if set(call.variables) - {"DESTDIR", "V", "VERBOSE", "CFLAGS", "CXXFLAGS", "CC", "CXX"} or "$" in above:
                raise Unreadable("it gives variables to a generated Makefile")
            return self._cmake(step, placed, Work(folder, call.installs, ""), above)
        paths = [absolute(call.file, folder)] if call.file else [posixpath.join(folder, name) for name in NAMES]
        path = next((path for path in paths if resolve(path) is not None), None)
        if path is None:
            raise Unreadable("no Makefile of the build context stands there", "manifest-missing")
        source = posixpath.dirname(resolve(path) or "")
        return CBuild(step, placed, self._followed(placed, call, resolve, self._text(resolve, path) or ""), source)

    def _text(self, resolve: ResolveImagePath, path: str) -> str | None:
        found = resolve(path)
        return self.facts.context.read(found) if found is not None else None

    def _followed(self, placed: Placed, call: MakeCall, resolve: ResolveImagePath, text: str) -> Built:
        folder = absolute(call.folder, placed.cwd)
        reader = MakeReader(lambda path: self._text(resolve, path), lambda path: resolve(path) is not None)
        # variables of the environment are seen by `?=`, and by what the file does not set
        given = dict(call.variables)
        given.update({name: word.text for name, word in placed.command.assignments if word is not None and word.known})
        reader.follow(text, folder, call.goals, given)
        return reader.built(folder)

    def _by_hand(
        self, step: Step, placed: Placed, call: MakeCall, resolve: ResolveImagePath, project: Project, source: str
    ) -> CBuild:
        """What the goals of a Makefile.in make that somebody wrote for `configure`."""
        built = self._followed(placed, call, resolve, project.makefile)
        names = tuple(dict.fromkeys((*built.libraries, *project.libraries)))
        return CBuild(step, placed, replace(built, libraries=names), source)


def builds(facts: Facts, stage: Stage) -> tuple[CBuild, ...]:
    """Every build of a stage, in the order of its commands. Raises UnknownBuild."""
    found = tuple(_Reader(facts, stage).builds())
    own = {posixpath.basename(library.path).partition(".so")[0] for item in found for library in item.built.shared}
    return tuple(_without(item, own) for item in found) if own else found


def _without(build: CBuild, own: set[str]) -> CBuild:
    """A build without the project's own libraries among those that it links."""
    libraries = tuple(name for name in build.built.libraries if f"lib{name}" not in own)
    return replace(build, built=replace(build.built, libraries=libraries))
