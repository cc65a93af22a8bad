"""The data files of the package, read once each, and only as far as something is asked of them.

A wheel has the TOML files as lines of a key and its value in JSON too (`generate/compiled_tables.py`), which is what
is read there. In a checkout a TOML file is cut at its headers. Either way a value is parsed when it is first looked up,
since most runs need few of them and the parser of the standard library is slow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from dockrefactor.patterns import regex

_DATA: Final = Path(__file__).parent / "data"
_KEY: Final = regex(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*(?:\.|$)""")


@cache
def toml(name: str) -> Mapping[str, Any]:
    """The table `data/<name>.toml`."""
    try:
        return _Compiled(text(f"{name}.compiled"))
    except FileNotFoundError:
        return cut(text(f"{name}.toml"))


def cut(written: str) -> Mapping[str, Any]:
    """The table that a TOML text is, parsed as far as it is looked at."""
    import tomllib

    # a header stands at the start of a line, which nothing else in these files begins with a bracket
    root, *parts = ("\n" + written).split("\n[")
    return _Table([(_path(part), "[" + part) for part in parts], tomllib.loads(root))


@cache
def text(name: str) -> str:
    """The text of a file of `data/`."""
    return (_DATA / name).read_text(encoding="utf-8")


def rows(name: str, key: str) -> Iterator[Sequence[str]]:
    """The cells of every line of a tab-separated file of `data/` whose first cell is `key`, in their order."""
    content, start = text(name), f"\n{key}\t"
    at = content.find(start)
    while at >= 0:
        end = content.find("\n", at + 1)
        yield content[at + 1 : end if end >= 0 else None].split("\t")
        at = content.find(start, at + 1)


class _Compiled(Mapping[str, Any]):
    """A table of lines: a key, a tab, and the value as JSON."""

    def __init__(self, written: str) -> None:
        self._written: dict[str, str] = dict(line.split("\t", 1) for line in written.split("\n"))
        self._values: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            self._values[key] = json.loads(self._written[key])
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


class _Table(Mapping[str, Any]):
    """A table whose sub-tables are parsed when they are looked up. `sections`: the path of each header below this
    table, with the text that it heads; `values`: what is already known."""

    def __init__(self, sections: list[tuple[tuple[str, ...], str]], values: dict[str, Any], depth: int = 0) -> None:
        self._values = values
        self._depth = depth
        self._sections: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for path, body in sections:
            self._sections.setdefault(path[depth], []).append((path, body))

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            self._values[key] = self._parse(key, self._sections[key])
        return self._values[key]

    def _parse(self, key: str, sections: list[tuple[tuple[str, ...], str]]) -> Any:
        depth = self._depth + 1
        if all(len(path) > depth and not body.startswith("[[") for path, body in sections):
            return _Table(sections, {}, depth)
        import tomllib

        found: Any = tomllib.loads("\n".join(body for _, body in sections))
        for part in (*sections[0][0][: self._depth], key):
            found = found[part]
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._values or key in self._sections

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*self._values, *self._sections])

    def __len__(self) -> int:
        return len({*self._values, *self._sections})


def _path(section: str) -> tuple[str, ...]:
    """The keys of the header that `section` begins with, its first bracket taken off."""
    line = section.partition("\n")[0]
    written = line[: line.rindex("]")]
    if section.startswith("["):  # one of an array of tables
        written = written[1:-1]
    if written.isidentifier():
        return (written,)
    return tuple(double or single or bare for double, single, bare in _KEY.findall(written))
