"""What Ruby sources ask of the system: programs that they start, files that they write, libraries, ports."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from dockrefactor import program_outputs
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds, moved
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.tables import toml
from dockrefactor.toolchains.ruby_syntax import (
    HOLE,
    Scope,
    Value,
    arguments,
    method_of,
    options,
    parse,
    receiver_of,
    text_of,
    walk,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# words without which a file makes no claim
_INTERESTING: Final = regex(
    r"system|exec\b|spawn|popen|Open3|`|%x|File|IO\.|Dir\.|Logger|SQLite|sqlite|Store|TCPServer|dlopen|ffi_lib|set\s*:port"
    r"|bind|port|listen|CommandLine|CSV|\bopen\b"
)
_MODES: Final = regex(r"w|a|r\+|rb\+")
_TEMPLATE: Final = regex(r"<%[=-]?(.*?)-?%>", re.DOTALL)


@dataclass(slots=True)
class _Found:
    programs: list[Claim] = field(default_factory=list)
    writes: list[Claim] = field(default_factory=list)
    libraries: list[Claim] = field(default_factory=list)
    ports: list[Claim] = field(default_factory=list)
    folders: list[Claim] = field(default_factory=list)
    unreadable: list[Evidence] = field(default_factory=list)


def read_sources(
    context: BuildContext, files: Iterable[tuple[str, str]], environment: Mapping[str, str]
) -> SourceNeeds:
    """The needs of a program; `files` are pairs of a context path and the path from the work folder in the image.

    Relative paths of the answer are relative to the work folder.
    """
    found = _Found()
    for path, inner in dict(files).items():
        text = context.read(path)
        if text is None:
            found.unreadable.append(Evidence(path, 0, "cannot be read"))
        elif _INTERESTING.search(text):
            _read(found, path, inner, _ruby_of(path, text), environment)
    return SourceNeeds(
        programs=tuple(found.programs),
        writes=moved(found.writes, found.folders),
        libraries=tuple(found.libraries),
        ports=tuple(found.ports),
        unreadable=tuple(found.unreadable),
    )


def is_source(inner: str) -> bool:
    """Whether a file is Ruby that the program may load, by its path from the work folder: no test, no task."""
    table = toml("ruby_sources")
    folders = inner.split("/")[:-1]
    apart = not frozenset(table["apart"]).isdisjoint(folders) or inner.startswith(tuple(table["apart_paths"]))
    return inner.endswith(tuple(table["suffixes"])) and not apart


def _ruby_of(path: str, text: str) -> str:
    """The Ruby in a file: all of it, or what stands between the marks of a template."""
    if path.endswith(".erb"):
        return "\n".join(_TEMPLATE.findall(text))
    if path.endswith((".haml", ".slim")):
        return "\n".join(line.strip()[1:] for line in text.splitlines() if line.strip()[:1] in ("-", "="))
    return text


def _read(found: _Found, path: str, inner: str, text: str, environment: Mapping[str, str]) -> None:
    root = parse(text)
    scope = Scope(inner, environment)
    scope.learn(root)
    for node in walk(root):
        if node.type == "subshell":
            _command(found, path, node, scope.line(node))
        elif node.type == "call":
            _call(found, path, node, scope)


def _call(found: _Found, path: str, node: Node, scope: Scope) -> None:
    table = toml("ruby_sources")
    method, receiver, given = method_of(node), receiver_of(node), arguments(node)
    called = f"{receiver}.{method}" if receiver else method
    first = given[0] if given else None
    if called in table["starts"] or (receiver in table["starters"] and method in table["starter_methods"]):
        given = given[1:] if first is not None and first.type == "hash" else given
        _started(found, path, node, scope, given, 1 if method == "popen" else len(given))
    elif called == "open" and first is not None and scope.value(first).text.startswith("|"):
        _command(found, path, node, scope.line(first)[1:])
    elif called in table["writes_first"]:
        _write(found, path, node, scope.value(first))
    elif called in table["writes_last"]:
        _write(found, path, node, scope.value(given[-1] if given else None))
    elif called in table["goes_to"]:
        found.folders.append(Claim(scope.value(first).path(), _at(path, node, called)))
    elif called in table["opens"]:
        _opened(found, path, node, scope, given)
    elif called in table["loads"]:
        _library(found, path, node, scope, given)
    elif called in table["logs"]:
        if first is not None and text_of(first) not in table["streams"]:
            value = scope.value(first)
            if value.text or first.type in ("string", "call"):
                _write(found, path, node, value)
    elif called in table["databases"]:
        _database(found, path, node, scope, given)
    else:
        _port(found, path, node, scope, called, given)


def _at(path: str, node: Node, says: str) -> Evidence:
    return Evidence(path, node.start_point[0] + 1, says)


def _started(found: _Found, path: str, node: Node, scope: Scope, given: list[Node], words: int) -> None:
    """A command as a call gives it: a line, a program and its arguments, or an array of these (`popen`), in which the
    program may be a pair of its path and its name."""
    first = given[0] if given else None
    while first is not None and first.type in ("array", "string_array"):
        given = [item for item in first.named_children if item.type != "hash"]
        first, words = (given[0] if given else None), 2
    if words > 1:
        lines = [scope.line(item) for item in given[:words] if item.type != "splat_argument"]
        is_whole = not any(item.type == "splat_argument" for item in given)
        for output in program_outputs.of_words([None if line == HOLE else line for line in lines], is_whole):
            _output(found, path, node, output)
    _command(found, path, node, scope.line(first), words)


def _command(found: _Found, path: str, node: Node, line: str, words: int = 1) -> None:
    """A started command line, or with several `words` a program: the programs in it; None for one that is computed."""
    line = line.lstrip()
    shown = line.split("\n")[0].replace(HOLE, "…")[:40]
    says = f"starts `{shown}`" if shown and not line.startswith(HOLE) else "starts a program that it computes"
    names = [line] if words > 1 else _programs_of(line)
    for output in program_outputs.of_line(line) if words == 1 else ():
        _output(found, path, node, output)
    for name in names or [HOLE]:
        found.programs.append(Claim(None if HOLE in name else name, _at(path, node, says)))


def _programs_of(line: str) -> list[str]:
    """The programs of a shell line."""
    found: list[str] = []
    for part in re.split(r"&&|\|\|?|;|\n", line):
        try:
            words = shlex.split(part)
        except ValueError:
            words = part.split()
        words = [word for word in words if not re.match(r"\w+=", word)]
        if words and words[0] not in ("cd", "echo", "exit", "true", "test", "["):
            found.append(words[0])
    return found


def _output(found: _Found, path: str, node: Node, output: str | None) -> None:
    """A path that a started program writes, with `HOLE` for what is computed."""
    if output is not None and not output.startswith("/") and "chdir" in options(node):
        output = None
    known, hole, _ = (output or HOLE).partition(HOLE)
    _write(found, path, node, Value(known, not hole))


def _write(found: _Found, path: str, node: Node, value: Value) -> None:
    target = value.path()
    if target is not None and target.startswith(("/dev/", "/proc/")):
        return
    says = f"writes `{target}`" if target else "writes to a path that it computes"
    found.writes.append(Claim(target, _at(path, node, says)))


def _opened(found: _Found, path: str, node: Node, scope: Scope, given: list[Node]) -> None:
    """`File.open(path, mode)`: a write where the mode says so, or where it is computed."""
    mode = given[1] if len(given) > 1 else options(node).get("mode")
    if mode is None or mode.type == "block_argument":
        return
    value = scope.value(mode)
    if not value.complete or _MODES.match(value.text):
        _write(found, path, node, scope.value(given[0] if given else None))


def _library(found: _Found, path: str, node: Node, scope: Scope, given: list[Node]) -> None:
    for item in given:
        names = item.named_children if item.type in ("array", "string_array") else [item]
        for name in names:
            value = scope.value(name)
            if text_of(name).startswith("FFI::Library::LIBC") or value.text in ("c", "m", "pthread", "dl"):
                continue
            found.libraries.append(Claim(value.text if value.complete else None, _at(path, node, "loads a library")))


def _database(found: _Found, path: str, node: Node, scope: Scope, given: list[Node]) -> None:
    """A database in a file: SQLite's own class, or an address that names it."""
    named = options(node)
    first = scope.value(given[0] if given else None)
    address = re.match(r"(?:sqlite3?|jdbc:sqlite):(?://(?:localhost)?)?/?(?=/|[^/])(.*)", first.text)
    if method_of(node) in ("new", "open", "sqlite") and not re.match(r"\w+:", first.text):
        if first.text not in (":memory:",) and given:
            _write(found, path, node, first)
    elif address is not None and first.complete:
        _write(found, path, node, Value(address[1], True))
    elif "database" in named and "sqlite" in text_of(node).lower():
        _write(found, path, node, scope.value(named["database"]))


def _port(found: _Found, path: str, node: Node, scope: Scope, called: str, given: list[Node]) -> None:
    """A TCP port that a literal names."""
    table = toml("ruby_sources")
    named = options(node)
    number: str | None = None
    if called in table["listens"]:
        number = next((value.text for item in given if (value := scope.value(item)).text.isdigit()), None)
    elif called == "set" and len(given) > 1 and text_of(given[0]) == ":port":
        number = scope.value(given[1]).text
    elif called in table["servers"]:
        number = scope.value(named.get("Port") or named.get("port")).text
    elif posixpath.basename(path) in table["server_settings"]:
        number = _server_setting(found, path, node, called, [scope.value(item) for item in given])
    if number and number.isdigit():
        found.ports.append(Claim(number, _at(path, node, f"listens on port {number}")))


def _server_setting(found: _Found, path: str, node: Node, called: str, given: list[Value]) -> str | None:
    """The port that a line of a server's settings names; files that it writes are noted."""
    first = given[0].text if given else ""
    if called in toml("ruby_sources")["server_files"]:
        for value in given:
            if value.text not in ("true", "false"):
                _write(found, path, node, value)
    elif called in ("bind", "listen") and first.startswith(("unix:", "/")):
        _write(found, path, node, Value("/" + first.removeprefix("unix:").lstrip("/"), True))
    elif called in ("port", "listen", "bind"):
        matched = re.search(r"(?:^|:)(\d+)(?:\D|$)", first)
        return matched[1] if matched else None
    return None
