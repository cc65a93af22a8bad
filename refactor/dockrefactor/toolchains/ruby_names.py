"""Names by which Ruby's programs are recognised."""

from __future__ import annotations

import posixpath
from functools import cache

from dockrefactor import tables


@cache
def _tools() -> frozenset[str]:
    return frozenset(tables.toml("ruby_names")["tools"])


def looks_like_ruby(word: str) -> bool:
    """Whether the first word of a command is Ruby's own, or a program of a gem that is known."""
    return posixpath.basename(word) in _tools()
