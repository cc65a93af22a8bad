"""What `.gitignore` files say while a folder is searched: the deepest file that has an opinion decides."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from pathspec import GitIgnoreSpec

_NAME: Final = ".gitignore"
_MAX_SIZE: Final = 1_000_000


class IgnoreFiles:
    """The ignore files in force below one searched folder, those of its parents up to the repository included."""

    def __init__(self, root: Path) -> None:
        """`root` is searched even where a parent's ignore file names it: the user gave it."""
        self._chains: dict[Path, tuple[tuple[str, GitIgnoreSpec], ...]] = {}
        self._root = root
        self._absolute: dict[Path, str] = {root: os.path.abspath(root)}
        above = _above(Path(self._absolute[root]))
        self._above = () if _says(above, self._absolute[root], is_folder=True) else above

    def enter(self, folder: Path, names: Collection[str]) -> None:
        """Read the ignore file of `folder`, whose entries are `names`; its parent must have been entered before."""
        chain = self._above if folder == self._root else self._chains[folder.parent]
        if ".git" in names and folder != self._root:
            chain = ()  # a repository within: the rules of the outer one end here
        if folder != self._root:
            self._absolute[folder] = os.path.join(self._absolute[folder.parent], folder.name)
        spec = _read(folder) if _NAME in names else None
        self._chains[folder] = chain if spec is None else (*chain, (self._absolute[folder], spec))

    def ignores(self, folder: Path, name: str, *, is_folder: bool) -> bool:
        """Whether the entry `name` of an entered folder is ignored."""
        chain = self._chains[folder]
        return bool(chain) and _says(chain, os.path.join(self._absolute[folder], name), is_folder=is_folder)


def naming(text: str, path: str) -> str | None:
    """The line of an ignore file's text that names a folder, `path` from there; None where none does, or a later one
    takes it in again."""
    from pathspec import GitIgnoreSpec

    lines = [line for line in text.splitlines() if line.strip() and _is_pattern(line)]
    found = GitIgnoreSpec.from_lines(lines).check_file(f"{path}/")
    return lines[found.index].strip() if found.include and found.index is not None else None


def first_ignored(root: str | os.PathLike[str], path: str) -> str:
    """The part of `path`, which counts from the folder `root`, down to the first folder or file that git ignores; `""`
    where it ignores none of them, or the whole of `root`."""
    top = Path(os.path.abspath(root))
    chain = _above(top)
    if _says(chain, str(top), is_folder=True):
        return ""
    place, parts = top, path.split("/")
    for at, part in enumerate(parts):
        spec = _read(place)
        chain = chain if spec is None else (*chain, (str(place), spec))
        place = place / part
        if _says(chain, str(place), is_folder=at < len(parts) - 1 or place.is_dir()):
            return "/".join(parts[: at + 1])
    return ""


def _says(chain: tuple[tuple[str, GitIgnoreSpec], ...], path: str, *, is_folder: bool) -> bool:
    for base, spec in reversed(chain):
        relative = path.removeprefix(base).replace(os.sep, "/").lstrip("/")
        verdict = spec.check_file(relative + "/" if is_folder else relative).include
        if verdict is not None:
            return verdict
    return False


def _above(root: Path) -> tuple[tuple[str, GitIgnoreSpec], ...]:
    """The ignore files of the folders above `root` within its repository, outermost first."""
    if os.path.exists(root / ".git"):
        return ()
    found: list[tuple[str, GitIgnoreSpec]] = []
    for folder in root.parents:
        spec = _read(folder)
        if spec is not None:
            found.insert(0, (str(folder), spec))
        if os.path.exists(folder / ".git"):
            return tuple(found)
    return ()  # no repository: stray ignore files above mean nothing


def _read(folder: Path) -> GitIgnoreSpec | None:
    path = folder / _NAME
    try:
        status = path.lstat()
        # git does not follow a linked ignore file either
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_SIZE:
            return None
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError:
        return None
    return _compiled(text)


# a search, and then each context below, reads the same files; to compile one takes as long as the rest of a Dockerfile
@lru_cache(maxsize=128)
def _compiled(text: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    lines = text.splitlines()
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
