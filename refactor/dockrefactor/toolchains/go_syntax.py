"""One Go source file as a tree: its imports, literals, calls and the other nodes that readers of it ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from dockrefactor.evidence import Evidence
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query

STRINGS: Final = frozenset({"interpreted_string_literal", "raw_string_literal"})
FUNCTIONS: Final = frozenset({"function_declaration", "method_declaration"})
_QUERY: Final = """
(import_spec) @import
(call_expression) @call
(selector_expression) @selector
(type_conversion_expression) @conversion
(composite_literal) @composite
(interpreted_string_literal) @string
(raw_string_literal) @string
(comment) @comment
(const_spec) @binding
(var_spec) @binding
(short_var_declaration) @binding
(assignment_statement) @assignment
(unary_expression operator: "&") @address
"""
_ESCAPES: Final = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
_ESCAPE: Final = regex(r"\\([0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_HEADER: Final = regex(r'\s+|;|//[^\n]*|/\*.*?\*/|package\s+\w+|[()]|"[^"\n]*"|`[^`]*`|[\w.]+', re.S)
# `new(value)` of go 1.26, which the grammar takes for a broken type; as a call of another name it can be read.
_NEW_OF_A_VALUE: Final = regex(r"\bnew\((?!\s*(?:\[|map\[|chan\b|func\b|struct\b|interface\b))")


@lru_cache(maxsize=1)
def _grammar() -> tuple[Language, Query]:
    import tree_sitter
    import tree_sitter_go

    language = tree_sitter.Language(tree_sitter_go.language())
    return language, tree_sitter.Query(language, _QUERY)


def text_of(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def literal_text(node: Node) -> str:
    """The value of a string literal node."""
    text = text_of(node)
    if node.type == "raw_string_literal":
        return text[1:-1].replace("\r", "")
    return _ESCAPE.sub(lambda match: _unescape(match[1]), text[1:-1])


def _unescape(code: str) -> str:
    if code[0] in "xuU":
        number = int(code[1:], 16)
    elif len(code) == 3:
        number = int(code, 8)
    else:
        number = _ESCAPES.get(code, ord(code))
    return chr(number) if number < 0x110000 else "\ufffd"


def descendants(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        here = pending.pop()
        yield here
        pending.extend(here.named_children)


def enclosing_function(node: Node) -> Node | None:
    """The outermost function or method declaration around a node."""
    here = node.parent
    while here is not None and here.type not in FUNCTIONS:
        here = here.parent
    return here


def package_name(import_path: str) -> str:
    """The name that an import has by custom: the last element without a major version and without `.v2`."""
    parts = import_path.split("/")
    last = parts[-2] if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]) else parts[-1]
    return re.sub(r"\.v\d+$", "", last)


@dataclass(frozen=True, slots=True)
class Import:
    """One import: `name` as the file uses it (`_` and `.` as written)."""

    name: str
    path: str
    line: int


@dataclass(frozen=True)
class GoFile:
    """A parsed file; `captures` are its nodes by kind, in the order of the source."""

    path: str
    package: str
    root: Node = field(repr=False)
    captures: dict[str, list[Node]] = field(repr=False)

    def nodes(self, kind: str) -> list[Node]:
        return self.captures.get(kind, [])

    def evidence(self, node: Node, says: str) -> Evidence:
        return Evidence(self.path, node.start_point.row + 1, says)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        found = []
        for node in self.nodes("import"):
            path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
            if path is not None:
                target = literal_text(path)
                alias = text_of(name) if name is not None else package_name(target)
                found.append(Import(alias, target, node.start_point.row + 1))
        return tuple(found)

    @cached_property
    def imported(self) -> dict[str, str]:
        """Name in this file -> import path."""
        return {item.name: item.path for item in self.imports if item.name not in ("_", ".")}

    @cached_property
    def dotted(self) -> tuple[str, ...]:
        """Import paths whose names the file uses bare."""
        return tuple(item.path for item in self.imports if item.name == ".")

    def qualified(self, node: Node) -> tuple[str, str] | None:
        """(import path, name) of `pkg.Name`, None for anything else."""
        if node.type in ("selector_expression", "qualified_type"):
            first, last = node.named_children[0], node.named_children[-1]
            if first.type in ("identifier", "package_identifier") and (path := self.imported.get(text_of(first))):
                return path, text_of(last)
        return None


def parse_file(path: str, text: str) -> tuple[GoFile, Evidence | None]:
    """The file as a tree and, where it has a syntax error, its place."""
    import tree_sitter

    language, query = _grammar()
    source = text.removeprefix("\ufeff")
    root = tree_sitter.Parser(language).parse(source.encode()).root_node
    if root.has_error and "new(" in source:
        root = tree_sitter.Parser(language).parse(_NEW_OF_A_VALUE.sub("nEw(", source).encode()).root_node
    captures = tree_sitter.QueryCursor(query).captures(root)
    for nodes in captures.values():
        nodes.sort(key=lambda node: node.start_byte)
    clause = next((node for node in root.named_children if node.type == "package_clause"), None)
    package = text_of(clause.named_children[0]) if clause is not None and clause.named_children else ""
    error = next(
        (node for node in descendants(root) if node.is_error or node.is_missing) if root.has_error else iter(()), None
    )
    broken = Evidence(path, (error or root).start_point.row + 1, "syntax error") if root.has_error else None
    return GoFile(path, package, root, captures), broken


def header_imports(text: str) -> Iterator[tuple[str, int]]:
    """(import path, line) of a file, read from its head alone: cheap enough for vendored sources."""
    place, importing, nested = 0, False, False
    while match := _HEADER.match(text, place):
        token, place = match[0], match.end()
        if token == "import":
            importing = True
        elif token in "()":
            nested = token == "("
            importing = importing and nested
        elif token[0] in '"`':
            yield token[1:-1], text.count("\n", 0, match.start()) + 1
            importing = nested
        elif token in ("func", "type", "var", "const"):
            return
