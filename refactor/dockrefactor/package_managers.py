"""What the package managers of Debian and Alpine do: a command line of apt or apk as its effects."""

from __future__ import annotations

import re
from typing import Final

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.records import dataclass
from dockrefactor.shell import Command, ShellWord

_APT_VALUED: Final = frozenset({"-o", "-t", "--target-release", "-c"})
_APK_VALUED: Final = frozenset({"-t", "--virtual", "-X", "--repository", "--repositories-file", "-p", "--root"})

_ASKS: Final = frozenset(
    {"--print-architecture", "-l", "--list", "-L", "--listfiles", "-s", "--status", "-S", "--search", "--version"}
)


def _package_words(command: Command, after: int, valued: frozenset[str]) -> tuple[ShellWord, ...]:
    """The words from index `after` on that are no options and no values of options."""
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


@dataclass(frozen=True, slots=True)
class PackageFiles:
    """The detail of a command that installs packages that it has as files, those of `paths`: absolute image paths, a
    folder for a pattern. `resolves`: packages that they depend on are installed too."""

    paths: tuple[str, ...]
    resolves: bool


def _files(command: Command, words: tuple[ShellWord, ...], cwd: str, resolves: bool) -> Effects:
    """The effects of an install of package files, those among `words` that are such; the others name packages."""
    files = tuple(word for word in words if _is_file(word))
    paths = tuple(absolute(_certain(word), cwd) for word in files)
    return Effects(
        Kind.OS_FILES, reads=paths, writes=("/usr", "/etc", "/var", "/opt", "/lib", "/bin", "/sbin"),
        os_packages=tuple(word for word in words if word not in files), programs=(command.name,), network=resolves,
        detail=PackageFiles(paths, resolves),
    )  # fmt: skip


def _is_file(word: ShellWord) -> bool:
    return word.text.startswith(("/", "./", "../")) or word.text.endswith(".deb")


def _certain(word: ShellWord) -> str:
    """A path, or the folder that what a pattern or a variable stands for lies in."""
    if word.known and not word.glob:
        return word.text
    return re.split(r"[$*?\[`]", word.text)[0].rpartition("/")[0] or ("/" if word.text.startswith("/") else ".")


def dpkg(command: Command, cwd: str) -> Effects:
    """`dpkg`: it installs files, and fails where what they depend on is missing."""
    argv = command.argv
    programs = (command.name,)
    if not {"-i", "--install"}.isdisjoint(argv):
        words = tuple(word for word in command.words[1:] if not word.text.startswith("-"))
        options = {word for word in argv[1:] if word.startswith("-") and not word.startswith("--force-")}
        if all(_is_file(word) for word in words) and options <= {"-i", "--install", "-E", "-G"}:
            return _files(command, words, cwd, False)
        return Effects(Kind.UNKNOWN, why="it installs package files", programs=programs)
    if set(argv[1:2]) & _ASKS:
        return Effects(Kind.QUERY, programs=programs)
    return Effects(Kind.UNKNOWN, why=f"`{' '.join(argv[:2])}`", programs=programs)


def mends(command: Command) -> bool:
    """Whether a command of apt installs what packages that dpkg left unfinished depend on."""
    argv = command.argv
    short = any(re.fullmatch(r"-[a-z]*f[a-z]*", word) for word in argv)
    return command.name in ("apt", "apt-get") and "install" in argv and (short or "--fix-broken" in argv)


def apt(command: Command, cwd: str) -> Effects:
    """`apt-get`, `apt`, `aptitude`."""
    verb, after = _verb(command, _APT_VALUED)
    programs = (command.name,)
    if verb == "update":
        return Effects(Kind.OS_UPDATE, writes=("/var/lib/apt/lists",), programs=programs, network=True)
    if verb == "install":
        words = _package_words(command, after, _APT_VALUED)
        if any(map(_is_file, words)):
            return _files(command, words, cwd, True)
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


def apk(command: Command) -> Effects:
    """Alpine's `apk`."""
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
