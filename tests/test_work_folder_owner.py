"""Whom the work folder belongs to after a split, and that each stage knows the accounts that its steps name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change
from dockrefactor.text import apply
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

ACCOUNT = "RUN groupadd -r diary && useradd -r -g diary diary\n"
COPIED = "COPY --from=builder --chown=diary:diary /app ./\n"


def stages_of(folder: Path, head: str, steps: str, last: str) -> tuple[str, str]:
    """The builder and the runtime of the split, from the steps on."""
    (folder / "package.json").write_text('{"name": "a", "version": "1.0.0", "dependencies": {"express": "4"}}\n')
    (folder / "server.js").write_text('require("express")().listen(8080)\n')
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "app.py").write_text("import flask\n\nflask.Flask(__name__).run()\n")
    text = f"{head}{steps}{last}"
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    made = split_stages.run(facts)
    assert isinstance(made, Change)
    builder, _, runtime = apply(text, made.edits).partition("\n\nFROM ")
    return builder, runtime


@pytest.mark.parametrize(
    "steps",
    [
        "RUN npm install\nRUN chown -R diary:diary /app\n",
        "RUN npm install && chown -R diary:diary /app\n",
        "RUN chown -R diary:diary .\nRUN npm install\n",
    ],
)
def test_a_chown_of_the_tree_gives_the_folder_and_the_copy(tmp_path: Path, steps: str) -> None:
    head = f"FROM node:20\n{ACCOUNT}WORKDIR /app\nCOPY . .\n"
    builder, runtime = stages_of(tmp_path, head, steps, 'USER diary\nCMD ["node", "server.js"]\n')
    assert ACCOUNT in builder
    assert f"{ACCOUNT}WORKDIR /app\nRUN chown diary:diary /app\n{COPIED}USER diary\n" in runtime


def test_a_folder_that_no_step_made_yet_is_made(tmp_path: Path) -> None:
    head = f"FROM node:20\n{ACCOUNT}COPY . /app\n"
    steps = "RUN cd /app && npm install && chown -R diary:diary /app\nWORKDIR /app\n"
    _, runtime = stages_of(tmp_path, head, steps, 'USER diary\nCMD ["node", "server.js"]\n')
    assert f"{ACCOUNT}RUN mkdir -p /app && chown diary:diary /app\n" in runtime


@pytest.mark.parametrize(
    ("step", "repeated"),
    [
        ("RUN mkdir -p /app/data && chown -R node:node /app\n", True),
        ("RUN chmod 777 /app\n", True),
        ("RUN chown -R node:node /app/data\n", False),  # there is no such folder in the runtime yet
        ("RUN rm -rf /app/test && chown node /app\n", False),
    ],
)
def test_a_new_mode_or_owner_of_the_folder_is_given_in_both_stages(tmp_path: Path, step: str, repeated: bool) -> None:
    head = "FROM node:20\nWORKDIR /app\n"
    last = 'COPY . .\nRUN npm install\nUSER node\nCMD ["node", "server.js"]\n'
    builder, runtime = stages_of(tmp_path, head, step, last)
    assert step in builder
    assert (f"WORKDIR /app\n{step}COPY --from=builder /app ./\n" in runtime) is repeated


def test_accounts_stay_with_a_step_that_stays_for_a_later_one(tmp_path: Path) -> None:
    head = f"FROM python:3.11\n{ACCOUNT}WORKDIR /app\nCOPY . .\n"
    steps = "RUN mkdir -p data && chown -R diary:diary data\nRUN pip install -r requirements.txt\n"
    builder, runtime = stages_of(tmp_path, head, steps, 'USER diary\nCMD ["python", "app.py"]\n')
    assert ACCOUNT in builder
    assert "COPY . .\nRUN mkdir -p data && chown -R diary:diary data\nUSER diary\n" in runtime
