"""Words at the head of a command line that are no program of their own, or start another (`data/launch_words.toml`)."""

from __future__ import annotations

import posixpath
import shlex
from functools import cache
from typing import Final

from dockrefactor import tables

SHELLS: Final = frozenset(
    {"sh", "bash", "dash", "ash", "/bin/sh", "/bin/bash", "/bin/dash", "/bin/ash", "/usr/bin/bash"}
)


@cache
def builtins() -> frozenset[str]:
    """What a shell does itself."""
    return _listed("builtins")


@cache
def handing_over() -> frozenset[str]:
    """Entrypoints of official images that start their arguments and nothing else."""
    return _listed("handing_over")


def does_nothing(entrypoint: tuple[str, ...]) -> bool:
    """Whether an image's entrypoint starts the container's command and changes nothing of it."""
    return not entrypoint or (
        len(entrypoint) == 1 and posixpath.basename(entrypoint[0]) in _listed("doing_nothing_else")
    )


def idles(argv: tuple[str, ...]) -> bool:
    """Whether a command only waits: for what people type, or for what they start beside it."""
    name = posixpath.basename(argv[0]) if argv else ""
    if name == "tail":
        return argv[-1] == "/dev/null"
    return name in _listed("waiting") or (name in _listed("typed_into") and all(word[:1] == "-" for word in argv[1:]))


@cache
def servers_of_images() -> frozenset[str]:
    """Commands of official images that are servers: a Dockerfile without CMD starts them."""
    return _listed("servers_of_images")


@cache
def own_scripts() -> frozenset[str]:
    """Scripts of build tools that stand in a project: known by their names, not by what they say."""
    return _listed("own_scripts")


@cache
def procfile_runners() -> frozenset[str]:
    """Programs that start the processes of a Procfile."""
    return _listed("procfile_runners")


@cache
def task_runners() -> frozenset[str]:
    """Programs that start what a file of the project names, in a language that nobody follows."""
    return _listed("task_runners")


@cache
def droppers() -> frozenset[str]:
    """Programs that start the rest of their command line with fewer privileges."""
    return _listed("droppers")


def is_wrapper(name: str) -> bool:
    """Whether a program starts the rest of its command line."""
    return name in tables.toml("launch_words")["wrappers"]


def unwrapped(name: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """What a wrapper or dropper called `name` starts."""
    valued = tables.toml("launch_words")["wrappers"].get(name, ())
    at = 1
    while at < len(argv):
        word = argv[at]
        if word == "--":
            return argv[at + 1 :]
        if name == "env" and word in ("-S", "--split-string") and at + 1 < len(argv):
            return (*shlex.split(argv[at + 1]), *argv[at + 2 :])
        if word in valued:
            at += 2
        elif word.startswith("-") or (name in ("env", "cross-env") and "=" in word):
            at += 1
        else:
            break
    if name in tables.toml("launch_words")["with_operand"]:
        at += 1  # the user, the folder, the duration
    return argv[at:]


def names_shell(name: str) -> bool:
    """Whether a dropper starts a shell of the user's rather than the words that follow."""
    return name in ("su", "runuser")


def installs(argv: tuple[str, ...]) -> bool:
    """Whether a started command installs with a language's package manager, or compiles."""
    table = tables.toml("launches")
    if not argv:
        return False
    name = posixpath.basename(argv[0])
    if f"{name} {next((word for word in argv[1:] if not word.startswith('+')), '')}" in table["compiling"]:
        return True
    if name in table["rebuilding"]:
        return True
    if name not in table["package_managers"]:
        return False
    words = set(argv[1:3])
    return bool(words & set(table["install_words"])) and not words & {"run", "start"}


def _listed(key: str) -> frozenset[str]:
    return frozenset(tables.toml("launch_words")[key])
