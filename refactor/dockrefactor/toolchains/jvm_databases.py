"""Files of embedded databases, as JDBC addresses name them in settings, variables and sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.toolchains.curly_syntax import Token

# databases that live in a file: https://www.h2database.com/html/features.html, https://github.com/xerial/sqlite-jdbc,
# http://hsqldb.org/doc/2.0/guide/dbproperties-chapt.html, https://db.apache.org/derby/docs/10.16/devguide/cdevdvlp17453.html
_DATABASE: Final = regex(r"jdbc:(?:h2|sqlite|hsqldb|derby|duckdb):(?P<place>[^;?\"'\s<>]*)")
_REMOTE: Final = regex(r"mem:|tcp:|ssl:|hsqls?:|https?:|//|:memory:|res:|classpath:|zip:")
_PLACES: Final = ("file:", "directory:", "nio:", "./")


def databases(text: str) -> Iterator[str | None]:
    """Files of embedded databases that a text names by their URL, None where computed."""
    for match in _DATABASE.finditer(text):
        place = match["place"].removeprefix("file:").removeprefix("directory:").removeprefix("nio:")
        if _REMOTE.match(place) or not place:
            continue
        yield None if "$" in place else place


def named(source: Sequence[Token]) -> Iterator[tuple[Token, str | None]]:
    """The addresses that a source writes out, each with the file that it names; None where that is computed."""
    for at, token in enumerate(source):
        if token.kind != "text" or token.value is None or not _DATABASE.match(token.value):
            continue
        text, end = token.value, at + 1
        while [item.kind for item in source[end : end + 2]] == ["mark", "text"] and source[end].value == "+":
            text, end = text + (source[end + 1].value or "$"), end + 2
        place = text.split(":", 2)[2]
        if end < len(source) and source[end].value == "+" and (not place or place.endswith(("/", *_PLACES))):
            text += "$"  # its name, or all of it, is computed
        yield from ((token, found) for found in databases(text))
