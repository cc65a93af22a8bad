"""What one build of C or C++ leaves: programs, installed files, and the libraries that are linked."""

from __future__ import annotations

from dockrefactor.records import dataclass
from dockrefactor.stages import Placed


class Unreadable(Exception):
    """A build file does something that cannot be shown; `says` names it, `code` is the reason."""

    def __init__(self, says: str, code: str = "unknown-effect") -> None:
        super().__init__(says)
        self.says, self.code = says, code


@dataclass(frozen=True, slots=True)
class Built:
    """`programs`: absolute image paths; `installed`: other files and folders that it puts outside the work folder;
    `libraries`: names given to the linker, to pkg-config or to CMake; `moves`: commands of a Makefile that copy what it
    made; `writes`: folders that the build writes to."""

    programs: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    moves: tuple[Placed, ...] = ()
    writes: tuple[str, ...] = ()
    static: bool = False
    cpp: bool = False
    shared: bool = False
