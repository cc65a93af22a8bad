"""What the package managers of Debian and Alpine do: a command line of apt or apk as its effects."""

from __future__ import annotations

from typing import Final

from dockrefactor.effects import Effects, Kind
from dockrefactor.shell import Command, ShellWord

_APT_VALUED: Final = frozenset({"-o", "-t", "--target-release", "-c"})
_APK_VALUED: Final = frozenset({"-t", "--virtual", "-X", "--repository", "--repositories-file", "-p", "--root"})


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


def apt(command: Command) -> Effects:
    """`apt-get`, `apt`, `aptitude`."""
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
