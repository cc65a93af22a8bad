"""Nothing in a build context is executed, and nothing outside of it is read, whatever it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("audited_run.py")
SECRET = "the content of a file outside of the context"
# what runs it, by importing or by starting it, leaves a file behind
POISON_PYTHON = "import pathlib; pathlib.Path('executed').touch()\n"
POISON_SHELL = "#!/bin/sh\ntouch executed\n"
POISON_NODE = 'require("fs").writeFileSync("executed", "");\n'
POISON_GO = "package main\n\n//go:generate touch executed\n\nfunc main() {}\n"

# file -> content, or (link target,)
Files = Mapping[str, str | tuple[str]]

PYTHON: Files = {
    "Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN ./build.sh\n"
    'ENTRYPOINT ["./start.sh"]\nCMD ["python", "app.py"]\n',
    "requirements.txt": "flask==3.0.0\n-r ../outside/secret.txt\n-c linked.txt\n-e .\n",
    "linked.txt": ("../outside/secret.txt",),
    "setup.py": POISON_PYTHON,
    "app.py": POISON_PYTHON + "open('../outside/secret.txt')\nimport helper\n",
    "helper.py": ("../outside/secret.py",),
    "sitecustomize.py": POISON_PYTHON,
    "yaml.py": POISON_PYTHON,
    "build.sh": POISON_SHELL,
    "start.sh": POISON_SHELL + 'exec "$@"\n',
}
NODE: Files = {
    "Dockerfile": 'FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\nCMD ["npm", "start"]\n',
    "package.json": '{"name": "a", "scripts": {"preinstall": "./build.sh", "build": "node build.js", "start": "node .",'
    ' "postinstall": "node build.js"}, "dependencies": {"b": "file:../outside"}, "workspaces": ["packages/*"]}\n',
    "package-lock.json": ("../outside/secret.txt",),
    "packages": ("../outside",),
    "index.js": POISON_NODE + 'require("../outside/secret.js");\n',
    "build.js": POISON_NODE,
    "build.sh": POISON_SHELL,
    ".npmrc": ("../outside/secret.txt",),
}
GO: Files = {
    "Dockerfile": 'FROM golang:1.23\nWORKDIR /app\nADD . .\nRUN go generate && go build -o app\nCMD ["./app"]\n',
    "go.mod": "module a\n\ngo 1.23\n\nreplace b => ../outside\n",
    "main.go": POISON_GO,
    "other.go": ("../outside/secret.go",),
    "vendor": ("../outside",),
    "compose.yaml": ("../outside/secret.txt",),
}


def write(folder: Path, files: Files) -> None:
    folder.mkdir()
    for name, content in files.items():
        if isinstance(content, tuple):
            (folder / name).symlink_to(content[0])
        else:
            (folder / name).write_text(content, encoding="utf-8")
            (folder / name).chmod(0o755)


CONTEXTS = {"python": PYTHON, "node": NODE, "go": GO}


@pytest.mark.parametrize("language", CONTEXTS)
def test_refactoring_opens_the_context_alone_and_starts_nothing(language: str, tmp_path: Path) -> None:
    files = CONTEXTS[language]
    context, outside = tmp_path / "context", tmp_path / "outside"
    write(context, files)
    write(outside, {f"secret.{ending}": SECRET for ending in ("txt", "py", "js", "go")})
    done = subprocess.run([sys.executable, "-I", "-B", PROGRAM, context], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: Any = json.loads(done.stdout)
    assert answer["violations"] == []
    assert answer["fault"] is None
    # the toolchain did look into these files
    assert language in [name.lower() for name in answer["languages"]]
    assert not list(tmp_path.rglob("executed"))
    assert sorted(path.name for path in context.iterdir()) == sorted(files)
