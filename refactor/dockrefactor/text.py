"""Splicing: the only way this program changes a text."""

from __future__ import annotations

from collections.abc import Iterable

from dockrefactor.records import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets, `start <= end`."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


class OverlapError(ValueError):
    """Two edits want the same characters: a defect of a transform."""


def insertion(offset: int, text: str) -> Edit:
    return Edit(Span(offset, offset), text)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with every edit made; insertions at one offset keep the order in which they are given.

    Raises OverlapError where spans overlap.
    """
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        if edit.span.start < at:
            raise OverlapError(f"edit at {edit.span.start} overlaps one that ends at {at}")
        parts += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    parts.append(text[at:])
    return "".join(parts)


def edits_between(before: str, after: str) -> tuple[Edit, ...]:
    """The edits, of whole lines, that make `after` of `before`: those of several changes one after the other."""
    from difflib import SequenceMatcher

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Edit(Span(starts[first], starts[last]), "".join(new[into:end]))
        for kind, first, last, into, end in matcher.get_opcodes()
        if kind != "equal"
    )
