"""Folders that are made for the new user: those of the launch that nothing makes, none of another system."""

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
        (f"rm -f run/server.pid && {GUNICORN.format('access.log')}", []),
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


def test_a_path_of_macos_is_no_folder_of_the_container(tmp_path: Path) -> None:
    source = 'open("/Users/me/out.txt", "w")\nopen("/data/out.txt", "w")\n'
    (tmp_path / "app.py").write_text(source)
    text = 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nCMD ["python", "app.py"]\n'
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    assert list(ownership.owned(facts).folders) == ["/data"]
