"""Names by which Python's programs, its package managers and what steers them are recognised."""

from __future__ import annotations

import posixpath
import re
from functools import cache

from dockrefactor import tables


@cache
def names(of: str) -> frozenset[str]:
    """One list of `data/python_names.toml`: `programs`, `managers`, `steering`, `needs_tk`, `django_files`, …."""
    return frozenset(tables.toml("python_names")[of])


def looks_like_python(word: str) -> bool:
    """Whether the first word of a command is Python's or one of a Python package's, by its name."""
    name = posixpath.basename(word)
    return bool(re.fullmatch(r"python[\d.]*|pip[\d.]*", name)) or name in names("programs") or name == "manage.py"


def activates(argv: tuple[str, ...]) -> bool:
    """Whether a command takes the variables of a virtual environment into its shell: `. venv/bin/activate`."""
    return len(argv) == 2 and argv[0] in (".", "source") and argv[1].endswith("/bin/activate")
