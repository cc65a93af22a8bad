"""Copies manifests and lock files before the dependency install, and the sources after it.

A change of a source file then leaves the dependency layer in the cache. The move is made only where it is shown that the
install reads nothing but the files that are copied first: included requirement files, workspaces' manifests, patches,
configuration of the package manager. An install that runs scripts of the project, or builds the project itself, reads the
sources: the order stays.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dockrefactor import stages
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.records import dataclass
from dockrefactor.stages import Copy, Placed, Stage, Step, made_by_run
from dockrefactor.text import Edit, Span, insertion


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


@dataclass(frozen=True, slots=True)
class _Install:
    """The installs that run one after the other, what they read, and where the first of them ends if its RUN must be cut."""

    first: int
    last: int
    inputs: InstallInputs
    cut: Placed | None = None  # the command after which the RUN is cut
    added: str = ""  # an instruction that downloads ahead, where the language has no install of its own


def run(facts: Facts) -> Outcome:
    """The better order in the first stage that allows one, or the reason why none does."""
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
    found = _find(facts, stage)
    if found is None:
        unknown = _unknown_install(facts, stage)
        if unknown is not None:
            return unknown
        return Unneeded(Reasons.NO_INSTALL, facts.at(stage.origin, "no dependency install after a COPY"))
    copies = [
        at
        for at, step in enumerate(stage.steps[: found.first])
        if step.copy is not None and _brings_more(facts, step.copy, found.inputs)
    ]
    install = stage.steps[found.first]
    computed = next((step for step in stage.steps[: found.first] if step.copy is not None and not step.copy.known and not step.copy.inline), None)
    if computed is not None:
        return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(computed.instruction, "its paths are not known"))
    if not copies:
        project = next(
            (
                at
                for at, step in enumerate(stage.steps[: found.first])
                if step.copy is not None and _is_project(step.copy, found.inputs)
            ),
            None,
        )
        if project is not None:
            return Refusal(
                Reasons.READS_SOURCES, facts.at(install.instruction, "it builds the project that was copied")
            )
        return Unneeded(Reasons.ALREADY_ORDERED, facts.at(install.instruction, "its inputs are copied alone"))
    return _objection(facts, stage, found, copies) or _reorder(facts, stage, found, copies)


def _unknown_install(facts: Facts, stage: Stage) -> Refusal | None:
    """A package manager's command after a COPY whose effects are not known."""
    copied = False
    for step in stage.steps:
        copied = copied or (step.copy is not None and step.copy.origin is None)
        for placed in step.run.commands if step.run is not None and copied else ():
            if placed.effects.kind is Kind.UNKNOWN and placed.effects.by:
                return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, placed.effects.why))
    return None


def _find(facts: Facts, stage: Stage) -> _Install | None:
    """The first run of installs that follows a COPY of the context."""
    copied = False
    for at, step in enumerate(stage.steps):
        if step.copy is not None and step.copy.origin is None:
            copied = True
        if step.run is None or not copied:
            continue
        if Kind.INSTALL in step.run.kinds:
            return _installs(facts, stage, at)
        ahead = _ahead(facts, stage, step)
        if ahead is not None:
            return _Install(at, at - 1, InstallInputs(files=ahead[0], locked=True), None, ahead[1])
    return None


def _ahead(facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
    for toolchain in facts.known_toolchains:
        hook = getattr(toolchain, "manifest_install", None)
        found = hook(facts, stage, step) if hook is not None else None
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


def _installs(facts: Facts, stage: Stage, first: int) -> _Install:
    files: list[str] = []
    folders: list[str] = []
    missing: list[str] = []
    open_ended: list[Evidence] = []
    last, cut = first, None
    for at in range(first, len(stage.steps)):
        step = stage.steps[at]
        if step.run is None:
            if step.keyword in ("ENV", "ARG"):
                continue
            break
        if Kind.INSTALL not in step.run.kinds:
            break
        cut = _cut(step)
        for placed in step.run.commands:
            inputs = facts.install_inputs(step, placed, stage) if placed.effects.kind is Kind.INSTALL else None
            if inputs is not None:
                files += inputs.files
                folders += inputs.folders
                missing += inputs.missing
                open_ended += inputs.open_ended
        last = at
        if cut is not None or not step.run.kinds <= _QUIET:
            break
    inputs = InstallInputs(
        tuple(dict.fromkeys(files)),
        tuple(dict.fromkeys(folders)),
        (),
        False,
        tuple(open_ended),
        tuple(dict.fromkeys(missing)),
    )
    return _Install(first, last, inputs, cut)


_QUIET = frozenset(
    {
        Kind.INSTALL,
        Kind.TOOL_SETUP,
        Kind.TOOL_INSTALL,
        Kind.QUERY,
        Kind.OS_UPDATE,
        Kind.OS_INSTALL,
        Kind.OS_CLEAN,
        Kind.OS_REMOVE,
        Kind.SETTING,
    }
)


def _cut(step: Step) -> Placed | None:
    """The command after which a RUN that installs and then does more can be cut in two; None where it need not be."""
    assert step.run is not None
    if step.run.kinds <= _QUIET:
        return None
    last = max(at for at, placed in enumerate(step.run.commands) if placed.effects.kind is Kind.INSTALL)
    return step.run.commands[last]


def _brings_more(facts: Facts, copy: Copy, inputs: InstallInputs) -> bool:
    """Whether a copy brings a folder (or the whole context) of which the install reads less than all."""
    if copy.origin is not None or copy.inline or copy.remote:
        return False
    for source, target, is_folder in copy.pairs:
        if not is_folder or any(inside(target, folder) for folder in inputs.folders):
            continue
        wanted = {path for path in inputs.files if inside(path, target)}
        present = [entry.path for entry in facts.context.walk(source) if not entry.is_dir]
        if any(
            posixpath.normpath(posixpath.join(target, posixpath.relpath("/" + path, "/" + source))) not in wanted
            for path in present
        ):
            return True
    return False


def _is_project(copy: Copy, inputs: InstallInputs) -> bool:
    """Whether a copy brings a local project that the install builds."""
    return copy.origin is None and any(
        is_folder and any(inside(target, folder) for folder in inputs.folders) for _, target, is_folder in copy.pairs
    )


def _objection(facts: Facts, stage: Stage, found: _Install, copies: Sequence[int]) -> Refusal | None:
    install = stage.steps[found.first]
    inputs = found.inputs
    if inputs.missing and stage.copied(inputs.missing[0]) is not None:
        return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(install.instruction, f"a step changes {inputs.missing[0]} before it"))
    if inputs.missing:
        return Refusal(
            Reasons.MANIFEST_MISSING, facts.at(install.instruction, f"`{inputs.missing[0]}` is not in the context")
        )
    if inputs.open_ended:
        first = inputs.open_ended[0]
        local = any(item.path != facts.name for item in inputs.open_ended)
        return Refusal(Reasons.READS_SOURCES if local else Reasons.UNKNOWN_INPUTS, first)
    if any(_is_project(copy, inputs) for at in copies if (copy := stage.steps[at].copy) is not None):
        return Refusal(Reasons.READS_SOURCES, facts.at(install.instruction, "it builds the project that was copied"))
    if found.cut is not None and not _cuttable(
        install if found.first == found.last else stage.steps[found.last], found.cut
    ):
        return Refusal(
            Reasons.UNKNOWN_EFFECT, facts.at(install.instruction, "the install and later commands share one RUN")
        )
    return _between(facts, stage, found, copies) or _overlay(facts, stage, found, copies)


def _cuttable(step: Step, cut: Placed) -> bool:
    assert step.run is not None
    before = step.run.commands[: step.run.commands.index(cut) + 1]
    after = step.run.commands[step.run.commands.index(cut) + 1 :]
    return (
        not step.run.heredoc
        and not step.run.mounts
        and not step.instruction.json
        and all(
            placed.effects.kind in _QUIET and placed.command.top and placed.cwd == step.before.cwd for placed in before
        )
        and all(placed.effects.kind is not Kind.SETTING for placed in before)
        and bool(after)
        and after[0].command.connector == "&&"
        and after[0].command.top
    )


def _between(facts: Facts, stage: Stage, found: _Install, copies: Sequence[int]) -> Refusal | None:
    """Steps between the first moved copy and the install must not touch what it copies."""
    moved = tuple(path for at in copies for path in _written(stage.steps[at]))
    cwd = stage.steps[found.last if found.last >= found.first else found.first].before.cwd
    for step in stage.steps[copies[0] + 1 : found.first]:
        if step.run is None:
            continue
        for placed in step.run.commands:
            effects = placed.effects
            if effects.kind is Kind.UNKNOWN or step.run.opaque:
                return Refusal(
                    Reasons.UNKNOWN_EFFECT,
                    facts.at(step.instruction, effects.why or step.run.opaque or "its effects are not known"),
                )
            if effects.kind in (
                Kind.OS_INSTALL,
                Kind.OS_UPDATE,
                Kind.OS_CLEAN,
                Kind.OS_REMOVE,
                Kind.SETTING,
                Kind.TOOL_SETUP,
                Kind.TOOL_INSTALL,
                Kind.ACCOUNTS,
            ):
                continue
            if overlap((*effects.reads, *effects.writes), moved):
                return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, "it changes the copied files"))
    for at in copies:
        words = stage.steps[at].instruction.args
        if stage.steps[at].before.cwd != cwd and not words[-1].startswith("/"):
            return Refusal(
                Reasons.UNKNOWN_EFFECT,
                facts.at(stage.steps[at].instruction, "the work folder changes between the copy and the install"),
            )
    return None


def _overlay(facts: Facts, stage: Stage, found: _Install, copies: Sequence[int]) -> Refusal | None:
    """The context must not bring a folder that the install makes."""
    for at in range(found.first, found.last + 1):
        run_ = stage.steps[at].run
        for placed in run_.commands if run_ is not None else ():
            if placed.effects.kind is not Kind.INSTALL:
                continue
            changed = next((path for path in placed.effects.writes if path in found.inputs.files), None)
            if changed is not None:
                return Refusal(
                    Reasons.UNKNOWN_EFFECT,
                    facts.at(
                        stage.steps[at].instruction, f"the install changes {changed}, and the copy would restore it"
                    ),
                )
            for path in placed.effects.writes:
                for copy_at in copies:
                    source = _source_of(facts, stage.steps[copy_at], path)
                    if source is not None:
                        return Refusal(Reasons.CONTEXT_ARTIFACTS, Evidence(source, 0, f"is copied over {path}"))
    return None


def _source_of(facts: Facts, step: Step, path: str) -> str | None:
    assert step.copy is not None
    for source, target, is_folder in step.copy.pairs:
        if is_folder and path != target and inside(path, target):
            candidate = posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
            if facts.context.exists(candidate):
                return candidate
    return None


def _written(step: Step) -> tuple[str, ...]:
    return step.copy.writes if step.copy is not None else ()


def _reorder(facts: Facts, stage: Stage, found: _Install, copies: Sequence[int]) -> Outcome:
    document = facts.document
    newline = document.newline
    first, last = stage.steps[found.first], stage.steps[max(found.last, found.first)]
    manifests = _manifest_copies(facts, stage, found, copies)
    if manifests is None:
        return Refusal(
            Reasons.UNKNOWN_INPUTS, facts.at(first.instruction, "a file that it reads is copied under another name")
        )
    head = "".join(document.typed(line) + newline for line in manifests)
    moved = "".join(_text(facts, stage.steps[at]) for at in copies if _still_read(facts, stage, stage.steps[at], found))
    edits = [Edit(span, "") for span in document.removals(stage.steps[at].instruction for at in copies)]
    target = document.with_comments(first.instruction).start
    if found.added:
        edits.append(insertion(target, head + document.typed(found.added) + newline + moved))
        return _change(facts, stage, copies, edits, target, head + document.typed(found.added) + newline + moved)
    edits.append(insertion(target, head))
    if found.cut is not None:
        edits.append(_cut_edit(last, found.cut, newline, moved + document.typed("RUN ")))
    else:
        end = last.instruction.span.end
        text = moved if document.text[:end].endswith("\n") else newline + moved.rstrip("\r\n")
        edits.append(insertion(end, text))
    return _change(facts, stage, copies, edits, target, head)


def _change(facts: Facts, stage: Stage, copies: Sequence[int], edits: list[Edit], target: int, head: str) -> Change:
    """Where the moved copy stands directly above, its place is taken instead of leaving a hole."""
    last_copy = stage.steps[copies[-1]].instruction
    if last_copy.span.end == target and len(copies) == 1 and not facts.document.comment_block(last_copy):
        rest = [
            edit
            for edit in edits
            if edit.span not in facts.document.removals([last_copy]) and edit.span != Span(target, target)
        ]
        return Change((Edit(last_copy.span, head), *rest), "")
    return Change(tuple(edits), "")


def _cut_edit(step: Step, cut: Placed, newline: str, moved: str) -> Edit:
    """`RUN install && build` becomes two RUNs with the copy between them."""
    assert step.run is not None
    after = step.run.commands[step.run.commands.index(cut) + 1].command
    start = step.instruction.offset(step.instruction.value_start + cut.command.end - 1) + 1
    end = step.instruction.offset(step.instruction.value_start + after.start)
    return Edit(Span(start, end), f"{newline}{moved}")


def _text(facts: Facts, step: Step) -> str:
    text = _span(facts, step).of(facts.document.text)
    return text if text.endswith("\n") else text + facts.document.newline


def _span(facts: Facts, step: Step) -> Span:
    return facts.document.with_comments(step.instruction)


def _still_read(facts: Facts, stage: Stage, step: Step, found: _Install) -> bool:
    """Whether anything reads a moved copy: a later step of the stage, another stage, or the running program."""
    if stage is facts.final or found.added or found.cut is not None:
        return True
    if any(other.base_stage == stage.index for other in facts.stages):
        return True
    if any(later.run is not None for later in stage.steps[found.last + 1 :]):
        return True
    names = {stage.name.lower(), str(stage.index)}
    for other in facts.stages:
        for later in other.steps:
            if later.copy is not None and (later.copy.origin or "").lower() in names:
                sources = tuple(absolute(path, "/") for path in later.copy.sources)
                if any(
                    overlap((path,), (tree,)) and not made_by_run(stage, path, tree)
                    for path in sources
                    for tree in _written(step)
                ):
                    return True
    return False


def _manifest_copies(facts: Facts, stage: Stage, found: _Install, copies: Sequence[int]) -> list[str] | None:
    """COPY lines for what the install reads, None where a file stands there under another name."""
    resolve = stage.resolver(found.first)
    alone = {path for at, step in enumerate(stage.steps[: found.first]) if at not in copies for path in _written(step)}
    step = stage.steps[copies[-1]]
    flags = "".join(f" {flag}" for flag in step.instruction.flags)
    cwd = stage.steps[found.first].before.cwd
    groups: dict[str, list[str]] = {}
    lines: list[str] = []
    mounts = stage.steps[found.first].run
    bound = stages.mounted(lambda _: None, mounts.mounts if mounts is not None else (), cwd, facts.context)
    for path in found.inputs.files:
        source = resolve(path)
        if path in alone or bound(path) is not None:
            continue
        if source is None or posixpath.basename(source) != posixpath.basename(path):
            return None
        groups.setdefault(posixpath.dirname(path), []).append(source)
    folders = [(folder, resolve(folder)) for folder in found.inputs.folders]
    for folder, sources in groups.items():
        lines.append(f"COPY{flags} " + _operands([*sources, _shown(folder, cwd)]))
    for folder, source in folders:
        if source is None:
            return None
        lines.append(f"COPY{flags} " + _operands([source, _shown(folder, cwd).rstrip("/")]))
    return lines


def _shown(folder: str, cwd: str) -> str:
    """A destination folder as an author types it: relative to the work folder where it lies in it."""
    if folder == cwd:
        return "./"
    if inside(folder, cwd) and cwd != "/":
        return f"./{posixpath.relpath(folder, cwd)}/"
    return folder.rstrip("/") + "/"


def _operands(words: list[str]) -> str:
    if any(" " in word for word in words):
        return "[" + ", ".join(f'"{word}"' for word in words) + "]"
    return " ".join(words)


TRANSFORM = Transform("order-copies", run, Reasons)
