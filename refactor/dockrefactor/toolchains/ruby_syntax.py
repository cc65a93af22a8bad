"""Ruby sources as a syntax tree, and the values of their expressions as far as they are plain texts and paths."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from dockrefactor.records import dataclass, field

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

# receivers that stand for the folder of the project
_PROJECT: Final = frozenset({"Rails.root", "Dir.pwd", "Rails.application.root", "Pathname.pwd", "Hanami.root"})
_SAME: Final = frozenset({"to_s", "freeze", "to_path", "to_str", "cleanpath", "expand_path", "realpath", "dup"})


@cache
def _parser() -> Parser:
    import tree_sitter_ruby
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_ruby.language()))


def parse(text: str) -> Node:
    """The tree of a source text; broken places are ERROR nodes in it."""
    return _parser().parse(text.encode()).root_node


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.named_children))


def text_of(node: Node | None) -> str:
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def method_of(call: Node) -> str:
    return text_of(call.child_by_field_name("method"))


def receiver_of(call: Node) -> str:
    """The receiver of a call as it is written, `""` where there is none."""
    return text_of(call.child_by_field_name("receiver"))


def arguments(call: Node) -> list[Node]:
    """The positional arguments of a call."""
    found = call.child_by_field_name("arguments")
    return [item for item in found.named_children if item.type not in ("pair", "comment")] if found is not None else []


def options(call: Node) -> dict[str, Node]:
    """The keyword arguments of a call."""
    found = call.child_by_field_name("arguments")
    pairs = [item for item in found.named_children if item.type == "pair"] if found is not None else []
    return {
        text_of(pair.child_by_field_name("key")).strip(":'\""): value
        for pair in pairs
        if (value := pair.child_by_field_name("value")) is not None
    }


# a part of a text that only a run knows
HOLE: Final = "\x01"


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a text: its beginning, and whether that is all of it."""

    text: str = ""
    complete: bool = False

    def path(self) -> str | None:
        """The path that it is, or the folder that it must lie in; None where nothing is known."""
        if self.complete:
            return self.text or None
        return self.text.rpartition("/")[0] or ("/" if self.text.startswith("/") else None)


@dataclass(slots=True)
class Scope:
    """What names of one file stand for. `file`: its path, relative to the project; `environment`: ENV in the image."""

    file: str
    environment: Mapping[str, str]
    names: dict[str, Value] = field(default_factory=dict)

    def learn(self, root: Node) -> None:
        """Take over the constants and variables that are set once, to a text."""
        seen: dict[str, Node | None] = {}
        for node in walk(root):
            if node.type in ("assignment", "operator_assignment"):
                name, right = text_of(node.child_by_field_name("left")), node.child_by_field_name("right")
                seen[name] = right if name not in seen and node.type == "assignment" else None
        for name, right in seen.items():
            if right is not None:
                value = self.value(right)
                if value.text:
                    self.names[name] = value

    def value(self, node: Node | None) -> Value:
        """The text that an expression has."""
        if node is None:
            return Value()
        if node.type in ("string", "bare_string", "delimited_symbol", "string_content"):
            return self.string(node)
        if node.type in ("simple_symbol", "integer"):
            return Value(text_of(node).lstrip(":"), True)
        if node.type == "parenthesized_statements" and node.named_child_count == 1:
            return self.value(node.named_children[0])
        if node.type in ("constant", "identifier", "instance_variable", "global_variable", "scope_resolution"):
            return self._name(text_of(node))
        if node.type == "binary":
            return self._binary(node)
        if node.type == "element_reference":
            return self._environment(node.named_children[1:2]) if text_of(node).startswith("ENV[") else Value()
        return self._call(node) if node.type == "call" else Value()

    def line(self, node: Node | None) -> str:
        """The text of a command line, with `HOLE` for each part that is computed."""
        value = self.value(node) if node is None or node.type != "subshell" else self.string(node)
        if value.complete or node is None:
            return value.text if value.complete else HOLE
        if node.type in ("string", "subshell", "heredoc_body"):
            parts = [
                self.line(part.named_children[0] if part.named_children else None)
                if part.type == "interpolation"
                else text_of(part)
                for part in node.named_children
            ]
            return "".join(parts)
        operands = [node.child_by_field_name(side) for side in ("left", "right")]
        if node.type == "binary" and all(operands):
            return "".join(map(self.line, operands))
        return value.text + HOLE

    def string(self, node: Node) -> Value:
        """The text of a literal (a string, or the command line of a subshell), up to its first computed part."""
        if node.type == "string_content":
            return Value(text_of(node), True)
        found = ""
        for part in node.named_children:
            if part.type == "interpolation":
                inner = self.value(part.named_children[0] if part.named_children else None)
                found += inner.text
                if not inner.complete:
                    return Value(found, False)
            elif part.type == "escape_sequence":
                found += {"\\n": "\n", "\\t": "\t"}.get(text_of(part), text_of(part)[1:])
            else:
                found += text_of(part)
        return Value(found, True)

    def _name(self, name: str) -> Value:
        if name == "__dir__":
            return Value(posixpath.dirname(self.file) or ".", True)
        if name == "__FILE__":
            return Value(self.file, True)
        return self.names.get(name, Value())

    def _binary(self, node: Node) -> Value:
        operator = text_of(node.child_by_field_name("operator"))
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        first = self.value(left)
        if operator == "||":
            return first if first.complete else self.value(right)
        if operator not in ("+", "/") or not first.complete:
            return first if operator in ("+", "/") else Value()
        second = self.value(right)
        joined = first.text + ("/" if operator == "/" else "") + second.text
        return Value(joined, second.complete)

    def _call(self, node: Node) -> Value:
        method, receiver, given = method_of(node), receiver_of(node), arguments(node)
        if f"{receiver}.{method}" in _PROJECT:
            return Value(".", True)
        if method == "join" and receiver == "File":
            return self._joined([self.value(item) for item in given])
        if method == "join" and receiver:
            return self._joined([self.value(node.child_by_field_name("receiver")), *map(self.value, given)])
        if method == "expand_path" and receiver == "File":
            return self._expanded(given)
        if method == "dirname" and receiver == "File":
            inner = self.value(given[0] if given else None)
            return Value(posixpath.dirname(inner.text) or ".", True) if inner.complete else Value()
        if receiver == "ENV":
            return self._environment(given, node.child_by_field_name("block"))
        if receiver == "Dir" and method in ("tmpdir", "mktmpdir"):
            return Value("/tmp", True)
        if (method == "new" and receiver == "Pathname") or (not receiver and method == "Pathname"):
            return self.value(given[0] if given else None)
        return self.value(node.child_by_field_name("receiver")) if method in _SAME and receiver else Value()

    def _joined(self, parts: list[Value]) -> Value:
        found = ""
        for part in parts:
            found = f"{found}/{part.text.lstrip('/')}" if found else part.text
            if not part.complete:
                return Value(found, False)
        return Value(found, True)

    def _expanded(self, given: list[Node]) -> Value:
        values = [self.value(item) for item in given[:2]]
        if len(values) == 2 and values[0].complete and values[1].complete:
            return Value(posixpath.normpath(posixpath.join(values[1].text, values[0].text)), True)
        return values[0] if len(values) == 1 else Value()

    def _environment(self, given: list[Node], block: Node | None = None) -> Value:
        """`ENV[name]` and `ENV.fetch(name, default)`; what the image does not set may still be given when it starts."""
        name = self.value(given[0] if given else None)
        if name.complete and name.text in self.environment:
            return Value(self.environment[name.text], True)
        if len(given) > 1:
            return self.value(given[1])
        inner = re.fullmatch(r"(?s)(?:\{|do)\s*(.*?)\s*(?:\}|end)", text_of(block)) if block is not None else None
        found = parse(inner[1]).named_children if inner is not None else []
        return self.value(found[0]) if len(found) == 1 else Value()
