"""Scripts that a RUN fetches and hands to a shell: `curl … | bash -`, or `curl … -o x.sh && bash x.sh`."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.records import replace
from dockrefactor.stages import Placed, Step

_SHELLS: Final = frozenset({"sh", "bash"})
_CLIENTS: Final = frozenset({"curl", "wget"})


def named(commands: Sequence[Placed]) -> tuple[Placed, ...]:
    """The commands of a RUN, those that fetch and run a script of `data/known_scripts.toml` with what it does."""
    if not any(placed.command.name in _CLIENTS for placed in commands):
        return tuple(commands)
    found: list[Placed] = []
    files: dict[str, Mapping[str, Any]] = {}
    for at, placed in enumerate(commands):
        script = _fetched(placed)
        if script is not None:
            files |= dict.fromkeys(placed.effects.writes, script)
            if placed.effects.writes:
                placed = replace(placed, effects=replace(placed.effects, kind=Kind.OS_UPDATE))
        ran = _ran(placed, commands[at - 1] if at else None, files)
        found.append(placed if ran is None else replace(placed, effects=_effects(placed, ran)))
    return tuple(found)


def packages(step: Step) -> frozenset[str]:
    """The packages that come from repositories which a script of the step adds."""
    return frozenset(
        name
        for placed in (step.run.commands if step.run is not None else ())
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
    table = tables.toml("known_scripts")
    addresses = [word for word in placed.command.argv if word.startswith(("https://", "http://"))]
    if len(addresses) != 1:
        return None
    return next((table[prefix] for prefix in table if addresses[0].startswith(prefix)), None)


def _ran(placed: Placed, before: Placed | None, files: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The known script that a shell runs: from its standard input, or as a file."""
    words = list(placed.command.argv)
    while words and words[0] in ("sudo", "-E", "-H"):
        words.pop(0)
    if not words or posixpath.basename(words[0]) not in _SHELLS:
        return None
    operands = [word for word in words[1:] if word not in ("-", "-s", "--", "-e", "-x", "-ex")]
    if placed.command.connector == "|" and before is not None and not operands and not before.effects.writes:
        return _fetched(before)
    return files.get(absolute(operands[0], placed.cwd)) if len(operands) == 1 else None


def _effects(placed: Placed, script: Mapping[str, Any]) -> Effects:
    return Effects(
        Kind.OS_UPDATE,
        writes=tuple(script["writes"]),
        programs=(placed.command.name,),
        network=True,
        detail=_Repository(script["packages"]),
    )
