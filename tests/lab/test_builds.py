"""Every original and every result is built and run: both work, in the same way, and the result is what it promises."""

from __future__ import annotations

import time

import pytest

from cases import Case, HttpProbe, OutputProbe, SourceEdit, all_cases, in_words, result_of
from dockrefactor.document import Instruction
from dockrefactor.verify import building, rebuilding
from dockrefactor.verify.building import Step
from dockrefactor.verify.findings import Verdict
from dockrefactor.verify.proving import Version
from dockrefactor.verify.rebuilding import Edit
from dockrefactor.verify.running import Observation
from workshop import Sizes, Workshop

pytestmark = pytest.mark.lab

CASES = [case for case in all_cases() if case.probe is not None]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_result_works_as_the_original(case: Case, workshop: Workshop, builds_end: float) -> None:
    if time.monotonic() > builds_end:
        pytest.skip("not built in this run: the time for builds was over")
    if absent := workshop.lacks(case):
        pytest.skip(f"no image here: {', '.join(sorted(absent))}")
    tried = workshop.of(case)
    if tried.proof is None:
        check_probe(case, tried.original, "the original")
        return
    findings = "\n".join(f"{finding.weight}: {finding}" for finding in tried.proof.findings)
    assert tried.proof.verdict is Verdict.PROVED, f"{tried.proof.reason}\n{findings}"
    for observed, which in zip(tried.proof.observed, ("the original", "the result"), strict=True):
        check_probe(case, observed, which)
    before, after = tried.proof.before, tried.proof.after
    assert before is not None
    assert after is not None
    workshop.sizes.append(Sizes(case.name, before.size, after.size, after.user))
    if changed(case, "add-user"):
        assert after.user.partition(":")[0] not in ("", "0", "root")
        assert after.uid not in (0, None)
    if case.edit is not None:
        check_rebuild(case, case.edit, tried.before, tried.after, workshop)


def changed(case: Case, transform: str) -> bool:
    return any(answer.transform == transform and in_words(answer) == "changed" for answer in result_of(case).answers)


def check_probe(case: Case, seen: Observation, which: str) -> None:
    match case.probe:
        case HttpProbe(port, path, status, contains, _):
            answer = seen.answers.get((port, path))
            assert answer is not None, f"{which} does not answer at port {port}:\n{seen.output[-2000:]}"
            assert answer.status == status, f"{which} answers {answer}, not {status}:\n{answer.body[-2000:]}"
            assert contains in answer.body, f"{which} does not say {contains!r}:\n{answer.body[-2000:]}"
        case OutputProbe(exit, contains, _):
            assert seen.code == exit, f"{which} ends with {seen.code}, not {exit}:\n{seen.output[-2000:]}"
            assert contains in seen.output, f"{which} does not print {contains!r}:\n{seen.output[-2000:]}"
        case None:
            raise AssertionError("this case has no probe")


def check_rebuild(case: Case, edit: SourceEdit, before: Version, after: Version, workshop: Workshop) -> None:
    """After an edit of a source, the dependencies of the result come from the cache; where the order was changed, those
    of the original do not."""
    steps = rebuilt(edit, after, workshop)
    if not all(step.cached for step in steps):
        # an engine may drop what it has cached at any time: ask once more, right after a build to the end
        workshop.engine.remove_images(building.build(workshop.engine, after.recipe).name)
        steps = rebuilt(edit, after, workshop)
    assert steps, f"the result has no step with {edit.cached!r}"
    assert [step.text for step in steps if not step.cached] == []
    if changed(case, "order-copies"):
        steps = rebuilt(edit, before, workshop)
        # an original without such a step does its work in a later one
        assert steps == () or not all(step.cached for step in steps), "the original's order was good enough"


def rebuilt(edit: SourceEdit, version: Version, workshop: Workshop) -> tuple[Step, ...]:
    """The steps with the words of `edit` in a build after it; none where the Dockerfile has none."""
    steps = [step for stage in version.facts.contributing for step in stage.steps if step.keyword in ("RUN", "COPY")]
    runs = [step.instruction for step in steps]
    words = [shown for run in runs if (shown := shown_words(run, edit.cached))]
    line = Edit(edit.file, edit.append)
    return rebuilding.steps_until(workshop.engine, version.recipe, line, words) if words else ()


def shown_words(run: Instruction, words: str) -> str:
    """By what the engine's progress shows a RUN that has these words; the empty string where it has them not."""
    if words in run.logical:
        return words
    if run.heredocs and words in run.heredocs[0].content:
        # of a here-document, only the first line is shown
        return f"{run.value} ({run.heredocs[0].content.splitlines()[0]}"
    return ""
