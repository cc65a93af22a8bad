"""Names by which Rust's programs are recognised."""

from __future__ import annotations

import posixpath
from typing import Final

_TOOLS: Final = frozenset({"cargo", "cargo-watch", "rustc", "rustup"})


def looks_like_rust(word: str) -> bool:
    """Whether the first word of a command is one of Rust's tools."""
    return posixpath.basename(word) in _TOOLS
