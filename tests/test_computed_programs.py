"""A program whose name is computed may be any that the image has: the runtime has them all, or there is no split."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change, Outcome, Refusal
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

NODE = 'WORKDIR /app\nCOPY . .\nRUN npm install\nCMD ["node", "index.js"]\n'
GO = 'WORKDIR /src\nCOPY . .\nRUN go build -o /bin/tide .\nCMD ["/bin/tide"]\n'


def split(folder: Path, text: str, **files: str) -> Outcome:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    return split_stages.run(facts)


@pytest.mark.parametrize(
    ("call", "is_split"),
    [
        ("spawn(process.env.TOOL, [])", False),
        ("exec(`${name} --version`)", False),
        ("exec(`git log ${name}`)", True),
        ("spawn(process.execPath, ['worker.js'])", True),
    ],
)
def test_of_node(tmp_path: Path, call: str, is_split: bool) -> None:
    source = (
        f"const {{ exec, spawn }} = require('child_process');\nrequire('http').createServer(() => {{ {call}; }});\n"
    )
    package = '{"name": "tide", "version": "1.0.0", "dependencies": {"ms": "2.1.3"}}\n'
    found = split(tmp_path, "FROM node:20-bookworm\n" + NODE, package_json=package, index_js=source)
    assert isinstance(found, Change) is is_split
    if isinstance(found, Refusal):
        assert found.reason is split_stages.Reasons.UNKNOWN_LIBRARY
        assert str(found.at).startswith("index.js:2")


@pytest.mark.parametrize(
    ("command", "is_split"), [('os.Getenv("TOOL")', False), ("os.Args[1]", False), ('"git"', True)]
)
def test_of_go(tmp_path: Path, command: str, is_split: bool) -> None:
    source = (
        'package main\n\nimport (\n\t"os"\n\t"os/exec"\n)\n\n'
        f"func main() {{\n\t_ = os.Args\n\texec.Command({command}).Run()\n}}\n"
    )
    found = split(tmp_path, f"FROM golang:1.22-bookworm\n{GO}", go_mod="module tide\n\ngo 1.22\n", main_go=source)
    assert isinstance(found, Change) is is_split
