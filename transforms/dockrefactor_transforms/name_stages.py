"""Names the stages that a file refers to by number: `FROM node:20 AS builder`, `COPY --from=builder`.

On request only (`--name-stages`): the image stays the same. A number counts all stages before it, so that a new stage
changes what it means; a name does not. Every COPY follows; the mounts of RUN know stages by name only. A stage that
nothing refers to stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

from dockrefactor.document import Instruction
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.patterns import regex
from dockrefactor.stages import Stage
from dockrefactor.text import Edit, Span, insertion

_REFERENCE: Final = regex(r"(?<!\S)--from=(\d+)(?=\s|$)")


class Reasons(ReasonEnum):
    """Why no stage is named."""

    NOTHING_TO_NAME = Reason("nothing-to-name", "No stage is referred to by its number.", "Nothing.")
    TARGET_BY_NUMBER = Reason(
        "target-by-number",
        "A compose file, workflow or Makefile builds a stage by its number.",
        "Name the stages by hand, and let the target be a name.",
    )
    UNREADABLE_REFERENCE = Reason(
        "unreadable-reference",
        "A reference to a stage by number is not written plainly.",
        "Write it as --from=NUMBER.",
    )


def run(facts: Facts) -> Outcome:
    """Names for the stages that numbers refer to."""
    references = [span for stage in facts.stages for span in _references(facts, stage)]
    numbers = {int(span.of(facts.document.text)) for span in references}
    meant = [stage for stage in facts.stages[:-1] if stage.index in numbers]
    hidden = _hidden_reference(facts, len(references))
    if hidden is not None:
        return Refusal(Reasons.UNREADABLE_REFERENCE, facts.at(hidden, "names a stage by its number"))
    if not meant:
        return Unneeded(Reasons.NOTHING_TO_NAME, facts.at(facts.final.origin, "no number names a stage"))
    targets = [(service.target, service.evidence) for service in facts.neighbours.services]
    targets += [(build.target, build.evidence) for build in facts.neighbours.builds]
    for target, evidence in targets:
        if target.isdigit():
            return Refusal(Reasons.TARGET_BY_NUMBER, evidence)
    names = _names(facts, meant)
    edits = [_named(facts, stage, names[stage.index]) for stage in meant if not stage.name]
    numbered = [(span, int(span.of(facts.document.text))) for span in references]
    edits += [Edit(span, names[number]) for span, number in numbered if number in names]
    return Change(tuple(edits), "a name says what a stage is for, and stays when another stage is added")


def _references(facts: Facts, stage: Stage) -> list[Span]:
    """The numbers that stand for a stage in the flags of the stage's instructions."""
    found: list[Span] = []
    for step in stage.steps:
        item = step.instruction
        if step.copy is None or not item.flags:
            continue
        start, end = item.span.start, item.offset(item.value_start)
        matches = _REFERENCE.finditer(facts.document.text, start, end)
        found += [Span(match.start(1), match.end(1)) for match in matches]
    return found


def _hidden_reference(facts: Facts, seen: int) -> Instruction | None:
    """An instruction that refers to a stage by number in a spelling that was not seen; None where all were."""
    numbered = [
        step.instruction
        for stage in facts.stages
        for step in stage.steps
        if step.copy is not None and re.fullmatch(r"[\"']?\d+[\"']?", step.instruction.flag("from") or "")
    ]
    return numbered[-1] if len(numbered) != seen else None


def _names(facts: Facts, stages: list[Stage]) -> dict[int, str]:
    """A name for each stage: its own, `builder` for a single one, else by the image that it stands on."""
    taken = {stage.name.lower() for stage in facts.stages} | {target.lower() for target in facts.neighbours.targets}
    for stage in facts.stages:
        taken.add(re.split(r"[:@]", stage.written_base or "")[0])
        taken |= {step.copy.origin.lower() for step in stage.steps if step.copy is not None and step.copy.origin}
    alone = sum(not stage.name for stage in stages) == 1
    names: dict[int, str] = {}
    for stage in stages:
        family = stage.base.language or stage.base.family if stage.base is not None and not alone else ""
        wanted = f"{family}-builder" if re.fullmatch(r"[a-z]+", family) else "builder"
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}{number}"
        names[stage.index] = stage.name or name
        taken.add(name)
    return names


def _named(facts: Facts, stage: Stage, name: str) -> Edit:
    """The edit that gives the stage's FROM a name."""
    origin = stage.origin
    lower = origin.keyword_span.of(facts.document.text).islower()
    return insertion(origin.words[0].span.end, f" {'as' if lower else 'AS'} {name}")


TRANSFORM = Transform("name-stages", run, Reasons, on_request=True)
