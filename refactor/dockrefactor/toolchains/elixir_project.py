"""mix.exs and mix.lock: what a Mix project is called, what it reads, and what it brings.

A mix.exs is a program; what is taken from it are its conventional forms, and whatever may read more than the project's
own manifests makes the list open-ended.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import LanguagePackage
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

# texts and characters, which may hold a hash, and comments
_TOKENS: Final = regex(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|\?#|(#)(?!\{)[^\n]*')
_READ: Final = regex(
    r"File\.(?:read!?|stream!|exists\?)\(\s*\"([^\"#]+)\"|Code\.(?:require|eval)_file\(\s*\"([^\"#]+)\""
)
_ANYTHING: Final = regex(
    r"System\.(?:cmd|shell)|:os\.cmd|Path\.wildcard|File\.ls|Code\.(?:require|eval)_file|File\.\w+!?\("
)
_LOCKED: Final = regex(r'^  "([\w.]+)": \{:(hex|git)[^\n]*?"([^"]*)"[^\n]*$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Release:
    """A release that mix.exs names: `first` where it is the only one, or the default."""

    name: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Project:
    """A Mix project in the context: `folder` is its context path, `text` its mix.exs without comments."""

    folder: str
    manifest: str
    text: str

    @property
    def app(self) -> str | None:
        found = re.search(r"\bapp:\s*:(\w+)", self.text)
        return found[1] if found is not None else None

    @property
    def apps_path(self) -> str | None:
        """The folder of an umbrella's applications."""
        found = re.search(r"\bapps_path:\s*\"([^\"]+)\"", self.text)
        return found[1] if found is not None else None

    @property
    def releases(self) -> tuple[str, ...]:
        """The names of the releases that it defines, in order."""
        found = re.search(r"\breleases:\s*\[", self.text)
        body = self.text[found.end() - 1 :] if found is not None else ""
        if not body:
            named = re.search(r"defp?\s+releases(?:\(\))?\s+do\s*\[", self.text)
            body = self.text[named.end() - 1 :] if named is not None else ""
        return tuple(_keys(body))

    def aliases(self, task: str) -> str | None:
        """What an alias of that name runs, as written; None where there is none."""
        found = re.search(rf"(?m)[\"\[,\s]{re.escape(task)}\"?:\s*(\[[^\]]*\]|&?\w+|\"[^\"]*\")", self.text)
        return found[1] if found is not None else None

    def dependency_folders(self) -> Iterator[str]:
        """The folders of dependencies of the project itself, relative to it."""
        yield from re.findall(r"\bpath:\s*\"([^\"]+)\"", re.sub(r"releases:[^\]]*\]", "", self.text))


def _keys(body: str) -> Iterator[str]:
    """The keys of the outermost keyword list that `body` begins with."""
    depth = 0
    for found in re.finditer(r"[\[{(]|[\]})]|(\w+):\s", body):
        if found[1] is not None:
            if depth == 1:
                yield found[1]
        else:
            depth += 1 if found[0] in "[{(" else -1
            if depth == 0:
                return


def without_comments(text: str) -> str:
    """A source without its comments; lines stay lines."""
    return _TOKENS.sub(lambda found: "" if found[1] else found[0], text)


def read(context: BuildContext, manifest: str) -> Project | None:
    """The project whose mix.exs is at a context path."""
    text = context.read(manifest)
    if text is None:
        return None
    return Project(posixpath.dirname(manifest), manifest, without_comments(text))


def reads(project: Project) -> tuple[list[str], list[Evidence]]:
    """(files that mix.exs reads by name, relative to its folder; why it may read more)."""
    named = [first or second for first, second in _READ.findall(project.text)]
    rest = _READ.sub("", project.text)
    found = _ANYTHING.search(rest)
    open_ended = [Evidence(project.manifest, 0, f"`{found[0]}` may read anything")] if found is not None else []
    return named, open_ended


def packages(context: BuildContext, project: Project) -> tuple[LanguagePackage, ...]:
    """The packages that mix.lock names; `native` where they are built by a Makefile."""
    path = posixpath.join(project.folder, "mix.lock")
    text = context.read(path) or ""
    return tuple(
        LanguagePackage(
            found[1], found[3], Evidence(path, text.count("\n", 0, found.start()) + 1, found[1]),
            native="[:make" in found[0] or ":make]" in found[0] or ":make," in found[0],
        )
        for found in _LOCKED.finditer(text)
    )  # fmt: skip
