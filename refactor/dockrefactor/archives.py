"""What an archive of the build context leaves when it is unpacked by root: the permissions of its members."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Final

from dockrefactor import permissions

ZIPPED: Final = (".zip", ".jar", ".war", ".whl")
UNPACKERS: Final = frozenset({"unzip", "tar", "bsdtar", "7z", "7za"})
# reading the members of a compressed archive means unpacking it
_MOST_BYTES: Final = 64 * 1024 * 1024


def closed_member(file: str) -> str:
    """What keeps others from a member of the archive at `file`, a path of this machine; `""` where nothing does."""
    try:
        if not file.endswith(ZIPPED) and os.path.getsize(file) > _MOST_BYTES:
            return "it is too large to be looked into"
        for name, mode in _zipped(file) if file.endswith(ZIPPED) else _tarred(file):
            if permissions.is_closed(mode, started=False):
                return f"{name} in it has mode {stat.S_IMODE(mode):04o}"
    except (OSError, ValueError, EOFError, RuntimeError):
        return "it cannot be looked into"
    return ""


def _zipped(file: str) -> Iterator[tuple[str, int]]:
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            for item in archive.infolist():
                # an archive made elsewhere than on Unix says nothing of modes
                if mode := item.external_attr >> 16:
                    yield item.filename, mode
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None


def _tarred(file: str) -> Iterator[tuple[str, int]]:
    import tarfile

    kinds = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK}
    try:
        with tarfile.open(file) as archive:
            for item in archive:
                yield item.name, item.mode | kinds.get(item.type, stat.S_IFREG)
    except tarfile.TarError as error:
        raise ValueError(str(error)) from None
