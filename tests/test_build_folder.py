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
