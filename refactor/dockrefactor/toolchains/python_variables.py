"""Options of an install that variables of the image give: pip and uv read them as if the command named them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim
from dockrefactor.records import replace
from dockrefactor.shell import Command
from dockrefactor.stages import State
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_steering import settings_files

# https://pip.pypa.io/en/stable/topics/configuration/#environment-variables,
# https://docs.astral.sh/uv/reference/environment/
_CONSTRAINTS: Final = ("CONSTRAINT", "BUILD_CONSTRAINT", "OVERRIDE")


def with_variables(install: PythonInstall, command: Command, state: State) -> PythonInstall:
    """`install` with what the variables in force say; build arguments are variables of a RUN too, and so is what stands
    before its command."""
    own = {name: word.text for name, word in command.assignments if word is not None and word.known}
    variables = {**{name: value for name, value in state.args.items() if value}, **state.env, **own}
    if install.manager == "poetry":
        return replace(install, no_binary=_words(variables, "POETRY_INSTALLER_NO_BINARY"))
    pip = install.manager in ("pip", "pipenv")
    if not pip and not install.manager.startswith("uv"):
        return install
    head = "PIP" if pip else "UV"
    compiled = _words(variables, "PIP_NO_BINARY" if pip else "UV_NO_BINARY_PACKAGE")
    if not pip and variables.get("UV_NO_BINARY", "").lower() not in ("", "0", "false"):
        compiled = (*compiled, ":all:")
    constraints = [word for name in _CONSTRAINTS for word in _words(variables, f"{head}_{name}")]
    required = _words(variables, "PIP_REQUIREMENT") if pip else ()
    return replace(
        install,
        constraint_files=(*install.constraint_files, *constraints),
        requirement_files=(*install.requirement_files, *required),
        find_links=(*install.find_links, *_words(variables, f"{head}_FIND_LINKS")),
        # what the command says comes after what variables say
        no_binary=(*compiled, *install.no_binary),
        settings=(*_words(variables, f"{head}_CONFIG_FILE"), *(settings_files() if pip else ())),
    )


def written(facts: Facts) -> Iterator[Claim]:
    """The folders that variables of the image name, where programs and packages write: `data/python_variables.toml`."""
    names = {name for row in tables.toml("python_variables").values() for name in row["variables"]}
    for step in facts.final.image_steps:
        if step.keyword == "ENV":
            for name in names.intersection(step.instruction.args[::3]):
                path = facts.final.after.env.get(name)
                value = absolute(path, facts.final.after.cwd) if path else None
                if path != "":
                    yield Claim(value, facts.at(step.instruction, f"{name} names a folder of the program's own files"))


def _words(variables: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"[,\s]+", variables.get(name, ""))))
