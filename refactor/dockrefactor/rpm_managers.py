"""What the package managers of Red Hat's family do: a command line of yum, dnf, microdnf, tdnf or rpm as its effects.

https://dnf.readthedocs.io/en/latest/command_ref.html, yum(8), microdnf(8), rpm(8)
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import Effects, Kind
from dockrefactor.image import RPM_MANAGERS
from dockrefactor.patterns import regex
from dockrefactor.shell import Command, ShellWord

MANAGERS: Final = RPM_MANAGERS | {"dnf5"}
# options with a value in a word of its own, where they have no `=`
_VALUED: Final = frozenset({
    "-c", "-d", "-e", "-R", "-x", "--color", "--comment", "--config", "--disableplugin", "--disablerepo",
    "--enableplugin", "--enablerepo", "--exclude", "--excludepkgs", "--forcearch", "--installroot", "--releasever",
    "--repo", "--repoid", "--rpmverbosity", "--setopt",
})  # fmt: skip
# options that make another thing of a command than what it is in the image itself
_ELSEWHERE: Final = frozenset({"--installroot", "--downloadonly", "--destdir", "--downloaddir", "--forcearch"})
_PACKAGES: Final = ("/usr", "/etc", "/var")
_CACHE: Final = ("/var/cache",)
# where repositories, the streams of modules and the keys of packages are written down
REPOSITORIES: Final = ("/etc/yum.repos.d", "/etc/dnf", "/etc/pki/rpm-gpg")
# options that choose no packages
_COSMETIC: Final = frozenset({
    "-q", "--quiet", "-v", "--verbose", "--nodocs", "--setopt", "--nogpgcheck", "--best", "-d", "-e", "--color", "-t",
    "--tolerant", "--refresh", "-C", "--cacheonly", "--noplugins",
})  # fmt: skip
_CONFIRMS: Final = frozenset({"-y", "--assumeyes", "--yes"})
_ASKS: Final = frozenset({
    "check-update", "deplist", "help", "history", "info", "list", "provides", "repolist", "repoquery", "search",
    "whatprovides",
})  # fmt: skip
_ASKS_RPM: Final = regex(r"-(?:q[a-zA-Z]*|V|K|E)|--(?:query|eval|verify|version|checksig|showrc|querytags)")
_ADDS_RPM: Final = regex(r"-[ivhU]*[iUF][ivhU]*|--(?:install|upgrade|freshen)")


def manager(command: Command) -> Effects:
    """`yum`, `dnf`, `microdnf`, `tdnf`."""
    programs = (command.name,)
    argv = command.argv
    strange = next((word for word in argv[1:] if word.partition("=")[0] in _ELSEWHERE), None)
    if strange is not None:
        return Effects(Kind.UNKNOWN, why=f"`{command.name}` works elsewhere (`{strange}`)", programs=programs)
    words = operands(command)
    verb = words[0].text if words else ""
    rest = tuple(words[1:])
    if not verb:
        return Effects(Kind.QUERY, programs=programs)
    if verb in ("group", "groups", "module") and rest:
        return _of_sets(command, verb, rest[0].text, rest[1:])
    if verb == "groupinstall":
        return _installs(command, rest)
    if verb in ("install", "reinstall", "localinstall"):
        return _installs(command, rest)
    if verb in ("remove", "erase", "autoremove", "groupremove"):
        return Effects(Kind.OS_REMOVE, writes=_PACKAGES, os_packages=rest, programs=programs)
    if verb in ("update", "upgrade", "upgrade-minimal", "update-minimal", "distro-sync", "swap", "downgrade"):
        return Effects(Kind.OS_INSTALL, writes=_PACKAGES, programs=programs, network=True, why="upgrade")
    if verb == "clean":
        return Effects(Kind.OS_CLEAN, writes=_CACHE, programs=programs, removes=True)
    if verb == "makecache":
        return Effects(Kind.OS_UPDATE, writes=_CACHE, programs=programs, network=True)
    if verb in ("config-manager", "copr"):
        return Effects(Kind.SYSTEM, writes=REPOSITORIES, programs=programs, network=True)
    if verb in _ASKS:
        return Effects(Kind.QUERY, programs=programs, network=True)
    return Effects(Kind.UNKNOWN, why=f"`{command.name} {verb}`", programs=programs)


def _of_sets(command: Command, what: str, verb: str, words: tuple[ShellWord, ...]) -> Effects:
    """`dnf group install`, `dnf module enable`."""
    if verb == "install":
        return _installs(command, words)
    if what == "module" and verb in ("enable", "disable", "reset", "switch-to"):
        kind = Kind.SYSTEM if verb != "switch-to" else Kind.UNKNOWN
        return Effects(kind, writes=REPOSITORIES, programs=(command.name,), network=True, why=f"module {verb}")
    if verb in ("list", "info", "summary"):
        return Effects(Kind.QUERY, programs=(command.name,), network=True)
    return Effects(Kind.UNKNOWN, why=f"`{command.name} {what} {verb}`", programs=(command.name,))


def _installs(command: Command, words: tuple[ShellWord, ...]) -> Effects:
    strange = next((word.text for word in words if is_file(word.text) and not adds_repository(word.text)), None)
    if strange is not None:
        return Effects(Kind.UNKNOWN, why="it installs a package file", programs=(command.name,))
    return Effects(Kind.OS_INSTALL, writes=_PACKAGES, os_packages=words, programs=(command.name,), network=True)


def rpm(command: Command) -> Effects:
    """`rpm` itself: packages that only add repositories, keys, removals and questions."""
    programs = ("rpm",)
    options = [word for word in command.argv[1:] if word.startswith("-")]
    words = [word for word in command.words[1:] if not word.text.startswith("-")]
    if any(map(_ASKS_RPM.fullmatch, options)):
        return Effects(Kind.QUERY, programs=programs)
    if "--import" in options:
        return Effects(Kind.SYSTEM, writes=("/var/lib/rpm", *REPOSITORIES), programs=programs, network=True)
    if {"--root", "--dbpath", "--prefix", "--relocate"} & {option.partition("=")[0] for option in options}:
        return Effects(Kind.UNKNOWN, why="`rpm` works elsewhere", programs=programs)
    if options and re.fullmatch(r"-e[v]*|--erase", options[0]):
        return Effects(Kind.OS_REMOVE, writes=_PACKAGES, os_packages=tuple(words), programs=programs)
    if any(map(_ADDS_RPM.fullmatch, options)) and words and all(adds_repository(word.text) for word in words):
        return Effects(Kind.SYSTEM, writes=("/var/lib/rpm", *REPOSITORIES), programs=programs, network=True)
    return Effects(Kind.UNKNOWN, why="it installs a package file", programs=programs)


def extras(command: Command) -> Effects:
    """`amazon-linux-extras`: topics of packages, each a repository of its own."""
    words = [word for word in command.words[1:] if not word.text.startswith("-")]
    verb = words[0].text if words else ""
    programs = (command.name,)
    if verb in ("enable", "disable"):
        return Effects(Kind.SYSTEM, writes=REPOSITORIES, programs=programs, network=True)
    if verb == "install":
        return Effects(Kind.OS_INSTALL, writes=_PACKAGES, os_packages=tuple(words[1:]), programs=programs, network=True)
    if verb in ("", "list", "info", "help"):
        return Effects(Kind.QUERY, programs=programs)
    return Effects(Kind.UNKNOWN, why=f"`{command.name} {verb}`", programs=programs)


def operands(command: Command) -> tuple[ShellWord, ...]:
    """The words after the manager's name that are no options and no values of options."""
    words: list[ShellWord] = []
    skip = False
    for word in _after_name(command):
        if skip:
            skip = False
        elif word.text in _VALUED:
            skip = True
        elif not word.text.startswith("-"):
            words.append(word)
    return tuple(words)


def is_of(command: Command) -> bool:
    """Whether a command runs one of these managers, also behind `sudo`."""
    return any(posixpath.basename(word) in MANAGERS | {"amazon-linux-extras"} for word in command.argv)


def called(command: Command) -> str:
    """The name of the manager that a command runs, also behind `sudo`."""
    return next((word for word in command.argv if posixpath.basename(word) in MANAGERS), command.name)


def _after_name(command: Command) -> tuple[ShellWord, ...]:
    at = next((at for at, word in enumerate(command.words) if posixpath.basename(word.text) in MANAGERS), 0)
    return command.words[at + 1 :]


def options(command: Command) -> tuple[ShellWord, ...]:
    """The options, with their values, but for those that only confirm."""
    named = operands(command)
    return tuple(word for word in _after_name(command) if word not in named and word.text not in _CONFIRMS)


def chooses(command: Command) -> bool:
    """Whether options tell from where packages come, or which of several."""
    words = [word.text.partition("=")[0] for word in options(command) if word.text.startswith("-")]
    return any(word not in _COSMETIC for word in words)


def is_plain_install(command: Command) -> bool:
    """Whether a command installs packages by their names alone, and not groups or streams of modules."""
    words = operands(command)
    return (
        posixpath.basename(called(command)) in MANAGERS
        and bool(words)
        and words[0].text == "install"
        and not any(word.text.startswith("@") or ":" in word.text or is_file(word.text) for word in words[1:])
    )


def is_file(word: str) -> bool:
    """Whether a word of an install names a package file."""
    return word.endswith(".rpm") or word.startswith(("/", "./", "http://", "https://", "ftp://"))


def adds_repository(word: str) -> bool:
    """Whether a package file is one that only adds a repository and its keys."""
    patterns: Sequence[str] = tables.toml("os_packages")["rpm"]["repository_files"]
    return any(re.fullmatch(pattern, word) for pattern in patterns)
