"""GNU's build system: `autoreconf`, `./configure`, and what `make` and `make install` do afterwards.

https://www.gnu.org/software/autoconf/manual/ -- a `configure` that autoconf made writes to its build folder alone.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dockrefactor import shell
from dockrefactor.commands import of_command
from dockrefactor.context import BuildContext, normalise
from dockrefactor.effects import Kind, absolute
from dockrefactor.needs import ResolveImagePath
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains import c_automake
from dockrefactor.toolchains.c_automake import Automake
from dockrefactor.toolchains.c_build import Built, Library, Made, Unreadable
from dockrefactor.toolchains.c_names import AUTOTOOLS, PREPARING_SCRIPTS

SOURCES: Final = ("configure.ac", "configure.in")
# https://www.gnu.org/prep/standards/html_node/Directory-Variables.html
_FOLDERS: Final[Mapping[str, str]] = {
    "prefix": "/usr/local", "exec_prefix": "${prefix}", "bindir": "${exec_prefix}/bin",
    "sbindir": "${exec_prefix}/sbin", "libexecdir": "${exec_prefix}/libexec", "libdir": "${exec_prefix}/lib",
    "datarootdir": "${prefix}/share", "datadir": "${datarootdir}", "sysconfdir": "${prefix}/etc",
    "localstatedir": "${prefix}/var", "sharedstatedir": "${prefix}/com", "includedir": "${prefix}/include",
    "mandir": "${datarootdir}/man", "infodir": "${datarootdir}/info", "docdir": "${datarootdir}/doc",
    "localedir": "${datarootdir}/locale", "runstatedir": "${localstatedir}/run",
    "pkgdatadir": "${datadir}/${PACKAGE}", "pkglibdir": "${libdir}/${PACKAGE}",
    "pkglibexecdir": "${libexecdir}/${PACKAGE}", "pkgincludedir": "${includedir}/${PACKAGE}",
}  # fmt: skip
_MACRO: Final = regex(r"\b((?:AC|AM|AX|LT|PKG|AS|AH|AU|IT|GTK|GLIB|GNOME|XXX)_[A-Z0-9_]+)\b\s*(\()?")
# what AC_PROG_CC, AC_PROG_INSTALL and their kin put for their names
_TOOLS: Final[Mapping[str, str]] = {
    "srcdir": ".", "top_srcdir": ".", "builddir": ".", "top_builddir": ".", "CC": "cc", "CXX": "g++", "AR": "ar",
    "RANLIB": "ranlib", "INSTALL": "install -c", "INSTALL_PROGRAM": "install -c", "INSTALL_SCRIPT": "install -c",
    "INSTALL_DATA": "install -c -m 644", "MKDIR_P": "mkdir -p", "LN_S": "ln -s", "SET_MAKE": "", "EXEEXT": "",
    "OBJEXT": "o",
}  # fmt: skip
# macros of the Autoconf Archive that look for no library but the C library's own
_HARMLESS_AX: Final = regex(
    r"AX_(?:PTHREAD|CXX_COMPILE_STDCXX\w*|(?:CHECK|APPEND|ADD)_\w*FLAGS?|REQUIRE_DEFINED|CODE_COVERAGE|IS_RELEASE"
    r"|CHECK_ENABLE_DEBUG|COMPILER_\w+|GCC_\w+|PROG_\w+|C___ATTRIBUTE__|SANITIZERS|GIT_\w+|RECURSIVE_EVAL)"
)
_CROSS: Final = ("--host", "--build", "--target", "--program-", "--srcdir", "--cache-file", "--config-cache", "-C", "@")


@dataclass(frozen=True, slots=True)
class Prepare:
    """What makes `configure`: the image folder of the project."""

    folder: str


@dataclass(frozen=True, slots=True)
class AutoConfigure:
    """A call of `configure`: image folders of the sources and of the build, the folders that it is told, and the words
    of LDFLAGS and LIBS; `shared`: whether libtool builds shared libraries."""

    source: str
    build: str
    folders: Mapping[str, str]
    words: tuple[str, ...] = ()
    shared: bool = True


def parse_configure(argv: Sequence[str], assigned: Mapping[str, str], cwd: str) -> AutoConfigure | None:
    """Reads a command line; None for an option that changes what is not followed here."""
    folders: dict[str, str] = {}
    words = [word for name in ("LDFLAGS", "LIBS") for word in assigned.get(name, "").split()]
    shared = True
    rest = list(argv[1:])
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word.startswith(_CROSS) or "$" in word:
            return None
        if name.startswith("--") and name[2:] in _FOLDERS:
            folders[name[2:]] = value if equals else "".join(rest[:1])
            del rest[: 0 if equals else 1]
        elif word in ("--disable-shared", "--enable-shared=no"):
            shared = False
        elif name in ("LDFLAGS", "LIBS"):
            words += value.split()
        elif not word.startswith("-") and not equals:
            return None
    source = posixpath.dirname(absolute(argv[0], cwd))
    return AutoConfigure(source, cwd, folders, tuple(words), shared)


def is_preparing_script(text: str) -> bool:
    """Whether a script does nothing but run autotools and `configure`, and look around."""
    script = shell.parse(text, {})
    if script.opaque:
        return False
    kinds = (Kind.QUERY, Kind.SETTING)
    return all(
        not command.words
        or posixpath.basename(command.name) in AUTOTOOLS
        or (posixpath.basename(command.name) in ("mkdir", "rm", "touch", "chmod") and _stays(command))
        or of_command(command, "/project").kind in kinds
        for command in script.commands
        if posixpath.basename(command.name) != "configure"
    )


def _stays(command: shell.Command) -> bool:
    """Whether a command names nothing outside the folder that it runs in."""
    return all(word.known and not word.text.startswith(("/", "~", "..")) for word in command.words[1:])


def source_file(resolve: ResolveImagePath, folder: str) -> str | None:
    """The context path of `configure.ac` in an image folder."""
    return next((found for name in SOURCES if (found := resolve(posixpath.join(folder, name))) is not None), None)


def is_generated(text: str) -> bool:
    """Whether a `configure` is autoconf's."""
    return "Generated by GNU Autoconf" in text[:2000]


def is_preparing(name: str) -> bool:
    """Whether a program makes `configure`: one of autotools, or a script with a usual name."""
    return name in AUTOTOOLS or name in PREPARING_SCRIPTS


@dataclass(frozen=True, slots=True)
class Project:
    """A project that `configure` has configured: its folders, its Makefile.am, and what configure.ac looks for.
    `makefile` is what becomes of a Makefile.in that no automake made, `""` where there is none; `outputs` are the files
    that `configure` fills in, below its build folder."""

    configured: AutoConfigure
    folders: Mapping[str, str]
    automake: Automake
    makefile: str
    libraries: tuple[str, ...]
    cpp: bool
    libtool: bool
    outputs: tuple[str, ...] = ()

    @property
    def shares(self) -> bool:
        return self.libtool and self.configured.shared and bool(self.automake.libraries)

    def built(self) -> Built:
        """What `make` leaves in the build folder. Where libtool links libraries of the project, programs do not run
        from there as they are."""
        build = self.configured.build
        programs = () if self.shares else tuple(absolute(path, build) for path, _ in self.automake.programs)
        words = [*self.automake.words, *self.configured.words]
        names = dict.fromkeys((*self.libraries, *c_automake.linked(words)))
        static = "-all-static" in words or "-static" in self.configured.words
        made = tuple(Made(absolute(path, build), "$" not in path) for path in self.outputs)
        return Built(programs, (), tuple(names), (), (build,), static, self.cpp, made=made)

    def installed(self, above: str) -> tuple[Built, tuple[tuple[str, str], ...]]:
        """What `make install` leaves, with (place, its place in the build) of each program and library; `above` is
        DESTDIR. Raises Unreadable."""
        build, plain = self.configured.build, self.built()
        libraries: list[Library] = []
        for item in self.automake.libraries if self.shares else ():
            name = item.name + item.ending
            libraries.append(Library(_below(above, posixpath.join(item.folder, name)), name, True))
        if any(posixpath.dirname(item.path).startswith("/usr/lib") for item in libraries) and above:
            raise Unreadable("its libraries go to a folder of their own by DESTDIR", "unknown-library")
        copied = [
            (_below(above, posixpath.join(folder, posixpath.basename(path))), absolute(path, build))
            for path, folder in self.automake.programs
            if folder
        ]
        # libtool tells programs of a folder that the system does not search
        runpaths = dict.fromkeys(item.folder for item in self.automake.libraries)
        files = tuple(_below(above, path) for path in self.automake.files)
        built = Built(
            plain.programs, files, plain.libraries, (), plain.writes, plain.static, plain.cpp, tuple(libraries),
            tuple(folder for folder in runpaths if folder not in ("/usr/lib", "/usr/local/lib", "/lib")),
            made=plain.made,
        )  # fmt: skip
        return built, (*copied, *((item.path, item.path) for item in libraries))


def _below(above: str, path: str) -> str:
    return posixpath.join(above, path.lstrip("/")) if above else path


def read(context: BuildContext, folder: str, configured: AutoConfigure) -> Project:
    """The project in the context folder `folder`. Raises Unreadable."""
    path = next(
        (path for name in SOURCES if context.is_file(path := normalise(posixpath.join(folder, name)))), SOURCES[0]
    )
    text = context.read(path)
    if text is None:
        raise Unreadable(f"{path} is not in the build context", "manifest-missing")
    text = re.sub(r"(?m)(?:\bdnl\b|^\s*#).*$", "", text)
    calls = list(_calls(text))
    for name, _ in calls:
        if name.startswith(("AX_", "AM_PATH_")) and _HARMLESS_AX.fullmatch(name) is None:
            raise Unreadable(f"{path} uses {name}, which may link a library", "unknown-library")
        if name in ("AC_CONFIG_SUBDIRS", "AM_CONDITIONAL_SUBDIRS"):
            raise Unreadable(f"{path} configures another project")
    names = {name for name, _ in calls}
    folders = _folders(configured, _package(calls))
    written = context.read(normalise(posixpath.join(folder, "Makefile.in"))) or ""
    by_hand = written != "" and "generated by automake" not in written[:200]
    automake = Automake() if by_hand else c_automake.read(context, folder, folders)
    libtool = bool(names & {"LT_INIT", "AC_PROG_LIBTOOL", "AM_PROG_LIBTOOL"})
    if any(name == "LT_INIT" and any("disable-shared" in one for one in given) for name, given in calls):
        libtool = False
    return Project(
        configured, folders, automake, _substituted(written, folders) if by_hand else "", tuple(_libraries(calls)),
        bool(names & {"AC_PROG_CXX"}), libtool, tuple(dict.fromkeys(_outputs(calls))),
    )  # fmt: skip


def _substituted(text: str, folders: Mapping[str, str]) -> str:
    """A Makefile.in as `configure` writes it, as far as it names folders and programs."""
    values = {**_TOOLS, **folders}
    return re.sub(r"@(\w+)@", lambda match: values.get(match[1], "" if match[1].isupper() else match[0]), text)


def _package(calls: list[tuple[str, list[str]]]) -> str:
    """The name in `pkgdatadir`."""
    given = dict(reversed(calls))
    old = given.get("AM_INIT_AUTOMAKE", [])
    if len(old) > 1 and re.fullmatch(r"[\w.-]+", old[0]):
        return old[0]
    new = given.get("AC_INIT", [])
    name = new[3] if len(new) > 3 and new[3] else new[0] if new else ""
    return re.sub(r"[^a-z0-9_]+", "-", name.removeprefix("GNU ").lower()) if len(new) < 4 or not new[3] else name


def _folders(configured: AutoConfigure, package: str) -> dict[str, str]:
    values = {**_FOLDERS, **configured.folders, "PACKAGE": package}
    found: dict[str, str] = {}
    for name, text in values.items():
        for _ in range(6):
            text = re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], ""), text)
        found[name] = text
    return found


def _outputs(calls: list[tuple[str, list[str]]]) -> Iterator[str]:
    """Files that `configure` makes from others: `name`, or `name:from`."""
    for name, given in calls:
        if name in ("AC_CONFIG_FILES", "AC_CONFIG_LINKS", "AC_OUTPUT") and given:
            yield from (word.partition(":")[0] for word in given[0].split())


def _libraries(calls: list[tuple[str, list[str]]]) -> list[str]:
    found: list[str] = []
    for name, given in calls:
        if name == "PKG_CHECK_MODULES" and len(given) > 1:
            found += [word for word in re.split(r"\s+", given[1]) if re.match(r"[A-Za-z]", word)]
        elif name in ("AC_CHECK_LIB", "AC_SEARCH_LIBS") and given:
            found += (given[0] if name == "AC_CHECK_LIB" else "".join(given[1:2])).split()
    return list(dict.fromkeys(found))


def _calls(text: str) -> list[tuple[str, list[str]]]:
    """(macro, its arguments without quotes) in their order, those inside arguments too."""
    return [(match[1], _arguments(text, match.end()) if match[2] else []) for match in _MACRO.finditer(text)]


def _arguments(text: str, at: int) -> list[str]:
    arguments, depth, quotes = [""], 1, 0
    for char in text[at : at + 4000]:
        if char == "[":
            quotes += 1
        elif char == "]":
            quotes -= 1
        elif char in "()" and not quotes:
            depth += 1 if char == "(" else -1
            if depth == 0:
                break
        elif char == "," and depth == 1 and not quotes:
            arguments.append("")
            continue
        arguments[-1] += char
    return [item.replace("[", "").replace("]", "").strip() for item in arguments]
