"""Programs that the image of GCC builds, on the distribution's own libraries of the compiler."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import image
from dockrefactor.context import BuildContext
from dockrefactor.document import read
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change, Refusal
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

C = ("main.c", "int main(void) { return 0; }\n", "gcc -o app main.c")
CPP = ("main.cpp", "int main() { return 0; }\n", "g++ -o app main.cpp")
OPENMP = ("main.c", "int main(void) { return 0; }\n", "gcc -o app main.c -lgomp")


@pytest.mark.parametrize(
    ("base", "program", "code"),
    [
        ("gcc:13", C, ""),
        ("gcc:latest", C, ""),
        ("gcc:4.9", C, "unknown-release"),
        ("gcc:13", CPP, "unknown-library"),
        ("gcc:latest", CPP, "unknown-library"),
        ("gcc:12", CPP, ""),
        ("gcc:10.4", CPP, ""),
        ("gcc:14-trixie", CPP, ""),
        ("gcc:13", OPENMP, "unknown-library"),
        ("gcc:14", OPENMP, ""),
    ],
)
def test_libraries_of_the_compiler(tmp_path: Path, base: str, program: tuple[str, str, str], code: str) -> None:
    name, source, command = program
    (tmp_path / name).write_text(source)
    text = f'FROM {base}\nWORKDIR /src\nCOPY . .\nRUN {command}\nCMD ["./app"]\n'
    outcome = split_stages.run(Facts(read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile"))
    assert isinstance(outcome, Refusal if code else Change)
    assert not isinstance(outcome, Refusal) or outcome.reason.reason.code == code


@pytest.mark.parametrize(
    ("written", "pinned"),
    [
        ("gcc", "gcc:trixie"),
        ("golang:1", "golang:1-trixie"),
        ("docker.io/library/rust:slim", "docker.io/library/rust:slim-trixie"),
        ("golang:1.22", ""),
        ("golang:1.26-bookworm", ""),
        ("golang:alpine", ""),
        ("elixir:1.17", ""),
        (f"golang:1@sha256:{'0' * 64}", ""),
    ],
)
def test_a_tag_that_names_the_release(written: str, pinned: str) -> None:
    known = image.known(written)
    assert known is not None
    found = image.pinned(known)
    assert (found.reference.written if found is not None else "") == pinned
