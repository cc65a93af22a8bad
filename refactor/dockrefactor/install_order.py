"""Dependency installs of a stage: what they read, and which copies before them bring more than that."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor.effects import Kind, absolute, in_image, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Copy, Placed, Stage, Step

# what may stand in one RUN with an install without reading the sources
QUIET: Final = frozenset(
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
APART: Final = (QUIET - {Kind.INSTALL, Kind.PRUNE, Kind.QUERY}) | {Kind.ACCOUNTS}
# single files that change with every commit; tools keep their settings in such files too
_SOURCE: Final = regex(r"\.(py|[cm]?[jt]sx?|go|html|php|rb)$")
_FILE: Final = regex(r"[\w./-]*[\w-]\.?[\w-]+")
# variables that settings of package managers, or files that they load, are given in
_SETTING: Final = regex(
    r"(NODE_OPTIONS|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$"
    r"|(npm_config|pip|uv|yarn|bundle|composer)_",
    re.IGNORECASE,
)
# where package managers, TLS clients and the system look for settings and certificates without being told
SETTINGS_FOLDERS: Final = ("/etc", "/root", "/usr")
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
        if cut is not None or not step.run.kinds <= QUIET:
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
    if step.run.kinds <= QUIET:
        return None
    commands = step.run.commands
    last = max(at for at, placed in enumerate(commands) if placed.effects.kind is Kind.INSTALL)
    # what follows and touches nothing of the context need not wait for it either
    while last + 1 < len(commands) and commands[last + 1].effects.kind in APART:
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
        and all(placed.effects.kind in QUIET and placed.command.top and placed.cwd == cut.cwd for placed in before)
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
