"""The command line: options, exit codes, what goes to standard output and what to standard error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

from dockrefactor import __version__, cli
from fake_transforms import FAKES, PLAIN, SEEN, Program, make_program

MARKED = PLAIN.replace("CMD", f"{SEEN}\nCMD")
WITHOUT_TRANSFORMS = "import dockrefactor.cli as cli; cli._registries = lambda: ((), ()); cli.program.main({})"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return make_program(tmp_path, monkeypatch)


def test_without_arguments_it_diffs_the_current_folder(program: Program) -> None:
    file = program.write("api/Dockerfile")
    done = program()
    assert done.exit_code == 0
    assert done.stdout.startswith("--- a/api/Dockerfile\n+++ b/api/Dockerfile\n@@ ")
    assert f"+{SEEN}\n" in done.stdout
    assert done.stderr == "1 file changed\n"
    assert file.read_text() == PLAIN


def test_a_file_outside_of_the_working_folder_is_named_from_the_root(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program.write("api/Dockerfile")
    other = program.write("web/Dockerfile")
    monkeypatch.chdir(file.parent)
    name = other.resolve().as_posix().lstrip("/")
    done = program("../web")
    assert done.stdout.startswith(f"--- a/{name}\n+++ b/{name}\n@@ ")
    if shutil.which("patch") is not None:
        subprocess.run(["patch", "-p1", "-d", "/"], input=done.stdout_bytes, check=True, capture_output=True)
        assert other.read_text() == MARKED


def test_stdout_prints_the_whole_new_file(program: Program) -> None:
    program.write("Dockerfile", PLAIN.replace("\n", "\r\n"))
    done = program("--stdout", "Dockerfile")
    assert done.stdout_bytes == MARKED.replace("\n", "\r\n").encode()


def test_stdout_prints_an_unchanged_file_too(program: Program) -> None:
    program.write("Dockerfile", MARKED)
    assert program("--stdout").stdout == MARKED


def test_stdout_takes_one_input(program: Program) -> None:
    program.write("a/Dockerfile")
    program.write("b/Dockerfile")
    done = program("--stdout")
    assert done.exit_code == 2
    assert "--stdout takes one Dockerfile, not 2" in done.stderr


def test_check_says_what_would_change_and_writes_nothing(program: Program) -> None:
    file = program.write("Dockerfile")
    done = program("--check")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "1 file would change\n")
    assert file.read_text() == PLAIN


def test_check_with_diff_prints_it(program: Program) -> None:
    program.write("Dockerfile")
    done = program("--check", "--diff")
    assert done.exit_code == 1
    assert done.stdout.startswith("--- a/Dockerfile\n")


def test_check_is_content_with_refusals(program: Program) -> None:
    program.write("Dockerfile", "FROM debian:12\nRUN SIGN\nRUN PAINT\n")
    done = program("--check")
    assert done.exit_code == 0
    assert done.stderr.endswith("1 file refused\n")


def test_refusals_have_a_line_each(program: Program) -> None:
    program.write("api/Dockerfile", "FROM debian:12\nRUN SIGN\nRUN PAINT\n")
    done = program()
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "api/Dockerfile:3: mark-seen: refused [wet-paint]: The paint may be wet (the last instruction)"
        "; --assume wet-paint accepts it",
        "api/Dockerfile:2: refuse: refused [no-entry]: The sign says no (a sign)",
        "1 file refused",
    ]


def test_assumptions_have_a_line_each(program: Program) -> None:
    program.write("Dockerfile", "FROM debian:12\nRUN PAINT\n")
    done = program("--assume", "wet-paint")
    assert done.stderr.splitlines() == [
        "Dockerfile:2: mark-seen: assumed [wet-paint]: The paint may be wet (the last instruction)",
        "1 file changed",
    ]


def test_a_broken_contract_is_told_and_undone(program: Program) -> None:
    program.write("Dockerfile", f"FROM debian:12\n{SEEN}\n# BREAK\nCMD a\n")
    done = program()
    assert (done.exit_code, done.stdout) == (0, "")
    assert "break-contract: refused [contract]" in done.stderr
    assert "Dockerfile:1: contract: CMD:" in done.stderr


def test_verbose_says_why_and_what_was_not_needed(program: Program) -> None:
    program.write("Dockerfile")
    lines = program("-v").stderr.splitlines()
    assert "Dockerfile: mark-seen: changed: seen files are known" in lines
    assert "    list.txt:3: it is on the list" in lines
    assert "Dockerfile:1: refuse: unneeded [done-already]: It was done before (no sign)" in lines


def test_verbose_names_the_comment_that_switches_off(program: Program) -> None:
    program.write("Dockerfile", "# dockrefactor: ignore-file\n" + PLAIN)
    done = program("-v")
    assert done.stdout == ""
    assert "Dockerfile:1: mark-seen: ignored: a comment switches it off" in done.stderr


def test_quiet_leaves_the_product_and_errors(program: Program) -> None:
    program.write("a/Dockerfile")
    program.write("b/Dockerfile", "FROM debian:12\nRUN SIGN\n")
    program.write("c/Dockerfile", "hello\n")
    done = program("--quiet")
    assert done.stdout.startswith("--- a/a/Dockerfile")
    assert done.stderr == "c/Dockerfile:1: error: unknown instruction: hello\n"
    assert done.exit_code == 2


@pytest.mark.parametrize(("count", "line"), [(0, "no Dockerfile found"), (1, "1 file changed"), (3, "3 files changed")])
def test_summary_counts(program: Program, count: int, line: str) -> None:
    for number in range(count):
        program.write(f"{number}/Dockerfile")
    done = program()
    assert (done.exit_code, done.stderr) == (0, line + "\n")


def test_summary_names_every_state(program: Program) -> None:
    program.write("a/Dockerfile")
    program.write("b/Dockerfile", MARKED)
    program.write("c/Dockerfile", MARKED + "RUN SIGN\n")
    program.write("d/Dockerfile", "")
    assert program().stderr.splitlines()[-1] == "1 file changed, 1 refused, 1 unchanged, 1 failed"


@pytest.mark.parametrize(
    ("option", "names"), [("--select", "refuse,explode"), ("--ignore", "mark-seen , break-contract")]
)
def test_select_and_ignore(program: Program, option: str, names: str) -> None:
    program.write("Dockerfile")
    done = program(option, names, "-v")
    assert done.stdout == ""
    assert "explode: unneeded" in done.stderr
    assert "mark-seen" not in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--select", "nope"], "no transform 'nope'; there are: mark-seen, refuse, explode, break-contract"),
        (["--ignore", "refuse,nope"], "no transform 'nope'"),
        (["--assume", "nope"], "no reason code 'nope'; there are: wet-paint"),
        (["--assume", "no-entry"], "'no-entry' cannot be lifted; there are: wet-paint"),
        (["--user", "Über"], "is not NAME, NAME:UID or keep"),
        (["--user", "1000"], "is not NAME, NAME:UID or keep"),
        (["--user", "app:0"], "root is the user"),
        (["--user", "root"], "root is the user"),
        (["--user", "app:9999999999"], "a user id is at most"),
        (["--runtime", "musl"], "'musl' is not one of"),
        (["--jobs", "0"], "0 is not in the range"),
        (["--context", "missing"], "Directory 'missing' does not exist"),
        (["--config", "missing.toml"], "File 'missing.toml' does not exist"),
        (["--write", "--diff"], "--diff and --write cannot be combined"),
        (["--write", "--check"], "--check and --write cannot be combined"),
        (["--stdout", "--check"], "--check and --stdout cannot be combined"),
        (["--stdout", "--format", "json"], "--stdout and --format json cannot be combined"),
        (["--stdout", "--dockerignore"], "--stdout and --dockerignore cannot be combined"),
        (["--quiet", "--verbose"], "--quiet and --verbose cannot be combined"),
        (["--write", "-"], "--write and standard input cannot be combined"),
        (["-", "Dockerfile"], "standard input and other paths cannot be combined"),
        (["--frobnicate"], "No such option"),
        (["explain", "no-entri"], "did you mean no-entry"),
        (["explain", "zzzzzz"], "`dockrefactor explain` lists them all"),
    ],
)
def test_wrong_usage(program: Program, words: list[str], message: str) -> None:
    file = program.write("Dockerfile")
    done = program(*words)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert file.read_text() == PLAIN


@pytest.mark.parametrize("user", ["keep", "app", "app:10001", "_svc-1"])
def test_users_that_may_be_named(program: Program, user: str) -> None:
    program.write("Dockerfile")
    assert program("--user", user, "--runtime", "slim", "--jobs", "4").exit_code == 0


def test_standard_input_gives_a_diff(program: Program) -> None:
    done = program("-", stdin=PLAIN.encode())
    assert done.exit_code == 0
    assert done.stdout.startswith("--- a/Dockerfile\n")


def test_standard_input_to_standard_output(program: Program) -> None:
    assert program("--stdout", "-", stdin=PLAIN.encode()).stdout == MARKED


def test_a_folder_named_like_a_command(program: Program) -> None:
    program.write("detect/Dockerfile")
    assert program("./detect").stdout.startswith("--- a/detect/Dockerfile")
    assert "stage 0: debian:12 (line 1)" in program("detect", "./detect").stdout


def test_detect_as_text(program: Program) -> None:
    file = program.write("Dockerfile", "FROM debian:12 AS builder\nFROM builder\n")
    done = program("detect")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "Dockerfile",
        "  context: .",
        "  stage 0 builder: debian:12 (line 1)",
        "  stage 1: builder (line 2)",
        "  toolchain: none that dockrefactor knows",
    ]
    assert "FROM builder" in file.read_text()


def test_detect_does_the_others_after_a_fault(program: Program) -> None:
    program.write("a/Dockerfile", "FROM a\nFOO\n")
    program.write("b/Dockerfile")
    done = program("detect")
    assert done.exit_code == 2
    assert done.stderr == "a/Dockerfile:2: error: unknown instruction: FOO\n"
    assert done.stdout.startswith("b/Dockerfile\n")


def test_explain_lists_transforms_and_reasons(program: Program) -> None:
    text = program("explain").stdout
    assert "  mark-seen       Transforms of a few lines" in text
    assert "  wet-paint*         The paint may be wet." in text
    assert "  ambiguous-context  " in text


def test_explain_a_transform(program: Program) -> None:
    text = program("explain", "mark-seen").stdout
    assert text.startswith("mark-seen\n\nTransforms of a few lines")
    assert "  no-entry      The sign says no." in text


def test_explain_a_reason(program: Program) -> None:
    assert program("explain", "wet-paint").stdout.splitlines() == [
        "wet-paint",
        "",
        "The paint may be wet.",
        "What to do: Touch it.",
        "Assumption: --assume wet-paint accepts it",
        f"Given by: {', '.join(fake.name for fake in FAKES)}",
    ]
    assert "Assumption: no, --assume does not lift it" in program("explain", "contract").stdout


def test_colours_only_when_asked(program: Program) -> None:
    program.write("Dockerfile", PLAIN.replace("\n", "\r\n"))
    assert "\033" not in program().stdout
    assert "\033" not in program("--color", "never").stdout
    text = program("--color", "always").stdout_bytes.decode()
    assert "\033[1m--- a/Dockerfile\033[0m\n" in text
    assert "\033[32m+# seen\033[0m\r\n" in text


def test_a_progress_bar_only_for_many_files_on_a_terminal(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    bar = click.progressbar

    def counted(items: Iterable[Any], **rest: Any) -> Any:
        seen.append(rest["length"])
        return bar(items, **rest)

    monkeypatch.setattr(click, "progressbar", counted)
    for number in range(21):
        program.write(f"{number}/Dockerfile")
    assert program().stderr == "21 files changed\n"
    assert seen == []
    monkeypatch.setattr(cli, "_is_terminal", lambda stream: True)
    done = program("--color", "never")
    assert seen == [21]
    assert done.stdout.count("+++ b/") == 21
    program("--color", "never", "-q")
    program("--color", "never", "0", "1")
    assert seen == [21]


def test_a_word_on_what_to_do_about_refusals_on_a_terminal(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.write("a/Dockerfile")
    program.write("b/Dockerfile", "FROM debian:12\nRUN SIGN\nRUN PAINT\n")
    assert program().stderr.splitlines()[-1] == "1 file changed, 1 refused"
    monkeypatch.setattr(cli, "_is_terminal", lambda stream: True)
    assert program("--color", "never").stderr.splitlines()[-1].endswith("dockrefactor explain CODE")
    assert program("--color", "never", "a").stderr == "1 file changed\n"
    assert program("--color", "never", "--quiet").stderr == ""


def test_json_is_the_only_thing_on_standard_output(program: Program) -> None:
    program.write("a/Dockerfile")
    program.write("b/Dockerfile", "FROM debian:12\nRUN SIGN\nRUN PAINT\n")
    done = program("--format", "json", "--check")
    assert done.exit_code == 1
    assert done.stderr == ""
    assert json.loads(done.stdout)["summary"] == {"changed": 1, "refused": 1, "unchanged": 0, "failed": 0}


def _run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUTF8": "0", "LC_ALL": "C"}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_version_and_help_import_nothing_heavy(tmp_path: Path) -> None:
    done = _run("-X", "importtime", "-m", "dockrefactor", "--version", cwd=tmp_path)
    assert done.stdout == f"dockrefactor {__version__}\n"
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    heavy = {"yaml", "libcst", "difflib", "json", "tree_sitter", "pathspec", "tomllib", "traceback"}
    assert not imported & (heavy | {"dockrefactor.pipeline", "dockrefactor.batch", "dockrefactor_transforms"})


def test_a_run_imports_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(PLAIN)
    script = WITHOUT_TRANSFORMS.format("['.']")
    done = _run("-X", "importtime", "-c", script, cwd=tmp_path)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "dockrefactor.pipeline" in imported
    assert not imported & {"yaml", "libcst", "difflib", "pathspec"}


def test_python_sources_that_betray_nothing_are_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM python:3.12\nCOPY . /app\nWORKDIR /app\nCMD ["python", "app.py"]\n')
    (tmp_path / "app.py").write_text("import json\n\nprint(json.dumps([1]))\n")
    done = _run("-X", "importtime", "-m", "dockrefactor", "--diff", ".", cwd=tmp_path)
    assert "USER" in done.stdout
    assert "libcst" not in done.stderr


def test_an_interrupt_is_no_check_failure(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    program.write("Dockerfile")
    monkeypatch.setattr(cli, "_sources", interrupt)
    done = program("--check")
    assert (done.exit_code, done.stderr) == (130, "interrupted\n")


def test_a_defect_outside_the_files_shows_no_traceback(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise KeyError("x")

    monkeypatch.setattr(cli, "_sources", fail)
    done = program()
    assert (done.exit_code, done.stderr) == (2, "internal error: KeyError: 'x'; please report it\n")
    assert "Traceback" in program("-v").stderr


def test_a_working_folder_that_is_gone(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = program.write("gone/x").parent
    monkeypatch.chdir(gone)
    (gone / "x").unlink()
    gone.rmdir()
    done = program()
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr


def test_help_names_the_commands(program: Program) -> None:
    text = program("--help").stdout
    for word in ("detect", "explain", "--assume", "--cache-mounts", "./detect"):
        assert word in text
    assert program("detect", "-h").stdout.startswith("Usage: dockrefactor detect [OPTIONS] [PATH]...")


def test_a_reader_that_has_enough_is_no_check_failure(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(PLAIN)
    script = (
        "import sys, dockrefactor.cli as c; c._registries = lambda: ((), ()); sys.argv[1:] = ['--stdout']; c.main()"
    )
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.returncode == 141
    assert "Traceback" not in done.stderr
