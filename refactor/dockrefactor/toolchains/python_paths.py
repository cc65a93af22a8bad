"""Texts and paths that a Python source builds, as far as they are known."""

from __future__ import annotations

import posixpath
from typing import Final

from dockrefactor.records import dataclass

COMPUTED_END: Final = "whose end is computed"
"""Stands in the evidence of a path of which the folder alone is known, or what the name in it begins with."""
BESIDE_SOURCE: Final = "placed beside the source file"
"""Ends the evidence of a path placed by `__file__`: it is relative to the context, not to the process's folder."""
DATABASE: Final = "SQLite database address"
"""The evidence of a path that such an address names."""
UPLOAD: Final = "a model's field of files"
"""The evidence of a folder for the files of such fields."""


@dataclass(frozen=True, slots=True)
class Value:
    """A known text. `rooted`: a path that starts with `/` at the context's root; `temporary`: made by tempfile."""

    text: str
    rooted: bool = False
    temporary: bool = False

    @property
    def context_path(self) -> str | None:
        """The path as a claim spells it; None where it leaves the context."""
        if not self.rooted:
            return self.text
        relative = posixpath.normpath(self.text.lstrip("/") or ".")
        return None if relative.startswith("..") else relative


TEMPORARY: Final = Value("", temporary=True)
HERE: Final = Value("")
"""The folder of the process."""


def parent(value: Value) -> Value | None:
    """The folder of a path; None where it would leave the context."""
    if value.temporary:
        return value
    if value.rooted and posixpath.normpath(value.text) == "/":
        return None
    return Value(posixpath.dirname(value.text.rstrip("/")), value.rooted)


def join(left: Value, right: Value | None) -> Value | None:
    """`left / right` as paths are joined."""
    if right is None or left.temporary:
        return left if left.temporary else None
    if right.temporary or right.rooted:
        return right
    if right.text.startswith("/"):
        return right
    return Value(posixpath.join(left.text, right.text) if right.text else left.text, left.rooted)


def below(folder: Value | None, path: Value) -> Value | None:
    """A path as a program sees it that is started in `folder`; None where that is not known and counts."""
    if path.rooted or path.temporary or path.text.startswith("/"):
        return path
    return folder if folder is None else join(folder, path)


def add(left: Value, right: Value | None) -> Value | None:
    """Two texts one after the other."""
    if left.temporary or right is None:
        return left if left.temporary else None
    if right.temporary or not left.text:
        return right
    if left.rooted and left.text == "/":
        return Value(right.text, True) if right.text.startswith("/") else None
    return Value(left.text + right.text, left.rooted or right.rooted)


def holding(path: str) -> str:
    """A path that is a file's for certain: itself, or its folder where its name might be taken for a folder's."""
    folder, name = posixpath.split(path)
    return path if "." in name else folder or "."
