"""Scripts that are fetched and run: known ones are known with their options, all others may do anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import TOOLCHAINS

POETRY = "curl -sSL https://install.python-poetry.org | "
HOME = ("/root/.local/share/pypoetry", "/root/.local/bin")
UV = ("/bin", "/root/.config/uv", "/root/.profile", "/root/.bashrc")
RUST = ("/rust/cargo", "/root/.rustup", "/root/.profile", "/root/.bashrc")


def last_effects(folder: Path, lines: str) -> tuple[Kind, tuple[str, ...]]:
    facts = Facts(
        document.read(f"FROM python:3.12\n{lines}"), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile"
    )
    run = facts.final.steps[-1].run
    assert run is not None
    return run.commands[-1].effects.kind, run.commands[-1].effects.writes


@pytest.mark.parametrize(
    ("lines", "writes"),
    [
        (f"RUN {POETRY}python3 -\n", HOME),
        (f"RUN {POETRY}python - --version 1.8.5 -y\n", HOME),
        (f"ENV POETRY_HOME=/opt/poetry\nRUN {POETRY}python3 - --version=$VERSION\n", ("/opt/poetry",)),
        (f"RUN {POETRY}POETRY_HOME=/etc/poetry python3 -\n", ("/etc/poetry",)),
        ("RUN curl -sSL https://install.python-poetry.org -o /x.py && python3 /x.py --yes\n", HOME),
        ("ADD https://install.python-poetry.org /x.py\nRUN python3 /x.py\n", HOME),
        ("ENV UV_INSTALL_DIR=/bin\nADD https://astral.sh/uv/install.sh /i.sh\nRUN sh /i.sh\n", UV),
        ("ENV UV_INSTALL_DIR=/bin\nRUN wget -qO- https://astral.sh/uv/0.5.14/install.sh | sh\n", UV),
        ("ENV CARGO_HOME=/rust/cargo\nRUN curl https://sh.rustup.rs -sSf | sh -s -- -y --profile minimal\n", RUST),
    ],
)
def test_installers_of_programs(tmp_path: Path, lines: str, writes: tuple[str, ...]) -> None:
    assert last_effects(tmp_path, lines) == (Kind.TOOL_INSTALL, writes)


@pytest.mark.parametrize(
    "lines",
    [
        f"RUN {POETRY}python3 - --git https://example.org/poetry\n",
        f"RUN {POETRY}python3 - --uninstall\n",
        f"RUN {POETRY}sh\n",
        "RUN curl -sSL https://example.org/install.py | python3 -\n",
        "RUN curl -LsSf https://astral.sh/uv/install.sh | sh -s -- --no-modify-path\n",
        "ADD https://astral.sh/uv/install.sh /a/\nRUN sh /a/other.sh\n",
        "ADD https://example.org/i.sh /i.sh\nRUN sh /i.sh\n",
    ],
)
def test_other_scripts_may_do_anything(tmp_path: Path, lines: str) -> None:
    assert last_effects(tmp_path, lines)[0] is Kind.UNKNOWN
