"""package.json, lock files, and what an install reads."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.needs import InstallInputs
from dockrefactor.toolchains.node_commands import parse_install
from dockrefactor.toolchains.node_manifests import (
    install_inputs,
    manifest_error,
    read_package_json,
    scripts_failing_without_development,
    workspace_folders,
)


def project(root: Path, files: Mapping[str, object]) -> BuildContext:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return BuildContext(root)


def copied_to_app(path: str) -> str | None:
    """`COPY . /app`."""
    if path == "/app":
        return ""
    return posixpath.relpath(path, "/app") if path.startswith("/app/") else None


def inputs(context: BuildContext, line: str, cwd: str = "/app") -> InstallInputs:
    install = parse_install(line.split())
    assert install is not None
    return install_inputs(install, cwd, copied_to_app, context)


def test_fields_and_lines(tmp_path: Path) -> None:
    context = project(
        tmp_path,
        {
            "package.json": {
                "name": "x",
                "scripts": {"build": "tsc"},
                "dependencies": {"build": "1"},
                "workspaces": {"packages": ["p/*"]},
                "packageManager": "pnpm@9.0.0",
                "bin": {"x": "cli.js"},
            }
        },
    )
    package = read_package_json(context, "")
    assert package is not None
    assert (package.name, package.package_manager, package.workspaces) == ("x", "pnpm@9.0.0", ("p/*",))
    assert package.bin == ("cli.js",)
    assert package.line_of("scripts", "build") == 4
    assert package.line_of("dependencies", "build") == 7
    assert package.line_of("nothing") == 0


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": }', "\x00"])
def test_broken_manifest_has_a_reason(tmp_path: Path, text: str) -> None:
    context = project(tmp_path, {"package.json": text})
    assert read_package_json(context, "") is None
    assert manifest_error(context, "") is not None
    assert inputs(context, "npm install").open_ended


def test_odd_types_are_ignored(tmp_path: Path) -> None:
    odd = {"scripts": [], "dependencies": {"a": 1}, "workspaces": 3, "bin": [], "name": {}, "pnpm": []}
    context = project(tmp_path, {"package.json": odd})
    package = read_package_json(context, "")
    assert package is not None
    assert not package.dependencies
    assert inputs(context, "npm install").files == ("/app/package.json",)


def test_plain_install(tmp_path: Path) -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {},
            "node_modules/a": {"version": "1.0.0", "hasInstallScript": True},
            "node_modules/a/node_modules/@s/b": {"version": "2.0.0", "dev": True},
            "node_modules/c": {"version": "3.0.0", "dependencies": {"node-gyp-build": "^4"}},
            "node_modules/d-linux": {"version": "4.0.0", "os": ["linux"]},
            "packages/w": {"version": "0.0.1"},
            "node_modules/w": {"resolved": "packages/w", "link": True},
        },
    }
    context = project(
        tmp_path, {"package.json": {"dependencies": {"a": "^1"}}, "package-lock.json": lock, ".npmrc": ""}
    )
    found = inputs(context, "npm ci")
    assert set(found.files) == {"/app/package.json", "/app/package-lock.json", "/app/.npmrc"}
    assert not found.open_ended
    assert found.locked
    packages = {(item.name, item.version, item.native, item.development) for item in found.packages}
    assert packages == {
        ("a", "1.0.0", True, False),
        ("@s/b", "2.0.0", False, True),
        ("c", "3.0.0", True, False),
        ("d-linux", "4.0.0", True, False),
    }
    assert found.packages[0].evidence.line == 5


def test_what_is_not_copied_is_not_read(tmp_path: Path) -> None:
    context = project(tmp_path, {"package.json": {}, "package-lock.json": {"packages": {}}})
    install = parse_install(["npm", "ci"])
    assert install is not None
    only = install_inputs(
        install, "/app", lambda path: "package.json" if path == "/app/package.json" else None, context
    )
    assert only.files == ("/app/package.json",)
    assert only.missing == ("/app/package-lock.json",)
    assert not only.locked


def test_no_manifest_is_missing(tmp_path: Path) -> None:
    assert inputs(project(tmp_path, {"a": ""}), "npm install").missing == ("/app/package.json",)


def test_global_install_reads_no_project(tmp_path: Path) -> None:
    found = inputs(project(tmp_path, {"package.json": {}}), "npm install -g serve@14.2.0 @nestjs/cli")
    assert found.files == ()
    assert [(item.name, item.version) for item in found.packages] == [("serve", "14.2.0"), ("@nestjs/cli", None)]


def test_no_lock_gives_direct_packages(tmp_path: Path) -> None:
    manifest = {"dependencies": {"a": "1.2.3"}, "devDependencies": {"b": "^1"}}
    found = inputs(project(tmp_path, {"package.json": manifest}), "npm install")
    assert not found.locked
    assert [(item.name, item.version, item.development) for item in found.packages] == [
        ("b", None, True),
        ("a", "1.2.3", False),
    ]


def test_workspaces(tmp_path: Path) -> None:
    context = project(
        tmp_path,
        {
            "package.json": {"workspaces": ["packages/*", "!packages/no"]},
            "packages/a/package.json": {"bin": "cli.js", "scripts": {"postinstall": "node make.js"}},
            "packages/a/cli.js": "",
            "packages/a/make.js": "",
            "packages/no/package.json": {},
            "other/package.json": {},
        },
    )
    package = read_package_json(context, "")
    assert package is not None
    assert workspace_folders(context, package) == ("packages/a",)
    found = inputs(context, "npm install")
    assert {"/app/packages/a/package.json", "/app/packages/a/cli.js", "/app/packages/a/make.js"} <= set(found.files)
    assert [item.path for item in found.open_ended] == ["packages/a/package.json"]
    assert "/app/package.json" in inputs(context, "npm install", "/app/packages/a").files


def test_pnpm_workspace(tmp_path: Path) -> None:
    context = project(
        tmp_path,
        {"package.json": {}, "pnpm-workspace.yaml": "packages:\n  - 'apps/**'\n", "apps/x/y/package.json": {}},
    )
    found = inputs(context, "pnpm install")
    assert {"/app/pnpm-workspace.yaml", "/app/apps/x/y/package.json"} <= set(found.files)


def test_local_dependencies_and_patches(tmp_path: Path) -> None:
    context = project(
        tmp_path,
        {
            "package.json": {
                "dependencies": {"l": "file:./lib", "t": "file:x.tgz", "gone": "link:../gone"},
                "scripts": {"postinstall": "patch-package"},
            },
            "lib/package.json": {"scripts": {"prepare": "tsc"}},
            "x.tgz": "",
            "patches/a.patch": "",
        },
    )
    found = inputs(context, "npm install")
    assert set(found.folders) == {"/app/lib", "/app/patches"}
    assert "/app/x.tgz" in found.files
    assert found.missing == ("/gone",)
    assert [item.path for item in found.open_ended] == ["lib/package.json"]


@pytest.mark.parametrize(
    ("script", "is_open"),
    [
        ("husky", False),
        ("husky install", False),
        ("is-ci || husky install", False),
        ("npx only-allow pnpm", False),
        ("npx simple-git-hooks", False),
        ("patch-package", False),
        ("prisma generate", False),
        ("npm run generate", False),
        ("node scripts/x.js", True),
        ("tsc", True),
        ("npm run build", True),
        ("husky add .husky/x", True),
        ("echo $HOME", True),
    ],
)
def test_lifecycle_scripts(tmp_path: Path, script: str, is_open: bool) -> None:
    scripts = {"prepare": script, "generate": "prisma generate", "build": "tsc"}
    context = project(tmp_path, {"package.json": {"scripts": scripts}, "scripts/x.js": ""})
    assert bool(inputs(context, "npm ci").open_ended) is is_open
    assert not inputs(context, "npm ci --ignore-scripts").open_ended
    assert ("/app/scripts/x.js" in inputs(context, "npm ci").files) is (script == "node scripts/x.js")


def test_prisma_schema_is_read_at_install(tmp_path: Path) -> None:
    schema = 'generator client {\n  provider = "prisma-client-js"\n}\n'
    context = project(
        tmp_path, {"package.json": {"dependencies": {"@prisma/client": "5"}}, "prisma/schema.prisma": schema}
    )
    found = inputs(context, "npm ci")
    assert "/app/prisma/schema.prisma" in found.files
    assert not found.open_ended
    (tmp_path / "prisma/schema.prisma").write_text(
        schema.replace("prisma-client-js", "own-generator"), encoding="utf-8"
    )
    assert inputs(BuildContext(tmp_path), "npm ci").open_ended


def test_husky_fails_in_a_production_install(tmp_path: Path) -> None:
    manifest = {"scripts": {"prepare": "husky"}, "devDependencies": {"husky": "9"}}
    package = read_package_json(project(tmp_path, {"package.json": manifest}), "")
    assert package is not None
    assert [item.line for item in scripts_failing_without_development(package)] == [3]


YARN = """# yarn lockfile v1


"@s/a@^1.0.0":
  version "1.0.1"
  dependencies:
    b "^2.0.0"

b@^2.0.0, b@^2.1.0:
  version "2.1.0"
  dependencies:
    node-addon-api "^5"

dev@^1.0.0:
  version "1.0.0"

node-addon-api@^5:
  version "5.1.0"
"""
BERRY = """__metadata:
  version: 8

"@s/a@npm:^1.0.0":
  version: 1.0.1
  resolution: "@s/a@npm:1.0.1"
  dependencies:
    b: "npm:^2.0.0"

"b@npm:^2.0.0, b@npm:^2.1.0":
  version: 2.1.0
  resolution: "b@npm:2.1.0"
  dependencies:
    node-addon-api: "npm:^5"

"dev@npm:^1.0.0":
  version: 1.0.0
  resolution: "dev@npm:1.0.0"

"node-addon-api@npm:^5":
  version: 5.1.0
  resolution: "node-addon-api@npm:5.1.0"

"root@workspace:.":
  version: 0.0.0-use.local
  resolution: "root@workspace:."
"""
PNPM_9 = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@s/a':
        specifier: ^1.0.0
        version: 1.0.1(p@1.0.0)
    devDependencies:
      dev:
        specifier: ^1.0.0
        version: 1.0.0
packages:
  '@s/a@1.0.1':
    resolution: {integrity: x}
  b@2.1.0:
    resolution: {integrity: x}
  dev@1.0.0:
    resolution: {integrity: x}
  node-addon-api@5.1.0:
    resolution: {integrity: x}
snapshots:
  '@s/a@1.0.1(p@1.0.0)':
    dependencies:
      b: 2.1.0
  b@2.1.0:
    dependencies:
      node-addon-api: 5.1.0
  dev@1.0.0: {}
  node-addon-api@5.1.0: {}
"""
PNPM_6 = """lockfileVersion: '6.0'
packages:
  /@s/a@1.0.1(p@1.0.0):
    dev: false
  /b@2.1.0:
    requiresBuild: true
    dev: false
  /dev@1.0.0:
    dev: true
  /node-addon-api@5.1.0:
    dev: false
"""
PNPM_5 = """lockfileVersion: 5.4
packages:
  /@s/a/1.0.1_p@1.0.0:
    dev: false
  /b/2.1.0:
    requiresBuild: true
    dev: false
  /dev/1.0.0:
    dev: true
  /node-addon-api/5.1.0:
    dev: false
"""
NPM_1 = json.dumps(
    {
        "lockfileVersion": 1,
        "dependencies": {
            "@s/a": {
                "version": "1.0.1",
                "dependencies": {"b": {"version": "2.1.0", "requires": {"node-addon-api": "^5"}}},
            },
            "dev": {"version": "1.0.0", "dev": True},
            "node-addon-api": {"version": "5.1.0"},
        },
    },
    indent=1,
)


@pytest.mark.parametrize(
    ("command", "name", "text"),
    [
        ("yarn", "yarn.lock", YARN),
        ("yarn", "yarn.lock", BERRY),
        ("pnpm i", "pnpm-lock.yaml", PNPM_9),
        ("pnpm i", "pnpm-lock.yaml", PNPM_6),
        ("pnpm i", "pnpm-lock.yaml", PNPM_5),
        ("npm ci", "package-lock.json", NPM_1),
    ],
)
def test_every_lock_gives_the_same(tmp_path: Path, command: str, name: str, text: str) -> None:
    manifest = {"dependencies": {"@s/a": "^1.0.0"}, "devDependencies": {"dev": "^1.0.0"}}
    found = inputs(project(tmp_path, {"package.json": manifest, name: text}), command)
    assert found.locked
    assert {(item.name, item.version, item.development) for item in found.packages} == {
        ("@s/a", "1.0.1", False),
        ("b", "2.1.0", False),
        ("dev", "1.0.0", True),
        ("node-addon-api", "5.1.0", False),
    }
    assert [item.name for item in found.packages if item.native] == ["b"]
    assert all(item.evidence.line for item in found.packages)


@pytest.mark.parametrize(("command", "name"), [("npm ci", "package-lock.json"), ("pnpm i", "pnpm-lock.yaml")])
def test_unreadable_lock_is_open_ended(tmp_path: Path, command: str, name: str) -> None:
    found = inputs(project(tmp_path, {"package.json": {"dependencies": {"a": "1"}}, name: "{{"}), command)
    assert found.open_ended
    assert not found.locked


@pytest.mark.parametrize(
    ("settings", "text", "named"),
    [
        (".npmrc", "cafile=./certs/ca.pem\n", "certs/ca.pem"),
        (".yarnrc", 'yarn-path "./tools/yarn.js"\n', "tools/yarn.js"),
        (".yarnrc.yml", "nodeLinker: node-modules\nyarnPath: tools/yarn.cjs\n", "tools/yarn.cjs"),
    ],
)
def test_files_that_settings_name_are_read(tmp_path: Path, settings: str, text: str, named: str) -> None:
    context = project(tmp_path, {"package.json": {"name": "x"}, settings: text, named: "x", "src/other.js": ""})
    assert f"/app/{named}" in inputs(context, "npm install").files
