"""The language of meson.build: a text as statements and expressions.

https://mesonbuild.com/Syntax.html#grammar
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.c_build import Unreadable

_TOKEN: Final = regex(
    r"(?P<skip>[ \t\r]+|\\\r?\n|#[^\n]*)|(?P<line>\n)|(?P<text>f?'''.*?'''|f?'(?:\\.|[^'\\\n])*')"
    r"|(?P<number>0[xob][0-9a-fA-F]+|\d+)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[=!<>+]=|[-+*/%<>()\[\]{},:.?=])",
    re.DOTALL,
)
_ESCAPE: Final = regex(r"\\(['\\n])")
_COMPARING: Final = frozenset({"==", "!=", "<", ">", "<=", ">="})
_KEYWORDS: Final = frozenset(
    {"if", "elif", "else", "endif", "foreach", "endforeach", "and", "or", "not", "in", "true", "false", "break",
     "continue"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """An expression or a statement.

    `kind` and its parts: `text`, `format`, `number`, `bool`, `name` (`text` alone); `list` (items); `dict` (keys and
    values in turn); `call` (`text` is the function, then the arguments); `method` (object, arguments); `index`
    (object, index); `not`, `minus` (operand); `choice` (condition, value, other value); an operator (two operands).
    Statements: `set` and `add` (`text` is the variable, then the value); `if` (for each branch a condition and a
    `block`, the last `block` is that of `else`); `foreach` (`text` are the variables, then the list and a `block`);
    `break`, `continue`; any expression. `named` are the keyword arguments of a call.
    """

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()
    named: tuple[tuple[str, Node], ...] = ()

    def argument(self, name: str) -> Node | None:
        """The value of a keyword argument."""
        return next((value for key, value in self.named if key == name), None)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def parse(text: str) -> Node:
    """The statements of a file, as a `block`. Raises Unreadable."""
    parser = _Parser(_tokens(text))
    block = parser.block(frozenset())
    if parser.peek().kind != "end":
        raise Unreadable(f"`{parser.peek().text}` of a meson.build is not understood")
    return block


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = depth = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable("a meson.build cannot be read")
        at = match.end()
        kind = match.lastgroup or ""
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(match[0], 0)
        if kind == "skip" or (kind == "line" and depth > 0):
            continue
        word = kind == "name" and match[0] in _KEYWORDS
        found.append(_Token("word" if word else kind, match[0]))
    return [*found, _Token("line", "\n"), _Token("end", "")]


class _Parser:
    def __init__(self, tokens: Sequence[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def accept(self, *texts: str) -> str:
        """The next token, taken, where it is one of these signs or words; else `""`."""
        token = self.peek()
        if token.kind in ("sign", "word") and token.text in texts:
            return self.take().text
        return ""

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise Unreadable(f"`{self.peek().text.strip()}` of a meson.build is not understood")

    def block(self, ends: frozenset[str]) -> Node:
        """Statements up to a word of `ends`, or to the end."""
        found: list[Node] = []
        while True:
            token = self.peek()
            if token.kind == "line":
                self.take()
            elif token.kind == "end" or (token.kind == "word" and token.text in ends):
                return Node("block", parts=tuple(found))
            else:
                found.append(self.statement())

    def statement(self) -> Node:
        if self.accept("if"):
            return self.branches()
        if self.accept("foreach"):
            return self.loop()
        word = self.accept("break", "continue")
        if word:
            return Node(word)
        start = self.tokens[self.at : self.at + 2]
        if start[0].kind == "name" and start[1].text in ("=", "+="):
            self.at += 2
            return Node("set" if start[1].text == "=" else "add", start[0].text, (self.expression(),))
        return self.expression()

    def branches(self) -> Node:
        parts: list[Node] = []
        ends = frozenset({"elif", "else", "endif"})
        while True:
            parts += [self.expression(), self.block(ends)]
            if self.accept("endif"):
                return Node("if", parts=tuple(parts))
            if self.accept("else"):
                parts.append(self.block(frozenset({"endif"})))
                self.expect("endif")
                return Node("if", parts=tuple(parts))
            self.expect("elif")

    def loop(self) -> Node:
        names = [self.take().text]
        while self.accept(","):
            names.append(self.take().text)
        self.expect(":")
        items = self.expression()
        body = self.block(frozenset({"endforeach"}))
        self.expect("endforeach")
        return Node("foreach", " ".join(names), (items, body))

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > 60:
            raise Unreadable("a meson.build is nested too deeply")
        found = self.either()
        if self.accept("?"):
            value = self.expression()
            self.expect(":")
            found = Node("choice", parts=(found, value, self.expression()))
        self.depth -= 1
        return found

    def either(self) -> Node:
        found = self.both()
        while self.accept("or"):
            found = Node("or", parts=(found, self.both()))
        return found

    def both(self) -> Node:
        found = self.comparison()
        while self.accept("and"):
            found = Node("and", parts=(found, self.comparison()))
        return found

    def comparison(self) -> Node:
        found = self.sum()
        sign = self.accept(*_COMPARING, "in", "not")
        if sign == "not":
            self.expect("in")
            return Node("not", parts=(Node("in", parts=(found, self.sum())),))
        return Node(sign, parts=(found, self.sum())) if sign else found

    def sum(self) -> Node:
        found = self.product()
        while sign := self.accept("+", "-"):
            found = Node(sign, parts=(found, self.product()))
        return found

    def product(self) -> Node:
        found = self.unary()
        while sign := self.accept("*", "/", "%"):
            found = Node(sign, parts=(found, self.unary()))
        return found

    def unary(self) -> Node:
        if self.accept("not"):
            return Node("not", parts=(self.unary(),))
        if self.accept("-"):
            return Node("minus", parts=(self.unary(),))
        return self.postfix(self.primary())

    def postfix(self, found: Node) -> Node:
        while True:
            if self.accept("."):
                name = self.take().text
                self.expect("(")
                parts, named = self.arguments()
                found = Node("method", name, (found, *parts), named)
            elif self.accept("["):
                found = Node("index", parts=(found, self.expression()))
                self.expect("]")
            else:
                return found

    def primary(self) -> Node:
        token = self.take()
        if token.kind == "text":
            return _text(token.text)
        if token.kind == "number":
            return Node("number", token.text)
        if token.kind == "word" and token.text in ("true", "false"):
            return Node("bool", token.text)
        if token.kind == "name":
            if not self.accept("("):
                return Node("name", token.text)
            parts, named = self.arguments()
            return Node("call", token.text, parts, named)
        if token.text == "(":
            found = self.expression()
            self.expect(")")
            return found
        if token.text == "[":
            return Node("list", parts=self.items("]"))
        if token.text == "{":
            return Node("dict", parts=self.pairs())
        raise Unreadable(f"`{token.text.strip()}` of a meson.build is not understood")

    def items(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.accept(end):
            found.append(self.expression())
            if not self.accept(","):
                self.expect(end)
                break
        return tuple(found)

    def pairs(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.accept("}"):
            found.append(self.expression())
            self.expect(":")
            found.append(self.expression())
            if not self.accept(","):
                self.expect("}")
                break
        return tuple(found)

    def arguments(self) -> tuple[tuple[Node, ...], tuple[tuple[str, Node], ...]]:
        parts: list[Node] = []
        named: list[tuple[str, Node]] = []
        while not self.accept(")"):
            key = self.peek()
            if key.kind == "name" and self.tokens[self.at + 1].text == ":":
                self.at += 2
                named.append((key.text, self.expression()))
            else:
                parts.append(self.expression())
            if not self.accept(","):
                self.expect(")")
                break
        return tuple(parts), tuple(named)


def _text(written: str) -> Node:
    kind = "format" if written.startswith("f") else "text"
    bare = written.removeprefix("f")
    if bare.startswith("'''"):
        return Node(kind, bare[3:-3])
    return Node(kind, _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], bare[1:-1]))
