"""Diffs that patch tools take, and the JSON document."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from dockrefactor import report
from fake_transforms import Program, make_program

SCHEMA = json.loads(resources.files("dockrefactor").joinpath("data", "report_schema.json").read_text())
TEXTS = {
    "plain": ("FROM a\nRUN b\nCMD c\n", "FROM a\n# x\nRUN b\nCMD c\n"),
    "no final newline": ("FROM a\nCMD c", "FROM b\nCMD c"),
    "final newline stays away": ("FROM a\nCMD c", "FROM a\nRUN b\nCMD d"),
    "final newline comes": ("FROM a\nCMD c", "FROM a\nCMD c\n"),
    "final newline goes": ("FROM a\nCMD c\n", "FROM a\nCMD c"),
    "crlf": ("FROM a\r\nRUN b\r\nCMD c\r\n", "FROM a\r\n# x\r\nRUN b\r\nCMD c\r\n"),
    "crlf, no final newline": ("FROM a\r\nCMD c", "FROM a\r\nRUN x\r\nCMD d"),
    "mixed ends": ("FROM a\r\nRUN b\nCMD c\r\n", "FROM a\r\nRUN x\nCMD c\r\n"),
    "byte order mark": ("\ufeffFROM a\nCMD c\n", "\ufeffFROM a AS b\nCMD c\n"),
    "other line ends": (
        "FROM a\nRUN b\x0b\x0c\u2028\x85 d\rx\nCMD c\n",
        "FROM a\nRUN y\x0b\x0c\u2028\x85 d\rx\nCMD c\n",
    ),
    "header-like lines": ("FROM a\n-- b\n++ c\n", "FROM a\n-- d\n++ e\n"),
    "two places": ("a\n" * 20 + "b\n" * 20 + "c\n", "z\n" + "a\n" * 20 + "b\n" * 20 + "c\nd\n"),
}
NAMES = [
    "Dockerfile",
    "api/Dockerfile",
    "my api/Dockerfile dev",
    "größe/Dockerfile",
    'a"b/Dockerfile',
    "t\tb/Dockerfile",
]

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return make_program(tmp_path, monkeypatch)


def _apply(command: list[str], diff: bytes, folder: Path) -> None:
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent), "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(command, input=diff, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@needs_git
@pytest.mark.parametrize("case", TEXTS)
def test_git_applies_it(tmp_path: Path, case: str) -> None:
    before, after = TEXTS[case]
    (tmp_path / "Dockerfile").write_bytes(before.encode())
    _apply(["git", "apply"], report.unified_diff("Dockerfile", before, after).encode(), tmp_path)
    assert (tmp_path / "Dockerfile").read_bytes() == after.encode()


@needs_patch
@pytest.mark.parametrize("case", TEXTS)
def test_patch_applies_it(tmp_path: Path, case: str) -> None:
    before, after = TEXTS[case]
    (tmp_path / "Dockerfile").write_bytes(before.encode())
    diff = report.unified_diff("Dockerfile", before, after).encode()
    _apply(["patch", "-p1", "--dry-run"], diff, tmp_path)
    _apply(["patch", "-p1", "--binary"], diff, tmp_path)
    assert (tmp_path / "Dockerfile").read_bytes() == after.encode()


@needs_git
@needs_patch
@pytest.mark.parametrize("name", NAMES)
def test_names_that_need_care(program: Program, name: str) -> None:
    program.write(name)
    diff = program(name).stdout_bytes
    _apply(["git", "apply", "--check"], diff, program.folder)
    _apply(["patch", "-p1", "--dry-run"], diff, program.folder)


@needs_git
@needs_patch
def test_the_diff_is_for_the_folder_where_it_ran(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.write("repo/services/api/Dockerfile", "FROM a\r\nRUN b\r\nCMD c")
    repository = program.folder / "repo"
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    for here, path in (
        (repository, "."),
        (repository / "services", "api"),
        (repository / "services/api", "Dockerfile"),
    ):
        monkeypatch.chdir(here)
        for given in (path, str(here / path)):
            diff = program(given).stdout_bytes
            assert b"seen" in diff
            _apply(["git", "apply", "--check"], diff, here)
            _apply(["patch", "-p1", "--dry-run"], diff, here)


@needs_git
def test_the_diff_of_a_link_is_one_of_its_target(program: Program) -> None:
    target = program.write("docker/base")
    (program.folder / "Dockerfile").symlink_to("docker/base")
    diff = program("Dockerfile").stdout_bytes
    assert diff.startswith(b"--- a/docker/base\n")
    _apply(["git", "apply"], diff, program.folder)
    assert "seen" in target.read_text()


def test_the_same_text_has_no_diff() -> None:
    assert report.unified_diff("Dockerfile", "a\n", "a\n") == ""


def test_colours_change_nothing_else() -> None:
    for before, after in TEXTS.values():
        diff = report.unified_diff("Dockerfile", before, after)
        plain = report.coloured(diff)
        for code in ("\033[0m", "\033[1m", "\033[31m", "\033[32m", "\033[36m"):
            plain = plain.replace(code, "")
        assert plain == diff


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def _every_state(program: Program) -> None:
    program.write("a/Dockerfile")
    program.write("b/Dockerfile", "FROM debian:12\nRUN SIGN\nRUN PAINT\n")
    program.write("c/Dockerfile", "# dockrefactor: ignore-file\nFROM debian:12\n")
    program.write("d/Dockerfile", "FROM debian:12\nFOO\n")
    program.write("e/Dockerfile", "FROM debian:12\nRUN BOOM\n")
    program.write("f/Dockerfile", "FROM debian:12\n# seen BREAK\nCMD a\n")
    (program.folder / "Dockerfile.gone").symlink_to("nowhere")


@pytest.mark.parametrize("way", [[], ["--diff"], ["--check"], ["--write"], ["--assume", "wet-paint"]])
def test_the_report_keeps_the_schema(program: Program, way: list[str]) -> None:
    _every_state(program)
    found = json.loads(program("--format", "json", *way, ".", "missing").stdout)
    jsonschema.validate(found, SCHEMA)
    assert found["schema_version"] == report.SCHEMA_VERSION
    assert {item["state"] for item in found["files"]} == set(report.STATES)
    assert sum(found["summary"].values()) == len(found["files"]) == 7
    assert [item["path"] for item in found["skipped"]] == ["Dockerfile.gone"]


def test_what_the_report_says(program: Program) -> None:
    _every_state(program)
    found = json.loads(program("--format", "json", "--write", "--assume", "wet-paint").stdout)
    files = {item["path"][0]: item for item in found["files"]}
    assert files["a"]["written"] is True
    assert files["a"]["diff"].startswith("--- a/a/Dockerfile\n")
    assert files["a"]["context"] == "a"
    assert files["b"]["transforms"][0]["assumptions"][0]["reason"]["code"] == "wet-paint"
    assert files["c"]["transforms"][0]["outcome"] == "ignored"
    assert files["d"]["error"] == {"line": 2, "message": "unknown instruction: FOO", "internal": False}
    assert files["e"]["error"]["internal"] is True
    assert files["f"]["objections"][0]["point"] == "CMD"
    assert found["mode"] == "write"


def test_the_report_of_detect_keeps_the_schema(program: Program) -> None:
    _every_state(program)
    found = json.loads(program("detect", "--format", "json").stdout)
    jsonschema.validate(found, SCHEMA)
    assert found["kind"] == "detect"
    assert found["files"][0]["stages"] == [{"index": 0, "name": "", "base": "debian:12", "line": 1}]


def test_names_that_are_not_utf8(program: Program) -> None:
    name = os.fsdecode(b"caf\xe9")
    try:
        program.write(f"{name}/Dockerfile")
    except OSError:
        pytest.skip("the file system takes only UTF-8")
    assert b"--- a/caf\xe9/Dockerfile\n" in program().stdout_bytes
    json.loads(program("--format", "json").stdout)
