"""Modes of files in the build context: git keeps only the executable bit, so no case of the corpus can have these."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.outcome import Change, Refusal
from dockrefactor.pipeline import Answer, refactor
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import add_user

DOCKERFILE = (
    "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n"
    "COPY {copy}\nCMD ./start.sh\n"
)
START = "#!/bin/sh\nexec python app/main.py\n"


def answer(folder: Path, copy: str = ". .") -> Answer:
    """What add-user says of a small project in `folder` whose sources are copied by `COPY copy`."""
    result = refactor(
        DOCKERFILE.format(copy=copy).encode(),
        BuildContext(folder),
        (add_user.TRANSFORM,),
        TOOLCHAINS,
        name="Dockerfile",
    )
    return result.answers[0]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose files everybody may read and enter, whatever the umask is."""
    files = {"requirements.txt": "flask==3.0.3\n", "start.sh": START, "app/main.py": "print('hello')\n"}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)
    (tmp_path / "start.sh").chmod(0o755)
    (tmp_path / "app").chmod(0o755)
    return tmp_path


def test_ordinary_modes_change_nothing(project: Path) -> None:
    assert isinstance(answer(project).outcome, Change)


@pytest.mark.parametrize(
    ("path", "mode"),
    [("app/main.py", 0o600), ("app/main.py", 0o640), ("app", 0o700), ("app", 0o754), ("start.sh", 0o744)],
)
def test_what_only_its_owner_may_use_is_refused(project: Path, path: str, mode: int) -> None:
    """COPY keeps the modes, and the files belong to root: another user could not read, enter or start them."""
    (project / path).chmod(mode)
    outcome = answer(project).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason is add_user.Reasons.UNREADABLE_FILES
    assert outcome.at.path == path
    assert f"{mode:04o}" in outcome.at.says


def test_an_ignored_file_may_have_any_mode(project: Path) -> None:
    (project / ".env").write_text("TOKEN=x\n")
    (project / ".env").chmod(0o600)
    (project / ".dockerignore").write_text(".env\n")
    assert isinstance(answer(project).outcome, Change)


@pytest.mark.parametrize("flag", ["--chmod=755", "--chown=10001:10001"])
def test_a_mode_or_owner_of_the_copy_itself_counts(project: Path, flag: str) -> None:
    (project / "app/main.py").chmod(0o600)
    assert isinstance(answer(project, f"{flag} . .").outcome, Change)


@pytest.mark.parametrize("flag", ["--chown=root:root", "--chown=www-data:www-data", "--chmod=700"])
def test_a_mode_or_owner_of_the_copy_may_shut_the_user_out(project: Path, flag: str) -> None:
    (project / "app/main.py").chmod(0o600)
    assert isinstance(answer(project, f"{flag} . .").outcome, Refusal)
