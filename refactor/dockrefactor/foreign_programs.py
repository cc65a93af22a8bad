"""Programs that a container starts and of which neither the system nor the Dockerfile's own sources tell what they do:
those that come with a language's packages."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dockrefactor import launch_words, os_packages, own_programs, roles, shell
from dockrefactor.effects import Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.launch import Started


def is_known(facts: Facts, item: Started, argv: Sequence[str], language: str) -> bool:
    """Whether the program that `argv` names is the system's, of a language other than `language`, built in the file, or
    a file of the build context. `item` is the command of the launch that starts it in the end."""
    base, name = facts.final.base, posixpath.basename(argv[0])
    if name in launch_words.SHELLS or name in launch_words.builtins() or item.name in launch_words.SHELLS:
        return True
    if os_packages.is_systems(name) or (base is not None and name in base.programs):
        return True
    command = next(iter(shell.parse(name).commands), None)
    if command is None or facts.started_effects(command).kind is not Kind.UNKNOWN:
        return True
    others = (toolchain for toolchain in facts.toolchains if toolchain.name != language)
    if any(roles.starts(toolchain, name) for toolchain in others) or own_programs.is_built_here(facts.final, item):
        return True
    return "/" in argv[0] and facts.final.resolver()(absolute(argv[0], item.cwd)) is not None
