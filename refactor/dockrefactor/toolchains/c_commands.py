"""What the commands of a C or C++ build do."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Final

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.shell import Command
from dockrefactor.stages import Place
from dockrefactor.toolchains import c_autotools, c_cmake, c_meson, c_meson_setup
from dockrefactor.toolchains.c_autotools import Prepare
from dockrefactor.toolchains.c_build import Unreadable
from dockrefactor.toolchains.c_cmake import Configure, Work
from dockrefactor.toolchains.c_compile import parse_compile
from dockrefactor.toolchains.c_make import NAMES, MakeCall, MakeReader, parse_call
from dockrefactor.toolchains.c_meson_setup import MesonConfigure
from dockrefactor.toolchains.c_names import AUTOTOOLS, compiler

_BY: Final = "c"


def effects(command: Command, name: str, place: Place) -> Effects | None:
    """What one command does; None for a program that is none of a build's."""
    if compiler(name) is not None:
        return _compiler(command, place)
    if name in ("make", "gmake", "ninja"):
        return _make(command, place)
    if name == "cmake":
        return _cmake(command, place)
    if name == "meson":
        return _meson(command, place)
    if name == "configure":
        return _configure(command, place)
    if c_autotools.is_preparing(name):
        return _prepare(command, name, place)
    if name == "ctest":
        return Effects(Kind.TEST, reads=(place.cwd,), programs=(name,), by=_BY)
    return None


def _unknown(says: str) -> Effects:
    return Effects(Kind.UNKNOWN, by=_BY, why=says)


def _compiler(command: Command, place: Place) -> Effects:
    if any(not piece.name.endswith(("pkg-config", "-config")) for piece in command.pieces):
        return _unknown("a command runs inside the compiler's line")
    read = parse_compile(command.argv)
    if read.opaque:
        return _unknown("the compiler reads its options from a file")
    if any(word in command.argv for word in ("--version", "-v", "-dumpversion", "-dumpmachine")):
        return Effects(Kind.TOOL_SETUP, programs=(command.name,), by=_BY)
    output = read.output or next(
        (word for flag, word in zip(command.argv, command.argv[1:], strict=False) if flag == "-o"), ""
    )
    writes = (absolute(output, place.cwd),) if output else (place.cwd,)
    reads = tuple(posixpath.dirname(absolute(source, place.cwd)) for source in read.sources)
    return Effects(Kind.BUILD, reads=(place.cwd, *reads), writes=writes, programs=(command.name,), by=_BY, detail=read)


def _make(command: Command, place: Place) -> Effects:
    call = parse_call(command.argv)
    if call is None or (command.pieces and any(piece.name not in ("nproc", "getconf") for piece in command.pieces)):
        return _unknown("an option of this `make` is not known")
    folder = absolute(call.folder, place.cwd)
    if set(call.goals) and set(call.goals) <= {"test", "check", "tests"}:
        return Effects(Kind.TEST, reads=(folder,), programs=("make",), by=_BY)

    def text(path: str) -> str | None:
        found = place.resolve(path)
        return place.context.read(found) if found is not None else None

    paths = [absolute(call.file, folder)] if call.file else [posixpath.join(folder, name) for name in NAMES]
    content = next((found for path in paths if (found := text(path)) is not None), None)
    if content is None:
        if not _is_generated(folder, place):
            return _unknown("no Makefile of the build context stands there")
        return _built(command, folder, call)
    reader = MakeReader(text, lambda path: place.resolve(path) is not None)
    given = dict(call.variables)
    given.update(_assigned(command))
    try:
        reader.follow(content, folder, call.goals, given)
    except Unreadable as unreadable:
        return _unknown(unreadable.says)
    return _built(command, folder, call, tuple(path for move in reader.moves for path in move.effects.writes))


def _built(command: Command, folder: str, call: MakeCall, writes: tuple[str, ...] = ()) -> Effects:
    above = call.variables.get("DESTDIR") or _assigned(command).get("DESTDIR", "")
    installs = _installed_below(above) if call.installs and not writes else ()
    return Effects(
        Kind.BUILD, reads=(folder,), writes=(folder, *writes, *installs), programs=(command.name,), by=_BY, detail=call
    )


def _installed_below(above: str, prefix: str = "") -> tuple[str, ...]:
    """Where an install writes: below which prefix may be said to another command; `above` is DESTDIR."""
    if above:
        return (above if above.startswith("/") and "$" not in above else "/?",)
    return (prefix,) if prefix else ("/usr/local", "/opt", "/usr/bin")


def _is_generated(folder: str, place: Place) -> bool:
    """Whether CMake, Meson or a `configure` can have made the Makefile that stands in a folder."""
    names = (c_cmake.LISTS, c_meson_setup.LISTS, *c_autotools.SOURCES)
    folders = (folder, posixpath.dirname(folder))
    return any(place.resolve(posixpath.join(item, name)) is not None for item in folders for name in names)


def _configure(command: Command, place: Place) -> Effects | None:
    read = c_autotools.parse_configure(command.argv, _assigned(command), place.cwd)
    source = posixpath.dirname(absolute(command.argv[0], place.cwd))
    at = c_autotools.source_file(place.resolve, source)
    if at is None:
        return None
    if read is None or command.pieces:
        return _unknown("an option of this `configure` is not known")
    committed = place.resolve(posixpath.join(source, "configure"))
    if committed is not None and not c_autotools.is_generated(place.context.read(committed) or ""):
        return _unknown("autoconf did not make this `configure`")
    try:
        c_autotools.read(place.context, posixpath.dirname(at), read)
    except Unreadable as unreadable:
        return _unknown(unreadable.says)
    return Effects(Kind.BUILD, reads=(source,), writes=(place.cwd,), programs=("sh",), by=_BY, detail=read)


def _prepare(command: Command, name: str, place: Place) -> Effects | None:
    if name in AUTOTOOLS:
        programs: tuple[str, ...] = (name,)
    else:
        path = place.resolve(absolute(command.argv[0], place.cwd))
        if path is None or not c_autotools.is_preparing_script(place.context.read(path) or "$("):
            return None
        programs = ("sh",)
    return Effects(
        Kind.BUILD, reads=(place.cwd,), writes=(place.cwd,), programs=programs, by=_BY, detail=Prepare(place.cwd)
    )


def _assigned(command: Command) -> dict[str, str]:
    return {name: word.text for name, word in command.assignments if word is not None and word.known}


def _cmake(command: Command, place: Place) -> Effects:
    if command.argv[1:2] == ("--version",):
        return Effects(Kind.TOOL_SETUP, programs=("cmake",), by=_BY)
    read = c_cmake.parse_cmake(command.argv, place.cwd)
    if read is None:
        return _unknown("an option of this `cmake` is not known")
    if isinstance(read, Work):
        return _worked("cmake", read, command)
    return _configured("cmake", read, place, c_cmake.LISTS, lambda folder: c_cmake.read(place.context, folder, read))


def _worked(program: str, read: Work, command: Command) -> Effects:
    """A build that was set up before, or its install."""
    above = read.above or _assigned(command).get("DESTDIR", "")
    installs = _installed_below(above, read.prefix) if read.installs else ()
    return Effects(
        Kind.BUILD, reads=(read.build,), writes=(read.build, *installs), programs=(program,), by=_BY, detail=read
    )


def _configured(
    program: str, read: Configure | MesonConfigure, place: Place, name: str, reader: Callable[[str], object]
) -> Effects:
    """A build set up from the lists called `name`; `reader` takes their context folder, or raises Unreadable."""
    lists = place.resolve(posixpath.join(read.source, name))
    if lists is None:
        return _unknown(f"no {name} of the build context stands there")
    try:
        reader(posixpath.dirname(lists))
    except Unreadable as unreadable:
        return _unknown(unreadable.says)
    return Effects(Kind.BUILD, reads=(read.source,), writes=(read.build,), programs=(program,), by=_BY, detail=read)


def _meson(command: Command, place: Place) -> Effects:
    def is_source(folder: str) -> bool:
        return place.resolve(posixpath.join(folder, c_meson_setup.LISTS)) is not None

    if command.argv[1:2] == ("--version",):
        return Effects(Kind.TOOL_SETUP, programs=("meson",), by=_BY)
    if command.argv[1:2] == ("test",):
        return Effects(Kind.TEST, reads=(place.cwd,), programs=("meson",), by=_BY)
    read = c_meson_setup.parse_meson(command.argv, place.cwd, is_source)
    if read is None or any("$" in word.text for word in command.words):
        return _unknown(f"what `{' '.join(command.argv[:3])}` does is not known")
    if isinstance(read, Work):
        return _worked("meson", read, command)
    return _configured(
        "meson", read, place, c_meson_setup.LISTS, lambda folder: c_meson.read(place.context, folder, read)
    )
