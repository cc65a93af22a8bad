"""What expressions of a Python source are known to be: strings, numbers and paths, followed through names of one file.

Nothing is executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import libcst as cst

from dockrefactor.toolchains.python_paths import TEMPORARY, Value, add, join, parent
from dockrefactor.toolchains.python_scopes import Names, Scope, argument, unquoted
from dockrefactor.toolchains.python_shell_lines import INTERPRETER, UNKNOWN_PIECE

_DEEPEST: Final = 12
_SAME: Final = frozenset({"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.fspath"})
_CONVERSIONS: Final = frozenset(
    {"str", "int", "bytes", "Path", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"}
)
_SAME_METHODS: Final = frozenset({"resolve", "absolute", "as_posix", "expanduser", "strip", "rstrip", "encode"})
_DEFAULTING: Final = frozenset({"os.environ.get", "os.getenv", "environ.get", "environ.setdefault"})
_JOINS: Final = frozenset({"os.path.join", "posixpath.join", "path.join"})


class Evaluator:
    """Knows what expressions of the file at one context path are; `variables` are those that the image sets."""

    def __init__(self, path: str, names: Names, variables: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.names = names
        self.variables = variables or {}

    def value(self, node: cst.BaseExpression | None, scope: Scope, depth: int = 0) -> Value | None:
        """The text, path or number of an expression; None where it is computed."""
        if node is None or depth > _DEEPEST:
            return None
        text = unquoted(node)
        if text is not None:
            return Value(text)
        if isinstance(node, cst.Integer):
            return Value(str(node.evaluated_value))
        if isinstance(node, cst.Name):
            return self._name(node.value, scope, depth)
        if isinstance(node, cst.Attribute):
            return self._attribute(node, scope, depth)
        if isinstance(node, cst.Call):
            return self._call(node, scope, depth)
        return self._compound(node, scope, depth)

    def _compound(self, node: cst.BaseExpression, scope: Scope, depth: int) -> Value | None:
        if isinstance(node, cst.BinaryOperation):
            left = self.value(node.left, scope, depth + 1)
            if left is None:
                return None
            right = self.value(node.right, scope, depth + 1)
            if isinstance(node.operator, cst.Divide):
                return join(left, right)
            return add(left, right) if isinstance(node.operator, cst.Add) else None
        if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.Or):
            return self.value(node.left, scope, depth + 1) or self.value(node.right, scope, depth + 1)
        if isinstance(node, cst.IfExp):
            first, second = self.value(node.body, scope, depth + 1), self.value(node.orelse, scope, depth + 1)
            return first if first == second else None
        if isinstance(node, cst.FormattedString):
            return self._formatted(node, scope, depth)
        if isinstance(node, cst.Subscript):
            return self._subscript(node, scope, depth)
        return None

    def _formatted(self, node: cst.FormattedString, scope: Scope, depth: int) -> Value | None:
        result = Value("")
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                piece: Value | None = Value(part.value)
            else:
                expression = part.expression if isinstance(part, cst.FormattedStringExpression) else None
                piece = self.value(expression, scope, depth + 1)
            joined = add(result, piece)
            if joined is None:
                return None
            result = joined
        return result

    def _name(self, name: str, scope: Scope, depth: int) -> Value | None:
        bound = scope.lookup(name)
        if name == "__file__" and not bound:
            return Value(f"/{self.path}", rooted=True)
        values = [self.value(node, where, depth + 1) for node, where in bound]
        if any(value is not None and value.temporary for value in values):
            return TEMPORARY
        return values[0] if values and all(value == values[0] for value in values) else None

    def _attribute(self, node: cst.Attribute, scope: Scope, depth: int) -> Value | None:
        full = self.names.full(node)
        if full in ("os.sep", "os.path.sep"):
            return Value("/")
        if full in ("os.curdir", "os.path.curdir"):
            return Value(".")
        inner = self.value(node.value, scope, depth + 1)
        if inner is None or inner.temporary:
            return inner
        if node.attr.value == "parent":
            return parent(inner)
        return None

    def _variable(self, name: cst.BaseExpression | None) -> Value | None:
        """The value of the environment variable that a literal names, None where the image sets none."""
        told = self.variables.get((unquoted(name) if name is not None else None) or "")
        return Value(told) if told else None

    def _subscript(self, node: cst.Subscript, scope: Scope, depth: int) -> Value | None:
        if self.names.full(node.value) == "os.environ" and len(node.slice) == 1:
            key = node.slice[0].slice
            return self._variable(key.value) if isinstance(key, cst.Index) else None
        if not (isinstance(node.value, cst.Attribute) and node.value.attr.value == "parents" and len(node.slice) == 1):
            return None
        index = node.slice[0].slice
        number = index.value if isinstance(index, cst.Index) else None
        value = self.value(node.value.value, scope, depth + 1)
        if not isinstance(number, cst.Integer) or number.evaluated_value > _DEEPEST:
            return None
        for _ in range(number.evaluated_value + 1):
            value = parent(value) if value is not None else None
        return value

    def _call(self, node: cst.Call, scope: Scope, depth: int) -> Value | None:
        full = self.names.full(node.func) or ""
        if full.startswith("tempfile."):
            return TEMPORARY
        if full in ("os.getcwd", "os.getcwdb", "pathlib.Path.cwd", "Path.cwd"):
            return Value("")
        if full in ("pathlib.Path.home", "Path.home"):
            return Value("~")
        if full == "os.path.dirname":
            inner = self.value(argument(node, 0, "p"), scope, depth + 1)
            return parent(inner) if inner is not None else None
        if full in _DEFAULTING:
            told = self._variable(argument(node, 0, "key"))
            return told or self.value(argument(node, 1, "default"), scope, depth + 1)
        if full in _JOINS or full in _CONVERSIONS or full in _SAME:
            return self._joined(Value(""), node, scope, depth)
        last = full.rpartition(".")[2]
        default = argument(node, -1, "default")
        if default is not None and (full.split(".")[0] in ("config", "env") or last == "config"):
            return self._variable(argument(node, 0, "var")) or self.value(default, scope, depth + 1)
        return self._method(node, scope, depth)

    def _method(self, node: cst.Call, scope: Scope, depth: int) -> Value | None:
        if not isinstance(node.func, cst.Attribute):
            return None
        name = node.func.attr.value
        if name not in _SAME_METHODS and name != "joinpath":
            return None
        inner = self.value(node.func.value, scope, depth + 1)
        if inner is None or name != "joinpath":
            return inner
        return self._joined(inner, node, scope, depth)

    def _joined(self, start: Value, node: cst.Call, scope: Scope, depth: int) -> Value | None:
        result: Value | None = start
        for item in node.args:
            if item.star or result is None:
                return None
            if item.keyword is None:
                result = join(result, self.value(item.value, scope, depth + 1))
        return result

    def head(self, node: cst.BaseExpression, scope: Scope, depth: int = 0) -> Value | None:
        """The known beginning of a path whose end is computed: a folder, or what a name in a known folder begins with.

        `f"uploads/{name}"` and `Path("uploads") / name` give `uploads`; None where nothing, or `/` alone, is known.
        """
        if depth > _DEEPEST:
            return None
        found: Value | None = None
        if isinstance(node, cst.FormattedString):
            found = self._known_text(node, scope)
        elif isinstance(node, cst.BinaryOperation):
            is_path = isinstance(node.operator, cst.Divide)
            left = self.value(node.left, scope, depth + 1)
            if left is None:
                return self.head(node.left, scope, depth + 1)
            found = _folder(left) if is_path else _beginning(left)
        elif isinstance(node, cst.Name):
            heads = [self.head(bound, where, depth + 1) for bound, where in scope.lookup(node.value) if bound]
            return heads[0] if heads and all(head == heads[0] for head in heads) else None
        elif isinstance(node, cst.Call):
            found = self._head_of_call(node, scope, depth)
        return found

    def _known_text(self, node: cst.FormattedString, scope: Scope) -> Value | None:
        result = Value("")
        for part in node.parts:
            known = cst.FormattedString([part])
            joined = add(result, self._formatted(known, scope, 1))
            if joined is None:
                break
            result = joined
        return _beginning(result)

    def _head_of_call(self, node: cst.Call, scope: Scope, depth: int) -> Value | None:
        full = self.names.full(node.func) or ""
        if full in _JOINS or full in _CONVERSIONS or full in _SAME:
            result: Value | None = None
            for item in node.args:
                given = self.value(item.value, scope, depth + 1) if not item.star and item.keyword is None else None
                if given is None:
                    return _folder(result) if result is not None else self.head(item.value, scope, depth + 1)
                result = given if result is None else join(result, given)
            return None
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in (*_SAME_METHODS, "joinpath", "format"):
            inner = self.value(node.func.value, scope, depth + 1)
            if inner is None:
                return self.head(node.func.value, scope, depth + 1)
            if node.func.attr.value == "format":
                return _beginning(Value(inner.text.partition("{")[0], inner.rooted))
            return _folder(inner)
        return None

    def shell_text(self, node: cst.BaseExpression | None, scope: Scope, depth: int = 0) -> str:
        """A shell line with `UNKNOWN_PIECE` for what is computed and `INTERPRETER` for sys.executable."""
        if node is None or depth > _DEEPEST:
            return UNKNOWN_PIECE
        if self.names.full(node) == "sys.executable":
            return INTERPRETER
        known = self.value(node, scope, depth)
        if known is not None:
            return f"/tmp/{UNKNOWN_PIECE}" if known.temporary else known.text
        if isinstance(node, cst.FormattedString):
            return "".join(self._piece(part, scope, depth) for part in node.parts)
        if isinstance(node, cst.ConcatenatedString):
            return self.shell_text(node.left, scope, depth + 1) + self.shell_text(node.right, scope, depth + 1)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            return self.shell_text(node.left, scope, depth + 1) + self.shell_text(node.right, scope, depth + 1)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
            return self.shell_text(node.left, scope, depth + 1).replace("%s", UNKNOWN_PIECE)
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
            return self.shell_text(node.func.value, scope, depth + 1).replace("{", UNKNOWN_PIECE)
        return UNKNOWN_PIECE

    def _piece(self, part: cst.BaseFormattedStringContent, scope: Scope, depth: int) -> str:
        if isinstance(part, cst.FormattedStringText):
            return part.value
        expression = part.expression if isinstance(part, cst.FormattedStringExpression) else None
        return self.shell_text(expression, scope, depth + 1)


def _folder(known: Value) -> Value | None:
    """A folder in which a computed path lies; the root folder says nothing."""
    if known.temporary:
        return known
    text = known.text.rstrip("/")
    return (
        Value(text or ("/" if known.rooted else "."), known.rooted) if text or not known.text or known.rooted else None
    )


def _beginning(known: Value) -> Value | None:
    """The folder of what begins with a known text; of a name's beginning alone, that name."""
    if known.temporary or (known.rooted and not known.text):
        return known
    folder, slash, name = known.text.rpartition("/")
    if not slash:
        return Value(name, known.rooted) if name else None
    return _folder(Value(folder, known.rooted)) if folder or known.rooted else None
