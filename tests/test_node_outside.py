"""What a project loads from outside of its own folder."""

from __future__ import annotations

from pathlib import Path

from dockrefactor.context import BuildContext
from dockrefactor.toolchains import node_outside


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
