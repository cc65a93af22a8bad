"""What a container starts, followed through wrappers, shebang lines and start scripts."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path

import pytest

from dockrefactor import document, launch_words, reachability, start_scripts
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.launch import Launch
from dockrefactor.outcome import Refusal
from dockrefactor.pipeline import refactor
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import TRANSFORMS


@pytest.mark.parametrize(
    ("argv", "started"),
    [
        ("env -u HOME A=b node x.js", "node x.js"),
        ("tini -- node x.js", "node x.js"),
        ("timeout -k 5 30 node x.js", "node x.js"),
        ("stdbuf -o L node x.js", "node x.js"),
        ("gosu app node x.js", "node x.js"),
        ("sudo -u app node x.js", "node x.js"),
        ("setpriv --reuid=1000 node x.js", "node x.js"),
        ("exec node x.js", "node x.js"),
    ],
)
def test_wrappers_start_the_rest_of_their_line(argv: str, started: str) -> None:
    words = tuple(argv.split())
    assert launch_words.unwrapped(words[0], words) == tuple(started.split())


def test_env_splits_the_word_after_s() -> None:
    assert launch_words.unwrapped("env", ("env", "-S", "node --inspect x.js", "y")) == (
        "node",
        "--inspect",
        "x.js",
        "y",
    )


def facts_of(folder: Path, script: str, steps: str = "") -> Facts:
    (folder / "start.sh").write_bytes(script.encode())
    (folder / "app.py").write_text("print('ok')\n")
    text = f'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{steps}CMD ["./start.sh"]\n'
    return Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")


def test_shebang_through_env_s_names_the_interpreter(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "#!/usr/bin/env -S python3 -u\nprint('ok')\n")
    assert facts.launch.main is not None
    assert facts.launch.main.argv == ("python3", "/app/start.sh")


def test_carriage_return_in_a_shebang_line_is_not_followed(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "#!/bin/sh\r\npython app.py\r\n")
    assert [(item.path, item.line) for item in facts.launch.unreadable] == [("start.sh", 1)]


@pytest.mark.parametrize("step", [r"RUN sed -i 's/\r$//' start.sh", "RUN dos2unix /app/start.sh"])
def test_carriage_returns_that_a_step_takes_out_are_no_obstacle(tmp_path: Path, step: str) -> None:
    facts = facts_of(tmp_path, "#!/bin/sh\r\npython app.py\r\n", step + "\n")
    assert facts.launch.unreadable == ()
    assert facts.launch.main is not None
    assert facts.launch.main.name == "python"


def test_words_after_su_are_not_followed(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, '#!/bin/sh\nsu app -c "python app.py"\n')
    assert facts.launch.drops is not None
    assert len(facts.launch.unreadable) == 1


def _starts(folder: Path, command: str, files: dict[str, str]) -> Launch:
    for name, content in files.items():
        (folder / name).write_text(content)
    text = f"FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD {command}\n"
    return Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile").launch


@pytest.mark.parametrize("runner", ["honcho start", "/usr/local/bin/foreman start"])
def test_the_processes_of_a_procfile_are_followed(tmp_path: Path, runner: str) -> None:
    procfile = "# all\nweb: gunicorn app:app\nwork: python work.py & git pull\n"
    launch = _starts(tmp_path, runner, {"Procfile": procfile})
    assert not launch.unreadable
    assert [item.argv for item in launch.started][1:] == [
        ("gunicorn", "app:app"),
        ("python", "work.py"),
        ("git", "pull"),
    ]
    assert [(item.evidence.path, item.evidence.line) for item in launch.started][1:] == [
        ("Procfile", 2), ("Procfile", 3), ("Procfile", 3),
    ]  # fmt: skip
    assert launch.shell


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("honcho start", {}),
        ("honcho -f other start", {"Procfile": "web: python app.py\n"}),
        ("honcho run python app.py", {"Procfile": "web: python app.py\n"}),
        ("make run", {"Makefile": "run:\n\tgit pull && python app.py\n"}),
        ("inv serve", {"tasks.py": "from invoke import task\n"}),
        ("/usr/bin/make", {"Makefile": "run:\n\tpython app.py\n"}),
    ],
)
def test_what_a_runner_of_tasks_starts_is_not_followed(tmp_path: Path, command: str, files: dict[str, str]) -> None:
    launch = _starts(tmp_path, command, files)
    assert [item.says for item in launch.unreadable] == [
        f"what `{posixpath.basename(command.split()[0])}` starts is not followed"
    ]


def test_a_built_program_may_be_called_like_a_runner(tmp_path: Path) -> None:
    assert not _starts(tmp_path, './task "x"', {}).unreadable


def test_a_compose_file_that_cannot_be_read_stands_against_the_user(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print('ok')\n")
    (tmp_path / "compose.yaml").write_text("services:\n  web: {build: ., volumes: [\n  {{ template }}\n")
    source = b'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n'
    result = refactor(source, BuildContext(tmp_path), TRANSFORMS, TOOLCHAINS)
    answer = next(answer for answer in result.answers if answer.transform == "add-user")
    assert isinstance(answer.outcome, Refusal)
    assert (answer.outcome.reason.reason.code, answer.outcome.at.path) == ("compose-development", "compose.yaml")


def test_a_start_script_from_a_builder_stage_is_followed(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text('#!/bin/sh\nexec su app -c "python app.py"\n')
    (tmp_path / "start.sh").chmod(0o755)
    (tmp_path / "app.py").write_text("print('ok')\n")
    text = (
        "FROM python:3.12-slim AS build\nWORKDIR /src\nCOPY . .\n\n"
        'FROM python:3.12-slim\nWORKDIR /app\nCOPY --from=build /src /app\nCMD ["./start.sh"]\n'
    )
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    assert facts.launch.drops is not None


@pytest.mark.parametrize(
    ("extra", "scripts", "missing"),
    [
        ({}, {}, True),
        ({"dist/main.js": ""}, {}, False),
        ({"dist/main/index.js": ""}, {}, False),
        ({"dist/main.js": "", ".dockerignore": "dist\n"}, {}, True),
        ({}, {"prepare": "node build.js"}, False),
        ({}, {"prestart": "node build.js"}, False),
        ({"compose.yaml": "services:\n  web:\n    build: .\n    volumes: ['./dist:/app/dist']\n"}, {}, False),
    ],
)
def test_output_that_nothing_builds_is_missing(
    tmp_path: Path, extra: dict[str, str], scripts: dict[str, str], missing: bool
) -> None:
    manifest = {"name": "web", "version": "1.0.0", "scripts": {"start": "node dist/main", **scripts}}
    for name, text in {"package.json": json.dumps(manifest), "build.js": "", **extra}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    text = 'FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD ["npm", "start"]\n'
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    assert bool(reachability.missing_files(facts)) is missing


def test_a_script_inside_a_condition_may_start_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "dev.sh").write_text("#!/bin/sh\nexec python tools.py\n")
    script = (
        '#!/bin/sh\nrun() { python more.py; }\nif [ -n "$DEV" ]; then ./dev.sh; fi\n[ -f x.py ] && python x.py\nrun\n'
    )
    facts = facts_of(tmp_path, script + "exec python app.py\n")
    assert [(item.argv[-1], item.conditional) for item in facts.launch.started[1:]] == [
        ("more.py", True),
        ("/app/dev.sh", True),
        ("tools.py", True),
        ("x.py", True),
        ("app.py", False),
    ]
    assert reachability.missing_files(facts) == []


@pytest.mark.parametrize(
    ("start", "started"),
    [
        ("./wait.sh db:5432 --timeout=30\nexec python app.py\n", [("bash", "/app/wait.sh"), ("python", "app.py")]),
        ("bash ./wait.sh db:5432 -- python app.py\n", [("bash",), ("python", "app.py")]),
        (
            "./wait.sh db:5432\nexec ./wait.sh queue:5672 -- python app.py\n",
            [("bash", "/app/wait.sh"), ("bash", "/app/wait.sh"), ("python", "app.py")],
        ),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", " \r\n\n"])
def test_a_script_that_is_known_by_its_text_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str, started: list[tuple[str, ...]], end: str
) -> None:
    text = '#!/bin/bash\nCLI=("$@")\nexec "${CLI[@]}"'
    (tmp_path / "wait.sh").write_bytes((text + end).encode())
    assert facts_of(tmp_path, "#!/bin/sh\n" + start).launch.unreadable
    monkeypatch.setattr(start_scripts, "_words", lambda: {start_scripts._hash(text): "--"})
    launch = facts_of(tmp_path, "#!/bin/sh\n" + start).launch
    assert launch.unreadable == ()
    assert [item.argv for item in launch.started if item.argv[0] != "/bin/sh"] == started


@pytest.mark.parametrize("line", ['exec "${CLI[@]}"', "exec $(which python) app.py", "exec $RUN x"])
def test_a_computed_program_behind_a_wrapper_is_not_followed(tmp_path: Path, line: str) -> None:
    launch = facts_of(tmp_path, f'#!/bin/bash\nCLI=("$@")\nread RUN\n{line}\n').launch
    assert [item.line for item in launch.unreadable] == [4]


@pytest.mark.parametrize("words", ['"$@"', '"${@}"', "$*", "${*}"])
def test_the_arguments_of_a_script_are_started(tmp_path: Path, words: str) -> None:
    (tmp_path / "entry.sh").write_text(f"#!/bin/sh\nexec {words}\n")
    launch = facts_of(tmp_path, "#!/bin/sh\nexec ./entry.sh python app.py\n").launch
    assert launch.unreadable == ()
    assert launch.main is not None
    assert launch.main.argv == ("python", "app.py")


@pytest.mark.parametrize(
    "line", ["bash entry.sh python -m app", "bash -e entry.sh python -m app", "sh -c 'exec \"$@\"' -- python -m app"]
)
def test_a_shell_hands_every_argument_on(tmp_path: Path, line: str) -> None:
    (tmp_path / "entry.sh").write_text('exec "$@"\n')
    launch = facts_of(tmp_path, f"#!/bin/sh\n{line}\n").launch
    assert launch.main is not None
    assert launch.main.argv == ("python", "-m", "app")
