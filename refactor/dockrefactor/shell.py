"""A POSIX shell line or script as a list of commands, or the reason why it cannot be read.

Parsing is tree-sitter-bash's; this module keeps what the effects of a command depend on: its words, its redirections,
and whether it runs at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


@dataclass(frozen=True, slots=True)
class ShellWord:
    """One word of a command. `text` has quotes removed and known variables replaced; `known` is False where part of it
    is computed when the command runs (then `text` still holds the literal parts). `start`, `end` index the script."""

    text: str
    known: bool
    start: int
    end: int
    glob: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """`>`, `>>`, `<` and the like; `target` is None for a descriptor such as `2>&1`."""

    operator: str
    target: ShellWord | None


@dataclass(frozen=True)
class Command:
    """One simple command.

    `connector` is what joins it to the one before: `""`, `";"`, `"&&"`, `"||"`, `"|"`. `conditional` is True inside
    `if`, loops, functions, after `||`: it may not run. `guarded` is True behind a test and `&&`. `depth` counts
    subshells: `cd` there does not last. `top` is True where it stands directly in the list of the line, so that it
    could be cut out together with its connector.
    """

    words: tuple[ShellWord, ...]
    assignments: tuple[tuple[str, ShellWord | None], ...]
    redirects: tuple[Redirect, ...]
    connector: str
    conditional: bool
    depth: int
    top: bool
    start: int
    end: int
    pieces: tuple[Command, ...] = ()  # commands inside `$( )` of its words, run before it
    guarded: bool = False

    @cached_property
    def argv(self) -> tuple[str, ...]:
        return tuple(word.text for word in self.words)

    @property
    def name(self) -> str:
        return self.words[0].text if self.words else ""


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of a script in order. `opaque` says why it is only partly understood, `""` where it is wholly;
    `functions` are those that it defines."""

    text: str
    commands: tuple[Command, ...]
    opaque: str = ""
    functions: frozenset[str] = frozenset()


_CONDITIONAL: Final = frozenset(
    {"if_statement", "elif_clause", "else_clause", "for_statement", "c_style_for_statement", "while_statement",
     "until_statement", "case_statement", "case_item", "function_definition", "do_group"}
)  # fmt: skip
_TRANSPARENT: Final = frozenset({"program", "list", "compound_statement", "pipeline", "subshell", "negated_command"})
# the words of `for` and the patterns of `case` among them
_SILENT: Final = frozenset(
    {"comment", "heredoc_body", "variable_name", "word", "string", "raw_string", "number", "concatenation",
     "simple_expansion", "expansion", "extglob_pattern", "test_command"}
)  # fmt: skip
# words joined by `&&` and nothing else: most lines, for which the grammar need not even be loaded
_COMMAND: Final = r"[ \t]*[./]*[A-Za-z_][\w./-]*(?:[ \t]+(?:\+|--?)?[A-Za-z0-9./][\w./:@+,=-]*)*[ \t]*"
_PLAIN: Final = regex(
    r"(?!.*(?<![^ \t&])(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|in|select|function|time|coproc|declare"
    r"|typeset|export|readonly|local|unset|unsetenv|test)(?![^ \t&]))"
    rf"{_COMMAND}(?:&&{_COMMAND})*",
    re.ASCII,
)


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def parse(text: str, variables: Mapping[str, str] | None = None) -> Script:
    """The commands of `text`; `variables` are those whose values are known before it runs."""
    named = variables and "$" in text
    return _parse(text, tuple(pair for pair in (variables or {}).items() if pair[0] in text) if named else ())


@lru_cache(maxsize=1024)  # most lines stand in many files, and in every version of one
def _parse(text: str, variables: tuple[tuple[str, str], ...]) -> Script:
    if _PLAIN.fullmatch(text):
        return Script(text, tuple(_plain_commands(text)))
    reader = _Reader(text, dict(variables))
    root = _parser().parse(text.encode()).root_node
    if root.has_error:
        return Script(text, (), "it is not plain POSIX shell")
    reader.read(root, _Place())
    return Script(text, tuple(reader.commands), reader.opaque, frozenset(reader.functions))


def _plain_commands(text: str) -> Iterator[Command]:
    """The commands of a line that `_PLAIN` matches, as the grammar gives them."""
    at = 0
    for number, part in enumerate(text.split("&&")):
        words = tuple(
            ShellWord(match[0], True, at + match.start(), at + match.end()) for match in re.finditer(r"[^ \t]+", part)
        )
        yield Command(words, (), (), "&&" if number else "", False, 0, True, words[0].start, words[-1].end)
        at += len(part) + 2


@dataclass(frozen=True, slots=True)
class _Place:
    connector: str = ""
    conditional: bool = False
    depth: int = 0
    top: bool = True
    guarded: bool = False


class _Reader:
    def __init__(self, text: str, variables: dict[str, str]) -> None:
        self.text = text
        self.variables = variables
        self.commands: list[Command] = []
        self.opaque = ""
        self.functions: set[str] = set()
        # tree-sitter counts bytes
        self._encoded = None if text.isascii() else text.encode()

    def _index(self, at: int) -> int:
        """The character that a byte offset stands for."""
        return at if self._encoded is None else len(self._encoded[:at].decode(errors="ignore"))

    def read(self, node: Node, place: _Place) -> None:
        kind = node.type
        if kind == "command":
            self._command(node, place)
        elif kind == "redirected_statement":
            self._redirected(node, place)
        elif kind in ("declaration_command", "unset_command"):
            self._declaration(node, place)
        elif kind == "variable_assignment":
            self._assign(node, place)
        elif kind in _TRANSPARENT:
            self._sequence(node, place)
        elif kind in _CONDITIONAL:
            self._sequence(node, replace(place, conditional=True, top=False))
        elif kind == "variable_assignments":
            for child in node.named_children:
                self._assign(child, place)
        elif kind in _SILENT:
            return
        else:
            self.opaque = self.opaque or f"it has a {kind.replace('_', ' ')}"

    def _sequence(self, node: Node, place: _Place) -> None:
        kind = node.type
        inner = place
        if kind == "subshell":
            inner = replace(inner, depth=inner.depth + 1, top=False)
        elif kind in ("compound_statement", "negated_command"):
            inner = replace(inner, top=False)
        connector, guarded = place.connector, False
        if kind == "function_definition":
            self.functions.update(self._source(child) for child in node.named_children[:1])
        loop_variable = node.child_by_field_name("variable") if kind == "for_statement" else None
        if loop_variable is not None:
            self.variables.pop(self._source(loop_variable), None)
        for child in node.children:
            if child.type in ("&&", "||", ";", "|", "|&", "\n", ";;"):
                connector = ";" if child.type in ("\n", ";;") else child.type
                continue
            if child.type == "&":
                self.opaque = self.opaque or "it starts a process in the background"
            if not child.is_named:
                continue
            here = replace(inner, connector=connector, guarded=place.guarded or (guarded and connector == "&&"))
            guarded = guarded or self._tests(child)
            if connector == "||":
                here = replace(here, conditional=True)
            if kind == "pipeline":
                here = replace(here, top=False)
            self.read(child, here)
            connector = ";"

    def _tests(self, node: Node) -> bool:
        """Whether a command, or one of a list, only answers yes or no."""
        if node.type == "list":
            return any(self._tests(child) for child in node.named_children)
        return node.type == "test_command" or (node.type == "command" and self._source(node).startswith("test "))

    def _source(self, node: Node) -> str:
        return self.text[self._index(node.start_byte) : self._index(node.end_byte)]

    def _command(self, node: Node, place: _Place, redirects: tuple[Redirect, ...] = ()) -> None:
        words: list[ShellWord] = []
        assignments: list[tuple[str, ShellWord | None]] = []
        pieces: list[Command] = []
        for child in node.named_children:
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child, pieces))
            elif child.type == "command_name":
                words.append(self._word(child.named_children[0] if child.named_children else child, pieces))
            elif child.type in ("file_redirect", "herestring_redirect"):
                redirects = (*redirects, self._redirect(child, pieces))
            else:
                words.extend(self._braces(child, pieces))
        self._add(node, place, words, assignments, redirects, pieces)

    def _add(
        self,
        node: Node,
        place: _Place,
        words: Sequence[ShellWord],
        assignments: Sequence[tuple[str, ShellWord | None]],
        redirects: tuple[Redirect, ...],
        pieces: Sequence[Command],
    ) -> None:
        self.commands.append(
            Command(
                tuple(words), tuple(assignments), redirects, place.connector, place.conditional, place.depth, place.top,
                self._index(node.start_byte), self._index(node.end_byte), tuple(pieces), place.guarded,
            )
        )  # fmt: skip

    def _redirected(self, node: Node, place: _Place) -> None:
        body = node.child_by_field_name("body")
        pieces: list[Command] = []
        redirects: list[Redirect] = []
        for child in node.named_children:
            if child.type == "file_redirect":
                redirects.append(self._redirect(child, pieces))
            elif child.type == "heredoc_redirect":
                redirects.append(Redirect("<<", None))
                redirects.extend(
                    self._redirect(inner, pieces) for inner in child.named_children if inner.type == "file_redirect"
                )
                if any(inner.type in ("command", "pipeline", "list") for inner in child.named_children):
                    self.opaque = self.opaque or "a here-document feeds a pipeline"
        if body is None:
            return
        if body.type == "command":
            self._command(body, place, tuple(redirects))
            if self.commands and not any(redirect.operator == "<<" for redirect in redirects):
                # the command with its redirections can be cut out and put elsewhere
                self.commands[-1] = replace(self.commands[-1], end=self._index(node.end_byte))
            return
        before = len(self.commands)
        self.read(body, place)
        if len(self.commands) > before:
            # the grammar hangs the redirection of a list on the whole list: it belongs to its last command
            last = self.commands[-1]
            end = self._index(node.end_byte)
            self.commands[-1] = replace(last, redirects=(*last.redirects, *redirects), end=end)

    def _declaration(self, node: Node, place: _Place) -> None:
        pieces: list[Command] = []
        assignments = [
            self._assignment(child, pieces) for child in node.named_children if child.type == "variable_assignment"
        ]
        if not place.conditional and place.depth == 0:
            self._learn(assignments)
        name = ShellWord(
            self._source(node).split()[0], True, self._index(node.start_byte), self._index(node.start_byte)
        )
        self._add(node, place, [name], assignments, (), pieces)

    def _assign(self, node: Node, place: _Place) -> None:
        pieces: list[Command] = []
        assignment = self._assignment(node, pieces)
        if not place.conditional and place.depth == 0:
            self._learn([assignment])
        else:
            self.variables.pop(assignment[0], None)
        self._add(node, place, (), [assignment], (), pieces)

    def _learn(self, assignments: list[tuple[str, ShellWord | None]]) -> None:
        for name, value in assignments:
            if value is not None and value.known:
                self.variables[name] = value.text
            else:
                self.variables.pop(name, None)

    def _assignment(self, node: Node, pieces: list[Command]) -> tuple[str, ShellWord | None]:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        return (self._source(name) if name else "", self._word(value, pieces) if value else None)

    def _redirect(self, node: Node, pieces: list[Command]) -> Redirect:
        operator = next((child.type for child in node.children if not child.is_named), ">")
        target = node.child_by_field_name("destination")
        if target is None or operator in (">&", "<&"):
            return Redirect(operator, None)
        return Redirect(operator, self._word(target, pieces))

    def _braces(self, node: Node, pieces: list[Command]) -> Iterator[ShellWord]:
        """`a/{b,c}` is several words; everything else is one."""
        word = self._word(node, pieces)
        source = self._source(node)
        if node.type in ("simple_expansion", "expansion") and word.known:
            # unquoted, its value is split at white space, and an empty one is no word at all
            for text in word.text.split():
                yield replace(word, text=text, glob=any(char in text for char in "*?["))
            return
        if node.type == "concatenation" and "{" in source and not any(mark in source for mark in ("${", "'", '"')):
            for text in _expand_braces(word.text):
                yield replace(word, text=text)
            return
        yield word

    def _word(self, node: Node, pieces: list[Command]) -> ShellWord:
        parts: list[str] = []
        known, glob = self._parts(node, parts, pieces)
        return ShellWord("".join(parts), known, self._index(node.start_byte), self._index(node.end_byte), glob)

    def _parts(self, node: Node, parts: list[str], pieces: list[Command]) -> tuple[bool, bool]:
        """Appends the literal parts of a word; returns whether all of it is known, and whether it has wildcards."""
        kind = node.type
        source = self._source(node)
        if kind in ("word", "number", "extglob_pattern", "regex", "variable_name", "special_variable_name"):
            parts.append(_unescape(source))
            return True, any(char in source for char in "*?[")
        if kind == "raw_string":
            parts.append(source[1:-1])
            return True, False
        if kind == "string":
            return self._quoted(node, parts, pieces), False
        if kind == "concatenation":
            results = [self._parts(child, parts, pieces) for child in node.children]
            return all(result[0] for result in results), any(result[1] for result in results)
        if kind in ("simple_expansion", "expansion"):
            return self._variable(source, parts), False
        if kind == "command_substitution":
            inner = _Reader(self.text, self.variables)
            for child in node.named_children:
                inner.read(child, _Place(conditional=False, depth=1, top=False))
            pieces.extend(inner.commands)
            self.opaque = self.opaque or inner.opaque
            return False, False
        if not node.is_named:
            parts.append(source)
            return True, False
        return False, False

    def _quoted(self, node: Node, parts: list[str], pieces: list[Command]) -> bool:
        known = True
        for child in node.children:
            if child.type == '"':
                continue
            if child.type == "string_content":
                parts.append(_unescape(self._source(child), quoted=True))
            else:
                known = self._parts(child, parts, pieces)[0] and known
        return known

    def _variable(self, source: str, parts: list[str]) -> bool:
        name = source.strip("${}")
        value = self.variables.get(name)
        if value is None and ":-" in name and source.startswith("${"):
            name, _, default = name.partition(":-")
            value = self.variables.get(name) or (default if "$" not in default else None)
        if value is None:
            parts.append(source)
            return False
        parts.append(value)
        return True


def _unescape(source: str, quoted: bool = False) -> str:
    if "\\" not in source:
        return source
    out: list[str] = []
    at = 0
    while at < len(source):
        if source[at] == "\\" and at + 1 < len(source) and (not quoted or source[at + 1] in '\\"$`\n'):
            at += 1
            if source[at] == "\n":
                at += 1
                continue
        out.append(source[at])
        at += 1
    return "".join(out)


def _expand_braces(text: str) -> list[str]:
    head, brace, rest = text.partition("{")
    body, close, tail = rest.partition("}")
    if not brace or not close or "," not in body or "{" in body:
        return [text]
    return [head + item + end for item in body.split(",") for end in _expand_braces(tail)]
