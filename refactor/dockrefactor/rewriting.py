"""Replacing a file's content at once: a reader sees the old text or the new one, never a part of either."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path


class ChangedMeanwhileError(Exception):
    """The file no longer has the content that was read."""


def create(path: Path, content: bytes) -> None:
    """Make a new file at once. Raises OSError, with nothing left behind, and ChangedMeanwhileError if one is there."""
    folder, name = os.path.split(os.path.abspath(path))
    temporary = _temporary(folder, name, content)
    try:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        if os.path.lexists(path):
            raise ChangedMeanwhileError
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def rewrite(path: Path, before: bytes, after: bytes) -> None:
    """Replace the content of `path`, which must still be `before`, by `after`.

    Mode and (where the system allows it) owner stay; a link stays a link, its target is rewritten. The new file is
    another inode: further hard links keep the old content. Raises OSError, with the old file in place and nothing
    left beside it, and ChangedMeanwhileError.
    """
    target = os.path.realpath(path)
    status = os.stat(target)
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    with open(target, "rb") as current:
        if current.read(len(before) + 1) != before:
            raise ChangedMeanwhileError
    folder, name = os.path.split(target)
    temporary = _temporary(folder, name, after)
    try:
        _keep_owner(temporary, status)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _temporary(folder: str, name: str, content: bytes) -> str:
    """A file beside `name` that has the content, on disk."""
    handle, temporary = tempfile.mkstemp(prefix=f".{name[:100]}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def _keep_owner(temporary: str, status: os.stat_result) -> None:
    if hasattr(os, "chown"):
        # only root may give a file away; a group that the user is in still works
        with contextlib.suppress(OSError):
            os.chown(temporary, -1, status.st_gid)
        with contextlib.suppress(OSError):
            os.chown(temporary, status.st_uid, -1)


def _sync_folder(folder: str) -> None:
    """Make the new name survive a power cut, where folders can be opened (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
