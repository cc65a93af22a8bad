"""Where each instruction of a Dockerfile begins and ends, found without reading the instructions.

Only for texts in which nothing but line ends and comments decides that: what the same lines say can then be remembered,
since most lines stand in many files, and in every version of one. For all other texts the whole grammar is asked.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from dockrefactor.patterns import regex

# here-documents take lines by their content, these characters are white space to Go and not to us (or the reverse)
_ODD: Final = regex("<<|[\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")
_DIRECTIVE: Final = regex(r"^\s*#\s*(escape|syntax|check)\s*=", re.IGNORECASE | re.MULTILINE)
_CONTINUED: Final = regex(r"(?:^|[^\\])\\[ \t]*$")
_SPACES: Final = " \t\v\f\r"


class Cut(NamedTuple):
    """The whole lines of one instruction: character offsets `start` to `end`, 1-based lines `first` to `last`."""

    start: int
    end: int
    first: int
    last: int


def cut(text: str) -> list[Cut] | None:
    """The lines of each instruction, None where only the grammar can tell."""
    if _ODD.search(text) is not None:
        return None
    directives = _DIRECTIVE.findall(text)
    if len(directives) > 1 or (directives and directives[0].lower() == "escape"):
        return None
    found: list[Cut] = []
    at = begin = first = number = 0
    continued = False
    for number, row in enumerate(text.split("\n"), 1):
        content = row.strip(_SPACES)
        if content and content[0] != "#":
            if not continued:
                begin, first = at, number
            continued = content[-1] == "\\" and _CONTINUED.search(row.rstrip("\r")) is not None
            if not continued:
                found.append(Cut(begin, min(at + len(row) + 1, len(text)), first, number))
        at += len(row) + 1
    if continued:
        found.append(Cut(begin, len(text), first, number - text.endswith("\n")))
    return found
