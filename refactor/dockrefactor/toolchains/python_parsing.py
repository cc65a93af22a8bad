"""Whether a Python source can be parsed, of a Python newer than the one that runs this, too."""

from __future__ import annotations

import ast
import warnings
from typing import Final

from dockrefactor.evidence import Evidence
from dockrefactor.patterns import regex

_MAX_PARSED: Final = 1024 * 1024
# libcst's parser takes up to 7 KiB of the stack for a level, and most stacks have 8 MiB
_MAX_LEVELS: Final = 400
_NESTING: Final = regex(
    r"(?P<opens>[(\[{])|(?P<closes>[)\]}])|(?P<ends>\n[ \t]*)|[-+*/%|&^~.<>=]"
    r"|\b(?:not|lambda|if|else|await|and|or|in|is)\b"
)


def unparsable(path: str, text: str) -> Evidence | None:
    """Why a source must not be given to libcst, whose parser overflows the stack where Python's own refuses."""
    if len(text) > _MAX_PARSED:
        return Evidence(path, 0, "too large to parse")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        # libcst knows the syntax of newer versions, and says itself what is none
        if "\0" not in text and _is_shallow(text):
            return None
        return Evidence(path, error.lineno or 0, "not Python 3")
    except (ValueError, RecursionError, MemoryError):
        return Evidence(path, 0, "nested too deeply or not text")
    return None


def _is_shallow(text: str) -> bool:
    """Whether no statement can nest deeply, by the words and signs in it that nest, as if each did so in the last."""
    brackets = levels = 0
    for found in _NESTING.finditer(text):
        if found["ends"] is not None:
            levels = levels if brackets else len(found["ends"])
        elif found["closes"] is not None:
            brackets = max(brackets - 1, 0)
        else:
            brackets += found["opens"] is not None
            levels += 1
        if levels > _MAX_LEVELS:
            return False
    return True
