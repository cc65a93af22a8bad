"""Makefile.am, as far as it says which programs, libraries and files a build makes and an install copies.

https://www.gnu.org/software/automake/manual/ -- the uniform naming scheme: `bin_PROGRAMS`, `dist_pkgdata_DATA` …
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.effects import absolute
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.c_build import Unreadable

NAME: Final = "Makefile.am"
_ASSIGNMENT: Final = regex(r"\s*([\w.@-]+)\s*(\+=|:=|\?=|=)\s*(.*)")
_RULE: Final = regex(r"([^\t:=#][^:=#]*)::?(?!=)")
_PRIMARY: Final = regex(
    r"((?:dist_|nodist_|nobase_|notrans_)*)(\w+?)_(PROGRAMS|LTLIBRARIES|LIBRARIES|SCRIPTS|DATA|HEADERS|MANS|TEXINFOS|PYTHON|JAVA|LISP)"
)
_REFERENCE: Final = regex(r"\$\((\w+)\)|\$\{(\w+)\}|@(\w+)@")
# what the install of a Makefile.am does by commands of its own
_HOOKS: Final = regex(r"install-(?:exec|data)-(?:local|hook)|install-(?:bin|data|exec)\S*|all-local")
_NOWHERE: Final = frozenset({"noinst", "check", "EXTRA"})
# primaries of manuals and of archives that compilers link
_FOR_READERS: Final = frozenset({"MANS", "TEXINFOS", "LIBRARIES"})


@dataclass(frozen=True, slots=True)
class Libtool:
    """A library of `lib_LTLIBRARIES`: its folder where it is installed and the end of its file name, `.so.1`."""

    name: str
    folder: str
    ending: str


@dataclass(slots=True)
class Automake:
    """What all Makefile.am of a project say. `programs`: (path below the build folder, folder where it is installed,
    `""` for none); `files`: installed files; `words`: of what they give to the linker."""

    programs: list[tuple[str, str]] = field(default_factory=list)
    libraries: list[Libtool] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _File:
    values: dict[str, str] = field(default_factory=dict)
    conditional: set[str] = field(default_factory=set)


def read(context: BuildContext, root: str, folders: Mapping[str, str]) -> Automake:
    """The Makefile.am of the context folder `root` and its SUBDIRS; `folders` are values of configure's variables
    (`bindir`, `pkgdatadir` …). Raises Unreadable."""
    found = Automake()
    _read(context, root, "", folders, found)
    return found


def _read(context: BuildContext, root: str, inner: str, folders: Mapping[str, str], found: Automake) -> None:
    path = normalise(posixpath.join(root, inner, NAME))
    text = context.read(path)
    if text is None:
        raise Unreadable(f"{path} is not in the build context", "manifest-missing")
    file = _parsed(text, path)
    for folder in _words(file, "SUBDIRS", folders):
        if "$" in folder or "@" in folder or "SUBDIRS" in file.conditional:
            raise Unreadable(f"which subfolders {path} builds is computed")
        if folder != ".":
            _read(context, root, posixpath.normpath(posixpath.join(inner, folder)), folders, found)
    for name in file.values:
        match = _PRIMARY.fullmatch(name)
        if match is not None and match[2] not in ("EXTRA",) and not name.startswith("EXTRA_"):
            _take(file, name, match, inner, folders, found)
        elif re.search(r"(?:^|_)(?:LDADD|LIBADD|LDFLAGS|LIBS)$", name):
            found.words += _words(file, name, folders)


def _parsed(text: str, path: str) -> _File:
    file = _File()
    depth = 0
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        plain = line.partition("#")[0].rstrip()
        word = plain.split()[0] if plain.split() else ""
        if line.startswith("\t"):
            continue
        if word in ("if", "ifeq", "ifneq", "ifdef", "ifndef"):
            depth += 1
        elif word == "endif":
            depth -= 1
        elif word in ("include", "define", "-include"):
            raise Unreadable(f"{path} uses `{word}`")
        elif (assigned := _ASSIGNMENT.fullmatch(plain)) is not None:
            name, operator, value = assigned.groups()
            before = file.values.get(name, "")
            file.values[name] = f"{before} {value}".strip() if operator == "+=" or (depth and before) else value
            if depth:
                file.conditional.add(name)
        elif (rule := _RULE.match(plain)) is not None:
            for target in rule[1].split():
                if _HOOKS.fullmatch(target):
                    raise Unreadable(f"{path} installs by commands of its own")
    return file


def _words(file: _File, name: str, folders: Mapping[str, str]) -> list[str]:
    text = file.values.get(name, "")
    for _ in range(12):
        expanded = _REFERENCE.sub(lambda match: _value(match, file, folders), text)
        if expanded == text:
            break
        text = expanded
    return text.split()


def _value(match: re.Match[str], file: _File, folders: Mapping[str, str]) -> str:
    name = match[1] or match[2] or match[3]
    return file.values.get(name, folders.get(name, match[0].replace("$", "\x01").replace("@", "\x01")))


def _take(
    file: _File, name: str, match: re.Match[str], inner: str, folders: Mapping[str, str], found: Automake
) -> None:
    modifiers, where, primary = match.groups()
    if primary in _FOR_READERS or (where in _NOWHERE and primary != "PROGRAMS"):
        return
    words = _words(file, name, folders)
    if where in _NOWHERE:
        found.programs += [(posixpath.join(inner, word), "") for word in words if where == "noinst"]
        return
    if name in file.conditional or any("\x01" in word for word in words):
        raise Unreadable(f"a condition of configure decides on {name}")
    folder = _folder(file, where, folders)
    if primary == "PROGRAMS":
        found.programs += [(posixpath.join(inner, word), folder) for word in words]
    elif primary == "LTLIBRARIES":
        found.libraries += [_libtool(file, word, folder, folders) for word in words]
    elif primary in ("DATA", "SCRIPTS", "HEADERS"):
        kept = "nobase" in modifiers
        found.files += [posixpath.join(folder, word if kept else posixpath.basename(word)) for word in words]
    else:
        raise Unreadable(f"where its install puts {primary} is not told")


def _folder(file: _File, where: str, folders: Mapping[str, str]) -> str:
    name = f"{where}dir"
    text = next(iter(_words(file, name, folders)), "") if name in file.values else folders.get(name, "")
    if not text.startswith("/") or "\x01" in text:
        raise Unreadable(f"which folder ${{{name}}} is, is not told")
    return absolute(text, "/")


def _libtool(file: _File, name: str, folder: str, folders: Mapping[str, str]) -> Libtool:
    """A library by the name that libtool gives it on Linux: `current - age` follows `.so`."""
    flags = _words(file, f"{re.sub(r'[^0-9A-Za-z_@]', '_', name)}_LDFLAGS", folders) or _words(
        file, "AM_LDFLAGS", folders
    )
    if {"-module", "-release", "-version-number", "-dlopen"} & set(flags) or any("\x01" in word for word in flags):
        raise Unreadable(f"how {name} is named and loaded is not told", "unknown-library")
    plain = name.removesuffix(".la")
    if "-avoid-version" in flags:
        return Libtool(plain, folder, ".so")
    version = flags[flags.index("-version-info") + 1] if "-version-info" in flags[:-1] else "0:0:0"
    numbers = [int(part) if part.isdigit() else 0 for part in [*version.split(":"), "0", "0"][:3]]
    return Libtool(plain, folder, f".so.{numbers[0] - numbers[2]}")


def linked(words: list[str]) -> Iterator[str]:
    """The names of libraries among words for the linker."""
    yield from (word[2:] for word in words if word.startswith("-l"))
