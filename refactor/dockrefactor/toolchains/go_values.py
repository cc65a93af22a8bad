"""String values of Go expressions: every value that the source shows to be possible.

An expression has alternatives, since a variable may be set in several places. Environment variables and command line
flags are known where the caller says how the program is launched; else their defaults stand beside an unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.go_package import Bound, GoPackage, bindings
from dockrefactor.toolchains.go_syntax import STRINGS, GoFile, literal_text, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH: Final = 12
MAX_ALTERNATIVES: Final = 16
MAX_STEPS: Final = 500
_JOINS: Final = frozenset({("path/filepath", "Join"), ("path", "Join")})
_SAME: Final = frozenset(
    {
        *(("path/filepath", name) for name in ("Clean", "FromSlash", "ToSlash", "Abs")),
        ("path", "Clean"),
        ("strings", "TrimSpace"),
        ("strconv", "Itoa"),
    }
)
_ENVIRONMENT: Final = frozenset({("os", "Getenv"), ("os", "LookupEnv")})
_FLAG_PACKAGES: Final = frozenset({"flag", "github.com/spf13/pflag"})
# name of the function -> position of the flag's name; the default follows it
_FLAGS: Final = {"String": 0, "Int": 0, "Uint": 0, "StringVar": 1, "IntVar": 1, "UintVar": 1}
_VERB: Final = regex(r"%[sdv]|%")


@dataclass(frozen=True, slots=True)
class Text:
    """A string: all of it where `complete`, else the part before what the program computes."""

    value: str
    complete: bool


Alternatives = tuple[Text | None, ...]
UNKNOWN: Final[Alternatives] = (None,)


class Values:
    """Evaluates expressions of a program; `packages` are all of its packages, by import path.

    `environment` and `arguments` (without the program's own name) are those of the launch, None where not known.
    """

    def __init__(
        self,
        packages: Mapping[str, GoPackage],
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] | None = None,
    ) -> None:
        self._packages = packages
        self._environment = environment
        self._arguments = arguments
        self._open: set[tuple[str, str]] = set()
        self._steps = 0

    def texts(self, package: GoPackage, file: GoFile, node: Node, depth: int = 0) -> Alternatives:
        """The values that a string expression may have; None among them for one whose beginning is not known."""
        if depth == 0:
            self._steps = 0
        if depth > MAX_DEPTH:
            return UNKNOWN
        if node.type in STRINGS:
            return (Text(literal_text(node), True),)
        if node.type == "int_literal":
            return (Text(text_of(node), True),)
        if node.type == "binary_expression":
            return self._concatenation(package, file, node, depth)
        if node.type == "parenthesized_expression":
            return self.texts(package, file, node.named_children[0], depth + 1)
        if node.type in ("call_expression", "type_conversion_expression"):
            return self._call(package, file, node, depth)
        if node.type == "unary_expression":
            return self._dereferenced(package, file, node, depth)
        return self._named(package, file, node, depth)

    def elements(self, package: GoPackage, file: GoFile, node: Node) -> Alternatives:
        """The values of one argument: several for `list...` and for a slice literal."""
        here = node.named_children[0] if node.type == "variadic_argument" else node
        bound = self._bound(package, file, here) if here.type == "identifier" else ()
        places = bound or (Bound(package, file, here),)
        found: list[Text | None] = []
        for place in places:
            if place.node is not None and place.node.type == "composite_literal":
                body = place.node.child_by_field_name("body")
                for item in body.named_children if body is not None else ():
                    inner = item.named_children[0] if item.type == "literal_element" and item.named_children else item
                    found += self.texts(place.package, place.file, inner) if item.type != "comment" else ()
            else:
                return self.texts(package, file, here) if here.type != "composite_literal" else UNKNOWN
        return tuple(found)

    def _bound(self, package: GoPackage, file: GoFile, node: Node) -> tuple[Bound, ...]:
        if node.type == "selector_expression":
            target = file.qualified(node)
            other = self._packages.get(target[0]) if target is not None else None
            return other.globals.get(target[1], ()) if target is not None and other is not None else ()
        return bindings(package, file, node) if node.type == "identifier" else ()

    def _named(self, package: GoPackage, file: GoFile, node: Node, depth: int) -> Alternatives:
        key = (package.folder, text_of(node))
        places = self._bound(package, file, node)
        if key in self._open or len(places) > MAX_ALTERNATIVES or self._steps > MAX_STEPS:
            return UNKNOWN  # a value made of itself, or by too many hands
        self._steps += 1
        self._open.add(key)
        found: list[Text | None] = []
        for bound in places:
            found += self.texts(bound.package, bound.file, bound.node, depth + 1) if bound.node is not None else UNKNOWN
        self._open.discard(key)
        # an unset environment variable, for which the program has another value
        filled = [text for text in found if text is None or text.value or not text.complete]
        return _distinct(filled or found) or UNKNOWN

    def _concatenation(self, package: GoPackage, file: GoFile, node: Node, depth: int) -> Alternatives:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None or text_of(operator) != "+":
            return UNKNOWN
        first = self.texts(package, file, left, depth + 1)
        second = self.texts(package, file, right, depth + 1)
        return _distinct(_added(before, after) for before, after in product(first, second))

    def _dereferenced(self, package: GoPackage, file: GoFile, node: Node, depth: int) -> Alternatives:
        operator, operand = node.child_by_field_name("operator"), node.child_by_field_name("operand")
        if operator is None or operand is None or text_of(operator) != "*":
            return UNKNOWN
        return self._named(package, file, operand, depth)

    def _call(self, package: GoPackage, file: GoFile, node: Node, depth: int) -> Alternatives:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return UNKNOWN
        given = [item for item in arguments.named_children if item.type != "comment"]
        target = file.qualified(function)
        if target is not None and target[0] in _FLAG_PACKAGES and target[1] in _FLAGS:
            return self._flag(package, file, given[_FLAGS[target[1]] :], depth)
        if target == ("os", "TempDir"):
            return (Text("/tmp", True),)
        parts = [self.texts(package, file, item, depth + 1) for item in given[:8]]
        if target in _ENVIRONMENT and parts:
            return _distinct(self._variable(name) for name in parts[0])
        if target in _JOINS:
            return _distinct(_joined(choice) for choice in _choices(parts))
        if target == ("fmt", "Sprintf"):
            return _distinct(_formatted(choice) for choice in _choices(parts))
        if target in _SAME and parts:
            return parts[0]
        if len(parts) == 2 and self._reads_environment(package, function, target):
            return self._with_default(parts)
        return UNKNOWN

    def _variable(self, name: Text | None) -> Text | None:
        if self._environment is None or name is None or not name.complete:
            return None
        return Text(self._environment.get(name.value, ""), True)

    def _with_default(self, parts: list[Alternatives]) -> Alternatives:
        """`getenv(name, default)`: a function of the program that looks up its first argument."""
        found: list[Text | None] = []
        for name in parts[0]:
            value = self._variable(name)
            found += [value] if value is None or value.value else []
            found += parts[1] if value is None or not value.value else ()
        return _distinct(found)

    def _reads_environment(self, package: GoPackage, function: Node, target: tuple[str, str] | None) -> bool:
        """Whether a two-argument function returns an environment variable, or else its second argument."""
        other = self._packages.get(target[0]) if target is not None else package
        name = target[1] if target is not None else text_of(function)
        declared = other.functions.get(name) if other is not None else None
        if declared is None or len(declared.parameters) != 2:
            return False
        key, default = map(re.escape, declared.parameters)
        looked_up = re.search(rf"\bos\.(?:Getenv|LookupEnv)\(\s*{key}\s*\)", declared.body)
        return bool(looked_up and re.search(rf"\breturn\s+{default}\b", declared.body))

    def _flag(self, package: GoPackage, file: GoFile, given: list[Node], depth: int) -> Alternatives:
        if len(given) < 2:
            return UNKNOWN
        default = self.texts(package, file, given[1], depth + 1)
        names = self.texts(package, file, given[0], depth + 1)
        name = names[0] if len(names) == 1 else None
        if self._arguments is None or name is None or not name.complete:
            return _distinct((*UNKNOWN, *default))
        return _flag_value(name.value, self._arguments, default)


def single(alternatives: Alternatives) -> Text | None:
    """The value where there is one alone."""
    return alternatives[0] if len(alternatives) == 1 else None


def _flag_value(name: str, arguments: Sequence[str], default: Alternatives) -> Alternatives:
    for place, word in enumerate(arguments):
        flag, equals, value = word.partition("=")
        if flag in (f"-{name}", f"--{name}"):
            if equals:
                return (Text(value, True),)
            return (Text(arguments[place + 1], True),) if place + 1 < len(arguments) else UNKNOWN
    return default


def _distinct(texts: Iterable[Text | None]) -> Alternatives:
    found = tuple(dict.fromkeys(texts))
    return found if len(found) <= MAX_ALTERNATIVES else UNKNOWN


def _choices(parts: list[Alternatives]) -> Iterable[tuple[Text | None, ...]]:
    count = 1
    for part in parts:
        count *= len(part)
    return product(*parts) if count <= MAX_ALTERNATIVES else ()


def _added(before: Text | None, after: Text | None) -> Text | None:
    if before is None or not before.complete:
        return before
    return Text(before.value + after.value, after.complete) if after is not None else Text(before.value, False)


def _joined(parts: tuple[Text | None, ...]) -> Text | None:
    known: list[str] = []
    for part in parts:
        if part is None:
            return Text(posixpath.join(*known) + "/", False) if known else None
        known.append(part.value)
        if not part.complete:
            return Text(posixpath.join(*known), False)
    return Text(posixpath.normpath(posixpath.join(*known)), True) if known else None


def _formatted(parts: tuple[Text | None, ...]) -> Text | None:
    """`Sprintf` with plain verbs; what follows an unknown argument or another verb is left off."""
    pattern, *arguments = parts or (None,)
    if pattern is None:
        return None
    value, place = "", 0
    for verb in _VERB.finditer(pattern.value):
        value += pattern.value[place : verb.start()]
        text = arguments.pop(0) if verb[0] != "%" and arguments else None
        if text is None:
            return Text(value, False)
        value, place = value + text.value, verb.end()
        if not text.complete:
            return Text(value, False)
    return Text(value + pattern.value[place:], pattern.complete)
