"""The settings files of Python's servers: what a start of gunicorn or uWSGI asks of its system beside the sources.

Source: `data/python_servers.toml`. Nothing is executed: a value that a settings file computes is unknown.
"""

from __future__ import annotations

import ast
import posixpath
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.python_paths import holding
from dockrefactor.toolchains.python_starts import PythonStart, address_port, parse_start

_DROPS: Final = "drops-privileges-itself"
_UNKNOWN: Final = "writes-unknown-path"
_MOST_FILES: Final = 10
_COMPUTED: Final = regex(r"[$%@]")
_NO_FILE: Final = ("/dev/", "-")
# stands for the settings of a file that cannot be read here
_UNSEEN: Final = "?"

Setting = tuple[str, str | None, Evidence]
"""A setting's name, its value (None where it is computed) and its place."""


@dataclass(slots=True)
class ServerNeeds:
    """`writes` are absolute image paths; `ports` decimal; `unknown` are reason codes with their places."""

    writes: list[Claim] = field(default_factory=list)
    ports: list[Claim] = field(default_factory=list)
    unknown: list[tuple[str, Evidence]] = field(default_factory=list)


def needs(facts: Facts, item: Started, start: PythonStart) -> ServerNeeds:
    """What the settings of the server that `item` starts ask for; nothing where it is none with settings."""
    found = ServerNeeds()
    if start.kind == "gunicorn":
        folder = absolute(start.folder, item.cwd) if start.folder else item.cwd
        told = _by_variable(found, facts, item, folder)
        # without an option it takes the file of this name that lies where it starts
        given = [path for path in (*start.reads, *told) if path.endswith(".py")]
        for path in given or ["gunicorn.conf.py"]:
            text, place = _text(facts, absolute(path.removeprefix("file:"), item.cwd), item.evidence)
            if text is not None:
                _take(found, tables.toml("python_servers")["gunicorn"], _assigned(text, place), folder)
            elif given:
                found.unknown.append((_UNKNOWN, place))
    elif start.kind == "uwsgi":
        settings = list(_options(start.arguments, item.evidence))
        settings += _included(facts, settings, item.cwd)
        folder = next((value for name, value, _ in settings if name == "chdir" and value), item.cwd)
        _take(found, tables.toml("python_servers")["uwsgi"], settings, absolute(folder, item.cwd))
    return found


def _by_variable(found: ServerNeeds, facts: Facts, item: Started, folder: str) -> tuple[str, ...]:
    """What gunicorn's options say that a variable of the image gives; the files that they name.

    https://docs.gunicorn.org/en/stable/settings.html#settings
    """
    place = item.evidence
    says = Evidence(place.path, place.line, "GUNICORN_CMD_ARGS says so")
    told = facts.final.after.env.get("GUNICORN_CMD_ARGS", "")
    try:
        start = parse_start(("gunicorn", *shlex.split(told)))
    except ValueError:
        start = None
    if start is None:
        found.unknown.append((_UNKNOWN, says))
        return ()
    found.writes += [Claim(absolute(path, folder), says) for path in (*map(holding, start.writes), *start.scratch)]
    found.ports += [Claim(str(port), says) for port in start.ports]
    found.unknown += [(_DROPS, says)] if start.changes_user else []
    return start.reads


def _text(facts: Facts, path: str, fallback: Evidence) -> tuple[str | None, Evidence]:
    """The text of a file of the image and its place; None where it does not come from the context as it is."""
    source = facts.final.resolver()(path)
    text = facts.context.read(source) if source is not None else None
    if text is None or source is None:
        says = f"{posixpath.basename(path)} cannot be read here"
        return None, Evidence(fallback.path, fallback.line, says)
    return text, Evidence(source, 0, "")


def _take(found: ServerNeeds, row: Mapping[str, Any], settings: Sequence[Setting], folder: str) -> None:
    for name, value, place in settings:
        what = (
            "settings of the server that cannot be read here" if name == _UNSEEN else f"the server's setting `{name}`"
        )
        says = Evidence(place.path, place.line, what)
        if name in row["identity"]:
            found.unknown.append((_DROPS, says))
        elif name == _UNSEEN or name in row["commands"] or name.startswith("hook-"):
            found.unknown.append((_UNKNOWN, says))
        elif name in row["addresses"]:
            _address(found, value, says, folder)
        elif name in row["writes"] or (name in row.get("loggers", ()) and "file:" in (value or "")):
            _written(found, value, says, folder)
        elif "quiet" in row and name not in (*row["quiet"], *row["files"]) and "/" in (value or ""):
            found.unknown.append((_UNKNOWN, says))


def _address(found: ServerNeeds, value: str | None, says: Evidence, folder: str) -> None:
    """A port, or a socket in the file system; a computed one is a port by custom (`$PORT`)."""
    if value is None or _COMPUTED.search(value.lstrip("@")):
        return
    port = address_port(value.partition(",")[0])
    if port is not None:
        found.ports.append(Claim(str(port), says))
    elif "/" in value or value.startswith("unix:"):
        _written(found, value.removeprefix("unix:"), says, folder)


def _written(found: ServerNeeds, value: str | None, says: Evidence, folder: str) -> None:
    if value is None or _COMPUTED.search(value):
        found.unknown.append((_UNKNOWN, says))
    elif (path := value.rpartition("file:")[2]) and not path.startswith(_NO_FILE):
        found.writes.append(Claim(absolute(path, folder), says))


def _assigned(text: str, place: Evidence) -> list[Setting]:
    """Settings that a Python file gives, wherever it assigns them."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [(_UNSEEN, None, place)]
    found: list[Setting] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            at = Evidence(place.path, node.lineno, "")
            found += [(name, value, at) for name in names for value in _values(node.value)]
        elif isinstance(node, ast.Dict):
            for key, item in zip(node.keys, node.values, strict=True):
                # a handler of logging's own configuration
                if isinstance(key, ast.Constant) and key.value == "filename":
                    at = Evidence(place.path, item.lineno, "")
                    found += [("logfile", value, at) for value in _values(item)]
    return found


def _values(node: ast.expr) -> Iterator[str | None]:
    """The text of a value, of each element of a list; nothing for what switches a setting off."""
    if isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from _values(element)
    elif isinstance(node, ast.Constant):
        if node.value is not None:
            yield str(node.value)
    else:
        yield None


def _options(arguments: Sequence[str], place: Evidence) -> Iterator[Setting]:
    """Settings of uWSGI's command line: `--name value`, `--name=value`, and files as plain words."""
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            if not equals and words and not words[0].startswith("-"):
                value = words.pop(0)
            yield name, value, place
        else:
            yield "config", word, place


def _included(facts: Facts, settings: Sequence[Setting], cwd: str) -> list[Setting]:
    """The settings of the files that `settings` name, and of those that these name."""
    files = tables.toml("python_servers")["uwsgi"]["files"]
    found: list[Setting] = []
    pending = [setting for setting in settings if setting[0] in files]
    for _ in range(_MOST_FILES):
        if not pending:
            return found
        _, value, place = pending.pop(0)
        path, _, section = (value or "").partition(":")
        text, at = _text(facts, absolute(path, cwd), place)
        if text is None or not path.endswith(".ini") or _COMPUTED.search(path):
            found.append((_UNSEEN, None, at))
            continue
        own = list(_ini(text, section or "uwsgi", at.path))
        found += own
        pending += [setting for setting in own if setting[0] in files]
    return [*found, (_UNSEEN, None, pending[0][2])] if pending else found


def _ini(text: str, section: str, path: str) -> Iterator[Setting]:
    """The settings of one section; uWSGI takes several lines of one name, which configparser refuses."""
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        row = line.strip()
        if row.startswith("[") and row.endswith("]"):
            here = row[1:-1]
        elif here == section and row and row[0] not in ";#":
            name, _, value = row.partition("=")
            yield name.strip(), value.strip(), Evidence(path, number, "")


__all__ = ["ServerNeeds", "needs"]
