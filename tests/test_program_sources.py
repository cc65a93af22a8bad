"""Whether a program is seen at all: by the sources of its language that the copies bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document, program_sources
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import TOOLCHAINS

STARTS = [
    ("python:3.12", "python -m shop", "shop.py", "Python"),
    ("node:20", "serve -s build", "build/index.html", "JavaScript"),
    ("golang:1.23", "./shop", "main.go", "Go"),
    ("rust:1.80", "./shop", "main.rs", "Rust"),
    ("ruby:3.3", "ruby app.rb", "app.rb", "Ruby"),
    ("php:8.3-cli", "php -S 0.0.0.0:8000", "index.php", "PHP"),
    ("elixir:1.17", "elixir shop.exs", "shop.exs", "Elixir"),
]


def unseen(folder: Path, base: str, command: str, copy: str = "COPY . .") -> list[str]:
    (folder / "README").write_text("read me\n")
    text = f"FROM {base}\nWORKDIR /app\n{copy}\nCMD {command}\n"
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    return [item.says for item in program_sources.unseen(facts)]


@pytest.mark.parametrize(("base", "command", "source", "language"), STARTS)
def test_a_source_of_the_language_must_be_copied(
    tmp_path: Path, base: str, command: str, source: str, language: str
) -> None:
    assert unseen(tmp_path, base, command) == [f"no source in {language} is copied from the build context"]
    (tmp_path / source).parent.mkdir(exist_ok=True)
    (tmp_path / source).write_text("x")
    assert unseen(tmp_path, base, command) == []
    assert unseen(tmp_path, base, command, "COPY README ./") != []


def test_a_script_without_a_suffix_is_known_by_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("#!/usr/bin/env python3\n")
    assert unseen(tmp_path, "python:3.12", "./run") == []


def test_a_file_that_is_made_before_the_build_may_be_the_program(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("x")
    missing = "COPY shop.py ./\nCOPY dist/shop.pyz /opt/shop.pyz"
    assert unseen(tmp_path, "python:3.12", "python /opt/shop.pyz", missing) == [
        "dist/shop.pyz, which is copied here, is not in the build context"
    ]
    assert unseen(tmp_path, "python:3.12", "python shop.py", missing) == []


def test_nothing_copied_is_nothing_seen(tmp_path: Path) -> None:
    assert unseen(tmp_path, "python:3.12", "mlflow server", "RUN pip install mlflow") == [
        "nothing of the program is in the build context"
    ]
