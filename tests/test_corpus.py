"""The laws, for every case of the corpus: what may be said of each result, whatever the transforms do."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from cases import CATALOGUE, DOCKERFILE, Case, all_cases, facts_of, in_words, report_of, result_of, settings_of
from corpus_snapshots import CaseFiles
from dockrefactor import contract, document, pipeline, report
from dockrefactor.text import Edit
from dockrefactor.toolchains import TOOLCHAINS
from test_official_parser import differences, theirs

each_case = pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)


@each_case
def test_answers_are_the_expected_ones(case: Case) -> None:
    answers = result_of(case).answers
    got = {answer.transform: in_words(answer) for answer in answers}
    if got != dict(case.expect):
        wrong = [name for name in {**case.expect, **got} if case.expect.get(name) != got.get(name)]
        lines = [f"{name}: expected {case.expect.get(name)!r}, got {got.get(name)!r}" for name in wrong]
        said = report.lines(report_of(case.name), verbose=True)
        pytest.fail("\n".join([case.claim, *lines, "", *said]), pytrace=False)


@each_case
def test_nothing_is_undone_by_the_contract(case: Case) -> None:
    assert [str(objection) for objection in result_of(case).broken] == []


@each_case
def test_instructions_and_gaps_tile_the_source(case: Case) -> None:
    result = result_of(case)
    for text in (result.before, result.after):
        parsed = document.read(text)
        spans = [
            span
            for pair in zip(parsed.gaps, (item.span for item in parsed.instructions), strict=False)
            for span in pair
        ]
        spans.append(parsed.gaps[-1])
        assert len(parsed.gaps) == len(parsed.instructions) + 1
        assert [span.start for span in spans] == [0, *(span.end for span in spans[:-1])]
        assert spans[-1].end == len(text)
        assert all(span.start < span.end for span in (item.span for item in parsed.instructions))


@each_case
def test_text_outside_the_edits_is_kept(case: Case) -> None:
    result = result_of(case)
    text = result.before
    for edits in result.edits:
        text = spliced(text, edits)
    assert text == result.after


def spliced(text: str, edits: Sequence[Edit]) -> str:
    """`text` with the edits made from its end to its start; fails where two of them touch the same characters."""
    ordered = sorted(enumerate(edits), key=lambda item: (item[1].span.start, item[1].span.end, item[0]))
    limit = len(text)
    for _, edit in reversed(ordered):
        assert 0 <= edit.span.start <= edit.span.end <= limit, "edits overlap"
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        limit = edit.span.start
    return text


@each_case
def test_diff_applies_and_gives_the_result(case: Case, tmp_path: Path) -> None:
    result, patch = result_of(case), report_of(case.name).diff
    assert bool(patch) == result.changed
    if not patch:
        return
    (tmp_path / DOCKERFILE).write_bytes(result.before.encode())
    ignore = result.ignore_file
    if ignore is not None and ignore.before is not None:
        (tmp_path / ignore.path).write_bytes(ignore.before.encode())
    for file in result.compose_files:
        (tmp_path / file.path).write_bytes(file.before.encode())
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    # outside of any repository, and without the user's configuration
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent), "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(command, input=patch.encode(), cwd=tmp_path, env=alone, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / DOCKERFILE).read_bytes() == result.after.encode()
    if ignore is not None:
        assert (tmp_path / ignore.path).read_bytes() == ignore.after.encode()
    for file in result.compose_files:
        assert (tmp_path / file.path).read_bytes() == file.after.encode()


@each_case
def test_official_parser_reads_the_result_as_we_do(case: Case) -> None:
    after = result_of(case).after
    assert theirs(after), "the official parser rejects it"
    assert list(differences(after)) == []


@each_case
def test_second_run_changes_nothing(case: Case) -> None:
    first = result_of(case)
    facts = facts_of(case, first.after, first.ignore_file, first.compose_files)
    settings = settings_of(case.options)
    transforms = CATALOGUE.selected(settings.select, settings.ignore, settings.also)
    second = pipeline.refactor(first.after.encode(), facts.context, transforms, TOOLCHAINS, facts.options)
    assert report.unified_diff(DOCKERFILE, first.after, second.after) == ""
    assert second.ignore_file is None
    assert second.compose_files == ()


@each_case
def test_contract_holds(case: Case) -> None:
    result = result_of(case)
    after = facts_of(case, result.after, result.ignore_file, result.compose_files)
    objections = contract.compare(facts_of(case, result.before), after, result.starts)
    assert [str(objection) for objection in objections] == []


@each_case
def test_report_can_be_handed_to_another_process(case: Case) -> None:
    mine = report_of(case.name)
    again = pickle.loads(pickle.dumps(mine))
    assert (again.result, again.diff, again.state) == (mine.result, mine.diff, mine.state)


@each_case
def test_result_is_the_snapshot(case: Case, snapshot: SnapshotAssertion) -> None:
    made, files = report_of(case.name), snapshot.use_extension(CaseFiles)
    said = "".join(f"{line}\n" for line in report.lines(made, verbose=True))
    contents = {
        DOCKERFILE: result_of(case).after.encode(),
        "change.diff": made.diff.encode(),
        "report.txt": said.encode("utf-8", "surrogateescape"),
    }
    # every file is compared before the first one fails the test: what was not compared would count as unused
    others = [name for name, content in contents.items() if content != files(name=name)]
    for name in others:
        assert contents[name] == files(name=name)
