"""Dependency installs of a stage: what they read, and which copies before them bring more than that."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from dockrefactor.effects import Kind, absolute, in_image, inside, overlap
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Copy, Placed, Stage, Step, made_by_run, resolver
from dockrefactor.toolchain import Blocked

# what may stand in one RUN with an install without reading the sources
_QUIET: Final = frozenset(
    {
        Kind.INSTALL,
        Kind.PRUNE,
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
# what touches no file of the context wherever it stands
_APART: Final = (_QUIET - {Kind.INSTALL, Kind.PRUNE, Kind.QUERY}) | {Kind.ACCOUNTS}
# single files that change with every commit; tools keep their settings in such files too
_SOURCE: Final = regex(r"\.(py|[cm]?[jt]sx?|go|html)$")
_FILE: Final = regex(r"[\w./-]*[\w-]\.?[\w-]+")
# variables that settings of package managers, or files that they load, are given in
_SETTING: Final = regex(
    r"(NODE_OPTIONS|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$"
    r"|(npm_config|pip|uv|yarn|bundle|composer)_",
    re.IGNORECASE,
)
# where package managers, TLS clients and the system look for settings and certificates without being told
_PLAIN: Final = regex(r"[\w./-]+")
_SETTINGS_FOLDERS: Final = ("/etc", "/root", "/usr")
_CONFIGURATION: Final = regex(r"(^|/)\.|config|rc\.[cm]?[jt]s$|(^|/)(setup|[A-Z]\w*file)\.[a-z]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Install:
    """Installs that run one after the other, from step `first` to `last` of a stage, and what they read together.

    `cut`: the command after which the RUN of the last must be cut in two; `added`: an instruction that downloads ahead,
    for a language that has no install of its own (then `last` is before `first`).
    """

    first: int
    last: int
    inputs: InstallInputs
    cut: Placed | None = None
    added: str = ""


def find(facts: Facts, stage: Stage) -> Install | None:
    """The first run of installs that follows a COPY of the context, and reads or waits for something of it."""
    copied = False
    idle: Install | None = None
    for at, step in enumerate(stage.steps):
        if step.copy is not None and step.copy.origin is None:
            copied = True
        if step.run is None or not copied:
            continue
        if any(placed.effects.kind is Kind.INSTALL and placed.effects.network for placed in step.run.commands):
            # an empty virtual environment is no layer worth keeping
            found = _installs(facts, stage, at)
            if found.inputs.files or found.inputs.folders or _waits(facts, stage, found):
                return found
            idle = idle or found
        ahead = _ahead(facts, stage, step)
        if ahead is not None:
            return Install(at, at - 1, InstallInputs(files=ahead[0], locked=True), None, ahead[1])
    return idle


def _waits(facts: Facts, stage: Stage, found: Install) -> bool:
    """Whether something stands before an install that it does not read, or that it misses."""
    copies = [step.copy for step in stage.steps[: found.first] if step.copy is not None]
    return bool(found.inputs.missing or found.inputs.open_ended) or any(
        brings_more(facts, copy, found.inputs) for copy in copies
    )


def _ahead(facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
    for toolchain in facts.known_toolchains:
        found = toolchain.manifest_install(facts, stage, step)
        if found is not None:
            return found
    return None


def _installs(facts: Facts, stage: Stage, first: int) -> Install:
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
        if cut is not None and at > first and not is_cuttable(step, cut):
            cut = None
            break  # those before it can still come first
        for placed in step.run.commands:
            inputs = facts.install_inputs(step, placed, stage) if placed.effects.kind is Kind.INSTALL else None
            if inputs is not None:
                files += inputs.files
                folders += inputs.folders
                missing += inputs.missing
                open_ended += inputs.open_ended
        names = named(facts, stage, at, cut)
        files += names
        # a source that is loaded beside the tool may load others
        loaded = _loaded(step)
        sources = [path for path in names if _SOURCE.search(path) and path.endswith(loaded)]
        open_ended += [facts.at(step.instruction, f"{posixpath.basename(path)} is loaded with it") for path in sources]
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
    return Install(first, last, inputs, cut)


def _loaded(step: Step) -> tuple[str, ...]:
    """The ends of the paths that NODE_OPTIONS names."""
    assert step.run is not None
    values = [step.before.env.get("NODE_OPTIONS", "")]
    for placed in step.run.commands:
        values += [value.text for name, value in placed.command.assignments if name == "NODE_OPTIONS" and value]
    return tuple(posixpath.basename(part) for value in values for part in _FILE.findall(value))


def named(facts: Facts, stage: Stage, at: int, cut: Placed | None) -> list[str]:
    """Copied files that the commands of an install, or settings of the environment for it, name (`--userconfig x`)."""
    step = stage.steps[at]
    assert step.run is not None
    commands = step.run.commands
    texts = [
        (word, placed.cwd)
        for placed in commands[: commands.index(cut) + 1 if cut is not None else len(commands)]
        for command in (placed.command, *placed.command.pieces)
        for word in (*command.argv, *(value.text for _, value in command.assignments if value is not None))
    ]
    env = step.before.env.items()
    texts += [(value, step.before.cwd) for name, value in env if _SETTING.match(name)]
    resolve = stage.resolver(at)
    found = []
    for text, cwd in texts:
        for part in _FILE.findall(text):
            path = absolute(part, cwd)
            source = resolve(path)
            if source is not None and facts.context.is_file(source):
                found.append(path)
    return found


def _cut(step: Step) -> Placed | None:
    """The command after which a RUN that installs and then does more can be cut in two; None where it need not be."""
    assert step.run is not None
    if step.run.kinds <= _QUIET:
        return None
    commands = step.run.commands
    last = max(at for at, placed in enumerate(commands) if placed.effects.kind is Kind.INSTALL)
    # what follows and touches nothing of the context need not wait for it either
    while last + 1 < len(commands) and commands[last + 1].effects.kind in _APART:
        last += 1
    return commands[last] if last + 1 < len(commands) else None


def brings_more(facts: Facts, copy: Copy, inputs: InstallInputs) -> bool:
    """Whether a copy brings a folder (or the whole context) of which the install reads less than all, or a source."""
    if copy.origin is not None or copy.inline or copy.remote:
        return False
    for source, target, is_folder in copy.pairs:
        if any(inside(target, folder) for folder in inputs.folders):
            continue
        if not is_folder:
            if target not in inputs.files and _SOURCE.search(source) and not _CONFIGURATION.search(source):
                return True
            continue
        wanted = {path for path in inputs.files if inside(path, target)}
        present = [entry.path for entry in facts.context.walk(source) if not entry.is_dir]
        if any(in_image(path, source, target) not in wanted for path in present):
            return True
    return False


def is_unread(facts: Facts, stage: Stage, step: Step, found: Install) -> bool:
    """Whether a copy of single files concerns neither the install nor anything after it (what a split left behind)."""
    copy = step.copy
    if copy is None or copy.origin is not None or copy.inline or copy.remote or not copy.pairs:
        return False
    read = any(
        is_folder
        or target in found.inputs.files
        or any(inside(target, folder) for folder in (*found.inputs.folders, *_SETTINGS_FOLDERS))
        for _, target, is_folder in copy.pairs
    )
    return not read and not is_still_read(facts, stage, step, found)


def is_project(copy: Copy, inputs: InstallInputs) -> bool:
    """Whether a copy brings a local project that the install builds."""
    return copy.origin is None and any(
        is_folder and any(inside(target, folder) for folder in inputs.folders) for _, target, is_folder in copy.pairs
    )


def is_cuttable(step: Step, cut: Placed) -> bool:
    """Whether a RUN can be cut in two after the command `cut`, and each part still does what it did."""
    assert step.run is not None
    moves = leading_moves(step)
    before = step.run.commands[len(moves) : step.run.commands.index(cut) + 1]
    after = step.run.commands[step.run.commands.index(cut) + 1 :]
    return (
        not step.run.heredoc
        and not step.run.mounts
        and not step.instruction.json
        and all(placed.command.top and placed.command.connector in ("", "&&") for placed in moves)
        and all(placed.effects.kind in _QUIET and placed.command.top and placed.cwd == cut.cwd for placed in before)
        and all(placed.effects.kind is not Kind.SETTING for placed in before)
        and bool(after)
        and after[0].command.connector == "&&"
        and after[0].command.top
    )


def leading_moves(step: Step) -> tuple[Placed, ...]:
    """The commands at the start of a RUN that only change the folder, which each part of it needs."""
    assert step.run is not None
    found: list[Placed] = []
    for placed in step.run.commands:
        if placed.command.name != "cd" or len(placed.command.words) != 2 or not placed.command.words[1].known:
            break
        found.append(placed)
    return tuple(found)


def blocked_between(
    facts: Facts, stage: Stage, found: Install, copies: Sequence[int], through: bool = False
) -> Blocked | None:
    """What between the first moved copy and the install, or with `through` the end of it, touches or depends on what it
    copies."""
    moved = tuple(path for at in copies for path in written(stage.steps[at]))
    cwd = stage.steps[max(found.last, found.first)].before.cwd
    for at in range(copies[0] + 1, found.last + 1 if through else found.first):
        step = stage.steps[at]
        replaced = _replaced(facts, stage, at, copies) if step.copy is not None and at not in copies else None
        if replaced is not None:
            says = f"it puts another file at {replaced}, which the moved copy would restore"
            return Blocked("unknown-effect", facts.at(step.instruction, says))
        opaque = step.run.opaque if step.run is not None else ""
        for placed in step.commands:
            effects = placed.effects
            if effects.kind is Kind.UNKNOWN or opaque:
                says = effects.why or opaque or "its effects are not known"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
            if effects.kind in _APART:
                continue
            if overlap((*effects.reads, *effects.writes), moved):
                return Blocked("unknown-effect", facts.at(step.instruction, "it changes the copied files"))
    for step in (stage.steps[at] for at in copies):
        plain = step.copy is not None and not (step.instruction.json or step.copy.inline)
        if is_elsewhere(step, cwd) and not (plain and _PLAIN.fullmatch(step.instruction.words[-1].text)):
            says = "the work folder changes between the copy and the install"
            return Blocked("unknown-effect", facts.at(step.instruction, says))
    return None


def is_elsewhere(step: Step, cwd: str) -> bool:
    """Whether the destination of a copy, as it is written, is another one in the work folder `cwd`."""
    return step.before.cwd != cwd and not step.instruction.args[-1].startswith("/")


def blocked_beside(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> Blocked | None:
    """What stands before an install in its RUN, and reads or changes more of the moved copies than the install does."""
    moved = tuple(path for at in copies for path in written(stage.steps[at]))
    for at in range(found.first, found.last + 1):
        step = stage.steps[at]
        if step.run is None:
            continue
        if step.run.opaque:
            return Blocked("unknown-effect", facts.at(step.instruction, step.run.opaque))
        commands = step.run.commands
        last = max(place for place, placed in enumerate(commands) if placed.effects.kind is Kind.INSTALL)
        for placed in commands[:last]:
            effects = placed.effects
            if effects.kind in (Kind.UNKNOWN, Kind.PROGRAM, Kind.BUILD, Kind.TEST):
                says = effects.why or f"`{placed.command.name}` may read what is copied"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
            if effects.kind in _QUIET or effects.kind in _APART:
                continue
            read = [path for path in effects.reads if path not in found.inputs.files and overlap((path,), moved)]
            if read or any(_is_brought(facts, stage, path, moved) for path in effects.writes):
                says = f"`{placed.command.name}` reads or changes the copied files"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
    return None


def _is_brought(facts: Facts, stage: Stage, path: str, moved: tuple[str, ...]) -> bool:
    """Whether a copy brings what stands at `path`, so that moved below it restores that."""
    source = stage.copied(path) if any(inside(path, target) for target in moved) else None
    return source is not None and facts.context.exists(source)


def _replaced(facts: Facts, stage: Stage, at: int, copies: Sequence[int]) -> str | None:
    """An image path at which the copy `at` puts something else than one of the moved copies before it."""
    copy = stage.steps[at].copy
    assert copy is not None
    listed = copy.origin is None and not (copy.inline or copy.remote or copy.unpacks)
    own = [(pair[0], pair[1]) for pair in copy.pairs] if listed else []
    for source, target in own or [("?", copy.destination)]:
        for moved in (stage.steps[other] for other in copies if other < at):
            there = resolver([moved], facts.context)(target)
            beneath = not listed and any(inside(path, target) for path in written(moved))
            if (there is not None and there != source) or beneath:
                return target
    return None


def blocked_by_overlay(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> Blocked | None:
    """What the install makes and a copy that is moved below it would overwrite."""
    for at in range(found.first, found.last + 1):
        step = stage.steps[at]
        for placed in step.commands:
            if placed.effects.kind is not Kind.INSTALL:
                continue
            changed = next((path for path in placed.effects.writes if path in found.inputs.files), None)
            if changed is not None:
                says = f"the install changes {changed}, and the copy would restore it"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
            for path in placed.effects.writes:
                for copy_at in copies:
                    source = _source_of(facts, stage.steps[copy_at], path)
                    if source is not None:
                        return Blocked("context-has-artifacts", Evidence(source, 0, f"is copied over {path}"))
    return None


def written(step: Step) -> tuple[str, ...]:
    """The image paths that a copy writes; nothing for another step."""
    return step.copy.writes if step.copy is not None else ()


def _source_of(facts: Facts, step: Step, path: str) -> str | None:
    assert step.copy is not None
    for source, target, is_folder in step.copy.pairs:
        if is_folder and path != target and inside(path, target):
            candidate = posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
            if facts.context.exists(candidate):
                return candidate
    return None


def is_still_read(facts: Facts, stage: Stage, step: Step, found: Install) -> bool:
    """Whether anything reads a moved copy: a later step of the stage, another stage, or the running program."""
    if stage is facts.final or found.added or found.cut is not None:
        return True
    if facts.is_built_alone(stage) or any(other.base_stage == stage.index for other in facts.stages):
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
                    for tree in written(step)
                ):
                    return True
    return False
