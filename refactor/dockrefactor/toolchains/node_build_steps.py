"""One command of a Node project's build, and what it leaves: the vocabulary of the readers of build tools."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass
from dockrefactor.toolchains.node_commands import NodeInstall
from dockrefactor.toolchains.node_package_json import PackageJson


@dataclass(frozen=True, slots=True)
class BuildOutput:
    """What one build step leaves: `paths` and `consumed` are relative to the project folder.

    `consumed`: sources of which nothing but the output is needed afterwards. `mode`: `standalone` or `export`
    for Next.js, None elsewhere. `entry`: the file that `nest start` would run, without its ending. `between`: written
    on the way, and needed by no program that starts from `paths`. `bundles`: the output holds all that the sources load
    but for what stands under `dependencies`. `folder`: that of another package of the project, relative to it, which
    makes this. `install`: the install that a script runs.
    """

    paths: tuple[str, ...]
    tool: str
    evidence: tuple[Evidence, ...]
    consumed: tuple[str, ...] = ()
    mode: str | None = None
    entry: str | None = None
    between: tuple[str, ...] = ()
    bundles: bool = False
    folder: str = ""
    install: NodeInstall | None = None

    @property
    def written(self) -> tuple[str, ...]:
        """All that it writes, `paths` and `between`."""
        return (*self.paths, *self.between)


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One command of a build script: the tool's arguments, its environment and where the script stands."""

    context: BuildContext
    package: PackageJson
    tool: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    evidence: Evidence

    @property
    def folder(self) -> str:
        return self.package.folder

    def at(self, path: str) -> str:
        """A path of the project as a context path."""
        joined = posixpath.normpath(posixpath.join(self.folder, path))
        return "" if joined == "." else joined

    def option(self, *names: str) -> str | None:
        """The value of the last of these options (`--out-dir x`, `--out-dir=x`, `-d x`)."""
        found = None
        for position, word in enumerate(self.arguments):
            name, equals, value = word.partition("=")
            if name in names and equals:
                found = value
            elif word in names and position + 1 < len(self.arguments):
                found = self.arguments[position + 1]
        return found

    def has(self, *names: str) -> bool:
        return any(word.partition("=")[0] in names for word in self.arguments)

    def setting_file(self, *stems: str) -> str | None:
        """The first settings file that is there, with any ending that tools accept."""
        for stem in stems:
            for ending in ("", ".js", ".ts", ".mjs", ".cjs", ".mts", ".cts"):
                if self.context.is_file(self.at(stem + ending)):
                    return self.at(stem + ending)
        return None

    def variable(self, *names: str) -> str:
        """The value of the first of these variables that is set, else an empty text."""
        return next((self.environment[name] for name in names if name in self.environment), "")

    def made(
        self,
        *paths: str | None,
        consumed: Sequence[str] = (),
        between: Sequence[str] = (),
        bundles: bool = False,
        mode: str | None = None,
        entry: str | None = None,
    ) -> Outputs:
        """The outputs, None where one of the paths is unknown, or holds the project itself; `../x` lies beside it."""
        plain = []
        for path in (*paths, *between):
            clean = posixpath.normpath(path) if path else "."
            if clean.startswith("/") or posixpath.basename(clean) in (".", ".."):
                return None
            plain.append(clean)
        there = tuple(name for name in consumed if self.context.exists(self.at(name)) and name not in plain)
        made, rest = tuple(plain[: len(paths)]), tuple(plain[len(paths) :])
        return (BuildOutput(made, self.tool, (self.evidence,), there, mode, entry, rest, bundles),)


Outputs = tuple[BuildOutput, ...] | None
NOTHING: Final[tuple[BuildOutput, ...]] = ()


def plain_words(arguments: Sequence[str], valued: Sequence[str]) -> list[str]:
    """The arguments that are no option, and no value of one of `valued`."""
    return [
        word
        for position, word in enumerate(arguments)
        if not word.startswith("-") and (position == 0 or arguments[position - 1] not in valued)
    ]
