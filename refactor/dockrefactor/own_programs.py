"""Whether a program that the container starts is one that the Dockerfile builds, whatever else has its name."""

from __future__ import annotations

import posixpath

from dockrefactor.effects import Kind, absolute
from dockrefactor.image import STANDARD_PATH
from dockrefactor.launch import Started
from dockrefactor.stages import Stage, origins


def is_built_here(stage: Stage, item: Started) -> bool:
    """Whether the first program of that name is the output of a build, in a stage or one that it takes from."""
    word = item.argv[0] if item.argv else ""
    if "/" in word:
        return _is_output(stage, absolute(word, item.cwd))
    folders = (stage.after.env.get("PATH") or ":".join(STANDARD_PATH)).split(":")
    return any(_is_output(stage, posixpath.join(folder, word)) for folder in folders[: _system(folders)])


def _system(folders: list[str]) -> int:
    """Where the folders begin that the distribution fills."""
    return next((at for at, folder in enumerate(folders) if folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin")), 0)


def _is_output(stage: Stage, path: str) -> bool:
    for step in stage.image_steps:
        if step.run is not None and any(
            placed.effects.kind is Kind.BUILD and path in placed.effects.writes for placed in step.run.commands
        ):
            return True
        copy = step.copy
        if copy is not None and copy.stage is not None:
            other = copy.stage
            if any(_is_output(other, source) for source in origins(copy, path)):
                return True
    return False
