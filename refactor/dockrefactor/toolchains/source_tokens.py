"""Tokens of a source file in a language with C's lexical shape: names, strings, numbers and signs, comments left out.

Enough to find calls and literals, inside macros too, where a grammar sees only a heap of tokens.
"""

from __future__ import annotations

import re
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

NAME: Final = "name"
TEXT: Final = "text"
NUMBER: Final = "number"
SIGN: Final = "sign"

_COMMON: Final = r"""
    (?P<name>[A-Za-z_]\w*)
  | (?P<number>\d[\w]*(?:\.\d\w*)?)
  | (?P<sign>::|->|=>|\S)
"""
RUST: Final = regex(
    rf"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/)
  | b?r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)
  | [bc]?"(?P<text>(?:[^"\\]|\\.)*)"
  | (?P<character>b?'(?:[^'\\\n]|\\(?:u\{{[^}}]*\}}|x[0-9a-fA-F]{{2}}|.))')
  | (?P<lifetime>'[A-Za-z_]\w*)
  | {_COMMON}
    """,
    re.X | re.S,
)
C: Final = regex(
    rf"""
    (?P<skip>\s+|\\\r?\n|//[^\n]*|/\*.*?\*/)
  | (?:u8|[uUL])?R"(?P<hashes>[^()\\\s]*)\((?P<raw>.*?)\)(?P=hashes)"
  | (?:u8|[uUL])?"(?P<text>(?:[^"\\\n]|\\.)*)"
  | (?P<character>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
  | (?P<lifetime>(?!))
  | {_COMMON}
    """,
    re.X | re.S,
)
_ESCAPE: Final = regex(r"\\(\r?\n\s*|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.)", re.S)
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", "'": "'", '"': '"'}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is NAME, TEXT, NUMBER or SIGN; the `text` of a string has its quotes and escapes taken off."""

    kind: str
    text: str
    line: int

    def is_sign(self, text: str) -> bool:
        return self.kind == SIGN and self.text == text


def tokens(source: str, language: re.Pattern[str]) -> list[Token]:
    """The tokens of `source`; `language` is RUST or C."""
    found: list[Token] = []
    line = 1
    for match in language.finditer(source):
        kind, written = match.lastgroup, match.group()
        if kind == "raw" or match["raw"] is not None:
            found.append(Token(TEXT, match["raw"], line))
        elif match["text"] is not None:
            found.append(Token(TEXT, _ESCAPE.sub(_unescaped, match["text"]), line))
        elif kind in (NAME, NUMBER, SIGN):
            found.append(Token(kind, written, line))
        line += written.count("\n")
    return found


def _unescaped(match: re.Match[str]) -> str:
    inner = match[1]
    if inner[0] in "\r\n":
        return ""
    if inner[0] in "xu" and len(inner) > 1:
        return chr(int(inner[1:].strip("{}").replace("_", ""), 16))
    return _PLAIN.get(inner, inner)


def closing(found: list[Token], start: int) -> int:
    """The index of the bracket that closes the one at `start` (the last token where none does)."""
    depth = 0
    for at in range(start, len(found)):
        if found[at].kind == SIGN and found[at].text in "([{":
            depth += 1
        elif found[at].kind == SIGN and found[at].text in ")]}":
            depth -= 1
            if depth == 0:
                return at
    return len(found) - 1


def arguments(found: list[Token], opening: int) -> list[list[Token]]:
    """The arguments of the call whose opening bracket stands at `opening`."""
    end = closing(found, opening)
    parts: list[list[Token]] = [[]]
    depth = 0
    for item in found[opening + 1 : end]:
        if item.kind == SIGN and item.text in "([{":
            depth += 1
        elif item.kind == SIGN and item.text in ")]}":
            depth -= 1
        if depth == 0 and item.is_sign(","):
            parts.append([])
        else:
            parts[-1].append(item)
    return [part for part in parts if part]
