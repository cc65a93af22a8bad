"""Entries of a build context that no program reads when it runs: documentation, version control, tools' settings."""

from __future__ import annotations

import fnmatch
import posixpath

from dockrefactor import tables


def is_inert(path: str) -> bool:
    """Whether a context entry is of such a kind, by its name (`data/inert_files.toml`)."""
    name = posixpath.basename(path).lower()
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in tables.toml("inert_files")["patterns"])
