"""What only root may do is found in the sources that run, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document, privileges
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import TOOLCHAINS

PYTHON, NODE, GO = ("python:3.12", "python app.py"), ("node:20", "node app.js"), ("golang:1.23", "./app")


def wanted(folder: Path, start: tuple[str, str], **files: str) -> list[str]:
    """With `files` (`__` for the dot of a name, `_in_` for the slash of a path) as the context."""
    for name, content in files.items():
        path = folder / name.replace("_in_", "/").replace("__", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    build = "RUN go build -o app .\n" if start is GO else ""
    text = f"FROM {start[0]}\nWORKDIR /app\nCOPY . .\n{build}CMD {start[1]}\n"
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    return [f"{item.path}:{item.line}: {item.says}" for item in privileges.wanted(facts)]


@pytest.mark.parametrize(
    ("source", "does"),
    [
        ("from scapy.all import sniff", "sends or reads raw packets"),
        ("import socket\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", "sends or reads raw packets"),
        ("import serial", "opens a device of the host"),
        ("camera = open('/dev/video0')", "opens a device of the host"),
        ("import docker\nclient = docker.from_env()", "talks to the engine's socket"),
        ("import os\nos.setuid(33)", "changes accounts, owners or mounts"),
        ("from pyroute2 import IPRoute", "changes the network of the system"),
        ("import subprocess\nsubprocess.run(['iptables', '-L'])", "starts `iptables`"),
    ],
)
def test_python(tmp_path: Path, source: str, does: str) -> None:
    [found] = wanted(tmp_path, PYTHON, app__py=source)
    assert found == f"app.py:{source.count(chr(10)) + 1}: {does}"


@pytest.mark.parametrize(
    ("start", "name", "source"),
    [
        (NODE, "app__js", "const Docker = require('dockerode');"),
        (NODE, "app__js", "import { SerialPort } from 'serialport';"),
        (NODE, "app__js", "process.setuid('node');"),
        (GO, "main__go", 'package main\nimport "github.com/docker/docker/client"\n'),
        (GO, "main__go", 'package main\nimport "github.com/vishvananda/netlink"\n'),
    ],
)
def test_other_languages(tmp_path: Path, start: tuple[str, str], name: str, source: str) -> None:
    assert len(wanted(tmp_path, start, go__mod="module x\n", package__json="{}", **{name: source})) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import dockerfile_parse\nurl = 'https://docs.docker.com'",
        "log = open('/dev/stdout', 'w')\nnull = '/dev/null'",
        "uid = user.uid\nserial_number = 3\nping = '\"ping\"'",
    ],
)
def test_what_only_sounds_like_it(tmp_path: Path, source: str) -> None:
    assert wanted(tmp_path, PYTHON, app__py=source) == []


def test_tests_and_other_languages_are_no_part_of_the_program(tmp_path: Path) -> None:
    raw = "import scapy.all\n"
    files = {
        "app__py": "x = 1\n",
        "tests_in_helpers__py": raw,
        "test_net__py": raw,
        "tool__js": "require('raw-socket')",
    }
    assert wanted(tmp_path, PYTHON, **files) == []
    assert len(wanted(tmp_path, PYTHON, net__py=raw)) == 1
