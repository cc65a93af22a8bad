"""Every text is read as the official parser reads it: on the corpus, on generated texts, and on damaged ones.

The oracle is the package `dockerfile`, a wrapper of BuildKit 0.12.5's parser in Go. It may not be forked after its
first use: no process pool in these tests. `KNOWN` lists by name what may differ, and why.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from dockrefactor.document import Document, Instruction, decode, read
from dockrefactor.grammar import SyntaxFault
from generated_dockerfiles import broken_dockerfiles, dockerfiles

CORPUS = sorted((Path(__file__).parent.parent / "corpus").glob("*/Dockerfile"))
KEYWORDS = re.compile(
    "ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME"
    "|WORKDIR"
)
# more for a long search: HYPOTHESIS_EXAMPLES=5000 pytest tests/test_official_parser.py
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "150"))
modestly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,  # else the same texts in every run
)


def read_or_fault(text: str) -> Document | SyntaxFault:
    try:
        return read(text)
    except SyntaxFault as fault:
        return fault


@dataclass(frozen=True, slots=True)
class Reading:
    """One instruction as either parser gives it, in one shape; `heredocs` are (name, descriptor, content)."""

    keyword: str
    lines: tuple[int, int]
    line: str
    json: bool
    flags: tuple[str, ...]
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, int, str], ...]


def oracle() -> Any:
    try:
        return importlib.import_module("dockerfile")
    except ImportError:
        pytest.skip("the official parser has no wheel for this platform")


def theirs(text: str) -> list[Reading] | None:
    """The official parser's reading, None where it rejects the text."""
    package = oracle()
    try:
        commands = package.parse_string(text)
    except package.GoParseError:
        return None
    return [_their_reading(command) for command in commands]


def _their_reading(command: Any) -> Reading:
    line = (command.original or "").split("\n", 1)[0] if command.heredocs else command.original or ""
    return Reading(
        (command.cmd or "").upper(),
        (command.start_line, command.end_line),
        line,
        command.json,
        tuple(command.flags),
        tuple(command.value),
        tuple(tuple(heredoc) for heredoc in command.heredocs),
    )


def _our_reading(instruction: Instruction) -> Reading:
    values = instruction.args
    if instruction.keyword in ("ENV", "LABEL"):  # name, value, delimiter, name, ...
        values = tuple(value for index, value in enumerate(values) if index % 3 != 2)
    return Reading(
        instruction.keyword,
        (instruction.start_line, instruction.end_line),
        instruction.logical,
        instruction.json,
        instruction.flags,
        values,
        tuple((heredoc.name, heredoc.file_descriptor, heredoc.content) for heredoc in instruction.heredocs),
    )


def differences(text: str) -> Iterator[str]:
    """Where the two readings of `text` differ, in words; the known classes below are left out."""
    expected, document = theirs(text), read_or_fault(text)
    if any(known.excuses_text(text, expected, document) for known in KNOWN):
        return
    if expected is None or isinstance(document, SyntaxFault):
        if expected is not None or isinstance(document, Document):
            yield f"rejected by {'us' if expected else 'them'} only: {document}"
        return
    found = [_our_reading(instruction) for instruction in document.instructions]
    if len(expected) != len(found):
        yield f"{len(expected)} instructions, we read {len(found)}"
    for their, our, instruction in zip(expected, found, document.instructions, strict=False):
        if their != our and not any(known.excuses(their, our) for known in KNOWN):
            yield f"they {their}\nwe   {our}"
        yield from _value_differences(our, instruction)


def _value_differences(our: Reading, instruction: Instruction) -> Iterator[str]:
    """`Instruction.value` is the rest of the line: what the shell form is, word for word."""
    whole = instruction.keyword in ("RUN", "CMD", "ENTRYPOINT", "SHELL", "USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER")
    if whole and not our.json and instruction.args and instruction.value != instruction.args[0]:
        yield f"value {instruction.value!r}, BuildKit reads {instruction.args[0]!r}"


Theirs = list[Reading] | None
Ours = Document | SyntaxFault


def _never_text(text: str, their: Theirs, our: Ours) -> bool:
    return False


def _never(their: Reading, our: Reading) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Known:
    """A class of differences, with an example of it, and why it is accepted.

    `excuses_text` judges a whole text and `excuses` a pair of instructions: as narrowly as the class allows.
    """

    name: str
    why: str
    example: str
    excuses_text: Callable[[str, Theirs, Ours], bool] = _never_text
    excuses: Callable[[Reading, Reading], bool] = _never


def _unknown_keyword(text: str, their: Theirs, our: Ours) -> bool:
    return isinstance(our, SyntaxFault) and not all(KEYWORDS.fullmatch(reading.keyword) for reading in their or ())


def _check_above_escape(text: str, their: Theirs, our: Ours) -> bool:
    head = re.match(r"\ufeff?((?:#[^\n]*\n)*)", text)
    return head is not None and re.search(r"(?i)^#\s*check\s*=.*\n(#.*\n)*?#\s*escape\s*=", head[1], re.M) is not None


def _after_json(line: str) -> str:
    """What follows the JSON array of a line, the empty string where there is no array."""
    array = line[line.find("[") :]
    try:
        _, end = json.JSONDecoder().raw_decode(array)
    except ValueError:
        return ""
    return array[end:].strip()


def _text_after_json(their: Reading, our: Reading) -> bool:
    return their.json and not our.json and _same_but_values(their, our) and _after_json(our.line) != ""


def _text_after_json_text(text: str, their: Theirs, our: Ours) -> bool:
    """The text holds a heredoc, which an array cannot have, or the array holds something else than strings."""
    if their is None:
        return isinstance(our, Document) and any(_after_json(item.logical) for item in our.instructions)
    return any(reading.json and "<<" in _after_json(reading.line) for reading in their)


def _copy_words(their: Reading, our: Reading) -> bool:
    splits = their.keyword in ("COPY", "ADD") and not their.json and not our.json
    return splits and re.search(r"[\"'\\`]|[^\S \t\v\f\r\n]", our.line) is not None and _same_but_values(their, our)


def _same_but_values(their: Reading, our: Reading) -> bool:
    return (their.keyword, their.lines, their.line, their.flags) == (our.keyword, our.lines, our.line, our.flags)


def _mangled_flag(their: Reading, our: Reading) -> bool:
    same = (their.keyword, their.lines, their.line) == (our.keyword, our.lines, our.line)
    return same and not "".join(their.flags).isascii()


def _escaped_flag(their: Reading, our: Reading) -> bool:
    same = (their.keyword, their.lines, their.line) == (our.keyword, our.lines, our.line)
    plain = [[re.sub(r"[`\\]", "", flag) for flag in reading.flags] for reading in (their, our)]
    return same and their.flags != our.flags and their.values == our.values and plain[0] == plain[1]


def _trigger(their: Reading, our: Reading) -> bool:
    same = (their.keyword, their.lines, their.line) == (our.keyword, our.lines, our.line)
    return their.keyword == "ONBUILD" and same and not our.values


def _trigger_text(text: str, their: Theirs, our: Ours) -> bool:
    """A trigger's heredoc, read as instructions, or a trigger that is not one."""
    heredoc = any(reading.keyword == "ONBUILD" and "<<" in reading.line for reading in their or ())
    accepted = isinstance(our, Document) and any(item.keyword == "ONBUILD" for item in our.instructions)
    return heredoc or (their is None and (accepted or ("<<" in text and re.search("(?i)onbuild", text) is not None)))


def _control_space(text: str, their: Theirs, our: Ours) -> bool:
    return re.search("[\x1c-\x1f]", text) is not None


def _zero(text: str, their: Theirs, our: Ours) -> bool:
    return "\0" in text


def _long_line(text: str, their: Theirs, our: Ours) -> bool:
    return any(len(line.encode()) > 65_000 for line in text.split("\n"))


def _folded_keyword(text: str, their: Theirs, our: Ours) -> bool:
    return re.search("[\u017f\u0131\u212a]", text) is not None


def _odd_json(text: str, their: Theirs, our: Ours) -> bool:
    return re.search(r"\[.*(NaN|Infinity|\\u[dD][89a-fA-F])", text) is not None


KNOWN = (
    Known(
        "unknown-instruction",
        "The official parser leaves these to the next step of the build, which rejects them; so do we, at once.",
        "FROM a\nINCLUDE b\n",
        _unknown_keyword,
    ),
    Known(
        "check-above-escape",
        "The oracle embeds a BuildKit from before the check directive, where that line ends the directives.",
        "# check=skip=all\n# escape=`\nFROM a `\n\n",
        _check_above_escape,
    ),
    Known(
        "text-after-json",
        "The oracle's BuildKit ignores what follows a JSON array; newer ones make a shell form of it, as we do.",
        'FROM a\nCMD ["a"] b\n',
        _text_after_json_text,
        _text_after_json,
    ),
    Known(
        "zero-byte",
        "The oracle's wrapper hands the text over as a C string, which ends at the first zero byte.",
        "FROM a\0b\n",
        _zero,
    ),
    Known(
        "mangled-flag",
        "BuildKit reads flags byte by byte and so mangles what is not ASCII; ours keeps it.",
        "FROM a\nCOPY --from=\u00fc b c\n",
        excuses=_mangled_flag,
    ),
    Known(
        "escaped-flag",
        "Bug of e2b-dockerfile-utils 0.1.1: it unescapes flags by the escape directive, BuildKit by the backslash.",
        "# escape=`\nFROM --platform=\\linux/amd64 a\n",
        excuses=_escaped_flag,
    ),
    Known(
        "copy-words",
        "Bug of e2b-dockerfile-utils 0.1.1: it splits COPY and ADD as a shell would; BuildKit at ASCII blanks only.",
        'FROM a\nCOPY "a b" /c\n',
        excuses=_copy_words,
    ),
    Known(
        "trigger",
        "Limit of e2b-dockerfile-utils 0.1.1: it does not read ONBUILD's instruction, nor its heredocs.",
        "FROM a\nONBUILD RUN <<EOF\nRUN b\nEOF\n",
        _trigger_text,
        _trigger,
    ),
    Known(
        "control-space",
        "Bug of e2b-dockerfile-utils 0.1.1: it strips U+001C to U+001F as white space, Go does not.",
        "FROM a\nRUN b\x1c\n",
        _control_space,
    ),
    Known(
        "long-line",
        "Bug of e2b-dockerfile-utils 0.1.1: BuildKit rejects a line longer than 65,535 bytes.",
        f"FROM a\nRUN {'b' * 70_000}\n",
        _long_line,
    ),
    Known(
        "folded-keyword",
        "Bug of e2b-dockerfile-utils 0.1.1: it takes the long s for S in a keyword, and not the Kelvin sign for k.",
        "FROM a\nU\u017fER b\n",
        _folded_keyword,
    ),
    Known(
        "odd-json",
        "Bug of e2b-dockerfile-utils 0.1.1: Python's JSON takes NaN and lone surrogates, Go's does not.",
        "FROM a\nCMD [NaN]\n",
        _odd_json,
    ),
)


@modestly
@given(dockerfiles())
def test_generated_texts_are_read_as_the_official_parser_does(text: str) -> None:
    assert list(differences(text)) == []


@modestly
@given(broken_dockerfiles())
def test_broken_texts_are_read_as_the_official_parser_does(text: str) -> None:
    assert list(differences(text)) == []


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.parent.name)
def test_corpus_is_read_as_the_official_parser_does(path: Path) -> None:
    assert list(differences(decode(path.read_bytes()))) == []


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_known_difference_is_still_there(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class that has gone must leave the list."""
    assert list(differences(known.example)) == []
    others = tuple(other for other in KNOWN if other is not known)
    monkeypatch.setitem(globals(), "KNOWN", others)
    assert list(differences(known.example)) != []
