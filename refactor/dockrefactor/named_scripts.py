"""Shell scripts of the context that the program's sources name: they may start them, and with them other programs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor import shell, tables
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim

if TYPE_CHECKING:
    from dockrefactor.facts import Facts

_SUFFIXES: Final = (".bash", ".sh")
_PREFIXES: Final = frozenset({"command", "exec", "sudo", "time"})
_PASSING: Final = ("/dev/", "/tmp/")
Named = tuple[str, int, shell.Command]
"""(script, line, command)."""


def programs(commands: Iterable[Named]) -> Iterator[Claim]:
    """The programs that the commands of such scripts start, and those of scripts that they name."""
    for path, line, command in commands:
        for word in command.argv[: 2 if command.name in _PREFIXES else 1]:
            yield Claim(word, Evidence(path, line, f"`{word}` is started"))


def unknown(commands: Iterable[Named]) -> Iterator[tuple[str, Evidence]]:
    """The commands of such scripts that make or change files which stay: where these are, the caller may tell."""
    table = tables.toml("commands")
    for path, line, command in commands:
        targets = [item.target.text for item in command.redirects if item.target and ">" in item.operator]
        kept = [target for target in targets if not target.startswith(_PASSING) and not target.isdigit()]
        kind = table.get(command.name, {}).get("kind")
        if kept or kind == "files" or (kind == "download" and not _prints(command)):
            says = f"`{command.name or kept[0]}` writes in a script that the sources name"
            yield "writes-unknown-path", Evidence(path, line, says)


def _prints(command: shell.Command) -> bool:
    """Whether a download is printed: curl does so by itself, wget where `-O -` tells it to."""
    options = [word for word in command.argv[1:] if word.startswith("-")]
    if command.name == "curl":
        return not any(word.startswith(("--output", "--remote-name")) or _has(word, "oO") for word in options)
    return any(_has(word, "O") for word in options) and any(word.endswith("-") for word in command.argv)


def _has(word: str, letters: str) -> bool:
    """Whether a word is a cluster of short options with one of the letters."""
    return word[:2] != "--" and any(letter in word for letter in letters)


def commands(facts: Facts) -> Iterator[Named]:
    """The commands of all such scripts."""
    from dockrefactor import program_sources

    followed = set(facts.launch.scripts.values())
    unread = {path for path in facts.context.files("", _SUFFIXES) if path not in followed}
    pending = [facts.context.read(path) or "" for path in program_sources.of_running(facts)] if unread else []
    while pending and unread:
        text = pending.pop()
        for path in sorted(path for path in unread if _names(text, posixpath.basename(path))):
            unread.discard(path)
            script = facts.context.read(path) or ""
            pending.append(script)
            for outer in shell.parse(script).commands:
                for command in (outer, *outer.pieces):
                    yield path, script.count("\n", 0, outer.start) + 1, command


def _names(text: str, name: str) -> bool:
    """Whether a text has the name of a script as a word of a quoted path or command."""
    return name in text and re.search(rf"""['"`/ ]{re.escape(name)}(?=['"`\s;|&)])""", text) is not None
