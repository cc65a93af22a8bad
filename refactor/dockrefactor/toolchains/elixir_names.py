"""Names by which Elixir's and Erlang's programs are recognised."""

from __future__ import annotations

import posixpath
from functools import cache

from dockrefactor import tables


@cache
def _tools() -> frozenset[str]:
    return frozenset(tables.toml("elixir_names")["tools"])


def looks_like_elixir(word: str) -> bool:
    """Whether the first word of a command is Elixir's or Erlang's."""
    return posixpath.basename(word) in _tools()
