"""Copies manifests and lock files before the dependency install, and the sources after it.

A change of a source file then leaves the dependency layer in the cache. The move is made only where it is shown that
the install reads nothing but the files that are copied first: included requirement files, workspaces' manifests,
patches, configuration of the package manager. An install that runs scripts of the project, or builds the project
itself, reads the sources: the order stays. Packages of the system, global tools and compiled extensions, which read
nothing of the context, are installed above the copies too.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Sequence
from itertools import pairwise

from dockrefactor import install_order, moved_copies, source_copies, system_installs
from dockrefactor.effects import Kind, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.install_order import Install
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.records import replace
from dockrefactor.stages import Placed, Stage, Step, mounted, resolver
from dockrefactor.text import Edit, Span, apply, edits_between, insertion


class Reasons(ReasonEnum):
    """Why the order of copies stays."""

    ALREADY_ORDERED = Reason("already-ordered", "Nothing but what the install reads is copied before it.", "Nothing.")
    NO_INSTALL = Reason("no-install", "No dependency install of a known package manager runs after a COPY.", "Nothing.")
    READS_SOURCES = Reason(
        "install-reads-sources",
        "The install reads the project's own sources: it builds the project, or runs one of its scripts.",
        "Install the dependencies in a step of their own, before the project itself.",
    )
    MANIFEST_MISSING = Reason(
        "manifest-missing",
        "A file that the install names is not in the build context.",
        "Add it to the context (look at .dockerignore), or name the context with --context.",
    )
    UNKNOWN_INPUTS = Reason(
        "unknown-inputs",
        "What the install reads cannot be listed completely.",
        "Name local dependencies by plain paths, and keep lock files readable.",
    )
    UNKNOWN_EFFECT = Reason(
        "unknown-effect",
        "A step between the copy and the install may change or read the copied files.",
        "Move that step above the copy or below the install.",
    )
    CONTEXT_ARTIFACTS = Reason(
        "context-has-artifacts",
        "The build context holds a folder that the install makes; copied later, it would replace the installed one.",
        "Name the folder in .dockerignore.",
    )


_BY_CODE = {member.reason.code: member for member in Reasons}


def run(facts: Facts) -> Outcome:
    """The better order in each stage that allows one, or the reason why none does."""
    outcome = _once(facts)
    if not isinstance(outcome, Change) or not any(system_installs.may_wait(stage) for stage in facts.stages):
        return outcome
    # below the install that a copy was moved to, there may be another one that reads nothing of it
    before, edits = facts.document.text, outcome.edits
    after = apply(before, edits)
    while isinstance(more := _once(facts.of_text(after)), Change):
        after = apply(after, more.edits)
        edits = edits_between(before, after)
    return replace(outcome, edits=edits)


def _once(facts: Facts) -> Outcome:
    unneeded: Outcome = Unneeded(Reasons.NO_INSTALL, facts.at(facts.final.origin, "no dependency install after a COPY"))
    refusal: Outcome | None = None
    edits: list[Edit] = []
    for stage in facts.stages:
        outcome = _stage(facts, stage)
        if isinstance(outcome, Change):
            edits.extend(outcome.edits)
        elif isinstance(outcome, Refusal):
            refusal = refusal or outcome
        elif isinstance(outcome, Unneeded) and outcome.reason is Reasons.ALREADY_ORDERED:
            unneeded = outcome
    if edits:
        return Change(tuple(edits), "a change of the sources leaves the dependency layer in the cache")
    return refusal or unneeded


def _stage(facts: Facts, stage: Stage) -> Outcome:
    outcome = _dependencies(facts, stage)
    if isinstance(outcome, Change) or not system_installs.may_wait(stage):
        return outcome
    found = next(system_installs.waiting(facts, stage), None)
    return outcome if found is None else _reorder(facts, stage, *found)


def _dependencies(facts: Facts, stage: Stage) -> Outcome:
    """The better order around the dependency install of a stage."""
    found = install_order.find(facts, stage)
    if found is None:
        nothing = Unneeded(Reasons.NO_INSTALL, facts.at(stage.origin, "no dependency install after a COPY"))
        return _unknown_install(facts, stage) or nothing
    before = stage.steps[: found.first]
    for step in before:
        if step.copy is not None and not step.copy.known and not step.copy.inline:
            return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, "its paths are not known"))
    copies = [
        at
        for at, step in enumerate(before)
        if (step.copy is not None and install_order.brings_more(facts, step.copy, found.inputs))
        or moved_copies.is_unread(facts, stage, step, found)
    ]
    if copies:
        return _objection(facts, stage, found, copies) or _reorder(facts, stage, found, copies)
    install = stage.steps[found.first].instruction
    if any(step.copy is not None and install_order.is_project(step.copy, found.inputs) for step in before):
        return Refusal(Reasons.READS_SOURCES, facts.at(install, "it builds the project that was copied"))
    return Unneeded(Reasons.ALREADY_ORDERED, facts.at(install, "its inputs are copied alone"))


def _unknown_install(facts: Facts, stage: Stage) -> Refusal | None:
    """A package manager's command after a COPY whose effects are not known."""
    copied = False
    for step in stage.steps:
        copied = copied or (step.copy is not None and step.copy.origin is None)
        for placed in step.run.commands if step.run is not None and copied else ():
            if placed.effects.kind is Kind.UNKNOWN and placed.effects.by:
                return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, placed.effects.why))
    return None


def _objection(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> Refusal | None:
    install = stage.steps[found.first]
    inputs = found.inputs
    if inputs.missing and stage.copied(inputs.missing[0]) is not None:
        says = f"a step changes {inputs.missing[0]} before it"
        return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(install.instruction, says))
    if inputs.missing:
        return Refusal(
            Reasons.MANIFEST_MISSING, facts.at(install.instruction, f"`{inputs.missing[0]}` is not in the context")
        )
    if inputs.open_ended:
        first = inputs.open_ended[0]
        local = any(item.path != facts.name for item in inputs.open_ended)
        return Refusal(Reasons.READS_SOURCES if local else Reasons.UNKNOWN_INPUTS, first)
    if any(install_order.is_project(copy, inputs) for at in copies if (copy := stage.steps[at].copy) is not None):
        return Refusal(Reasons.READS_SOURCES, facts.at(install.instruction, "it builds the project that was copied"))
    if found.cut is not None and not install_order.is_cuttable(stage.steps[found.last], found.cut):
        return Refusal(
            Reasons.UNKNOWN_EFFECT, facts.at(install.instruction, "the install and later commands share one RUN")
        )
    blocked = moved_copies.blocked_between(facts, stage, found, copies)
    blocked = blocked or moved_copies.blocked_beside(facts, stage, found, copies)
    blocked = blocked or moved_copies.blocked_by_overlay(facts, stage, found, copies)
    return Refusal(_BY_CODE[blocked.code], blocked.evidence) if blocked is not None else None


def _reorder(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> Outcome:
    document = facts.document
    newline = document.newline
    first, last = stage.steps[found.first], stage.steps[max(found.last, found.first)]
    manifests = _manifest_copies(facts, stage, found, copies)
    if manifests is None:
        return Refusal(
            Reasons.UNKNOWN_INPUTS, facts.at(first.instruction, "a file that it reads is copied under another name")
        )
    head = "".join(document.typed(line) + newline for line in manifests)
    moving = [stage.steps[at] for at in copies]
    read = [step for step in moving if moved_copies.is_still_read(facts, stage, step, found)]
    moved = "".join(_text(facts, step, found, first.before.cwd) for step in read)
    neighbours = copies[-1] - copies[0] == len(copies) - 1 and copies[-1] + 1 == found.first
    if found.added:
        above = neighbours or _only_handed_over(stage, found, copies)
        return _download_ahead(facts, stage, found, copies, head, moved, above)
    edits = _take_away(facts, stage, found, copies, head, neighbours)
    if found.cut is not None:
        edits.append(_cut_edit(last, found.cut, newline, moved + document.typed("RUN ")))
    else:
        end = last.instruction.span.end
        apart = moved and any(document.stands_apart(step.instruction) for step in (moving[0], first))
        moved = newline + moved if apart else moved
        text = moved if document.text[:end].endswith("\n") else newline + moved.rstrip("\r\n")
        edits.append(insertion(end, text))
    return Change(tuple(edits), "")


def _only_handed_over(stage: Stage, found: Install, copies: Sequence[int]) -> bool:
    """Whether all between the copies and the build is what other stages made for it, among what was copied."""
    between = [step for at, step in enumerate(stage.steps[copies[0] : found.first], copies[0]) if at not in copies]
    targets = tuple(path for at in copies for path in moved_copies.written(stage.steps[at]))
    return all(
        step.copy is not None
        and step.copy.stage is not None
        and any(inside(step.copy.destination, target) for target in targets)
        and not overlap((step.copy.destination,), found.inputs.files)
        for step in between
    )


def _download_ahead(
    facts: Facts, stage: Stage, found: Install, copies: Sequence[int], head: str, moved: str, is_near: bool
) -> Change:
    """The download goes above the copies where they stand directly above the build; else they go down to it."""
    document = facts.document
    added = document.typed(found.added) + document.newline
    if is_near:
        above = document.with_comments(stage.steps[copies[0]].instruction).start
        return Change((insertion(above, head + added),), "")
    edits = [Edit(span, "") for span in document.removals(stage.steps[at].instruction for at in copies)]
    target = document.with_comments(stage.steps[found.first].instruction).start
    return Change((*edits, insertion(target, head + added + moved)), "")


def _take_away(
    facts: Facts, stage: Stage, found: Install, copies: Sequence[int], head: str, neighbours: bool
) -> list[Edit]:
    """The manifests' copies in place of the wider ones, where these stand directly above the install."""
    document = facts.document
    if neighbours and head:
        start = document.with_comments(stage.steps[copies[0]].instruction).start
        return [Edit(Span(start, stage.steps[copies[-1]].instruction.span.end), head)]
    edits = [Edit(span, "") for span in document.removals(stage.steps[at].instruction for at in copies)]
    return [*edits, insertion(document.with_comments(stage.steps[found.first].instruction).start, head)]


def _cut_edit(step: Step, cut: Placed, newline: str, moved: str) -> Edit:
    """`RUN install && build` becomes two RUNs with the copy between them."""
    assert step.run is not None
    after = step.run.commands[step.run.commands.index(cut) + 1].command
    start = step.instruction.offset(step.instruction.value_start + cut.command.end - 1) + 1
    end = step.instruction.offset(step.instruction.value_start + after.start)
    text = step.run.script.text
    moves = "".join(f"{text[move.command.start : move.command.end]} && " for move in install_order.leading_moves(step))
    return Edit(Span(start, end), f"{newline}{moved}{moves}")


def _text(facts: Facts, step: Step, found: Install, cwd: str) -> str:
    """A moved copy with its comments, without the single files that are now copied before the install; its destination
    is spelled out where the work folder `cwd` is another one there."""
    document = facts.document
    text = document.with_comments(step.instruction).of(document.text)
    start = document.with_comments(step.instruction).start
    if moved_copies.is_elsewhere(step, cwd) and step.copy is not None:
        last = step.instruction.words[-1]
        is_folder = last.text.endswith("/") or posixpath.basename(last.text) in (".", "..")
        target = step.copy.destination.rstrip("/") + ("/" if is_folder else "")
        text = text[: last.span.start - start] + target + text[last.span.end - start :]
    for span in reversed(_already_copied(step, found)):
        text = text[: span.start - start] + text[span.end - start :]
    return text if text.endswith("\n") else text + document.newline


def _already_copied(step: Step, found: Install) -> list[Span]:
    """The sources of a COPY, each with the space behind it, that name nothing but files which the install reads."""
    item, copy = step.instruction, step.copy
    if copy is None or item.json or len(copy.sources) < 2:
        return []
    gone: list[Span] = []
    for word, following in pairwise(item.words):
        pattern = posixpath.normpath("/" + word.text).lstrip("/")
        named = [(target, folder) for source, target, folder in copy.pairs if fnmatch.fnmatchcase(source, pattern)]
        if named and all(target in found.inputs.files and not folder for target, folder in named):
            gone.append(Span(word.span.start, following.span.start))
    return gone


def _manifest_copies(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> list[str] | None:
    """COPY lines for what the install reads, None where a file stands there under another name."""
    resolve = stage.resolver(found.first)
    others = [step for at, step in enumerate(stage.steps[: found.first]) if at not in copies]
    alone = {path for step in others for path in moved_copies.written(step)}
    stays = resolver(others, facts.context)
    step = stage.steps[copies[-1]]
    flags = "".join(f" {flag}" for flag in step.instruction.flags)
    cwd = stage.steps[found.first].before.cwd
    written = [stage.steps[at].instruction.args[-1] for at in copies]
    # an image of which nothing is known may have another work folder than `/`
    shown_from = "" if stage.base is None and cwd == "/" and all(word.startswith("/") for word in written) else cwd
    groups: dict[str, list[str]] = {}
    lines: list[str] = []
    mounts = stage.steps[found.first].run
    bound = mounted(lambda _: None, mounts.mounts if mounts is not None else (), cwd, facts.context)
    for path in found.inputs.files:
        source = resolve(path)
        if path in alone or bound(path) is not None or (source is not None and stays(path) == source):
            continue
        if source is None or posixpath.basename(source) != posixpath.basename(path):
            return None
        wide = source not in {item for at in copies for item, _, _ in _pairs(stage.steps[at])}
        word = source_copies.operand(facts.context, source) if wide else source
        groups.setdefault(posixpath.dirname(path), []).append(word)
    folders = [(folder, resolve(folder)) for folder in found.inputs.folders]
    for folder, sources in groups.items():
        lines.append(f"COPY{flags} " + _operands([*sources, _shown(folder, shown_from)]))
    for folder, source in folders:
        if source is None:
            return None
        if stays(folder) != source:
            lines.append(f"COPY{flags} " + _operands([source, _shown(folder, shown_from).rstrip("/")]))
    return lines


def _pairs(step: Step) -> tuple[tuple[str, str, bool], ...]:
    return tuple(step.copy.pairs) if step.copy is not None else ()


def _shown(folder: str, cwd: str) -> str:
    """A destination folder as an author types it: relative to the work folder (`""`: not known) where it lies in it."""
    if folder == cwd:
        return "./"
    if cwd not in ("", "/") and inside(folder, cwd):
        return f"./{posixpath.relpath(folder, cwd)}/"
    return folder.rstrip("/") + "/"


def _operands(words: list[str]) -> str:
    if any(" " in word for word in words):
        return "[" + ", ".join(f'"{word}"' for word in words) + "]"
    return " ".join(words)


TRANSFORM = Transform("order-copies", run, Reasons)
