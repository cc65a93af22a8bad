"""Where files stand that may use a Dockerfile's image, and their texts.

Known names in the context and in the folders above it, up to the repository's own; compose files also in the folders
directly below one of these (`infra/docker-compose.yml`). A file is read where a cheap test of its bytes says that it
matters; links are not followed.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

MAX_BYTES: Final = 1_000_000
_MOST_FOLDERS: Final = 6
_MOST_MANIFESTS: Final = 40
_MOST_INNER: Final = 200
# what is built beside or above a folder is named by a path that leaves it
_LEAVES: Final = (b"..",)
_NOT_ENTERED: Final = frozenset({".git", "node_modules", "vendor", "venv", ".venv"})

COMPOSE: Final = "compose"
# `compose.yaml`, `docker-compose.yml`, and the files that are merged with them: `compose.dev.yaml`, …
_COMPOSE_NAME: Final = regex(r"(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml")
_MAIN: Final = regex(r"(?:docker-)?compose\.ya?ml")
# what a compose file says that matters by itself; what it builds matters to other files alone
_COMPOSE_SAYS: Final = (
    "command", "entrypoint", "user", "volumes", "target", "health", "extends", "include", "docker.sock", "\\", "<<",
    "develop", "ports", "PORT", "env_file", "devices", "privileged", "cap_add", "working_dir", "NODE_OPTIONS",
)  # fmt: skip
_COMPOSE_WORDS: Final = (*(word.encode() for word in _COMPOSE_SAYS), b"build")
# kind -> names of files, the words of which one must be in the text
_NAMED: Final = (
    ("bake", ("docker-bake.hcl", "docker-bake.json", "docker-bake.override.hcl", "docker-bake.override.json"),
     (b"target",)),
    ("skaffold", ("skaffold.yaml", "skaffold.yml"), (b"artifacts",)),
    ("procfile", ("Procfile",), (b":",)),
    ("make", ("Makefile", "makefile", "GNUmakefile"), (b"docker",)),
    ("devcontainer", (".devcontainer.json",), (b"ockerfile", b"ockerFile")),
)  # fmt: skip
# kind -> folders, endings, words
_IN_FOLDERS: Final = (
    ("devcontainer", (".devcontainer",), ("devcontainer.json",), (b"ockerfile", b"ockerFile")),
    ("workflow", (".github/workflows",), (".yml", ".yaml"), (b"docker",)),
    (
        "manifest",
        ("k8s", ".k8s", "kube", "kubernetes", "deploy", "deployment", "manifests"),
        (".yml", ".yaml"),
        (b"containers:",),
    ),
)


@dataclass(frozen=True, slots=True)
class NeighbourFile:
    """A file beside the Dockerfile: `folder` is the one that its paths start at, absolute; `shown` its name from the
    context; `has_mark` says that a byte order mark stands before the text."""

    kind: str
    folder: str
    shown: str
    text: str
    has_mark: bool = False

    def line(self, words: str) -> int:
        """The 1-based number of the first line with `words`, 0 where there is none."""
        at = self.text.find(words)
        return self.text.count("\n", 0, at) + 1 if at >= 0 else 0


def find(root: str | os.PathLike[str]) -> Iterator[NeighbourFile]:
    """The files that may use an image built in the context `root`; none where compose files build it and no more."""
    found = list(_all(root))
    if any(file.kind != COMPOSE or any(word in file.text for word in _COMPOSE_SAYS) for file in found):
        yield from found


def _all(root: str | os.PathLike[str]) -> Iterator[NeighbourFile]:
    top = os.path.abspath(root)
    folders = _folders(top)
    for folder in folders:
        names = _names(folder)
        yield from _compose(folder, folders)
        for kind, known, words in _NAMED:
            for name in known:
                if name in names:
                    yield from _file(kind, folder, os.path.join(folder, name), top, words)
        for kind, places, endings, words in _IN_FOLDERS:
            for place in places:
                if place.partition("/")[0] not in names:
                    continue
                inner = os.path.join(folder, place)
                found = sorted(name for name in _names(inner) if name.endswith(endings))
                for name in found[:_MOST_MANIFESTS]:
                    start = inner if kind == "devcontainer" else folder
                    yield from _file(kind, start, os.path.join(inner, name), top, words)


def _compose(folder: str, folders: tuple[str, ...]) -> Iterator[NeighbourFile]:
    """The compose files in one of `folders`, the first of which is the context, and directly below it."""
    for place in (folder, *(inner for inner in inner_folders(folder) if inner not in folders)):
        for name in sorted(filter(_COMPOSE_NAME.fullmatch, _names(place))):
            words = _COMPOSE_WORDS if place == folder else _LEAVES
            yield from _file(COMPOSE, place, os.path.join(place, name), folders[0], words)


def inner_folders(folder: str) -> list[str]:
    """The folders directly below one where compose files may stand, links and stores of packages left out."""
    try:
        with os.scandir(folder) as entries:
            found = [item.path for item in entries if item.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(path for path in found if os.path.basename(path) not in _NOT_ENTERED)[:_MOST_INNER]


def _folders(root: str) -> tuple[str, ...]:
    """The context and the folders above it up to the repository's own; the context alone outside of a repository."""
    folders = [root]
    while not os.path.exists(os.path.join(folders[-1], ".git")):
        above = os.path.dirname(folders[-1])
        if above == folders[-1] or len(folders) > _MOST_FOLDERS:
            return (folders[0],)
        folders.append(above)
    return tuple(folders)


def _names(folder: str) -> frozenset[str]:
    """The names in a folder; none where it cannot be listed, or is a link."""
    if os.path.islink(folder):
        return frozenset()
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _file(kind: str, folder: str, path: str, root: str, words: tuple[bytes, ...]) -> Iterator[NeighbourFile]:
    try:
        status = os.lstat(path)
        text = _text(path, status.st_mtime_ns, status.st_size, status.st_mode, words)
    except OSError:
        return
    if text is not None:
        shown = Path(os.path.relpath(path, root)).as_posix()
        yield NeighbourFile(kind, folder, shown, text.removeprefix("\ufeff"), text.startswith("\ufeff"))


def named(root: str, folder: str, path: str) -> NeighbourFile | None:
    """A compose file, or one of variables, that a compose file in `folder` names; None where it is not there, or not
    in the repository of the build context `root`."""
    if "$" in path or "://" in path or "\0" in path:
        return None
    place = os.path.normpath(os.path.join(folder, path))
    top = Path(os.path.realpath(_folders(root)[-1]))
    if not Path(os.path.realpath(place)).is_relative_to(top):
        return None
    return next(_file(COMPOSE, os.path.dirname(place), place, root, (b"",)), None)


@lru_cache(maxsize=256)  # the files of a repository are neighbours of each of its Dockerfiles
def _text(path: str, _: int, size: int, mode: int, words: tuple[bytes, ...]) -> str | None:
    if (mode & 0o170000) != 0o100000 or size > MAX_BYTES:
        return None
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES)
    if not any(word in data for word in words):
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def is_main(file: NeighbourFile) -> bool:
    """Whether a compose file is the one that others of its folder join."""
    return file.kind == COMPOSE and _MAIN.fullmatch(file.shown.rpartition("/")[2]) is not None


def json_with_comments(text: str) -> Any:
    """The value of a JSON text that may have comments and trailing commas; None where it is none."""
    import json

    plain = re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda found: found[1] or "", text, flags=re.DOTALL)
    plain = re.sub(r'("(?:[^"\\\n]|\\.)*")|,(\s*[}\]])', lambda found: found[1] or found[2], plain)
    try:
        return json.loads(plain)
    except (ValueError, RecursionError):
        return None


def table(value: Any) -> dict[str, Any]:
    """A mapping of a parsed file, empty where something else stands there."""
    return value if isinstance(value, dict) else {}


def tables_of(value: Any) -> Iterator[dict[str, Any]]:
    """The mappings of a list of a parsed file."""
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def words_of(value: Any) -> tuple[str, ...]:
    """The words of a command: a list, or a text as a shell splits it."""
    if isinstance(value, list):
        return tuple(str(word) for word in value)
    try:
        return tuple(shlex.split(str(value))) if value else ()
    except ValueError:
        return tuple(str(value).split())
