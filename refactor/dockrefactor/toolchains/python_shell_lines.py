"""The programs that a shell line inside a Python source starts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from dockrefactor.program_outputs import ASSIGNMENT, CARRIERS, LEADING, OPERATOR, REDIRECT, words_of
from dockrefactor.tables import toml

UNKNOWN_PIECE: Final = "\0"
"""Stands in a line for a part that the source computes."""
INTERPRETER: Final = "\1"
"""Stands in a line for the running interpreter, `sys.executable`."""


@cache
def _builtins() -> frozenset[str]:
    words: str = toml("python_calls")["shell"]["builtins"]
    return frozenset(words.split())


def command_words(line: str) -> Iterator[str | None]:
    """The programs that a shell line starts, builtins left out; None for each one that is computed."""
    try:
        words = words_of(line)
    except ValueError:
        yield None
        return
    expecting, skip = True, False
    for word in words:
        if skip:
            skip = False
        elif OPERATOR.match(word):
            expecting = True
        elif REDIRECT.match(word):
            skip = True
        elif expecting and not (ASSIGNMENT.match(word) or word.startswith("-") or word == "$"):
            expecting = word.rpartition("/")[2] in CARRIERS or word in LEADING
            if UNKNOWN_PIECE in word or word.startswith("$"):
                yield None
            elif INTERPRETER not in word and word not in _builtins() and word not in LEADING:
                yield word
