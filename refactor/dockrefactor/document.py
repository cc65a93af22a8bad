"""A Dockerfile without loss: every character belongs to one instruction or to the gap before one.

The source text is the truth and the parse a reading of it: nothing here ever renders an instruction anew.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from dockrefactor import grammar, logical_lines
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.text import Span

if TYPE_CHECKING:
    from dockrefactor.buildkit_parser import BuildKitParser

BOM: Final = "\ufeff"
_WORD: Final = regex(r"(?:\\.|\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\s\"'\\]|[\"'\\])+", re.DOTALL)


class NotUtf8Error(Exception):
    """The bytes are not UTF-8; `offset` is that of the first wrong byte, `line` its 1-based line."""

    def __init__(self, offset: int, line: int) -> None:
        super().__init__(f"not UTF-8 (byte {offset})")
        self.offset = offset
        self.line = line


def decode(source: bytes) -> str:
    """The text of a Dockerfile; a byte order mark stays its first character. Raises NotUtf8Error."""
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8Error(error.start, source.count(b"\n", 0, error.start) + 1) from None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of an instruction as the author wrote it (quotes kept), and where it stands in the source."""

    text: str
    span: Span


@dataclass(frozen=True)
class Instruction:
    """One instruction. `span` covers whole lines, its final newline and its heredocs included.

    `logical` is the line as BuildKit joins it (continuations resolved, comments gone); `pieces` tells where it comes
    from: (index in `logical`, source offset from the span's start) of each run of characters that stand together.
    `value` is what follows keyword and flags. `args` and `flags` are BuildKit's reading.
    """

    index: int
    keyword: str
    span: Span
    start_line: int
    end_line: int
    flags: tuple[str, ...]
    args: tuple[str, ...]
    json: bool
    heredocs: tuple[grammar.DockerfileHeredoc, ...]
    logical: str
    pieces: tuple[tuple[int, int], ...]
    value_start: int

    @property
    def value(self) -> str:
        return self.logical[self.value_start :].rstrip()

    def offset(self, index: int) -> int:
        """Source offset of the character `index` of `logical`; one past its last character is allowed."""
        for begin, offset in reversed(self.pieces):
            if index >= begin:
                return self.span.start + offset + index - begin
        return self.span.start

    def source_span(self, start: int, end: int) -> Span:
        """Source span of `logical[start:end]`."""
        if start == end:
            return Span(self.offset(start), self.offset(start))
        return Span(self.offset(start), self.offset(end - 1) + 1)

    @cached_property
    def keyword_span(self) -> Span:
        return self.source_span(0, len(self.keyword))

    @cached_property
    def value_span(self) -> Span:
        """Source span from the value's first to its last character (continuations between them included)."""
        return self.source_span(self.value_start, self.value_start + len(self.value))

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of the value, split at white space outside quotes."""
        return tuple(
            Word(
                match.group(),
                self.source_span(self.value_start + match.start(), self.value_start + match.end()),
            )
            for match in _WORD.finditer(self.value)
        )

    def flag(self, name: str) -> str | None:
        """The value of `--name=value`, the empty string for a bare `--name`, None where it is absent."""
        for flag in self.flags:
            key, _, value = flag.partition("=")
            if key == f"--{name}":
                return value
        return None


@dataclass(frozen=True)
class Document:
    """A parsed Dockerfile. `gaps[i]` is what stands before instruction i, the last gap what follows them all."""

    text: str
    instructions: tuple[Instruction, ...]
    escape: str

    @cached_property
    def gaps(self) -> tuple[Span, ...]:
        edges = [0, *(edge for item in self.instructions for edge in (item.span.start, item.span.end)), len(self.text)]
        return tuple(Span(edges[index], edges[index + 1]) for index in range(0, len(edges), 2))

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses: CRLF where most of its lines have it."""
        return "\r\n" if self.text.count("\r\n") * 2 > self.text.count("\n") else "\n"

    @cached_property
    def _lower_case(self) -> bool:
        keywords = [item.keyword_span.of(self.text) for item in self.instructions]
        return sum(keyword.islower() for keyword in keywords) * 2 > len(keywords)

    def typed(self, line: str) -> str:
        """An instruction of ours (upper case) in the case that the author's keywords have."""
        if not self._lower_case:
            return line
        keyword, space, rest = line.partition(" ")
        if keyword == "FROM":
            rest = rest.replace(" AS ", " as ")
        return keyword.lower() + space + rest

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_of(self, offset: int) -> int:
        """1-based line of a character offset."""
        return bisect_right(self._line_starts, offset)

    def line_span(self, line: int) -> Span:
        """The 1-based line with its line end."""
        starts = self._line_starts
        return Span(starts[line - 1], starts[line] if line < len(starts) else len(self.text))

    def source(self, instruction: Instruction) -> str:
        """The instruction as it stands in the file, its line end included where it has one."""
        return instruction.span.of(self.text)

    def comment_block(self, instruction: Instruction) -> Span:
        """The comment lines that stand directly above an instruction and belong to it; empty where there are none.

        A blank line ends the block; parser directives at the top of the file and the byte order mark stay out.
        """
        gap = self.gaps[instruction.index]
        start = gap.end
        first_line = self.line_of(gap.start)
        for line in range(self.line_of(gap.end) - 1, first_line - 1, -1):
            span = self.line_span(line)
            content = span.of(self.text).strip().lstrip(BOM)
            if not content.startswith("#") or span.start < gap.start or self._is_directive(line):
                break
            start = span.start
        return Span(start, gap.end)

    def with_comments(self, instruction: Instruction) -> Span:
        """The instruction and the comment block above it."""
        return Span(self.comment_block(instruction).start, instruction.span.end)

    def stands_apart(self, instruction: Instruction) -> bool:
        """Whether a blank line stands above the instruction and its comments."""
        gap = self.gaps[instruction.index]
        return "\n" in Span(gap.start, self.comment_block(instruction).start).of(self.text)

    def removals(self, instructions: Iterable[Instruction]) -> tuple[Span, ...]:
        """What to delete with some instructions: their comments, and a blank line where one would stand twice.

        Neighbours are deleted as one block.
        """
        groups: list[tuple[Instruction, Instruction]] = []
        for item in sorted(instructions, key=lambda item: item.index):
            between = Span(self.gaps[item.index].start, self.comment_block(item).start).of(self.text)
            if groups and groups[-1][1].index + 1 == item.index and not between.strip():
                groups[-1] = (groups[-1][0], item)
            else:
                groups.append((item, item))
        return tuple(self._removal(first, last) for first, last in groups)

    def _removal(self, first: Instruction, last: Instruction) -> Span:
        gap = self.gaps[first.index]
        start = self.comment_block(first).start
        before = Span(gap.start, start).of(self.text)
        after = self.gaps[last.index + 1].of(self.text)
        at_end = last.index + 1 == len(self.instructions)
        doubled = not before.strip() and "\n" in before and (at_end or after.lstrip(" \t").startswith(("\n", "\r")))
        return Span(gap.start if doubled else start, last.span.end)

    def _is_directive(self, line: int) -> bool:
        return line <= self._directive_lines

    @cached_property
    def _directive_lines(self) -> int:
        count = 0
        for line in self.text.lstrip(BOM).split("\n"):
            if not re.match(r"#\s*(syntax|escape|check)\s*=\s*\S", line.strip(), re.IGNORECASE):
                break
            count += 1
        return count

    @cached_property
    def parser(self) -> BuildKitParser:
        """dockerfile-parse's view of this file."""
        from dockrefactor.buildkit_parser import BuildKitParser

        return BuildKitParser(grammar.parse(self.text), self.text)


def read(text: str) -> Document:
    """Parse `text`. Raises grammar.SyntaxFault where it is no Dockerfile."""
    cuts = logical_lines.cut(text) if len(text) <= grammar.MAX_SOURCE else None
    if cuts:
        try:
            return Document(text, tuple(_moved(index, each, text) for index, each in enumerate(cuts)), "\\")
        except grammar.SyntaxFault:
            pass  # read as a whole, it is told with its line
    ast = grammar.parse(text)
    lines = _Lines(text, ast.escape_token)
    instructions = tuple(_instruction(index, item, lines) for index, item in enumerate(ast.instructions))
    return Document(text, instructions, ast.escape_token)


def _moved(index: int, at: logical_lines.Cut, text: str) -> Instruction:
    alone = _alone(text[at.start : at.end])
    return Instruction(
        index, alone.keyword, Span(at.start, at.end), at.first, at.last, alone.flags, alone.args, alone.json, (),
        alone.logical, alone.pieces, alone.value_start,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _alone(lines: str) -> Instruction:
    """The one instruction that these lines are, as if they were a file. Raises grammar.SyntaxFault."""
    ast = grammar.parse_alone(lines)
    return _instruction(0, ast.instructions[0], _Lines(lines, ast.escape_token))


class _Lines:
    """The physical lines of a text, and how BuildKit joins them."""

    def __init__(self, text: str, escape: str) -> None:
        self.text = text
        self.escape = escape
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        token = re.escape(escape)
        self._continued = re.compile(rf"(?:^|[^{token}])({token})[ \t]*$")

    def span(self, first: int, last: int) -> Span:
        """Lines `first` to `last`, 1-based."""
        return Span(*self._bounds(first, last))

    def _bounds(self, first: int, last: int) -> tuple[int, int]:
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        start = self.starts[first - 1]
        return start + (1 if start == 0 and self.text.startswith(BOM) else 0), end

    def join(self, first: int, last: int) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The logical line that begins on line `first`, and its pieces (see `Instruction`)."""
        parts: list[str] = []
        pieces: list[tuple[int, int]] = []
        length = 0
        origin = self._bounds(first, first)[0]
        for line in range(first, last + 1):
            start, end = self._bounds(line, line)
            content = self.text[start:end].rstrip("\r\n")
            stripped = content.lstrip()
            if line == first:
                start += len(content) - len(stripped)
                content = stripped
            elif stripped.startswith("#") or not stripped:
                continue
            # most lines do not have it at all
            match = self._continued.search(content) if self.escape in content else None
            kept = content[: match.start(1)] if match else content
            if kept:
                pieces.append((length, start - origin))
                parts.append(kept)
                length += len(kept)
            if match is None:
                break
        return "".join(parts), tuple(pieces)


def _instruction(index: int, item: grammar.DockerfileInstruction, lines: _Lines) -> Instruction:
    logical, pieces = lines.join(item.start_line, item.end_line)
    return Instruction(
        index=index,
        keyword=item.name,
        span=lines.span(item.start_line, item.end_line),
        start_line=item.start_line,
        end_line=item.end_line,
        flags=tuple(item.flags),
        args=tuple(item.args),
        json=item.json,
        heredocs=tuple(item.heredocs),
        logical=logical,
        pieces=pieces,
        value_start=_value_start(logical, len(item.name), len(item.flags)),
    )


def _value_start(logical: str, keyword: int, flags: int) -> int:
    at = keyword
    for _ in range(flags):
        at = _skip_spaces(logical, at)
        word = _WORD.match(logical, at)
        at = word.end() if word else at
    return _skip_spaces(logical, at)


def _skip_spaces(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
