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
