"""What a program writes when it runs, and what a user must own for it."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass

# anybody may write there
OPEN_FOLDERS: Final = ("/tmp", "/var/tmp", "/dev")
# nobody but root writes there in an image
SYSTEM_FOLDERS: Final = ("/etc", "/usr", "/bin", "/sbin", "/lib", "/boot", "/proc", "/sys", "/root", "/opt/venv")
_WRITERS: Final = frozenset({"mkdir", "touch", "cp", "mv", "ln", "tee", "rm", "sed"})
_LAST_OPERAND: Final = frozenset({"cp", "mv", "ln", "sed"})


@dataclass(frozen=True, slots=True)
class Owned:
    """Folders that the user must own: `tree` where the work folder itself is written to, `folders` others."""

    tree: bool
    folders: tuple[str, ...]

    def all(self, work_folder: str) -> list[str]:
        """Every such folder; the root of the file system is never given away."""
        return [*([work_folder] if self.tree and work_folder != "/" else []), *self.folders]


def written_paths(facts: Facts) -> list[Claim]:
    """Absolute paths that the running program writes, None for computed ones: sources, start scripts, volumes."""
    found = list(facts.needs.writes)
    for item in facts.launch.started:
        found += [Claim(None if path == "?" else path, item.evidence) for path in item.writes]
        if item.name in _WRITERS and (item.name != "sed" or any(word.startswith("-i") for word in item.argv)):
            operands = [word for word in item.argv[1:] if not word.startswith("-")]
            written = operands[-1:] if item.name in _LAST_OPERAND else operands
            found += [Claim(absolute(word, item.cwd) if "$" not in word else None, item.evidence) for word in written]
    for step in facts.final.steps:
        if step.keyword == "ENV":
            evidence = facts.at(step.instruction, "a SQLite file")
            paths = re.findall(r"sqlite(?:\+\w+)?:///(/?[^\s\"'?]+)", step.instruction.value)
            found += [Claim(absolute(path, facts.final.after.cwd), evidence) for path in paths]
        if step.keyword == "VOLUME":
            evidence = facts.at(step.instruction, "a volume")
            paths = list(step.instruction.args)
            found += [Claim(absolute(path, step.before.cwd) if "$" not in path else None, evidence) for path in paths]
    return found


def owned(facts: Facts) -> Owned:
    """What the user must own, from what the program writes."""
    tree = False
    folders: list[str] = []
    for claim in written_paths(facts):
        if claim.value is None or is_open(claim.value):
            continue
        if inside(claim.value, facts.final.after.cwd):
            tree = True
        else:
            folders.append(claim.value if _is_folder(facts, claim.value) else posixpath.dirname(claim.value))
    return Owned(tree, tuple(dict.fromkeys(path for path in folders if path not in ("/", "/home"))))


def is_open(path: str) -> bool:
    """Whether any user may write to `path`."""
    return any(inside(path, folder) for folder in OPEN_FOLDERS)


def is_systems(path: str) -> bool:
    """Whether only root writes to `path` in an image."""
    return any(inside(path, folder) for folder in SYSTEM_FOLDERS) and not is_open(path)


def _is_folder(facts: Facts, path: str) -> bool:
    """Whether a written path is a folder: a volume, one that a step makes, or one without an extension."""
    for step in facts.final.steps:
        if step.keyword == "VOLUME" and path in step.instruction.args:
            return True
        if step.run is not None and any(
            path in placed.effects.writes and placed.command.name == "mkdir" for placed in step.run.commands
        ):
            return True
    return "." not in posixpath.basename(path)


def handover(facts: Facts, given: Owned, owner: str) -> list[str]:
    """Shell commands that make the written folders and give them to `owner`; what was copied has its owner already."""
    folders = given.all(facts.final.after.cwd)
    if not folders:
        return []
    commands = [f"mkdir -p {' '.join(given.folders)}"] if given.folders else []
    recursive = "-R " if _made_inside(facts, folders) else ""
    # the work folder may depend on a build argument
    named = ["." if folder == facts.final.after.cwd else folder for folder in folders]
    return [*commands, f"chown {recursive}{owner} {' '.join(named)}"]


def _made_inside(facts: Facts, folders: list[str]) -> bool:
    """Whether RUN steps of the final stage write into a folder that is given away: what they made is root's."""
    making = (Kind.FILES, Kind.PROGRAM, Kind.BUILD, Kind.INSTALL, Kind.DOWNLOAD)
    return any(
        inside(path, folder) and path != folder
        for step in facts.final.steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.kind in making and not placed.effects.removes
        for path in placed.effects.writes
        for folder in folders
    )
