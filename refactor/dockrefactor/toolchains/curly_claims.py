"""Claims on files, programs and ports in one source file of Java, Kotlin or C#, by a table of the language's calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dockrefactor import program_outputs
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.toolchains.curly_syntax import Token, arguments, calls
from dockrefactor.toolchains.curly_values import Table, Values

_PATH_LIKE: Final = regex(r"[\w./-]*[/.][\w./-]+")


class SourceClaims:
    """What one file asks of the system; `table` tells what calls of its language mean."""

    def __init__(self, path: str, source: list[Token], values: Values, table: Table) -> None:
        self.path = path
        self.source = source
        self.values = values
        self.table = table

    def at(self, token: Token, says: str) -> Evidence:
        return Evidence(self.path, token.line, says)

    def _names(self, *keys: str) -> frozenset[str]:
        return frozenset(name for key in keys for name in self.table[key])

    def reads(self) -> Iterator[Claim]:
        for at, name in calls(self.source, self._names("paths", "reads")):
            value = self.values.of(self.source[at - name.count(".") * 2 - 1 : self._after(at)])
            yield Claim(value, self.at(self.source[at], f"`{name}` names a file"))

    def writes(self) -> Iterator[Claim]:
        for at, name in calls(self.source, self._names("writes", "writes_second", "writes_first")):
            given = arguments(self.source, at)
            place = 1 if name in self.table["writes_second"] else 0
            if name == "RandomAccessFile" and len(given) > 1 and given[1][0].value == "r":
                continue
            value = self.values.of(given[place]) if len(given) > place else None
            yield Claim(value, self.at(self.source[at], f"`{name}` writes"))
        for at, name in calls(self.source, self._writers()):
            if at < 2 or self.source[at - 2].value != ".":
                continue  # a method of the source's own
            if f"{self.source[at - 3].value}.{name}" in self._names("writes", "writes_second"):
                continue
            start = self._receiver(at - 3)
            yield Claim(self.values.of(self.source[start : at - 2]), self.at(self.source[at], f"`{name}` writes"))

    def _writers(self) -> frozenset[str]:
        """Methods that write what they are called on."""
        return self._names("writes_receiver")

    def programs(self) -> Iterator[Claim]:
        for at, name in calls(self.source, self._names("programs")):
            if name == "exec" and not self._is_runtime(at):
                continue
            inner = arguments(self.source, at)
            if not inner and name == "ProcessBuilder":
                yield Claim(None, self.at(self.source[at], f"`{name}` starts a program"))
                continue
            words = [token for token in (inner[0] if inner else []) if token.kind == "text"]
            literal = words[0].value if words and inner[0][0].kind == "text" else self._first_of_list(inner)
            value = literal.split()[0] if literal and literal.strip() else None
            yield Claim(value, self.at(self.source[at], f"`{name}` starts a program"))

    def outputs(self) -> Iterator[Claim]:
        """What programs write that the source starts: somewhere."""
        for at, name in calls(self.source, self._names("programs")):
            if name == "exec" and not self._is_runtime(at):
                continue
            given = [token.value for part in arguments(self.source, at) for token in part if token.kind == "text"]
            words = [word for text in given if text for word in text.split()]
            if words and program_outputs.may_write(words[0], words[1:]):
                yield Claim(None, self.at(self.source[at], f"`{name}` starts `{words[0]}`, which writes"))

    def _is_runtime(self, at: int) -> bool:
        """Whether an `exec` is of java.lang.Runtime: executors have methods of that name too."""
        before = [token.value for token in self.source[max(0, at - 8) : at]]
        return "getRuntime" in before or "runtime" in before or "Runtime" in before

    def _first_of_list(self, inner: list[list[Token]]) -> str | None:
        if not inner or inner[0][0].value not in ("List", "Arrays", "listOf", "new", "arrayOf", "mutableListOf"):
            return self.values.of(inner[0]) if inner else None
        return next((token.value for token in inner[0] if token.kind == "text"), None)

    def ports(self) -> Iterator[Claim]:
        for at, name in calls(self.source, self._names("ports", "ports_alone")):
            given = arguments(self.source, at)
            if name in self.table["ports_alone"] and len(given) != 1:
                continue
            for number, argument in enumerate(given):
                named = len(argument) == 3 and argument[0].value in ("port", "Port") and argument[1].value == "="
                alone = number == 0 and len(argument) == 1
                token = argument[-1]
                if (named or alone) and token.kind == "number" and (token.value or "").isdigit() and token.value != "0":
                    yield Claim(token.value, self.at(token, f"`{name}` listens"))

    def texts(self) -> Iterator[Claim]:
        for token in self.source:
            if token.kind == "text" and token.value and _PATH_LIKE.fullmatch(token.value):
                yield Claim(token.value, self.at(token, "is named"))

    def _after(self, opening: int) -> int:
        """The index behind the call that opens there."""
        depth = 0
        for at in range(opening, len(self.source)):
            if self.source[at].kind == "mark" and self.source[at].value in ("(", "[", "{"):
                depth += 1
            elif self.source[at].kind == "mark" and self.source[at].value in (")", "]", "}"):
                depth -= 1
                if depth == 0:
                    return at + 1
        return len(self.source)

    def _receiver(self, last: int) -> int:
        """The index where the expression that ends at `last` begins: names, calls and dots."""
        at, depth = last, 0
        while at >= 0:
            value = self.source[at].value
            if self.source[at].kind == "mark" and value in (")", "]"):
                depth += 1
            elif self.source[at].kind == "mark" and value in ("(", "["):
                depth -= 1
                if depth < 0:
                    return at + 1
            elif (depth == 0 and not (self.source[at].kind == "word" or value == ".")) or value == "return":
                return at + 1
            at -= 1
        return 0
