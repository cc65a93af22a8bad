"""Ports that variables name: those of the image, of its launch, of files that programs load them from, and of what
compose files and manifests give to a container."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockrefactor import tables
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts


def named(facts: Facts) -> Iterator[tuple[int, Evidence]]:
    """Each port that a variable names by which programs are told where to listen, with the place that sets it."""
    for name, value in facts.final.after.env.items():
        port = port_of(name, value)
        if port is not None:
            yield port, facts.at(facts.final.origin, f"{name}={value}")
    yield from _of_launch(facts)
    yield from _of_files(facts)
    for variables, place in facts.given_variables:
        for name, value in variables.items():
            port = port_of(name, value)
            if port is not None:
                yield port, Evidence(place.path, place.line, f"{name}={value}")


def port_of(name: str, value: str) -> int | None:
    """The port that a variable sets; None where it is no port, or of another server that the program talks to."""
    return int(value) if value.isdecimal() and _names().fullmatch(name) else None


def in_text(text: str, path: str, line: int = 1) -> Iterator[tuple[int, Evidence]]:
    """The ports that assignments in a text set: of a shell, of `env`, or of a file of variables."""
    for found in _assignment().finditer(text):
        place = Evidence(path, line + text.count("\n", 0, found.start()), f"{found['name']}={found['value']}")
        yield int(found["value"]), place


def _of_launch(facts: Facts) -> Iterator[tuple[int, Evidence]]:
    for step in facts.final.launch:
        if step is not None:
            text = " ".join(step.instruction.args) if step.instruction.json else step.instruction.value
            for port, place in in_text(text, facts.name):
                yield port, facts.at(step.instruction, place.says)
    for service in facts.services:
        if service.user:
            continue
        for port, place in in_text(" ".join(service.starts), service.evidence.path):
            yield port, Evidence(place.path, service.evidence.line, place.says)
    for path in dict.fromkeys(facts.launch.scripts.values()):
        yield from in_text(facts.context.read(path) or "", path)


def _of_files(facts: Facts) -> Iterator[tuple[int, Evidence]]:
    """Of the files in the work folder from which programs load their variables."""
    resolve = facts.final.resolver()
    for name in tables.toml("launches")["variable_files"]:
        path = resolve(absolute(name, facts.final.after.cwd))
        if path is not None:
            yield from in_text(facts.context.read(path) or "", path)


@cache
def _names() -> re.Pattern[str]:
    return re.compile(tables.toml("launches")["port_variables"])


@cache
def _assignment() -> re.Pattern[str]:
    named = tables.toml("launches")["port_variables"]
    return re.compile(rf"""(?<![\w-])(?P<name>{named})\s*=\s*(?P<q>["']?)(?P<value>\d{{1,5}})(?P=q)(?![\w.:-])""")
