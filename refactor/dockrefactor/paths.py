"""How paths are shown to people and compared with each other."""

from __future__ import annotations

import os
from pathlib import Path


def shown(path: Path) -> str:
    """`path` with `/` between its parts: relative where it lies below the working folder, else absolute."""
    absolute = Path(os.path.abspath(path))
    try:
        return absolute.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return absolute.as_posix()


def is_below(path: str | Path, root: str | Path) -> bool:
    """Whether `path` is `root` or lies in it, once every link of both is followed."""
    real_root = os.path.realpath(root)
    try:
        return os.path.commonpath([os.path.realpath(path), real_root]) == real_root
    except ValueError:  # another drive
        return False


def found_dockerfile(path: str) -> str:
    """The path of the Dockerfile that the engine takes for `path`: where there is no `Dockerfile`, it is `dockerfile`.

    Source: frontend/dockerui/config.go of BuildKit.
    """
    folder, name = os.path.split(path)
    if name != "Dockerfile":
        return path
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return path
    return os.path.join(folder, name.lower()) if name not in names and name.lower() in names else path


def printable(text: str) -> str:
    """`text` on one line, without what would steer a terminal: control characters become escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode() for char in text
    )
