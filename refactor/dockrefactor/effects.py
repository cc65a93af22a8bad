"""The model of effects: what one shell command reads, writes, installs and needs.

Knowledge of commands is the table `data/commands.toml` and that of the package managers below; a toolchain answers for
its own commands before this module is asked. What nobody knows is `Kind.UNKNOWN`: it may do anything.
"""

from __future__ import annotations

import posixpath
import re
from enum import StrEnum
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.records import dataclass
from dockrefactor.shell import Command, ShellWord


class Kind(StrEnum):
    """What sort of thing a command does; the split and the user decide by it."""

    SETTING = "setting"  # changes only the shell that runs it
    QUERY = "query"  # prints
    FILES = "files"  # makes, changes or removes the files that it names
    ACCOUNTS = "accounts"  # users and groups
    SYSTEM = "system"  # the system's configuration in known places
    DOWNLOAD = "download"  # fetches to a place that it names
    OS_UPDATE = "os-update"  # refreshes package lists
    OS_INSTALL = "os-install"  # installs packages of the distribution
    OS_REMOVE = "os-remove"
    OS_CLEAN = "os-clean"  # removes caches of package managers
    INSTALL = "install"  # installs a language's dependencies
    TOOL_INSTALL = "tool-install"  # installs a program with a language's package manager
    TOOL_SETUP = "tool-setup"  # configures such a tool, or asks its version
    BUILD = "build"  # makes artifacts from sources
    PRUNE = "prune"  # removes what only the build needed
    TEST = "test"  # checks, and makes nothing that the program needs
    PROGRAM = "program"  # runs the project's own program
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Effects:
    """What one command does. Paths are absolute image paths; a folder stands for all below it.

    `programs` must be found when it runs; `os_packages` are the words that name packages; `by` is the toolchain that
    answered, `""` for this module; `detail` is that toolchain's own reading of the command; `why` explains UNKNOWN.
    """

    kind: Kind
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    os_packages: tuple[ShellWord, ...] = ()
    network: bool = False
    by: str = ""
    detail: object = None
    why: str = ""
    removes: bool = False
    keeps_content: bool = False  # of the written files: only modes, owners or line ends change


CACHES: Final = (
    "/var/lib/apt/lists", "/var/cache", "/tmp", "/var/tmp", "/root/.cache", "/root/.npm", "/root/.node-gyp",
    "/usr/share/doc", "/usr/share/man", "/usr/local/share/.cache", "/var/log", "/root/.config/yarn",
)  # fmt: skip
_APT_VALUED: Final = frozenset({"-o", "-t", "--target-release", "-c"})
_APK_VALUED: Final = frozenset({"-t", "--virtual", "-X", "--repository", "--repositories-file", "-p", "--root"})
_BUILTIN: Final = frozenset(
    {"cd", "set", "export", "unset", ":", "exit", "type", "command", "test", "[", "umask", "source", "."}
)


def absolute(path: str, cwd: str) -> str:
    """`path` as an absolute, normal image path."""
    return posixpath.normpath(posixpath.join(cwd, path)).replace("//", "/")


def inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return folder == "/" or path == folder or path.startswith(folder.rstrip("/") + "/")


def overlap(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether some path of `first` contains, is, or lies in some path of `second`."""
    return any(inside(a, b) or inside(b, a) for a in first for b in second)


def of_command(command: Command, cwd: str) -> Effects:
    """What `command` does when it runs in `cwd`, as far as the operating system's own programs go."""
    name = posixpath.basename(command.name) if command.name.startswith("/") else command.name
    if command.pieces:
        inner = [of_command(piece, cwd) for piece in command.pieces]
        unknown = next((effects for effects in inner if effects.kind not in (Kind.QUERY, Kind.SETTING)), None)
        if unknown is not None:
            return Effects(Kind.UNKNOWN, why=f"`{command.pieces[inner.index(unknown)].name}` runs inside a word")
    if not command.words:
        return Effects(Kind.SETTING)
    if not command.words[0].known:
        return Effects(Kind.UNKNOWN, why="the command itself is computed")
    if name in ("sudo", "exec", "time", "nice", "env") and len(command.words) > 1:
        return _wrapped(command, cwd)
    effects = _by_name(name, command, cwd)
    return _with_redirects(effects, command, cwd)


def _wrapped(command: Command, cwd: str) -> Effects:
    from dockrefactor.records import replace

    rest = list(command.words[1:])
    while rest and (rest[0].text.startswith("-") or "=" in rest[0].text):
        rest.pop(0)
    if not rest:
        return Effects(Kind.QUERY)
    return of_command(replace(command, words=tuple(rest), pieces=()), cwd)


def _by_name(name: str, command: Command, cwd: str) -> Effects:
    if name in ("apt-get", "apt", "aptitude"):
        return _apt(command)
    if name == "apk":
        return _apk(command)
    if name in ("yum", "dnf", "microdnf"):
        return _yum(command)
    row = tables.toml("commands").get(name)
    if row is None:
        return Effects(Kind.UNKNOWN, why=f"what `{command.name}` does is not known", programs=(command.name,))
    kind = row["kind"]
    programs = () if name in _BUILTIN else (name,)
    if kind in _READERS:
        return _READERS[kind](row, command, cwd, programs)
    if kind == "unknown":
        return Effects(Kind.UNKNOWN, why=f"`{name}` changes how later commands behave")
    if kind == "system":
        return Effects(Kind.SYSTEM, writes=tuple(row["writes"]), programs=programs)
    if kind == "accounts":
        return Effects(Kind.ACCOUNTS, writes=("/etc", "/home"), programs=programs)
    reads = (cwd, *_paths(_operands(command, row), cwd)) if kind == "query" and not row.get("reads_nothing") else ()
    return Effects(Kind(kind), reads=reads, programs=programs)


def _with_redirects(effects: Effects, command: Command, cwd: str) -> Effects:
    writes: list[str] = []
    for redirect in command.redirects:
        if redirect.target is None or not redirect.operator.startswith((">", "&>")):
            continue
        if not redirect.target.known:
            return Effects(Kind.UNKNOWN, why="it writes to a computed path")
        target = absolute(redirect.target.text, cwd)
        if not target.startswith("/dev/"):
            writes.append(target)
    if not writes:
        return effects
    kind = Kind.FILES if effects.kind is Kind.QUERY else effects.kind
    return Effects(
        kind, effects.reads, (*effects.writes, *writes), effects.programs, effects.os_packages, effects.network,
        effects.by, effects.detail, effects.why,
    )  # fmt: skip


def _operands(command: Command, row: dict[str, Any]) -> list[ShellWord]:
    """The words that are no options and no values of options."""
    valued = {*row.get("valued", ()), *row.get("writes_option", ())}
    words: list[ShellWord] = []
    skip = False
    for word in command.words[1:]:
        if skip:
            skip = False
        elif word.text in valued:
            skip = True
        elif word.text == "--":
            continue
        elif not word.text.startswith("-") or word.text == "-":
            words.append(word)
    return words


def _paths(words: list[ShellWord], cwd: str) -> list[str]:
    """Absolute paths of `words`; a wildcard or computed tail stands for the folder before it."""
    paths: list[str] = []
    for word in words:
        text = word.text
        if not word.known:
            text = text.split("$")[0].rpartition("/")[0] or ("/" if text.startswith("/") else "")
            if not text:
                return ["/"]
        elif word.glob:
            text = text[: min(text.find(char) for char in "*?[" if char in text)].rpartition("/")[0] or (
                "/" if text.startswith("/") else "."
            )
        if text.startswith("~"):
            text = "/root" + text[1:]
        paths.append(absolute(text, cwd))
    return paths


def _files(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    operands = _operands(command, row)
    rule = row["operands"]
    if rule == "rest":
        operands = operands[1:]
    folders = row.get("folder_option") and row["folder_option"] in command.argv
    paths = _paths(operands, cwd)
    if rule == "last" and not folders and len(paths) > 1:
        # a folder as destination receives files named after their sources: the folder stands for them
        return Effects(Kind.FILES, reads=tuple(paths[:-1]), writes=(paths[-1],), programs=programs)
    removes = bool(row.get("removes"))
    if removes and paths and all(any(inside(path, cache) for cache in CACHES) for path in paths):
        return Effects(Kind.OS_CLEAN, writes=tuple(paths), programs=programs, removes=True)
    return Effects(
        Kind.FILES,
        writes=tuple(paths),
        programs=programs,
        removes=removes,
        keeps_content=rule == "rest" or bool(row.get("keeps_content")),
    )


def _sed(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    if not any(word.text.startswith("-i") or word.text == "--in-place" for word in command.words):
        return Effects(Kind.QUERY, programs=programs)
    operands = _operands(command, {"valued": ["-e", "-f"]})
    if "-e" not in command.argv and "-f" not in command.argv:
        operands = operands[1:]
    expressions = [word.text for word in command.words[1:] if word.text not in {operand.text for operand in operands}]
    line_ends = any(re.fullmatch(r"s(.)(\\r|\^M|\r)\$?\1\1g?", text) for text in expressions)
    return Effects(Kind.FILES, writes=tuple(_paths(operands, cwd)), programs=programs, keeps_content=line_ends)


def _unpack(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    argv = command.argv
    target = next((argv[at + 1] for at, word in enumerate(argv[:-1]) if word in ("-C", "-d", "--directory")), ".")
    return Effects(Kind.FILES, writes=(absolute(target, cwd),), programs=programs)


def _find(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    argv = command.argv
    if "-exec" not in argv and "-delete" not in argv and "-execdir" not in argv:
        return Effects(Kind.QUERY, programs=programs)
    roots = [word for word in command.words[1:] if not word.text.startswith(("-", "(", "!"))][:1]
    acts = next((argv[at + 1] for at, word in enumerate(argv[:-1]) if word == "-exec"), "rm")
    if acts not in ("rm", "chmod", "chown"):
        return Effects(Kind.UNKNOWN, why=f"`find` runs `{acts}`")
    return Effects(Kind.FILES, writes=tuple(_paths(roots, cwd)) or (cwd,), programs=programs, removes=acts == "rm")


def _download(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    argv = command.argv
    folder = row.get("folder_option")
    base = absolute(argv[argv.index(folder) + 1], cwd) if folder in argv[:-1] else cwd
    for at, word in enumerate(argv[:-1]):
        if word in row["writes_option"] or (
            word.startswith("-")
            and not word.startswith("--")
            and word[-1:] in ("o", "O")
            and word in row["writes_option"]
        ):
            if argv[at + 1] == "-":
                return Effects(Kind.QUERY, programs=programs, network=True)
            target = absolute(argv[at + 1], cwd)
            return Effects(Kind.DOWNLOAD, writes=(target,), programs=programs, network=True)
    by_url = row.get("by_default") or any(word in row.get("names_by_url", ()) for word in argv)
    if not by_url:
        return Effects(Kind.QUERY, programs=programs, network=True)
    urls = [word.text for word in _operands(command, row)]
    return Effects(
        Kind.DOWNLOAD,
        writes=tuple(absolute(posixpath.basename(url), base) for url in urls),
        programs=programs,
        network=True,
    )


_READERS: Final = {"files": _files, "sed": _sed, "unpack": _unpack, "find": _find, "download": _download}


def _package_words(command: Command, after: int, valued: frozenset[str]) -> tuple[ShellWord, ...]:
    words: list[ShellWord] = []
    skip = False
    for word in command.words[after:]:
        if skip:
            skip = False
        elif word.text in valued:
            skip = True
        elif not word.text.startswith("-"):
            words.append(word)
    return tuple(words)


def _verb(command: Command, valued: frozenset[str]) -> tuple[str, int]:
    """The sub-command of a package manager and the index after it."""
    skip = False
    for at, word in enumerate(command.words[1:], 1):
        if skip:
            skip = False
        elif word.text in valued:
            skip = True
        elif not word.text.startswith("-"):
            return word.text, at + 1
    return "", len(command.words)


def _apt(command: Command) -> Effects:
    verb, after = _verb(command, _APT_VALUED)
    programs = (command.name,)
    if verb == "update":
        return Effects(Kind.OS_UPDATE, writes=("/var/lib/apt/lists",), programs=programs, network=True)
    if verb == "install":
        words = _package_words(command, after, _APT_VALUED)
        if any(word.text.startswith(("/", "./")) or word.text.endswith(".deb") for word in words):
            return Effects(Kind.UNKNOWN, why="it installs a package file", programs=programs)
        return Effects(
            Kind.OS_INSTALL, writes=("/usr", "/etc", "/var"), os_packages=words, programs=programs, network=True
        )
    if verb in ("clean", "autoclean", "dist-clean", "distclean"):
        return Effects(Kind.OS_CLEAN, writes=("/var/cache",), programs=programs, removes=True)
    if verb in ("remove", "purge", "autoremove"):
        words = _package_words(command, after, _APT_VALUED)
        return Effects(Kind.OS_REMOVE, writes=("/usr", "/etc", "/var"), os_packages=words, programs=programs)
    if verb in ("upgrade", "dist-upgrade", "full-upgrade"):
        return Effects(Kind.OS_INSTALL, writes=("/usr", "/etc", "/var"), programs=programs, network=True, why="upgrade")
    return Effects(Kind.UNKNOWN, why=f"`{command.name} {verb}`", programs=programs)


def _apk(command: Command) -> Effects:
    verb, after = _verb(command, _APK_VALUED)
    programs = ("apk",)
    if verb == "update":
        return Effects(Kind.OS_UPDATE, writes=("/var/cache",), programs=programs, network=True)
    if verb == "add":
        words = _package_words(command, after, _APK_VALUED)
        return Effects(
            Kind.OS_INSTALL,
            writes=("/usr", "/etc", "/lib", "/bin", "/sbin", "/var"),
            os_packages=words,
            programs=programs,
            network=True,
        )
    if verb in ("del",):
        words = _package_words(command, after, _APK_VALUED)
        return Effects(Kind.OS_REMOVE, writes=("/usr", "/etc", "/lib"), os_packages=words, programs=programs)
    if verb == "upgrade":
        return Effects(Kind.OS_INSTALL, writes=("/usr", "/etc", "/lib"), programs=programs, network=True, why="upgrade")
    if verb == "cache":
        return Effects(Kind.OS_CLEAN, writes=("/var/cache",), programs=programs, removes=True)
    return Effects(Kind.UNKNOWN, why=f"`apk {verb}`", programs=programs)


def _yum(command: Command) -> Effects:
    verb, after = _verb(command, frozenset())
    programs = (command.name,)
    if verb in ("install", "groupinstall", "localinstall"):
        words = _package_words(command, after, frozenset())
        return Effects(
            Kind.OS_INSTALL, writes=("/usr", "/etc", "/var"), os_packages=words, programs=programs, network=True
        )
    if verb in ("clean", "makecache", "check-update"):
        return Effects(Kind.OS_CLEAN, writes=("/var/cache",), programs=programs, removes=True)
    if verb in ("update", "upgrade"):
        return Effects(Kind.OS_INSTALL, writes=("/usr", "/etc", "/var"), programs=programs, network=True, why="upgrade")
    return Effects(Kind.UNKNOWN, why=f"`{command.name} {verb}`", programs=programs)
