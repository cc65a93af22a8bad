"""Which words of a command line name what a started program writes, by `data/program_outputs.toml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from dockrefactor.tables import toml


@cache
def _programs() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for name, entry in toml("program_outputs").items():
        found.update(dict.fromkeys((name, *entry.get("like", ())), entry))
    return found


def written(argv: Sequence[str], is_whole: bool = True) -> list[int | str | None]:
    """What the command with these words writes: positions in `argv`, texts of paths, None for what is not told.

    `is_whole`: no more words follow. A program that is not in the table is taken to write nothing.
    """
    entry = _programs().get(argv[0].rpartition("/")[2]) if argv else None
    if entry is None or not set(entry.get("unless", ())).isdisjoint(argv):
        return []
    if "only" in entry:
        command = next((word for word in argv[1:] if not word.startswith("-") and "/" not in word), "")
        if command not in entry["only"]:
            return []
    found: list[int | str | None] = []
    for at, word in enumerate(argv[1:], 1):
        option, equals, value = word.partition("=")
        if option in entry.get("options", ()):
            found.append(value if equals else at + 1 if at + 1 < len(argv) else None)
    if found:
        return found
    if "operand" in entry:
        operands = [at for at, word in enumerate(argv) if at and not word.startswith("-")]
        chosen = {"last": operands[-1:], "first": operands[:1], "all": operands}[entry["operand"]]
        return list(chosen) if is_whole else [None]
    switches = entry.get("switches")
    if "default" not in entry or (switches and set(switches).isdisjoint(argv)):
        return []
    return [entry["default"] if is_whole else None]
