"""What Java and Kotlin sources ask of the system: files, programs, ports, and what only a JDK or a display has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains import jvm_databases
from dockrefactor.toolchains.curly_claims import SourceClaims
from dockrefactor.toolchains.curly_syntax import calls
from dockrefactor.toolchains.curly_values import Values, constants, read_all

SUFFIXES: Final = (".java", ".kt")
# other languages of the same machine: their sources are not read
FOREIGN: Final = (".scala", ".groovy", ".clj", ".cljc")
_FILE_CLASSES: Final = frozenset({"File", "Path", "Paths", "Files", "nio"})
_CONSTANT: Final = regex(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class JvmNeeds:
    """`needs` of sources; `texts` every literal text that may name a file; `compiles` and `draws` where they use what
    only a JDK has, or what needs fonts; `localised` where they format by the default locale; `closed` are files that no
    one can read here."""

    needs: SourceNeeds
    texts: tuple[Claim, ...] = ()
    compiles: tuple[Evidence, ...] = ()
    draws: tuple[Evidence, ...] = ()
    closed: tuple[Evidence, ...] = ()
    localised: tuple[Evidence, ...] = ()


def is_test(path: str) -> bool:
    """Whether a source belongs to tests, which no program holds."""
    return re.search(r"(^|/)src/(\w*[tT]est\w*)/", path) is not None


def read(context: BuildContext, folders: Iterable[str], environment: Mapping[str, str]) -> JvmNeeds:
    """Reads the sources below these context folders, without tests and hidden folders, which hold the build tool's own;
    `environment` is that of the container."""
    files = sorted({path for folder in folders for path in context.files(folder, (*SUFFIXES, *FOREIGN))})
    files = [path for path in files if not is_test(path) and "/." not in f"/{path}"]
    key = (read, tuple(files), tuple(sorted(environment.items())))
    return context.once(key, lambda: _read(context, files, environment))


def _read(context: BuildContext, files: Sequence[str], environment: Mapping[str, str]) -> JvmNeeds:
    parsed, closed = read_all(context, files, FOREIGN)
    table = tables.toml("java_calls")
    shared = constants(parsed.values(), environment, table, _CONSTANT.fullmatch)
    found = [
        _Source(path, source, Values(source, shared, environment, table), table) for path, source in parsed.items()
    ]
    return JvmNeeds(
        needs=SourceNeeds(
            programs=tuple(claim for item in found for claim in item.programs()),
            reads=tuple(claim for item in found for claim in item.reads()),
            writes=tuple(claim for item in found for claim in (*item.writes(), *item.outputs(), *item.databases())),
            ports=tuple(claim for item in found for claim in item.ports()),
            unreadable=tuple(closed),
        ),
        texts=tuple(claim for item in found for claim in item.texts()),
        compiles=tuple(place for item in found for place in item.uses("jdk_packages")),
        draws=tuple(place for item in found for place in item.uses("display_packages")),
        closed=tuple(closed),
        localised=tuple(place for item in found for place in item.localised()),
    )


class _Source(SourceClaims):
    """One file."""

    def uses(self, key: str) -> Iterator[Evidence]:
        """Imports (or full names) of packages that the table lists."""
        wanted = tables.toml("java_images")[key]
        heads = {item.partition(".")[0] for item in wanted}
        for at, token in enumerate(self.source):
            if token.value not in heads or token.kind != "word" or (at and self.source[at - 1].value == "."):
                continue
            dotted = "".join(item.value or "" for item in self.source[at : at + 7])
            found = next((item for item in wanted if dotted == item or dotted.startswith(f"{item}.")), None)
            if found is not None:
                yield self.at(token, f"uses {found}")

    def _writers(self) -> frozenset[str]:
        if not self.path.endswith(".kt"):
            return super()._writers()
        names_files = any(token.value in _FILE_CLASSES for token in self.source)
        return self._names("writes_receiver", "kotlin_receiver", *(["buffer_receiver"] if names_files else []))

    def databases(self) -> Iterator[Claim]:
        """Files of embedded databases."""
        for token, place in jvm_databases.named(self.source):
            yield Claim(place, self.at(token, "a database file"))

    def localised(self) -> Iterator[Evidence]:
        """Calls that format numbers, money or dates by the default locale."""
        for at, name in calls(self.source, self._names("localised")):
            yield self.at(self.source[at], f"`{name}` depends on the default locale")
