"""Programs that a step downloads as they are: what the runtime must have for them, or that nobody can say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import Kind, inside
from dockrefactor.facts import Facts
from dockrefactor.image import STANDARD_PATH, Image
from dockrefactor.patterns import regex
from dockrefactor.runtime_packages import RuntimePackages
from dockrefactor.slots import Slot
from dockrefactor.stages import Placed, Step
from dockrefactor.step_effects import COPYING

_ADDRESS: Final = regex(r"[a-z]+://[^\s\"']+", re.IGNORECASE)
_VERSION: Final = regex(r"[-_.](?=v?\d|linux|amd64|x86|\$)", re.IGNORECASE)
_CREATING: Final = regex(r"-?[A-Za-z]*c[A-Za-z]*$|--create")
_FETCHING: Final = frozenset({Kind.DOWNLOAD, Kind.QUERY})
_PUTTING: Final = COPYING | {"ln"}
# data, and what an interpreter of the image reads, by the ends of their names
_NO_PROGRAM: Final = regex(
    r"\.(?:jar|war|json|ya?ml|xml|toml|ini|conf|cnf|txt|csv|pem|crt|cer|key|gpg|asc|py|js|php|rb)$"
)


def check(facts: Facts, slots: Sequence[Slot], packages: RuntimePackages, runtime: Image) -> None:
    """See that a smaller image has what downloaded programs run on. Raises toolchain.BlockedError."""
    base = facts.final.base
    if base is None or runtime.reference == base.reference or runtime.is_alpine:
        return  # what goes to Alpine from elsewhere is looked at whole, in `portability`
    table = tables.toml("downloads")
    known = {*table["static"], *(table["glibc"] if runtime.shell else ()), *facts.options.covered}
    for slot in slots:
        kept = [artifact.path for artifact in slot.artifacts]
        for path in (*_downloaded(facts, slot.step), *_put(facts, slot.step)):
            if not (slot.runtime or path in kept):
                continue
            names = _names(slot.step, path)
            by = next((table["programs"][name] for name in names if name in table["programs"]), None)
            if by is not None and by not in runtime.programs:
                packages.want(by, facts.at(slot.step.instruction, f"runs {posixpath.basename(path)}"))
            if by is None and known.isdisjoint(names):
                says = f"what is downloaded to {path} may link what the smaller image has not"
                raise packages.stop("unknown-library", slot.step, says)


def _downloaded(facts: Facts, step: Step) -> Iterator[str]:
    """The programs that a step downloads as they are."""
    for placed in step.commands:
        for path in placed.effects.writes if placed.effects.kind is Kind.DOWNLOAD else ():
            if _is_program(facts, path):
                yield path


def _put(facts: Facts, step: Step) -> Iterator[str]:
    """What a step that downloads puts where programs are looked for: out of an archive, or under another name."""
    commands = step.commands
    if not any(placed.effects.network and placed.effects.kind in _FETCHING for placed in commands):
        return
    folders = {*STANDARD_PATH, *(facts.final.after.env.get("PATH") or "").split(":")} - {""}
    for placed in commands:
        if placed.effects.kind is not Kind.FILES or placed.effects.removes:
            continue
        sources = [word for word in placed.command.argv[1:-1] if not word.startswith("-")]
        moves = placed.command.name in _PUTTING and not any(inside(word, "/usr") for word in sources if word[:1] == "/")
        for path in placed.effects.writes:
            # in `/` without being told so, an archive makes a folder of its own
            told = path != "/" or {"-C", "--directory", "-d"} & set(placed.command.argv)
            beneath = _unpacks(placed) and told and any(inside(folder, path) for folder in folders)
            if beneath or (moves and (path in folders or posixpath.dirname(path) in folders)):
                yield path


def _unpacks(placed: Placed) -> bool:
    return placed.command.name == "unzip" or (
        placed.command.name == "tar" and not _CREATING.match(placed.command.argv[1])
    )


def _is_program(facts: Facts, path: str) -> bool:
    """Whether a file stands where programs are looked for, or is made one."""
    if _NO_PROGRAM.search(path) or inside(path, "/tmp"):
        return False
    if posixpath.dirname(path) in STANDARD_PATH or posixpath.basename(posixpath.dirname(path)) in ("bin", "sbin"):
        return True
    return any(
        placed.command.name == "chmod" and path in placed.effects.writes
        for step in facts.final.steps
        for placed in step.commands
    )


def _names(step: Step, path: str) -> list[str]:
    """What a program may be called: as its file, as a part of an address, or as what a file's name begins with."""
    found = [posixpath.basename(path)]
    for placed in step.commands:
        for address in _ADDRESS.findall(" ".join(placed.command.argv)):
            found += address.split("/")[2:]
    return [*found, *(_VERSION.split(item, maxsplit=1)[0] for item in found)]
