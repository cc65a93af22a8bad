"""That apt has its package lists in every stage that installs with it.

An author fetches them once, in a step of its own or in an earlier install, and the images of Debian and Ubuntu come
without. Where a split parts such steps, the fetch is repeated where it is missing, and left out where it is idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from dockrefactor import package_lists
from dockrefactor.document import Document
from dockrefactor.effects import Kind, overlap
from dockrefactor.patterns import regex
from dockrefactor.slots import Slot
from dockrefactor.stages import Placed, Step
from dockrefactor.step_effects import BUILDING, NEUTRAL

_LISTS: Final = "/var/lib/apt/lists"
_INSTALL: Final = regex(r"(?<![\w./-])(apt|apt-get|aptitude)(?=\s[^&|;#]*\b(?:install|(?:dist-|full-)?upgrade)\b)")
# after the last install, these have no use for the lists either
_WITHOUT_LISTS: Final = BUILDING | NEUTRAL | {Kind.FILES, Kind.ACCOUNTS}

_Side = Literal["builder", "runtime"]


def keep(document: Document, slots: Sequence[Slot]) -> None:
    """Give the steps of both stages that fetch the lists, or fetch them in the steps that install."""
    installs = served(slots)
    for side in ("builder", "runtime"):
        _Stage(document, slots, installs, side).fetch()
    for at, slot in enumerate(slots):
        if slot.builder and slot.runtime and _only_fetches(slot.step) and _is_idle(slots[at + 1 :]):
            slot.builder = False


class _Stage:
    """One of the two stages, followed from its first step to its last."""

    def __init__(self, document: Document, slots: Sequence[Slot], served: frozenset[int], side: _Side) -> None:
        self.document = document
        self.slots = slots
        self.served = served
        self.side = side
        self.fresh = False
        self.fetching: Slot | None = None  # a step of the author's that this stage may have too

    def fetch(self) -> None:
        for slot in self.slots:
            if slot.step.run is None:
                continue
            if not getattr(slot, self.side):
                self.fetching = slot if _only_fetches(slot.step) else self.fetching
            elif package_lists.is_plain(self._text(slot)):
                self.fresh, self.fetching = False, None
            else:
                self._follow(slot)

    def _follow(self, slot: Slot) -> None:
        assert slot.step.run is not None
        for placed in slot.step.run.commands:
            if _fetches(placed):
                self.fresh = True
            elif _cleans(placed):
                self.fresh, self.fetching = False, None
            elif _installs(placed) and not self.fresh and slot.step.instruction.index in self.served:
                self._refresh(slot)

    def _refresh(self, slot: Slot) -> None:
        self.fresh = True
        if self.fetching is not None:
            setattr(self.fetching, self.side, True)
            return
        text = _INSTALL.sub(r"\1 update && \1", self._text(slot), count=1)
        setattr(slot, f"{self.side}_text", text)

    def _text(self, slot: Slot) -> str:
        text: str | None = getattr(slot, f"{self.side}_text")
        return text if text is not None else self.document.source(slot.step.instruction)


def served(slots: Sequence[Slot]) -> frozenset[int]:
    """The steps of which an install finds the lists in the original, by the indices of their instructions."""
    fresh = False
    found: set[int] = set()
    for slot in slots:
        for placed in slot.step.commands:
            if _installs(placed) and fresh:
                found.add(slot.step.instruction.index)
            fresh = _fetches(placed) or (fresh and not _cleans(placed))
    return frozenset(found)


def _fetches(placed: Placed) -> bool:
    return placed.effects.kind is Kind.OS_UPDATE and placed.effects.writes == (_LISTS,)


def _cleans(placed: Placed) -> bool:
    return placed.effects.removes and overlap(placed.effects.writes, (_LISTS,))


def _installs(placed: Placed) -> bool:
    kinds = (Kind.OS_INSTALL, Kind.OS_FILES)
    return placed.effects.kind in kinds and placed.command.name in ("apt", "apt-get", "aptitude")


def _only_fetches(step: Step) -> bool:
    commands = step.commands
    return any(map(_fetches, commands)) and all(
        _fetches(placed) or placed.effects.kind in (Kind.SETTING, Kind.QUERY) for placed in commands
    )


def _is_idle(following: Sequence[Slot]) -> bool:
    """Whether no step of the builder uses the lists before they are fetched anew."""
    for slot in following:
        for placed in slot.step.run.commands if slot.builder and slot.step.run is not None else ():
            if _fetches(placed):
                return True
            if placed.effects.kind not in _WITHOUT_LISTS:
                return False
    return True
