"""Entries of a build context that no program reads when it runs: documentation, version control, tools' settings."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from functools import cache

from dockrefactor import tables


def is_inert(path: str) -> bool:
    """Whether a context entry is of such a kind, by its name (`data/inert_files.toml`)."""
    return _patterns().match(posixpath.basename(path).lower()) is not None


@cache
def _patterns() -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in tables.toml("inert_files")["patterns"]))
