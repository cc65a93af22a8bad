"""Names by which Node.js's programs, its package managers and its build tools are recognised."""

from __future__ import annotations

import posixpath
from functools import cache
from typing import Literal

from dockrefactor import tables

Manager = Literal["npm", "yarn", "pnpm", "bun"]


@cache
def programs_that(do: Literal["build", "run", "start", "tool"]) -> frozenset[str]:
    """The programs of Node.js by what they do: see `data/node_names.toml`."""
    return frozenset(tables.toml("node_names")[do])


@cache
def managers(kind: Literal["manager", "runner"]) -> dict[str, Manager]:
    """Package managers by the names of their programs, or of the programs that run a package's tool."""
    return dict(tables.toml("node_names")[kind])


def looks_like_node(word: str) -> bool:
    """Whether the first word of a command is Node.js's, one of its package managers' or of its build tools'."""
    name = posixpath.basename(word)
    return (
        name in managers("manager")
        or name in managers("runner")
        or any(name in programs_that(do) for do in ("tool", "run", "build"))
        or "node_modules/.bin/" in word
    )
