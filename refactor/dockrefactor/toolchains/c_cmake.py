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
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains import c_cmake_files
from dockrefactor.toolchains.c_build import Built, Library, Made, Unreadable
from dockrefactor.toolchains.c_cmake_conditions import Conditions
from dockrefactor.toolchains.c_cmake_files import Folders

LISTS: Final = "CMakeLists.txt"
_COMMAND: Final = regex(r"([A-Za-z_]\w*)\s*\(", re.M)
_WORD: Final = regex(r'"((?:[^"\\]|\\.)*)"|\[(=*)\[(.*?)\]\2\]|([^\s()"]+)|([()])', re.S)
_REFERENCE: Final = regex(r"\$\{(\w+)\}")
# commands that may run or fetch anything
_OBSTACLES: Final = frozenset(
    {"execute_process", "exec_program", "externalproject_add", "fetchcontent_declare",
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
# properties by which a file's place or name is another one
_BY_CONFIGURATION: Final = ("RUNTIME_OUTPUT_DIRECTORY_", "LIBRARY_OUTPUT_DIRECTORY_", "OUTPUT_NAME_")
_OTHER_NAMES: Final = frozenset({"SUFFIX", "RUNTIME_OUTPUT_NAME", "LIBRARY_OUTPUT_NAME"})


@dataclass(slots=True)
class Target:
    """A target. `kind`: program, shared, module or static; `folder`: of its list, below the sources; `output`: its file
    name without prefix and ending; `directory`: where the build puts it, None for the default; `version`: what follows
    the name of a shared library; `conditional`: a condition that is not known decides whether there is one."""

    kind: str
    folder: str
    output: str = ""
    directory: str | None = None
    conditional: bool = False
    version: str = ""
    prefix: str = "lib"
    runpath: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """The words of an `install`, and whether a condition that is not known decides on it."""

    words: tuple[str, ...]
    conditional: bool


@dataclass(slots=True)
class Reading:
    """What the lists of a project say. `given`: variables of the command line; `unsure`: variables whose value is only
    one that is possible; `made`: files that it makes beside what it compiles; `running`: targets that run programs;
    `needed`: targets that are built because others are."""

    targets: dict[str, Target] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)
    installs: list[Rule] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    unsure: set[str] = field(default_factory=set)
    cpp: bool = True
    made: list[Made] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Configure:
    """`cmake -S … -B …`: image folders of the sources and of the build, and the -D definitions."""

    source: str
    build: str
    definitions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Work:
    """`cmake --build` or `cmake --install`, and the like of Meson: the image folder of the build, whether it installs,
    and where; `above`: what is put before all places."""

    build: str
    installs: bool
    prefix: str = ""
    target: str = ""
    above: str = ""


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
        elif word == "--config" and rest:
            rest.pop(0)
        elif word in ("--parallel", "-j"):
            if rest and rest[0].isdigit():
                rest.pop(0)
        elif word == "--":
            break
        elif word not in ("--verbose", "-v", "--clean-first", "--strip") and not word.startswith("-j"):
            return None
    return Work(folder, installs or target == "install", absolute(prefix, cwd) if prefix else "", target)


def read(context: BuildContext, folder: str, configured: Configure) -> Reading:
    """The lists of the context folder `folder` and its subfolders. Raises Unreadable."""
    found = Reading(variables=dict(configured.definitions), given=frozenset(configured.definitions))
    found.variables.setdefault("CMAKE_BINARY_DIR", configured.build)
    found.variables.setdefault("PROJECT_BINARY_DIR", configured.build)
    found.variables.setdefault("CMAKE_SOURCE_DIR", configured.source)
    found.variables.setdefault("PROJECT_SOURCE_DIR", configured.source)
    _read(context, folder, "", found, configured, LISTS)
    return found


def _read(
    context: BuildContext, root: str, inner: str, found: Reading, configured: Configure, name: str,
    conditional: bool = False,
) -> None:  # fmt: skip
    path = normalise(posixpath.join(root, inner, name))
    text = context.read(path)
    if text is None:
        raise Unreadable(f"{path} is not in the build context", "manifest-missing")
    here = {
        "CMAKE_CURRENT_BINARY_DIR": absolute(inner or ".", configured.build),
        "CMAKE_CURRENT_SOURCE_DIR": absolute(inner or ".", configured.source),
        "CMAKE_CURRENT_LIST_DIR": absolute(inner or ".", configured.source),
    }
    conditions = Conditions(found.variables, found.unsure)
    for command, words in _commands(text):
        if conditions.take(command, words) or conditions.excluded:
            continue
        uncertain = conditional or conditions.uncertain
        values = [_expanded(word, {**_DIRECTORIES, **found.variables, **here}) for word in words]
        if command in _OBSTACLES or (command == "file" and values[:1] in (["DOWNLOAD"], ["GENERATE"])):
            raise Unreadable(f"{path} uses {command}")
        if command in ("configure_file", "file", "add_custom_command", "add_custom_target", "add_dependencies"):
            known = {name: value for name, value in found.variables.items() if name not in found.unsure}
            written = [_expanded(word, {**_DIRECTORIES, **known, **here}, keep=True) for word in words]
            places = Folders(here["CMAKE_CURRENT_SOURCE_DIR"], here["CMAKE_CURRENT_BINARY_DIR"], configured.build)
            _makes(command, written, places, found, uncertain, path)
        if uncertain and command in ("set", "option", "unset"):
            found.unsure.update(values[:1])
        if command == "add_subdirectory" and values:
            before = dict(found.variables)
            below = posixpath.normpath(posixpath.join(inner, values[0]))
            _read(context, root, below, found, configured, LISTS, uncertain)
            # what a list of a subfolder sets is not set above it, as a rule
            found.unsure |= {name for name, value in found.variables.items() if before.get(name) != value}
        elif command == "include" and values and context.is_file(normalise(posixpath.join(root, inner, values[0]))):
            _read(context, root, inner, found, configured, values[0], uncertain)
        else:
            _take(command, values, found, inner, uncertain)


def _makes(command: str, values: list[str], folders: Folders, found: Reading, uncertain: bool, path: str) -> None:
    if command == "add_custom_target":
        if "ALL" in values and "COMMAND" in values:
            raise Unreadable(f"{path} runs a program in every build")
        found.running.update(values[:1] if "COMMAND" in values else ())
        return
    if command == "add_dependencies":
        found.needed.update(values[1:])
        return
    try:
        found.made += c_cmake_files.made(command, values, folders, uncertain)
    except Unreadable as unreadable:
        raise Unreadable(f"{path}: {unreadable.says}") from None


def _take(command: str, values: list[str], found: Reading, inner: str, conditional: bool) -> None:
    if not values:
        return
    name, *rest = values
    if command == "project":
        found.variables.update(
            {"PROJECT_NAME": name, "CMAKE_PROJECT_NAME": found.variables.get("CMAKE_PROJECT_NAME", name)}
        )
        found.cpp = not rest or bool({"CXX"} & set(rest)) or ("LANGUAGES" not in rest and "C" not in rest)
    elif command in ("add_executable", "add_library"):
        _target(command, name, rest, found, inner, conditional)
    elif command in ("set_target_properties", "set_property"):
        _properties(values, found)
    elif command == "install":
        words = [part for value in values for part in (value.split(";") if value else [""])]
        found.installs.append(Rule(tuple(words), conditional))
    elif command in ("target_link_libraries", "link_libraries", "find_package") or command.startswith("pkg_"):
        _links(command, values, found)
    else:
        _assign(command, name, rest, found)


def _assign(command: str, name: str, rest: list[str], found: Reading) -> None:
    if command == "set" and not any(word in ("ENV",) for word in rest):
        if not ("CACHE" in rest and "FORCE" not in rest and name in found.given):
            found.variables[name] = ";".join(word for word in _until(rest, {"CACHE", "PARENT_SCOPE"}))
    elif command == "option":
        found.variables.setdefault(name, rest[-1] if len(rest) > 1 else "OFF")
    elif command != "message":
        found.unsure.update(word for word in (name, *rest) if word in found.variables)


def _links(command: str, values: list[str], found: Reading) -> None:
    name, *rest = values
    if command == "find_package":
        found.libraries.append(name)
    elif command in ("target_link_libraries", "link_libraries"):
        found.libraries += [word for word in (rest if command[0] == "t" else values) if word not in _KEYWORDS]
    elif command in ("pkg_check_modules", "pkg_search_module"):
        found.libraries += [
            re.split(r"[<>=]", word)[0] for word in rest if word not in ("REQUIRED", "QUIET", "IMPORTED_TARGET")
        ]


def _target(command: str, name: str, rest: list[str], found: Reading, inner: str, conditional: bool) -> None:
    if {"ALIAS", "IMPORTED", "INTERFACE"} & set(rest[:2]):
        return
    if command == "add_executable":
        folder = _first(found.variables, "CMAKE_RUNTIME_OUTPUT_DIRECTORY", "EXECUTABLE_OUTPUT_PATH")
        found.targets[name] = Target("program", inner, name, folder, conditional)
        return
    said = rest[0] if rest and rest[0] in ("SHARED", "STATIC", "MODULE", "OBJECT") else ""
    plain = found.variables.get("BUILD_SHARED_LIBS", "OFF").upper() in ("ON", "1", "TRUE", "YES")
    kind = {"SHARED": "shared", "MODULE": "module", "": "shared" if plain else "static"}.get(said, "static")
    folder = _first(found.variables, "CMAKE_LIBRARY_OUTPUT_DIRECTORY", "LIBRARY_OUTPUT_PATH")
    undecided = not said and "BUILD_SHARED_LIBS" in found.unsure
    found.targets[name] = Target("shared" if undecided else kind, inner, name, folder, conditional or undecided)


def _first(variables: Mapping[str, str], *names: str) -> str | None:
    return next((variables[name] for name in names if name in variables), None)


def _properties(values: list[str], found: Reading) -> None:
    names = [word for word in values if word in found.targets]
    for key, value in pairwise(values):
        for name in names:
            if key == "OUTPUT_NAME":
                found.targets[name].output = value
            elif key == ("RUNTIME" if found.targets[name].kind == "program" else "LIBRARY") + "_OUTPUT_DIRECTORY":
                found.targets[name].directory = value
            elif key == "SOVERSION" or (key == "VERSION" and "SOVERSION" not in values):
                found.targets[name].version = value
            elif key == "PREFIX":
                found.targets[name].prefix = value
            elif key == "INSTALL_RPATH":
                found.targets[name].runpath = value
            elif key.startswith(_BY_CONFIGURATION) or key in _OTHER_NAMES:
                raise Unreadable("where it puts what it builds depends on the configuration")


def _until(words: Sequence[str], ends: set[str]) -> Iterator[str]:
    for word in words:
        if word in ends:
            return
        yield word


def _expanded(word: str, variables: Mapping[str, str], keep: bool = False) -> str:
    """A word with the values of its variables; those that have none are empty, or stay as they are written."""
    for _ in range(8):
        changed = _REFERENCE.sub(lambda match: variables.get(match[1], match[0] if keep else ""), word)
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
                if match[1].lower() in ("if", "elseif"):
                    words.append(word[5])
            else:
                words.append(next(group for group in (word[1], word[3], word[4]) if group is not None))
        yield match[1].lower(), words


def built(reading: Reading, configured: Configure) -> Built:
    """What a build without an install makes. Raises Unreadable."""
    flags = reading.variables.get("CMAKE_EXE_LINKER_FLAGS", "")
    own = [item for item in reading.targets.values() if item.kind in ("shared", "module")]
    if any(item.conditional or item.kind == "module" for item in own):
        raise Unreadable("whether it builds a shared library, and who loads it, is not told", "unknown-library")
    shared = tuple(library(item, configured) for item in own)
    programs = tuple(program(item, configured) for item in reading.targets.values() if item.kind == "program")
    names = [name for word in reading.libraries for name in word.split(";") if name and name not in reading.targets]
    # CMake tells the programs of a build where their libraries lie
    plain = {"CMAKE_SKIP_RPATH", "CMAKE_SKIP_BUILD_RPATH", "CMAKE_BUILD_WITH_INSTALL_RPATH"} & reading.variables.keys()
    runpaths = () if plain else tuple(dict.fromkeys(posixpath.dirname(item.path) for item in shared))
    if reading.running & reading.needed:
        raise Unreadable(f"to build, it runs what `{min(reading.running & reading.needed)}` names")
    places = {name: _folder(item, configured) for name, item in reading.targets.items()}
    return Built(
        programs, (), tuple(dict.fromkeys(names)), (), (configured.build,), "-static" in flags.split(), reading.cpp,
        shared, runpaths, made=c_cmake_files.placed(reading.made, places),
    )  # fmt: skip


def program(target: Target, configured: Configure) -> str:
    """The image path at which the build leaves a program."""
    return posixpath.join(_folder(target, configured), target.output)


def library(target: Target, configured: Configure) -> Library:
    """A shared library where the build leaves it, by the name that programs ask for."""
    name = f"{target.prefix}{target.output}.so" + (f".{target.version}" if target.version else "")
    return Library(posixpath.join(_folder(target, configured), name), name)


def _folder(target: Target, configured: Configure) -> str:
    folder = target.directory if target.directory is not None else absolute(target.folder or ".", configured.build)
    return absolute(folder, configured.build)
