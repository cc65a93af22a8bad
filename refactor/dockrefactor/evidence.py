"""Evidence: the file and line that a claim about a Dockerfile or its build context rests on."""

from __future__ import annotations

from dockrefactor.records import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Where a claim comes from.

    `path` is relative to the build context (POSIX separators), or the Dockerfile's own name; `line` is 1-based, 0
    where the claim concerns the whole file; `says` is one short clause for people.
    """

    path: str
    line: int
    says: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.says}"
