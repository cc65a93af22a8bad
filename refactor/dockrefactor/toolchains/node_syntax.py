"""JavaScript and TypeScript sources as trees: which module a name stands for, and what an expression is worth.

Values are texts with two signs: `FILE_FOLDER` for the source file's folder, `HOLE` for a part that only a run knows.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from dockrefactor.records import dataclass
from dockrefactor.tables import toml

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query

FILE_FOLDER: Final = "\x00"
HOLE: Final = "\x01"
_QUERY: Final = """
(call_expression) @call (new_expression) @call (import_statement) @import (export_statement source: (string)) @import
(variable_declarator) @variable (assignment_expression) @assignment (augmented_assignment_expression) @assignment
(formal_parameters) @inner (arrow_function parameter: (identifier) @inner) (for_in_statement left: (_) @inner)
(catch_clause parameter: (_) @inner) (variable_declarator name: (object_pattern) @inner)
(variable_declarator name: (array_pattern) @inner) (pair) @pair
"""
_TRANSPARENT: Final = frozenset(
    {"parenthesized_expression", "as_expression", "non_null_expression", "await_expression", "satisfies_expression"}
)
_NUMBERS: Final = frozenset({"parseInt", "Number", "String", "normalizePort", "parseFloat"})
_MAX_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class Value:
    """The worth of an expression; `varies` where an environment variable can replace it."""

    text: str
    varies: bool = False

    @property
    def known(self) -> bool:
        return HOLE not in self.text


UNKNOWN: Final = Value(HOLE)


@cache
def _grammar(kind: str) -> tuple[Language, Query]:
    from tree_sitter import Language, Query

    if kind == "javascript":
        import tree_sitter_javascript

        language = Language(tree_sitter_javascript.language())
    else:
        import tree_sitter_typescript

        typed = tree_sitter_typescript
        language = Language(typed.language_tsx() if kind == "tsx" else typed.language_typescript())
    return language, Query(language, _QUERY)


def _kind(path: str) -> str:
    if path.endswith((".ts", ".mts", ".cts", ".astro")):
        return "typescript"
    return "tsx" if path.endswith(".tsx") else "javascript"


def words(node: Node | None) -> str:
    """The source text of a node, empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def string_text(node: Node) -> str:
    """The characters of a string literal."""
    simple = {"\\n": "\n", "\\t": "\t", "\\\\": "\\", "\\'": "'", '\\"': '"', "\\/": "/"}
    return "".join(
        simple.get(words(part), words(part)[1:]) if part.type == "escape_sequence" else words(part)
        for part in node.named_children
    )


class SourceFile:
    """One parsed source: its calls and properties, what its names stand for, and the modules that it loads."""

    def __init__(self, path: str, text: str, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: variables that the image sets."""
        from tree_sitter import Parser, QueryCursor

        self.environment = environment or {}

        language, query = _grammar(_kind(path))
        self.path = path
        root = Parser(language).parse(text.encode("utf-8", "replace")).root_node
        captures = QueryCursor(query).captures(root)
        for nodes in captures.values():
            nodes.sort(key=lambda node: node.start_byte)  # they come in no order
        self.broken = root.type == "ERROR"
        self.calls = captures.get("call", [])
        self.pairs = captures.get("pair", [])
        self._imports = captures.get("import", [])
        self._variables = captures.get("variable", [])
        self._bindings: dict[str, tuple[str, str]] = {}
        self._values: dict[str, Node | None] = {}
        self._settings: dict[str, Node] = {}
        for statement in self._imports:
            self._bind_import(statement)
        for variable in self._variables:
            self._bind_variable(variable)
        self._note_assignments(captures.get("assignment", []))
        for pattern in captures.get("inner", []):
            self._forget(pattern)
        self._note_settings()

    def loads(self) -> Iterator[tuple[str | None, int, bool]]:
        """Each module loaded: its specifier (None: computed), line, and whether only its types are used."""
        for statement in self._imports:
            source = statement.child_by_field_name("source")
            if source is None:
                clause = next((part for part in statement.children if part.type == "import_require_clause"), None)
                source = clause.child_by_field_name("source") if clause is not None else None
            if source is not None:
                only_types = any(part.type in ("type", "typeof") for part in statement.children[:2])
                yield string_text(source), statement.start_point[0] + 1, only_types
        for call in self.calls:
            function = call.child_by_field_name("function")
            if function is None or (function.type != "import" and words(function) not in ("require", "module.require")):
                continue
            if words(function) == "require" and "require" in self._bindings:
                continue
            given = arguments(call)
            value = self.value(given[0]) if given else UNKNOWN
            yield (value.text if value.known else None), call.start_point[0] + 1, False

    def _bind_import(self, statement: Node) -> None:
        source = statement.child_by_field_name("source")
        for clause in statement.named_children:
            if clause.type == "import_require_clause":
                inner = clause.child_by_field_name("source")
                name = next((part for part in clause.named_children if part.type == "identifier"), None)
                if inner is not None and name is not None:
                    self._bindings[words(name)] = (_module(string_text(inner)), "")
            elif clause.type == "import_clause" and source is not None:
                self._bind_clause(clause, _module(string_text(source)))

    def _bind_clause(self, clause: Node, module: str) -> None:
        for part in clause.named_children:
            if part.type == "identifier":
                self._bindings[words(part)] = (module, "")
            elif part.type == "namespace_import":
                self._bindings[words(part.named_children[0])] = (module, "")
            elif part.type == "named_imports":
                for item in part.named_children:
                    name = words(item.child_by_field_name("name"))
                    alias = words(item.child_by_field_name("alias")) or name
                    self._bindings[alias] = (module, _member("", name))

    def _bind_variable(self, variable: Node) -> None:
        name, value = variable.child_by_field_name("name"), variable.child_by_field_name("value")
        if name is None or value is None:
            if name is not None and name.type == "identifier":
                self._values[words(name)] = None
            return
        target = self.target(value)
        if name.type == "identifier":
            # a name that is given two values has none
            self._values[words(name)] = None if words(name) in self._values else value
            if target is not None:
                self._bindings[words(name)] = target
        elif name.type == "object_pattern" and target is not None:
            for item in name.named_children:
                if item.type == "shorthand_property_identifier_pattern":
                    self._bindings[words(item)] = (target[0], _member(target[1], words(item)))
                elif item.type == "pair_pattern":
                    alias, key = item.child_by_field_name("value"), item.child_by_field_name("key")
                    self._bindings[words(alias)] = (target[0], _member(target[1], words(key)))

    def _note_assignments(self, assignments: list[Node]) -> None:
        for assignment in assignments:
            left = assignment.child_by_field_name("left")
            if left is not None and left.type == "identifier":
                self._values[words(left)] = None

    def _forget(self, pattern: Node) -> None:
        """A parameter or destructured name hides any value of that name: which of them is meant is not followed."""
        if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
            self._values[words(pattern)] = None
        for part in pattern.named_children:
            self._forget(part)

    def _note_settings(self) -> None:
        """`app.set("port", 3000)` is what `app.get("port")` gives."""
        for call in self.calls:
            given = arguments(call)
            if len(given) == 2 and member_name(call) == "set" and given[0].type == "string":
                self._settings.setdefault(string_text(given[0]), given[1])

    def target(self, node: Node | None, depth: int = 0) -> tuple[str, str] | None:
        """The module and member that an expression stands for: `("fs", "readFile")`, member `""` for the module."""
        if node is None or depth > _MAX_DEPTH:
            return None
        if node.type == "identifier":
            name = words(node)
            module = toml("node_packages")["sources"]["globals"].get(name)
            return self._bindings.get(name) or ((module, "") if module is not None else None)
        if node.type in _TRANSPARENT and node.named_children:
            return self.target(node.named_children[0], depth + 1)
        if node.type == "member_expression":
            found = self.target(node.child_by_field_name("object"), depth + 1)
            name = words(node.child_by_field_name("property"))
            return (found[0], _member(found[1], name)) if found else None
        return self._call_target(node, depth) if node.type == "call_expression" else None

    def _call_target(self, node: Node, depth: int) -> tuple[str, str] | None:
        function, given = node.child_by_field_name("function"), arguments(node)
        name = words(function).rpartition(".")[2]
        if given and (name in ("require", "import", "__importDefault", "__importStar") or name == "promisify"):
            if given[0].type == "string":
                return _module(string_text(given[0])), ""
            return self.target(given[0], depth + 1)
        found = self.target(function, depth + 1)
        if found is not None and name == "verbose":
            return found
        return (found[0], "()") if found is not None and found[1] == "" else None

    def value(self, node: Node | None, depth: int = 0) -> Value:
        """What an expression is worth as far as this file tells."""
        if node is None or depth > _MAX_DEPTH:
            return UNKNOWN
        if node.type == "string":
            return Value(string_text(node))
        if node.type == "number":
            return Value(words(node).replace("_", ""))
        if node.type == "template_string":
            return self._template(node, depth)
        if node.type == "identifier":
            return self._identifier(words(node), depth)
        if node.type in _TRANSPARENT and node.named_children:
            return self.value(node.named_children[0], depth + 1)
        if node.type == "unary_expression" and words(node).startswith("+"):
            return self.value(node.child_by_field_name("argument"), depth + 1)
        if node.type == "binary_expression":
            return self._binary(node, depth)
        if node.type in ("member_expression", "subscript_expression"):
            return _member_value(words(node), self.environment)
        if node.type in ("call_expression", "new_expression"):
            return self._call_value(node, depth)
        return UNKNOWN

    def _identifier(self, name: str, depth: int) -> Value:
        if name == "__dirname" and self._values.get(name) is None:
            return Value(FILE_FOLDER)
        if name == "__filename" and self._values.get(name) is None:
            return Value(f"{FILE_FOLDER}/{posixpath.basename(self.path)}")
        return self.value(self._values.get(name), depth + 1)

    def _template(self, node: Node, depth: int) -> Value:
        text, varies = "", False
        for part in node.named_children:
            if part.type == "template_substitution":
                inner = self.value(part.named_children[0] if part.named_children else None, depth + 1)
                text, varies = text + inner.text, varies or inner.varies
            else:
                text += words(part)
        return Value(text, varies)

    def _binary(self, node: Node, depth: int) -> Value:
        left = self.value(node.child_by_field_name("left"), depth + 1)
        right = self.value(node.child_by_field_name("right"), depth + 1)
        operator = words(node.child_by_field_name("operator"))
        if operator == "+":
            return Value(left.text + right.text, left.varies or right.varies)
        if operator in ("||", "??"):
            return left if left.known and left.text else Value(right.text, True)
        return UNKNOWN

    def _call_value(self, node: Node, depth: int) -> Value:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        name, given = words(function).rpartition(".")[2], arguments(node)
        values = [self.value(item, depth + 1) for item in given]
        if name in ("join", "resolve", "normalize") and words(function) != f"[].{name}" and given:
            owner = function.child_by_field_name("object") if function is not None else None
            joined = owner is None or self.target(owner) in (("path", ""), ("path", "posix")) or words(owner) == "path"
            return _joined(values, name == "resolve") if joined else UNKNOWN
        if name == "dirname" and values:
            return Value(posixpath.dirname(values[0].text), values[0].varies) if values[0].known else UNKNOWN
        if name in (*_NUMBERS, "fileURLToPath") and values:
            return values[0]
        if name == "URL" and len(given) == 2 and words(given[1]) == "import.meta.url":
            return Value(f"{FILE_FOLDER}/{values[0].text}", values[0].varies)
        if name == "get" and given and given[0].type == "string" and string_text(given[0]) in self._settings:
            return self.value(self._settings[string_text(given[0])], depth + 1)
        if name == "get" and len(given) > 1 and given[-1].type == "number":
            return Value(words(given[-1]), True)  # a setting, and its default
        return _fixed_call(words(node))


def _fixed_call(text: str) -> Value:
    return Value({"process.cwd()": ".", "os.tmpdir()": "/tmp", "tmpdir()": "/tmp"}.get(text, HOLE))


def _member_value(text: str, environment: Mapping[str, str]) -> Value:
    variable = text.removeprefix("process.env.")
    if variable != text and variable in environment:
        return Value(environment[variable])
    fixed: Mapping[str, str] = {
        "import.meta.dirname": FILE_FOLDER,
        "import.meta.url": f"{FILE_FOLDER}/.",
        "process.execPath": "node",
    }
    return Value(fixed.get(text, HOLE), text.startswith("process.env"))


def _joined(values: list[Value], resolve: bool) -> Value:
    text = ""
    for value in values:
        absolute = value.text.startswith(("/", FILE_FOLDER, HOLE))
        text = value.text if resolve and absolute else f"{text}/{value.text}" if text else value.text
    return Value(text, any(value.varies for value in values))


def _module(specifier: str) -> str:
    name = specifier.removeprefix("node:")
    return "fs" if name in ("fs/promises", "graceful-fs") else name


def _member(outer: str, name: str) -> str:
    if name in ("default", "promises", "verbose"):  # sqlite3.verbose() is sqlite3
        return outer
    return f"{outer}.{name}" if outer else name


def arguments(call: Node) -> list[Node]:
    """The arguments of a call; a tagged template is its one argument."""
    given = call.child_by_field_name("arguments")
    if given is None:
        return []
    if given.type == "template_string":
        return [given]
    return [part for part in given.named_children if part.type != "comment"]


def member_name(call: Node) -> str:
    """The last name of what is called: `listen` for `app.listen(80)`."""
    function = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    if function is None or function.type not in ("member_expression", "identifier"):
        return ""
    name = function.child_by_field_name("property") if function.type == "member_expression" else function
    return words(name)


def property_of(node: Node | None, key: str) -> Node | None:
    """The value of `key` in an object literal."""
    if node is None or node.type != "object":
        return None
    for item in node.named_children:
        if item.type == "pair" and words(item.child_by_field_name("key")).strip("'\"") == key:
            return item.child_by_field_name("value")
        if item.type == "shorthand_property_identifier" and words(item) == key:
            return item
        if item.type == "method_definition" and words(item.child_by_field_name("name")) == key:
            return item
    return None
