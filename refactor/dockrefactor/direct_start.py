"""A launch reworded: the program that a build tool starts is started itself, where the user accepts another CMD.

Only words of CMD and ENTRYPOINT change, in the form that the author chose; scripts of the context stay as they are.
"""

from __future__ import annotations

import json
import shlex
from itertools import pairwise
from typing import Final

from dockrefactor import shell
from dockrefactor.document import Instruction
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch_words import SHELLS
from dockrefactor.outcome import Refusal, Start
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace
from dockrefactor.stages import Step
from dockrefactor.text import Edit, Span, apply, insertion
from dockrefactor.toolchain import DirectStart, Rewording

# what changes neither files nor the environment of a RUN
_CONFIGURES: Final = frozenset(
    {"CMD", "ENTRYPOINT", "EXPOSE", "VOLUME", "LABEL", "STOPSIGNAL", "HEALTHCHECK", "MAINTAINER", "ONBUILD"}
)
_STRING: Final = regex(r'"(?:\\.|[^"\\])*"')


@dataclass(frozen=True, slots=True)
class Restarted:
    """A Dockerfile with another start: its `text`, the starts that it states, the line after which `added` lines stand
    that the original has not, and what becomes of the launch in the words of people."""

    text: str
    starts: tuple[Start, ...]
    line: int
    added: int
    says: str

    def line_before(self, line: int) -> int:
        """The line of the original that a line of `text` was."""
        return line if line <= self.line else max(self.line, line - self.added)

    def before(self, place: Evidence, dockerfile: str) -> Evidence:
        """A place as it is called in the original."""
        return replace(place, line=self.line_before(place.line)) if place.path == dockerfile else place

    def refusal(self, refusal: Refusal, dockerfile: str) -> Refusal:
        return replace(refusal, at=self.before(refusal.at, dockerfile))


def restarted(facts: Facts, direct: DirectStart) -> Restarted | None:
    """The file with that start; None where CMD or ENTRYPOINT alone cannot say it."""
    steps = [step for step in facts.final.launch if step is not None]
    left = list(direct.rewordings)
    found_over_both = _over_both(facts, left)
    edits, starts = found_over_both or ([], [])
    left = [] if found_over_both else left
    for step in steps:
        mine = [item for item in left if not item.started.script and item.started.evidence.line == _line(step)]
        found = _reworded(step.instruction, facts, mine) if mine else None
        if found is None:
            continue
        left = [item for item in left if item not in mine]
        edits.append(found[0])
        starts.append(found[1])
    if left or not starts:
        return None
    place = _after_build(facts, steps)
    if place is None:
        return None
    document = facts.document
    lines = [document.typed(line) + document.newline for line in (*direct.builds, *direct.environment)]
    edits.append(insertion(place.instruction.span.end, "".join(lines)))
    return Restarted(
        apply(document.text, edits), tuple(starts), place.instruction.end_line, len(lines), _told(starts, direct)
    )


def _told(starts: list[Start], direct: DirectStart) -> str:
    words = [f"{item.keyword} becomes {_quoted(item)}" for item in starts]
    built = [f"after `{line}`" for line in direct.builds]
    return ", ".join([*words, *built])


def _quoted(start: Start) -> str:
    if not start.after:
        return "empty"
    return f"`{shlex.join(start.after) if start.is_exec else start.after[0]}`"


def _over_both(facts: Facts, items: list[Rewording]) -> tuple[list[Edit], list[Start]] | None:
    """The edits and starts where one command is ENTRYPOINT's words and CMD's after them; None where it is not: the new
    words go to ENTRYPOINT, and CMD keeps what stays of its own."""
    entry, command = facts.final.launch
    if len(items) != 1 or entry is None or command is None or items[0].started.script:
        return None
    first, second = entry.instruction, command.instruction
    argv, item = items[0].started.argv, items[0]
    at = len(first.args) + len(second.args) - len(argv)
    if not (first.json and second.json and 0 <= at < len(first.args)) or (*first.args, *second.args)[at:] != argv:
        return None
    end = at + item.count
    now = (*first.args[:at], *item.words, *first.args[end:])
    if not now:
        return None  # without ENTRYPOINT another CMD would start otherwise
    parts = [(first, now)]
    if end > len(first.args):
        parts.append((second, second.args[end - len(first.args) :]))
    edits = [Edit(part.value_span, json.dumps(list(words))) for part, words in parts]
    return edits, [Start(part.keyword, True, part.args, words) for part, words in parts]


def _line(step: Step) -> int:
    return step.instruction.start_line


def _after_build(facts: Facts, launch: list[Step]) -> Step | None:
    """The last step that a further RUN has to follow; None where the launch stands before it."""
    last = next((step for step in reversed(facts.final.steps) if step.keyword not in _CONFIGURES), None)
    if last is None or any(_line(step) < _line(last) for step in launch):
        return None
    text = facts.document.text
    return last if text[: last.instruction.span.end].endswith("\n") else None


def _reworded(instruction: Instruction, facts: Facts, items: list[Rewording]) -> tuple[Edit, Start] | None:
    """The edit of one instruction and what it says then; None where it does not spell these commands."""
    if not instruction.json:
        value = instruction.value
        cuts = _cuts(value, facts, items)
        if cuts is None:
            return None
        made = apply(value, cuts)
        first, last = min(cut.span.start for cut in cuts), max(cut.span.end for cut in cuts)
        inner = apply(value[first:last], (Edit(Span(c.span.start - first, c.span.end - first), c.text) for c in cuts))
        start = instruction.value_start
        edit = Edit(instruction.source_span(start + first, start + last), inner)
        return edit, Start(instruction.keyword, False, instruction.args, (made,))
    return _exec_form(instruction, facts, items)


def _cuts(script: str, facts: Facts, items: list[Rewording]) -> list[Edit] | None:
    """The edits of a shell's text; None where not every command is found, word by word."""
    cuts: list[Edit] = []
    for item in items:
        argv = item.started.argv
        for command in shell.parse(script, facts.final.after.env).commands:
            words = command.words[-len(argv) :]
            if tuple(word.text for word in words) != argv or not all(word.known for word in words[: item.count]):
                continue
            end = words[item.count - 1].end if item.words else words[item.count].start
            cuts.append(Edit(Span(words[0].start, end), shlex.join(item.words)))
            break
        else:
            return None
    spans = sorted(cut.span for cut in cuts)
    return cuts if all(one.end <= other.start for one, other in pairwise(spans)) else None


def _exec_form(instruction: Instruction, facts: Facts, items: list[Rewording]) -> tuple[Edit, Start] | None:
    args = instruction.args
    strings = [Span(match.start(), match.end()) for match in _STRING.finditer(instruction.value)]
    if len(strings) != len(args):
        return None
    if len(args) == 3 and args[0] in SHELLS and args[1] == "-c":
        cuts = _cuts(args[2], facts, items)
        made: tuple[str, ...] | None = (apply(args[2], cuts),) if cuts is not None else None
        first, last = 2, 3
    else:
        argv, item = items[0].started.argv, items[0]
        first = len(args) - len(argv)
        last = first + item.count
        made = item.words if len(items) == 1 and args[first:] == argv and first >= 0 else None
        if made == ():  # the next word with the comma before it goes in their place
            made, last = (args[last],), last + 1
    if made is None:
        return None
    start = instruction.value_start
    span = instruction.source_span(start + strings[first].start, start + strings[last - 1].end)
    after = (*args[:first], *made, *args[last:])
    return Edit(span, ", ".join(json.dumps(word) for word in made)), Start(instruction.keyword, True, args, after)
