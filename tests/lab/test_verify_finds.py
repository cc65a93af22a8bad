"""What is wrong with a result, `verify` finds; what can be mended, `--repair` mends and proves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cases import CORPUS, ROOT
from conftest import provide
from dockrefactor.verify.engine import Engine
from pairs import CONTEXT, PAIRS, Pair

pytestmark = pytest.mark.lab
PROGRAM = Path(sys.executable).with_name("dockrefactor")
SCHEMA = json.loads((ROOT / "refactor/dockrefactor/data/verify_schema.json").read_text(encoding="utf-8"))


def verified(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code of `dockrefactor verify`, and its report of the only file."""
    words = [PROGRAM, "verify", "--format", "json", "--no-rebuild", *options, "."]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=900)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert len(report["files"]) == 1
    return done.returncode, report["files"][0]


@pytest.fixture(scope="module", autouse=True)
def images(engine: Engine) -> None:
    provide("python:3.13", "python:3.13-slim", "debian:bookworm-slim", "golang:1.23")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    for name, text in CONTEXT.items():
        path = tmp_path / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "context"


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name.replace(" ", "-"))
def test_what_is_wrong_is_found(pair: Pair, context: Path, tmp_path: Path) -> None:
    (tmp_path / "original").write_text(pair.original, encoding="utf-8")
    (context / "Dockerfile").write_text(pair.result, encoding="utf-8")
    code, file = verified(context, "--against", str(tmp_path / "original"), "--start-timeout", "15")
    counted = [item for item in file["findings"] if item["weight"] != "note"]
    assert file["verdict"] == pair.verdict, file["findings"]
    assert code == pair.verdict.exit_code
    assert {item["check"] for item in counted} >= pair.checks
    assert any(pair.says in item["says"] for item in counted) == bool(pair.says), counted


def test_a_test_of_the_users_own_finds_what_runs_do_not(context: Path, tmp_path: Path) -> None:
    text = PAIRS[0].original
    (tmp_path / "original").write_text(text, encoding="utf-8")
    (context / "Dockerfile").write_text(text.replace("app.py start.sh", "app.py"), encoding="utf-8")
    assert verified(context, "--against", str(tmp_path / "original"))[0] == 0
    code, file = verified(context, "--against", str(tmp_path / "original"), "--run", "cat start.sh")
    assert (code, file["verdict"]) == (1, "differs")
    assert {item["check"] for item in file["findings"] if item["weight"] != "note"} == {"smoke"}


def test_a_version_of_the_repository_is_compared_and_an_edit_rebuilt(context: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    (context / "Dockerfile").write_text(PAIRS[0].original, encoding="utf-8")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=context, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
    (context / "Dockerfile").write_text(PAIRS[0].result, encoding="utf-8")
    words = [PROGRAM, "verify", "--against", "HEAD", "--format", "json", "--edit", "app.py", "."]
    done = subprocess.run(words, cwd=context, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    rebuild = json.loads(done.stdout)["files"][0]["rebuild"]
    assert rebuild["edited"] == "app.py"
    steps = {item["step"]: item["cached"] for item in rebuild["result"]}
    assert steps["WORKDIR /app"]
    assert not steps["COPY app.py start.sh ./"]


def test_what_is_made_on_request_is_proved(tmp_path: Path) -> None:
    folder = copied("mount-caches-go-store-in-every-step", tmp_path)
    text = (folder / "Dockerfile").read_text(encoding="utf-8")
    # /bin may be a link of the base image's, so nothing is linked to there
    (folder / "Dockerfile").write_text(text.replace("/bin/roman", "/srv/roman"), encoding="utf-8")
    requests = ("--cache-mounts", "--link", "--test-stage")
    words = [PROGRAM, "--stdout", *requests, "."]
    made = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout
    assert all(word in made for word in ("--mount=type=cache", "COPY --link", " AS test\n"))
    code, file = verified(folder, *requests, "--run", "/srv/roman")
    assert (code, file["verdict"]) == (0, "proved"), file
    assert "`/srv/roman`" in file["compared"]


def copied(name: str, folder: Path) -> Path:
    """A copy of the case's build context."""
    subprocess.run(["cp", "-r", CORPUS / name, folder / "context"], check=True)
    (folder / "context" / "case.toml").unlink()
    return folder / "context"


REPAIRED = [
    # (case, options, what must be learned): the tables know less than a build
    ("split-stages-python-unlisted-package-refused", (), {"assume": ["unknown-package"]}),
    (
        "add-user-python-writes-path-from-environment-refused",
        ("--env", "DROP_ROOT=/srv/drops"),
        {"assume": ["writes-unknown-path"], "owned-folders": ["/srv/drops"]},
    ),
    (
        "split-stages-python-ctypes-library-refused",
        (),
        {"covered": ["libxml2.so.2"], "runtime-packages": ["libxml2"]},
    ),
    (
        "split-stages-go-starts-a-tool-of-the-language-refused",
        (),
        {"covered": ["gofmt"], "runtime-files": ["/usr/local/go/bin/gofmt"]},
    ),
]


@pytest.mark.parametrize(("name", "options", "settings"), REPAIRED, ids=[name for name, _, _ in REPAIRED])
def test_what_can_be_mended_is_mended(
    name: str, options: tuple[str, ...], settings: dict[str, list[str]], tmp_path: Path
) -> None:
    folder = copied(name, tmp_path)
    code, file = verified(folder, "--repair", *options)
    assert (code, file["verdict"]) == (0, "proved"), file
    learned = file["repair"]["settings"]
    assert learned.items() >= settings.items()
    # the configuration alone gives the proved result, without a build
    lines = [f"{key} = {json.dumps(values)}" for key, values in learned.items()]
    (folder / ".dockrefactor.toml").write_text("\n".join(lines), encoding="utf-8")
    assert tomllib.loads((folder / ".dockrefactor.toml").read_text(encoding="utf-8")) == learned
    done = subprocess.run([PROGRAM, "--diff", "."], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == file["repair"]["diff"]


def test_what_the_proof_does_not_bear_out_is_left_as_it_is(tmp_path: Path) -> None:
    folder = copied("add-user-python-writes-path-from-environment-refused", tmp_path)
    code, file = verified(folder, "--repair", "--env", "DROP_ROOT=/")
    assert (code, file["verdict"]) == (0, "proved"), file
    # nobody but root makes files there: the copies are ordered, and no user is added
    assert file["repair"]["settings"] == {}
    assert any("writes-unknown-path" in line for line in file["repair"]["learned"])
    assert file["result"]["user"] == ""
    assert "USER" not in file["repair"]["diff"]
    assert "+COPY requirements.txt" in file["repair"]["diff"]
