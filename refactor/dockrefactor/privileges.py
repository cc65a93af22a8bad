"""What a program does that only root may: raw packets, devices, the engine's socket, accounts, the network.

The sources are searched for the words of `data/privileges.toml`, not understood: a word that is never reached costs a
refusal, which the user can lift. Tests, examples, declarations of types and a package manager that stands beside the
sources are no part of the program.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from dockrefactor import program_sources, tables
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.patterns import regex

_ASIDE: Final = frozenset(
    {"test", "tests", "spec", "specs", "__tests__", "example", "examples", "docs", "vendor", ".yarn"}
)
_DECLARATIONS: Final = (".d.ts", ".d.cts", ".d.mts")
_TEST: Final = regex(r"(^|[._-])(test|spec|conftest)([._-]|s?\.)|_test\.", re.IGNORECASE)

_Row = tuple[str, tuple[str, ...], str]
"""What a program does, words of which one must be there, and the pattern that is then searched."""


def wanted(facts: Facts) -> Iterator[Evidence]:
    """The first place of each kind that needs root."""
    launches, programs = tables.toml("launches"), tables.toml("privileges")["programs"]
    names = frozenset((*programs["names"], *launches["needs_root"], *launches["root_daemons"]))
    for claim in facts.needs.programs:
        if claim.value is not None and posixpath.basename(claim.value) in names:
            at = claim.evidence
            yield Evidence(at.path, at.line, f"{programs['does']} `{claim.value}`")
    left = list(_rows())
    for path in program_sources.of_running(facts):
        if not left:
            return
        name = posixpath.basename(path)
        if _ASIDE.intersection(path.split("/")[:-1]) or _TEST.search(name) or name.endswith(_DECLARATIONS):
            continue
        text = facts.context.read(path) or ""
        for row in [row for row in left if any(word in text for word in row[1])]:
            match = re.search(row[2], text, re.MULTILINE)
            if match is not None:
                left.remove(row)
                yield Evidence(path, text.count("\n", 0, match.start()) + 1, row[0])


@cache
def _rows() -> tuple[_Row, ...]:
    table = tables.toml("privileges")
    rows = [table[name] for name in table if name != "programs"]
    return tuple((row["does"], tuple(row["words"]), "|".join(row["patterns"])) for row in rows)
