"""What C# sources and settings ask of the system: files, programs and ports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.curly_claims import SourceClaims
from dockrefactor.toolchains.curly_syntax import arguments, calls
from dockrefactor.toolchains.curly_values import Values, constants, read_all

# other languages of .NET: their sources are not read
FOREIGN: Final = (".fs", ".vb")
_URL: Final = regex(r"https?://[^/:\s;\"']+(?::(?P<port>\d+))?")
_DATABASE: Final = regex(r"(?:Data Source|DataSource|Filename)\s*=\s*(?P<place>[^;\"'\s]+\.(?:db3?|sqlite3?|db))", re.I)
_PUT_TOGETHER: Final = regex(r"(?:Data Source|DataSource|Filename)\s*=\s*\{(?P<name>\w+)\}", re.I)
_TEXT: Final = regex(r'"(?P<body>(?:\\.|""|[^"\\])*)"')
_COMMAND: Final = regex(r"""(?:^|[|;&(]|-c|\\?["'])\s*\\?["']?(?:/[\w./-]*/)?(?P<name>[a-zA-Z][\w.+-]*)""")
_LISTENS: Final = frozenset({"UseUrls", "Run", "RunAsync"})


@dataclass(frozen=True, slots=True)
class DotnetNeeds:
    """`needs` of sources and settings; `texts` every literal text that may name a file; `commands` words of texts that
    may name a program, where programs are started at all; `urls` where the program itself says on which address it
    listens; `closed` are files that no one can read here."""

    needs: SourceNeeds
    commands: tuple[Claim, ...] = ()
    texts: tuple[Claim, ...] = ()
    urls: tuple[Evidence, ...] = ()
    closed: tuple[Evidence, ...] = ()


def read(context: BuildContext, folders: Iterable[str], environment: Mapping[str, str]) -> DotnetNeeds:
    """Reads the sources and settings below these context folders; `environment` is that of the container."""
    suffixes = (".cs", ".cshtml", ".razor", *FOREIGN)
    files = sorted({path for folder in folders for path in context.files(folder, suffixes)})
    files = [path for path in files if not re.search(r"(^|/)(bin|obj)/", path)]
    settings = sorted({path for folder in folders for path in context.files(folder, (".json",))})
    settings = [path for path in settings if posixpath.basename(path).lower().startswith("appsettings")]
    key = (read, tuple(files), tuple(settings), tuple(sorted(environment.items())))
    return context.once(key, lambda: _read(context, files, settings, environment))


def _read(context: BuildContext, files: list[str], settings: list[str], environment: Mapping[str, str]) -> DotnetNeeds:
    table = tables.toml("dotnet_calls")
    parsed, closed = read_all(context, files, FOREIGN)
    shared = constants(parsed.values(), environment, table, lambda name: name[:1].isupper())
    found = [
        _Source(path, source, Values(source, shared, environment, table), table) for path, source in parsed.items()
    ]
    said = [item for path in settings for item in _settings(context, path)]
    listening = [item for source in found for item in source.listens()] + [item for kind, item in said if kind == "url"]
    return DotnetNeeds(
        needs=SourceNeeds(
            programs=tuple(claim for item in found for claim in item.programs()),
            reads=tuple(claim for item in found for claim in item.reads()),
            writes=(
                *(claim for item in found for claim in (*item.writes(), *item.streams(), *item.databases())),
                *(claim for item in found for claim in item.connections(context.read(item.path) or "")),
                *(claim for item in found for claim in item.outputs()),
                *(claim for kind, claim in said if kind == "write"),
            ),
            ports=(*(claim for item in found for claim in item.ports()), *listening),
        ),
        commands=tuple(_commands(context, files, table["starters"])),
        texts=tuple(claim for item in found for claim in item.texts()),
        urls=tuple(claim.evidence for claim in listening),
        closed=tuple(closed),
    )


def _commands(context: BuildContext, files: Iterable[str], starters: Iterable[str]) -> Iterator[Claim]:
    """Words where a program may be named in the literal texts of sources, those of other languages too: a text's first,
    those behind a shell's `-c` and between commands. None where nothing starts programs."""
    sources = {path: context.read(path) or "" for path in files}
    starts = re.compile(rf"\b(?:{'|'.join(starters)})\b")
    if not any(map(starts.search, sources.values())):
        return
    for path, source in sources.items():
        for number, line in enumerate(source.splitlines(), 1):
            for text in _TEXT.finditer(line):
                for word in _COMMAND.finditer(text["body"]):
                    yield Claim(word["name"], Evidence(path, number, "names a program"))


class _Source(SourceClaims):
    """One file of C#."""

    def listens(self) -> Iterator[Claim]:
        """The ports of the addresses that the program gives to its server."""
        for at, _ in calls(self.source, _LISTENS | {"ListenAnyIP", "ListenLocalhost", "UseSetting"}):
            for argument in arguments(self.source, at):
                for token in argument:
                    if token.kind == "text" and token.value and (match := _URL.match(token.value)):
                        yield Claim(match["port"] or "80", self.at(token, "listens on an address of its own"))
                    elif token.kind == "number" and self.source[at - 1].value in ("ListenAnyIP", "ListenLocalhost"):
                        yield Claim(token.value, self.at(token, "listens on a port of its own"))

    def streams(self) -> Iterator[Claim]:
        """`new FileStream(path, FileMode.Create)`: a file that is opened to be written."""
        for at, _ in calls(self.source, frozenset({"FileStream", "File.Open"})):
            given = arguments(self.source, at)
            words = {token.value for argument in given[1:] for token in argument}
            if words & {"Create", "CreateNew", "Append", "OpenOrCreate", "Truncate", "Write", "ReadWrite"}:
                value = self.values.of(given[0]) if given else None
                yield Claim(value, self.at(self.source[at], "`FileStream` writes"))

    def databases(self) -> Iterator[Claim]:
        for token in self.source:
            if token.kind == "text" and token.value:
                for match in _DATABASE.finditer(token.value):
                    yield Claim(match["place"], self.at(token, "a SQLite file"))

    def connections(self, text: str) -> Iterator[Claim]:
        """SQLite files of which the texts that name them are put together; None where they are computed. What comes
        from the settings is found there."""
        put_together = list(_PUT_TOGETHER.finditer(text))
        for match in put_together:
            place = Evidence(self.path, text.count("\n", 0, match.start()) + 1, "a SQLite file")
            yield Claim(self.values.names.get(match["name"]), place)
        configured = "GetConnectionString" in text or "onfiguration" in text
        for at, name in calls(self.source, frozenset(self.table["databases"])):
            given = arguments(self.source, at)
            first = given[0][0] if given else None
            if first is None or (first.kind == "text" and (first.value is not None or put_together)) or configured:
                continue
            value = self.values.of(given[0])
            if value is None or "=" not in value:
                yield Claim(value, self.at(self.source[at], f"`{name}` opens a SQLite file"))


def _settings(context: BuildContext, path: str) -> Iterator[tuple[str, Claim]]:
    """Addresses, databases and log files that a settings file names, each with what it is: `url` or `write`."""
    for number, line in enumerate((context.read(path) or "").splitlines(), 1):
        evidence = Evidence(path, number, "is set")
        if re.search(r"\"(?:urls|url)\"\s*:", line, re.I):
            for match in _URL.finditer(line):
                yield "url", Claim(match["port"] or "80", evidence)
        for match in _DATABASE.finditer(line):
            yield "write", Claim(match["place"], evidence)
        log = re.search(r"\"path\"\s*:\s*\"([^\"{}]+\.(?:log|txt|json))\"", line)
        if log is not None:
            yield "write", Claim(log[1], evidence)
