"""apt's package lists are there in each stage that installs, however the author's steps are parted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change
from dockrefactor.text import apply
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

SOURCES = 'import subprocess\n\nsubprocess.run(["ffmpeg", "-version"])\n'
INSTALL = "WORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"


def stages_of(folder: Path, before: str, after: str = "") -> tuple[str, str]:
    """The RUNs of apt in the builder and in the runtime of the split."""
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "app.py").write_text(SOURCES)
    text = f'FROM python:3.11\n{before}{INSTALL}{after}COPY . .\nCMD ["python", "app.py"]\n'
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    made = split_stages.run(facts)
    assert isinstance(made, Change)
    builder, _, runtime = apply(text, made.edits).partition("\n\nFROM ")
    return tuple(  # type: ignore[return-value]
        "".join(f"{line}\n" for line in stage.splitlines() if line.startswith("RUN apt"))
        for stage in (builder, runtime)
    )


@pytest.mark.parametrize("apt", ["apt", "apt-get"])
def test_a_fetch_goes_where_the_package_goes(tmp_path: Path, apt: str) -> None:
    steps = f"RUN {apt} update\nRUN {apt} install -y ffmpeg\n"
    assert stages_of(tmp_path, steps) == ("", steps)
    assert stages_of(tmp_path, "", steps) == ("", steps)


def test_both_stages_fetch_where_both_install(tmp_path: Path) -> None:
    fetch = "RUN apt-get update -qq\n"
    steps = f"{fetch}RUN apt-get install -y ffmpeg\nRUN apt-get install -y gcc\n"
    assert stages_of(tmp_path, steps) == (
        f"{fetch}RUN apt-get install -y gcc\n",
        f"{fetch}RUN apt-get install -y ffmpeg\n",
    )


def test_an_install_fetches_where_the_earlier_one_is_left_out(tmp_path: Path) -> None:
    compiler = "RUN apt-get update && apt-get install -y gcc\n"
    program = "RUN apt-get -y install ffmpeg && rm -rf /var/lib/apt/lists/*\n"
    moved = program.replace("RUN ", "RUN apt-get update && ")
    assert stages_of(tmp_path, compiler + program) == (compiler, moved)
    assert stages_of(tmp_path, compiler, program) == (compiler, moved)
    program, compiler = "RUN apt-get update && apt-get install -y ffmpeg\n", "RUN apt-get install -y gcc\n"
    moved = compiler.replace("RUN ", "RUN apt-get update && ")
    assert stages_of(tmp_path, program + compiler) == (moved, program)


def test_an_original_without_lists_stays_as_it_is(tmp_path: Path) -> None:
    steps = "RUN apt-get install -y ffmpeg\n"
    assert stages_of(tmp_path, steps) == ("", steps)


def test_a_fetch_of_what_only_builds_stays_there(tmp_path: Path) -> None:
    steps = "RUN apt-get update\nRUN apt-get install -y gcc\n"
    assert stages_of(tmp_path, steps) == (steps, "")
