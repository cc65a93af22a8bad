"""Scripts that a RUN fetches and hands to a shell or to Python: `curl … | bash -`, or `curl … -o x.sh && bash x.sh`."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.records import replace
from dockrefactor.stages import Placed, Step

_SHELLS: Final = frozenset({"sh", "bash"})
_PYTHON: Final = frozenset({"python", "python3"})
_CLIENTS: Final = frozenset({"curl", "wget"})


def named(commands: Sequence[Placed], variables: Mapping[str, str], added: Mapping[str, str]) -> tuple[Placed, ...]:
    """The commands of a RUN, those that fetch and run a script of `data/known_scripts.toml` with what it does.

    `added`: image path -> the address from which an ADD above took what stands there.
    """
    files = {path: script for path, address in added.items() if (script := _known(address)) is not None}
    if not files and not any(placed.command.name in _CLIENTS for placed in commands):
        return tuple(commands)
    found: list[Placed] = []
    for at, placed in enumerate(commands):
        script = _fetched(placed)
        if script is not None:
            files |= dict.fromkeys(placed.effects.writes, script)
            if placed.effects.writes:
                placed = replace(placed, effects=replace(placed.effects, kind=Kind.OS_UPDATE))
        ran = _ran(placed, commands[at - 1] if at else None, files)
        if ran is not None:
            given = {name: word.text for name, word in placed.command.assignments if word is not None and word.known}
            placed = replace(placed, effects=_effects(placed, ran, {**variables, **given}))
        found.append(placed)
    return tuple(found)


def packages(step: Step) -> frozenset[str]:
    """The packages that come from repositories which a script of the step adds."""
    return frozenset(
        name
        for placed in step.commands
        if isinstance(placed.effects.detail, _Repository)
        for name in placed.effects.detail
    )


class _Repository(tuple[str, ...]):
    """Names of packages, as the detail of a command."""

    __slots__ = ()


def _fetched(placed: Placed) -> Mapping[str, Any] | None:
    """The known script that a command fetches."""
    if placed.command.name not in _CLIENTS:
        return None
    addresses = [word for word in placed.command.argv if word.startswith(("https://", "http://"))]
    return _known(addresses[0]) if len(addresses) == 1 else None


def _known(address: str) -> Mapping[str, Any] | None:
    table = tables.toml("known_scripts")
    return next((table[prefix] for prefix in table if address.startswith(prefix)), None)


def _ran(placed: Placed, before: Placed | None, files: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The known script that a command runs: from its standard input, or as a file."""
    words = list(placed.command.argv)
    while words and words[0] in ("sudo", "-E", "-H"):
        words.pop(0)
    name = posixpath.basename(words[0]) if words else ""
    if name not in _SHELLS | _PYTHON:
        return None
    operands = [word for word in words[1:] if word not in ("-", "-s", "--", "-e", "-x", "-ex")]
    from_input = placed.command.connector == "|" and before is not None and not before.effects.writes
    if before is not None and from_input and (not operands or operands[0].startswith("-")):
        script = _fetched(before)
    else:
        script = files.get(absolute(operands.pop(0), placed.cwd)) if operands else None
    if script is None or name not in (_PYTHON if script.get("by") == "python" else _SHELLS):
        return None
    return script if _takes(script, operands) else None


def _takes(script: Mapping[str, Any], options: Sequence[str]) -> bool:
    """Whether a script is known with these options."""
    rest = list(options)
    while rest:
        name, equals, _ = rest.pop(0).partition("=")
        if name in script.get("valued", ()):
            rest = rest if equals else rest[1:]
        elif name not in script.get("switches", ()):
            return False
    return True


def _effects(placed: Placed, script: Mapping[str, Any], variables: Mapping[str, str]) -> Effects:
    programs = (placed.command.name,)
    if "program" in script:
        places = (variables.get(script["moved"].get(path, "")) or path for path in script["writes"])
        writes = tuple(dict.fromkeys(places))
        return Effects(Kind.TOOL_INSTALL, writes=writes, programs=(*programs, script["program"]), network=True)
    return Effects(
        Kind.OS_UPDATE,
        writes=tuple(script["writes"]),
        programs=programs,
        network=True,
        detail=_Repository(script["packages"]),
    )
