"""Settings files in the resources of a Java project: ports, and files that frameworks and loggers write."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.patterns import regex
from dockrefactor.toolchains.jvm_databases import databases
from dockrefactor.toolchains.jvm_sources import is_test

_LINE: Final = regex(r"(?P<indent>[ \t]*)(?:- )?(?P<key>[\w.\[\]-]+|\"[^\"]+\")\s*[:=]\s*(?P<value>.*?)\s*$")
_PLACE: Final = regex(r"\$\{([\w.-]+)(?::([^{}]*))?\}")
_LOG_FILE: Final = regex(
    r"<file>\s*([^<\s]+)\s*</file>|file(?:Name|Pattern)=\"([^\"]+)\"|fileNamePattern>\s*([^<\s]+)"
    r"|(?:\.File|\.fileName|FileHandler\.pattern|writer\.file)\s*=\s*(\S+)"
)


def read(context: BuildContext, folders: Iterable[str], environment: Mapping[str, str]) -> SourceNeeds:
    """What the settings below these context folders say; `environment` is that of the container.

    A value that a variable without a default gives is unknown.
    """
    table = tables.toml("java_settings")
    ports: list[Claim] = []
    writes: list[Claim] = []
    reads: list[Claim] = []
    suffixes = (".properties", ".yml", ".yaml", ".xml", ".conf")
    for path in sorted({path for folder in folders for path in context.files(folder, suffixes)}):
        if is_test(path) or "/target/" in f"/{path}" or "/build/" in f"/{path}":
            continue
        name = posixpath.basename(path).lower()
        if _matches(name, table["logging"]):
            writes += _logged(context, path, environment)
        if not _matches(name, table["files"]):
            continue
        for key, value, line in _entries(context.read(path) or ""):
            known = _filled(value, environment)
            evidence = Evidence(path, line, key)
            if key in table["ports"]:
                ports.append(Claim(known if known and known.isdigit() else None, evidence))
            elif key in table["writes"] and value:
                writes.append(Claim(known, evidence))
            writes += [Claim(place, evidence) for place in databases(known if known is not None else value)]
            if known is not None and known.startswith("file:"):
                reads.append(Claim(known.removeprefix("file:"), evidence))
    return SourceNeeds(ports=tuple(ports), writes=tuple(writes), reads=tuple(reads))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _entries(text: str) -> Iterator[tuple[str, str, int]]:
    """(dotted key, value, line) of properties, YAML and HOCON, as far as their lines say."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", "!", "//")):
            continue
        match = _LINE.match(line)
        if match is None:
            opened = re.match(r"([ \t]*)([\w.-]+)\s*\{", line)
            if opened:
                above = [item for item in above if item[0] < len(opened[1])]
                above.append((len(opened[1]), opened[2]))
            continue
        indent = len(match["indent"])
        above = [item for item in above if item[0] < indent]
        key = ".".join([*(name for _, name in above), match["key"].strip('"')])
        value = match["value"].strip("\"'")
        if value in ("", "{"):
            above.append((indent, match["key"].strip('"')))
        else:
            yield key, value, number


def _filled(value: str, environment: Mapping[str, str]) -> str | None:
    """`value` with its variables replaced; None where one has neither a value nor a default."""
    unknown = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal unknown
        found = environment.get(match[1], environment.get(match[1].upper().replace(".", "_"), match[2]))
        unknown = unknown or found is None
        return found or ""

    filled = _PLACE.sub(replaced, value)
    return None if unknown or "${" in filled else filled


def _logged(context: BuildContext, path: str, environment: Mapping[str, str]) -> Iterator[Claim]:
    text = context.read(path) or ""
    named = dict(re.findall(r"<(?:property|variable|Property)\s+name=\"([\w.-]+)\"\s+value=\"([^\"]*)\"", text))
    named |= dict(re.findall(r"<[Pp]roperty\s+name=\"([\w.-]+)\">([^<]*)<", text))
    known = {**named, **environment}
    for match in _LOG_FILE.finditer(text):
        written = next(group for group in match.groups() if group)
        value: str | None = written.replace("%d", "").replace("${sys:user.dir}", ".")
        for _ in range(4):
            if value is None or "${" not in value:
                break
            value = _logger_value(value, known)
        yield Claim(value, Evidence(path, text.count("\n", 0, match.start()) + 1, "a logger writes"))


def _logger_value(text: str, known: Mapping[str, str]) -> str | None:
    """One round of replacing `${NAME:-default}` as loggers spell it."""
    found: list[str | None] = []

    def replaced(match: re.Match[str]) -> str:
        name = match[1].removeprefix("env:").removeprefix("sys:")
        value = {"java.io.tmpdir": "/tmp", "user.dir": "."}.get(name, known.get(name, match[2]))
        found.append(value)
        return value or ""

    filled = re.sub(r"\$\$?\{([\w.:]+?)(?::-([^{}]*))?\}", replaced, text)
    return None if not found or None in found else filled
