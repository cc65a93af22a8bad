"""What Rust sources ask of the system: programs, files, ports, by their calls and their literals.

Read as tokens, so that what stands inside a macro counts too. A path that a call computes is None; since the parts of
computed paths are mostly literals, every literal of the sources is kept as well (`literals`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dockrefactor import program_outputs, tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.source_tokens import NAME, NUMBER, RUST, SIGN, TEXT, Token, arguments, closing, tokens

# folders of a package that are no part of its programs
_ASIDE: Final = frozenset({"tests", "benches", "examples", "target"})
_ADDRESS: Final = regex(r"(?:[\w.-]*|\[[0-9a-fA-F:.]*\]|\{\w*\}):(\d{1,5})")
_SQLITE: Final = regex(r"sqlite:(?://)?([^?{}]+)(?:\?.*)?", re.S)
_HOLE: Final = regex(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class RustSources:
    """What one package's sources say. Paths are as written, None where computed; `literals`: every string that the
    program may use when it runs, a hole of a format being `*`; `words`: all names; `home`: it asks for the home folder;
    `loads`: shared libraries that it opens by name; `variables`: those of the compiler whose values it has."""

    programs: tuple[Claim, ...] = ()
    reads: tuple[Claim, ...] = ()
    writes: tuple[Claim, ...] = ()
    ports: tuple[Claim, ...] = ()
    loads: tuple[Claim, ...] = ()
    literals: tuple[Claim, ...] = ()
    words: frozenset[str] = frozenset()
    home: bool = False
    variables: tuple[Claim, ...] = ()


def read_sources(context: BuildContext, folder: str, environment: Mapping[str, str], release: bool) -> RustSources:
    """The sources of the package in the context folder `folder`; `environment` is that of the started program."""
    key = (read_sources, folder, tuple(sorted(environment.items())), release)
    return context.once(key, lambda: _read_sources(context, folder, environment, release))


def _read_sources(context: BuildContext, folder: str, environment: Mapping[str, str], release: bool) -> RustSources:
    return _together([_File(path, text, environment, release) for path, text in _files(context, folder)])


def read_script(context: BuildContext, path: str) -> RustSources | None:
    """What the build script at a context path does when the package is compiled; None where there is none."""
    text = context.read(path)
    return _together([_File(path, text, {}, False)]) if text is not None else None


def _together(files: Sequence[_File]) -> RustSources:
    return RustSources(
        programs=tuple(claim for file in files for claim in file.calls("programs")),
        reads=tuple(claim for file in files for claim in file.calls("reads")),
        writes=tuple(claim for file in files for claim in file.writes()),
        ports=tuple(claim for file in files for claim in file.ports()),
        loads=tuple(claim for file in files for claim in file.named_calls({"Library::new": 0})),
        literals=tuple(claim for file in files for claim in file.literals()),
        words=frozenset(item.text for file in files for item in file.tokens if item.kind == NAME),
        home=any(file.asks_home() for file in files),
        variables=tuple(claim for file in files for claim in file.variables()),
    )


def _files(context: BuildContext, folder: str) -> Iterator[tuple[str, str]]:
    for path in context.files(folder, (".rs",)):
        inner = posixpath.relpath("/" + path, "/" + folder)
        first = inner.partition("/")[0]
        if first in _ASIDE or inner == "build.rs":
            continue
        text = context.read(path)
        if text is not None:
            yield path, text


class _File:
    def __init__(self, path: str, text: str, environment: Mapping[str, str], release: bool) -> None:
        self.path = path
        self.environment = environment
        self.tokens = list(_without_tests(tokens(text, RUST)))
        self.compiled = _compile_time(self.tokens, release)
        self.bound = dict(self._bindings())

    def at(self, token: Token, says: str) -> Evidence:
        return Evidence(self.path, token.line, says)

    def calls(self, key: str) -> Iterator[Claim]:
        """The calls of a table of `data/rust_calls.toml`, each with the value of its argument."""
        yield from self.named_calls(tables.toml("rust_calls")[key])

    def named_calls(self, table: Mapping[str, int]) -> Iterator[Claim]:
        for at, item in enumerate(self.tokens):
            if item.kind != NAME or at + 1 >= len(self.tokens) or not self.tokens[at + 1].is_sign("("):
                continue
            position = self._position(at, table)
            if position is None or position < 0:
                continue
            given = arguments(self.tokens, at + 1)
            if position < len(given):
                yield Claim(self.value(given[position]), self.at(item, f"calls {item.text}"))

    def _position(self, at: int, table: Mapping[str, int]) -> int | None:
        """The argument that the call at `at` is asked for, by the longest name that the table has."""
        name = self.tokens[at].text
        if at > 0 and self.tokens[at - 1].is_sign("."):
            return table.get("." + name)
        if at > 1 and self.tokens[at - 1].is_sign("::"):
            owner = self.tokens[at - 2].text
            if f"{owner}::{name}" in table:
                return table[f"{owner}::{name}"]
        if at > 0 and self.tokens[at - 1].kind == NAME and self.tokens[at - 1].text == "fn":
            return None
        return table.get(name)

    def writes(self) -> Iterator[Claim]:
        """What the calls of the source write, and what programs do that it starts."""
        yield from (*self.calls("writes"), *self.options(), *self.databases())
        for at, item in enumerate(self.tokens):
            position = self._position(at, tables.toml("rust_calls")["programs"]) if item.kind == NAME else None
            if position is None or at + 1 >= len(self.tokens) or not self.tokens[at + 1].is_sign("("):
                continue
            words = [token.text for token in self.tokens[at : self._end(at)] if token.kind == TEXT]
            if words and program_outputs.may_write(words[0], words[1:]):
                yield Claim(None, self.at(item, f"starts `{words[0]}`, which writes"))

    def options(self) -> Iterator[Claim]:
        """`OpenOptions::new().write(true).open(path)`, and methods that make a builder of it."""
        for at, item in enumerate(self.tokens):
            if item.kind != NAME or item.text not in ("OpenOptions", "options"):
                continue
            if item.text == "options" and not (at > 1 and self.tokens[at - 2].text == "File"):
                continue
            end = next((n for n in range(at, len(self.tokens)) if self.tokens[n].is_sign(";")), len(self.tokens))
            chain = self.tokens[at:end]
            names = {part.text for part in chain if part.kind == NAME}
            for n, part in enumerate(chain):
                if part.kind == NAME and part.text == "open" and n + 1 < len(chain) and chain[n + 1].is_sign("("):
                    given = arguments(chain, n + 1)
                    if given and names & {"write", "append", "create", "create_new", "truncate"}:
                        yield Claim(self.value(given[0]), self.at(part, "opens it for writing"))

    def databases(self) -> Iterator[Claim]:
        """SQLite files that literals name as addresses."""
        for item in self._texts():
            match = _SQLITE.fullmatch(item.text)
            if match is not None and ":memory:" not in item.text:
                yield Claim(match[1], self.at(item, "a SQLite file"))

    def ports(self) -> Iterator[Claim]:
        for at, item in enumerate(self.tokens):
            if item.kind == TEXT:
                match = _ADDRESS.fullmatch(item.text)
                if match is not None:
                    yield Claim(match[1], self.at(item, "an address to listen on"))
            if item.kind != NUMBER or not re.fullmatch(r"[\d_]+(?:u16)?", item.text) or at < 2:
                continue
            before, sign = self.tokens[at - 2], self.tokens[at - 1]
            if sign.is_sign(",") and (before.is_sign("]") or (before.kind == TEXT and "." in before.text)):
                yield Claim(item.text.replace("_", "").removesuffix("u16"), self.at(item, "a port to listen on"))

    def literals(self) -> Iterator[Claim]:
        for item in self._texts():
            if 0 < len(item.text) < 200 and "\n" not in item.text:
                yield Claim(_HOLE.sub("*", item.text), self.at(item, "is named here"))

    def variables(self) -> Iterator[Claim]:
        """The names in `env!` and `option_env!`, outside macros that only the compiler reads."""
        for at, item in enumerate(self.tokens[:-3]):
            sign, bracket, name = self.tokens[at + 1 : at + 4]
            called = item.text in ("env", "option_env") and sign.is_sign("!") and bracket.is_sign("(")
            if called and name.kind == TEXT and at not in self.compiled:
                yield Claim(name.text, self.at(name, f"has {name.text} of the compiler"))

    def asks_home(self) -> bool:
        names = tables.toml("rust_calls")["home"]
        return any(item.kind == NAME and item.text in names for item in self.tokens)

    def _texts(self) -> Iterator[Token]:
        yield from (item for at, item in enumerate(self.tokens) if item.kind == TEXT and at not in self.compiled)

    def _bindings(self) -> Iterator[tuple[str, list[Token]]]:
        """Names that are given one expression: `const`, `static` and `let`."""
        counted: dict[str, int] = {}
        found: dict[str, list[Token]] = {}
        for at, item in enumerate(self.tokens):
            if item.kind != NAME or item.text not in ("const", "static", "let"):
                continue
            here = at + 1
            while here < len(self.tokens) and self.tokens[here].text in ("mut", "ref"):
                here += 1
            name = self.tokens[here] if here < len(self.tokens) else item
            near = range(here, min(here + 24, len(self.tokens)))
            equals = next((n for n in near if self.tokens[n].text in ("=", ";", "{")), None)
            if name.kind != NAME or equals is None or not self.tokens[equals].is_sign("="):
                continue
            counted[name.text] = counted.get(name.text, 0) + 1
            found[name.text] = self.tokens[equals + 1 : self._end(equals + 1)]
        others = self._other_names()
        yield from ((name, value) for name, value in found.items() if counted[name] == 1 and name not in others)

    def _other_names(self) -> frozenset[str]:
        """Names that parameters, loops, closures or patterns may bind, too."""
        found: set[str] = set()
        for before, item, after in zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False):
            if item.kind != NAME:
                continue
            parameter = before.text in ("(", ",", "|", "mut") and after.is_sign(":")
            pattern = before.text in ("|", "for") or (before.is_sign("(") and after.is_sign(")"))
            if parameter or (pattern and not self._is_call_argument(before)):
                found.add(item.text)
        return frozenset(found)

    def _is_call_argument(self, bracket: Token) -> bool:
        """Whether a bracket belongs to a call of a function, not to a pattern such as `Some(name)`."""
        at = next(n for n, item in enumerate(self.tokens) if item is bracket)
        return bracket.is_sign("(") and at > 0 and self.tokens[at - 1].text not in ("Some", "Ok", "Err")

    def _end(self, start: int) -> int:
        at = start
        while at < len(self.tokens) and not self.tokens[at].is_sign(";"):
            at = closing(self.tokens, at) + 1 if self.tokens[at].text in ("(", "[", "{") else at + 1
        return at

    def value(self, expression: list[Token], depth: int = 0) -> str | None:
        """The text that an expression stands for; None where it is computed."""
        words = [item for item in expression if not (item.is_sign("&") or item.text in ("mut", "await"))]
        if not words or depth > 6:
            return None
        texts = [item for item in words if item.kind == TEXT]
        names = [item.text for item in words if item.kind == NAME]
        if any(name in tables.toml("rust_calls")["temporary"] for name in names):
            return "/tmp/x"
        if words[0].kind == TEXT and all(self._is_harmless(name) for name in names):
            return texts[0].text if len(texts) == 1 and ".." not in _signs(words) else None
        head = "".join(item.text for item in words[:4] if item.kind != TEXT)
        if "var" in names[:3] and texts:
            return self._variable(texts)
        if re.match(r"Path(?:Buf)?::(?:new|from)\(|String::from\(|format!\(", head) and (texts or "Path" in head):
            opening = next(at for at, item in enumerate(words) if item.is_sign("("))
            if names[0] == "format":
                return self._formatted(texts[0].text) if len(texts) == 1 else None
            return self._joined(words, opening, depth)
        plain = words[0].kind == NAME and (len(words) == 1 or words[1].is_sign("."))
        if plain and all(map(self._is_harmless, names[1:])) and names[0] in self.bound and not texts:
            return self.value(self.bound[names[0]], depth + 1)
        return None

    def _joined(self, words: list[Token], opening: int, depth: int) -> str | None:
        """`Path::new(a).join(b)`, the first bracket at `opening`."""
        parts: list[str] = []
        while True:
            end = closing(words, opening)
            part = self.value(words[opening + 1 : end], depth + 1)
            if part is None:
                return None
            parts.append(part)
            rest = words[end + 1 :]
            joins = next((at for at, item in enumerate(rest) if item.text == "join"), None)
            before = rest[: joins if joins is not None else len(rest)]
            if not all(item.kind == SIGN or self._is_harmless(item.text) for item in before):
                return None
            if joins is None or joins + 1 >= len(rest):
                return posixpath.join(*parts)
            opening = end + 1 + joins + 1

    def _variable(self, texts: list[Token]) -> str | None:
        """`env::var("NAME")` with its default, as the image sets it."""
        if texts[0].text in self.environment:
            return self.environment[texts[0].text]
        return texts[1].text if len(texts) == 2 else None

    def _formatted(self, text: str) -> str | None:
        """The folder before the first hole of a format; None where the hole comes first."""
        head, hole, _ = text.partition("{")
        if not hole:
            return text
        return head.rpartition("/")[0] or None if "/" in head else None

    def _is_harmless(self, name: str) -> bool:
        """Whether a method or wrapper leaves the text as it is."""
        return name in (
            "to_string", "to_owned", "into", "as_str", "as_ref", "clone", "String", "from", "Path", "PathBuf", "new",
            "to_path_buf", "as_path", "std", "path", "unwrap", "expect",
        )  # fmt: skip


def _signs(words: list[Token]) -> str:
    return "".join(item.text for item in words if item.kind == SIGN)


def _without_tests(found: list[Token]) -> Iterator[Token]:
    """The tokens but those of items under `#[cfg(test)]` and `#[test]`."""
    at = 0
    while at < len(found):
        if found[at].is_sign("#") and at + 1 < len(found) and found[at + 1].is_sign("["):
            end = closing(found, at + 1)
            inner = "".join(item.text for item in found[at + 2 : end])
            if inner in ("cfg(test)", "test") or inner.endswith("::test"):
                at = _item_end(found, end + 1)
                continue
        yield found[at]
        at += 1


def _item_end(found: list[Token], start: int) -> int:
    at = start
    while at < len(found):
        if found[at].is_sign("#") and at + 1 < len(found) and found[at + 1].is_sign("["):
            at = closing(found, at + 1) + 1
        elif found[at].is_sign(";"):
            return at + 1
        elif found[at].is_sign("{"):
            return closing(found, at) + 1
        elif found[at].is_sign("("):
            at = closing(found, at) + 1
        else:
            at += 1
    return at


def _compile_time(found: list[Token], release: bool) -> frozenset[int]:
    """The positions of literals that only the compiler reads: attributes, and macros that embed files.

    rust-embed's `folder` is embedded in a release build alone.
    """
    embedding = tables.toml("rust_calls")["compiled"]
    inner: set[int] = set()
    for at, item in enumerate(found):
        following = found[at + 1] if at + 1 < len(found) else item
        if item.is_sign("#") and following.is_sign("["):
            end = closing(found, at + 1)
            if release or not any(token.text == "folder" for token in found[at:end]):
                inner.update(range(at, end))
        elif item.kind == NAME and item.text in embedding and following.is_sign("!"):
            inner.update(range(at, closing(found, at + 2)))
    return frozenset(inner)
