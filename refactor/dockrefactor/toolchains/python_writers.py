"""Which argument of a Python call names what it writes, by the tables of `data/python_calls.toml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import libcst as cst

from dockrefactor.records import dataclass
from dockrefactor.tables import toml
from dockrefactor.toolchains.python_scopes import Scope, argument, unquoted

_LAST: Final = -2
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the position of the argument (-1: by keyword alone, -2: the last), its keywords, what is written where
    it is left out, and whether a computed argument may be something else than a path."""

    position: int
    keywords: tuple[str, ...]
    default: str | None = None
    doubtful: bool = False

    @staticmethod
    def of(entry: Sequence[Any]) -> Row:
        """The row of `[position, keyword]` or `[position, keyword, default]`."""
        position, keyword, *default = entry
        return Row(position, (keyword,), *default)

    def argument(self, call: cst.Call) -> cst.BaseExpression | None:
        """The expression of the path; None where it is left out, or comes with others (`*args`)."""
        plain = [item.value for item in call.args if item.keyword is None and not item.star]
        if self.position == _LAST and plain:
            return plain[-1]
        found = (argument(call, self.position, keyword) for keyword in self.keywords or ("",))
        return next((node for node in found if node is not None), None)


def methods(modules: frozenset[str], text: str) -> Mapping[str, tuple[Row, ...]]:
    """Method -> the rows that hold in a source of the given text, which imports the top-level modules.

    Of some, a literal path is believed in every source, since what they save may come from elsewhere.
    """
    found = dict(_of_any_value())
    for entry in toml("python_calls")["file_methods"]:
        words = entry.get("words", ())
        if not modules.isdisjoint(entry["modules"]) and (not words or any(word in text for word in words)):
            row = Row(entry["position"], tuple(entry["keywords"]), entry.get("default"))
            found[entry["name"]] = (*found.get(entry["name"], ()), row)
    for name, position in toml("python_calls")["literal_methods"].items():
        found.setdefault(name, (Row(position, (), doubtful=True),))
    return found


@cache
def _of_any_value() -> Mapping[str, tuple[Row, ...]]:
    return {name: (Row.of(entry),) for name, entry in toml("python_calls")["write_methods"].items()}


def is_setting(node: cst.BaseExpression, scope: Scope, depth: int = 0) -> bool:
    """Whether a path begins with a setting of a known name, such as `app.config["UPLOAD_FOLDER"]` or
    `settings.MEDIA_ROOT`: where that is set, its folder is known to be written."""
    names = toml("python_calls")["settings"]["names"]
    if depth > _DEEPEST:
        return False
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return unquoted(node.slice[0].slice.value) in names
    if isinstance(node, cst.Attribute):
        return node.attr.value in names
    if isinstance(node, cst.Name):
        bound = scope.lookup(node.value)
        return bool(bound) and all(value is not None and is_setting(value, at, depth + 1) for value, at in bound)
    if isinstance(node, cst.BinaryOperation):
        return is_setting(node.left, scope, depth + 1)
    if isinstance(node, cst.Call) and node.args:
        is_lookup = isinstance(node.func, cst.Attribute) and node.func.attr.value == "get"
        first = node.args[0].value
        return unquoted(first) in names if is_lookup else is_setting(first, scope, depth + 1)
    if isinstance(node, cst.FormattedString) and node.parts:
        part = node.parts[0]
        return isinstance(part, cst.FormattedStringExpression) and is_setting(part.expression, scope, depth + 1)
    return False
