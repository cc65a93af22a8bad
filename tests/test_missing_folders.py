"""Folders of the work folder that the launch writes to and that nothing makes: volumes are mounted there."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document, ownership
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import TOOLCHAINS

GUNICORN = "gunicorn --access-logfile {} --bind :8000 app:app"


@pytest.mark.parametrize(
    ("launch", "folders"),
    [
        (GUNICORN.format("/srv/logs/access.log"), ["/srv/logs"]),
        (GUNICORN.format("logs/access.log --error-logfile logs/error.log"), ["/srv/logs"]),
        (GUNICORN.format("access.log"), []),
        (GUNICORN.format("kept/access.log"), []),
        (f"mkdir -p logs && {GUNICORN.format('logs/access.log')}", []),
        ("cp -rf kept/* public/", ["/srv/public"]),
        ("cp -rf kept/a.txt copy.txt", []),
    ],
)
def test_folders_that_are_made_for_the_new_user(tmp_path: Path, launch: str, folders: list[str]) -> None:
    (tmp_path / "app.py").write_text("import flask\n\napp = flask.Flask(__name__)\n")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/a.txt").write_text("a\n")
    text = f"FROM python:3.12-slim\nWORKDIR /srv\nRUN pip install flask gunicorn\nCOPY . .\nENTRYPOINT {launch}\n"
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    given = ownership.owned(facts)
    assert given.tree
    assert list(given.folders) == folders
