"""What shell scripts need and write that the program's sources name."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import CATALOGUE, settings_of
from dockrefactor.batch import Batch, Source
from dockrefactor.settings import Configurations
from dockrefactor.toolchains import TOOLCHAINS

DOCKERFILE = 'FROM node:20\nWORKDIR /app\nCOPY package.json ./\nRUN npm install\nCOPY . .\nCMD ["node", "main.js"]\n'
FETCHES = "#!/bin/sh\ncurl -s https://example.com/list | sort\n"


def result(folder: Path, source: str, scripts: dict[str, str]) -> str:
    (folder / "package.json").write_text('{"name": "a", "version": "1.0.0", "dependencies": {"express": "4"}}\n')
    (folder / "main.js").write_text(
        f'const {{ exec }} = require("child_process");\n{source}\nrequire("express")().listen(8080);\n'
    )
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "scripts").mkdir()
    for name, text in scripts.items():
        (folder / "scripts" / name).write_text(text)
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    return report.result.after


@pytest.mark.parametrize(
    "source", ['exec("./scripts/list.sh");', 'exec("sh scripts/list.sh now");', 'exec("./scripts/outer.sh");']
)
def test_the_programs_of_a_named_script_are_installed(tmp_path: Path, source: str) -> None:
    after = result(tmp_path, source, {"list.sh": FETCHES, "outer.sh": "#!/bin/sh\n./scripts/list.sh\n"})
    assert "        curl \\\n" in after
    assert "USER node" in after


def test_a_script_that_no_source_names_asks_for_nothing(tmp_path: Path) -> None:
    assert "curl" not in result(tmp_path, 'exec("ls");', {"list.sh": FETCHES})


@pytest.mark.parametrize(
    ("line", "has_user"),
    [("date > state.txt", False), ("mkdir -p cache", False), ("date > /tmp/state.txt", True), ("date 2>&1", True)],
)
def test_what_a_named_script_writes_keeps_the_user(tmp_path: Path, line: str, has_user: bool) -> None:
    after = result(tmp_path, 'exec("./scripts/list.sh");', {"list.sh": f"#!/bin/sh\n{line}\n"})
    assert ("USER node" in after) is has_user
