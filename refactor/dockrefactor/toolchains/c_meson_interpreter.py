"""Runs the statements of a meson.build as far as their values can be told.

https://mesonbuild.com/Syntax.html -- a block whose condition cannot be told is run as one that may not run.
"""

from __future__ import annotations

from abc import abstractmethod

from dockrefactor.toolchains.c_build import Unreadable
from dockrefactor.toolchains.c_meson_syntax import Node
from dockrefactor.toolchains.c_meson_values import UNKNOWN, Thing, Value, formatted, indexed, of_value, operated, truth


class _Jump(Exception):
    """`break` or `continue`."""


class Interpreter:
    """The variables of a project; `uncertain` counts the blocks around a statement that may not run."""

    def __init__(self) -> None:
        self.variables: dict[str, Value] = {}
        self.uncertain = 0

    @abstractmethod
    def called(self, name: str, given: list[Value], named: dict[str, Value]) -> Value:
        """What a function gives back. Raises Unreadable."""

    @abstractmethod
    def asked(self, thing: Thing, name: str, given: list[Value], named: dict[str, Value]) -> Value:
        """What a method of an object gives back. Raises Unreadable."""

    def block(self, node: Node) -> None:
        for statement in node.parts:
            if statement.kind == "if":
                self.branches(statement.parts)
            elif statement.kind == "foreach":
                self.loop(statement)
            elif statement.kind in ("set", "add"):
                self.assign(statement)
            elif statement.kind in ("break", "continue"):
                raise _Jump(statement.kind)
            else:
                self.value(statement)

    def branches(self, parts: tuple[Node, ...]) -> None:
        doubts = 0
        for at in range(0, len(parts) - 1, 2):
            holds = truth(self.value(parts[at]))
            if holds is False:
                continue
            doubts += holds is None
            self.perhaps(parts[at + 1], doubts > 0)
            if holds:
                return
        if len(parts) % 2:
            self.perhaps(parts[-1], doubts > 0)

    def perhaps(self, body: Node, uncertain: bool) -> None:
        """A block that may not run: what it sets is not known behind it."""
        before = dict(self.variables)
        self.uncertain += uncertain
        try:
            self.block(body)
        except _Jump:
            if uncertain:
                raise Unreadable("a loop of a meson.build ends where nobody can tell") from None
            raise
        finally:
            self.uncertain -= uncertain
        if uncertain:
            changed = [name for name, value in self.variables.items() if before.get(name, UNKNOWN) != value]
            self.variables.update(dict.fromkeys(changed, UNKNOWN))

    def loop(self, node: Node) -> None:
        items = self.value(node.parts[0])
        names = node.text.split()
        if isinstance(items, dict):
            rows: list[list[Value]] = [[key, value] for key, value in items.items()]
        elif isinstance(items, list):
            rows = [[item] for item in items]
        else:
            rows = []
            self.variables.update(dict.fromkeys(names, UNKNOWN))
            self.perhaps(node.parts[1], True)
        for row in rows:
            self.variables.update(zip(names, row, strict=False))
            try:
                self.block(node.parts[1])
            except _Jump as jump:
                if str(jump) == "break":
                    return

    def assign(self, node: Node) -> None:
        value = self.value(node.parts[0])
        if node.kind == "add":
            value = operated("+", self.variables.get(node.text, UNKNOWN), value)
        self.variables[node.text] = value

    def value(self, node: Node) -> Value:
        kind, parts = node.kind, node.parts
        if kind == "text":
            return node.text
        if kind == "format":
            return formatted(node.text, lambda name: self.variables.get(name, UNKNOWN))
        if kind == "number":
            return int(node.text, 0)
        if kind == "bool":
            return node.text == "true"
        if kind == "name":
            return self.variables.get(node.text, UNKNOWN)
        if kind == "list":
            return [self.value(item) for item in parts]
        if kind == "dict":
            keys = [self.value(item) for item in parts[::2]]
            values = [self.value(item) for item in parts[1::2]]
            return {key: value for key, value in zip(keys, values, strict=True) if isinstance(key, str)}
        return self.computed(node)

    def computed(self, node: Node) -> Value:
        kind, parts = node.kind, node.parts
        if kind == "call":
            return self.call(node)
        if kind == "method":
            return self.method(node)
        if kind in ("and", "or"):
            first, second = (truth(self.value(item)) for item in parts)
            decides = kind == "or"
            if decides in (first, second):
                return decides
            return UNKNOWN if None in (first, second) else not decides
        if kind == "not":
            held = truth(self.value(parts[0]))
            return UNKNOWN if held is None else not held
        if kind == "choice":
            condition, *values = (self.value(item) for item in parts)
            return UNKNOWN if truth(condition) is None else values[0 if condition else 1]
        values = [self.value(item) for item in parts]
        return indexed(*values) if kind == "index" else operated(kind, values[0], values[-1])

    def call(self, node: Node) -> Value:
        named = {key: self.value(value) for key, value in node.named}
        return self.called(node.text, [self.value(item) for item in node.parts], named)

    def method(self, node: Node) -> Value:
        subject, *given = (self.value(item) for item in node.parts)
        named = {key: self.value(value) for key, value in node.named}
        if isinstance(subject, Thing):
            return self.asked(subject, node.text, given, named)
        return of_value(subject, node.text, given)
