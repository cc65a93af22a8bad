"""Commands of Makefiles and workflows that build an image, or run something else in it than it starts by itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from dockrefactor import tables
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

_CONTINUED: Final = regex(r"\\\r?\n[ \t]*")
_DOCKER: Final = regex(r"(?<![\w/.-])(?:docker|podman)(?:-compose|[ \t])(?:\$\([^)\n]*\)|[^\n;&|)`])*")


@dataclass(frozen=True, slots=True)
class DockerCommand:
    """One command line of the engine: `verb` is `build`, `run`, `compose run` or `compose exec`; `options` are those
    with a value, in order; `operands` the rest; `line` is 1-based."""

    verb: str
    options: tuple[tuple[str, str], ...]
    operands: tuple[str, ...]
    line: int

    def values(self, *names: str) -> tuple[str, ...]:
        return tuple(value for name, value in self.options if name in names)


def docker_commands(text: str) -> Iterator[DockerCommand]:
    """The commands of a text that build or run images, as far as they can be read."""
    joined = _CONTINUED.sub(lambda found: " " + "\0" * found[0].count("\n"), text)
    for found in _DOCKER.finditer(joined):
        line = joined.count("\n", 0, found.start()) + joined.count("\0", 0, found.start()) + 1
        try:
            words = shlex.split(found[0].replace("\0", ""), comments=True)
        except ValueError:
            continue
        command = _command(words, line)
        if command is not None:
            yield command


def _command(words: list[str], line: int) -> DockerCommand | None:
    valued = tables.toml("docker_options")
    rest = words[1:]
    compose = words[0].endswith("-compose")
    if rest[:1] == ["compose"]:
        compose, rest = True, rest[1:]
    if compose:
        _, rest = _options(rest, valued["compose"], stop=True)
        verbs, key = {"run": "compose run", "exec": "compose exec"}, "run"
    else:
        rest = rest[1:] if rest[:1] in (["buildx"], ["image"], ["container"]) else rest
        verbs, key = {"build": "build", "run": "run"}, "build" if rest[:1] == ["build"] else "run"
    verb = verbs.get(rest[0]) if rest else None
    if verb is None:
        return None
    # what follows the image is the container's own command line
    options, operands = _options(rest[1:], valued[key], stop=verb != "build")
    return DockerCommand(verb, tuple(options), tuple(operands), line)


def _options(words: list[str], valued: list[str], stop: bool) -> tuple[list[tuple[str, str]], list[str]]:
    """Options with values, and the words that are none; with `stop`, the first such word ends the options."""
    options: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            operands.append(word)
            if stop:
                return options, [*operands, *rest]
            continue
        name, equals, value = word.partition("=")
        if name in valued:
            options.append((name, value if equals else (rest.pop(0) if rest else "")))
        elif equals:
            options.append((name, value))
    return options, operands
