"""Rewriting in place: at once or not at all, and everything but the text stays."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dockrefactor import cli, rewriting
from fake_transforms import PLAIN, SEEN, Program, make_program

MARKED = PLAIN.replace("CMD", f"{SEEN}\nCMD")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return make_program(tmp_path, monkeypatch)


def test_write_rewrites_and_a_second_run_finds_nothing(program: Program) -> None:
    file = program.write("Dockerfile")
    done = program("-w", ".")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "1 file changed\n")
    assert file.read_text() == MARKED
    assert program("--write").stderr == "1 file unchanged\n"


def test_write_keeps_mode_newlines_and_mark(program: Program) -> None:
    source = b"\xef\xbb\xbfFROM debian:12\r\nCMD a"
    file = program.write("Dockerfile", source)
    file.chmod(0o640)
    assert program("-w").exit_code == 0
    assert file.read_bytes() == b"\xef\xbb\xbfFROM debian:12\r\n# seen\r\nCMD a"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_write_keeps_a_link_and_rewrites_its_target(program: Program) -> None:
    target = program.write("docker/base")
    link = program.folder / "Dockerfile"
    link.symlink_to("docker/base")
    assert program("-w", "Dockerfile").exit_code == 0
    assert link.is_symlink()
    assert target.read_text() == MARKED
    assert sorted(item.name for item in target.parent.iterdir()) == ["base"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_write_keeps_the_owner(program: Program) -> None:
    file = program.write("Dockerfile")
    os.chown(file, 12345, 23456)
    file.chmod(0o4755)
    assert program("-w").exit_code == 0
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 23456, 0o4755)


def test_an_owner_that_cannot_be_kept_stops_nothing(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    file = program.write("Dockerfile")
    monkeypatch.setattr(os, "chown", deny)
    assert program("-w").exit_code == 0
    assert file.read_text() == MARKED


def test_a_read_only_file_stays(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    file = program.write("Dockerfile")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    done = program("-w")
    assert done.exit_code == 2
    assert done.stderr.startswith("Dockerfile: error: cannot be written: the file is read-only\n")
    assert file.read_text() == PLAIN


def test_a_file_that_changed_meanwhile_stays(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    file = program.write("Dockerfile")
    written = cli._written
    monkeypatch.setattr(cli, "_written", lambda item, wish: (file.write_text("FROM b\n"), written(item, wish))[1])
    done = program("-w")
    assert done.exit_code == 2
    assert "Dockerfile: error: not written: it changed while it was read" in done.stderr
    assert file.read_text() == "FROM b\n"


def test_an_unchanged_file_is_not_touched(program: Program) -> None:
    file = program.write("Dockerfile", MARKED)
    before = file.stat()
    assert program("-w").exit_code == 0
    after = file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_long_name_has_room_for_the_temporary_file(tmp_path: Path) -> None:
    file = tmp_path / ("Dockerfile." + "x" * 240)
    file.write_bytes(b"a")
    rewriting.rewrite(file, b"a", b"b")
    assert file.read_bytes() == b"b"
