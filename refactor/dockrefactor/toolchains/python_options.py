"""Reads the options of Python's programs by the tables of `data/python_options.toml`.

A command with an option that its table does not have cannot be read: its words may mean anything.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import cache
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.tables import toml

PYTHON: Final = regex(r"(?:python|pypy)(?:[23](?:\.\d+)?)?$")
PIP: Final = regex(r"pip(?:[23](?:\.\d+)?)?$")
# pip reads its options with optparse, the servers theirs with argparse: both take any unambiguous beginning.
_ABBREVIATING: Final = frozenset({"pip", "pip install", "gunicorn", "hypercorn", "daphne", "django runserver"})


@dataclass(frozen=True, slots=True)
class Options:
    """A command line that was read to its end: (name, value) in order, the names as the table spells them."""

    given: tuple[tuple[str, str], ...]
    positional: tuple[str, ...]

    def has(self, *names: str) -> bool:
        return any(name in names for name, _ in self.given)

    def values(self, *names: str) -> tuple[str, ...]:
        return tuple(value for name, value in self.given if name in names)

    def last(self, *names: str) -> str | None:
        found = self.values(*names)
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class _Table:
    flags: frozenset[str]
    values: frozenset[str]
    optional: frozenset[str]
    short: dict[str, str]
    abbreviating: bool

    def name(self, option: str) -> str | None:
        """The table's spelling of a long option, None where it has none or several that begin so."""
        known = self.flags | self.values | self.optional
        if option in known:
            return option
        if not self.abbreviating:
            return None
        matches = [name for name in known if name.startswith(option)]
        return matches[0] if len(matches) == 1 else None


@cache
def _table(command: str) -> _Table:
    tables = toml("python_options")
    own: dict[str, str] = tables[command]
    return _Table(
        frozenset(own.get("flags", "").split()),
        frozenset(own.get("values", "").split()),
        frozenset(own.get("optional", "").split()),
        tables["short"].get(command, {}),
        command in _ABBREVIATING,
    )


def means(meaning: str, name: str) -> bool:
    """Whether the option `name` has that meaning (`port`, `bind`, `write`, `read`, `folder`, `reload`, `identity`)."""
    return name in _meaning(meaning)


@cache
def _meaning(meaning: str) -> frozenset[str]:
    words: str = toml("python_options")["meaning"][meaning]
    return frozenset(words.split())


def program(word: str) -> str:
    """The name of the program that a command's first word starts."""
    return posixpath.basename(word)


def read_options(command: str, words: Sequence[str], mixed: bool = True) -> Options | None:
    """The options of `words`, the part of a command line after the command's own name; None where one is unknown.

    Without `mixed`, reading stops at the first positional word: it and all after it are positional.
    """
    table = _table(command)
    given: list[tuple[str, str]] = []
    positional: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            positional += words[at:]
            break
        if not word.startswith("-") or word == "-":
            positional.append(word)
            if not mixed:
                positional += words[at:]
                break
            continue
        used = _long(table, words, at, given) if word.startswith("--") else _cluster(table, words, at, given)
        if used is None:
            return None
        at += used
    return Options(tuple(given), tuple(positional))


def _long(table: _Table, words: Sequence[str], at: int, given: list[tuple[str, str]]) -> int | None:
    """Reads the long option before `at`; how many further words it took, None where it is unknown."""
    spelled, equals, value = words[at - 1].partition("=")
    name = table.name(spelled)
    if name is None or (equals and name in table.flags):
        return None
    long = table.short.get(name, name)
    if name in table.flags or name in table.optional or equals:
        given.append((long, value))
        return 0
    if at >= len(words):
        return None
    given.append((long, words[at]))
    return 1


def _cluster(table: _Table, words: Sequence[str], at: int, given: list[tuple[str, str]]) -> int | None:
    """Reads the short options of the word before `at`, `-qr FILE` included."""
    word = words[at - 1]
    if word in table.flags:
        given.append((table.short.get(word, word), ""))
        return 0
    for position, letter in enumerate(word[1:], 1):
        option = f"-{letter}"
        long = table.short.get(option, option)
        if option in table.flags:
            given.append((long, ""))
        elif option in table.values:
            attached = word[position + 1 :].removeprefix("=")
            if attached or position + 1 < len(word):
                given.append((long, attached))
                return 0
            if at >= len(words):
                return None
            given.append((long, words[at]))
            return 1
        else:
            return None
    return 0


def module_words(words: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """`python -m NAME …` -> (NAME, the words after it); None for anything else."""
    if not words or not PYTHON.match(program(words[0])):
        return None
    options = leading_python_options(words[1:])
    if options is None or options[1] != "-m" or not options[2]:
        return None
    return options[2][0], options[2][1:]


def leading_python_options(words: Sequence[str]) -> tuple[tuple[str, ...], str, tuple[str, ...]] | None:
    """The interpreter's own options: (flags, "-m", "-c" or "", the words of the module, code or script)."""
    table = _table("python")
    flags: list[str] = []
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        word = words[at]
        at += 1
        if word in table.flags:
            flags.append(word)
            continue
        if word.startswith("--"):
            return None
        for position, letter in enumerate(word[1:], 1):
            attached = (word[position + 1 :],) if word[position + 1 :] else ()
            if letter in "mc":
                return tuple(flags), f"-{letter}", (*attached, *words[at:])
            if letter in "WX":
                at += 0 if attached else 1
                break
            if f"-{letter}" not in table.flags:
                return None
            flags.append(f"-{letter}")
    return tuple(flags), "", tuple(words[at:])
