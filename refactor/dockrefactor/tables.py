"""The data files of the package, read once each."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def toml(name: str) -> dict[str, Any]:
    """The table `data/<name>.toml`."""
    return tomllib.loads(text(f"{name}.toml"))


@cache
def text(name: str) -> str:
    """The text of a file of `data/`."""
    return resources.files("dockrefactor").joinpath("data", name).read_text(encoding="utf-8")
