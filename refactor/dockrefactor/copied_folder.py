"""The build context that a Dockerfile's own copies show, where its own folder lacks what they name.

The engine refuses to build where a source of COPY or ADD is absent. So a Dockerfile whose own folder lacks one is built
with another folder; where a single folder of the repository holds all that is copied, and stands above, it is that one.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dockrefactor import document, gitignore, grammar
from dockrefactor.context import UNLISTED, BuildContext, ContextError, normalise
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

_LINE: Final = regex(r"^[ \t]*(?:COPY|ADD)[ \t]+([^\n]*)", re.IGNORECASE | re.MULTILINE)
_JSON: Final = regex(r"[\[\]\",]")
_PATTERN: Final = regex(r"[*?\[]")
# what only a build knows, what comes from elsewhere, and what versions of the engine read in different ways
_UNSURE: Final = regex(r"[$\"'\\<]|://|^git@|^-|(?:^|/)\.\.(?:/|$)")
_MOST_FOLDERS: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one instruction copies: all of `paths` must be there; where it names none, something of `patterns`."""

    paths: tuple[str, ...]
    patterns: tuple[str, ...]

    def is_in(self, folder: str) -> bool:
        if self.paths:
            return all(os.path.lexists(os.path.join(folder, path)) for path in self.paths)
        return any(next(glob.iglob(pattern, root_dir=folder), None) is not None for pattern in self.patterns)


class CopiedFolders:
    """Finds the folders; those of a repository are listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, tuple[str, ...]] = {}

    def above(self, dockerfile: Path, data: bytes, root: Path) -> Path | None:
        """The folder below `root` or itself that is the build context of `dockerfile`, whose bytes are `data`; None
        where that is its own folder, or where nothing shows another."""
        own = os.path.abspath(dockerfile.parent)
        if Path(own) == root or _is_complete(data, own):
            return None
        wanted = _wanted(data)
        lacking = [item for item in wanted if not item.is_in(own)]
        # what git ignores may stand in the Dockerfile's own folder once it is built
        if not lacking or any(gitignore.first_ignored(own, path) for item in lacking for path in item.paths):
            return None
        found = [folder for folder in self._folders(root) if all(item.is_in(folder) for item in wanted)]
        if len(found) != 1 or not own.startswith(found[0] + os.sep):
            return None
        paths = [path for item in wanted for path in item.paths]
        if paths and all(path == os.path.basename(own) for path in paths):
            return None  # a program that was built beside the Dockerfile is often called as its folder is
        return Path(found[0]) if _gives(found[0], os.path.relpath(dockerfile, found[0]), paths) else None

    def _folders(self, root: Path) -> tuple[str, ...]:
        """All folders at and below `root`; none where there are too many to look at."""
        if root not in self._listed:
            found: list[str] = []
            for folder, names, _ in os.walk(root):
                names[:] = [name for name in names if name not in UNLISTED]
                found.append(folder)
                if len(found) > _MOST_FOLDERS:
                    found = []
                    break
            self._listed[root] = tuple(found)
        return self._listed[root]


def _is_complete(data: bytes, folder: str) -> bool:
    """Whether a folder has all that the lines of a Dockerfile copy, at a first look."""
    lines = (line for line in _LINE.findall(data.decode(errors="replace")) if "--from" not in line)
    named = (_JSON.sub(" ", line).split() if '"' in line else line.split() for line in lines)
    return all(item.is_in(folder) for words in named if (item := _of_words(words)) is not None)


def _wanted(data: bytes) -> list[_Wanted]:
    """What the instructions of a Dockerfile copy from the build context, as far as it is certain."""
    try:
        parsed = document.read(document.decode(data))
    except (document.NotUtf8Error, grammar.SyntaxFault):
        return []
    named = (item for item in parsed.instructions if item.keyword in ("COPY", "ADD") and not item.heredocs)
    copies = (item for item in named if item.flag("from") is None)
    return [wanted for item in copies if (wanted := _of_words(item.args)) is not None]


def _of_words(words: Sequence[str]) -> _Wanted | None:
    sources = [normalise(word) for word in words[:-1] if _UNSURE.search(word) is None]
    paths = tuple(source for source in sources if source and _PATTERN.search(source) is None)
    patterns = tuple(source for source in sources if _PATTERN.search(source) is not None)
    # a source that cannot be told may be what is there
    if not paths and (not patterns or len(patterns) < len(words) - 1):
        return None
    return _Wanted(paths, patterns)


def _gives(folder: str, dockerfile: str, paths: Sequence[str]) -> bool:
    """Whether the engine gets these paths of a folder, in any clone."""
    try:
        context = BuildContext(Path(folder), dockerfile)
        return all(context.exists(path) and not context.untracked(path) for path in paths)
    except ContextError:
        return False
