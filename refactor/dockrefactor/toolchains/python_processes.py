"""What a Python source starts, and what the started programs write where their command lines say so.

This module imports libcst: import it only to parse.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import libcst as cst

from dockrefactor import program_outputs
from dockrefactor.program_outputs import ASSIGNMENT, CARRIERS
from dockrefactor.tables import toml
from dockrefactor.toolchains.python_paths import COMPUTED_END, HERE, Value
from dockrefactor.toolchains.python_reading import Reading
from dockrefactor.toolchains.python_scopes import Scope, argument, unquoted
from dockrefactor.toolchains.python_shell_lines import INTERPRETER, UNKNOWN_PIECE, command_words

_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "/bin/sh", "/bin/bash", "/usr/bin/bash"})


@cache
def _single() -> frozenset[str]:
    return frozenset(toml("python_calls")["single"]["names"])


class Processes:
    """Reads the calls of one source that start processes, named in `data/python_calls.toml`."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def program(
        self, node: cst.BaseExpression | None, full: str, call: cst.Call, scope: Scope, depth: int = 0,
        is_whole: bool = True,
    ) -> None:  # fmt: skip
        if node is None or depth > 6:
            self.reading.note("programs", None, full, call)
            return
        if isinstance(node, cst.Name) and self.reading.known.value(node, scope) is None:
            bound = scope.lookup(node.value)
            grows = re.search(rf"\b{node.value}\s*(?:\+=|\.(?:append|extend|insert)\()", self.reading.text) is not None
            for value, where in bound:
                self.program(value, full, call, where, depth + 1, is_whole and not grows)
            if bound:
                return
        if isinstance(node, cst.IfExp):
            self.program(node.body, full, call, scope, depth + 1, is_whole)
            self.program(node.orelse, full, call, scope, depth + 1, is_whole)
            return
        joined = self._joined(node)
        if joined is not node:
            self.program(joined, full, call, scope, depth + 1, is_whole)
            return
        words = self._words(node)
        if words is not None:
            self._word_list(words, full, call, scope, depth)
            plain = [item.value for item in words if not isinstance(item, cst.StarredElement)]
            self.outputs(plain, full, call, scope, is_whole and len(plain) == len(words))
            return
        if isinstance(node, cst.BinaryOperation) and self._list_like(node.left, scope):
            self.program(node.left, full, call, scope, depth + 1, is_whole=False)
            return
        self._line(self._split_string(node), full, call, scope)

    def _words(self, node: cst.BaseExpression) -> list[cst.BaseElement] | None:
        return list(node.elements) if isinstance(node, cst.List | cst.Tuple) else None

    def _list_like(self, node: cst.BaseExpression, scope: Scope) -> bool:
        if isinstance(node, cst.Name):
            return any(value is not None and self._list_like(value, where) for value, where in scope.lookup(node.value))
        if isinstance(node, cst.BinaryOperation):
            return self._list_like(node.left, scope)
        return isinstance(node, cst.List | cst.Tuple)

    def _joined(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """`" ".join(["git", "status"])` -> the list."""
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or len(node.args) != 1:
            return node
        is_join = node.func.attr.value == "join" and unquoted(node.func.value) == " "
        return node.args[0].value if is_join else node

    def _split_string(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """`shlex.split("git status")` and `"git status".split()` -> the string."""
        if not isinstance(node, cst.Call):
            return node
        if self.reading.names.full(node.func) == "shlex.split":
            return argument(node, 0, "s") or node
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "split" and not node.args:
            return node.func.value
        return node

    def _word_list(self, words: list[cst.BaseElement], full: str, call: cst.Call, scope: Scope, depth: int) -> None:
        if not words:
            self.reading.note("programs", None, full, call)
            return
        if isinstance(words[0], cst.StarredElement):
            self.program(words[0].value, full, call, scope, depth + 1)
            return
        first = self.reading.known.shell_text(words[0].value, scope)
        if first == INTERPRETER:
            return
        self.reading.note("programs", None if UNKNOWN_PIECE in first or INTERPRETER in first else first, full, call)
        second = self.reading.known.value(words[1].value, scope) if len(words) > 2 else None
        if first in _SHELLS and second is not None and second.text in ("-c", "-lc", "-ec", "-xc"):
            self._line(words[2].value, full, call, scope)
        elif first in CARRIERS:
            rest = next((item for item in words[1:] if not self._is_option(item, scope)), None)
            if rest is not None:
                text = self.reading.known.shell_text(rest.value, scope)
                self.reading.note("programs", None if UNKNOWN_PIECE in text else text, full, call)

    def outputs(self, words: list[cst.BaseExpression], full: str, call: cst.Call, scope: Scope, is_whole: bool) -> None:
        """What a started program writes, where its command line says so."""
        argv = [self.reading.known.shell_text(word, scope) for word in words]
        for item in program_outputs.written(argv, is_whole):
            says = f"`{argv[0]}`, started by {full}"
            if isinstance(item, int):
                self.reading.path_of("writes", words[item], says, call, scope, folder=self._folder(call, scope))
            else:
                self._text_written(item, says, call, scope)

    def _folder(self, call: cst.Call, scope: Scope) -> Value | None:
        """Where a call starts its program, seen from the process; None where that is computed."""
        given = argument(call, len(call.args), "cwd")
        is_none = given is None or (isinstance(given, cst.Name) and given.value == "None")
        return HERE if is_none else self.reading.place(given, scope)

    def _text_written(self, text: str | None, says: str, call: cst.Call, scope: Scope) -> None:
        """A path of a command line; of one that ends in what is computed, the folder that is known."""
        if text is not None and UNKNOWN_PIECE in text:
            head = text.partition(UNKNOWN_PIECE)[0].rpartition("/")[0]
            text, says = (head or None), f"{says}, {COMPUTED_END}"
        self.reading.one_path("writes", Value(text) if text else None, says, call, self._folder(call, scope))

    def _is_option(self, item: cst.BaseElement, scope: Scope) -> bool:
        text = self.reading.known.shell_text(item.value, scope)
        return text.startswith("-") or ASSIGNMENT.match(text) is not None

    def _line(self, node: cst.BaseExpression, full: str, call: cst.Call, scope: Scope) -> None:
        text = self.reading.known.shell_text(node, scope)
        if full in _single():
            if text != INTERPRETER:
                self.reading.note(
                    "programs", None if UNKNOWN_PIECE in text or INTERPRETER in text else text, full, call
                )
            return
        for word in command_words(text):
            self.reading.note("programs", word, full, call)
        for path in program_outputs.of_line(text):
            self._text_written(path, f"what {full} starts", call, scope)
