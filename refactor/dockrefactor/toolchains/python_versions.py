"""What the version in the tag of an official Python image says of its tools."""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import tables
from dockrefactor.image import Image

# https://peps.python.org/pep-0453/: from here on a new virtual environment has a pip of its own
FIRST_WITH_ENVIRONMENTS: Final = (3, 4)
NEWEST: Final = 99


def version(base: Image | None) -> tuple[int, int, int] | None:
    """Major, minor and patch of an official Python image, 99 where the tag leaves them open; None of other images."""
    if base is None or base.language != "python":
        return None
    found = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", base.reference.tag)
    if found is None:
        return (3, NEWEST, NEWEST)
    major, minor, patch = (int(number) if number else NEWEST for number in found.groups())
    return (major, minor, patch)


def pip_variable(base: Image | None) -> str:
    """The variable with the version of the image's pip, where a new environment would have an older one; else `""`."""
    name: str = tables.toml("python_pip")["variable"]
    return name if _is_among(base, "older_in_environments") else ""


def has_old_pip(base: Image | None) -> bool:
    """Whether the image's pip passes by most wheels of today."""
    return _is_among(base, "before_manylinux2014")


def _is_among(base: Image | None, row: str) -> bool:
    found = version(base)
    if found is None:
        return False
    last: int = tables.toml("python_pip")[row].get(f"{found[0]}.{found[1]}", -1)
    return found[2] <= last
