"""What Elixir sources ask of the system: programs that they start, files that they read and write, ports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dockrefactor import program_outputs
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.patterns import regex
from dockrefactor.tables import toml
from dockrefactor.toolchains.elixir_project import without_comments

_DOCUMENTATION: Final = regex(r'@(?:module|type)?doc\s+~?[sS]?"""(?:.|\n)*?"""')
_SERVER: Final = regex(r"https?:\s*\[[^\]]*?\bport:\s*(\d+)|:gen_tcp\.listen\(\s*(\d+)|\bport:\s*(80|443)\b")
# a call, or a port, with the text that follows; what is computed has none
_STARTED: Final = regex(
    r"(?:(?:System\.shell|MuonTrap\.shell|:os\.cmd)[ \t]*(?:\(\s*|[ \t](?=[\"'~]))|\{:spawn(?:_executable)?,\s*)"
    r"(?:(?:~c)?(?P<quote>[\"'])(?P<line>(?:#\{[^}]*\}|(?!(?P=quote)).)*))?"
)
_COMMAND: Final = regex(
    r"(?:System|MuonTrap)\.cmd[ \t(]\s*\"(?P<name>[^\"#]+)\"(?:\s*,\s*\[(?P<words>[^\]]*)\])?", re.DOTALL
)
_FOLDER: Final = regex(r"[^)\n]*\bcd:")
_WORD: Final = regex(r"\"([^\"#]*)\"")
_INTERPOLATED: Final = regex(r"#\{[^}]*\}")
# a part of a text that only a run knows
_HOLE: Final = "\x01"
_SHELL_WORDS: Final = frozenset({"cd", "echo", "exit", "true", "test", "["})


def read_sources(context: BuildContext, files: Iterable[str]) -> SourceNeeds:
    """The needs of the sources at these context paths; paths of the answer are as the sources spell them.

    A path in an application's own `priv` folder is in the release, and no claim.
    """
    table = toml("elixir_mix")
    programs: list[Claim] = []
    reads: list[Claim] = []
    writes: list[Claim] = []
    ports: list[Claim] = []
    unreadable: list[Evidence] = []
    for path in files:
        text = context.read(path)
        if text is None:
            unreadable.append(Evidence(path, 0, "cannot be read"))
            continue
        body = _DOCUMENTATION.sub(lambda found: "\n" * found[0].count("\n"), without_comments(text))
        for names, claims in ((table["starts"], programs), (table["reads"], reads), (table["writes"], writes)):
            claims += _calls(path, body, names)
        for started in _STARTED.finditer(body):
            # the program of a port may be looked up first, which is a call of its own
            if started["line"] is None and body[started.end() :].startswith("System.find_executable("):
                continue
            programs += [_claim(path, body, started, name) for name in _programs_of(started["line"])]
            line = _INTERPOLATED.sub(_HOLE, started["line"] or "")
            outputs = [_known(output) for output in program_outputs.of_line(line)]
            if _FOLDER.match(body, started.end()):
                outputs = [output if output is not None and output.startswith("/") else None for output in outputs]
            writes += [_claim(path, body, started, output) for output in outputs]
        for started in _COMMAND.finditer(body):
            words = _WORD.findall(started["words"] or "")
            if program_outputs.may_write(started["name"], words):
                writes.append(_claim(path, body, started, None))
        ports += [_claim(path, body, found, found[1] or found[2] or found[3]) for found in _SERVER.finditer(body)]
    return SourceNeeds(
        tuple(programs), tuple(reads), tuple(writes), ports=tuple(ports), unreadable=tuple(unreadable)
    )  # fmt: skip


def _programs_of(line: str | None) -> list[str | None]:
    """The programs of a shell line of which the beginning is known; None for one that is computed."""
    parts = re.split(r"&&|\|\|?|;", _INTERPOLATED.sub(_HOLE, line or ""))
    words = [[word for word in part.split() if not re.match(r"\w+=", word)] for part in parts]
    names = [item[0] for item in words if item and item[0] not in _SHELL_WORDS]
    found: list[str | None] = [None if _HOLE in name else name for name in names]
    return found or ([] if line and any(words) else [None])


def _known(output: str | None) -> str | None:
    """A written path, or the folder that it lies in; None where that is computed."""
    known, hole, _ = (output or _HOLE).partition(_HOLE)
    return known.rpartition("/")[0] or None if hole else known


def _claim(path: str, body: str, found: re.Match[str], value: str | None) -> Claim:
    return Claim(value, Evidence(path, body.count("\n", 0, found.start()) + 1, found[0].split("\n")[0][:60].strip()))


def _calls(path: str, body: str, names: Iterable[str]) -> list[Claim]:
    """One claim for each call of a function: its first argument, None where that is no plain text."""
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    found: list[Claim] = []
    opening = rf"(?<![\w.])(?<!\|> )(?<!\|>)(?:{pattern})(?:\(\s*|[ \t]+(?=\"))"
    for call in re.finditer(rf"{opening}(\"[^\"#]*\"|Application\.app_dir\(|:code\.priv_dir\()?", body):
        literal = call[1]
        if literal is not None and not literal.startswith('"'):
            continue
        found.append(_claim(path, body, call, literal.strip('"') if literal is not None else None))
    # the piped form gives the first argument before
    found += [_claim(path, body, call, None) for call in re.finditer(rf"\|>\s*(?:{pattern})\(", body)]
    return [claim for at, claim in enumerate(found) if claim not in found[:at]]
