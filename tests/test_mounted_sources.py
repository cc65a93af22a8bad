"""Compose services that mount folders of the host over an image's work folder, and what a split leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change, Refusal
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

BUILT = "FROM python:3.11\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
STARTED = BUILT + "CMD python app.py\n"
NODE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD npm start\n"
FILES = {
    "requirements.txt": "Flask==3.0.3\n",
    "app.py": "from flask import Flask\n\nFlask(__name__).run()\n",
    "dev.sh": "exec flask run --reload\n",
    "other/app.py": "print(1)\n",
    "package.json": '{"scripts": {"start": "node server.js"}, "dependencies": {"express": "4.19.2"}}',
    "server.js": "require('express')().listen(3000)\n",
}


def _split(folder: Path, service: str, text: str, files: Mapping[str, str] = MappingProxyType({})) -> Change | Refusal:
    compose = f"services:\n  web:\n    build: {{context: .}}\n{service}"
    for name, content in {**FILES, "compose.yaml": compose, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    outcome = split_stages.run(Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile"))
    assert isinstance(outcome, Change | Refusal)
    return outcome


SAME = {
    "the context": ("    volumes: ['.:/app']\n", STARTED),
    "the context by a mapping": ("    volumes: [{type: bind, source: ./, target: /app/}]\n", STARTED),
    "a folder of it": (
        "    volumes: ['./other:/app']\n",
        "FROM python:3.11\nWORKDIR /app\nCOPY requirements.txt /\nRUN pip install -r /requirements.txt\n"
        "COPY other /app\nCMD python app.py\n",
    ),
    "what is above the work folder": ("    volumes: ['.:/app']\n", STARTED.replace("CMD", "WORKDIR /app/other\nCMD")),
    "with another command": ("    volumes: ['.:/app']\n    command: flask run --reload\n", STARTED),
    "with a script": ("    volumes: ['.:/app']\n    command: sh dev.sh\n", STARTED),
    "with the only command": ("    volumes: ['.:/app']\n    command: flask run --reload\n", BUILT),
    "with the image's modules as a volume": ("    volumes: ['.:/app', '/app/node_modules']\n", NODE),
    "with the host's modules": ("    volumes: ['.:/app']\n", NODE),
    "kept in step": ("    develop: {watch: [{action: sync, path: ., target: /app}]}\n", STARTED),
}


@pytest.mark.parametrize("name", SAME)
def test_a_mount_of_the_images_own_sources_changes_nothing(name: str, tmp_path: Path) -> None:
    assert isinstance(_split(tmp_path, *SAME[name]), Change)


OTHER = {
    "another folder": ("    volumes: ['./other:/app']\n", STARTED),
    "a folder outside of the context": ("    volumes: ['..:/app']\n", STARTED),
    "a computed folder": ("    volumes: ['$HERE:/app']\n", STARTED),
    "a folder of the home": ("    volumes: ['~/app:/app']\n", STARTED),
    "a folder that was copied in part": (
        "    volumes: ['.:/app']\n", STARTED.replace("COPY . .", "COPY requirements.txt app.py ./"),
    ),
    "a file of another place": ("    volumes: ['.:/app']\n", STARTED + "COPY other/app.py /app/app.py\n"),
    "an environment that the mount hides": (
        "    volumes: ['.:/app']\n",
        STARTED.replace("RUN pip", "RUN python -m venv env\nENV PATH=/app/env/bin:$PATH\nRUN pip"),
    ),
    "an install at each start": (
        "    volumes: ['.:/app']\n    command: sh -c 'pip install -r requirements.txt && python app.py'\n", STARTED,
    ),
    "a tool of the build": ("    volumes: ['.:/app']\n    command: make run\n", STARTED),
    "a script that nothing copies": ("    volumes: ['.:/app']\n    command: sh start.sh\n", STARTED),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER)
def test_a_service_needs_the_image_as_it_is_that_mounts_or_starts(name: str, tmp_path: Path) -> None:
    outcome = _split(tmp_path, *OTHER[name])
    assert isinstance(outcome, Refusal)
    assert outcome.reason is split_stages.Reasons.COMPOSE


def test_packages_for_development_are_not_pruned_under_a_mount(tmp_path: Path) -> None:
    manifest = (
        '{"scripts": {"start": "node server.js"}, "dependencies": {"express": "4.19.2"}, "devDependencies": {"x": "1"}}'
    )
    with_lock = {"package.json": manifest, "package-lock.json": '{"lockfileVersion": 3, "packages": {}}'}
    outcome = _split(tmp_path, "    volumes: ['.:/app', '/app/node_modules']\n", NODE, with_lock)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is split_stages.Reasons.COMPOSE
    assert isinstance(_split(tmp_path, "", NODE, with_lock), Change)


def test_what_a_service_extends_counts_from_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "base.yaml").write_text("services:\n  base: {volumes: ['.:/app']}\n")
    outcome = _split(tmp_path, "    extends: {file: deploy/base.yaml, service: base}\n", STARTED)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is split_stages.Reasons.COMPOSE
