"""Sources that a project loads from outside of its own folder, by relative paths: what a folder beside it shares."""

from __future__ import annotations

import posixpath
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.effects import inside
from dockrefactor.patterns import regex
from dockrefactor.toolchains.node_sources import source_files

# how node and its compilers look a file up: https://nodejs.org/api/modules.html#all-together
ENDINGS: Final = ("", ".js", ".cjs", ".mjs", ".ts", ".tsx", "/index.js", "/index.ts")
_RELATIVE: Final = regex(r"""["'`](\.\.?/[^"'`\n]*)["'`]""")


def sources(context: BuildContext, folder: str) -> tuple[str, ...]:
    """Context paths of the sources that those of `folder`, and these in turn, name by a relative path out of it."""
    if not folder:
        return ()
    found: dict[str, None] = {}
    pending = [path for path in source_files(context, folder) if "../" in (context.read(path) or "")]
    while pending:
        path = pending.pop()
        for match in _RELATIVE.finditer(context.read(path) or ""):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1]))
            if target.startswith("..") or inside(f"/{target}", f"/{folder}"):
                continue
            for candidate in (target + ending for ending in ENDINGS):
                if context.is_file(candidate) and candidate not in found:
                    found[candidate] = None
                    pending.append(candidate)
    return tuple(sorted(found))
