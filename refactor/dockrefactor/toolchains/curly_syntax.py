"""Words, texts and marks of languages with C's comments and braces: Java, Kotlin, C#, Groovy.

No tree is built: what is asked of these sources (which calls get which literal texts) can be told from the words alone,
and a language's newest syntax does not make a file unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

_TOKEN: Final = regex(
    r"""
      (?P<comment> //[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<block> [$@]*\"\"\"+ .*? \"\"\" )
    | (?P<verbatim> (?:@\$?|\$@)" (?:[^"]|"")* " )
    | (?P<text> \$?" (?:\\.|[^"\\\n])* " )
    | (?P<single> ' (?:\\.|[^'\\\n])* ' )
    | (?P<number> \d[\w.]* )
    | (?P<word> [A-Za-z_]\w* )
    | (?P<mark> [^\s\w] )
    """,
    re.X | re.S,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is text, number, word or mark; `value` a text without its quotes, None where it is interpolated;
    `line` is 1-based."""

    kind: str
    value: str | None
    line: int


def tokens(source: str) -> list[Token]:
    """The tokens of a source, comments left out. Never fails: what is no token is skipped."""
    found: list[Token] = []
    line, last = 1, 0
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "mark"
        if kind == "comment":
            continue
        line += source.count("\n", last, match.start())
        last = match.start()
        written = match.group()
        if kind in ("text", "single", "block", "verbatim"):
            found.append(Token("text", _plain(kind, written), line))
        else:
            found.append(Token(kind, written, line))
    return found


def _plain(kind: str, written: str) -> str | None:
    """What a literal says; None where parts of it are computed."""
    head, _, _ = written.partition('"')
    body = written.strip("$@")
    if kind == "verbatim":
        return None if "$" in head else body[1:-1].replace('""', '"')
    if kind == "block":
        return None if "$" in written else body.strip('"')
    if "$" in head or re.search(r"(?<!\\)\$[A-Za-z_{]", written):
        return None
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), body[1:-1], flags=re.S)


def arguments(source: Sequence[Token], opening: int) -> list[list[Token]]:
    """The arguments of a call, each as its tokens; `opening` is the index of the `(`."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in source[opening:]:
        if token.kind == "mark":
            if token.value in ("(", "[", "{"):
                depth += 1
                if depth == 1:
                    continue
            elif token.value in (")", "]", "}"):
                depth -= 1
                if depth == 0:
                    break
            elif token.value == "," and depth == 1:
                found.append([])
                continue
        found[-1].append(token)
    return [argument for argument in found if argument]


def calls(source: Sequence[Token], names: frozenset[str]) -> Iterator[tuple[int, str]]:
    """(index of the `(`, dotted name) of each call whose last name, or last two, are among `names`."""
    for at, token in enumerate(source[:-1]):
        if token.kind != "word" or source[at + 1].value != "(":
            continue
        name = token.value or ""
        qualified = name
        if at >= 2 and source[at - 1].value == "." and source[at - 2].kind == "word":
            qualified = f"{source[at - 2].value}.{name}"
        if qualified in names:
            yield at + 1, qualified
        elif name in names:
            yield at + 1, name
