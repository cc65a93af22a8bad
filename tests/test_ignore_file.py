"""`--dockerignore` from the command line: one diff for both files, and both are written or neither is named as new."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cases import CASE_FILE, CORPUS
from dockrefactor.cli import program
from dockrefactor.rewriting import ChangedMeanwhileError, create


def run(*words: str) -> Result:
    return CliRunner().invoke(program, ["--dockerignore", *words])


def checkout(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a case's context as `svc`, seen from the folder above it."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(CORPUS / case, tmp_path / "svc", ignore=shutil.ignore_patterns(CASE_FILE)))


def test_a_new_file_is_in_the_diff_in_the_report_and_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = checkout("extend-dockerignore-node-typescript", tmp_path, monkeypatch)
    diff = run("svc").stdout
    report = json.loads(run("--format", "json", "svc").stdout)
    assert "--- a/svc/Dockerfile\n+++ b/svc/Dockerfile\n" in diff
    assert "--- /dev/null\n+++ b/svc/.dockerignore\n" in diff
    assert report["files"][0]["ignore_file"] == {"path": "svc/.dockerignore", "created": True}
    assert report["files"][0]["diff"] == diff
    assert not (context / ".dockerignore").exists()

    umask = os.umask(0o027)
    try:
        assert run("--write", "svc").exit_code == 0
    finally:
        os.umask(umask)
    assert "node_modules" in (context / ".dockerignore").read_text().splitlines()
    assert (context / ".dockerignore").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in context.iterdir() if path.name.endswith(".tmp")) == []
    assert run("--check", "svc").exit_code == 0


def test_an_old_file_is_rewritten_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = checkout("extend-dockerignore-python-git-is-read", tmp_path, monkeypatch)
    before = (context / "Dockerfile").read_bytes()
    assert run("--write", "--select", "extend-dockerignore", "svc").exit_code == 0
    assert (context / "Dockerfile").read_bytes() == before
    assert b"\r\n.vscode\r\n" in (context / ".dockerignore").read_bytes()
    assert run("--check", "--select", "extend-dockerignore", "svc").exit_code == 0


def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("mine\n")
    with pytest.raises(ChangedMeanwhileError):
        create(tmp_path / ".dockerignore", b"ours\n")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine\n"]
