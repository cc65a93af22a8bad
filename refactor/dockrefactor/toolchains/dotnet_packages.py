"""Packages of the distribution of which the program of a .NET build needs more, or less, than their names say."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Mapping, Sequence

from dockrefactor import os_packages, package_lists, tables
from dockrefactor.facts import Facts
from dockrefactor.toolchains import dotnet_needs
from dockrefactor.toolchains.dotnet_needs import Work


def instead(facts: Facts, works: Sequence[Work], said: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """See `Plan.instead`; `said` are the properties of the program's project."""
    return {**_headers(facts, said), **_javascript(facts, works)}


def _headers(facts: Facts, said: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The packages with headers, which stay: .NET loads libraries by names that only they have (`libsodium.so`), and
    compiles nothing with them but programs that are compiled ahead of time."""
    if said.get("PublishAot", "").lower() == "true":
        return {}
    names = {os_packages.bare(name) for step in facts.final.steps for name in package_lists.packages(step)}
    return {name: (name,) for name in names if name.endswith(("-dev", "-devel"))}


def _javascript(facts: Facts, works: Sequence[Work]) -> dict[str, tuple[str, ...]]:
    """The packages of Node.js, of which nothing is left where projects start it when they are built, and neither the
    program nor a package of theirs may do so."""
    table = tables.toml("dotnet")["javascript"]
    projects = [item for work in works for item in work.projects]
    read = dotnet_needs.sources(facts)
    named = {claim.value for claim in (*read.needs.programs, *read.commands)} if read is not None else {None}
    packages = [name.lower() for item in projects for name in item.packages]
    known = [*tables.toml("dotnet")["packages"]["plain"], *table["without"]]
    unknown = [name for name in packages if not any(fnmatch.fnmatchcase(name, pattern) for pattern in known)]
    executed = {posixpath.basename(word) for item in projects for word in item.commands}
    if unknown or dotnet_needs.is_developed(facts) or None in named or not named.isdisjoint(table["programs"]):
        return {}
    return dict.fromkeys(table["packages"], ()) if not executed.isdisjoint(table["programs"]) else {}
