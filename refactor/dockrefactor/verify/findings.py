"""What a comparison finds, and the verdict that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from dockrefactor.records import dataclass


class Verdict(StrEnum):
    """What may be said of a result. `NOT_TRIED` always comes with a reason."""

    PROVED = "proved"
    DIFFERS = "differs"
    BROKEN = "broken"
    ORIGINAL_BROKEN = "original broken"
    NOT_TRIED = "not tried"

    @property
    def exit_code(self) -> int:
        """0 proved, 1 not, 2 could not try."""
        return {Verdict.PROVED: 0, Verdict.NOT_TRIED: 2}.get(self, 1)


class Weight(StrEnum):
    """How much a finding counts."""

    NOTE = "note"  # worth knowing, on purpose or harmless
    DIFFERENCE = "difference"  # the result does something else
    BREAKAGE = "breakage"  # the result does not work
    ORIGINAL = "original"  # the original does not work, so there is nothing to compare with


class Lack(StrEnum):
    """What kind of thing a result lacks, where a repair may bring it."""

    LIBRARY = "library"
    PROGRAM = "program"
    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of a comparison. `check` names what was looked at; `lacks` and `what` say what would mend it: a library
    or program by its name, a file or folder by its path in the image."""

    check: str
    weight: Weight
    says: str
    lacks: Lack | None = None
    what: str = ""

    def __str__(self) -> str:
        return f"{self.check}: {self.says}"


def note(check: str, says: str) -> Finding:
    """A finding that does not count against the result."""
    return Finding(check, Weight.NOTE, says)


def verdict(findings: Iterable[Finding]) -> Verdict:
    """The worst that any finding says; proved where none counts."""
    weights = {finding.weight for finding in findings}
    if Weight.ORIGINAL in weights:
        return Verdict.ORIGINAL_BROKEN
    if Weight.BREAKAGE in weights:
        return Verdict.BROKEN
    return Verdict.DIFFERS if Weight.DIFFERENCE in weights else Verdict.PROVED
