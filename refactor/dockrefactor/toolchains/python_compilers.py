"""Sources that compile or install when they run: cffi, pyximport, torch.compile and the like need a C compiler then.

Source: `data/python_compilers.toml`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.patterns import regex
from dockrefactor.program_sources import unused_environments
from dockrefactor.toolchains.python_files import outside

# what builds call themselves, and what no container starts
_OF_BUILDS: Final = regex(r"(?:^|/)(?:setup\.py|tests?/.*|test_[^/]*|conftest\.py|docs?/.*|bench(?:marks?)?/.*)$")


def compiling(facts: Facts) -> tuple[tuple[Evidence, str], ...]:
    """The lines of sources that compile when they run, and where each writes: `~` below HOME, `?` anywhere."""
    unused = unused_environments(facts)
    return facts.context.once((compiling, unused), lambda: tuple(_compiling(facts.context, unused)))


def _compiling(context: BuildContext, unused: tuple[str, ...]) -> Iterator[tuple[Evidence, str]]:
    rows = tables.toml("python_compilers")
    words = [word for row in rows.values() for word in row["words"]]
    for path in outside(context, unused):
        text = context.read(path) or ""
        if not any(word in text for word in words) or _OF_BUILDS.search(path) or _is_built_by_setup(context, path):
            continue
        for name, row in rows.items():
            if not any(word in text for word in row["words"]):
                continue
            uses = re.compile(row["uses"])
            for number, line in enumerate(text.splitlines(), 1):
                if uses.search(line.partition("#")[0]):
                    says = f"{name} {row.get('does', 'compiles')} when it runs"
                    yield Evidence(path, number, says), row["writes"]
                    break


def _is_built_by_setup(context: BuildContext, path: str) -> bool:
    """Whether setup.py names a source as one that makes cffi's modules: the install runs it."""
    name = posixpath.basename(path)
    return any(
        "cffi_modules" in text and name in text
        for text in (context.read(manifest) or "" for manifest in ("setup.py", "setup.cfg", "pyproject.toml"))
    )
