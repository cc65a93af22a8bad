"""Where add-user types its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change
from dockrefactor.text import apply
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import add_user


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_user_at_the_end_leaves_the_file_ending_as_it_did(tmp_path: Path, ending: str) -> None:
    (tmp_path / "app.py").write_text("print()\n")
    newline = ending or "\n"
    text = newline.join(["FROM python:3.12-slim", 'CMD ["python", "/srv/app.py"]', "COPY app.py /srv/"]) + ending
    outcome = add_user.run(Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile"))
    assert isinstance(outcome, Change)
    assert apply(text, outcome.edits).endswith(f"COPY app.py /srv/{newline}USER 10001{ending}")


@pytest.mark.parametrize(
    ("lines", "early", "late"),
    [
        (["VOLUME /data", "WORKDIR /app", "COPY app.py ./"], True, False),
        (["VOLUME /data", "RUN mkdir /data/in", "WORKDIR /app", "COPY app.py ./"], True, True),
        (["WORKDIR /app", "COPY app.py ./", "VOLUME /data"], False, True),
    ],
)
def test_a_volume_is_given_away_before_it_is_declared(
    tmp_path: Path, lines: list[str], early: bool, late: bool
) -> None:
    (tmp_path / "app.py").write_text("open('/data/a.txt', 'w')\n")
    text = "\n".join(["FROM python:3.12-slim", *lines, 'CMD ["python", "app.py"]', ""])
    outcome = add_user.run(Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile"))
    assert isinstance(outcome, Change)
    above, _, below = apply(text, outcome.edits).partition("VOLUME /data\n")
    assert ("chown 10001:10001 /data" in above.partition("COPY")[0]) is early
    assert ("chown 10001:10001 /data" in above.partition("COPY")[2] + below) is late
