"""What the version in the tag of an official Python image says of its tools."""

from __future__ import annotations

from typing import Final

from dockrefactor import tables
from dockrefactor.image import Image
from dockrefactor.toolchains.tag_versions import tag_version

# https://peps.python.org/pep-0453/: from here on a new virtual environment has a pip of its own
FIRST_WITH_ENVIRONMENTS: Final = (3, 4)


def pip_variable(base: Image | None) -> str:
    """The variable with the version of the image's pip, where a new environment would have an older one; else `""`."""
    name: str = tables.toml("python_pip")["variable"]
    return name if _is_among(base, "older_in_environments") else ""


def has_old_pip(base: Image | None) -> bool:
    """Whether the image's pip passes by most wheels of today."""
    if base is not None and base.release in tables.toml("python_names")["old_pip_releases"]:
        return True
    return _is_among(base, "before_manylinux2014")


def _is_among(base: Image | None, row: str) -> bool:
    found = tag_version(base, "python")
    if found is None:
        return False
    last: int = tables.toml("python_pip")[row].get(f"{found[0]}.{found[1]}", -1)
    return found[2] <= last
