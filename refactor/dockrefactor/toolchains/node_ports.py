"""Ports that a Node.js project's settings name, where no call of its sources says on which one it listens."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

from dockrefactor import yaml_text
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.toolchains.node_commands import node_facts
from dockrefactor.toolchains.node_settings import without_comments
from dockrefactor.toolchains.node_sources import source_files

_MOST_SETTINGS = 5000  # aliases can make a small file endless
_VARIABLE = regex(r"\s*(?:(?:Number|parseInt)\s*\(|\+)?\s*process\.env\.(?P<name>\w+)")
_SIGNS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def set_ports(
    context: BuildContext, folder: str, listening: Iterable[Claim], environment: Mapping[str, str]
) -> tuple[Claim, ...]:
    """The ports below 1024 that sources and settings files give to a name of a listening port; none where every port of
    `listening`, what the sources' calls listen on, is known, and there is one. `environment`: the image's variables."""
    listening = tuple(listening)
    if listening and all(claim.value is not None for claim in listening):
        return ()
    found = [claim for path in source_files(context, folder) for claim in _in_source(context, path, environment)]
    for pattern in node_facts()["ports"]["settings"]:
        for path in _matching(context, folder, pattern):
            found += _in_settings(context, path)
    return tuple(found)


def _matching(context: BuildContext, folder: str, pattern: str) -> Iterator[str]:
    inner, _, endings = pattern.rpartition("/")
    place = posixpath.join(folder, inner) if inner else folder
    for path in context.children(place):
        if path.endswith(tuple(endings.split("|"))) and context.is_file(path):
            yield path


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    table = node_facts()["ports"]
    return re.compile(table["names"], re.IGNORECASE), re.compile(table["others"], re.IGNORECASE)


def _in_source(context: BuildContext, path: str, environment: Mapping[str, str]) -> Iterator[Claim]:
    """`port: process.env.PORT || 80`, `const PORT = 80`, `PORT: Joi.number().default(80)`: the first number of what
    the name is given."""
    text = context.read(path)
    names, others = _patterns()
    if text is None or not names.search(text):
        return
    plain = without_comments(text)
    for match in re.finditer(rf"""(?<![\w$])(?P<name>{names.pattern})["']?\s*[:=]\s*(?!=)""", plain, re.IGNORECASE):
        around = plain[max(0, match.start() - 80) : match.start()].rpartition("}")[2]
        given = _given(plain, match.end())
        variable = _VARIABLE.match(given)
        if variable is not None and environment.get(variable["name"], "").isdecimal():
            given = environment[variable["name"]]  # which decides
        number = re.search(r"(?<![\w.$])(\d{1,5})(?![\w.])", given)
        if number is None or not _is_low(number[1]) or others.search(around) or _calls_out(plain, match.start()):
            continue
        line = context.find_line(path, match[0].strip())
        yield Claim(number[1], Evidence(path, line, f"sets {match['name']} to {number[1]}"))


def _given(text: str, start: int) -> str:
    """The expression that begins at `start`, 200 characters of it at most."""
    depth = 0
    for at in range(start, min(len(text), start + 200)):
        sign = text[at]
        depth += _SIGNS.get(sign, 0)
        if depth < 0 or (depth == 0 and sign in ",;"):
            return text[start:at]
        if depth == 0 and sign == "\n" and not text[at:].lstrip().startswith((".", "?", "|", ":")):
            return text[start:at]
    return text[start : start + 200]


def _calls_out(text: str, at: int) -> bool:
    """Whether the object around a property is the address of another server: it names a host of the net, or a path."""
    start = text.rfind("{", 0, at)
    body = text[start : text.find("}", at)] if start >= 0 else ""
    return (
        re.search(r"""\b(?:host|hostname)["']?\s*:\s*["'`][\w-]+\.[a-z]|\b(?:path|method|servername)["']?\s*:""", body)
        is not None
    )


def _is_low(number: str) -> bool:
    return 0 < int(number) < 1024 and int(number) not in node_facts()["ports"]["never"]


def _in_settings(context: BuildContext, path: str) -> Iterator[Claim]:
    text = context.read(path)
    if text is None or "port" not in text.lower():
        return
    for keys, value in islice(_leaves(_document(path, text), ()), _MOST_SETTINGS):
        names, others = _patterns()
        if not names.fullmatch(keys[-1]) or any(others.search(key) for key in keys[:-1]):
            continue
        if str(value).isdecimal() and len(str(value)) < 6 and _is_low(str(value)):
            line = context.find_line(path, keys[-1])
            yield Claim(str(value), Evidence(path, line, f"sets {'.'.join(keys)} to {value}"))


def _document(path: str, text: str) -> Any:
    if path.endswith((".yml", ".yaml")):
        return yaml_text.document(text)
    try:
        return json.loads(without_comments(text))
    except (ValueError, RecursionError):
        return None


def _leaves(value: Any, keys: Sequence[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and len(keys) < 12:
        for key, inner in value.items():
            yield from _leaves(inner, (*keys, str(key)))
    elif keys and isinstance(value, int | str) and not isinstance(value, bool):
        yield tuple(keys), value
