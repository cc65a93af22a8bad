"""What a Node.js program writes besides what its sources say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.pipeline import refactor
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import TRANSFORMS


def _facts(folder: Path, command: str, scripts: str = "{}", source: str = "", env: str = "A=b") -> Facts:
    (folder / "package.json").write_text(f'{{"scripts": {scripts}, "dependencies": {{"pm2": "5.4.2"}}}}')
    (folder / "server.js").write_text(f"{source}\n")
    text = f"FROM node:22\nWORKDIR /app\nENV {env}\nCOPY . .\nRUN npm install\nCMD {command}\n"
    return Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")


WRITES = {
    "a snapshot": ("node --heapsnapshot-signal=SIGUSR2 server.js", "/app"),
    "a profile": ("node --cpu-prof --cpu-prof-dir=profiles server.js", "/app/profiles"),
    "a report": ("node --report-on-signal --report-dir /var/reports server.js", "/var/reports"),
    "a snapshot in a folder for all": (
        "node --heapsnapshot-near-heap-limit=2 --diagnostic-dir=/diag server.js",
        "/diag",
    ),
    "a log of the profiler": ("npm start", "/app"),
}


@pytest.mark.parametrize("name", WRITES)
def test_node_writes(name: str, tmp_path: Path) -> None:
    command, path = WRITES[name]
    facts = _facts(tmp_path, command, '{"start": "node --prof server.js"}')
    assert path in {claim.value for claim in facts.needs.writes}


def test_options_of_a_variable_count(tmp_path: Path) -> None:
    facts = _facts(tmp_path, "node server.js", env='NODE_OPTIONS="--max-old-space-size=300 --heap-prof"')
    assert "/app" in {claim.value for claim in facts.needs.writes}


def test_a_snapshot_without_a_name_is_written_to_the_work_folder(tmp_path: Path) -> None:
    facts = _facts(tmp_path, "node server.js", source="require('v8').writeHeapSnapshot();")
    assert "/app" in {claim.value for claim in facts.needs.writes}


def test_the_home_of_pm2_can_be_moved(tmp_path: Path) -> None:
    assert _facts(tmp_path, "pm2-runtime server.js").needs.home
    moved = _facts(tmp_path, "pm2-runtime server.js", env="PM2_HOME=/var/pm2").needs
    assert (moved.home, "/var/pm2" in {claim.value for claim in moved.writes}) == (False, True)


def test_a_start_that_cannot_be_followed_is_said(tmp_path: Path) -> None:
    facts = _facts(tmp_path, "npm start", '{"start": "node $FILE"}')
    assert [code for code, _ in facts.needs.unknown] == ["unreadable-start-script"]


def test_a_program_of_a_workspace_writes_beside_its_own_manifest(tmp_path: Path) -> None:
    member = tmp_path / "apps" / "api"
    member.mkdir(parents=True)
    (member / "package.json").write_text('{"name": "api", "scripts": {"start": "node main.js"}}')
    (member / "main.js").write_text("require('fs').appendFileSync('logs/visits.txt', 'x')\n")
    (tmp_path / "package.json").write_text('{"workspaces": ["apps/*"]}')
    text = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD ["npm", "start", "-w", "api"]\n'
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    assert "/app/apps/api/logs/visits.txt" in {claim.value for claim in facts.needs.writes}


@pytest.mark.parametrize("linker", ["node-modules", "pnpm", "pnp", ""])
def test_yarn_in_the_project_keeps_its_own_files(tmp_path: Path, linker: str) -> None:
    setting = f"nodeLinker: {linker}\n" if linker else ""
    (tmp_path / ".yarnrc.yml").write_text(f"{setting}yarnPath: .yarn/releases/yarn-4.2.2.cjs\n")
    (tmp_path / ".yarn" / "releases").mkdir(parents=True)
    (tmp_path / ".yarn" / "releases" / "yarn-4.2.2.cjs").write_text("fs.chownSync(at, 0, 0); fs.readFileSync(at)\n")
    (tmp_path / "package.json").write_text(
        '{"scripts": {"build": "tsc", "start": "node dist/main.js"}, "devDependencies": {"typescript": "5.4.5"}}'
    )
    (tmp_path / "yarn.lock").write_text("__metadata:\n  version: 8\n")
    (tmp_path / "tsconfig.json").write_text('{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}')
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("console.log('ok');\n")
    text = b"FROM node:20\nWORKDIR /app\nCOPY . .\nRUN yarn install\nRUN yarn build\nCMD yarn start\n"
    result = refactor(text, BuildContext(tmp_path), TRANSFORMS, TOOLCHAINS).after
    if linker not in ("node-modules", "pnpm"):
        assert "AS runtime" not in result
        assert "USER" not in result
        return
    runtime = result.partition("AS runtime")[2]
    assert "COPY --chown=node:node .yarnrc.yml package.json yarn.lock ./\n" in runtime
    assert "COPY --chown=node:node .yarn ./.yarn\n" in runtime
    assert "USER node" in runtime
