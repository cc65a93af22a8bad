"""What sends the packages of an install elsewhere than its command says: variables, `pip config`, files of settings.

Sources: https://pip.pypa.io/en/stable/topics/configuration/,
https://docs.python.org/3/using/cmdline.html#environment-variables.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.toolchains.python_commands import pip_setting
from dockrefactor.toolchains.python_names import names

_ASSIGNING: Final = ("ENV", "ARG")
_INTERPRETERS: Final = "/usr/local/pip.conf"


def is_steered(text: str) -> bool:
    """Whether a text of pip's settings names places, or how packages are made."""
    return _steering_settings().search(text) is not None


@cache
def _steering_settings() -> re.Pattern[str]:
    keys = "|".join(tables.toml("python_names")["steering_settings"])
    # behind the escapes that `printf` reads, too
    return re.compile(rf"(?:^|\\n|[\s\"'.\]])(?:{keys})\s*[=:]", re.MULTILINE)


def settings_files() -> tuple[str, ...]:
    """The image paths at which pip looks for its settings, of which root's home has some."""
    return tuple(tables.toml("python_names")["pip_settings_files"])


def steering(facts: Facts) -> Evidence | None:
    """The first instruction by which packages go elsewhere than the installs' commands say; None: there is none."""
    for stage in facts.contributing:
        for step in stage.steps:
            for says in (*_variables(step), *_configured(step), *_settings(facts, stage, step)):
                return facts.at(step.instruction, says)
    return None


def _variables(step: Step) -> Iterator[str]:
    args = step.instruction.args
    given = args[::3] if step.keyword == "ENV" else [word.partition("=")[0] for word in args]
    assigned = list(given) if step.keyword in _ASSIGNING else []
    for placed in step.commands:
        assigned += [name for name, _ in placed.command.assignments]
    yield from (f"{name} steers where packages go" for name in assigned if name in names("steering"))


def _configured(step: Step) -> Iterator[str]:
    for placed in step.commands:
        setting = pip_setting(placed.command.argv)
        if setting is not None and is_steered(f"{setting[0]} = {setting[1]}"):
            yield f"pip's setting {setting[0]} steers where packages go"


def _settings(facts: Facts, stage: Stage, step: Step) -> Iterator[str]:
    """What a step puts at a path of pip's settings."""
    places = {*settings_files(), step.before.env.get("PIP_CONFIG_FILE", "")}
    says = "pip's settings steer where packages go"
    if step.copy is not None:
        copy = step.copy
        for path in sorted(places):
            found = next((source for source, target, _ in reversed(copy.pairs) if target == path), None)
            text = facts.context.read(found) if found is not None else None
            inline = copy.inline and path in (copy.destination, _inside_destination(step))
            if inline:
                text = "".join(document.content for document in step.instruction.heredocs)
            foreign = path == copy.destination and (copy.remote or copy.origin is not None)
            # those of the interpreter, which a virtual environment does not have
            foreign = foreign or (path == _INTERPRETERS and found is not None)
            if foreign or (text is not None and is_steered(text)) or (text is None and found is not None):
                yield says
    elif step.run is not None and any(_writes(placed, places) for placed in step.run.commands):
        heredocs = "".join(document.content for document in step.instruction.heredocs)
        if is_steered(step.instruction.logical) or is_steered(heredocs):
            yield says


def _inside_destination(step: Step) -> str:
    """Where a here-document goes that is copied into a folder."""
    assert step.copy is not None
    name = step.instruction.args[0].removeprefix("<<").strip("-'\"") if step.instruction.args else ""
    return posixpath.join(step.copy.destination, name)


def _writes(placed: Placed, places: set[str]) -> bool:
    return any(absolute(path, placed.cwd) in places for path in placed.effects.writes)


__all__ = ["is_steered", "settings_files", "steering"]
