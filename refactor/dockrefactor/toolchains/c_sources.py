"""What C and C++ sources ask of the system: programs, files, ports, by their calls and their literals."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from dockrefactor import program_outputs, tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.source_tokens import NAME, NUMBER, TEXT, C, Token, arguments, tokens

SOURCES: Final = (".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".inl", ".C", ".c++")
_ASIDE: Final = frozenset({"test", "tests", "build", "examples"})
_DEFINE: Final = regex(r"#[ \t]*define[ \t]+(\w+)[ \t]+(?:\"((?:[^\"\\\n]|\\.)*)\"|(\d+))[ \t]*(?://.*|/\*.*)?$", re.M)
_CONSTANT: Final = regex(
    r"\bconst\b[^;=(){}]*?\b(\w+)\s*(?:\[\])?\s*(?:=|\{|\()\s*(?:\"((?:[^\"\\\n]|\\.)*)\"|(\d+))\s*[;)}]"
)
_ADDRESS: Final = regex(r"(?:[\w.]*):(\d{1,5})")


@dataclass(frozen=True, slots=True)
class CSources:
    """As `rust_sources.RustSources`; `loads`: shared libraries opened by name."""

    programs: tuple[Claim, ...] = ()
    reads: tuple[Claim, ...] = ()
    writes: tuple[Claim, ...] = ()
    ports: tuple[Claim, ...] = ()
    loads: tuple[Claim, ...] = ()
    literals: tuple[Claim, ...] = ()


def read_sources(context: BuildContext, folder: str) -> CSources:
    """All sources below the context folder `folder`; folders of tests are left out."""
    return context.once((read_sources, folder), lambda: _read_sources(context, folder))


def _read_sources(context: BuildContext, folder: str) -> CSources:
    paths = [path for path in context.files(folder, SOURCES) if not _ASIDE & set(path.split("/")[:-1])]
    texts = [(path, text) for path in paths if (text := context.read(path)) is not None]
    defined: dict[str, set[str]] = {}
    for _, text in texts:
        for match in (*_DEFINE.finditer(text), *_CONSTANT.finditer(text)):
            defined.setdefault(match[1], set()).add(match[2] if match[2] is not None else match[3])
    known = {name: next(iter(values)) for name, values in defined.items() if len(values) == 1}
    files = [_File(path, text, known) for path, text in texts]
    return CSources(
        programs=tuple(claim for file in files for claim in file.programs()),
        reads=tuple(claim for file in files for claim in file.reads()),
        writes=tuple(claim for file in files for claim in file.writes()),
        ports=tuple(claim for file in files for claim in file.ports()),
        loads=tuple(claim for file in files for claim in file.calls("libraries")),
        literals=tuple(claim for file in files for claim in file.literals()),
    )


class _File:
    def __init__(self, path: str, text: str, known: Mapping[str, str]) -> None:
        self.path = path
        self.known = known
        self.tokens = tokens(re.sub(r"(?m)^[ \t]*#[ \t]*include\b.*$", "", text), C)

    def at(self, token: Token, says: str) -> Evidence:
        return Evidence(self.path, token.line, says)

    def _called(self, table: Mapping[str, int]) -> Iterator[tuple[Token, list[list[Token]], int]]:
        for at, item in enumerate(self.tokens):
            if item.kind != NAME or item.text not in table or at + 1 >= len(self.tokens):
                continue
            before = self.tokens[at - 1] if at else item
            if not self.tokens[at + 1].is_sign("(") or (before.kind == NAME and before.text not in ("return", "else")):
                continue
            yield item, arguments(self.tokens, at + 1), table[item.text]

    def calls(self, key: str) -> Iterator[Claim]:
        for item, given, position in self._called(tables.toml("c_calls")[key]):
            if position < len(given):
                yield Claim(self.value(given[position]), self.at(item, f"calls {item.text}"))

    def programs(self) -> Iterator[Claim]:
        for claim in self.calls("programs"):
            if claim.value is None or not claim.value.split():
                yield Claim(None, claim.evidence)
                continue
            for part in re.split(r"&&|\|\||[|;]", claim.value):
                words = [word for word in part.split() if "=" not in word.partition("/")[0]]
                if words:
                    yield Claim(words[0], claim.evidence)

    def reads(self) -> Iterator[Claim]:
        yield from self.calls("reads")
        yield from (claim for claim, writes in self._by_mode() if not writes)
        yield from self._streams(tables.toml("c_calls")["reads_streams"])

    def writes(self) -> Iterator[Claim]:
        yield from (claim for claim in self.calls("writes") if claim.value != ":memory:")
        yield from (claim for claim, writes in self._by_mode() if writes)
        yield from self._streams(tables.toml("c_calls")["writes_streams"])
        for item, given, position in self._called(tables.toml("c_calls")["programs"]):
            name = self.value(given[position]) if position < len(given) else None
            if item.text in tables.toml("c_calls")["lines"]:
                outputs = list(program_outputs.of_line(name or ""))
            else:
                words = [token.text for part in given[position + 2 :] for token in part if token.kind == TEXT]
                outputs = [None] if name and program_outputs.may_write(name, words) else []
            yield from (Claim(path, self.at(item, f"calls {item.text}")) for path in outputs)

    def _by_mode(self) -> Iterator[tuple[Claim, bool]]:
        for item, given, position in self._called(tables.toml("c_calls")["modes"]):
            if position >= len(given):
                continue
            mode = given[1] if len(given) > 1 else []
            text = mode[0].text if mode and mode[0].kind == TEXT else None
            flags = {token.text for token in mode if token.kind == NAME}
            if item.text == "open":
                writes = bool(flags & {"O_WRONLY", "O_RDWR", "O_CREAT", "out", "app", "trunc"})
            else:
                writes = text is None or any(char in text for char in "wa+")
            yield Claim(self.value(given[position]), self.at(item, f"calls {item.text}")), writes

    def _streams(self, names: list[str]) -> Iterator[Claim]:
        """`std::ifstream in("path")`, `std::ifstream in{path}` and `std::ifstream("path")`."""
        for at, item in enumerate(self.tokens):
            if item.kind != NAME or item.text not in names:
                continue
            here = at + 1
            if here < len(self.tokens) and self.tokens[here].kind == NAME:
                here += 1
            if here < len(self.tokens) and self.tokens[here].text in ("(", "{"):
                given = arguments(self.tokens, here)
                if given and not any(part.is_sign("&") for part in given[0]):
                    yield Claim(self.value(given[0]), self.at(item, f"opens an {item.text}"))

    def ports(self) -> Iterator[Claim]:
        methods = {"listen": 1, "port": 0, "bind_to_port": 1}
        for item, given, position in self._called({"htons": 0, "MHD_start_daemon": 1, **methods}):
            if item.text in methods and given and given[0][0].kind != TEXT and position == 1:
                continue  # the system's own listen, whose second argument is another number
            if position < len(given) and len(given[position]) == 1:
                word = given[position][0]
                text = word.text if word.kind == NUMBER else self.known.get(word.text, "")
                if text.isdigit():
                    yield Claim(text, self.at(item, "a port to listen on"))
        for item in self.tokens:
            match = _ADDRESS.fullmatch(item.text) if item.kind == TEXT else None
            if match is not None:
                yield Claim(match[1], self.at(item, "an address to listen on"))

    def literals(self) -> Iterator[Claim]:
        for item in self.tokens:
            if item.kind == TEXT and 0 < len(item.text) < 200 and "\n" not in item.text:
                yield Claim(
                    re.sub(r"%[-+ #0-9.]*l{0,2}[sdiux]|\{[^{}]*\}", "*", item.text), self.at(item, "is named here")
                )

    def value(self, expression: list[Token]) -> str | None:
        """The text that an expression stands for; None where it is computed."""
        words = [
            item for item in expression if item.text not in ("std", "::", "string", "filesystem", "fs", "path", "L")
        ]
        words = [item for item in words if not (item.kind != TEXT and item.text in ("(", ")", "{", "}", ".", "c_str"))]
        parts = [item.text if item.kind == TEXT else self.known.get(item.text) for item in words]
        if not parts or any(item.kind not in (TEXT, NAME) for item in words):
            return None
        return "".join(part for part in parts if part is not None) if None not in parts else None


def is_c_source(path: str) -> bool:
    """Whether only a compiler or a build system reads a file of the context."""
    name = posixpath.basename(path)
    return name.endswith((*SOURCES, ".o", ".a", ".cmake", ".am", ".ac", ".m4", ".mk", ".y", ".l")) or name in (
        "CMakeLists.txt", "Makefile", "makefile", "GNUmakefile", "configure", "CMakePresets.json", ".clang-format",
        ".clang-tidy", "Doxyfile", "meson.build", "conanfile.txt", "vcpkg.json",
    )  # fmt: skip
