"""What PHP sources ask of the system: programs that they start and files that they write."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from dockrefactor import program_outputs
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.tables import toml

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_INTERESTING: Final = regex(
    r"exec|system|passthru|popen|proc_open|`|Process|file_put|mkdir|touch|unlink|rmdir|chmod|copy|rename|move_up|symlink|link|fopen"
    r"|gzopen|SplFile|PDO|SQLite3|session_save"
)
# a part of a text that only a run knows
_HOLE: Final = "\x01"
_WRITING: Final = regex(r"[waxc]|r\+|rb\+")


@cache
def _parser() -> Parser:
    import tree_sitter_php
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_php.language_php()))


@dataclass(slots=True)
class _File:
    """One file: `path` in the context, `inner` from the work folder; `names` are texts that variables hold."""

    path: str
    inner: str
    names: dict[str, tuple[str, bool]] = field(default_factory=dict)
    programs: list[Claim] = field(default_factory=list)
    writes: list[Claim] = field(default_factory=list)


def is_source(inner: str) -> bool:
    """Whether a file is PHP that the program may load, by its path from the work folder."""
    return inner.endswith((".php", ".phtml", ".inc")) and frozenset(toml("php_sources")["apart"]).isdisjoint(
        inner.split("/")[:-1]
    )


def read_sources(context: BuildContext, files: Iterable[tuple[str, str]]) -> SourceNeeds:
    """The needs of a program; `files` are pairs of a context path and the path from the work folder in the image.

    Relative paths of the answer are relative to the work folder, or to a folder in it.
    """
    read: list[_File] = []
    unreadable: list[Evidence] = []
    for path, inner in dict(files).items():
        text = context.read(path)
        if text is None:
            unreadable.append(Evidence(path, 0, "cannot be read"))
        elif _INTERESTING.search(text):
            item = _File(path, inner)
            _read(item, _parser().parse(text.encode()).root_node)
            read.append(item)
    return SourceNeeds(
        programs=tuple(claim for item in read for claim in item.programs),
        writes=tuple(claim for item in read for claim in item.writes),
        unreadable=tuple(unreadable),
    )


def _walk(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.named_children))


def _text(node: Node | None) -> str:
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def _read(item: _File, root: Node) -> None:
    nodes = list(_walk(root))
    _learn(item, nodes)
    for node in nodes:
        if node.type == "shell_command_expression":
            _command(item, node, _line(item, node))
        elif node.type == "function_call_expression":
            _call(item, node, _text(node.child_by_field_name("function")).lstrip("\\"))
        elif node.type == "scoped_call_expression":
            scope = _text(node.child_by_field_name("scope")).rpartition("\\")[2]
            _call(item, node, f"{scope}.{_text(node.child_by_field_name('name'))}")
        elif node.type == "member_call_expression" and _is_chain_of(node, toml("php_sources")["chains"]):
            _call(item, node, f"Process.{_text(node.child_by_field_name('name'))}")
        elif node.type == "object_creation_expression" and node.named_children:
            _call(item, node, _text(node.named_children[0]).rpartition("\\")[2])


def _is_chain_of(node: Node, classes: list[str]) -> bool:
    """Whether a method is called on what static calls of a class return: `Process::timeout(60)->run(…)`."""
    inner: Node | None = node
    while inner is not None and inner.type == "member_call_expression":
        inner = inner.child_by_field_name("object")
    scope = inner.child_by_field_name("scope") if inner is not None and inner.type == "scoped_call_expression" else None
    return _text(scope).rpartition("\\")[2] in classes


def _learn(item: _File, nodes: list[Node]) -> None:
    """Variables and constants that are set once, to a text."""
    seen: dict[str, Node | None] = {}
    for node in nodes:
        if node.type in ("assignment_expression", "augmented_assignment_expression"):
            name, right = _text(node.child_by_field_name("left")), node.child_by_field_name("right")
            seen[name] = right if name not in seen and node.type == "assignment_expression" else None
        elif node.type == "const_element" and len(node.named_children) == 2:
            seen[_text(node.named_children[0])] = node.named_children[1]
    for name, value in seen.items():
        if value is not None:
            found = _value(item, value)
            if found[0]:
                item.names[name] = found


def _arguments(node: Node) -> list[Node]:
    """The values of a call's positional arguments."""
    holder = node.child_by_field_name("arguments") or next(
        (child for child in node.named_children if child.type == "arguments"), None
    )
    items = holder.named_children if holder is not None else []
    return [item.named_children[-1] for item in items if item.type == "argument" and item.named_children]


def _call(item: _File, node: Node, name: str) -> None:
    table = toml("php_sources")
    given = _arguments(node)
    first = given[0] if given else None
    if name in table["starts"] or name in table["starters"]:
        # a chain may name the command before
        if first is not None or node.type != "member_call_expression":
            _started(item, node, name, first)
    elif name in table["writes_first"]:
        _write(item, node, _value(item, first))
    elif name in table["writes_last"]:
        _write(item, node, _value(item, given[1] if len(given) > 1 else None))
    elif name in table["opens"]:
        mode = _value(item, given[1]) if len(given) > 1 else ("r", True)
        if not mode[1] or _WRITING.match(mode[0]):
            _write(item, node, _value(item, first))
    elif name in table["databases"]:
        address = _value(item, first)
        if name == "SQLite3" or address[0].startswith("sqlite:"):
            place = address[0].removeprefix("sqlite:")
            if place != ":memory:":
                _write(item, node, (place, address[1]))
        elif not address[0]:
            _write(item, node, ("", False)) if "sqlite" in _text(node) else None


def _started(item: _File, node: Node, name: str, given: Node | None) -> None:
    """A command line, a program with its arguments, or several lines."""
    if given is None or given.type != "array_creation_expression":
        _command(item, node, _line(item, given))
        return
    words = [part.named_children[-1] for part in given.named_children if part.named_children]
    if name in toml("php_sources")["lines"]:
        for word in words:
            _command(item, node, _line(item, word))
        return
    values = [text if complete else None for text, complete in (_value(item, word) for word in words)]
    _program(item, node, values[0] if values else None)
    for output in program_outputs.of_words(values):
        _output(item, node, output)


def _at(item: _File, node: Node, says: str) -> Evidence:
    return Evidence(item.path, node.start_point[0] + 1, says)


def _program(item: _File, node: Node, name: str | None) -> None:
    says = f"starts `{name}`" if name else "starts a program that it computes"
    item.programs.append(Claim(name, _at(item, node, says)))


def _command(item: _File, node: Node, line: str) -> None:
    """A command line, with `_HOLE` for what is computed."""
    names: list[str] = []
    for part in re.split(r"&&|\|\|?|;|\n", line):
        words = [word for word in part.split() if not re.match(r"\w+=", word)]
        if words and words[0] not in ("cd", "echo", "exit"):
            names.append(words[0])
    for name in names or [_HOLE]:
        _program(item, node, None if _HOLE in name else name)
    for output in program_outputs.of_line(line):
        _output(item, node, output)


def _output(item: _File, node: Node, output: str | None) -> None:
    """A path that a started program writes, with `_HOLE` for what is computed."""
    known, hole, _ = (output or _HOLE).partition(_HOLE)
    _write(item, node, (known, not hole))


def _line(item: _File, node: Node | None) -> str:
    """The text of a command line, with `_HOLE` for each part that is computed."""
    text, complete = _value(item, node)
    if complete or node is None:
        return text if complete else _HOLE
    if node.type in ("encapsed_string", "shell_command_expression", "heredoc", "heredoc_body"):
        return "".join(_line(item, part) for part in node.named_children)
    if node.type == "binary_expression" and _text(node.child_by_field_name("operator")) == ".":
        return "".join(_line(item, node.child_by_field_name(side)) for side in ("left", "right"))
    return text + _HOLE


def _write(item: _File, node: Node, value: tuple[str, bool]) -> None:
    text, complete = value
    if text.startswith(tuple(toml("php_sources")["inert"])):
        return
    target = text if complete else text.rpartition("/")[0] or ("/" if text.startswith("/") else "")
    if target and not target.startswith("/"):
        target = posixpath.normpath(target)
        target = "." if target.startswith("..") else target  # relative to some folder of the project
    says = f"writes `{target}`" if target else "writes to a path that it computes"
    item.writes.append(Claim(target or None, _at(item, node, says)))


def _value(item: _File, node: Node | None) -> tuple[str, bool]:
    """The text that an expression begins with, and whether that is all of it."""
    if node is None:
        return "", False
    if node.type in ("string", "encapsed_string", "shell_command_expression", "heredoc"):
        return _literal(item, node)
    if node.type in ("integer", "string_content"):
        return _text(node), True
    if node.type == "parenthesized_expression" and node.named_child_count == 1:
        return _value(item, node.named_children[0])
    if node.type in ("variable_name", "name", "qualified_name", "class_constant_access_expression"):
        return _named(item, _text(node))
    if node.type == "member_access_expression" or node.type == "scoped_property_access_expression":
        return item.names.get(_text(node), ("", False))
    if node.type == "binary_expression" and _text(node.child_by_field_name("operator")) == ".":
        first = _value(item, node.child_by_field_name("left"))
        if not first[1]:
            return first
        second = _value(item, node.child_by_field_name("right"))
        return first[0] + second[0], second[1]
    if node.type == "function_call_expression":
        return _called(item, node)
    return "", False


def _literal(item: _File, node: Node) -> tuple[str, bool]:
    found = ""
    for part in node.named_children:
        if part.type == "string_content":
            found += _text(part)
        elif part.type == "escape_sequence":
            found += _text(part)[1:]
        else:
            inner = _value(item, part)
            found += inner[0]
            if not inner[1]:
                return found, False
    return found, True


def _named(item: _File, name: str) -> tuple[str, bool]:
    folder = posixpath.dirname(item.inner) or "."
    if name in ("__DIR__", "__FILE__"):
        return (folder if name == "__DIR__" else item.inner), True
    if name == "DIRECTORY_SEPARATOR":
        return "/", True
    return item.names.get(name.rpartition("::")[2] if "::" in name else name, ("", False))


def _called(item: _File, node: Node) -> tuple[str, bool]:
    """Functions that give a path."""
    name = _text(node.child_by_field_name("function")).lstrip("\\")
    given = _arguments(node)
    if name == "sys_get_temp_dir":
        return "/tmp", True
    if name == "tempnam":
        return _value(item, given[0] if given else None)
    if name == "dirname" and given:
        inner, complete = _value(item, given[0])
        return (posixpath.dirname(inner) or ".", True) if complete else ("", False)
    if name in ("realpath", "rtrim", "strval") and given:
        return _value(item, given[0])
    laravel = {"storage_path": "storage", "base_path": ".", "public_path": "public", "database_path": "database"}
    if name in laravel:
        inner, complete = _value(item, given[0]) if given else ("", True)
        return f"{laravel[name]}/{inner}".rstrip("/"), complete
    return "", False
