"""What expressions of a Python source are known to be: strings, numbers and paths, followed through names of one file.

Works on libcst nodes without its visitors (they are ten times as slow as a plain walk). Nothing is executed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Final

import libcst as cst

from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.python_paths import TEMPORARY, Value, add, join, parent
from dockrefactor.toolchains.python_shell_lines import INTERPRETER, UNKNOWN_PIECE

_DEEPEST: Final = 12
_SAME: Final = frozenset({"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.fspath"})
_CONVERSIONS: Final = frozenset(
    {"str", "int", "bytes", "Path", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"}
)
_SAME_METHODS: Final = frozenset({"resolve", "absolute", "as_posix", "expanduser", "strip", "rstrip", "encode"})
_DEFAULTING: Final = frozenset({"os.environ.get", "os.getenv", "environ.get", "environ.setdefault"})
_JOINS: Final = frozenset({"os.path.join", "posixpath.join", "path.join"})


Bound = tuple["cst.BaseExpression | None", "Scope"]


@dataclass(slots=True, eq=False)
class Scope:
    """The names that one module, class or function binds, with all that is assigned to each (None: not known)."""

    names: dict[str, list[Bound]] = field(default_factory=dict)
    parent: Scope | None = None
    is_class: bool = False

    def bind(self, name: str, value: cst.BaseExpression | None) -> None:
        self.names.setdefault(name, []).append((value, self))

    def lookup(self, name: str) -> list[Bound]:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.parent
        return []


_FIELDS: dict[type, tuple[str, ...]] = {}
_SILENT: Final = frozenset(
    {
        "lpar",
        "rpar",
        "comma",
        "semicolon",
        "header",
        "footer",
        "leading_lines",
        "lines_after_decorators",
        "equal",
        "dot",
    }
    | {"lbracket", "rbracket", "lbrace", "rbrace", "operator", "colon", "annotation", "returns", "type_parameters"}
)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes directly below that mean something, in the order of the source."""
    kind = type(node)
    names = _FIELDS.get(kind)
    if names is None:
        fields = (item.name for item in dataclasses.fields(node))
        names = _FIELDS[kind] = tuple(name for name in fields if name not in _SILENT and "whitespace" not in name)
    found: list[cst.CSTNode] = []
    for name in names:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += [item for item in value if isinstance(item, cst.CSTNode)]
    return found


def walk(module: cst.Module) -> Iterator[tuple[cst.CSTNode, Scope]]:
    """Every node with the scope that it stands in, in the order of the source."""
    top = bindings(module, None)
    stack: list[tuple[cst.CSTNode, Scope]] = [(module, top)]
    while stack:
        node, scope = stack.pop()
        yield node, scope
        if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            scope = bindings(node, scope)
        stack += [(child, scope) for child in reversed(children(node))]


def bindings(owner: cst.CSTNode, parent: Scope | None) -> Scope:
    """The scope of a module, class, function or lambda."""
    scope = Scope(parent=parent, is_class=isinstance(owner, cst.ClassDef))
    stack = [*reversed(children(owner))]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            scope.bind(node.name.value, None)
            continue
        if isinstance(node, cst.Lambda):
            continue
        _bind(scope, node)
        stack += reversed(children(node))
    return scope


def _bind(scope: Scope, node: cst.CSTNode) -> None:
    if isinstance(node, cst.Assign):
        for target in node.targets:
            _bind_target(scope, target.target, node.value)
    elif isinstance(node, cst.AnnAssign):
        if node.value is not None:
            _bind_target(scope, node.target, node.value)
    elif isinstance(node, cst.NamedExpr):
        _bind_target(scope, node.target, node.value)
    elif isinstance(node, cst.WithItem):
        if node.asname is not None:
            _bind_target(scope, node.asname.name, node.item)
    elif isinstance(node, cst.For | cst.CompFor):
        _bind_target(scope, node.target, None)
    elif isinstance(node, cst.Param):
        scope.bind(node.name.value, None)


def _bind_target(scope: Scope, target: cst.BaseExpression, value: cst.BaseExpression | None) -> None:
    if isinstance(target, cst.Name):
        scope.bind(target.value, value)
    elif isinstance(target, cst.Tuple | cst.List):
        pairs = value.elements if isinstance(value, cst.Tuple | cst.List) else ()
        for at, element in enumerate(target.elements):
            single = pairs[at].value if len(pairs) == len(target.elements) else None
            # `descriptor, path = tempfile.mkstemp()`
            whole = value if single is None and isinstance(value, cst.Call) else single
            _bind_target(scope, element.value, whole)


def dotted(node: cst.BaseExpression) -> str | None:
    """`a.b.c` as text, None where it is no chain of names."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join((node.value, *reversed(parts)))


def unquoted(node: cst.BaseExpression) -> str | None:
    """The text of a string literal without parts that are computed."""
    if isinstance(node, cst.SimpleString):
        try:
            value = node.evaluated_value
        except (SyntaxError, ValueError):
            return None
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if isinstance(node, cst.ConcatenatedString):
        left, right = unquoted(node.left), unquoted(node.right)
        return None if left is None or right is None else left + right
    return None


_HOLDING_IMPORTS: Final = (
    cst.Module,
    cst.BaseSuite,
    cst.BaseCompoundStatement,
    cst.SimpleStatementLine,
    cst.Else,
    cst.ExceptHandler,
    cst.Finally,
)


class Names:
    """What the imports of one file call things: `sp.run` -> `subprocess.run`."""

    def __init__(self, module: cst.Module) -> None:
        self.aliases: dict[str, str] = {}
        self.stars: list[str] = []
        stack: list[cst.CSTNode] = [module]
        while stack:
            node = stack.pop()
            if isinstance(node, cst.Import):
                self._import(node)
            elif isinstance(node, cst.ImportFrom):
                self._import_from(node)
            elif isinstance(node, _HOLDING_IMPORTS):
                stack += children(node)

    def _import(self, node: cst.Import) -> None:
        for alias in node.names:
            name = dotted(alias.name)
            if name is None:
                continue
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                self.aliases[alias.asname.name.value] = name
            else:
                first = name.partition(".")[0]
                self.aliases.setdefault(first, first)

    def _import_from(self, node: cst.ImportFrom) -> None:
        module = dotted(node.module) if node.module is not None and not node.relative else None
        if module is None:
            return
        if isinstance(node.names, cst.ImportStar):
            self.stars.append(module)
            return
        for alias in node.names:
            name = dotted(alias.name)
            own = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
            if name is not None and own is not None:
                self.aliases[own] = f"{module}.{name}"

    def full(self, node: cst.BaseExpression) -> str | None:
        """The name of a function or value as its module has it."""
        name = dotted(node)
        if name is None:
            return None
        first, dot, rest = name.partition(".")
        return self.aliases.get(first, first) + dot + rest

    def starred(self, name: str) -> Iterator[str]:
        """What a bare name may be after `from module import *`."""
        for module in self.stars:
            yield f"{module}.{name}"


def argument(call: cst.Call, position: int, keyword: str) -> cst.BaseExpression | None:
    """The argument at a position or of that keyword; None where neither is given."""
    at = 0
    for item in call.args:
        if item.keyword is not None:
            if item.keyword.value == keyword:
                return item.value
        elif item.star:
            return None
        else:
            if at == position:
                return item.value
            at += 1
    return None


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

    def shell_text(self, node: cst.BaseExpression | None, scope: Scope, depth: int = 0) -> str:
        """A shell line with `UNKNOWN_PIECE` for what is computed and `INTERPRETER` for sys.executable."""
        if node is None or depth > _DEEPEST:
            return UNKNOWN_PIECE
        if self.names.full(node) == "sys.executable":
            return INTERPRETER
        known = self.value(node, scope, depth)
        if known is not None and not known.temporary:
            return known.text
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
