"""What Node package manager commands are read as."""

from __future__ import annotations

import shlex

import pytest

from dockrefactor.toolchains.node_commands import (
    NodeInstall,
    NodeRun,
    node_facts,
    parse_install,
    parse_prune,
    parse_run,
    parse_tool_setup,
    prune_command,
    script_commands,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("npm ci", NodeInstall("npm", "ci", frozen=True)),
        ("npm i", NodeInstall("npm", "install")),
        ("npm install --omit=dev", NodeInstall("npm", "install", production=True)),
        ("npm install --omit dev", NodeInstall("npm", "install", production=True)),
        ("npm ci --only=production --no-audit", NodeInstall("npm", "ci", production=True, frozen=True)),
        ("npm install --production=false", NodeInstall("npm", "install")),
        ("npm install --omit=dev --include=dev", NodeInstall("npm", "install")),
        ("npm ci --omit=optional", NodeInstall("npm", "ci", frozen=True)),
        ("npm install --unsafe-perm --legacy-peer-deps", NodeInstall("npm", "install")),
        ("npm --prefix web ci", NodeInstall("npm", "ci", prefix="web", frozen=True)),
        ("npm install -g serve@14", NodeInstall("npm", "install", global_=True, named=("serve@14",))),
        ("npm ci --ignore-scripts", NodeInstall("npm", "ci", ignore_scripts=True, frozen=True)),
        ("npm i --no-package-lock", NodeInstall("npm", "install", lockfile=False)),
        ("npm ci -w api", NodeInstall("npm", "ci", frozen=True, workspaces=("api",))),
        ("yarn", NodeInstall("yarn", "install")),
        ("yarn --frozen-lockfile --production", NodeInstall("yarn", "install", production=True, frozen=True)),
        ("yarn install --immutable", NodeInstall("yarn", "install", frozen=True)),
        ("yarn --cwd web install --network-timeout 100000", NodeInstall("yarn", "install", prefix="web")),
        ("yarn global add serve", NodeInstall("yarn", "add", global_=True, named=("serve",))),
        (
            "yarn workspaces focus api --production",
            NodeInstall("yarn", "focus", production=True, workspaces=("api",)),
        ),
        ("pnpm i --frozen-lockfile --prod", NodeInstall("pnpm", "install", production=True, frozen=True)),
        ("pnpm install -r", NodeInstall("pnpm", "install", workspaces=("*",))),
        ("pnpm -C web i", NodeInstall("pnpm", "install", prefix="web")),
        ("bun install --production", NodeInstall("bun", "install", production=True)),
    ],
)
def test_installs(line: str, expected: NodeInstall) -> None:
    assert parse_install(shlex.split(line)) == expected


@pytest.mark.parametrize(
    "line", ["npm", "npm run build", "yarn build", "pnpm", "bun", "yarn install --what", "pnpm i --what", "node i", ""]
)
def test_no_installs(line: str) -> None:
    assert parse_install(shlex.split(line)) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("npm run build", NodeRun("npm", script="build")),
        ("npm run build -- --mode x", NodeRun("npm", script="build", arguments=("--mode", "x"))),
        ("npm run build --prod", NodeRun("npm", script="build")),
        ("npm start", NodeRun("npm", script="start")),
        ("npm t", NodeRun("npm", script="test")),
        ("npm run build -w api", NodeRun("npm", script="build", workspaces=("api",))),
        ("npm --prefix web run build", NodeRun("npm", script="build", prefix="web")),
        ("yarn build --prod", NodeRun("yarn", script="build", arguments=("--prod",))),
        ("yarn run build", NodeRun("yarn", script="build")),
        ("yarn workspace api build", NodeRun("yarn", script="build", workspaces=("api",))),
        ("pnpm build", NodeRun("pnpm", script="build")),
        ("pnpm --filter api run build", NodeRun("pnpm", script="build", workspaces=("api",))),
        ("pnpm -r build", NodeRun("pnpm", script="build", workspaces=("*",))),
        ("npx tsc -p .", NodeRun("npm", tool="tsc", arguments=("-p", "."), downloads=True)),
        (
            "npx -y @nestjs/cli@10 build",
            NodeRun("npm", tool="cli", arguments=("build",), package="@nestjs/cli@10", downloads=True),
        ),
        ("npx --no-install prisma generate", NodeRun("npm", tool="prisma", arguments=("generate",))),
        ("pnpm exec prisma generate", NodeRun("pnpm", tool="prisma", arguments=("generate",))),
        ("yarn dlx serve", NodeRun("yarn", tool="serve", downloads=True)),
        ("npm exec tsc -- -b", NodeRun("npm", tool="tsc", arguments=("-b",), downloads=True)),
    ],
)
def test_runs(line: str, expected: NodeRun) -> None:
    assert parse_run(shlex.split(line)) == expected


@pytest.mark.parametrize("line", ["npm ci", "yarn install", "yarn", "npm build", "npx", "npx -c x", "pnpm prune", "ls"])
def test_no_runs(line: str) -> None:
    assert parse_run(shlex.split(line)) is None


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("npm cache clean --force", True),
        ("npm config set registry https://registry.npmjs.org", True),
        ("corepack enable", True),
        ("corepack prepare pnpm@9 --activate", True),
        ("yarn cache clean", True),
        ("node -v", True),
        ("npm prune", False),
        ("node build.js", False),
        ("npm rebuild", False),
    ],
)
def test_settings_of_tools(line: str, harmless: bool) -> None:
    assert parse_tool_setup(shlex.split(line)) is harmless


def test_prunes() -> None:
    assert parse_prune(["npm", "prune", "--production"])
    assert parse_prune(["pnpm", "prune", "--prod"])
    assert not parse_prune(["npm", "ci"])
    assert not parse_prune(["yarn", "prune"])


def test_prune_commands() -> None:
    assert prune_command("npm", 10, False) == "npm prune --omit=dev --ignore-scripts"
    assert prune_command("npm", 6, False) == "npm prune --production --ignore-scripts"
    assert prune_command("npm", None, False) is None
    assert (prune_command("yarn", None, False) or "").startswith("yarn install --production --ignore-scripts")
    assert prune_command("yarn", None, True) is None
    assert prune_command("yarn", None, True, yarn_major=4) == "yarn workspaces focus --all --production"
    assert prune_command("pnpm", None, False) == "CI=true pnpm prune --prod --ignore-scripts"
    assert prune_command("bun", None, False) is None


def test_every_prune_command_is_read_back() -> None:
    assert parse_prune(shlex.split(prune_command("npm", 10, False) or ""))
    again = parse_install(shlex.split(prune_command("yarn", None, False) or ""))
    assert again is not None
    assert again.production
    assert again.ignore_scripts


def test_script_commands() -> None:
    commands = script_commands("NODE_ENV=production node 'a b.js' && rm -rf dist; echo x") or ()
    assert [command.operator for command in commands] == ["", "&&", ";"]
    assert commands[0].assignments == {"NODE_ENV": "production"}
    assert commands[0].argv == ("node", "a b.js")


@pytest.mark.parametrize("text", ["a | b", "a > x", "a & b", "node $X", "(a)", "a 'b", "`a`", "&& a"])
def test_more_shell_is_not_read(text: str) -> None:
    assert script_commands(text) is None


def test_every_package_and_tool_has_a_source() -> None:
    facts = node_facts()
    for entry in (*facts["packages"].values(), *facts["tools"].values(), *facts["calls"]):
        assert entry["source"].startswith("https://")
