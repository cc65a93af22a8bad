"""Procfiles: the processes of an application, each a line of shell.

https://devcenter.heroku.com/articles/procfile#procfile-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockrefactor.records import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """A line `name: command`; `line` is 1-based."""

    name: str
    command: str
    line: int


def processes(text: str) -> Iterator[Process]:
    """The processes that a Procfile names."""
    for number, row in enumerate(text.splitlines(), 1):
        name, colon, command = row.partition(":")
        if colon and re.fullmatch(r"[\w-]+", name) and command.strip():
            yield Process(name, command.strip(), number)
