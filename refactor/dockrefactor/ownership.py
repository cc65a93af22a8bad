"""What a program writes when it runs, and what a user must own for it."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from typing import Final

from dockrefactor import roles, shell, tables
from dockrefactor.commands import of_command
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed

# anybody may write there
OPEN_FOLDERS: Final = ("/tmp", "/var/tmp", "/dev")
# nobody but root writes there in an image
SYSTEM_FOLDERS: Final = ("/etc", "/usr", "/bin", "/sbin", "/lib", "/boot", "/proc", "/sys", "/root", "/opt/venv")
# what macOS alone has: a program that writes there on its author's machine fails in a container
_OF_MACOS: Final = ("/Applications", "/Library", "/Users", "/Volumes")
# where images have folders of their own
_IN_IMAGES: Final = (
    "/bin",
    "/etc",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/usr",
    "/var",
)
# what images have below /usr
_USR: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "games", "share", "local", "src")


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
        found += _script_writes(facts, item)
    for step in facts.final.image_steps:
        if step.keyword == "ENV":
            evidence = facts.at(step.instruction, "a SQLite file")
            paths = re.findall(r"sqlite(?:\+\w+)?:///(/?[^\s\"'?]+)", step.instruction.value)
            found += [Claim(absolute(path, facts.final.after.cwd), evidence) for path in paths]
        if step.keyword == "VOLUME":
            evidence = facts.at(step.instruction, "a volume")
            paths = list(step.instruction.args)
            found += [Claim(absolute(path, step.before.cwd) if "$" not in path else None, evidence) for path in paths]
    return found


def _script_writes(facts: Facts, item: Started) -> list[Claim]:
    """What one command of the launch writes, by the table that also reads the commands of a RUN."""
    parsed = shell.parse(shlex.join(item.argv), {})
    if not parsed.commands:
        return []
    effects = of_command(parsed.commands[0], item.cwd)
    if effects.kind in (Kind.FILES, Kind.DOWNLOAD):
        return [Claim(None if "$" in path else path, item.evidence) for path in effects.writes]
    if effects.kind is Kind.UNKNOWN and _may_write(facts, item):
        says = f"what `{' '.join(item.argv[:2])}` writes is not known"
        return [Claim(None, Evidence(item.evidence.path, item.evidence.line, says))]
    return []


def _may_write(facts: Facts, item: Started) -> bool:
    """Whether a program writes where nothing shown here says: a server beside the main program, or a binary file of the
    context."""
    word = item.argv[0]
    if "/" in word and facts.final.resolver()(absolute(word, item.cwd)) is not None:
        return not any(roles.starts(toolchain, item.name) for toolchain in facts.toolchains)
    is_main = item in (facts.launch.main, *facts.launch.mains)
    return not is_main and item.name in tables.toml("launches")["writers"]


def owned(facts: Facts) -> Owned:
    """What the user must own, from what the program writes."""
    tree = False
    folders: list[str] = []
    written = [claim.value for claim in written_paths(facts) if claim.value is not None]
    for path in written:
        if is_open(path) or _is_of_another_system(facts, path):
            continue
        folder = _folder(facts, path, written)
        # everything lies in the root folder, which is no folder of the program's
        if inside(path, facts.final.after.cwd) and (facts.final.after.cwd != "/" or folder == "/"):
            tree = True
            folders += _missing_volume(facts, path)
            folders += _missing_folder(facts, path, written)
        else:
            folders.append(folder)
    return Owned(tree, tuple(dict.fromkeys(path for path in folders if path not in ("/", "/home"))))


def _folder(facts: Facts, path: str, written: Sequence[str]) -> str:
    """The folder that must be owned for a path of `written`."""
    return path if _is_folder(facts, path, written) else posixpath.dirname(path)


def in_root_folder(facts: Facts) -> list[Claim]:
    """What the program writes directly into the root folder, which is never given away."""
    claims = [claim for claim in written_paths(facts) if claim.value is not None and not is_open(claim.value)]
    written = [claim.value for claim in claims if claim.value is not None]
    return [claim for claim, path in zip(claims, written, strict=True) if _folder(facts, path, written) == "/"]


def _missing_volume(facts: Facts, path: str) -> list[str]:
    """The folders down to a volume in the work folder that no step makes: the engine would make them, as root's."""
    if path not in _volumes(facts):
        return []
    missing: list[str] = []
    while inside(path, facts.final.after.cwd) and path != facts.final.after.cwd and not _is_made(facts, path):
        missing.insert(0, path)
        path = posixpath.dirname(path)
    return missing


def _missing_folder(facts: Facts, path: str, written: Sequence[str]) -> list[str]:
    """The folder in the work folder for a file that the launch names, where nothing makes it: a volume is mounted there
    then, which the engine would give to root."""
    makers = [item for item in facts.launch.started if item.name not in ("rm", "rmdir", "unlink")]
    words = [(word.rpartition("=")[2], item) for item in makers for word in item.argv[1:]]
    if not any(absolute(word, item.cwd) == path for word, item in words):
        return []
    into = any(word.endswith("/") and absolute(word, item.cwd) == path for word, item in words)
    folder = path if into else posixpath.dirname(path)
    cwd = facts.final.after.cwd
    if folder == cwd or not inside(folder, cwd) or _is_made(facts, folder):
        return []
    by_program = (not into and folder in written) or any(item.name == "mkdir" for _, item in words)
    return [] if by_program else [folder]


def _volumes(facts: Facts) -> set[str]:
    return {path for step in facts.final.image_steps for path in step.volumes}


def _is_made(facts: Facts, path: str) -> bool:
    """Whether a step of the final stage puts a folder at `path`."""
    copied = facts.final.resolver()(path)
    if copied is not None and facts.context.is_dir(copied):
        return True
    commands = (placed for step in facts.final.image_steps if step.run is not None for placed in step.run.commands)
    return any(placed.command.name == "mkdir" and path in placed.effects.writes for placed in commands)


def is_open(path: str) -> bool:
    """Whether any user may write to `path`."""
    return any(inside(path, folder) for folder in OPEN_FOLDERS)


def _is_of_another_system(facts: Facts, path: str) -> bool:
    """Whether no Linux has the folder of `path`, and no step of the final stage makes it."""
    top = next((folder for folder in _OF_MACOS if inside(path, folder)), None)
    if top is None or inside(facts.final.after.cwd, top):
        return False
    runs = (placed.effects.writes for step in facts.final.image_steps if step.run for placed in step.run.commands)
    copies = (step.copy.writes for step in facts.final.image_steps if step.copy is not None)
    made = (item for writes in (*runs, *copies, tuple(_volumes(facts))) for item in writes)
    return not any(inside(item, top) for item in made)


def is_systems(path: str, work_folder: str) -> bool:
    """Whether only root writes to `path` in an image; a work folder of its own below /usr is no such place."""
    if inside(path, "/usr/src") or (inside(path, work_folder) and _is_own_place(work_folder)):
        return False
    return any(inside(path, folder) for folder in SYSTEM_FOLDERS) and not is_open(path)


def _is_own_place(folder: str) -> bool:
    """Whether `folder` lies below /usr, and no image has it: /usr/app."""
    top = folder.removeprefix("/usr/").partition("/")[0]
    return folder.startswith("/usr/") and top not in _USR


def _is_folder(facts: Facts, path: str, written: Sequence[str]) -> bool:
    """Whether a path of `written` is a folder: a volume, one that a step makes or that others are in, or one without an
    extension where images may have it already."""
    if path in _volumes(facts) or path in facts.options.owned_folders:
        return True
    for step in facts.final.image_steps:
        if step.run is not None and any(
            path in placed.effects.writes and placed.command.name == "mkdir" for placed in step.run.commands
        ):
            return True
    made = {absolute(word, item.cwd) for item in facts.launch.started if item.name == "mkdir" for word in item.argv[1:]}
    files = {target for item in facts.launch.started for target in item.writes}
    for item in facts.launch.started:
        if item.name in ("touch", "tee", "cp", "truncate"):
            files |= {absolute(word, item.cwd) for word in item.argv[1:]}
    if path in made:
        return True
    if path in files or "." in posixpath.basename(path):
        return False
    copied = facts.final.resolver()(path)
    if copied is not None:
        return facts.context.is_dir(copied)
    if any(other != path and inside(other, path) for other in written):
        return True
    # whoever owns the folder above can make either: a folder, or a file without an extension
    return posixpath.dirname(path) == "/" or any(inside(path, folder) for folder in _IN_IMAGES)


def handover(facts: Facts, given: Owned, owner: str) -> list[str]:
    """Shell commands that make the written folders and give them to `owner`; what was copied has its owner already."""
    folders = given.all(facts.final.after.cwd)
    if not folders:
        return []
    deepest = [path for path in given.folders if not any(inside(other, path) and other != path for other in folders)]
    commands = [f"mkdir -p {' '.join(deepest)}"] if deepest else []
    made = made_inside(facts, folders)
    recursive = "-R " if made is None else ""
    cwd = facts.final.after.cwd
    # the work folder may depend on a build argument
    named = ["." if folder == cwd else folder for folder in folders]
    named += [posixpath.relpath(path, cwd) if inside(path, cwd) else path for path in made or () if path not in folders]
    return [*commands, f"chown {recursive}{owner} {' '.join(dict.fromkeys(named))}"]


def made_inside(facts: Facts, folders: list[str]) -> list[str] | None:
    """What the steps of the final stage make in the folders that are given away, which is root's.

    None where it is more than some folders: then all of it is given.
    """
    beneath = (step.copy.destination for step in facts.final.beneath if step.copy is not None)
    if any(inside(path, folder) or inside(folder, path) for path in beneath for folder in folders):
        return None  # only the stage's own copies are given to the user as they are made
    making = (Kind.FILES, Kind.PROGRAM, Kind.BUILD, Kind.INSTALL, Kind.DOWNLOAD)
    written = tuple(claim.value for claim in written_paths(facts) if claim.value is not None)
    made: list[str] = []
    for step in facts.final.image_steps:
        for placed in step.commands:
            effects = placed.effects
            if effects.kind not in making or effects.removes or effects.keeps_content:
                continue
            paths = [path for path in effects.writes if any(inside(path, at) and path != at for at in folders)]
            if effects.kind in (Kind.BUILD, Kind.INSTALL):
                paths = [path for path in paths if overlap((path,), written)]  # packages are only read
            if paths and (placed.command.name != "mkdir" or not _is_plain(placed)):
                return None
            made += [folder for path in paths for folder in _parents(path, folders)]
    return made


def _is_plain(placed: Placed) -> bool:
    """Whether a command's words are all literal."""
    return all(word.known for word in placed.command.words)


def _parents(path: str, folders: list[str]) -> list[str]:
    """`path` and what stands above it, up to one of `folders`."""
    found: list[str] = []
    while path not in folders and path != "/":
        found.insert(0, path)
        path = posixpath.dirname(path)
    return found
