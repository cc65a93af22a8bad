"""Programs that run in the image without the sources naming them: for Django's commands, and by services' settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import Kind
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.toolchains.python_starts import PythonStart, started_programs

_WORD: Final = regex(r"[A-Za-z0-9_./+-]+")
# the lines that start programs, of supervisor's settings and of cron's tables
_SERVICE: Final = regex(r"\s*command\s*[=:](.*)")
_TASK: Final = regex(r"\s*([^#\s].*)")


def programs(facts: Facts) -> Iterator[Claim]:
    """The programs; of a line of settings every word may be one: what is no program asks for nothing."""
    for step, placed in facts.commands(lambda placed: placed.effects.kind is Kind.PROGRAM):
        yield from _of_django(placed.effects.detail, facts.at(step.instruction, "Django's command starts it"))
    for item, start in started_programs(facts):
        yield from _of_django(start, item.evidence)
    started = {item.name for item in facts.launch.started}
    if "supervisord" in started:
        yield from _of_lines(facts, _SERVICE, "[program:", "[eventlistener:")
    if started & {"cron", "crond"}:
        yield from _of_lines(facts, _TASK)


def _of_django(start: object, evidence: Evidence) -> Iterator[Claim]:
    if isinstance(start, PythonStart) and start.kind == "django-manage" and start.arguments:
        for name in tables.toml("python_names")["django_starts"].get(start.arguments[0], ()):
            yield Claim(name, evidence)


def _of_lines(facts: Facts, line: re.Pattern[str], *marks: str) -> Iterator[Claim]:
    """The words of the lines of files that hold one of `marks`; without marks, of files with cron's name."""
    for path in facts.context.files():
        if not (path.endswith((".conf", ".ini", ".cfg")) if marks else "cron" in path.lower()):
            continue
        text = facts.context.read(path) or ""
        if marks and not any(mark in text for mark in marks):
            continue
        for number, content in enumerate(text.splitlines(), 1):
            found = line.match(content)
            for word in _WORD.findall(found[1]) if found is not None else ():
                yield Claim(word, Evidence(path, number, "a service starts it"))
