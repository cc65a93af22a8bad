"""Which folder is the build context: the Dockerfile's own, --context, or what a compose file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_transforms import Program, make_program


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return make_program(tmp_path, monkeypatch)


def test_context_option_and_compose_file(program: Program) -> None:
    program.write("docker/Dockerfile")
    program.write(
        "compose.yaml", "services:\n  api:\n    build:\n      context: .\n      dockerfile: docker/Dockerfile\n"
    )
    assert "  context: .\n" in program("detect").stdout
    assert "  context: docker\n" in program("detect", "--context", "docker").stdout


def test_a_compose_file_finds_a_lower_case_dockerfile(program: Program) -> None:
    program.write("docker/dockerfile")
    program.write("compose.yaml", "services:\n  api:\n    build: {context: ., dockerfile: docker/Dockerfile}\n")
    assert "  context: .\n" in program("detect", "docker/dockerfile").stdout


def test_two_contexts_are_refused(program: Program) -> None:
    program.write("docker/Dockerfile")
    program.write("a/x")
    build = "    build:\n      context: {}\n      dockerfile: {}\n"
    text = "services:\n  one:\n" + build.format(".", "docker/Dockerfile")
    program.write("compose.yml", text + "  two:\n" + build.format("a", "../docker/Dockerfile"))
    done = program()
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith(
        "docker/Dockerfile: build-context: refused [ambiguous-context]: Compose files build this Dockerfile with more "
        "than one context (compose.yml:6: service `two` builds it with the context a)"
    )
    assert program("--context", ".").stdout != ""


def test_a_compose_context_outside_the_repository_is_refused(program: Program) -> None:
    program.write("repo/.git/HEAD", "")
    program.write("repo/Dockerfile")
    program.write("repo/compose.yml", "services:\n  a:\n    build: {context: .., dockerfile: repo/Dockerfile}\n")
    assert "refused [context-outside]" in program("repo").stderr


@pytest.mark.parametrize(
    "compose",
    [
        "services:\n  a:\n    build: {context: $ROOT, dockerfile: Dockerfile}\n",
        "services:\n  a:\n    build: {context: https://example.org/x.git, dockerfile: Dockerfile}\n",
        "services:\n  a:\n    build: {context: .., dockerfile: other/Dockerfile}\n",
        "services: [dockerfile]\n",
        "dockerfile: [\n",
        "- dockerfile\n",
        "services:\n  a: dockerfile\n  b: {build: [dockerfile]}\n",
    ],
)
def test_compose_files_that_say_nothing_of_it(program: Program, compose: str) -> None:
    program.write("x/Dockerfile")
    program.write("x/compose.yaml", compose)
    assert "  context: x\n" in program("detect").stdout


def test_compose_files_above_the_repository_say_nothing(program: Program) -> None:
    program.write("repo/.git/HEAD", "")
    program.write("repo/docker/Dockerfile")
    program.write("compose.yaml", "services:\n  a:\n    build: {context: repo, dockerfile: docker/Dockerfile}\n")
    assert "  context: repo/docker\n" in program("detect").stdout


def test_the_ignore_file_of_the_dockerfile_holds(program: Program) -> None:
    program.write("docker/Dockerfile", "FROM a\nCOPY x .\nCMD a\n")
    program.write("docker/Dockerfile.dockerignore", b"\xff")
    assert "docker/Dockerfile.dockerignore" in program("--context", ".").stderr


INNER = "services:\n  api:\n    build: {context: .., dockerfile: api/Dockerfile}\n"


def test_a_compose_file_in_a_folder_beside(program: Program) -> None:
    program.write(".git/HEAD", "x\n")
    program.write("api/Dockerfile")
    program.write("infra/docker-compose.yml", INNER)
    assert "  context: .\n" in program("detect").stdout


def test_a_compose_file_above_goes_before_one_in_a_folder_beside(program: Program) -> None:
    program.write(".git/HEAD", "x\n")
    program.write("api/Dockerfile")
    program.write("infra/docker-compose.yml", INNER)
    program.write("compose.yaml", "services:\n  api:\n    build: api\n")
    assert "  context: api\n" in program("detect").stdout


def context_of(program: Program, dockerfile: str = "services/api/Dockerfile") -> str:
    return program("detect", dockerfile).stdout.splitlines()[1].strip()


def monorepo(program: Program, copies: str, *files: str) -> None:
    program.write(".git/HEAD", "x\n")
    program.write("services/api/Dockerfile", f"FROM python:3.12\nWORKDIR /app\n{copies}CMD python app.py\n")
    for file in files:
        program.write(file, "x\n")


@pytest.mark.parametrize(
    "copies",
    [
        "COPY services/api/requirements.txt .\nCOPY libs/ libs/\n",
        'COPY --chown=1:1 ["/libs", "/app/libs"]\n',
        "COPY lib[s] services/api/requirements.tx? ./\n",
        "COPY libs \\\n  services /app/\n",
        "COPY --from=busybox /x /x\nADD https://example.org/x /x\nCOPY libs ./\n",
    ],
)
def test_the_one_folder_above_that_holds_what_is_copied(program: Program, copies: str) -> None:
    monorepo(program, copies, "services/api/requirements.txt", "libs/a.py", "services/web/requirements.txt")
    assert context_of(program) == "context: ."


@pytest.mark.parametrize(
    ("copies", "files"),
    [
        ("COPY a.txt .\nCOPY app.py .\n", ("services/api/a.txt", "services/api/app.py", "a.txt", "app.py")),
        ("COPY a.txt .\n", ("a.txt", "services/a.txt")),  # one of two
        ("COPY a.txt .\n", ("a.txt", "other/a.txt")),
        ("COPY a.txt .\n", ("other/a.txt",)),  # beside, not above
        ("COPY a.txt b.txt .\n", ("a.txt", "services/b.txt")),
        ("COPY ../../a.txt .\n", ("a.txt",)),
        ("COPY api /bin/\n", ("services/api/main.go",)),  # may be a program
        ("ARG A=a.txt\nCOPY $A .\n", ("a.txt",)),
        ("COPY --from=build a.txt .\n", ("a.txt",)),
        ("COPY <<a.txt /b\nx\na.txt\n", ("a.txt",)),
        ("COPY . .\n", ("a.txt",)),
    ],
)
def test_what_is_copied_shows_no_other_folder(program: Program, copies: str, files: tuple[str, ...]) -> None:
    monorepo(program, copies, *files)
    assert context_of(program) == "context: services/api"


@pytest.mark.parametrize(
    ("name", "text"),
    [(".gitignore", "app.jar\n"), ("services/api/.gitignore", "*.jar\n"), (".dockerignore", "*.jar\n")],
)
def test_a_folder_above_that_may_lack_what_is_copied(program: Program, name: str, text: str) -> None:
    monorepo(program, "COPY app.jar .\n", "app.jar")
    assert context_of(program) == "context: ."
    program.write(name, text)
    assert context_of(program) == "context: services/api"


def test_a_compose_file_goes_before_what_is_copied(program: Program) -> None:
    monorepo(program, "COPY a.txt .\n", "a.txt")
    program.write("compose.yaml", "services:\n  api:\n    build: {context: services, dockerfile: api/Dockerfile}\n")
    assert context_of(program) == "context: services"


def test_a_compose_file_that_builds_with_the_own_folder_goes_before_what_is_copied(program: Program) -> None:
    monorepo(program, "COPY a.txt .\n", "a.txt")
    program.write("compose.yaml", "services:\n  api:\n    build: ./services/api\n")
    assert context_of(program) == "context: services/api"


def test_outside_of_a_repository_only_folders_below_the_working_one_are_looked_at(program: Program) -> None:
    program.write("services/api/Dockerfile", "FROM a\nCOPY a.txt .\nCMD a\n")
    program.write("a.txt", "x\n")
    assert context_of(program) == "context: ."
