"""`--dev-stage` from the command line: the compose file is in the diff and on disk, or nothing is changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from cases import CASE_FILE, CORPUS
from dockrefactor.cli import program

CASE = "split-stages-node-compose-mounts-sources-refused"


def run(*words: str) -> Result:
    return CliRunner().invoke(program, ["--dev-stage", *words])


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(CORPUS / CASE, tmp_path / "svc", ignore=shutil.ignore_patterns(CASE_FILE)))


def test_both_files_are_in_the_diff_in_the_report_and_on_disk(context: Path) -> None:
    original = (context / "Dockerfile").read_text()
    diff = run("svc").stdout
    report = json.loads(run("--format", "json", "svc").stdout)
    assert "+++ b/svc/docker-compose.yml\n" in diff
    assert report["files"][0]["compose_files"] == ["svc/docker-compose.yml"]
    assert report["files"][0]["diff"] == diff
    assert run("--write", "--select", "split-stages", "svc").exit_code == 0
    written = yaml.safe_load((context / "docker-compose.yml").read_text())
    assert written["services"]["web"]["build"] == {"context": ".", "target": "dev"}
    # the stage to develop in is the original
    renamed = original.replace("FROM node:20\n", "FROM node:20 AS dev\n")
    assert (context / "Dockerfile").read_text().startswith(renamed + "\nFROM node:20 AS builder\n")
    assert run("--check", "--select", "split-stages", "svc").exit_code == 0


def test_a_name_that_is_taken(context: Path) -> None:
    (context / "docker-compose.yml").write_text(
        "services:\n  web: {build: ., volumes: ['.:/app']}\n  other: {build: {context: ., target: dev}}\n"
    )
    (context / "Dockerfile").write_text((context / "Dockerfile").read_text().replace("node:20", "node:20 AS dev"))
    assert run("--write", "--select", "split-stages", "svc").exit_code == 0
    text = (context / "Dockerfile").read_text()
    assert [line for line in text.splitlines() if line.startswith("FROM")] == [
        "FROM node:20 AS development",
        "FROM node:20 AS builder",
        "FROM node:20-slim AS dev",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x: &a {build: .}\nservices:\n  web: {<<: *a, volumes: ['.:/app']}\n",
        "services:\n  web: {build: ., volumes: ['.:/app']}\n  other: {build: ./other}\n",
        "services:\n  main: {build: ., image: i}\n  web: {image: i, volumes: ['.:/app']}\n",
        "\ufeffservices:\n  web: {build: ., volumes: ['.:/app']}\n",
    ],
)
def test_what_cannot_be_edited_is_refused(text: str, context: Path) -> None:
    (context / "docker-compose.yml").write_text(text, encoding="utf-8")
    found = run("--select", "split-stages", "svc")
    assert found.stdout == ""
    assert "refused [compose-development]" in found.stderr


def test_nothing_is_kept_where_the_split_is_refused(context: Path) -> None:
    path = context / "Dockerfile"
    path.write_text(path.read_text().replace("FROM node:20", "FROM example.org/unknown:1"))
    assert run("--select", "split-stages", "svc").stdout == ""


@pytest.mark.parametrize(("entry", "changed"), [("api", True), ("sh -c api", False), ("api -v", False)])
def test_what_a_service_of_a_static_program_may_start(
    entry: str, changed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = CORPUS / "split-stages-go-static-opens-static-folder"
    shutil.copytree(case, tmp_path / "svc", ignore=shutil.ignore_patterns(CASE_FILE))
    (tmp_path / "svc" / "compose.yaml").write_text(f"services:\n  web:\n    build: .\n    entrypoint: {entry}\n")
    found = CliRunner().invoke(program, ["--select", "split-stages", "svc"])
    assert bool(found.stdout) == changed
    assert ("compose-development" in found.stderr) != changed
