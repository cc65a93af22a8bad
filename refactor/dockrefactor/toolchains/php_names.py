"""Names by which PHP's programs are recognised."""

from __future__ import annotations

import posixpath
from functools import cache

from dockrefactor import tables


@cache
def _tools() -> frozenset[str]:
    return frozenset(tables.toml("php_names")["tools"])


def looks_like_php(word: str) -> bool:
    """Whether the first word of a command is PHP's, Composer's, or one of the scripts of PHP's images."""
    return posixpath.basename(word) in _tools() or word.endswith(".phar") or "vendor/bin/" in word
