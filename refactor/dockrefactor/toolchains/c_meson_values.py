"""Values of meson.build, and what expressions without an effect on the build evaluate to.

https://mesonbuild.com/Reference-manual.html -- what cannot be told is `UNKNOWN`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final

from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.c_meson_setup import Feature


@dataclass(frozen=True, slots=True)
class Unknown:
    """What stands for a value that cannot be told."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: `kind` is dependency, compiler, target, settings, module, program, machine or meson; `found` is None
    where it cannot be told."""

    kind: str
    name: str = ""
    found: bool | None = None


@dataclass(slots=True)
class File:
    """A file of the project, by its path below the sources."""

    path: str
    parts: list[str] = field(default_factory=list)


Value = Unknown | Thing | File | Feature | str | int | bool | None | list["Value"] | dict[str, "Value"]


def truth(value: Value) -> bool | None:
    """Whether a condition holds; None where that cannot be told."""
    return value if isinstance(value, bool) else None


def flat(value: Value) -> list[Value]:
    """Lists in lists as one list; a single value is a list of one."""
    if isinstance(value, list):
        return [item for part in value for item in flat(part)]
    return [] if value is None else [value]


def operated(kind: str, left: Value, right: Value) -> Value:
    """The result of an operator that is no `and` and no `or`."""
    if kind == "+" and isinstance(left, list):
        return left + (right if isinstance(right, list) else [right])
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if kind in ("==", "!="):
        return (left == right) == (kind == "==") if type(left) is type(right) else UNKNOWN
    if kind == "in":
        return left in right if isinstance(right, (list, dict)) and UNKNOWN not in right else UNKNOWN
    if isinstance(left, str) and isinstance(right, str):
        if kind == "+":
            return left + right
        if kind == "/":
            return posixpath.join(left, right)
    if kind == "+" and isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    return UNKNOWN


def indexed(value: Value, at: Value) -> Value:
    """An item of a list or of a dictionary."""
    if isinstance(value, list) and isinstance(at, int) and -len(value) <= at < len(value):
        return value[at]
    if isinstance(value, dict) and isinstance(at, str):
        return value.get(at, UNKNOWN)
    return UNKNOWN


def formatted(text: str, look: Callable[[str], Value]) -> Value:
    """A text with the values of `@name@` in it."""
    names = re.findall(r"@(\w+)@", text)
    values = {name: look(name) for name in names}
    if any(not isinstance(value, (str, int)) for value in values.values()):
        return UNKNOWN
    return re.sub(r"@(\w+)@", lambda match: str(values[match[1]]), text)


def of_value(value: Value, name: str, given: list[Value]) -> Value:
    """A method of a text, list, dictionary or option; UNKNOWN for one that is not known here."""
    if isinstance(value, Feature):
        if name in ("enabled", "disabled", "auto"):
            return value.value == name
        return value.value != "disabled" if name == "allowed" else UNKNOWN
    if isinstance(value, (list, dict)):
        return _of_many(value, name, given)
    return _of_text(value, name, given) if isinstance(value, str) else UNKNOWN


def _of_many(value: list[Value] | dict[str, Value], name: str, given: list[Value]) -> Value:
    if isinstance(value, dict):
        if name == "keys":
            return [*sorted(value)]
        if name in ("get", "has_key") and given and isinstance(given[0], str):
            other = given[1] if len(given) > 1 else UNKNOWN
            return given[0] in value if name == "has_key" else value.get(given[0], other)
        return UNKNOWN
    if name == "length":
        return len(value)
    if name == "contains" and given:
        return operated("in", given[0], value)
    return indexed(value, given[0]) if name == "get" and given else UNKNOWN


def _of_text(value: str, name: str, given: list[Value]) -> Value:
    plain: dict[str, Callable[[str], str]] = {
        "to_lower": str.lower,
        "to_upper": str.upper,
        "underscorify": lambda text: re.sub(r"[^a-zA-Z0-9]", "_", text),
    }
    if name in plain and not given:
        return plain[name](value)
    words = [item for item in given if isinstance(item, str)]
    if len(words) != len(given):
        return UNKNOWN
    if name == "strip" and not words:
        return value.strip()
    if name == "split":
        return [*value.split(words[0] if words else None)]
    if name in ("startswith", "endswith", "contains") and words:
        test = {"startswith": value.startswith, "endswith": value.endswith, "contains": value.__contains__}[name]
        return bool(test(words[0]))
    if name == "format":
        return re.sub(r"@(\d+)@", lambda match: dict(enumerate(words)).get(int(match[1]), match[0]), value)
    return value.replace(words[0], words[1]) if name == "replace" and len(words) == 2 else UNKNOWN
