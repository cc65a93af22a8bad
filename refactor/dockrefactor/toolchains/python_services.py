"""Programs that Django's commands start, though the sources name none of them."""

from __future__ import annotations

from collections.abc import Iterator

from dockrefactor import tables
from dockrefactor.effects import Kind
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim
from dockrefactor.toolchains.python_starts import PythonStart, started_programs


def programs(facts: Facts) -> Iterator[Claim]:
    """The programs that the steps and the start of the image ask for."""
    for step, placed in facts.commands(lambda placed: placed.effects.kind is Kind.PROGRAM):
        yield from _of_django(placed.effects.detail, facts.at(step.instruction, "Django's command starts it"))
    for item, start in started_programs(facts):
        yield from _of_django(start, item.evidence)


def _of_django(start: object, evidence: Evidence) -> Iterator[Claim]:
    if isinstance(start, PythonStart) and start.kind == "django-manage" and start.arguments:
        for name in tables.toml("python_names")["django_starts"].get(start.arguments[0], ()):
            yield Claim(name, evidence)
