"""Several processes answer as one does, in the order of the files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cases import CORPUS, all_cases
from dockrefactor import workers


def times_two() -> object:
    return lambda number: 2 * number


def test_answers_keep_their_order() -> None:
    items = list(range(200))
    # in a process that loads nothing else: another library of these tests is not safe to fork
    code = (
        "import test_workers, dockrefactor.workers as w;"
        "print(list(w.answers(test_workers.times_two, list(range(200)), 3)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [2 * item for item in items]


def program(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "dockrefactor", *words], cwd=CORPUS, capture_output=True, timeout=600, check=False
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_three_processes_say_what_one_says(form: str) -> None:
    folders = [case.name for case in all_cases()][::12]
    alone = program("--verbose", "--format", form, *folders)
    together = program("--verbose", "--format", form, "--jobs", "3", *folders)
    assert (together.returncode, together.stdout, together.stderr) == (0, alone.stdout, alone.stderr)
    assert len(together.stdout) > 10_000


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one process does all unless it is told otherwise")
def test_processes_are_as_many_as_are_worth_their_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for processors, files, wanted in [(4, 0, 1), (4, 63, 1), (4, 64, 2), (4, 1000, 4), (1, 1000, 1), (64, 10_000, 8)]:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=processors: set(range(count)))
        assert workers.worthwhile(files) == wanted
