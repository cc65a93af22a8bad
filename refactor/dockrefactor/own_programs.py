"""Whether a program that the container starts is one that the Dockerfile builds, whatever else has its name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.stages import Copy, Stage

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def is_built_here(facts: Facts, item: Started) -> bool:
    """Whether the first program of that name is the output of a build, in the final stage or one that it takes from."""
    stage = facts.final
    word = item.argv[0] if item.argv else ""
    if "/" in word:
        return _is_output(facts, stage, absolute(word, item.cwd))
    folders = (stage.after.env.get("PATH") or _PATH).split(":")
    return any(_is_output(facts, stage, posixpath.join(folder, word)) for folder in folders[: _system(folders)])


def _system(folders: list[str]) -> int:
    """Where the folders begin that the distribution fills."""
    return next((at for at, folder in enumerate(folders) if folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin")), 0)


def _is_output(facts: Facts, stage: Stage, path: str) -> bool:
    for step in stage.steps:
        if step.run is not None and any(
            placed.effects.kind is Kind.BUILD and path in placed.effects.writes for placed in step.run.commands
        ):
            return True
        if step.copy is not None and step.copy.stage is not None:
            origin = step.copy.stage
            if any(_is_output(facts, origin, source) for source in _sources(step.copy, path)):
                return True
    return stage.base_stage is not None and _is_output(facts, facts.stages[stage.base_stage], path)


def _sources(copy: Copy, path: str) -> Iterator[str]:
    """The paths of the other stage that a copy may bring to `path`."""
    if not inside(path, copy.destination):
        return
    inner = posixpath.relpath(path, copy.destination)
    for source in copy.sources:
        folder = absolute(source, "/")
        yield folder if inner == "." else posixpath.join(folder, inner)
        if posixpath.basename(folder) == inner:
            yield folder
