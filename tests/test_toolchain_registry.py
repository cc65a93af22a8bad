"""A toolchain is imported late, and answers everything that it would answer if it were always there."""

from __future__ import annotations

import functools
import subprocess
import sys
from importlib import import_module

import pytest

from cases import DOCKERFILE, ROOT, all_cases, facts_of
from dockrefactor import document
from dockrefactor.facts import Facts
from dockrefactor.stages import Place, Placed
from dockrefactor.toolchain import Toolchain
from dockrefactor.toolchains import TOOLCHAINS

# a Python service: no other language is seen
PYTHON_CASE = "split-stages-python-slim-wheels-only-unneeded"


def whole(registered: Toolchain) -> Toolchain:
    """The toolchain itself, behind what the registry knows of it."""
    found: Toolchain = import_module(f"dockrefactor.toolchains.{registered.name}").TOOLCHAIN
    return found


def commands(facts: Facts) -> list[tuple[Placed, Place]]:
    return [
        (placed, facts.place(step, placed, stage))
        for stage in facts.stages
        for step in stage.steps
        if step.run is not None
        for placed in step.run.commands
    ]


@functools.cache
def originals() -> tuple[tuple[str, Facts], ...]:
    texts = ((case, document.decode((case.folder / DOCKERFILE).read_bytes())) for case in all_cases())
    return tuple((case.name, facts_of(case, text)) for case, text in texts)


@pytest.mark.parametrize("registered", TOOLCHAINS, ids=lambda each: each.name)
def test_nothing_is_lost_by_asking_late(registered: Toolchain) -> None:
    own = whole(registered)
    assert own.name == registered.name
    answered = 0
    for name, facts in originals():
        assert registered.detect(facts) == own.detect(facts), name
        for placed, place in commands(facts):
            found = own.effects(placed.command, place)
            assert registered.effects(placed.command, place) == found, (name, placed.command.argv)
            answered += found is not None
    assert answered, "no case has a command of this language"


def test_other_languages_are_not_imported() -> None:
    code = (
        "import sys; from dockrefactor.cli import program\n"
        f"program.main(['--diff', 'corpus/{PYTHON_CASE}'], standalone_mode=False)\n"
        "print(*(name for name in sys.modules if name.startswith('dockrefactor.toolchains.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    names = done.stderr.splitlines()[-1].split()
    assert "dockrefactor.toolchains.python" in names
    assert sorted(set(names) & {f"dockrefactor.toolchains.{each.name}" for each in TOOLCHAINS}) == [
        "dockrefactor.toolchains.python"
    ]
