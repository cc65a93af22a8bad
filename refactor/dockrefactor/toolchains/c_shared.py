"""A project's own shared libraries: where the loader finds them, so that the runtime has them at the same places.

https://man7.org/linux/man-pages/man8/ld.so.8.html -- the loader looks where programs say, in LD_LIBRARY_PATH, in the
cache that ldconfig makes, and in /lib and /usr/lib; musl's looks in /lib, /usr/local/lib and /usr/lib.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from dockrefactor.effects import Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed, Stage
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains.c_build import Library
from dockrefactor.toolchains.c_programs import CBuild

_ALWAYS: Final = ("/lib", "/usr/lib")
# folders that Debian's /etc/ld.so.conf.d/libc.conf names
_CACHED: Final = ("/usr/local/lib",)
REFRESH: Final = "RUN ldconfig"


@dataclass(frozen=True, slots=True)
class Found:
    """`files`: the libraries' files that the runtime needs; `own`: commands that the closing one repeats; `closing`:
    instructions of the runtime below the copies."""

    files: tuple[tuple[str, CBuild], ...] = ()
    own: tuple[Placed, ...] = ()
    closing: tuple[str, ...] = ()


def find(
    facts: Facts, stage: Stage, builds: Sequence[CBuild], places: Mapping[str, str], links: Collection[str],
    programs: Collection[str],
) -> Found | Blocked:  # fmt: skip
    """Where the loader finds each library that `builds` make. `places`: image path -> the build's own path of what
    stands there at the end; `links`: paths of symbolic links that the build makes; `programs`: places of those that the
    runtime gets."""
    own = {item.path: (item, build) for build in builds for item in build.built.shared}
    if not own:
        return Found()
    last = max(stage.steps.index(build.step) for _, build in own.values())
    refreshing = _refreshing(stage, last)
    refreshes = bool(refreshing) or any(build.built.refreshes for build in builds)
    image = stage.base
    musl = image is not None and image.libc == "musl"
    search = {*_ALWAYS, *(_CACHED if refreshes or musl else ())}
    search |= {
        absolute(folder or ".", stage.after.cwd)
        for folder in (stage.after.env.get("LD_LIBRARY_PATH") or "").split(":")
        if folder
    }
    search |= _told(stage, builds, [*programs, *places])
    files: list[tuple[str, CBuild]] = []
    wanted: set[str] = set()
    for path, (library, build) in own.items():
        here = [place for place, source in places.items() if source == path and posixpath.dirname(place) in search]
        named = [found for place in here if (found := _by_name(library, place, links, refreshes))]
        if named:
            files += [(place, build) for place in named]
            wanted.add(library.asked_for)
    missing = next((item for item, _ in own.values() if item.asked_for not in wanted), None)
    if missing is not None:
        _, build = own[missing.path]
        says = f"where the loader finds {missing.asked_for}, a library of its own, is not shown"
        return Blocked("unknown-library", facts.at(build.step.instruction, says))
    cached = any(posixpath.dirname(place) in _CACHED for place, _ in files) and not musl
    return _closed(stage, builds, tuple(files), refreshing if cached else [], cached)


def _closed(
    stage: Stage, builds: Sequence[CBuild], files: tuple[tuple[str, CBuild], ...], refreshing: list[tuple[int, Placed]],
    cached: bool,
) -> Found:  # fmt: skip
    """The cache is made anew below the copies: by the author's step where it stands behind the builds, else by ours."""
    built = max(stage.steps.index(build.step) for build in builds)
    apart = [placed for at, placed in refreshing if at > built]
    if not cached or apart:
        return Found(files)
    return Found(files, tuple(placed for _, placed in refreshing), (REFRESH,))


def _refreshing(stage: Stage, since: int) -> list[tuple[int, Placed]]:
    """(position of its step, command) of each plain `ldconfig` from a step on."""
    return [
        (at, placed)
        for at, step in enumerate(stage.steps)
        if at >= since and step.run is not None
        for placed in step.run.commands
        if placed.command.name == "ldconfig" and placed.effects.kind is Kind.SYSTEM and "-n" not in placed.command.argv
    ]


def _told(stage: Stage, builds: Sequence[CBuild], programs: Sequence[str]) -> set[str]:
    """The folders that programs and libraries themselves tell the loader."""
    found: set[str] = set()
    for build in builds:
        for folder in build.built.runpaths:
            if "ORIGIN" in folder:
                plain = folder.replace("${ORIGIN}", "$ORIGIN")
                found.update(
                    posixpath.normpath(plain.replace("$ORIGIN", posixpath.dirname(program))) for program in programs
                )
            else:
                found.add(absolute(folder, stage.after.cwd))
    return found


def _by_name(library: Library, place: str, links: Collection[str], refreshes: bool) -> str:
    """The file to copy so that the library is there by the name that programs ask for; `""` where it is not."""
    asked = posixpath.join(posixpath.dirname(place), library.asked_for)
    if place == asked or asked in links:
        return asked
    return place if refreshes and posixpath.dirname(place) in _CACHED else ""
