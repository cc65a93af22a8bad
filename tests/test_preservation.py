"""A split that loses what a RUN leaves is refused, whatever placed its steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import composition, document, image, placement, preservation
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.records import replace
from dockrefactor.toolchain import Artifact, Blocked, Plan
from dockrefactor.toolchains import TOOLCHAINS

HEAD = "FROM node:20\nWORKDIR /app\nCOPY package.json ./\n"
TAIL = 'RUN npm install\nCOPY server.js ./\nCMD ["node", "server.js"]\n'


def facts_of(folder: Path, text: str) -> Facts:
    (folder / "package.json").write_text('{"name": "a", "version": "1.0.0", "dependencies": {"express": "4"}}\n')
    (folder / "server.js").write_text('require("express")().listen(8080)\n')
    return Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")


def placed_of(facts: Facts) -> tuple[Plan, placement.Placement]:
    plan = facts.toolchains[0].plan(facts)
    runtime = image.known("node:20-slim")
    assert isinstance(plan, Plan)
    assert runtime is not None
    placed = placement.place(facts, plan, runtime)
    assert isinstance(placed, placement.Placement)
    return plan, placed


@pytest.mark.parametrize("setup", ["echo on > /etc/feature", "mkdir -p /data", "ln -s /app/x /usr/local/bin/x"])
def test_a_step_left_out_of_the_runtime_is_found(tmp_path: Path, setup: str) -> None:
    facts = facts_of(tmp_path, f"{HEAD}RUN {setup}\n{TAIL}")
    plan, placed = placed_of(facts)
    assert preservation.lost(facts, plan, placed) is None
    slot = next(slot for slot in placed.slots if slot.step.instruction.value == setup)
    slot.runtime = False
    found = preservation.lost(facts, plan, placed)
    assert isinstance(found, Blocked)
    assert (found.code, found.evidence.line) == ("unknown-effect", 4)


@pytest.mark.parametrize(("setup", "is_lost"), [("mkdir -p /data", False), ("mkdir -p -m 700 /data", True)])
def test_a_folder_is_made_by_what_is_copied_into_it(tmp_path: Path, setup: str, is_lost: bool) -> None:
    facts = facts_of(tmp_path, f"{HEAD}RUN {setup}\n{TAIL}")
    plan, placed = placed_of(facts)
    brought = Artifact("/data/models", True, facts.at(facts.final.origin, "is made here"))
    next(slot for slot in placed.slots if slot.step.instruction.value == setup).runtime = False
    found = preservation.lost(facts, replace(plan, artifacts=(*plan.artifacts, brought)), placed)
    assert isinstance(found, Blocked) is is_lost


def test_what_is_removed_again_may_be_left_out(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, f"{HEAD}RUN echo x > /srv/token && npm install && rm /srv/token\n{TAIL}")
    plan, placed = placed_of(facts)
    for slot in placed.slots:
        if slot.step.run is not None:
            slot.runtime = False
    assert preservation.lost(facts, plan, placed) is None


@pytest.mark.parametrize(
    ("name", "targets", "names"),
    [
        ("", set(), ("builder", "runtime")),
        ("web", set(), ("builder", "web")),
        ("build", set(), ("build", "runtime")),
        ("builder", {"builder"}, ("build", "builder")),
    ],
)
def test_the_final_image_keeps_the_name_that_others_build_by(
    tmp_path: Path, name: str, targets: set[str], names: tuple[str, str]
) -> None:
    alias = f" AS {name}" if name else ""
    facts = facts_of(tmp_path, f"FROM node:20{alias}\nCOPY . .\nRUN npm install\n")
    found = composition.free_names(facts.final, frozenset(targets))
    assert (found.builder, found.runtime) == names
