"""The name by which .NET's program is recognised."""

from __future__ import annotations

import posixpath


def looks_like_dotnet(word: str) -> bool:
    """Whether the first word of a command is .NET's."""
    return posixpath.basename(word) == "dotnet"
