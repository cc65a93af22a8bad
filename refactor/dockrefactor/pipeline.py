"""Transform after transform, in the order of one tuple, the text read anew between them; then the contract.

The pipeline knows no transform by name, and reads no file but through the build context.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dockrefactor import contract, copy_folders, document, grammar
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change, ComposeFile, IgnoreFile, Outcome, Refusal, Start, Transform, Unneeded
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.text import Edit, apply
from dockrefactor.toolchain import Detection, Toolchain

_IGNORE: Final = regex(
    r"#\s*dockrefactor:\s*(?P<what>ignore-file|ignore)(?:\s*=\s*(?P<names>[\w\-, ]+))?\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one transform said. `ignored` is the comment that switched it off, where one did."""

    transform: str
    outcome: Outcome | None
    ignored: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One Dockerfile refactored in memory.

    `before` and `after` are texts (equal where nothing changed); `broken` is the contract's objection to a result that
    was therefore thrown away; `ignore_file` and `compose_files` are there where these changed; `starts` are those that
    the user accepted.
    """

    name: str
    before: str
    after: str
    answers: tuple[Answer, ...]
    detections: tuple[Detection, ...] = ()
    broken: tuple[contract.Objection, ...] = ()
    edits: tuple[tuple[Edit, ...], ...] = field(default=())
    ignore_file: IgnoreFile | None = None
    compose_files: tuple[ComposeFile, ...] = ()
    starts: tuple[Start, ...] = ()

    @property
    def changed(self) -> bool:
        return self.before != self.after or self.ignore_file is not None or bool(self.compose_files)


def refactor(
    source: bytes,
    context: BuildContext,
    transforms: Sequence[Transform],
    toolchains: Sequence[Toolchain],
    options: Options | None = None,
    name: str = "Dockerfile",
) -> Result:
    """Refactor one Dockerfile in memory; `name` is what messages and evidence call it.

    Raises document.NotUtf8Error and grammar.SyntaxFault for what is no Dockerfile, context.ContextError for a context
    that cannot be used. A result that breaks the runtime contract is never returned: the step that broke it is undone.
    """
    options = options or Options()
    before = document.decode(source)
    original = Facts(_with_stages(document.read(before)), context, toolchains, options, name)
    switched_off, whole_file = _ignores(original)
    detections = tuple(found for toolchain in original.toolchains if (found := toolchain.detect(original)) is not None)
    if whole_file is not None:
        answers = tuple(Answer(transform.name, None, whole_file) for transform in transforms)
        return Result(name, before, before, answers, detections)
    run = _Run(original, switched_off)
    run.through(transforms, each=False)
    if run.facts is not original and contract.compare(original, run.facts, run.starts):
        # find out which of them it was, and keep the others
        run = _Run(original, switched_off)
        run.through(transforms, each=True)
    after = run.facts.document.text
    return Result(
        name, before, after, tuple(run.answers), detections, tuple(run.broken), tuple(run.edits), run.ignore_file,
        tuple(run.compose_files), run.starts,
    )  # fmt: skip


def _with_stages(parsed: document.Document) -> document.Document:
    """`parsed`, which must begin with FROM but for arguments. Raises SyntaxFault."""
    first = next((item for item in parsed.instructions if item.keyword != "ARG"), None)
    if first is None or not any(item.keyword == "FROM" for item in parsed.instructions):
        raise grammar.SyntaxFault("no FROM instruction", 0)
    if first.keyword != "FROM":
        raise grammar.SyntaxFault(f"{first.keyword} stands before the first FROM", first.start_line)
    return parsed


class _Run:
    """The transforms one after the other, from the facts of the original."""

    def __init__(self, original: Facts, switched_off: dict[str, Evidence]) -> None:
        self.original = original
        self.switched_off = switched_off
        self.facts = original
        self.answers: list[Answer] = []
        self.broken: list[contract.Objection] = []
        self.edits: list[tuple[Edit, ...]] = []
        self.ignore_file: IgnoreFile | None = None
        self.compose_files: list[ComposeFile] = []
        self.starts: tuple[Start, ...] = ()

    def through(self, transforms: Sequence[Transform], each: bool) -> None:
        """Apply all `transforms`; with `each`, undo one whose result breaks the contract."""
        for transform in transforms:
            comment = self.switched_off.get(transform.name) or self.switched_off.get("")
            if comment is not None:
                self.answers.append(Answer(transform.name, None, comment))
                continue
            outcome = transform.run(self.facts)
            if isinstance(outcome, Change):
                outcome = self._taken(outcome, each)
            self.answers.append(Answer(transform.name, outcome))

    def _taken(self, change: Change, each: bool) -> Outcome:
        changed = _changed(self.facts, change)
        slashes = copy_folders.completed(self.facts, changed)
        changed = _changed(changed, Change(slashes, "")) if slashes else changed
        starts = (*self.starts, *change.starts)
        objections = contract.compare(self.original, changed, starts) if each else ()
        if objections:
            self.broken.extend(objections)
            return Refusal(contract.Reason.CONTRACT, objections[0].at)
        self.facts = changed
        self.edits += [change.edits, slashes] if slashes else [change.edits]
        self.ignore_file = change.ignore_file or self.ignore_file
        self.compose_files += change.compose_files
        self.starts = starts
        return change


def _changed(facts: Facts, change: Change) -> Facts:
    text = apply(facts.document.text, change.edits)
    try:
        parsed = document.read(text)
    except grammar.SyntaxFault as fault:
        raise AssertionError(
            f"a transform made a text that is no Dockerfile: {fault.message} (line {fault.line})"
        ) from fault
    ignore = change.ignore_file
    context = facts.context if ignore is None else facts.context.ignoring(ignore.path, ignore.after)
    if change.compose_files:
        context = context.beside({file.path: file.after for file in change.compose_files})
    return Facts(parsed, context, facts.known_toolchains, facts.options, facts.name)


def _ignores(facts: Facts) -> tuple[dict[str, Evidence], Evidence | None]:
    """Transforms that comments switch off (`""` for all of them), and the comment that switches off the file.

    An `ignore` above an instruction holds for the whole file: every transform moves instructions against each other.
    """
    found: dict[str, Evidence] = {}
    parsed = facts.document
    for gap in parsed.gaps:
        text = gap.of(parsed.text)
        if "dockrefactor" not in text:
            continue
        for number, row in enumerate(text.splitlines(), parsed.line_of(gap.start)):
            match = _IGNORE.search(row)
            if match is None:
                continue
            place = Evidence(facts.name, number, "a comment switches it off")
            if match["what"].lower() == "ignore-file":
                return found, place
            names = [item.strip() for item in (match["names"] or "").split(",") if item.strip()]
            found.update(dict.fromkeys(names or [""], place))
    return found, None


__all__ = ["Answer", "Change", "Refusal", "Result", "Unneeded", "refactor"]
