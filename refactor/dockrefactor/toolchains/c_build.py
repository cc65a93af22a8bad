"""What one build of C or C++ leaves: programs, installed files, and the libraries that are linked."""

from __future__ import annotations

from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed

# https://refspecs.linuxfoundation.org/fhs.shtml: what compilers, build systems and readers of manuals look at
_FOR_BUILDS: Final = regex(
    r"(?:/usr|/usr/local|/opt/[^/]+)?/(?:include|(?:lib|share)/(?:cmake|pkgconfig)|(?:share/)?(?:man|doc|info|aclocal))(?:/.*)?"
)


def is_for_builds(path: str) -> bool:
    """Whether an installed file is a header, a description of a library, or a manual."""
    return _FOR_BUILDS.fullmatch(path) is not None


class Unreadable(Exception):
    """A build file does something that cannot be shown; `says` names it, `code` is the reason."""

    def __init__(self, says: str, code: str = "unknown-effect") -> None:
        super().__init__(says)
        self.says, self.code = says, code


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library of the project's own: its absolute image path, and the file name that programs ask the loader
    for. `installed`: where an install puts it, else where the build leaves it; `linked`: the file of that name is there
    too, as a link."""

    path: str
    asked_for: str
    installed: bool = False
    linked: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """A file or folder that is made beside what is compiled: `path` is its absolute image path, where `certain`; else
    what is known of its name (`""`: nothing); `empty`: a folder, as it is made."""

    path: str
    certain: bool = True
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """`programs`: absolute image paths; `installed`: other files and folders that it puts outside the work folder;
    `libraries`: names given to the linker, to pkg-config or to CMake; `moves`: commands of a Makefile that copy what it
    made; `writes`: folders that the build writes to; `shared`: its own shared libraries; `runpaths`: folders in which
    the loader looks for a program's libraries, as the linker is told (`$ORIGIN/../lib`); `refreshes`: it runs
    ldconfig; `made`: files that it makes in its own folders beside what it compiles."""

    programs: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    moves: tuple[Placed, ...] = ()
    writes: tuple[str, ...] = ()
    static: bool = False
    cpp: bool = False
    shared: tuple[Library, ...] = ()
    runpaths: tuple[str, ...] = ()
    refreshes: bool = False
    made: tuple[Made, ...] = ()
