"""What a container starts that is neither the image's sources nor the system's: programs of Python packages.

Nobody reads their code here. What is known of them is data (`data/python_programs.toml`), and of others nothing is.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator
from functools import cache

from dockrefactor import foreign_programs, program_sources, tables
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.python_starts import parse_start

_PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(slots=True)
class Written:
    """What they write: folders that they start in, below HOME, and programs of which nothing is known."""

    folders: list[Claim] = field(default_factory=list)
    home: bool = False
    unknown: list[Evidence] = field(default_factory=list)


def written(facts: Facts) -> Written:
    """What the started programs of packages write beside what their arguments name."""
    found = Written()
    for item in facts.launch.started:
        started = foreign(facts, item)
        if started is None:
            continue
        name, _ = started
        kind = _kinds().get(name.replace("_", "-"))
        if kind == "work_folder":
            found.folders.append(Claim(item.cwd, item.evidence))
        elif kind == "home":
            found.home = True
        elif kind is None and not item.conditional:  # else it may be an argument that a script tells apart
            says = f"what `{name}` writes is not known"
            found.unknown.append(Evidence(item.evidence.path, item.evidence.line, says))
    return found


@cache
def _kinds() -> dict[str, str]:
    table = tables.toml("python_programs")
    return {name.replace("_", "-"): kind for kind in ("quiet", "home", "work_folder") for name in table[kind]}


def foreign(facts: Facts, item: Started) -> tuple[str, tuple[str, ...]] | None:
    """The program of a package that a command starts in the end, and its arguments; None for one of another kind, or a
    computed one."""
    argv, start = item.argv, parse_start(item.argv)
    while start is not None and start.inner:
        argv, start = start.inner, start.started
    if not argv or "$" in argv[0]:
        return None
    if start is not None:
        module = (start.target or "").partition(".")[0] if start.kind == "python-module" else ""
        return (module, start.arguments) if module and not _is_own_module(facts, item, module) else None
    name = posixpath.basename(argv[0])
    known = foreign_programs.is_known(facts, item, argv, "python") or _is_of_project(facts, name)
    return None if known else (name, tuple(argv[1:]))


def _is_own_module(facts: Facts, item: Started, module: str) -> bool:
    """Whether a module is Python's own, or has sources in the build context, maybe in a folder of another name."""
    if module in sys.stdlib_module_names or module == "pip":
        return True
    resolve = facts.final.resolver()
    if any(resolve(posixpath.join(item.cwd, place)) is not None for place in (module, f"{module}.py")):
        return True
    return any(module in re.split(r"[/.]", path) for path in program_sources.of_running(facts))


def _is_of_project(facts: Facts, name: str) -> bool:
    """Whether a project of the context gives its own code that name."""
    named = re.compile(rf"(?<![\w-]){re.escape(name)}[\"']?\s*=")
    projects: Iterator[str] = (path for path in facts.context.files("") if posixpath.basename(path) in _PROJECTS)
    return any(named.search(facts.context.read(path) or "") for path in projects)
