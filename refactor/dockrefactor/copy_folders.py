"""Copies into a folder stay so where the step that made the folder is gone from their stage, or now comes later.

`COPY file /app` puts the file into /app where that is a folder already, and makes a file /app of it where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockrefactor.document import Instruction
from dockrefactor.facts import Facts
from dockrefactor.stages import Copy
from dockrefactor.text import Edit, insertion


def completed(before: Facts, after: Facts) -> tuple[Edit, ...]:
    """What makes the copies of `after` go into the folders that they go into in `before`: a slash behind these."""
    into: dict[tuple[str, str], bool] = {}
    for instruction, copy in _copies(before):
        key = instruction.value, copy.destination
        into[key] = copy.into_folder and into.get(key, True)
    return tuple(
        insertion(_end(instruction), "/")
        for instruction, copy in _copies(after)
        if not copy.into_folder and into.get((instruction.value, copy.destination), False)
    )


def _copies(facts: Facts) -> Iterator[tuple[Instruction, Copy]]:
    for stage in facts.stages:
        for step in stage.steps:
            if step.copy is not None and step.copy.known:
                yield step.instruction, step.copy


def _end(instruction: Instruction) -> int:
    """Where the destination ends, before its quote in the JSON form."""
    if not instruction.json:
        return instruction.words[-1].span.end
    word = next(word for word in reversed(instruction.words) if '"' in word.text)
    return word.span.start + word.text.rindex('"')
