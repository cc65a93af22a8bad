"""Files that a CMake project makes beside what it compiles: while it is configured, and after a program is linked.

https://cmake.org/cmake/help/latest/command/configure_file.html, .../file.html, .../add_custom_command.html and
https://cmake.org/cmake/help/latest/manual/cmake.1.html#run-a-command-line-tool
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dockrefactor.effects import absolute
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.c_build import Made, Unreadable

_COMPUTED: Final = regex(r"\$(?:ENV)?\{|\$<|@\w+@")
_PLACE_OF: Final = regex(r"\$<TARGET_FILE_DIR:([\w.+-]+)>")
_OPTIONS: Final = frozenset(
    {"FILE_PERMISSIONS", "DIRECTORY_PERMISSIONS", "NO_SOURCE_PERMISSIONS", "USE_SOURCE_PERMISSIONS",
     "FOLLOW_SYMLINK_CHAIN", "FILES_MATCHING", "PATTERN", "REGEX", "PERMISSIONS", "DESTINATION"}
)  # fmt: skip
_KEYWORDS: Final = frozenset(
    {"COMMAND", "COMMENT", "VERBATIM", "WORKING_DIRECTORY", "COMMAND_EXPAND_LISTS", "BYPRODUCTS"}
)


@dataclass(frozen=True, slots=True)
class Folders:
    """The image folders of the list that is read: of its sources and of its build, and that of the whole build."""

    source: str
    build: str
    top: str


def made(command: str, values: Sequence[str], folders: Folders, conditional: bool) -> Iterator[Made]:
    """What one command makes; `values` are its words, of which variables that are not known still stand as written."""
    for path in _paths(command, values, folders):
        empty = "MAKE_DIRECTORY" in values or "make_directory" in values
        yield Made(path, not conditional and not _is_computed(path), empty)


def _is_computed(path: str) -> bool:
    return not path or _COMPUTED.search(_PLACE_OF.sub("", path)) is not None


def _paths(command: str, values: Sequence[str], folders: Folders) -> Iterator[str]:
    if command == "configure_file" and len(values) > 1:
        place = _joined(values[1], folders.build)
        into = values[1].endswith("/") or values[1] in (".", "") or place in (folders.build, folders.top)
        yield posixpath.join(place, posixpath.basename(values[0])) if into else place
    elif command == "add_custom_command":
        yield from _after_linking(values, folders)
    elif command == "file" and values:
        yield from _of_file(values[0], values[1:], folders)


def _of_file(verb: str, words: Sequence[str], folders: Folders) -> Iterator[str]:
    if verb in ("COPY", "INSTALL"):
        names = list(_until(words, _OPTIONS))
        place = next((words[at + 1] for at, word in enumerate(words[:-1]) if word == "DESTINATION"), "")
        for name in names:
            yield _copied(name, _joined(place, folders.build), folders)
    elif verb in ("WRITE", "APPEND", "TOUCH"):
        yield from (_joined(word, folders.source) for word in (words if verb == "TOUCH" else words[:1]))
    elif verb == "MAKE_DIRECTORY":
        yield from (_joined(word, folders.source) for word in words)
    elif verb == "CONFIGURE":
        place = next((words[at + 1] for at, word in enumerate(words[:-1]) if word == "OUTPUT"), "")
        yield _joined(place, folders.build) if place else ""
    elif verb in ("COPY_FILE", "RENAME", "CREATE_LINK") and len(words) > 1:
        yield words[1] if words[1].startswith("/") else ""
    elif verb == "ARCHIVE_EXTRACT":
        yield ""


def _copied(name: str, place: str, folders: Folders) -> str:
    """Where a copy puts a file or folder: of one that ends with a slash, what is in it."""
    if name.endswith("/"):
        return place if place not in (folders.build, folders.top) and not place.startswith("$") else ""
    return posixpath.join(place, posixpath.basename(name))


def _after_linking(words: Sequence[str], folders: Folders) -> Iterator[str]:
    """The commands that follow a target's own; raises Unreadable for others than CMake's tools for files."""
    if words[:1] != ["TARGET"] or "POST_BUILD" not in words:
        raise Unreadable("it uses add_custom_command")
    for at, word in enumerate(words):
        if word == "COMMAND":
            yield from _tool(list(_until(words[at + 1 :], _KEYWORDS)), folders)


def _tool(argv: Sequence[str], folders: Folders) -> Iterator[str]:
    if argv and argv[0] in ("strip", "${CMAKE_STRIP}"):
        return  # the program stays where it is
    if len(argv) < 3 or argv[0] not in ("${CMAKE_COMMAND}", "cmake") or argv[1] != "-E":
        raise Unreadable("it runs a program after a target is linked")
    verb, names = argv[2], [_joined(word, folders.build) for word in argv[3:]]
    if verb in ("copy", "copy_if_different") and len(names) > 1:
        *sources, place = names
        bare = _PLACE_OF.fullmatch(place.rstrip("/")) is not None or place in (folders.build, folders.top)
        for source in sources:
            name = posixpath.basename(source)
            if bare or len(sources) > 1 or argv[-1].endswith("/"):
                yield posixpath.join(place, name)
            else:
                yield place if name == posixpath.basename(place) else ""
    elif verb in ("copy_directory", "copy_directory_if_different") and len(names) > 1:
        yield names[-1] if names[-1] not in (folders.build, folders.top) and not _PLACE_OF.fullmatch(names[-1]) else ""
    elif verb == "make_directory":
        yield from names
    elif verb == "create_symlink" and len(names) == 2:
        yield names[1]
    elif verb not in ("echo", "true"):
        raise Unreadable(f"after a target is linked it runs `cmake -E {verb}`")


def _joined(path: str, folder: str) -> str:
    return path if path.startswith("$") else absolute(path or ".", folder)


def _until(words: Sequence[str], ends: frozenset[str]) -> Iterator[str]:
    for word in words:
        if word in ends:
            return
        yield word


def placed(found: Sequence[Made], places: Mapping[str, str]) -> tuple[Made, ...]:
    """What is made, with the folders of targets (`places`, by their names) in the place of what stands for them."""
    done: list[Made] = []
    for item in found:
        names = _PLACE_OF.findall(item.path)
        known = all(name in places for name in names)
        path = _PLACE_OF.sub(lambda match: places.get(match[1], ""), item.path)
        done.append(Made(posixpath.normpath(path) if path else "", item.certain and known, item.empty))
    return tuple(dict.fromkeys(done))
