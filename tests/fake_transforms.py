"""Transforms of a few lines, and a program that has only them: what the tests of the command line run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dockrefactor import cli
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.text import insertion

SEEN = "# seen"


class FakeReason(ReasonEnum):
    """Reasons of the fakes."""

    NO_ENTRY = Reason("no-entry", "The sign says no.", "Take the sign away.")
    WET_PAINT = Reason("wet-paint", "The paint may be wet.", "Touch it.", liftable=True)
    DONE_ALREADY = Reason("done-already", "It was done before.", "Nothing.")


def mark_seen(facts: Facts) -> Outcome:
    """Insert a comment above the last instruction, once."""
    document = facts.document
    last = document.instructions[-1]
    at = facts.at(last, "the last instruction")
    if SEEN in document.text:
        return Unneeded(FakeReason.DONE_ALREADY, at)
    if "PAINT" in document.text:
        refusal = Refusal(FakeReason.WET_PAINT, at)
        if "wet-paint" not in facts.options.assume:
            return refusal
        assumed: tuple[Refusal, ...] = (refusal,)
    else:
        assumed = ()
    edit = insertion(last.span.start, SEEN + document.newline)
    return Change((edit,), "seen files are known", (at, Evidence("list.txt", 3, "it is on the list")), assumed)


def refuse(facts: Facts) -> Outcome:
    """Refuse files that say SIGN."""
    for instruction in facts.document.instructions:
        if "SIGN" in instruction.logical:
            return Refusal(FakeReason.NO_ENTRY, facts.at(instruction, "a sign"))
    return Unneeded(FakeReason.DONE_ALREADY, facts.at(facts.document.instructions[0], "no sign"))


def explode(facts: Facts) -> Outcome:
    """Raise on files that say BOOM."""
    if "BOOM" in facts.document.text:
        raise ZeroDivisionError("boom")
    return Unneeded(FakeReason.DONE_ALREADY, facts.at(facts.document.instructions[0], "quiet"))


def break_contract(facts: Facts) -> Outcome:
    """Change the CMD of files that say BREAK."""
    last = facts.document.instructions[-1]
    if "BREAK" in facts.document.text:
        return Change((insertion(last.value_span.end, " broken"),), "it is not")
    return Unneeded(FakeReason.DONE_ALREADY, facts.at(last, "whole"))


FAKES = (
    Transform("mark-seen", mark_seen, FakeReason),
    Transform("refuse", refuse, FakeReason),
    Transform("explode", explode, FakeReason),
    Transform("break-contract", break_contract, FakeReason),
)
PLAIN = "FROM debian:12\nRUN true\nCMD a\n"


@dataclass(frozen=True)
class Program:
    """The command line with the fakes, in a working folder of its own."""

    folder: Path

    def __call__(self, *words: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(cli.program, list(words), input=stdin)

    def write(self, name: str, content: str | bytes = PLAIN) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def make_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program whose working folder is `folder`."""
    monkeypatch.setattr(cli, "_registries", lambda: (FAKES, ()))
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Program(folder)
