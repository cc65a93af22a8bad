"""The table of Go calls that touch files, programs, libraries or ports, and where a file makes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

from dockrefactor import tables
from dockrefactor.records import dataclass, replace
from dockrefactor.toolchains.go_syntax import GoFile, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Effect = Literal[
    "read", "write", "program", "library", "listen", "open-file", "temporary", "database", "network",
    "config-name", "config-path", "config-file",
]  # fmt: skip
Position = int | Literal["all", "last"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a call does with its argument; `without` stands for a call that has none, None where that does nothing."""

    does: Effect
    argument: Position
    without: str | None = None
    computed: bool = True


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a rule applies: `values` are the argument nodes, `arguments` all of the call's."""

    rule: Rule
    name: str
    node: Node
    values: tuple[Node, ...]
    arguments: tuple[Node, ...] = ()
    called: bool = True


@dataclass(frozen=True, slots=True)
class _Table:
    calls: dict[tuple[str, str], list[Rule]]
    methods: dict[str, list[tuple[str, Rule]]]
    fields: dict[tuple[str, str], dict[str, Rule]]


@lru_cache(maxsize=1)
def _table() -> _Table:
    data = tables.toml("go_calls")
    table = _Table({}, {}, {})
    for entry in data["call"]:
        for name in entry["names"]:
            table.calls.setdefault((entry["package"], name), []).append(_rule(entry))
    for entry in data["method"]:
        for name in entry["names"]:
            table.methods.setdefault(name, []).append((entry["module"], _rule(entry)))
    for entry in data["field"]:
        fields = table.fields.setdefault((entry["package"], entry["type"]), {})
        fields.update(dict.fromkeys(entry["fields"], _rule(entry)))
    return table


def _rule(entry: dict[str, Any]) -> Rule:
    return Rule(
        cast(Effect, entry["does"]), entry.get("argument", 0), entry.get("without"), entry.get("computed", True)
    )


def uses(file: GoFile) -> Iterator[Use]:
    """Every place of a file where a rule of the table applies."""
    called: set[int] = set()
    for node in file.nodes("call"):
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            continue
        called.add(function.id)
        given = tuple(item for item in arguments.named_children if item.type != "comment")
        for name, rule in _rules(file, function):
            yield Use(rule, name, node, _chosen(rule.argument, given), given)
    for node in file.nodes("selector"):
        target = file.qualified(node)
        if target is not None and node.id not in called:
            for rule in _table().calls.get(target, ()):
                yield Use(rule, f"{target[0]}.{target[1]}", node, (), called=False)
    yield from _fields(file)


def _chosen(position: Position, given: tuple[Node, ...]) -> tuple[Node, ...]:
    if position == "all":
        return given
    if position == "last":
        return given[-1:]
    return given[position : position + 1]


def _rules(file: GoFile, function: Node) -> Iterator[tuple[str, Rule]]:
    """The rules for a called function, with its name for people."""
    table = _table()
    if function.type == "identifier":
        for path in file.dotted:
            for rule in table.calls.get((path, text_of(function)), ()):
                yield text_of(function), rule
    if function.type != "selector_expression":
        return
    name = text_of(function.named_children[-1])
    target = file.qualified(function)
    if target is not None and target in table.calls:
        for rule in table.calls[target]:
            yield f"{target[0]}.{name}", rule
        return
    for module, rule in table.methods.get(name, ()):
        if rule.without is not None and "os/exec" in file.imported.values():
            rule = replace(rule, without=None)  # `Run()` may be a command's
        if any(item.path == module or item.path.startswith(module + "/") for item in file.imports):
            yield name, rule


def _fields(file: GoFile) -> Iterator[Use]:
    for node in file.nodes("composite"):
        kind, body = node.child_by_field_name("type"), node.child_by_field_name("body")
        target = file.qualified(kind) if kind is not None else None
        rules = _table().fields.get(target) if target is not None else None
        if rules is None or body is None:
            continue
        for element in body.named_children:
            if element.type == "keyed_element" and len(element.named_children) == 2:
                key, value = element.named_children
                rule = rules.get(text_of(key))
                if rule is not None:
                    inner = value.named_children[0] if value.type == "literal_element" else value
                    yield Use(rule, text_of(key), element, (inner,), (inner,))
