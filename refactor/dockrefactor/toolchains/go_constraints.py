"""Which Go files a build for Linux may compile: file names and `//go:build` lines in three-valued logic.

The processor and whether cgo is on are not known here: a file is left out only where it surely is.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Final

from dockrefactor.patterns import regex

Truth = bool | None

# https://go.dev/src/internal/syslist/syslist.go
SYSTEMS: Final = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
        "zos",
    ]
)
PROCESSORS: Final = frozenset(
    [
        "386",
        "amd64",
        "amd64p32",
        "arm",
        "armbe",
        "arm64",
        "arm64be",
        "loong64",
        "mips",
        "mipsle",
        "mips64",
        "mips64le",
        "mips64p32",
        "mips64p32le",
        "ppc",
        "ppc64",
        "ppc64le",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
    ]
)
_TRUE: Final = frozenset({"linux", "unix", "gc"})
_TOKEN: Final = regex(r"\s*(&&|\|\||!|\(|\)|[\w.]+)")


def may_compile(path: str, text: str, tags: frozenset[str] = frozenset()) -> bool:
    """Whether a Linux build with `tags` may compile the file; test files never are."""
    name = posixpath.basename(path)
    if not name.endswith(".go") or name.endswith("_test.go") or name.startswith(("_", ".")):
        return False
    return _name_fits(name) and _constraint(text, tags) is not False


def _name_fits(name: str) -> bool:
    parts = name.partition(".")[0].split("_")[1:]
    if parts and parts[-1] in PROCESSORS:
        parts.pop()
    return not parts or parts[-1] not in SYSTEMS or parts[-1] == "linux"


def _header(text: str) -> list[str]:
    """The lines before the package clause."""
    lines = []
    for line in text.splitlines():
        if line.startswith("package "):
            break
        lines.append(line.strip())
    return lines


def _constraint(text: str, tags: frozenset[str]) -> Truth:
    if "//go:build" not in text and "+build" not in text:
        return True
    header = _header(text)
    for line in header:
        if line.startswith("//go:build "):
            return _Expression(line.removeprefix("//go:build "), tags).value()
    old = [match[1] for line in header if (match := re.match(r"//\s*\+build\s+(.*)", line))]
    return _all(_any(_all(_term(term, tags) for term in option.split(",")) for option in line.split()) for line in old)


def _term(term: str, tags: frozenset[str]) -> Truth:
    if term.startswith("!"):
        return _negate(_tag(term[1:], tags))
    return _tag(term, tags)


def _tag(tag: str, tags: frozenset[str]) -> Truth:
    if tag in tags or tag in _TRUE:
        return True
    if tag == "cgo" or tag in PROCESSORS or re.fullmatch(r"go1(\.\d+)?", tag):
        return None
    return False


def _negate(value: Truth) -> Truth:
    return None if value is None else not value


def _all(values: Iterable[Truth]) -> Truth:
    found = list(values)
    if False in found:
        return False
    return None if None in found else True


def _any(values: Iterable[Truth]) -> Truth:
    found = list(values)
    if True in found:
        return True
    return None if None in found else False


class _Expression:
    """A `//go:build` expression, read by recursive descent; one that is not well formed has the value None."""

    def __init__(self, text: str, tags: frozenset[str]) -> None:
        self._tokens = _TOKEN.findall(text.partition("//")[0])
        self._tags = tags

    def value(self) -> Truth:
        result = self._either()
        return None if self._tokens else result

    def _take(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

    def _either(self) -> Truth:
        values = [self._both()]
        while self._take("||"):
            values.append(self._both())
        return _any(values)

    def _both(self) -> Truth:
        values = [self._single()]
        while self._take("&&"):
            values.append(self._single())
        return _all(values)

    def _single(self) -> Truth:
        if self._take("!"):
            return _negate(self._single())
        if self._take("("):
            value = self._either()
            return value if self._take(")") else None
        return _tag(self._tokens.pop(0), self._tags) if self._tokens else None
