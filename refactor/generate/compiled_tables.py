"""Puts into the wheel, beside every table `data/*.toml`, lines of a key and its value in JSON, read many times as fast.

Run by hatchling while it builds the wheel (`pyproject.toml`). A checkout, also one that is installed as editable, has
none of these: there the tables are read as they are written.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledTables(BuildHookInterface[Any]):
    """The hook; `_made` is the folder with what it made until the wheel is there."""

    _made: tempfile.TemporaryDirectory[str]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files and have them included. `version` is that of the wheel: "standard" or "editable"."""
        self._made = tempfile.TemporaryDirectory()
        if version == "editable":
            return
        for path in sorted((Path(self.root) / "refactor/dockrefactor/data").glob("*.toml")):
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            lines = (f"{key}\t{json.dumps(table[key], ensure_ascii=False, separators=(',', ':'))}" for key in table)
            compiled = Path(self._made.name) / f"{path.stem}.compiled"
            compiled.write_text("\n".join(lines), encoding="utf-8")
            build_data["force_include"][str(compiled)] = f"dockrefactor/data/{compiled.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made: the wheel is there."""
        self._made.cleanup()
