"""What the names of a Python source stand for: scopes with their bindings, imports, and the walk over both.

Works on libcst nodes without its visitors (they are ten times as slow as a plain walk).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

import libcst as cst

from dockrefactor.records import dataclass, field

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


_SCOPES: Final = frozenset({cst.FunctionDef, cst.ClassDef, cst.Lambda})
_BINDING: Final = frozenset({cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.WithItem, cst.For, cst.CompFor, cst.Param})
_NODES: Final[dict[type, bool]] = {}


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
        if isinstance(value, tuple | list):
            found += filter(_is_node, value)
        elif _is_node(value):
            found.append(value)
    return found


def _is_node(value: object) -> bool:
    """Whether a value is a node, by its class: the abstract classes of libcst are slow to ask."""
    kind = type(value)
    known = _NODES.get(kind)
    if known is None:
        known = _NODES[kind] = isinstance(value, cst.CSTNode)
    return known


def walk(module: cst.Module) -> Iterator[tuple[cst.CSTNode, Scope]]:
    """Every node with the scope that it stands in, in the order of the source."""
    top = bindings(module, None)
    stack: list[tuple[cst.CSTNode, Scope]] = [(module, top)]
    while stack:
        node, scope = stack.pop()
        yield node, scope
        if type(node) in _SCOPES:
            scope = bindings(node, scope)
        stack += [(child, scope) for child in reversed(children(node))]


def bindings(owner: cst.CSTNode, parent: Scope | None) -> Scope:
    """The scope of a module, class, function or lambda."""
    scope = Scope(parent=parent, is_class=isinstance(owner, cst.ClassDef))
    stack = [*reversed(children(owner))]
    while stack:
        node = stack.pop()
        if type(node) in _SCOPES:
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                scope.bind(node.name.value, None)
            continue
        if type(node) in _BINDING:
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
        items = node.iter.elements if isinstance(node.iter, cst.List | cst.Tuple | cst.Set) else ()
        for value in [None if isinstance(item, cst.StarredElement) else item.value for item in items] or [None]:
            _bind_target(scope, node.target, value)
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

    def modules(self) -> frozenset[str]:
        """The top-level modules that are imported."""
        return frozenset(name.partition(".")[0] for name in (*self.aliases.values(), *self.stars))

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
