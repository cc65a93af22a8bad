"""Input that cannot be handled: a clear message with path and line, exit code 2, nothing written, the others done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockrefactor import context
from fake_transforms import PLAIN, Program, make_program


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return make_program(tmp_path, monkeypatch)


@pytest.mark.parametrize("way", [["--diff"], ["--write"], ["--check"], ["--stdout"], ["--format", "json"]])
@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", "Dockerfile: error: the file is empty"),
        (b" \n\t\n", "Dockerfile: error: the file is empty"),
        (b"FROM debian:12\n# caf\xe9\n", "Dockerfile:2: error: not UTF-8 (byte 20)"),
        ("FROM debian:12\n".encode("utf-16"), "Dockerfile:1: error: not UTF-8: it is UTF-16"),
        (b"FROM debian:12\nFOO bar\n", "Dockerfile:2: error: unknown instruction: FOO"),
        (b"FROM debian:12\nRUN <<END\necho\n", "Dockerfile:2: error: unterminated heredoc"),
        (b"# only a comment\n", "Dockerfile: error: no instructions"),
        (b"RUN true\n", "Dockerfile: error: no FROM instruction"),
        (b"FROM debian:12\nRUN BOOM\n", "Dockerfile: internal error: ZeroDivisionError: boom; please report it"),
        (b"FROM debian:12\n" + b"# x\n" * 2_500_000, "Dockerfile: error: larger than 4,000,000 bytes"),
        (b"FROM debian:12\n" + b"# x\n" * 400_000, "Dockerfile: error: larger than 1,000,000 characters"),
        (b"FROM a\nRUN \x00\xff\n", "Dockerfile:2: error: not UTF-8"),
        (b"<html>\n", "Dockerfile:1: error: unknown instruction: <html>"),
    ],
    ids=range(13),
)
def test_bad_text(program: Program, source: bytes, message: str, way: list[str]) -> None:
    file = program.write("Dockerfile", source)
    done = program(*way)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert way == ["--format", "json"] or done.stdout == ""
    assert file.read_bytes() == source


def test_the_others_are_done(program: Program) -> None:
    program.write("a/Dockerfile", b"\xff")
    program.write("b/Dockerfile", "FROM a\nRUN BOOM\n")
    good = program.write("c/Dockerfile")
    done = program("--write", "a", "b", "missing", "c")
    assert done.exit_code == 2
    assert good.read_text() != PLAIN
    assert done.stderr.splitlines()[-1] == "1 file changed, 3 failed"


def test_a_traceback_only_when_verbose(program: Program) -> None:
    program.write("Dockerfile", "FROM a\nRUN BOOM\n")
    assert "in explode" not in program().stderr
    assert "in explode" in program("--verbose").stderr


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "missing: error: no such file or folder"),
        ("missing/Dockerfile", "missing/Dockerfile: error: no such file or folder"),
        ("Dockerfile/x", "Dockerfile/x: error: no such file or folder"),
        ("link", "link: error: a link to nothing"),
        ("loop", "loop: error: "),
        ("pipe", "pipe: error: neither a file nor a folder"),
        ("x" * 5000, "error: "),
    ],
)
def test_paths_that_are_nothing_to_work_on(program: Program, path: str, message: str) -> None:
    program.write("Dockerfile")
    (program.folder / "link").symlink_to("nowhere")
    (program.folder / "loop").symlink_to("loop")
    os.mkfifo(program.folder / "pipe")
    for way in ("--diff", "--write", "--stdout"):
        done = program(way, path)
        assert done.exit_code == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_a_folder_named_dockerfile_is_a_folder(program: Program) -> None:
    (program.folder / "Dockerfile").mkdir()
    assert (program().exit_code, program().stderr) == (0, "no Dockerfile found\n")
    assert program("Dockerfile").stderr == "no Dockerfile found\n"
    program.write("Dockerfile/Dockerfile")
    assert program("Dockerfile").stdout.startswith("--- a/Dockerfile/Dockerfile\n")


def test_a_pipe_named_dockerfile_is_not_opened(program: Program) -> None:
    os.mkfifo(program.folder / "Dockerfile")
    os.mkfifo(program.folder / ".gitignore")
    os.mkfifo(program.folder / "compose.yaml")
    assert program().stderr == "no Dockerfile found\n"
    program.write("Dockerfile.dev")
    assert program().stderr == "1 file changed\n"


def test_a_file_that_goes_away(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    file = program.write("Dockerfile")
    is_file = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: is_file(path) and (path != Path("Dockerfile") or gone(path)))

    def gone(path: Path) -> bool:
        file.unlink()
        return True

    done = program("Dockerfile")
    assert done.exit_code == 2
    assert "Dockerfile: error: not a file" in done.stderr


def test_a_folder_that_cannot_be_written(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    file = program.write("Dockerfile")

    def refuse(source: str, target: str) -> None:
        raise PermissionError(13, "Permission denied", target)

    monkeypatch.setattr(os, "replace", refuse)
    done = program("--write")
    assert done.exit_code == 2
    assert "Dockerfile: error: cannot be written: Permission denied\n" in done.stderr
    assert done.stderr.endswith("1 file failed\n")
    assert file.read_text() == PLAIN
    assert [item.name for item in program.folder.iterdir()] == ["Dockerfile"]


def test_a_full_disk_leaves_the_old_file(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    file = program.write("Dockerfile")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = program("--write", "--format", "json")
    assert done.exit_code == 2
    assert done.stderr == "Dockerfile: error: cannot be written: No space left on device\n"
    assert file.read_text() == PLAIN
    assert [item.name for item in program.folder.iterdir()] == ["Dockerfile"]


def test_links_in_the_context_that_lead_outside_are_not_read(
    program: Program, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("secret")
    program.write("Dockerfile", "FROM debian:12\nCOPY secret .\nCMD a\n")
    (program.folder / "secret").symlink_to(secret)
    assert program().exit_code == 0
    assert context.BuildContext(program.folder).read("secret") is None


def test_a_link_to_a_dockerfile_elsewhere_is_not_followed(
    program: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "Dockerfile"
    other.write_text(PLAIN)
    (program.folder / "Dockerfile").symlink_to(other)
    done = program("--write")
    assert done.exit_code == 0
    assert "Dockerfile: skipped: a link to a file outside the searched folder" in done.stderr
    assert other.read_text() == PLAIN
    assert program("--write", "Dockerfile").exit_code == 0
    assert other.read_text() != PLAIN


def test_an_ignore_file_that_is_no_text(program: Program) -> None:
    program.write("Dockerfile", "FROM debian:12\nCOPY a b\nCMD a\n")
    program.write(".dockerignore", b"\xff\xfe")
    done = program()
    assert done.exit_code == 2
    assert "Dockerfile: error: " in done.stderr
    assert ".dockerignore" in done.stderr


def test_standard_input_that_is_no_dockerfile(program: Program) -> None:
    done = program("-", stdin=b"FROM a\nnonsense\n")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (2, "Dockerfile:2: error: unknown instruction: nonsense")
    assert program("-", stdin=b"").exit_code == 2
    assert program("--stdout", "-", stdin=b"\xff").stdout == ""


def test_messages_stay_on_one_line_without_control_characters(program: Program) -> None:
    program.write("Dockerfile", "FROM a\n\033[31mFOO bar\n")
    done = program()
    assert "\033" not in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_deeply_nested_text_is_no_internal_error(program: Program) -> None:
    program.write("Dockerfile", 'FROM a\nCMD ["a"' + "[" * 100_000 + "\n")
    assert "internal error" not in program().stderr
