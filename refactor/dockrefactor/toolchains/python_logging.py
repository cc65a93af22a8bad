"""Log files that settings of `logging` name: `--log-config`, `fileConfig` and `dictConfig` read them.

Source: https://docs.python.org/3/library/logging.config.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex

_SETTINGS: Final = (".ini", ".conf", ".cfg", ".yaml", ".yml", ".json", ".toml")
_READERS: Final = regex(r"\b(?:fileConfig|dictConfig)\b|\blog_config\b")
_HANDLER: Final = regex(r"File_?Handler\b", re.IGNORECASE)
# a value in YAML, JSON, TOML or as a keyword; the arguments of a handler in an INI file
_NAMED: Final = regex(
    r"""^[\s{,-]*["']?filename["']?\s*[:=]\s*(?P<value>.*?)[\s,}]*$|['"]filename['"]\s*:\s*(?P<inner>[^,}]+)"""
)
_ARGUMENTS: Final = regex(r"^\s*args\s*=\s*\(\s*(?P<value>[^,)]*)")
_CLASS: Final = regex(r"^\s*class\s*=\s*(?P<name>\S+)")
_LITERAL: Final = regex(r"""(?P<quote>["']?)(?P<path>[^"'%${}()<>]+)(?P=quote)""")


def written(facts: Facts) -> Iterator[Claim]:
    """Paths as the settings spell them, relative ones to the process's folder; None where one is computed."""
    if not _is_configured(facts):
        return
    yield from facts.context.once((written,), lambda: tuple(_in_settings(facts.context)))


def _in_settings(context: BuildContext) -> Iterator[Claim]:
    for path in context.files("", _SETTINGS):
        text = context.read(path) or ""
        if _HANDLER.search(text):
            yield from _of_settings(path, text)


def _is_configured(facts: Facts) -> bool:
    if any(word.startswith("--log-config") for item in facts.launch.started for word in item.argv):
        return True
    return facts.context.once((_is_configured,), lambda: _sources_configure(facts.context))


def _sources_configure(context: BuildContext) -> bool:
    texts = (context.read(path) or "" for path in context.files("", (".py",)))
    return any("onfig" in text and _READERS.search(text) is not None for text in texts)


def _of_settings(path: str, text: str) -> Iterator[Claim]:
    handler = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", ";")):
            continue
        named = _CLASS.match(line)
        if line.lstrip().startswith("["):
            handler = ""
        handler = named["name"] if named is not None else handler
        found = _NAMED.search(line)
        value = (found["value"] or found["inner"]) if found is not None else None
        arguments = _ARGUMENTS.match(line) if _HANDLER.search(handler) else None
        if arguments is not None:
            value = arguments["value"]
        if value is not None:
            literal = _LITERAL.fullmatch(value.strip())
            yield Claim(literal["path"].strip() if literal is not None else None, Evidence(path, number, "a log file"))


__all__ = ["written"]
