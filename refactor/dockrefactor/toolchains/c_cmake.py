"""CMakeLists.txt, as far as they say which programs a build makes, what they link and what an install copies.

https://cmake.org/cmake/help/latest/manual/cmake-commands.7.html -- what a condition guards is taken as possible.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.effects import absolute
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.c_build import Built, Unreadable

LISTS: Final = "CMakeLists.txt"
_COMMAND: Final = re.compile(r"([A-Za-z_]\w*)\s*\(", re.M)
_WORD: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\[(=*)\[(.*?)\]\2\]|([^\s()"]+)|([()])', re.S)
_REFERENCE: Final = re.compile(r"\$\{(\w+)\}")
# commands that may run or fetch anything
_OBSTACLES: Final = frozenset(
    {"execute_process", "exec_program", "add_custom_command", "externalproject_add", "fetchcontent_declare",
     "fetchcontent_makeavailable", "fetchcontent_populate", "cpmaddpackage", "conan_cmake_run", "hunter_add_package",
     "cmake_language", "load_command", "qt_add_executable", "try_run"}
)  # fmt: skip
_DIRECTORIES: Final = {
    "CMAKE_INSTALL_BINDIR": "bin", "CMAKE_INSTALL_SBINDIR": "sbin", "CMAKE_INSTALL_LIBDIR": "lib",
    "CMAKE_INSTALL_DATADIR": "share", "CMAKE_INSTALL_DATAROOTDIR": "share", "CMAKE_INSTALL_SYSCONFDIR": "etc",
    "CMAKE_INSTALL_INCLUDEDIR": "include",
}  # fmt: skip
_KEYWORDS: Final = frozenset(
    {"PUBLIC", "PRIVATE", "INTERFACE", "general", "optimized", "debug", "LINK_PUBLIC", "LINK_PRIVATE"}
)


@dataclass(slots=True)
class _Target:
    kind: str
    folder: str
    output: str = ""
    directory: str | None = None


@dataclass(slots=True)
class _Reading:
    targets: dict[str, _Target] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)
    installs: list[tuple[str, ...]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    cpp: bool = True


@dataclass(frozen=True, slots=True)
class Configure:
    """`cmake -S … -B …`: image folders of the sources and of the build, and the -D definitions."""

    source: str
    build: str
    definitions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Work:
    """`cmake --build` or `cmake --install`: the image folder of the build, whether it installs, and where."""

    build: str
    installs: bool
    prefix: str = ""
    target: str = ""


def parse_cmake(argv: Sequence[str], cwd: str) -> Configure | Work | None:
    """Reads a command line; None for an option that is not known here."""
    words = list(argv[1:])
    if words[:1] in (["--build"], ["--install"]):
        return _work(words, cwd)
    source = build = ""
    definitions: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word in ("-S", "-B", "-G", "-D", "-H", "-T", "-A") and words:
            value = words.pop(0)
        elif word[:2] in ("-S", "-B", "-G", "-D", "-H") and len(word) > 2:
            word, value = word[:2], word[2:]
        elif word.startswith("-Wno-") or word in ("--fresh", "-Wdev"):
            continue
        elif word.startswith("-"):
            return None
        else:
            word, value = "-S", word
        if word in ("-S", "-H"):
            source = value
        elif word == "-B":
            build = value
        elif word == "-D":
            name, _, text = value.partition("=")
            definitions[name.partition(":")[0]] = text
    return Configure(absolute(source or ".", cwd), absolute(build or ".", cwd), definitions)


def _work(words: list[str], cwd: str) -> Work | None:
    installs = words[0] == "--install"
    folder = absolute(words[1], cwd) if len(words) > 1 else cwd
    prefix = target = ""
    rest = words[2:]
    while rest:
        word = rest.pop(0)
        if word in ("--target", "-t") and rest:
            target = rest.pop(0)
        elif word == "--prefix" and rest:
            prefix = rest.pop(0)
        elif word in ("--config", "--component") and rest:
            rest.pop(0)
        elif word in ("--parallel", "-j"):
            if rest and rest[0].isdigit():
                rest.pop(0)
        elif word == "--":
            break
        elif word not in ("--verbose", "-v", "--clean-first", "--strip") and not word.startswith("-j"):
            return None
    return Work(folder, installs or target == "install", absolute(prefix, cwd) if prefix else "", target)


def read(context: BuildContext, folder: str, configured: Configure) -> _Reading:
    """The lists of the context folder `folder` and its subfolders. Raises Unreadable."""
    found = _Reading(variables=dict(configured.definitions))
    found.variables.setdefault("CMAKE_BINARY_DIR", configured.build)
    found.variables.setdefault("PROJECT_BINARY_DIR", configured.build)
    found.variables.setdefault("CMAKE_SOURCE_DIR", configured.source)
    found.variables.setdefault("PROJECT_SOURCE_DIR", configured.source)
    _read(context, folder, "", found, configured, LISTS)
    return found


def _read(context: BuildContext, root: str, inner: str, found: _Reading, configured: Configure, name: str) -> None:
    path = normalise(posixpath.join(root, inner, name))
    text = context.read(path)
    if text is None:
        raise Unreadable(f"{path} is not in the build context", "manifest-missing")
    here = {
        "CMAKE_CURRENT_BINARY_DIR": absolute(inner or ".", configured.build),
        "CMAKE_CURRENT_SOURCE_DIR": absolute(inner or ".", configured.source),
        "CMAKE_CURRENT_LIST_DIR": absolute(inner or ".", configured.source),
    }
    for command, words in _commands(text):
        values = [_expanded(word, {**_DIRECTORIES, **found.variables, **here}) for word in words]
        if command in _OBSTACLES or (command == "file" and values[:1] in (["DOWNLOAD"], ["GENERATE"])):
            raise Unreadable(f"{path} uses {command}")
        if command == "add_subdirectory" and values:
            _read(context, root, posixpath.normpath(posixpath.join(inner, values[0])), found, configured, LISTS)
        elif command == "include" and values and context.is_file(normalise(posixpath.join(root, inner, values[0]))):
            _read(context, root, inner, found, configured, values[0])
        else:
            _take(command, values, found, inner)


def _take(command: str, values: list[str], found: _Reading, inner: str) -> None:
    if not values:
        return
    name, *rest = values
    if command == "project":
        found.variables.update(
            {"PROJECT_NAME": name, "CMAKE_PROJECT_NAME": found.variables.get("CMAKE_PROJECT_NAME", name)}
        )
        found.cpp = not rest or bool({"CXX"} & set(rest)) or ("LANGUAGES" not in rest and "C" not in rest)
    elif command == "set" and not any(word in ("ENV",) for word in rest):
        found.variables[name] = ";".join(word for word in _until(rest, {"CACHE", "PARENT_SCOPE"}))
    elif command == "option":
        found.variables.setdefault(name, rest[-1] if len(rest) > 1 else "OFF")
    elif command == "add_executable":
        found.targets[name] = _Target("program", inner, name, found.variables.get("CMAKE_RUNTIME_OUTPUT_DIRECTORY"))
    elif command == "add_library":
        plain = found.variables.get("BUILD_SHARED_LIBS", "OFF").upper() in ("ON", "1", "TRUE", "YES")
        shared = (
            "SHARED" in rest[:1]
            or "MODULE" in rest[:1]
            or (plain and not {"STATIC", "OBJECT", "INTERFACE"} & set(rest[:1]))
        )
        found.targets[name] = _Target("shared" if shared else "static", inner)
    elif command in ("target_link_libraries", "link_libraries"):
        found.libraries += [word for word in (rest if command[0] == "t" else values) if word not in _KEYWORDS]
    elif command in ("pkg_check_modules", "pkg_search_module"):
        found.libraries += [
            re.split(r"[<>=]", word)[0] for word in rest if word not in ("REQUIRED", "QUIET", "IMPORTED_TARGET")
        ]
    elif command == "find_package":
        found.libraries.append(name)
    elif command in ("set_target_properties", "set_property"):
        _properties(values, found)
    elif command == "install":
        found.installs.append(tuple(values))


def _properties(values: list[str], found: _Reading) -> None:
    names = [word for word in values if word in found.targets]
    for key, value in pairwise(values):
        for name in names:
            if key == "OUTPUT_NAME":
                found.targets[name].output = value
            elif key == "RUNTIME_OUTPUT_DIRECTORY":
                found.targets[name].directory = value
            elif key.startswith("RUNTIME_OUTPUT_DIRECTORY_"):
                raise Unreadable("its output folder depends on the configuration")


def _until(words: Sequence[str], ends: set[str]) -> Iterator[str]:
    for word in words:
        if word in ends:
            return
        yield word


def _expanded(word: str, variables: Mapping[str, str]) -> str:
    for _ in range(8):
        changed = _REFERENCE.sub(lambda match: variables.get(match[1], ""), word)
        if changed == word:
            break
        word = changed
    return word


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    plain = re.sub(r"#\[(=*)\[.*?\]\1\]", "", text, flags=re.S)
    plain = re.sub(r'(?m)^((?:[^"#\n]|"(?:[^"\\\n]|\\.)*")*)#.*$', r"\1", plain)
    at = 0
    while (match := _COMMAND.search(plain, at)) is not None:
        words: list[str] = []
        depth, at = 1, match.end()
        for word in _WORD.finditer(plain, at):
            at = word.end()
            if word[5]:
                depth += 1 if word[5] == "(" else -1
                if depth == 0:
                    break
            else:
                words.append(next(group for group in (word[1], word[3], word[4]) if group is not None))
        yield match[1].lower(), words


def built(reading: _Reading, configured: Configure) -> Built:
    """What a build without an install makes."""
    if any(item.kind == "shared" for item in reading.targets.values()):
        raise Unreadable("it builds a shared library of its own", "unknown-library")
    flags = reading.variables.get("CMAKE_EXE_LINKER_FLAGS", "")
    programs = tuple(program(item, configured) for item in reading.targets.values() if item.kind == "program")
    names = [name for word in reading.libraries for name in word.split(";") if name and name not in reading.targets]
    return Built(
        programs, (), tuple(dict.fromkeys(names)), (), (configured.build,), "-static" in flags.split(), reading.cpp
    )


def program(target: _Target, configured: Configure) -> str:
    folder = target.directory if target.directory is not None else absolute(target.folder or ".", configured.build)
    return posixpath.join(absolute(folder, configured.build), target.output)


def installed(
    reading: _Reading, configured: Configure, prefix: str
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """((installed program, its place in the build), other installed paths). Raises Unreadable."""
    base = prefix or reading.variables.get("CMAKE_INSTALL_PREFIX") or "/usr/local"
    programs: list[tuple[str, str]] = []
    others: list[str] = []
    for kind, *words in reading.installs:
        if kind in ("CODE", "SCRIPT", "EXPORT", "IMPORTED_RUNTIME_ARTIFACTS", "RUNTIME_DEPENDENCY_SET"):
            raise Unreadable(f"its install uses {kind}")
        destination = words[words.index("DESTINATION") + 1] if "DESTINATION" in words else ""
        if kind == "TARGETS":
            folder = absolute(destination or "bin", base)
            for name in words[: words.index("DESTINATION")] if "DESTINATION" in words else words:
                target = reading.targets.get(name)
                if target is not None and target.kind == "program":
                    programs.append((posixpath.join(folder, target.output), program(target, configured)))
        elif not destination:
            raise Unreadable(f"where its install puts {kind} is not told")
        elif kind in ("FILES", "PROGRAMS"):
            names = list(_until(words, {"DESTINATION", "PERMISSIONS", "COMPONENT"}))
            others += [posixpath.join(absolute(destination, base), posixpath.basename(name)) for name in names]
        else:
            names = list(_until(words, {"DESTINATION", "FILES_MATCHING", "PATTERN"}))
            for name in names:
                last = "" if name.endswith("/") else posixpath.basename(name)
                others.append(posixpath.normpath(posixpath.join(absolute(destination, base), last)))
    return tuple(programs), tuple(others)
