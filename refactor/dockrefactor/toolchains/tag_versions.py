"""The version of a language in the tag of its official image."""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import image
from dockrefactor.image import Image

NEWEST: Final = 99


def tag_version(base: Image | None, language: str) -> tuple[int, int, int] | None:
    """Major, minor, patch of an image of `language`, `NEWEST` where its tag leaves them open; None of other images."""
    if base is None or base.language != language:
        return None
    found = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", base.reference.tag)
    if found is None:
        named = image.codename_major(base.reference.tag)
        return (named if named is not None else NEWEST, NEWEST, NEWEST)
    major, minor, patch = (int(number) if number else NEWEST for number in found.groups())
    return (major, minor, patch)
