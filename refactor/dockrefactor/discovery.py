"""Which Dockerfiles the given paths name, and which lie below the given folders.

Folders are searched without following links to folders. A link to a file is followed only where its target lies in the
folder that was searched: what a repository links to elsewhere is not the user's request.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fnmatch import translate
from pathlib import Path
from typing import Final

from dockrefactor.gitignore import IgnoreFiles
from dockrefactor.paths import is_below
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

PATTERNS: Final = ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile*")
_NAMES: Final = regex("|".join(translate(pattern) for pattern in PATTERNS))
UNSEARCHED: Final = frozenset(
    {".git", ".hg", ".svn", "node_modules", "vendor", ".venv", "venv", ".tox", ".nox", "site-packages", "__pycache__"}
)
# the patterns meet these too, but they are ignore files, templates and what editors and patch tools leave behind
NOT_DOCKERFILES: Final = (
    ".dockerignore", ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".erb", ".mustache", ".hbs", ".m4",
    ".in", ".md", ".license", ".orig", ".rej", ".bak", ".old", ".swp", ".swo", ".patch", ".diff", "~",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A Dockerfile to handle; `path` begins as the user gave it."""

    path: Path


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that matches and is deliberately left alone."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A given path that is nothing to work on, or a folder that cannot be listed: an error."""

    path: Path
    why: str


Finding = Found | Skipped | Unusable


def is_dockerfile_name(name: str) -> bool:
    """Whether a file of this name is taken for a Dockerfile when a folder is searched."""
    return _NAMES.match(name) is not None and not name.endswith(NOT_DOCKERFILES)


def find(paths: Iterable[Path]) -> Iterator[Finding]:
    """What `paths` (files and folders) give, in their order, folders sorted; no file twice."""
    seen: set[str] = set()
    for path in paths:
        for finding in _of_folder(path) if os.path.isdir(path) else [_of_file(path)]:
            key = os.path.realpath(finding.path)
            if isinstance(finding, Found) and key in seen:
                continue
            seen.add(key)
            yield finding


def _of_file(path: Path) -> Finding:
    try:
        if path.is_file():
            return Found(path)
        if path.exists():
            return Unusable(path, "neither a file nor a folder")
    except (OSError, ValueError) as error:
        return Unusable(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    return Unusable(path, "a link to nothing" if path.is_symlink() else "no such file or folder")


def _of_folder(root: Path) -> Iterator[Finding]:
    ignored = IgnoreFiles(root)
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Unusable(folder, f"cannot be listed: {error.strerror}")
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names and folder != root:
            continue
        ignored.enter(folder, names)
        for entry in entries:
            if is_dockerfile_name(entry.name) and not entry.is_dir(follow_symlinks=False):
                yield from _of_entry(entry, folder, root, ignored)
        pending += [
            folder / entry.name
            for entry in reversed(entries)
            if entry.is_dir(follow_symlinks=False)
            and entry.name not in UNSEARCHED
            and not ignored.ignores(folder, entry.name, is_folder=True)
        ]


def _of_entry(entry: os.DirEntry[str], folder: Path, root: Path, ignored: IgnoreFiles) -> Iterator[Finding]:
    path = folder / entry.name
    if ignored.ignores(folder, entry.name, is_folder=False):
        return
    if entry.is_symlink():
        if not os.path.exists(path):
            yield Skipped(path, "a link to nothing")
        elif os.path.isfile(path) and not is_below(path, root):
            yield Skipped(path, "a link to a file outside the searched folder; name it to have it handled")
        elif os.path.isfile(path):
            yield Found(path)
    elif entry.is_file(follow_symlinks=False):
        yield Found(path)
