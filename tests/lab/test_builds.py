"""Every original and every result is built and run: both work, in the same way, and the result is what it promises."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

import engine
from cases import Case, HttpProbe, OutputProbe, SourceEdit, all_cases, facts_of, in_words, result_of
from dockrefactor.contract import BUILD_ONLY_ENV
from dockrefactor.document import Instruction
from workshop import Built, Image, Sizes, copy_context

pytestmark = pytest.mark.lab

CASES = [case for case in all_cases() if case.probe is not None]
# the image configuration that must be equal; Env is compared by the variables that instructions set
CONTRACT = (
    *("Entrypoint", "Cmd", "ExposedPorts", "Volumes", "WorkingDir"),
    *("Labels", "StopSignal", "Healthcheck", "Shell", "OnBuild"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_result_works_as_the_original(case: Case, built: Built, tmp_path: Path) -> None:
    probe(case, built.original, "the original")
    if not result_of(case).changed:
        return
    probe(case, built.result, "the result")
    before, after = engine.image(built.original.tag), engine.image(built.result.tag)
    assert configuration(case, after["Config"]) == configuration(case, before["Config"])
    assert engine.warnings(built.result.context) - engine.warnings(built.original.context) == set()
    user = str(after["Config"].get("User") or "")
    built.sizes.append(Sizes(case.name, before["Size"], after["Size"], user))
    if changed(case, "add-user"):
        assert user.partition(":")[0] not in ("", "0", "root")
        assert engine.user_id(built.result.tag) != 0
    if case.edit is not None:
        check_rebuild(case, case.edit, built, tmp_path)


def changed(case: Case, transform: str) -> bool:
    return any(answer.transform == transform and in_words(answer) == "changed" for answer in result_of(case).answers)


def probe(case: Case, image: Image, which: str) -> None:
    match case.probe:
        case HttpProbe(port, path, status, contains, env):
            answer, wanted = engine.ask(image.tag, env, port, path, status), status
        case OutputProbe(wanted, contains, env):
            answer = engine.run_to_end(image.tag, env)
        case None:
            raise AssertionError("this case has no probe")
    assert answer.code == wanted, f"{which} answers {answer.code}, not {wanted}:\n{answer.text[-2000:]}"
    assert contains in answer.text, f"{which} does not say {contains!r}:\n{answer.text[-2000:]}"


def configuration(case: Case, config: dict[str, Any]) -> dict[str, object]:
    """What the contract holds of an image's configuration; folders that a result adds to PATH are left out."""
    facts = facts_of(case, result_of(case).before)
    names = {
        name for stage in facts.stages for step in stage.steps if step.keyword == "ENV"
        for name in step.instruction.args[::3]
    } - BUILD_ONLY_ENV  # fmt: skip
    env = dict(text.partition("=")[::2] for text in config.get("Env") or ())
    found: dict[str, object] = {key: config.get(key) or None for key in CONTRACT}
    found["Env"] = {name: env.get(name) for name in sorted(names - {"PATH"})}
    known = (facts.final.after.env.get("PATH") or "").split(":")
    found["PATH"] = (
        [folder for folder in env.get("PATH", "").split(":") if folder in known] if "PATH" in names else None
    )
    return found


def check_rebuild(case: Case, edit: SourceEdit, built: Built, folder: Path) -> None:
    """After an edit of a source, the dependencies of the result come from the cache; where the order was changed, those
    of the original do not."""
    steps = rebuilt(case, edit, built.result, folder / "result")
    assert steps, f"the result has no step with {edit.cached!r}"
    assert [step.text for step in steps if not step.cached] == []
    if changed(case, "order-copies"):
        before = rebuilt(case, edit, built.original, folder / "original")
        # an original without such a step does its work in a later one
        assert before == () or not all(step.cached for step in before), "the original's order was good enough"


def rebuilt(case: Case, edit: SourceEdit, image: Image, folder: Path) -> tuple[engine.Step, ...]:
    """The steps with the words of `edit` in a build after it; none where the Dockerfile has none."""
    copy_context(image.context, folder)
    with (folder / edit.file).open("a", encoding="utf-8", newline="") as file:
        # like no edit before it: an earlier run's build of the same sources would still be in the cache
        file.write(edit.append.replace("edited", f"edited {uuid.uuid4().hex}"))
    stages = facts_of(case, (folder / "Dockerfile").read_bytes().decode()).contributing
    runs = [step.instruction for stage in stages for step in stage.steps if step.keyword == "RUN"]
    words = [shown for run in runs if (shown := shown_words(run, edit.cached))]
    return engine.steps_until(folder, words) if words else ()


def shown_words(run: Instruction, words: str) -> str:
    """By what the engine's progress shows a RUN that has these words; the empty string where it has them not."""
    if words in run.logical:
        return words
    if run.heredocs and words in run.heredocs[0].content:
        # of a here-document, only the first line is shown
        return f"{run.value} ({run.heredocs[0].content.splitlines()[0]}"
    return ""
