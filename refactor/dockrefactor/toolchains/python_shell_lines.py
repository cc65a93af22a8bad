"""The programs that a shell line inside a Python source starts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Final

from dockrefactor import program_outputs
from dockrefactor.tables import toml

UNKNOWN_PIECE: Final = "\0"
"""Stands in a line for a part that the source computes."""
INTERPRETER: Final = "\1"
"""Stands in a line for the running interpreter, `sys.executable`."""

ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")
CARRIERS: Final = frozenset({"sudo", "env", "exec", "nohup", "time", "xargs", "nice", "setsid", "stdbuf"})
"""Programs that start the command after their own options."""

_OPERATOR: Final = re.compile(r"[|&;()]+$")
_REDIRECT: Final = re.compile(r"[<>]")
_LEADING: Final = frozenset({"exec", "time", "!", "{", "then", "do", "else", "if", "elif", "while", "until"})


@cache
def _builtins() -> frozenset[str]:
    words: str = toml("python_calls")["shell"]["builtins"]
    return frozenset(words.split())


def _words(line: str) -> list[str]:
    """The words and operators of a shell line; raises ValueError where a quote is open."""
    lexer = shlex.shlex(line.replace("`", " ; ").replace("\n", " ; "), posix=True, punctuation_chars="|&;()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def written_words(line: str) -> Iterator[str | None]:
    """The paths that the commands of a shell line write, with `UNKNOWN_PIECE` in them; None where it is not told."""
    try:
        words = _words(line)
    except ValueError:
        return
    argv: list[str] = []
    target = False
    for word in [*words, ";"]:
        if target:
            target = False
            if not word.startswith(("&", "/dev/")) and not word.isdigit():
                yield word
        elif _REDIRECT.match(word):
            target = ">" in word and not word.endswith("&")
            argv = argv[:-1] if argv and argv[-1].isdigit() else argv
        elif not _OPERATOR.match(word):
            argv.append(word)
        else:
            start = next((at for at, item in enumerate(argv) if not _is_lead(item)), len(argv))
            for item in program_outputs.written(argv[start:]):
                yield argv[start + item] if isinstance(item, int) else item
            argv = []


def _is_lead(word: str) -> bool:
    return ASSIGNMENT.match(word) is not None or word in CARRIERS or word in _LEADING


def command_words(line: str) -> Iterator[str | None]:
    """The programs that a shell line starts, builtins left out; None for each one that is computed."""
    try:
        words = _words(line)
    except ValueError:
        yield None
        return
    expecting, skip = True, False
    for word in words:
        if skip:
            skip = False
        elif _OPERATOR.match(word):
            expecting = True
        elif _REDIRECT.match(word):
            skip = True
        elif expecting and not (ASSIGNMENT.match(word) or word.startswith("-") or word == "$"):
            expecting = word.rpartition("/")[2] in CARRIERS or word in _LEADING
            if UNKNOWN_PIECE in word or word.startswith("$"):
                yield None
            elif INTERPRETER not in word and word not in _builtins() and word not in _LEADING:
                yield word
