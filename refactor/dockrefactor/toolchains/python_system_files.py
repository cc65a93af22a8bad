"""Files of the system that Python programs read, which smaller images lack: fonts, types of files.

Source: `data/python_system_files.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.patterns import regex
from dockrefactor.program_sources import unused_environments
from dockrefactor.toolchains.python_files import outside
from dockrefactor.toolchains.python_sources import image_sources

# the folders of the web's own files; what lies elsewhere is text for people
_NOT_SERVED: Final = regex(r"(?:^|/)(?:\.|tests?/|docs?/|readme|changelog|contributing|license)", re.IGNORECASE)


def packages(facts: Facts, installed: Collection[str]) -> Iterator[tuple[str, Evidence]]:
    """Debian's packages of the files that the program reads; `installed` are names of Python packages."""
    base = facts.final.base
    if base is None or not base.is_debian or not base.counterpart:
        return
    table = tables.toml("python_system_files")
    patterns = {package: re.compile(pattern) for package, pattern in table["files"].items()}
    for path, line, text in _named(facts, "|".join(pattern for pattern in table["files"].values())):
        yield from (
            (package, Evidence(path, line, f"names a file of {package}"))
            for package, pattern in patterns.items()
            if pattern.search(text)
        )
    types = table["types"]
    evidence = _asks_for_types(facts, types, installed)
    if evidence is not None:
        yield types["former"].get(base.release, types["package"]), evidence


def building(facts: Facts) -> Evidence | None:
    """A source that names what only compilers read."""
    pattern = tables.toml("python_system_files")["building"]
    return next((Evidence(path, line, "names headers of C") for path, line, _ in _named(facts, pattern)), None)


def _named(facts: Facts, pattern: str) -> Iterator[tuple[str, int, str]]:
    """(path, line, text) of the lines of sources, and of ENV, that match."""
    wanted = re.compile(pattern)
    for step in facts.final.steps:
        if step.keyword == "ENV" and wanted.search(step.instruction.logical):
            yield facts.name, step.instruction.start_line, step.instruction.logical
    unused = unused_environments(facts)
    yield from facts.context.once((_named, pattern, unused), lambda: tuple(_in_sources(facts.context, unused, wanted)))


def _in_sources(
    context: BuildContext, unused: tuple[str, ...], wanted: re.Pattern[str]
) -> Iterator[tuple[str, int, str]]:
    for path in outside(context, unused):
        text = context.read(path) or ""
        if wanted.search(text):
            for number, line in enumerate(text.splitlines(), 1):
                if wanted.search(line):
                    yield path, number, line


def _asks_for_types(facts: Facts, types: dict[str, Any], installed: Collection[str]) -> Evidence | None:
    for claim in image_sources(facts).imports:
        if claim.value in types["modules"]:
            return claim.evidence
    if not set(types["frameworks"]).isdisjoint(installed):
        for path in facts.context.files("", tuple(types["endings"])):
            if not _NOT_SERVED.search(path):
                return Evidence(path, 0, "the type of this file is looked up when it is served")
    return None
