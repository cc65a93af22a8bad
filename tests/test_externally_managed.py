"""pip of newer releases installs nothing into the distribution's Python unless it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Refusal
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

INSTALL = "RUN pip3 install bottle==0.13.2"


@pytest.mark.parametrize(
    ("base", "lines", "refused"),
    [
        ("debian:bookworm", INSTALL, True),
        ("ubuntu:24.04", INSTALL, True),
        ("debian:bullseye", INSTALL, False),
        ("ubuntu:22.04", INSTALL, False),
        ("python:3.12", INSTALL, False),
        ("debian:bookworm", "RUN pip3 install --break-system-packages bottle==0.13.2", False),
        ("debian:bookworm", f"ENV PIP_BREAK_SYSTEM_PACKAGES=1\n{INSTALL}", False),
        ("debian:bookworm", f"RUN rm /usr/lib/python3.11/EXTERNALLY-MANAGED\n{INSTALL}", False),
        ("debian:bookworm", "RUN python3 -m venv /opt/own\nENV PATH=/opt/own/bin:$PATH\n" + INSTALL, False),
        ("debian:bookworm", "RUN python3 -m venv own && . own/bin/activate && pip3 install bottle==0.13.2", False),
        ("debian:bookworm", "RUN pip3 install --target /opt/lib bottle==0.13.2", False),
    ],
)
def test_installs_into_the_python_of_a_distribution(tmp_path: Path, base: str, lines: str, refused: bool) -> None:
    (tmp_path / "app.py").write_text("import bottle\n")
    packages = "RUN apt-get update && apt-get install -y python3 python3-pip python3-venv"
    text = f'FROM {base}\n{packages}\nWORKDIR /srv\n{lines}\nCOPY app.py .\nCMD ["python3", "app.py"]\n'
    outcome = split_stages.run(Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile"))
    assert (isinstance(outcome, Refusal) and outcome.reason.reason.code == "install-refused") is refused
