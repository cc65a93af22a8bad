"""Laws of reading and splicing, for every text: nothing is lost, nothing else is changed, no text is too odd."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockrefactor import grammar
from dockrefactor.document import BOM, Document, NotUtf8Error, decode, read
from dockrefactor.grammar import SyntaxFault
from dockrefactor.text import Edit, OverlapError, Span, apply
from generated_dockerfiles import broken_dockerfiles, dockerfiles

CORPUS = sorted((Path(__file__).parent.parent / "corpus").glob("*/Dockerfile"))
# more for a long search: HYPOTHESIS_EXAMPLES=5000 pytest tests/test_document_laws.py
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "150"))
modestly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,  # else the same texts in every run
)
# what a decoded file can hold: anything but lone surrogates
any_text = st.text(alphabet=st.characters(codec="utf-8"), max_size=200)


def read_or_fault(text: str) -> Document | SyntaxFault:
    try:
        return read(text)
    except SyntaxFault as fault:
        return fault


# --- law 1: instructions and gaps tile the source -------------------------------------------------------------------


def check_tiling(document: Document) -> None:
    spans = [instruction.span for instruction in document.instructions]
    pieces = [span for pair in zip(document.gaps, spans, strict=False) for span in pair]
    pieces.append(document.gaps[-1])
    assert pieces[0].start == 0
    assert pieces[-1].end == len(document.text)
    assert all(left.end == right.start for left, right in pairwise(pieces))
    assert "".join(span.of(document.text) for span in pieces) == document.text
    for gap in document.gaps:
        lines = re.split("\r*\n", gap.of(document.text).removeprefix(BOM))
        assert all(not line.strip() or line.lstrip().startswith("#") for line in lines), "a gap holds an instruction"


def check_places(document: Document) -> None:
    """Every reading of a part of an instruction points at the characters that it was read from."""
    text = document.text
    for instruction in document.instructions:
        offsets = [instruction.offset(index) for index in range(len(instruction.logical))]
        assert "".join(text[offset] for offset in offsets) == instruction.logical
        assert all(left < right for left, right in pairwise(offsets))
        assert instruction.keyword_span.of(text).upper() == instruction.keyword
        assert document.line_of(instruction.span.start) == instruction.start_line
        whole, value = instruction.span, instruction.value_span
        assert whole.start <= value.start <= value.end <= whole.end
        above = document.comment_block(instruction)
        assert document.gaps[instruction.index].start <= above.start <= above.end == instruction.span.start
        for word in instruction.words:
            assert value.start <= word.span.start < word.span.end <= value.end
            assert word.text[0] == text[word.span.start]


@modestly
@given(dockerfiles())
def test_instructions_and_gaps_tile_the_source(text: str) -> None:
    document = read_or_fault(text)
    if isinstance(document, Document):
        check_tiling(document)
        check_places(document)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.parent.name)
def test_corpus_tiles(path: Path) -> None:
    document = read(decode(path.read_bytes()))
    check_tiling(document)
    check_places(document)


def check_against_the_whole(document: Document) -> None:
    """An instruction that was read alone, and perhaps remembered, is what the grammar reads of the whole file."""
    told = [
        (item.name, tuple(item.flags), tuple(item.args), item.json, item.start_line, item.end_line)
        for item in grammar.parse(document.text).instructions
    ]
    read_alone = [
        (item.keyword, item.flags, item.args, item.json, item.start_line, item.end_line)
        for item in document.instructions
    ]
    assert read_alone == told


@modestly
@given(st.one_of(dockerfiles(), broken_dockerfiles(), any_text.map("FROM a\nRUN ".__add__)))
def test_an_instruction_alone_reads_as_in_its_file(text: str) -> None:
    document = read_or_fault(text)
    if isinstance(document, Document):
        check_against_the_whole(document)
    else:
        with pytest.raises(SyntaxFault) as whole:
            grammar.parse(text)
        assert (whole.value.message, whole.value.line) == (document.message, document.line)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.parent.name)
def test_corpus_reads_the_same_line_by_line(path: Path) -> None:
    check_against_the_whole(read(decode(path.read_bytes())))


# --- law 2: text outside edited spans is byte-identical -------------------------------------------------------------


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(dockerfiles())
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = [Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    edits = [Edit(span, draw(st.text(max_size=5))) for span in spans]
    return text, edits


@modestly
@given(texts_with_edits(), st.randoms())
def test_apply_keeps_all_other_bytes(text_and_edits: tuple[str, list[Edit]], random: Any) -> None:
    text, edits = text_and_edits
    shuffled = list(edits)
    # only insertions at one place depend on the order in which they are given
    if len({edit.span.start for edit in edits}) == len(edits):
        random.shuffle(shuffled)
    result = apply(text, shuffled)
    at = done = 0
    for edit in edits:
        kept = edit.span.start - done
        assert result[at : at + kept] == text[done : edit.span.start]
        at, done = at + kept + len(edit.text), edit.span.end
        assert result[at - len(edit.text) : at] == edit.text
    assert result[at:] == text[done:]


def test_apply_without_edits_is_identity() -> None:
    assert apply("FROM a\r\n", []) == "FROM a\r\n"


def test_apply_refuses_overlapping_edits() -> None:
    with pytest.raises(OverlapError):
        apply("abcdef", [Edit(Span(0, 3), ""), Edit(Span(2, 4), "x")])


# --- law 8: no text makes the reader raise anything else ------------------------------------------------------------


def look_at_everything(document: Document) -> None:
    assert document.newline in ("\n", "\r\n")
    for instruction in document.instructions:
        document.with_comments(instruction)
        document.source(instruction)
        instruction.flag("from")
    view = document.parser
    assert view.structure is not None


@modestly
@given(st.one_of(broken_dockerfiles(), any_text, any_text.map("FROM a\nRUN ".__add__)))
def test_any_text_is_read_or_refused(text: str) -> None:
    document = read_or_fault(text)
    if isinstance(document, Document):
        check_tiling(document)
        check_places(document)
        look_at_everything(document)


@modestly
@given(st.one_of(st.binary(max_size=60), any_text.map(lambda text: text.encode("utf-16"))))
def test_any_bytes_are_decoded_or_refused(source: bytes) -> None:
    fault = None
    try:
        assert decode(source).encode() == source
    except NotUtf8Error as error:
        fault = error
    assert fault is None or 0 <= fault.offset < len(source)
    assert fault is None or 1 <= fault.line <= source.count(b"\n") + 1


def test_check_directive_does_not_end_the_directives() -> None:
    document = read("# check=skip=all\n# escape=`\nFROM a `\n  AS b\n")
    assert document.escape == "`"
    assert [instruction.args for instruction in document.instructions] == [("a", "AS", "b")]
