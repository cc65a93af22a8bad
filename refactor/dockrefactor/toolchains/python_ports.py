"""The TCP ports that a call of a Python source listens on. This module imports libcst: import it only to parse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from dockrefactor.tables import toml
from dockrefactor.toolchains.python_scopes import Names, Scope, argument
from dockrefactor.toolchains.python_starts import address_port
from dockrefactor.toolchains.python_values import Evaluator

_SERVERS: Final = frozenset(
    {"HTTPServer", "ThreadingHTTPServer", "TCPServer", "UDPServer", "ThreadingTCPServer", "WSGIServer"}
)


def listened(node: cst.Call, scope: Scope, names: Names, known: Evaluator) -> Iterator[tuple[str | None, str]]:
    """Pairs of a port, None where it is computed, and the name of the function that is called."""
    function = node.func
    name = function.attr.value if isinstance(function, cst.Attribute) else None
    if isinstance(function, cst.Name):
        name = (names.full(function) or "").rpartition(".")[2]
    if name is None:
        return
    if name in ("bind", *_SERVERS):
        address = argument(node, 0, "server_address")
        if isinstance(address, cst.Tuple) and len(address.elements) >= 2:
            yield from _value(address.elements[1].value, name, known, scope)
    elif name in ("add_insecure_port", "add_secure_port"):
        yield from _value(argument(node, 0, "address"), name, known, scope)
    elif name == "listen" and any(module.startswith("tornado") for module in names.aliases.values()):
        yield from _value(argument(node, 0, "port"), name, known, scope)
    elif name in toml("python_calls")["listeners"] or names.full(function) == "uvicorn.Config":
        yield from _listener(node, name, known, scope)


def _listener(node: cst.Call, name: str, known: Evaluator, scope: Scope) -> Iterator[tuple[str | None, str]]:
    for keyword in ("port", "server_port", "listen"):
        yield from _value(argument(node, -1, keyword), name, known, scope)
    position = toml("python_calls")["listeners"].get(name, -1)
    value = known.value(argument(node, position, ""), scope) if position >= 0 else None
    if value is not None and value.text.isdigit() and 0 < int(value.text) < 65536:
        yield value.text, name


def _value(
    given: cst.BaseExpression | None, name: str, known: Evaluator, scope: Scope
) -> Iterator[tuple[str | None, str]]:
    if given is None or (isinstance(given, cst.Name) and given.value == "None"):
        return
    value = known.value(given, scope)
    port = None if value is None else address_port(value.text)
    if port != 0:
        yield None if port is None else str(port), name
