"""Where Python's package managers put a project's environment, by their settings and the author's own environment."""

from __future__ import annotations

import posixpath

from dockrefactor.effects import Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_names import activates


def destination(facts: Facts, step: Step, install: PythonInstall) -> str:
    """`PythonInstall.destination`, which for Poetry its settings decide."""
    if install.manager != "poetry":
        return install.destination
    return "environment" if _poetry_makes_none(facts, step) else "project-venv"


def active(step: Step, placed: Placed) -> str | None:
    """The author's virtual environment that a command of a RUN installs into: one that its line has activated, or whose
    own program it is (`venv/bin/pip`). None where there is none."""
    argv = placed.command.argv
    found = posixpath.dirname(posixpath.dirname(argv[0])) if "/" in argv[0] else None
    if found is not None:
        return absolute(found, placed.cwd) if found not in ("/usr", "/usr/local") else None
    for earlier in step.commands:
        if earlier is placed:
            break
        if activates(earlier.command.argv):
            found = absolute(earlier.command.argv[1].removesuffix("/bin/activate"), earlier.cwd)
    return found


def poetry_in_place(facts: Facts, step: Step) -> bool:
    """Whether Poetry installs into the image's Python or the project's folder, not into root's home."""
    return _poetry_makes_none(facts, step) or _poetry_in_project(facts, step)


def _poetry_makes_none(facts: Facts, step: Step) -> bool:
    return _poetry_setting(facts, step, "virtualenvs.create", "POETRY_VIRTUALENVS_CREATE") in ("false", "0")


def _poetry_in_project(facts: Facts, step: Step) -> bool:
    return _poetry_setting(facts, step, "virtualenvs.in-project", "POETRY_VIRTUALENVS_IN_PROJECT") in ("true", "1")


def _poetry_setting(facts: Facts, step: Step, key: str, variable: str) -> str:
    """A setting in lower case: the last `poetry config` of it, else the variable, else `""`."""
    value = step.before.env.get(variable, "")
    for other in facts.final.steps:
        for placed in other.commands:
            setting = placed.effects.detail
            if placed.effects.kind is Kind.TOOL_SETUP and isinstance(setting, tuple) and setting and setting[0] == key:
                value = setting[1]
    return value.lower()
