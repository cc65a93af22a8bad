"""Which languages of a file run in its container, and which only build there.

A language runs where the launch, the health check or another running program starts one of its programs, what it
installed, or what it built; where that cannot be told, all of them run.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dockrefactor.effects import Effects, Kind, absolute, inside
from dockrefactor.evidence import Evidence

if TYPE_CHECKING:
    from dockrefactor.facts import Facts
    from dockrefactor.toolchain import Toolchain


def running(facts: Facts) -> tuple[Toolchain, ...]:
    """The toolchains of the final stage whose programs the container runs."""
    found = facts.toolchains
    if len(found) < 2 or facts.launch.empty or facts.launch.unreadable:
        return found
    launched = (*facts.launch.programs, *facts.healthcheck.programs)
    names = {name for name, _ in launched}
    paths = tuple(
        absolute(item.argv[0], item.cwd)
        for item in (*facts.launch.started, *facts.healthcheck.started)
        if item.argv and "/" in item.argv[0]
    )
    runs = [toolchain for toolchain in found if _starts(facts, toolchain, names, paths)]
    if not runs:
        return found
    for toolchain in runs:  # it grows while programs start others
        claims = toolchain.needs(facts).programs
        if any(claim.value is None for claim in claims):
            return found
        wanted = {claim.value for claim in claims if claim.value}
        runs += [other for other in found if other not in runs and _starts(facts, other, wanted, ())]
    return tuple(toolchain for toolchain in found if toolchain in runs)


def starts(toolchain: Toolchain, program: str) -> bool:
    """Whether a program of that name is of the language; True for a toolchain that does not say (`Registered` does)."""
    known = getattr(toolchain, "starts", None)
    return known is None or bool(known(program))


def used_elsewhere(facts: Facts) -> Evidence | None:
    """Where a Makefile, workflow or manifest starts a program of one of the file's languages in the image: it may need
    what only the build needs. None where nothing does, or only what the image starts by itself."""
    own = {item.argv for item in facts.launch.started}
    for command in facts.neighbours.commands:
        if command.argv in own or not command.argv:
            continue
        name = posixpath.basename(command.argv[0])
        if not name or any(starts(toolchain, name) for toolchain in facts.toolchains):
            return command.evidence
    return None


def is_builders_tool(facts: Facts, path: str) -> bool:
    """Whether a program at `path` belongs to a language that only builds: nothing that runs starts it."""
    return any(starts(toolchain, posixpath.basename(path)) for toolchain in facts.only_building)


def _starts(facts: Facts, toolchain: Toolchain, names: set[str], paths: tuple[str, ...]) -> bool:
    bare = {posixpath.basename(name) for name in names}
    if any(starts(toolchain, name) for name in bare):
        return True
    own = [placed.effects for _, placed in facts.commands(lambda placed: placed.effects.by == toolchain.name)]
    return any(_is_from(facts, effects, names, paths) for effects in own)


def _is_from(facts: Facts, effects: Effects, names: set[str], paths: tuple[str, ...]) -> bool:
    """Whether a started name or path is what a command installed or built."""
    if effects.kind is Kind.TOOL_INSTALL:
        brought = {posixpath.basename(name).partition("@")[0] for name in effects.programs[1:]}
        return not brought.isdisjoint(map(posixpath.basename, names))
    if effects.kind not in (Kind.INSTALL, Kind.BUILD):
        return False
    named = any(
        posixpath.basename(path) == posixpath.basename(name) and ("/" in name or _is_searched(facts, path))
        for path in effects.writes
        for name in names
    )
    return named or any(inside(path, item) for path in paths for item in effects.writes)


def _is_searched(facts: Facts, path: str) -> bool:
    """Whether a bare name may find what stands at `path`: folders of the project are searched where PATH names them."""
    state = facts.final.after
    folder = posixpath.dirname(path)
    return not inside(folder, state.cwd) or state.cwd == "/" or folder in state.env.get("PATH", "").split(":")
