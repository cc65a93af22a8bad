"""A file that is copied to the name of a folder goes into it, wherever the copy of that folder is moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import pipeline
from dockrefactor.context import BuildContext
from dockrefactor.facts import Options
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import TRANSFORMS

FILES = {
    "src/main.py": "print('a')\n",
    "src/index.js": "console.log('a')\n",
    "start.sh": "#!/bin/sh\nexec python /app/main.py\n",
    "requirements.txt": "flask==3.0.3\n",
    "package.json": '{"name": "a", "version": "1.0.0", "dependencies": {"express": "4.19.2"}}\n',
}
PIP = "RUN pip install -r /app/requirements.txt\n"


def refactored(folder: Path, dockerfile: str) -> str:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    transforms = tuple(item for item in TRANSFORMS if not item.on_request)

    def once(text: str) -> str:
        context = BuildContext(folder)
        return pipeline.refactor(text.encode(), context, transforms, TOOLCHAINS, Options(), "Dockerfile").after

    after = once(dockerfile)
    assert after != dockerfile
    assert once(after) == after
    return after


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ("COPY src /app\nCOPY requirements.txt /app\n", "COPY requirements.txt /app/\n"),
        ('COPY src /app\nCOPY ["requirements.txt", "/app"]\n', 'COPY ["requirements.txt", "/app/"]\n'),
        ('COPY src /app\nCOPY [ "requirements.txt","/app" ]\n', 'COPY [ "requirements.txt","/app/" ]\n'),
        ("ENV AT=/app\nCOPY src $AT\nCOPY requirements.txt $AT\n", "COPY requirements.txt $AT/\n"),
    ],
)
@pytest.mark.parametrize("base", ["python:3.12", "python:3.12-slim"])
def test_the_folder_is_copied_later(tmp_path: Path, base: str, copies: str, expected: str) -> None:
    after = refactored(tmp_path, f'FROM {base}\n{copies}{PIP}CMD ["python", "/app/main.py"]\n')
    assert expected in after.partition("RUN pip install")[0]
    assert after.index("RUN pip install") < after.index("COPY src ")


def test_two_files_that_join_the_folder(tmp_path: Path) -> None:
    copies = "COPY src /app\nADD start.sh /app\nCOPY requirements.txt /app\n"
    after = refactored(tmp_path, f'FROM python:3.12-slim\n{copies}{PIP}CMD ["/app/start.sh"]\n')
    assert "ADD start.sh /app/\nCOPY requirements.txt /app" in after.partition("RUN pip install")[0]


def test_the_install_folder_of_node(tmp_path: Path) -> None:
    text = (
        'FROM node:20-slim\nCOPY src /app\nCOPY package.json /app\nRUN cd /app && npm install\nCMD ["node", "/app"]\n'
    )
    assert "COPY package.json /app/\n" in refactored(tmp_path, text).partition("RUN cd")[0]


@pytest.mark.parametrize("made", ["WORKDIR /app\n", "WORKDIR /app/a\n", "RUN mkdir /app\n", "COPY start.sh /app/\n"])
def test_a_folder_that_is_still_there_needs_no_slash(tmp_path: Path, made: str) -> None:
    text = f"FROM python:3.12-slim\n{made}COPY src /app\nCOPY requirements.txt /app\n{PIP}"
    after = refactored(tmp_path, f'{text}CMD ["python", "/app/main.py"]\n')
    assert "COPY requirements.txt /app\n" in after


def test_a_folder_of_the_system_takes_files_in(tmp_path: Path) -> None:
    text = "FROM python:3.12\nCOPY requirements.txt /tmp\nRUN pip install -r /tmp/requirements.txt\nCOPY src /app\n"
    after = refactored(tmp_path, f'{text}CMD ["python", "/app/main.py"]\n')
    assert "AS runtime" in after
    assert "COPY requirements.txt /tmp\n" in after.partition("AS runtime")[0]


def test_a_smaller_image_that_lacks_the_folder(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module a\n\ngo 1.23\n")
    (tmp_path / "main.go").write_text('package main\n\nimport "os"\n\nfunc main() { os.ReadFile("/opt/start.sh") }\n')
    build = "WORKDIR /src\nCOPY go.mod main.go ./\nRUN go build -o /usr/local/bin/a .\n"
    after = refactored(tmp_path, f'FROM golang:1.23\n{build}COPY start.sh /opt\nCMD ["a"]\n')
    assert "distroless" in after
    assert "COPY start.sh /opt/\n" in after
