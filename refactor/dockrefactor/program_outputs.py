"""Which words of a command line name what a started program writes, by `data/program_outputs.toml`."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from dockrefactor.patterns import regex
from dockrefactor.tables import toml

ASSIGNMENT: Final = regex(r"[A-Za-z_]\w*=")
CARRIERS: Final = frozenset({"sudo", "env", "exec", "nohup", "time", "xargs", "nice", "setsid", "stdbuf"})
"""Programs that start the command after their own options."""
LEADING: Final = frozenset({"exec", "time", "!", "{", "then", "do", "else", "if", "elif", "while", "until"})
"""Words of a shell before a command."""
OPERATOR: Final = regex(r"[|&;()]+$")
REDIRECT: Final = regex(r"[<>]")


@cache
def _programs() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for name, entry in toml("program_outputs").items():
        found.update(dict.fromkeys((name, *entry.get("like", ())), entry))
    return found


def written(argv: Sequence[str], is_whole: bool = True) -> list[int | str | None]:
    """What the command with these words writes: positions in `argv`, texts of paths, None for what is not told.

    `is_whole`: no more words follow; else those may name what is written. A program that is not in the table is taken
    to write nothing.
    """
    entry = _programs().get(argv[0].rpartition("/")[2]) if argv else None
    if entry is None or not set(entry.get("unless", ())).isdisjoint(argv):
        return []
    if "only" in entry:
        command = next((word for word in argv[1:] if not word.startswith("-") and "/" not in word), "")
        if command not in entry["only"]:
            return [] if command or is_whole else [None]
    found: list[int | str | None] = []
    for at, word in enumerate(argv[1:], 1):
        option, equals, value = word.partition("=")
        if option in entry.get("options", ()) or word in entry.get("letters", ()):
            found.append(value if equals else at + 1 if at + 1 < len(argv) else None)
    if found:
        return found
    if not is_whole:
        return [None]
    if "operand" in entry:
        operands = [at for at, word in enumerate(argv) if at and not word.startswith("-")]
        chosen = {"last": operands[-1:], "first": operands[:1], "all": operands}[entry["operand"]]
        return list(chosen)
    switches = entry.get("switches")
    if "default" not in entry or (switches and set(switches).isdisjoint(argv)):
        return []
    return [entry["default"]]


def of_words(words: Sequence[str | None], is_whole: bool = True) -> Iterator[str | None]:
    """The paths that the command with these words writes, as `written`; None among the words is a computed one."""
    for found in written(["\0" if word is None else word for word in words], is_whole):
        yield words[found] if isinstance(found, int) else found


def may_write(name: str, words: Sequence[str]) -> bool:
    """Whether a program writes that is started with these literal words, others between them unknown."""
    return bool(written([name, *words], is_whole=False))


def words_of(line: str) -> list[str]:
    """The words and operators of a shell line; raises ValueError where a quote is open."""
    lexer = shlex.shlex(line.replace("`", " ; ").replace("\n", " ; "), posix=True, punctuation_chars="|&;()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def of_line(line: str) -> Iterator[str | None]:
    """The paths that the commands of a shell line write, from where it begins; None where it is not told."""
    try:
        words = words_of(line)
    except ValueError:
        return
    argv: list[str] = []
    target = False
    folder = ""
    for word in [*words, ";"]:
        if target:
            target = False
            if not word.startswith(("&", "/dev/")) and not word.isdigit():
                yield posixpath.join(folder, word)
        elif REDIRECT.match(word):
            target = ">" in word and not word.endswith("&")
            argv = argv[:-1] if argv and argv[-1].isdigit() else argv
        elif not OPERATOR.match(word):
            argv.append(word)
        else:
            start = next((at for at, item in enumerate(argv) if not _is_lead(item)), len(argv))
            if argv[start : start + 1] == ["cd"]:
                folder = posixpath.join(folder, *argv[start + 1 : start + 2])
            for path in of_words(argv[start:]):
                yield posixpath.normpath(posixpath.join(folder, path)) if path is not None else None
            argv = []


def _is_lead(word: str) -> bool:
    return ASSIGNMENT.match(word) is not None or word in CARRIERS or word in LEADING
