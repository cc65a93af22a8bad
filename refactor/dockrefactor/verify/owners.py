"""Which package of an image brought a file: what `dpkg -S` and `apk info -W` answer, from the image's own records."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.verify.image_files import ImageFiles

_DPKG: Final = "/var/lib/dpkg/info/"
_APK: Final = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
# folders that are links into /usr on every current distribution, while older records name them without it
_MERGED: Final = ("/bin/", "/sbin/", "/lib/", "/lib64/")
_PYTHON_RECORD: Final = regex(r"/(?P<name>[^/]+)-[^/-]+\.dist-info/RECORD$")
_NODE_PACKAGE: Final = regex(r".*/node_modules/(?P<name>(?:@[^/]+/)?[^/]+)/")


class Owners:
    """The records of one image, read when they are first asked."""

    def __init__(self, files: ImageFiles) -> None:
        self._files = files
        self._names: Mapping[str, str] | None = None

    def package(self, path: str) -> str | None:
        """The distribution's package that `path`, or what it leads to, belongs to; None where none does."""
        if self._names is None:
            self._names = _recorded(self._files)
        for candidate in (path, self._files.real(path)):
            for spelled in _spellings(candidate) if candidate else ():
                if spelled in self._names:
                    return self._names[spelled]
        return None

    def library(self, name: str) -> str | None:
        """Where a shared library is, by its file name: in a folder of the system before others."""
        found = [path for path, file in self._files.files.items() if path.endswith(f"/{name}") and not file.is_dir]
        return min(found, key=lambda path: (not path.startswith(("/usr/lib", "/lib")), len(path)), default=None)

    def language_package(self, path: str) -> str | None:
        """The Python or Node package that `path` belongs to, by its name; None where it belongs to none."""
        if (match := _NODE_PACKAGE.match(path)) is not None:
            return match["name"]
        if "/site-packages/" not in path and "/dist-packages/" not in path:
            return None
        folder = re.sub(r"((?:site|dist)-packages)/.*", r"\1", path)
        inner = path.removeprefix(f"{folder}/")
        for record, text in _records(self._files, folder):
            if any(line.partition(",")[0] == inner for line in text.splitlines()):
                return record
        return None


@cache
def _records(files: ImageFiles, folder: str) -> tuple[tuple[str, str], ...]:
    """The name and the list of files of every Python package in a folder."""
    named = {
        path: match["name"]
        for path in files.files
        if path.startswith(folder) and (match := _PYTHON_RECORD.search(path))
    }
    return tuple((named[path], data.decode("utf-8", "replace")) for path, data in files.contents(named).items())


def _recorded(files: ImageFiles) -> dict[str, str]:
    lists = [path for path in files.files if path.startswith(_DPKG) and path.endswith(".list")]
    found: dict[str, str] = {}
    for path, data in files.contents(lists).items():
        package = posixpath.basename(path).removesuffix(".list").partition(":")[0]
        found.update(dict.fromkeys(data.decode("utf-8", "replace").splitlines(), package))
    package = folder = ""
    for line in next((text for path in _APK if (text := files.text(path))), "").splitlines():
        kind, _, value = line.partition(":")
        if kind == "P":
            package = value
        elif kind == "F":
            folder = value
        elif kind == "R":
            found[f"/{folder}/{value}".replace("//", "/")] = package
    return found


def _spellings(path: str) -> tuple[str, ...]:
    plain = path.removeprefix("/usr")
    if plain != path and plain.startswith(_MERGED):
        return path, plain
    return (path, f"/usr{path}") if path.startswith(_MERGED) else (path,)
