"""Scripts of which many projects have a copy (`data/start_scripts.toml`): known by their text, not followed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from dockrefactor import tables


@cache
def _words() -> dict[str, str]:
    """The word behind which the command stands, by the hash of each text."""
    rows = tables.toml("start_scripts").values()
    return {text: row["after"] for row in rows for text in row["sha256"]}


def _hash(text: str) -> str:
    import hashlib  # OpenSSL comes with it: only where there is a script

    return hashlib.sha256("\n".join(line.rstrip() for line in text.splitlines()).strip().encode()).hexdigest()


def is_known(text: str) -> bool:
    """Whether a script's text is that of a known one."""
    return _hash(text) in _words()


def handed_over(text: str, arguments: Sequence[str]) -> tuple[str, ...] | None:
    """What a known script with these arguments starts in the end, maybe nothing; None for any other script."""
    word = _words().get(_hash(text))
    if word is None:
        return None
    return tuple(arguments[arguments.index(word) + 1 :]) if word in arguments else ()
