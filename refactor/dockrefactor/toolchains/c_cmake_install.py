"""What the install rules of a CMakeLists.txt put where: programs, shared libraries, files and folders.

https://cmake.org/cmake/help/latest/command/install.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from dockrefactor.effects import absolute
from dockrefactor.records import dataclass
from dockrefactor.toolchains.c_build import Library, Unreadable
from dockrefactor.toolchains.c_cmake import Configure, Reading, Target, library, program

# kinds of a target's files; the words behind one are its own
_KINDS: Final = frozenset(
    {"ARCHIVE", "LIBRARY", "RUNTIME", "OBJECTS", "FRAMEWORK", "BUNDLE", "PRIVATE_HEADER", "PUBLIC_HEADER", "RESOURCE",
     "FILE_SET", "CXX_MODULES_BMI", "INCLUDES"}
)  # fmt: skip
_OPTIONS: Final = frozenset(
    {"DESTINATION", "PERMISSIONS", "CONFIGURATIONS", "COMPONENT", "NAMELINK_COMPONENT", "OPTIONAL", "EXCLUDE_FROM_ALL",
     "NAMELINK_ONLY", "NAMELINK_SKIP", "RENAME", "TYPE", "EXPORT", "FILES_MATCHING", "PATTERN", "REGEX",
     "USE_SOURCE_PERMISSIONS", "FILE_PERMISSIONS", "DIRECTORY_PERMISSIONS", "MESSAGE_NEVER", "RUNTIME_DEPENDENCIES"}
) | _KINDS  # fmt: skip
_RUN_CODE: Final = frozenset({"CODE", "SCRIPT", "IMPORTED_RUNTIME_ARTIFACTS", "RUNTIME_DEPENDENCY_SET"})
_TYPES: Final = {
    "BIN": "bin", "SBIN": "sbin", "LIB": "lib", "INCLUDE": "include", "SYSCONF": "etc", "DATA": "share",
    "MAN": "share/man", "DOC": "share/doc", "LOCALE": "share/locale", "LOCALSTATE": "var", "SHAREDSTATE": "com",
    "RUNSTATE": "var/run", "INFO": "share/info",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Installed:
    """`programs`: (place, its place in the build); `libraries`; `others`: further files and folders; `runpaths`: where
    the installed programs look for libraries."""

    programs: tuple[tuple[str, str], ...]
    libraries: tuple[Library, ...]
    others: tuple[str, ...]
    runpaths: tuple[str, ...]


def installed(reading: Reading, configured: Configure, prefix: str, above: str = "") -> Installed:
    """What an install leaves below `prefix` (`""`: as configured); `above` is DESTDIR. Raises Unreadable."""
    base = prefix or reading.variables.get("CMAKE_INSTALL_PREFIX") or "/usr/local"
    programs: list[tuple[str, str]] = []
    libraries: list[Library] = []
    others: list[str] = []
    for rule in reading.installs:
        kind, *words = rule.words
        if kind in _RUN_CODE:
            raise Unreadable(f"its install uses {kind}")
        if kind in ("EXPORT", "EXPORT_ANDROID_MK", "PACKAGE_INFO", "SBOM") or "EXCLUDE_FROM_ALL" in words:
            continue
        if rule.conditional:
            raise Unreadable("a condition decides whether its install puts something there")
        if kind == "TARGETS":
            for target, folder in _targets(words, reading, base):
                if target.kind == "program":
                    programs.append((posixpath.join(folder, target.output), program(target, configured)))
                else:
                    built = library(target, configured)
                    libraries.append(Library(posixpath.join(folder, built.asked_for), built.asked_for, True))
        else:
            others += _files(kind, words, base)
    if base.rstrip("/") == "/usr" and libraries:
        raise Unreadable("below /usr, the folder of its libraries depends on the machine", "unknown-library")
    # DESTDIR moves what is installed, and not where it is looked for
    over = [Library(_below(above, item.path), item.asked_for, True) for item in libraries]
    return Installed(
        tuple((_below(above, place), built) for place, built in programs),
        tuple(over),
        tuple(_below(above, path) for path in others),
        _runpaths(reading),
    )


def _below(above: str, path: str) -> str:
    return posixpath.join(above, path.lstrip("/")) if above else path


def _targets(words: Sequence[str], reading: Reading, base: str) -> Iterator[tuple[Target, str]]:
    """(target, folder) of the programs and shared libraries that `install(TARGETS …)` names."""
    names = list(_until(words, _OPTIONS))
    places = {"RUNTIME": "bin", "LIBRARY": "lib"}
    kinds: list[str] = []
    rest = list(words[len(names) :])
    while rest:
        word = rest.pop(0)
        if word in _KINDS:
            kinds = [word]
        elif word == "DESTINATION" and rest:
            value = rest.pop(0)
            places.update(dict.fromkeys(kinds or list(places), value))
        elif word in ("OPTIONAL", "RUNTIME_DEPENDENCIES", "CONFIGURATIONS"):
            raise Unreadable(f"its install of a target uses {word}")
    for name in names:
        target = reading.targets.get(name)
        if target is None:
            raise Unreadable(f"its install names `{name}`, which nothing builds")
        if target.conditional and target.kind != "static":
            raise Unreadable(f"a condition decides whether `{name}` is built")
        if target.kind in ("program", "shared"):
            yield target, absolute(places["RUNTIME" if target.kind == "program" else "LIBRARY"], base)


def _files(kind: str, words: Sequence[str], base: str) -> Iterator[str]:
    """The paths that FILES, PROGRAMS and DIRECTORY rules put somewhere."""
    names = list(_until(words, _OPTIONS))
    options: Mapping[str, str] = dict(pairwise(words))
    folder = options.get("DESTINATION") or _TYPES.get(options.get("TYPE", ""), "")
    if not folder or kind not in ("FILES", "PROGRAMS", "DIRECTORY"):
        raise Unreadable(f"where its install puts {kind} is not told")
    place = absolute(folder, base)
    if "OPTIONAL" in words or "CONFIGURATIONS" in words:
        raise Unreadable("its install leaves out what is not there")
    if kind == "DIRECTORY":
        for name in names:
            last = "" if name.endswith("/") else posixpath.basename(name)
            yield posixpath.normpath(posixpath.join(place, last))
        if not names:
            yield place
        return
    if any(not posixpath.basename(name) or "$" in name for name in names):
        raise Unreadable("which files its install puts somewhere is computed")
    yield from (posixpath.join(place, options.get("RENAME") or posixpath.basename(name)) for name in names)


def _runpaths(reading: Reading) -> tuple[str, ...]:
    """Where installed programs look for libraries: CMake takes away what it gave those of the build."""
    found = [reading.variables.get("CMAKE_INSTALL_RPATH", "")]
    found += [target.runpath for target in reading.targets.values()]
    return tuple(dict.fromkeys(part for text in found for word in text.split(";") for part in word.split(":") if part))


def _until(words: Sequence[str], ends: frozenset[str]) -> Iterator[str]:
    for word in words:
        if word in ends:
            return
        yield word
