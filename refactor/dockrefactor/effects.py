"""The model of effects: what one shell command reads, writes, installs and needs.

`commands` tells them for the programs of the operating system, a toolchain for its own. What nobody knows is
`Kind.UNKNOWN`: it may do anything.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.shell import ShellWord


class Kind(StrEnum):
    """What sort of thing a command does; the split and the user decide by it."""

    SETTING = "setting"  # changes only the shell that runs it
    QUERY = "query"  # prints
    FILES = "files"  # makes, changes or removes the files that it names
    ACCOUNTS = "accounts"  # users and groups
    SYSTEM = "system"  # the system's configuration in known places
    DOWNLOAD = "download"  # fetches to a place that it names
    OS_UPDATE = "os-update"  # refreshes package lists
    OS_INSTALL = "os-install"  # installs packages of the distribution
    OS_FILES = "os-files"  # installs packages of the distribution that it has as files
    OS_REMOVE = "os-remove"
    OS_CLEAN = "os-clean"  # removes caches of package managers
    INSTALL = "install"  # installs a language's dependencies
    TOOL_INSTALL = "tool-install"  # installs a program with a language's package manager
    TOOL_SETUP = "tool-setup"  # configures such a tool, or asks its version
    BUILD = "build"  # makes artifacts from sources
    PRUNE = "prune"  # removes what only the build needed
    TEST = "test"  # checks, and makes nothing that the program needs
    PROGRAM = "program"  # runs the project's own program
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Effects:
    """What one command does. Paths are absolute image paths; a folder stands for all below it.

    `programs` must be found when it runs; `os_packages` are the words that name packages; `by` is the toolchain that
    answered, `""` where none did; `detail` is that toolchain's own reading of the command; `why` explains UNKNOWN.
    """

    kind: Kind
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    os_packages: tuple[ShellWord, ...] = ()
    network: bool = False
    by: str = ""
    detail: object = None
    why: str = ""
    removes: bool = False
    keeps_content: bool = False  # of the written files: only modes, owners or line ends change


_NOT_NORMAL: Final = regex(r"/(?:\.{0,2})(?:/|$)")

# folders that nothing needs the content of
CACHES: Final = (
    "/var/lib/apt/lists", "/var/cache", "/tmp", "/var/tmp", "/root/.cache", "/root/.npm", "/root/.node-gyp",
    "/usr/share/doc", "/usr/share/man", "/usr/local/share/.cache", "/var/log", "/root/.config/yarn",
    "/root/.m2", "/root/.gradle", "/root/.nuget",
)  # fmt: skip


def is_normal(path: str) -> bool:
    """Whether an absolute path has no empty, `.` or `..` part and no trailing `/`: most have none."""
    return path.startswith("/") and _NOT_NORMAL.search(path) is None


def absolute(path: str, cwd: str) -> str:
    """`path` as an absolute, normal image path."""
    joined = path if path.startswith("/") else f"{cwd}/{path}"
    if is_normal(joined):
        return joined
    return posixpath.normpath(posixpath.join(cwd, path)).replace("//", "/")


def in_image(path: str, source: str, target: str) -> str:
    """The image path of the context path `path`, where the context folder `source` stands at `target` in the image."""
    return posixpath.normpath(posixpath.join(target, posixpath.relpath("/" + path, "/" + source)))


def inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return folder == "/" or path == folder or path.startswith(folder.rstrip("/") + "/")


def upwards(folder: str) -> Iterator[str]:
    """`folder` and every folder above it, the root last."""
    while True:
        yield folder
        if folder in ("/", ""):
            return
        folder = posixpath.dirname(folder)


def overlap(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether some path of `first` contains, is, or lies in some path of `second`."""
    return any(inside(a, b) or inside(b, a) for a in first for b in second)
