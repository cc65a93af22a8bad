"""Moves the tests of a build to a stage of their own, which `docker build --target test` builds.

On request only (`--test-stage`): a plain build runs them no more. The stage is cut in two where its last tests stand;
what comes before is the base of the tests and of the rest, so that the tests see what they saw. Tests that share a RUN
with anything else stay.
"""

from __future__ import annotations

import re

from dockrefactor.document import Document
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.stages import Stage, Step
from dockrefactor.text import Edit, insertion

_BESIDE = frozenset({Kind.SETTING, Kind.QUERY})


class Reasons(ReasonEnum):
    """Why the tests stay."""

    NO_TESTS = Reason("no-tests", "No RUN of the build only tests.", "Nothing.")
    SHARED_STEP = Reason(
        "tests-share-a-step", "The tests share a RUN with other commands.", "Put the tests into a RUN of their own."
    )
    OTHER_PLACES = Reason(
        "tests-in-several-places",
        "Between the tests of one stage, settings change or something is removed that the first of them may need.",
        "Put the tests next to each other.",
    )
    NUMBERED = Reason(
        "stages-by-number", "A COPY names a stage by its number, which another stage would change.", "Name the stages."
    )


def run(facts: Facts) -> Outcome:
    """The test stage of the first stage that tests."""
    shared: Refusal | None = None
    for stage in facts.stages:
        if stage not in facts.contributing:
            continue
        tests = [step for step in stage.steps if step.run is not None and Kind.TEST in step.run.kinds]
        mixed = next((step for step in tests if step.run is not None and step.run.kinds - {Kind.TEST} - _BESIDE), None)
        if mixed is not None:
            shared = Refusal(Reasons.SHARED_STEP, facts.at(mixed.instruction, "it does more than to test"))
        elif tests:
            return _against(facts, stage, tests) or _separate(facts, stage, tests)
    return shared or Unneeded(Reasons.NO_TESTS, facts.at(facts.final.origin, "no tests"))


def _against(facts: Facts, stage: Stage, tests: list[Step]) -> Refusal | None:
    for other in facts.stages:
        for step in other.steps:
            if step.copy is not None and (step.copy.origin or "").isdigit():
                return Refusal(Reasons.NUMBERED, facts.at(step.instruction, f"--from={step.copy.origin}"))
    first, last = stage.steps.index(tests[0]), stage.steps.index(tests[-1])
    for step in stage.steps[first : last + 1]:
        commands = step.commands
        removes = any(item.effects.removes or item.effects.kind in (Kind.PRUNE, Kind.UNKNOWN) for item in commands)
        if removes or (step.run is None and step.copy is None):
            return Refusal(Reasons.OTHER_PLACES, facts.at(step.instruction, f"{step.keyword} between them"))
    return None


def _separate(facts: Facts, stage: Stage, tests: list[Step]) -> Change:
    document = facts.document
    newline = document.newline
    last = stage.steps.index(tests[-1])
    rest = stage.steps[last + 1 :]
    at_end = bool(stage.name) and stage is not facts.final and all(step.keyword in ("ENV", "ARG") for step in rest)
    base = stage.name if at_end else _free(facts, "base")
    arguments = "".join(_text(document, step) for step in stage.steps[:last] if step.keyword == "ARG")
    body = arguments + "".join(_text(document, step) for step in tests)
    text = newline + document.typed(f"FROM {base} AS {_free(facts, 'test')}") + newline + body
    edits = [Edit(span, "") for span in document.removals(step.instruction for step in tests)]
    if at_end:
        end = document.with_comments(stage.steps[-1].instruction).end
        edits.append(insertion(end, text if document.text[:end].endswith("\n") else newline + text))
    else:
        name = document.typed(f" AS {stage.name}") if stage.name else ""
        follow = newline + document.typed(f"FROM {base}") + name + newline + arguments
        place = document.with_comments(tests[-1].instruction)
        start = place.start
        end_of_line = "" if document.text[:start].endswith("\n") else newline
        edits.append(insertion(start, end_of_line + text + follow))
        edits.append(_named(facts, stage, base))
    return Change(tuple(edits), "the tests run where they are asked for, and a build does not wait for them")


def _named(facts: Facts, stage: Stage, name: str) -> Edit:
    """The edit that gives the stage's FROM a name."""
    origin = stage.origin
    if stage.name:
        return Edit(origin.words[2].span, name)
    return insertion(origin.words[0].span.end, facts.document.typed(f" AS {name}"))


def _text(document: Document, step: Step) -> str:
    text = document.with_comments(step.instruction).of(document.text)
    return text if text.endswith("\n") else text + document.newline


def _free(facts: Facts, name: str) -> str:
    """`name`, or with a number where a stage or target has it."""
    taken = {stage.name.lower() for stage in facts.stages} | {item.lower() for item in facts.neighbours.targets}
    taken |= {re.split(r"[:@]", stage.written_base or "")[0] for stage in facts.stages}
    number = 1
    while name in taken:
        number += 1
        name = f"{name.rstrip('0123456789')}{number}"
    return name


TRANSFORM = Transform("separate-tests", run, Reasons, on_request=True)
