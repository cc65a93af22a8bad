"""Files in the image that an ordinary user may not read, or start."""

from __future__ import annotations

import posixpath
import re
import stat
from collections.abc import Iterator

from dockrefactor import accounts, archives, ownership, permissions, tables
from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.stage_reading import ARCHIVES
from dockrefactor.stages import Placed, Step


def closed(facts: Facts) -> Iterator[Evidence]:
    """Where the final stage brings a file that stays closed to the account which add-user would choose."""
    owner = accounts.choose(facts).owner.partition(":")[0]
    for step in facts.final.image_steps:
        if step.copy is None or (step.copy.owner or "").partition(":")[0] == owner:
            continue
        mode = step.instruction.flag("chmod")
        if mode is not None:
            if not re.fullmatch(r"[0-7]*[4-7]", mode):
                yield facts.at(step.instruction, f"--chmod={mode}")
            continue
        for path in _downloads(facts, step):
            yield facts.at(step.instruction, f"ADD lets root alone read {path}")
        yield from _copied(facts, step)
    yield from _unpacked(facts)


def _unpacked(facts: Facts) -> Iterator[Evidence]:
    """The archives of the context that are unpacked in the image, and that hold a closed file."""
    steps = facts.final.image_steps
    for at, step in enumerate(steps):
        for path in _archives(facts, step):
            place = facts.context.location(path)
            says = archives.closed_member(place) if place is not None else ""
            if says and not any(map(_gives_all, steps[at:])):
                yield Evidence(path, 0, says)


def _archives(facts: Facts, step: Step) -> Iterator[str]:
    """The context paths of the archives that a step unpacks."""
    if step.copy is not None and step.copy.unpacks:
        yield from (source for source in step.copy.sources if facts.context.is_file(source))
    for placed in step.commands:
        words = placed.command.argv[1:] if placed.command.name in archives.UNPACKERS else ()
        for path in (facts.final.source(absolute(word, placed.cwd)) for word in words):
            if path is not None and path.endswith((*archives.ZIPPED, *ARCHIVES)):
                yield path


def _gives_all(step: Step) -> bool:
    """Whether a step lets others read whole folders."""
    commands = [placed.command for placed in step.run.commands] if step.run is not None else []
    recursive = (
        command.argv
        for command in commands
        if command.name == "chmod" and any(re.match(r"-\w*R|--recursive", word) for word in command.argv)
    )
    return any(permissions.gives(argv, binary=False) for argv in recursive)


def _copied(facts: Facts, step: Step) -> Iterator[Evidence]:
    """The first closed file of each source of a COPY."""
    assert step.copy is not None
    scripts = frozenset(facts.launch.scripts.values())
    for source, _, is_folder in step.copy.pairs:
        entries = facts.context.walk(source) if is_folder else filter(None, [facts.context.entry(source)])
        for entry in entries:
            bits = facts.context.mode(entry)
            if permissions.is_closed(bits, entry.path in scripts):
                yield Evidence(entry.path, 0, f"mode {stat.S_IMODE(bits):04o}")
                break


def _downloads(facts: Facts, step: Step) -> Iterator[str]:
    """The paths of files that an ADD fetches, which its owner alone may read, and no later command opens or removes.

    https://docs.docker.com/reference/dockerfile/#adding-files-from-a-url
    """
    copy = step.copy
    if (
        copy is None
        or not copy.remote
        or any(inside(copy.destination, folder) for folder in ownership.owned(facts).all(facts.final.after.cwd))
    ):
        return
    steps = facts.final.image_steps
    later = steps[steps.index(step) + 1 :]
    commands = [placed for other in later if other.run is not None for placed in other.run.commands]
    for source in copy.sources:
        if not permissions.is_fetched_closed(source):
            continue
        name = posixpath.basename(source.partition("?")[0].rstrip("/"))
        path = posixpath.join(copy.destination, name) if copy.into_folder else copy.destination
        # a program, other than a script, starts without being read
        binary = posixpath.basename(path) in tables.toml("launch_words")["wrappers"]
        if not any(_opens(placed, path, binary) for placed in commands):
            yield path


def _opens(placed: Placed, path: str, binary: bool) -> bool:
    """Whether a command lets others use a file, or takes it away."""
    if not any(inside(path, written) for written in placed.effects.writes):
        return False
    argv = placed.command.argv
    return placed.effects.removes or (argv[0] == "chmod" and permissions.gives(argv, binary))
