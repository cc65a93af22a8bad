"""What the commands of a step do taken together: what they leave, whom it belongs to, and whether it is handed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dockrefactor.effects import CACHES, Kind, inside, overlap
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Plan

BUILDING: Final = frozenset({Kind.INSTALL, Kind.BUILD, Kind.PRUNE, Kind.TEST})
OS: Final = frozenset({Kind.OS_UPDATE, Kind.OS_INSTALL, Kind.OS_REMOVE, Kind.OS_CLEAN})
NEUTRAL: Final = frozenset({Kind.QUERY, Kind.SETTING, Kind.OS_CLEAN, Kind.TOOL_SETUP})
# programs that put a file elsewhere as it is
COPYING: Final = frozenset({"cp", "install", "mv", "rsync"})
# sources.list(5), apt-secure(8), apk-repositories(5), yum.conf(5), dnf.conf(5)
SOURCES_OF_PACKAGES: Final = (
    *("/etc/apt", "/usr/share/keyrings", "/usr/local/share/keyrings", "/etc/apk"),
    *("/etc/yum.repos.d", "/etc/yum.conf", "/etc/yum", "/etc/dnf", "/etc/pki/rpm-gpg"),
)
# where compilers alone look
HEADERS: Final = ("/usr/include", "/usr/local/include")
SETUP: Final = frozenset({Kind.FILES, Kind.SYSTEM, Kind.ACCOUNTS, Kind.DOWNLOAD})


def adds_repository(step: Step) -> bool:
    """Whether a step changes where packages of the distribution come from, or by which keys they are checked."""
    return step.run is not None and any(
        placed.effects.kind in SETUP
        and any(inside(path, place) for path in placed.effects.writes for place in SOURCES_OF_PACKAGES)
        for placed in step.run.commands
    )


def builds(step: Step) -> bool:
    """Whether a step makes what the builder hands over."""
    return step.run is not None and bool(step.run.kinds & BUILDING)


def writes(step: Step) -> tuple[str, ...]:
    """The image paths that a step writes, caches and the like left out."""
    if step.copy is not None:
        return step.copy.writes
    if step.run is not None:
        return tuple(
            path for placed in step.run.commands for path in placed.effects.writes if placed.effects.kind not in NEUTRAL
        )
    return ()


def is_in_tree(step: Step, tree: str | None) -> bool:
    """Whether a step writes in `tree` and nowhere else."""
    written = writes(step)
    return tree is not None and bool(written) and all(inside(path, tree) for path in written)


def new_owner(step: Step, tree: str | None) -> str | None:
    """The owner that a `chown -R` gives to the whole of `tree`; None where the step does anything else."""
    assert step.run is not None
    acting = [placed for placed in step.run.commands if placed.effects.kind not in NEUTRAL]
    return owner_given(acting[0], tree) if len(acting) == 1 else None


def owner_given(placed: Placed, tree: str | None) -> str | None:
    """The owner that a command gives to the whole of `tree`; None where it does anything else."""
    if tree is None or placed.command.name != "chown":
        return None
    argv = placed.command.argv
    recursive = any(word.startswith("-") and "R" in word for word in argv)
    operands = [word for word in argv[1:] if not word.startswith("-")]
    if not recursive or len(operands) != 2 or placed.effects.writes != (tree,):
        return None
    return operands[0]


def remakes(step: Step, folder: str | None) -> bool:
    """Whether a step gives `folder` or folders that it makes another owner or mode, and touches nothing else."""
    made, given = {folder}, False
    for placed in step.commands:
        if placed.command.name == "mkdir":
            made.update(placed.effects.writes)
        elif placed.command.name in ("chgrp", "chmod", "chown") and made.issuperset(placed.effects.writes):
            given = True
        else:
            return False
    return given


def is_exact(step: Step) -> bool:
    """Whether what a step leaves are files or folders that can be copied by name."""
    assert step.run is not None
    paths = left(step)
    # a COPY takes what a link points at, and writes where a link of the other stage points at
    links = any(placed.command.name == "ln" for placed in step.run.commands)
    return (
        bool(paths)
        and not links
        and all(path.count("/") >= 2 and not inside("/usr/local/bin", path) for path in paths)
        and all(placed.effects.kind in {Kind.FILES, Kind.DOWNLOAD} | NEUTRAL | OS for placed in step.run.commands)
    )


def left(step: Step) -> tuple[str, ...]:
    """Paths that the step writes and does not remove again."""
    assert step.run is not None
    found: list[str] = []
    for placed in step.run.commands:
        if placed.effects.kind not in (Kind.FILES, Kind.DOWNLOAD):
            continue
        for path in placed.effects.writes:
            if placed.effects.removes:
                found = [item for item in found if not inside(item, path)]
            elif path not in found:
                found.append(path)
    return tuple(path for path in found if not inside(path, "/tmp"))


def removed(steps: Iterable[Step]) -> tuple[str, ...]:
    """The image paths that commands of the steps take away."""
    return tuple(
        path
        for step in steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.removes
        for path in placed.effects.writes
    )


def with_removals(commands: Sequence[Placed], setup: list[Placed]) -> list[Placed]:
    """The setup commands and those that take away again what they make; nothing where nothing is left."""
    made = tuple(path for placed in setup for path in placed.effects.writes)
    gone = [
        placed
        for placed in commands
        if placed.effects.removes and placed.effects.kind is Kind.FILES and overlap(placed.effects.writes, made)
    ]
    removed = tuple(path for placed in gone for path in placed.effects.writes)
    passing = all(
        placed.effects.kind in (Kind.FILES, Kind.DOWNLOAD)
        and all(any(inside(path, other) for other in removed) for path in placed.effects.writes)
        for placed in setup
    )
    return [] if passing else [placed for placed in commands if placed in setup or placed in gone]


def is_handed_over(placed: Placed, plan: Plan) -> bool:
    """Whether what a command leaves comes with the artifacts, or is gone again."""
    if is_own(placed, plan):
        return True
    kept = (*CACHES, *plan.handed_over)
    if placed.effects.removes or all(any(inside(path, folder) for folder in kept) for path in remaining(placed)):
        return True
    if placed.command.name not in COPYING:
        return False
    # into a folder, an output goes under its own name
    steps = [step for step, artifact in plan.overlays if any(inside(artifact.path, path) for path in remaining(placed))]
    return any(step.run is not None and placed in step.run.commands for step in steps)


def made_by_copies(placed: Placed, plan: Plan, steps: Iterable[Step]) -> bool:
    """Whether a command only makes folders in which artifacts lie: the copies make them too, unless another command of
    the steps gives them an owner or a mode."""
    folders = placed.effects.writes
    if placed.command.name != "mkdir" or any(word.startswith(("-m", "--mode")) for word in placed.command.argv):
        return False
    if not folders or not all(any(inside(item, path) for item in plan.handed_over) for path in folders):
        return False
    others = (other for step in steps if step.run is not None for other in step.run.commands)
    return not any(
        other.effects.kind is Kind.FILES and other.command.name != "mkdir" and set(other.effects.writes) & set(folders)
        for other in others
    )


def remaining(placed: Placed) -> tuple[str, ...]:
    """The written paths at which a command leaves something: what `mv` takes away is gone."""
    return placed.effects.writes[-1:] if placed.command.name == "mv" else placed.effects.writes


def is_own(placed: Placed, plan: Plan) -> bool:
    """Whether a command is of no use but to the builder."""
    return any(placed is own for own in plan.own)


def is_movable(placed: Placed, steps: Sequence[Step]) -> bool:
    """Whether a command of a RUN may stand in one of its own: at the top of the line, where the step begins."""
    command = placed.command
    at_home = placed.cwd in {step.before.cwd for step in steps if step.run and placed in step.run.commands}
    return command.top and not command.conditional and command.depth == 0 and at_home
