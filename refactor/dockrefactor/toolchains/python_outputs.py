"""What a started command names as its outputs, for programs of packages, whose sources nobody reads here.

Options are told by their names: `--logfile`, `-o`, `--default-artifact-root`. A path that is only read may be among
them: the user that owns its folder reads it as well.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Final

from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.toolchains import python_programs
from dockrefactor.toolchains.python_starts import parse_start

_WRITING: Final = regex(
    r"-{1,2}(?:o|O|.*(?:out|log-?file|pid|report|result|save|csv|html|junit|state|store|artifact|export|dump|cache|db).*)"
)
_FOLDER: Final = regex(r".*(?:dir|folder|root|path|store|artifact|dest).*", re.IGNORECASE)
_SQLITE: Final = regex(r"sqlite(?:\+\w+)?:///(?P<path>[^?]+)")
# what only root writes is read, unless an option says otherwise
_SYSTEM: Final = ("/etc", "/usr", "/bin", "/sbin", "/lib", "/proc", "/sys", "/dev")
_COMPUTED: Final = regex(r"[$`%{]")


def written(facts: Facts) -> Iterator[Claim]:
    """Absolute image paths of folders and files; None where a path is computed."""
    for item in facts.launch.started:
        for option, value in _pairs(_words(facts, item)):
            found = _path(option, value)
            if found is not None:
                yield _claim(facts, item, option, found)


def _words(facts: Facts, item: Started) -> Sequence[str]:
    """The arguments of a package's program; none where what a command writes is known otherwise."""
    start = parse_start(item.argv)
    while start is not None and start.started is not None:
        start = start.started
    if start is not None and start.kind == "celery":
        return start.arguments
    found = python_programs.foreign(facts, item)
    return found[1] if found is not None else ()


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(option, value) in every spelling; `""` as the option of a word that stands alone."""
    option = ""
    for word in words:
        if word.startswith("-") and len(word) > 1:
            name, equals, value = word.partition("=")
            if equals:
                yield name, value
            option = "" if equals else name
        else:
            yield option, word
            option = ""


def _path(option: str, value: str) -> str | None:
    """The path that a value names, None where it names none that may be written."""
    database = _SQLITE.match(value)
    if database is not None:
        return database["path"]
    path = re.sub(r":\w+$", "", value.removeprefix("file://"))
    if "://" in path or path in ("", "-", "/"):
        return None
    writing = _WRITING.fullmatch(option) is not None
    if path.startswith("/"):
        return path if writing or not any(inside(path, folder) for folder in _SYSTEM) else None
    return path if writing and ("/" in path or "." in path) else None


def _claim(facts: Facts, item: Started, option: str, path: str) -> Claim:
    says = Evidence(item.evidence.path, item.evidence.line, f"`{item.name} {option}` may write {path}")
    folder, name = posixpath.split(absolute(path, item.cwd))
    if _COMPUTED.search(folder):
        return Claim(None, says)
    is_folder = "." not in name and not _COMPUTED.search(name) and (_FOLDER.fullmatch(option) or not option)
    return Claim(posixpath.join(folder, name) if is_folder else folder, says)
