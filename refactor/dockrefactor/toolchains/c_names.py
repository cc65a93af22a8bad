"""Names by which the tools of a C or C++ build are recognised."""

from __future__ import annotations

import posixpath
from typing import Final

from dockrefactor.patterns import regex

_TOOLS: Final = frozenset({"make", "gmake", "cmake", "ctest", "ninja", "meson"})
# https://www.gnu.org/software/automake/manual/html_node/index.html: what makes `configure` and Makefile.in
AUTOTOOLS: Final = frozenset(
    {"autoreconf", "aclocal", "autoconf", "autoheader", "automake", "libtoolize", "glibtoolize", "autopoint",
     "intltoolize"}
)  # fmt: skip
PREPARING_SCRIPTS: Final = frozenset({"autogen.sh", "bootstrap", "bootstrap.sh", "buildconf", "buildconf.sh"})
_COMPILER: Final = regex(r"(?:[\w.]+-linux-(?:gnu|musl)\w*-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|c99|c89|c17)(?:-\d+)?")


def looks_like_c(word: str) -> bool:
    """Whether the first word of a command is a compiler or a build tool."""
    name = posixpath.basename(word)
    own = "/" in word and (name == "configure" or name in PREPARING_SCRIPTS)
    return name in _TOOLS or name in AUTOTOOLS or own or compiler(word) is not None


def compiler(word: str) -> str | None:
    """Which compiler a word names, without target and version: `g++`; None where it names none."""
    match = _COMPILER.fullmatch(posixpath.basename(word))
    return match[1] if match is not None else None
