"""One Go package of the build context: its files, and what each of its names is bound to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass
from dockrefactor.toolchains.go_constraints import may_compile
from dockrefactor.toolchains.go_syntax import GoFile, descendants, enclosing_function, parse_file, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARATIONS: Final = frozenset({"short_var_declaration", "var_spec", "const_spec"})
_BINDERS: Final = frozenset({"parameter_declaration", "variadic_parameter_declaration", "range_clause"})
_FLAG_SETTERS: Final = frozenset({"StringVar", "IntVar", "UintVar"})


@dataclass(frozen=True, slots=True)
class Bound:
    """One value that a name gets: `node` is the expression in `file`, None where it is none that can be followed."""

    package: GoPackage
    file: GoFile
    node: Node | None


@dataclass(frozen=True, slots=True)
class DeclaredFunction:
    """A function by its parameter names and the text of its body."""

    parameters: tuple[str, ...]
    body: str


@dataclass(frozen=True, eq=False)
class GoPackage:
    """The files of one folder that a Linux build may compile; `unreadable` are those that could not be parsed."""

    folder: str
    files: tuple[GoFile, ...]
    unreadable: tuple[Evidence, ...]

    @cached_property
    def globals(self) -> dict[str, tuple[Bound, ...]]:
        """Package-level names -> the values that they get anywhere in the package."""
        declared: set[str] = set()
        found: dict[str, list[Bound]] = {}
        for file in self.files:
            for node in file.nodes("binding"):
                if enclosing_function(node) is None:
                    declared.update(_names(node))
                    self._note(found, file, node)
            for node in (*file.nodes("assignment"), *file.nodes("address")):
                self._note(found, file, node)
        return {name: tuple(found.get(name, ())) for name in declared}

    def _note(self, found: dict[str, list[Bound]], file: GoFile, node: Node) -> None:
        for name, value in changes(node):
            found.setdefault(name, []).append(Bound(self, file, value))

    @cached_property
    def functions(self) -> dict[str, DeclaredFunction]:
        """The functions (not methods) of the package by name."""
        found = {}
        for file in self.files:
            for node in file.root.named_children:
                name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
                if node.type == "function_declaration" and name is not None and body is not None:
                    found[text_of(name)] = DeclaredFunction(_parameters(node), text_of(body))
        return found


def _parameters(function: Node) -> tuple[str, ...]:
    parameters = function.child_by_field_name("parameters")
    return tuple(
        text_of(name)
        for item in (parameters.named_children if parameters is not None else ())
        for name in item.children_by_field_name("name")
    )


def _names(node: Node) -> list[str]:
    left = node.child_by_field_name("left")
    names = left.named_children if left is not None else node.children_by_field_name("name")
    return [text_of(name) for name in names if name.type == "identifier"]


def bound_values(node: Node) -> Iterator[tuple[str, Node]]:
    """(name, value) pairs of a declaration or assignment, for a call of several results its first name."""
    value = node.child_by_field_name("value") or node.child_by_field_name("right")
    names = _names(node)
    values = [item for item in value.named_children if item.type != "comment"] if value is not None else []
    if len(values) == 1 and len(names) > 1 and values[0].type == "call_expression":
        yield names[0], values[0]
    elif len(names) == len(values):
        yield from zip(names, values, strict=True)


def changes(node: Node) -> Iterator[tuple[str, Node | None]]:
    """The names that a declaration, assignment, parameter or `&name` sets, each with its value or None."""
    if node.type == "unary_expression":
        yield text_of(node)[1:], _flag_setter(node)
        return
    operator = node.child_by_field_name("operator")
    known = dict(bound_values(node)) if operator is None or text_of(operator) == "=" else {}
    has_value = any(node.child_by_field_name(field) is not None for field in ("value", "right"))
    for name in _names(node):
        if has_value or node.type in _BINDERS:
            yield name, known.get(name) if node.type not in _BINDERS else None


def _flag_setter(address: Node) -> Node | None:
    """The call `flag.StringVar(&name, …)` around an address."""
    call = address.parent.parent if address.parent is not None else None
    function = call.child_by_field_name("function") if call is not None else None
    if function is None or function.type != "selector_expression":
        return None
    return call if text_of(function.named_children[-1]) in _FLAG_SETTERS else None


def bindings(package: GoPackage, file: GoFile, node: Node) -> tuple[Bound, ...]:
    """The values that an identifier may have where it stands: of its function, else of the package."""
    name = text_of(node)
    function = enclosing_function(node)
    local = _local(package, file, function, name) if function is not None else None
    return local if local is not None else package.globals.get(name, ())


def _local(package: GoPackage, file: GoFile, function: Node, name: str) -> tuple[Bound, ...] | None:
    """The values that a function gives a name of its own, None where it declares none so called."""
    declared, found = False, []
    for node in descendants(function):
        binds = node.type in _DECLARATIONS or node.type in _BINDERS
        if binds and name in _names(node):
            declared = True
        elif not (node.type == "assignment_statement" or (node.type == "unary_expression" and text_of(node)[0] == "&")):
            continue
        found += [Bound(package, file, value) for changed, value in changes(node) if changed == name]
    return tuple(found) if declared else None


def read_package(context: BuildContext, folder: str, tags: frozenset[str] = frozenset()) -> GoPackage:
    """Parses the files of a context folder that a Linux build may compile."""
    files, unreadable = [], []
    for path in context.children(folder):
        if not may_compile(path, "", tags) or context.is_dir(path):
            continue
        text = context.read(path)
        if text is None:
            unreadable.append(Evidence(path, 0, "not readable as text"))
        elif may_compile(path, text, tags):
            file, broken = parse_file(path, text)
            files.append(file)
            unreadable += [broken] if broken is not None else []
    return GoPackage(folder, tuple(files), tuple(unreadable))
