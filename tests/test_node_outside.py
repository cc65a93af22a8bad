"""What a project loads from outside of its own folder."""

from __future__ import annotations

from pathlib import Path

from dockrefactor.context import BuildContext
from dockrefactor.toolchains import node_outside
from dockrefactor.toolchains.node_package_json import workspace_members


def test_relative_paths_out_of_the_folder_are_followed(tmp_path: Path) -> None:
    files = {
        "server/index.js": 'require("../shared/a"); require("./own"); require("../server/own")',
        "server/own.js": "import x from '../types/index'; import y from '../../elsewhere'",
        "server/tests/a.test.js": 'require("../../fixtures")',
        "shared/a.js": 'require("./b")',
        "shared/b/index.js": "",
        "shared/unused.js": "",
        "types/index.ts": "",
        "fixtures.js": "",
        "elsewhere.js": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    context = BuildContext(tmp_path)
    assert node_outside.sources(context, "server") == ("shared/a.js", "shared/b/index.js", "types/index.ts")
    assert node_outside.sources(context, "") == ()


def test_packages_of_the_workspace_that_one_depends_on(tmp_path: Path) -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*", "apps/*"]}',
        "apps/api/package.json": '{"name": "api", "dependencies": {"@shop/data": "*", "express": "4"}}',
        "packages/data/package.json": '{"name": "@shop/data", "dependencies": {"@shop/log": "workspace:*"}}',
        "packages/log/package.json": '{"name": "@shop/log"}',
        "packages/web/package.json": '{"name": "@shop/web"}',
        "elsewhere/package.json": '{"name": "express"}',
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    context = BuildContext(tmp_path)
    assert workspace_members(context, ["apps/api"]) == ("packages/data", "packages/log")
    assert workspace_members(context, ["packages/log", "elsewhere"]) == ()
