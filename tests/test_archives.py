"""Files of archives in the context that root unpacks and a new user may not read."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from dockrefactor import archives, closed_files, document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import TOOLCHAINS

HEAD = "FROM python:3.12-slim\nWORKDIR /srv\n"
TAIL = 'CMD ["python", "app.py"]\n'


def zipped(path: Path, mode: int) -> None:
    item = zipfile.ZipInfo("themes/dark.css")
    item.external_attr = mode << 16 or 0x20  # of a system without modes
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(item, "a")


def tarred(path: Path, mode: int) -> None:
    item = tarfile.TarInfo("themes/dark.css")
    item.mode, item.size = mode, 1
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(item, io.BytesIO(b"a"))


@pytest.mark.parametrize(
    ("lines", "mode", "said"),
    [
        ("COPY . .\nRUN unzip themes.zip\n", 0o600, ["themes.zip"]),
        ("COPY . .\nRUN unzip themes.zip\n", 0o644, []),
        ("COPY . .\nRUN unzip -q /srv/themes.zip && chmod -R a+rX themes\n", 0o600, []),
        ("COPY . .\nRUN tar xzf themes.tgz\n", 0o640, ["themes.tgz"]),
        ("COPY app.py ./\nADD themes.tgz ./\n", 0o600, ["themes.tgz"]),
        ("COPY app.py ./\nADD themes.tgz ./\n", 0o664, []),
        ("COPY . .\n", 0o600, []),
    ],
)
def test_closed_members(tmp_path: Path, lines: str, mode: int, said: list[str]) -> None:
    (tmp_path / "app.py").write_text("print(1)\n")
    zipped(tmp_path / "themes.zip", mode)
    tarred(tmp_path / "themes.tgz", mode)
    text = f"{HEAD}{lines}{TAIL}"
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    assert [place.path for place in closed_files.closed(facts)] == said


def test_what_is_said_of_archives(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", 0)
    (tmp_path / "b.tar").write_bytes(b"no archive")
    (tmp_path / "c.zip").write_bytes(b"no archive")
    tarred(tmp_path / "d.tgz", 0o600)
    said = [archives.closed_member(str(tmp_path / name)) for name in ("a.zip", "b.tar", "c.zip", "d.tgz")]
    assert said == ["", "it cannot be looked into", "it cannot be looked into", "themes/dark.css in it has mode 0600"]
