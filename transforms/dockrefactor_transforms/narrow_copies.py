"""Narrows `COPY --from=STAGE FOLDER` of a whole work folder to what the program needs when it runs.

The artifacts (node_modules, dist, a binary) are copied by name; the files that the program reads come from the build
context. What is left out is only what is shown to be unneeded: sources that compile away completely, lock files, build
configuration. Where the program's reads cannot be bounded, the whole folder stays.
"""

from __future__ import annotations

import posixpath

from dockrefactor import roles, setup_files, source_copies
from dockrefactor.context import outermost
from dockrefactor.document import Instruction
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.records import replace
from dockrefactor.stages import Placed, Run, Stage, Step, made_by_run
from dockrefactor.text import Edit
from dockrefactor.toolchain import Blocked, TreeNeeds

MOST_LINES = 8


class Reasons(ReasonEnum):
    """Why copies stay as wide as they are."""

    NOTHING_TO_NARROW = Reason("nothing-to-narrow", "No copy takes a whole work folder from another stage.", "Nothing.")
    NEEDED_WHOLE = Reason(
        "needed-whole",
        "A copy takes a whole work folder from another stage, and no part of it is shown to be unneeded.",
        "Nothing.",
    )
    UNKNOWN_READS = Reason(
        "unknown-reads",
        "Which files of the folder the program reads cannot be bounded.",
        "Open files by literal paths, or keep the whole folder.",
    )
    COMMAND_ELSEWHERE = Reason(
        "command-elsewhere",
        "A Makefile, workflow or manifest starts another program in this image, which may need the whole folder.",
        "Run it in a stage of its own (`--target`), or accept it with --assume command-elsewhere.",
        liftable=True,
    )


def run(facts: Facts) -> Outcome:
    """Narrower copies in the final stage, or why there are none."""
    everywhere = facts.everywhere()  # a service of compose may start another program of the folder
    refusal: Refusal | None = None
    edits: list[Edit] = []
    whole: Step | None = None
    for step in facts.final.steps:
        builder = step.copy.stage if step.copy is not None and step.copy.known else None
        if builder is None or step.copy is None or len(step.copy.sources) != 1:
            continue
        folder = absolute(step.copy.sources[0], "/")
        if not _is_work_folder(builder, folder):
            continue
        whole = whole or step
        outcome = _narrow(everywhere, step, builder, folder)
        if isinstance(outcome, Edit):
            edits.append(outcome)
        elif outcome is not None:
            refusal = refusal or outcome
    elsewhere = roles.used_elsewhere(facts) if edits else None
    if elsewhere is not None and "command-elsewhere" not in facts.options.assume:
        return Refusal(Reasons.COMMAND_ELSEWHERE, elsewhere)
    if edits:
        edits += _unread(facts, edits)
        return Change(tuple(edits), "only what the program needs is copied from the builder")
    if whole is not None and refusal is None:
        return Unneeded(Reasons.NEEDED_WHOLE, facts.at(whole.instruction, "all of it may be read"))
    return refusal or Unneeded(Reasons.NOTHING_TO_NARROW, facts.at(facts.final.origin, "no whole folder is copied"))


def _is_work_folder(stage: Stage, folder: str) -> bool:
    """Whether sources of the context stand in `folder` of that stage."""
    return folder != "/" and any(
        step.copy is not None
        and step.copy.origin is None
        and any(inside(target, folder) for _, target, _ in step.copy.pairs)
        for step in stage.steps
    )


def _narrow(facts: Facts, step: Step, builder: Stage, folder: str) -> Edit | Refusal | None:
    for toolchain in facts.running:
        needs = toolchain.tree_needs(facts, builder.index, folder)
        if isinstance(needs, Blocked):
            return Refusal(Reasons.UNKNOWN_READS, needs.evidence)
        if needs is not None:
            wider = _with_handled(facts, step, builder, folder, needs)
            return wider if isinstance(wider, Refusal) else _edit(facts, step, builder, folder, wider)
    return None


def _with_handled(facts: Facts, step: Step, builder: Stage, folder: str, needs: TreeNeeds) -> TreeNeeds | Refusal:
    """What is needed, and what the steps below the copy read or change of the folder."""
    root, inner = builder.resolver()(folder), builder.resolver()
    if needs.kept is None or root is None or step.copy is None:
        return needs
    target = step.copy.destination

    def resolve(path: str) -> str | None:
        return inner(absolute(posixpath.relpath(path, target), folder)) if inside(path, target) else None

    made = [absolute(path, target) for path in needs.built]
    steps = facts.final.steps[facts.final.steps.index(step) + 1 :]
    found = setup_files.launched(facts, target, made, resolve)
    for later in steps:
        paths = setup_files.handled(facts, filter(setup_files.is_setup, later.commands), target, made, resolve)
        if isinstance(paths, Placed):
            says = f"`{paths.command.name}` takes all of it"
            return Refusal(Reasons.UNKNOWN_READS, facts.at(later.instruction, says))
        found |= paths
    names = {posixpath.relpath("/" + path, "/" + root) for path in found}
    missing = {
        name for name in names if name[:2] != ".." and not any(inside("/" + name, "/" + item) for item in needs.kept)
    }
    return replace(needs, kept=outermost({*needs.kept, *missing})) if missing else needs


def _edit(facts: Facts, step: Step, builder: Stage, folder: str, needs: TreeNeeds) -> Edit | Refusal | None:
    assert step.copy is not None
    made = _made_by_setup(facts, builder, folder, step.copy.owner is not None)
    if made is None:
        says = "a step of the builder writes into the folder, or takes away what the context has there"
        return Refusal(Reasons.UNKNOWN_READS, facts.at(step.instruction, says))
    named = dict.fromkeys([*needs.built, *made])
    built = tuple(
        path for path in named if not any(other != path and inside("/" + path, "/" + other) for other in named)
    )
    sources = _sources(facts, builder, folder, needs, built)
    if sources is None or len(built) + len(sources) > MOST_LINES:
        return None
    flags = "".join(f" {flag}" for flag in step.instruction.flags)
    owner = f" --chown={step.copy.owner}" if step.copy.owner else ""
    shown = _Shown(step, folder)
    late = [path for path in built if _is_made_over_copy(facts, builder, folder, path, sources)]
    early, below = (
        [f"COPY{flags} {folder}/{path} {shown.at(path)}" for path in built if (path in late) == below]
        for below in (False, True)
    )
    moved = _moved_copy(facts, step, builder, folder) if needs.kept is None else None
    if moved is None:
        early += [f"COPY{owner} {operands}" for operands in sources and _grouped(sources, shown)]
    text = _lines(facts, early) + (moved or "") + _lines(facts, below)
    source = facts.document.source(step.instruction)
    return Edit(step.instruction.span, text if source.endswith("\n") else text.rstrip("\r\n"))


def _lines(facts: Facts, lines: list[str]) -> str:
    return "".join(facts.document.typed(line) + facts.document.newline for line in lines)


def _is_made_over_copy(
    facts: Facts, builder: Stage, folder: str, path: str, sources: list[tuple[str, str, bool]]
) -> bool:
    """Whether a build makes `path` where a repeated copy of the context may bring an older one: it comes last then."""
    if not any(is_folder and inside("/" + path, posixpath.normpath("/" + copied)) for _, copied, is_folder in sources):
        return False
    made = posixpath.join(folder, path)
    return source_copies.replaced_by_build(builder.image_steps, facts.context, made) is not None


def _unread(facts: Facts, narrowed: list[Edit]) -> list[Edit]:
    """Copies and prunes at the end of a builder that nothing reads any more: no later RUN of it, no copy from it."""
    unread: list[Instruction] = []
    taken = _taken(facts, narrowed)
    for stage in facts.stages[:-1]:
        if facts.is_built_alone(stage) or any(other.base_stage == stage.index for other in facts.stages):
            continue
        for step in reversed(stage.steps):
            if step.run is not None and not _only_prunes(step.run):
                break
            read = any(
                overlap((path,), (target,)) and not (step.copy and made_by_run(stage, path, target))
                for path in taken
                for target in _left(step)
            )
            if _left(step) and not read:
                unread.append(step.instruction)
            elif step.run is not None:
                break
    return [Edit(span, "") for span in facts.document.removals(unread)]


def _taken(facts: Facts, narrowed: list[Edit]) -> tuple[str, ...]:
    """The paths that stages copy from others when the edits are made."""
    lines = (line.split() for edit in narrowed for line in edit.text.splitlines() if " --from=" in line)
    copied = (
        path
        for stage in facts.stages
        for step in stage.steps
        if step.copy is not None
        and step.copy.origin
        and not any(edit.span == step.instruction.span for edit in narrowed)
        for path in step.copy.sources
    )
    return (*copied, *(word for line in lines for word in line[:-1] if word.startswith("/")))


def _only_prunes(run: Run) -> bool:
    return not run.opaque and all(placed.effects.kind is Kind.PRUNE for placed in run.commands)


def _left(step: Step) -> tuple[str, ...]:
    """What a copy from the context or a prune leaves behind; nothing for another step."""
    if step.run is not None:
        return tuple(path for placed in step.run.commands for path in placed.effects.writes)
    if step.copy is None or step.copy.origin is not None or step.copy.inline:
        return ()
    return step.copy.writes


def _moved_copy(facts: Facts, step: Step, builder: Stage, folder: str) -> str | None:
    """The author's own copy of the whole folder with its comments, where the builder has no use for it after this."""
    last = builder.steps[-1] if builder.steps else None
    if (
        last is None
        or last.copy is None
        or last.copy.origin is not None
        or last.copy.owner
        or step.copy is None
        or step.copy.owner
    ):
        return None
    same_place = last.before.cwd == step.before.cwd and step.copy.destination == folder == last.copy.destination
    if not same_place or not last.copy.whole_context:
        return None
    text = facts.document.with_comments(last.instruction).of(facts.document.text)
    return text if text.endswith("\n") else text + facts.document.newline


class _Shown:
    """Destinations as an author types them."""

    def __init__(self, step: Step, folder: str) -> None:
        assert step.copy is not None
        self.destination = step.copy.destination
        self.cwd = step.before.cwd

    def at(self, path: str) -> str:
        target = posixpath.normpath(posixpath.join(self.destination, path))
        if inside(target, self.cwd) and self.cwd != "/":
            relative = posixpath.relpath(target, self.cwd)
            return "./" if relative == "." else f"./{relative}"
        return target


def _grouped(sources: list[tuple[str, str, bool]], shown: _Shown) -> list[str]:
    """Operands of COPY: files that go to one folder share a line, a folder has its own."""
    files: dict[str, list[str]] = {}
    lines: list[str] = []
    for source, path, is_folder in sources:
        if is_folder:
            whole = not source and shown.at(path) == "./"
            target = shown.at(path) + ("/" if source.endswith("]") else "")  # what a pattern matches goes into a folder
            lines.append(". ." if whole else f"{source or '.'} {target}")
        else:
            files.setdefault(posixpath.dirname(path), []).append(source)
    heads = []
    for folder, names in files.items():
        target = shown.at(folder or ".").rstrip("/") + "/"
        heads.append(f"{' '.join(names)} {target}")
    return [*heads, *lines]


def _made_by_setup(facts: Facts, builder: Stage, folder: str, owned: bool) -> tuple[str, ...] | None:
    """Paths of the folder that plain file commands made or changed in the builder; None where that cannot be listed, or
    where they take away what a copy of the context would bring back.

    `owned`: the copy sets an owner, so that a chown in the builder changes nothing.
    """
    made: list[str] = []
    for step in builder.steps:
        if step.run is None:
            continue
        if step.run.opaque:
            return None
        for placed in step.run.commands:
            effects = placed.effects
            if effects.kind in (Kind.UNKNOWN, Kind.PROGRAM):
                return None
            if effects.kind not in (Kind.FILES, Kind.DOWNLOAD) or _only_owns(placed, owned):
                continue
            if effects.removes:
                if any(_is_in_context(facts, builder, folder, path) for path in effects.writes):
                    return None
                made = _without(made, [posixpath.relpath(path, folder) for path in effects.writes])
                continue
            for path in effects.writes:
                if inside(folder, path) and placed.command.name != "mkdir":
                    return None
                if inside(path, folder) and path != folder:
                    made.append(posixpath.relpath(path, folder))
    return tuple(made)


def _only_owns(placed: Placed, owned: bool) -> bool:
    return owned and placed.command.name in ("chown", "chgrp")


def _without(paths: list[str], gone: list[str]) -> list[str]:
    return [path for path in paths if not any(inside("/" + path, "/" + other) for other in gone)]


def _is_in_context(facts: Facts, builder: Stage, folder: str, path: str) -> bool:
    """Whether a copy puts something of the context at `path` in `folder`, or that is the folder."""
    if inside(folder, path):
        return True
    copied = builder.copied(path) if inside(path, folder) else None
    return copied is not None and facts.context.exists(copied)


def _sources(
    facts: Facts, builder: Stage, folder: str, needs: TreeNeeds, built: tuple[str, ...]
) -> list[tuple[str, str, bool]] | None:
    """(context path, path in the folder, whether it is a folder) of what the context gives; None where unclear."""
    resolve = builder.resolver()
    if needs.kept is None:
        root = resolve(folder)
        if root is None:
            return _copied_one_by_one(facts, builder, folder, built)
        if not any(
            step.copy is not None and any(target == folder and source == root for source, target, _ in step.copy.pairs)
            for step in builder.steps
        ):
            return None
        if any(facts.context.exists(posixpath.normpath(posixpath.join(root, path))) for path in built):
            return None
        return [(root, ".", True)]
    found: list[tuple[str, str, bool]] = []
    alone = {source for step in builder.steps if step.copy is not None for source, _, _ in step.copy.pairs}
    for path in needs.kept:
        if any(inside("/" + path, "/" + item) for item in built):
            continue
        source = builder.source(posixpath.join(folder, path))
        if source is None:
            return None
        word = source if source in alone else source_copies.operand(facts.context, source)
        found.append((word, path, facts.context.is_dir(source)))
    return found


def _copied_one_by_one(
    facts: Facts, builder: Stage, folder: str, built: tuple[str, ...]
) -> list[tuple[str, str, bool]] | None:
    """As `_sources`, for a builder that copies files and folders of the context by name."""
    found: dict[str, tuple[str, str, bool]] = {}
    for step in builder.steps:
        copy = step.copy
        if copy is None or copy.origin is not None or not any(inside(path, folder) for path in copy.writes):
            continue
        if copy.inline or copy.remote or copy.unpacks or not copy.known or copy.owner or step.instruction.flag("chmod"):
            return None
        for source, target, is_folder in copy.pairs:
            path = posixpath.relpath(target, folder)
            if path == "." or any(inside("/" + path, "/" + item) for item in built):
                return None
            found[path] = (source, path, is_folder)
    return list(found.values()) or None


TRANSFORM = Transform("narrow-copies", run, Reasons)
