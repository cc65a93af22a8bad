"""The build context as the engine would send it: listed and read after `.dockerignore`, bounded, never executed.

Symbolic links are listed as files but never followed out of the context; nothing outside the root is read.
"""

from __future__ import annotations

import codecs
import os
import posixpath
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from e2b_dockerfile_utils import PatternMatcher

from dockrefactor import gitignore
from dockrefactor.records import dataclass

MAX_ENTRIES: Final = 50_000
MAX_DEPTH: Final = 64
MAX_READ: Final = 4 * 1024 * 1024
# Dependencies and version control are never read as sources: they are listed as one folder.
UNLISTED: Final = frozenset({".git", "node_modules", ".venv", "venv", "__pycache__", ".hg", ".svn"})
# byte order marks and the encodings that they say (the longer ones first)
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Answer = TypeVar("Answer")


class ContextError(Exception):
    """The build context cannot be used (absent, not a folder, or `.dockerignore` not readable)."""


def normalise(path: str) -> str:
    """A context path in its plain form: no leading `/` or `./`, no trailing `/`; the root is the empty string."""
    if path and path[0] not in "./" and path[-1] != "/" and "/." not in path and "//" not in path:
        return path
    clean = posixpath.normpath("/" + path).lstrip("/")
    return "" if clean == "." else clean


def outermost(paths: Collection[str]) -> tuple[str, ...]:
    """The context paths without those that lie in another of them, sorted; the root counts for none."""
    named = sorted({path for path in paths if path})
    return tuple(path for path in named if not any(path.startswith(f"{other}/") for other in named))


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, folder, link or other thing of the context: `path` relative to its root."""

    path: str
    is_dir: bool
    is_link: bool
    is_file: bool


class BuildContext:
    """Read-only view of a context folder after its ignore file.

    All paths are relative to the root with `/` between parts; `""` is the root itself.
    """

    def __init__(
        self, root: Path, dockerfile_name: str = "Dockerfile", ignore: tuple[str, str] | None = None,
        neighbours: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`root` must be a folder; a `<dockerfile_name>.dockerignore` goes before `.dockerignore`. `ignore` is the name
        and the text of an ignore file that is to be taken for that on disk, `neighbours` are texts of files beside the
        Dockerfile that are, by their paths from the root.

        Raises ContextError where the folder is absent or its ignore file cannot be read.
        """
        if not root.is_dir():
            raise ContextError(f"{root}: the build context is not a folder")
        self.root = root
        self._real_root = os.path.realpath(root)
        self.dockerfile_name = dockerfile_name
        self._ignore = ignore
        self.neighbours: Mapping[str, str] = neighbours or {}
        self.truncated = False
        self._text: dict[str, str | None] = {}
        self._found: dict[Hashable, Any] = {}

    def once(self, key: Hashable, work: Callable[[], Answer]) -> Answer:
        """What `work` makes of this context, which does not change: done at the first call with that key only."""
        if key not in self._found:
            self._found[key] = work()
        answer: Answer = self._found[key]
        return answer

    def ignoring(self, name: str, text: str) -> BuildContext:
        """The same folder with another ignore file."""
        return BuildContext(self.root, self.dockerfile_name, (name, text), self.neighbours)

    def beside(self, neighbours: Mapping[str, str]) -> BuildContext:
        """The same folder with other texts of files beside the Dockerfile."""
        return BuildContext(self.root, self.dockerfile_name, self._ignore, {**self.neighbours, **neighbours})

    @cached_property
    def ignore_file(self) -> str | None:
        """Name of the ignore file in force, if there is one."""
        if self._ignore is not None:
            return self._ignore[0]
        for name in (f"{self.dockerfile_name}.dockerignore", ".dockerignore"):
            path = os.path.join(self.root, name)
            if os.path.isfile(path) and not os.path.islink(path):
                return name
        return None

    @cached_property
    def ignore_text(self) -> str | None:
        """The text of the ignore file as it stands there, None where there is none. Raises ContextError."""
        if self._ignore is not None or self.ignore_file is None:
            return self._ignore[1] if self._ignore is not None else None
        path = self.root / self.ignore_file
        try:
            if path.stat().st_size > MAX_READ:
                raise ContextError(f"{path}: larger than {MAX_READ:,} bytes")
            return path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise ContextError(f"{path}: {error}") from None

    @cached_property
    def _ignored(self) -> PatternMatcher | None:
        if self.ignore_text is None:
            return None
        assert self.ignore_file is not None
        patterns = [
            pattern
            for line in self.ignore_text.removeprefix("\ufeff").splitlines()
            if (pattern := line.strip()) and not line.startswith("#") and pattern not in ("/", ".", "!")
        ]
        try:
            return PatternMatcher([_rooted(pattern) for pattern in patterns])
        except ValueError as error:
            raise ContextError(f"{self.root / self.ignore_file}: {error}") from None

    def ignores(self, path: str) -> bool:
        """Whether the ignore file keeps `path` out of the context."""
        matcher = self._ignored
        return matcher is not None and bool(path) and matcher.matches(path)

    @cached_property
    def _tree(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        pending: list[tuple[str, int]] = [("", 0)]
        while pending:
            folder, depth = pending.pop()
            for entry in self._scan(folder):
                if len(found) >= MAX_ENTRIES:
                    self.truncated = True
                    return found
                found[entry.path] = entry
                if entry.is_dir and posixpath.basename(entry.path) not in UNLISTED:
                    if depth < MAX_DEPTH:
                        pending.append((entry.path, depth + 1))
                    else:
                        self.truncated = True
        self._drop_ignored(found)
        return found

    def _scan(self, folder: str) -> Iterator[Entry]:
        try:
            with os.scandir(f"{self._real_root}/{folder}") as entries:
                for entry in sorted(entries, key=lambda item: item.name):
                    yield Entry(
                        f"{folder}/{entry.name}" if folder else entry.name,
                        entry.is_dir(follow_symlinks=False),
                        entry.is_symlink(),
                        entry.is_file(follow_symlinks=False),
                    )
        except OSError:
            self.truncated = True

    def _drop_ignored(self, found: dict[str, Entry]) -> None:
        if self._ignored is None:
            return
        kept = {path for path, entry in found.items() if not entry.is_dir and not self.ignores(path)}
        parents = {parent for path in kept for parent in _parents(path)}
        for path in list(found):
            entry = found[path]
            unlisted = posixpath.basename(path) in UNLISTED
            if path in kept or path in parents or (entry.is_dir and unlisted and not self.ignores(path)):
                continue
            del found[path]

    def entry(self, path: str) -> Entry | None:
        """The entry at `path`, None where the context has none."""
        return self._tree.get(normalise(path))

    def mode(self, entry: Entry) -> int:
        """The mode of an entry as `os.lstat` gives it; 0 where it is gone."""
        try:
            return os.lstat(f"{self._real_root}/{entry.path}").st_mode
        except OSError:
            return 0

    def exists(self, path: str) -> bool:
        clean = normalise(path)
        return clean == "" or clean in self._tree

    def untracked(self, path: str) -> str:
        """The part of a context path down to the first folder or file that git ignores, `""` where it ignores none: a
        fresh clone may lack it."""
        return self.once(("untracked", path), lambda: gitignore.first_ignored(self.root, path))

    def may_come(self, path: str) -> bool:
        """Whether what this clone lacks may be in another: git ignores it, and the engine's ignore file does not."""
        return not self.exists(path) and self.untracked(path) != "" and not self.ignores(path)

    def is_file(self, path: str) -> bool:
        entry = self.entry(path)
        return entry is not None and not entry.is_dir

    def is_dir(self, path: str) -> bool:
        clean = normalise(path)
        if clean == "":
            return True
        entry = self._tree.get(clean)
        return entry is not None and entry.is_dir

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for path in self._tree:
            children.setdefault(posixpath.dirname(path), []).append(path)
        for names in children.values():
            names.sort()
        return children

    def children(self, folder: str = "") -> list[str]:
        """Paths directly below `folder`, sorted."""
        return self._children.get(normalise(folder), [])

    def walk(self, folder: str = "") -> Iterator[Entry]:
        """Every entry below `folder`, depth first, sorted; the insides of `UNLISTED` folders are left out."""
        for path in self.children(folder):
            entry = self._tree[path]
            yield entry
            if entry.is_dir:
                yield from self.walk(path)

    def files(self, folder: str = "", suffixes: tuple[str, ...] = ()) -> Iterator[str]:
        """Paths of the plain files below `folder`, those ending in one of `suffixes` where any is given."""
        for entry in self.walk(folder):
            if not entry.is_dir and not entry.is_link and (not suffixes or entry.path.endswith(suffixes)):
                yield entry.path

    def location(self, path: str) -> str | None:
        """Where a file stands on this machine, to be read as bytes; None where there is none, or it may not be read."""
        return self._real(normalise(path))

    def read(self, path: str) -> str | None:
        """The text of a file as UTF-8; None where it is absent, ignored, too large, not text, or a link outwards."""
        clean = normalise(path)
        if clean not in self._text:
            self._text[clean] = self._read(clean)
        return self._text[clean]

    def read_marked(self, path: str) -> str | None:
        """As `read`, of a file whose byte order mark says UTF-16 or UTF-32 (what `>` writes in PowerShell)."""
        real = self._real(normalise(path))
        try:
            if real is None or os.path.getsize(real) > MAX_READ:
                return None
            with open(real, "rb") as file:
                content = file.read()
            named = next((name for mark, name in _MARKS if content.startswith(mark)), None)
            return content.decode(named) if named is not None else None
        except (OSError, UnicodeDecodeError):
            return None

    def _read(self, clean: str) -> str | None:
        real = self._real(clean)
        try:
            if real is None or os.path.getsize(real) > MAX_READ:
                return None
            with open(real, encoding="utf-8-sig", newline="") as file:
                return file.read()
        except (OSError, UnicodeDecodeError):
            return None

    def _real(self, clean: str) -> str | None:
        """Where a plain file of the context is on this machine; None for a folder, a device or a link outwards."""
        entry = self._tree.get(clean)
        if entry is None or not (entry.is_file or entry.is_link):
            return None
        real = os.path.join(self._real_root, clean)
        # the folders above it are none, or the tree would not have it
        if entry.is_link:
            real = os.path.realpath(real)
            if os.path.commonpath([real, self._real_root]) != self._real_root or not os.path.isfile(real):
                return None
        return real

    def find_line(self, path: str, text: str) -> int:
        """1-based number of the first line of `path` that contains `text`, 0 where none does."""
        for number, line in enumerate((self.read(path) or "").splitlines(), 1):
            if text in line:
                return number
        return 0


def _rooted(pattern: str) -> str:
    """A pattern relative to the root, as BuildKit reads it: a leading `/` means nothing."""
    negated = pattern.startswith("!")
    body = pattern[1:].strip() if negated else pattern
    return ("!" if negated else "") + posixpath.normpath("/" + body).lstrip("/")


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
