"""Conditions of a CMakeLists.txt: which commands are left out, and which may be.

https://cmake.org/cmake/help/latest/command/if.html -- known are constants, the platform, and variables that the project
or the command line sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Final

_TRUE: Final = frozenset({"1", "ON", "YES", "TRUE", "Y"})
_FALSE: Final = frozenset({"0", "OFF", "NO", "FALSE", "N", "IGNORE", "NOTFOUND", ""})
# what holds on Linux with gcc or clang
_PLATFORM: Final[Mapping[str, bool]] = {
    "UNIX": True, "LINUX": True, "WIN32": False, "MSVC": False, "APPLE": False, "MINGW": False, "ANDROID": False,
    "CYGWIN": False, "IOS": False, "MSYS": False, "EMSCRIPTEN": False, "BORLAND": False,
}  # fmt: skip


class Conditions:
    """Follows `if`, `elseif`, `else` and `endif`: `excluded` where the commands between do not run, `uncertain` where
    that is not known. Loops and functions are uncertain, too."""

    def __init__(self, variables: Mapping[str, str], unsure: Set[str]) -> None:
        self._variables = variables
        self._unsure = unsure
        self._open: list[tuple[bool | None, bool | None]] = []

    @property
    def excluded(self) -> bool:
        return any(now is False for now, _ in self._open)

    @property
    def uncertain(self) -> bool:
        return any(now is None for now, _ in self._open)

    def take(self, command: str, words: Sequence[str]) -> bool:
        """Whether a command is one of the condition's own."""
        if command == "if":
            now = self._holds(words)
            self._open.append((now, now))
        elif command in ("elseif", "else") and self._open:
            _, before = self._open.pop()
            now = True if command == "else" else self._holds(words)
            if before is True or now is False:
                self._open.append((False, before))
            else:
                found = None if before is None else now
                self._open.append((found, found))
        elif command in ("foreach", "while", "function", "macro"):
            self._open.append((None, None))
        elif command in ("endif", "endforeach", "endwhile", "endfunction", "endmacro"):
            if self._open:
                self._open.pop()
        else:
            return False
        return True

    def _holds(self, words: Sequence[str]) -> bool | None:
        """What a condition comes to; None where that is not known. Of brackets and comparisons nothing is known."""
        if {"(", ")"} & set(words):
            return None
        if "OR" in words:
            at = list(words).index("OR")
            either = (self._holds(words[:at]), self._holds(words[at + 1 :]))
            return True if True in either else None if None in either else False
        if "AND" in words:
            at = list(words).index("AND")
            both = (self._holds(words[:at]), self._holds(words[at + 1 :]))
            return False if False in both else None if None in both else True
        if words[:1] == ["NOT"]:
            inner = self._holds(words[1:])
            return None if inner is None else not inner
        if len(words) != 1:
            return None
        word = words[0]
        if word in _PLATFORM:
            return _PLATFORM[word]
        if word in self._unsure or (word not in self._variables and word.upper() not in _TRUE | _FALSE):
            return None
        text = self._variables.get(word, word)
        if "$" in text:
            return None
        return text.upper() not in _FALSE and not text.upper().endswith("-NOTFOUND")
