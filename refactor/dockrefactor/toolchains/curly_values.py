"""What an expression of Java, Kotlin or C# that names a path is worth: a literal, a folder above it, or unknown.

What makes, changes or knows a path is told by a table of the language (`data/java_calls.toml`, `dotnet_calls.toml`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.toolchains.curly_syntax import Token, arguments, tokens

Table = Mapping[str, Any]

_CHANGES_NOTHING: Final = frozenset(
    {"toPath", "toFile", "getPath", "toString", "toAbsolutePath", "normalize", "getAbsolutePath", "absolutePath",
     "path", "getAbsoluteFile", "absoluteFile", "trim", "getName", "toUri"}
)  # fmt: skip
_GIVEN_FIRST: Final = frozenset({"resolve", "resolveSibling"})


class Values:
    """Values of one source file's names; `shared` holds those of every file's constants, `environment` the image's."""

    def __init__(
        self, source: Sequence[Token], shared: Mapping[str, str | None], environment: Mapping[str, str], table: Table
    ) -> None:
        self.environment = environment
        self.table = table
        self.names = {**shared, **assigned(source, environment, table, shared)}

    def of(self, expression: Sequence[Token]) -> str | None:
        """The path that an expression names, or the folder that it lies in; None where that is computed."""
        return _value(expression, self.names, self.environment, self.table)


def read_all(
    context: BuildContext, files: Iterable[str], foreign: tuple[str, ...]
) -> tuple[dict[str, list[Token]], list[Evidence]]:
    """The tokens of each source, and those that no one can read here: of `foreign` languages, or no text."""
    parsed: dict[str, list[Token]] = {}
    closed: list[Evidence] = []
    for path in files:
        text = context.read(path)
        if text is None or path.endswith(foreign):
            closed.append(Evidence(path, 0, "is not read"))
        else:
            parsed[path] = tokens(text)
    return parsed, closed


def constants(
    sources: Iterable[Sequence[Token]],
    environment: Mapping[str, str],
    table: Table,
    is_constant: Callable[[str], object],
) -> dict[str, str | None]:
    """Name -> value of what any of the sources assigns as a constant, None where they differ."""
    found: dict[str, str | None] = {}
    for source in sources:
        for name, value in assigned(source, environment, table).items():
            if is_constant(name):
                found[name] = value if name not in found or found[name] == value else None
    return found


def assigned(
    source: Sequence[Token],
    environment: Mapping[str, str],
    table: Table,
    shared: Mapping[str, str | None] | None = None,
) -> dict[str, str | None]:
    """Name -> value of the names that a source assigns once, None for those with another or more than one value."""
    found: dict[str, str | None] = dict.fromkeys(_given(source))
    for at, token in enumerate(source[1:-1], 1):
        if token.value != "=" or source[at - 1].kind != "word" or source[at + 1].value == "=":
            continue
        name = source[at - 1].value or ""
        value = _value(_until_end(source, at + 1), {**(shared or {}), **found}, environment, table)
        found[name] = value if name not in found or found[name] == value else None
    return found


def _given(source: Sequence[Token]) -> set[str]:
    """Names that are parameters, or run through a list, somewhere: their values come from elsewhere."""
    found: set[str] = set()
    for before, token, after in zip(source, source[1:], source[2:], strict=False):
        if token.kind != "word" or token.value in ("in", "is", "as", "new", "return"):
            continue
        declared = before.kind == "word" or before.value in (">", "]", "?")
        if (
            declared
            and before.value not in ("return", "throw", "new", "case", "in")
            and after.value in (",", ")", ":", "in")
        ) or (before.value in ("(", ",") and after.value == ":"):
            found.add(token.value or "")
    return found


def _until_end(source: Sequence[Token], start: int) -> list[Token]:
    """The tokens of an expression up to the end of its statement (Kotlin's ends with the line)."""
    found: list[Token] = []
    depth = 0
    for token in source[start : start + 60]:
        if token.value in ("(", "[", "{") and token.kind == "mark":
            depth += 1
        elif token.value in (")", "]", "}") and token.kind == "mark":
            depth -= 1
        if depth < 0 or (depth == 0 and token.kind == "mark" and token.value in (";", ",")):
            break
        continued = token.value in (".", "+", "?", ":") or (found and found[-1].value in (".", "+", "(", ",", "new"))
        if depth == 0 and found and token.line != found[-1].line and not continued and token.value != ")":
            break
        found.append(token)
    return found


def _value(
    tokens: Sequence[Token], names: Mapping[str, str | None], environment: Mapping[str, str], table: Table
) -> str | None:
    rest = list(tokens)
    while rest and rest[0].value == "new":
        rest.pop(0)
    if not rest:
        return None
    first = rest[0]
    if first.kind == "text":
        return _literal(rest, first.value)
    if first.kind != "word":
        return None
    dotted, at = _dotted(rest)
    if at < len(rest) and rest[at].value == "(":
        value = _called(dotted, arguments(rest, at), names, environment, table)
        return _followed(value, rest[_closing(rest, at) + 1 :])
    last = dotted.rpartition(".")[2]
    value = names.get(last, table.get("properties", {}).get(last))
    return _followed(value, rest[at:])


def _literal(rest: Sequence[Token], value: str | None) -> str | None:
    """A text, or the folder that it names when something is put behind it."""
    if value is None or len(rest) == 1:
        return value
    return _followed(value, rest[1:])


def _followed(value: str | None, rest: Sequence[Token]) -> str | None:
    """`value` after what stands behind it: methods that change nothing, a concatenation below it."""
    while value is not None and rest:
        if rest[0].value == "+":
            return _below(value, rest)
        if rest[0].value != "." or len(rest) < 2 or rest[1].kind != "word":
            return None
        name = rest[1].value or ""
        called = len(rest) > 2 and rest[2].value == "("
        if name in _GIVEN_FIRST and called:
            inner = arguments(rest, 2)
            literal = inner[0][0].value if inner and len(inner[0]) == 1 and inner[0][0].kind == "text" else None
            value = posixpath.join(value, literal) if literal is not None else value
        elif name not in _CHANGES_NOTHING:
            return None
        rest = rest[_closing(rest, 2) + 1 :] if called else rest[2:]
    return value


def _below(value: str, rest: Sequence[Token]) -> str | None:
    """`value` with what is put behind it, or the folder that this lies in."""
    written = value
    at = 0
    while at + 1 < len(rest) and rest[at].value == "+" and rest[at + 1].kind == "text":
        written += rest[at + 1].value or ""
        if rest[at + 1].value is None:
            break
        at += 2
    if at >= len(rest):
        return written
    return posixpath.dirname(written) if "/" in written else None


def _called(
    name: str,
    given: list[list[Token]],
    names: Mapping[str, str | None],
    environment: Mapping[str, str],
    table: Table,
) -> str | None:
    last_two = ".".join(name.split(".")[-2:])
    last = name.rpartition(".")[2]
    literal = given[0][0].value if given and len(given[0]) == 1 and given[0][0].kind == "text" else None
    if last_two == "System.getProperty" and literal in table.get("folders", {}):
        return str(table["folders"][literal])
    words = {token.value for argument in given for token in argument}
    if last_two in table.get("known", {}) and words.isdisjoint(table.get("unsettled", ())):
        return str(table["known"][last_two])
    if last in ("getenv", "getProperty", "getOrDefault", "get", "GetEnvironmentVariable") and literal in environment:
        return environment[literal or ""]
    if last in ("getProperty", "getOrDefault") and len(given) > 1:
        return None  # its default may be another one's value
    if last in table["temporary"]:
        return "/tmp"
    named = (*table["paths"], *table["reads"], *table["writes"])
    if last_two in named or last in named:
        parts = [_value(item, names, environment, table) for item in given]
        if not parts:
            return "."
        if parts[0] is None:
            return None
        known = [part for part in parts if part is not None]
        return posixpath.join(*known) if len(known) == len(parts) else parts[0]
    return None


def _dotted(rest: Sequence[Token]) -> tuple[str, int]:
    """A dotted name at the head of `rest`, as far as its parts are no calls, and the index behind it."""
    name, at = rest[0].value or "", 1
    while at + 1 < len(rest) and rest[at].value == "." and rest[at + 1].kind == "word":
        following = rest[at + 2].value if at + 2 < len(rest) else ""
        word = rest[at + 1].value or ""
        if following != "(" and word in _CHANGES_NOTHING:
            break
        if following == "(" and (word in _CHANGES_NOTHING or word in _GIVEN_FIRST):
            break
        name = f"{name}.{word}"
        at += 2
    return name, at


def _closing(rest: Sequence[Token], opening: int) -> int:
    depth = 0
    for at in range(opening, len(rest)):
        if rest[at].kind != "mark":
            continue
        if rest[at].value in ("(", "[", "{"):
            depth += 1
        elif rest[at].value in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return at
    return len(rest) - 1
