"""Whether what a runtime stage holds runs on an image of another C library: Debian's glibc programs on Alpine's musl.

What packages of a language bring is the toolchain's to say (`Plan.bound`); here is what the file itself brings: files
of the context, downloads, and programs that the two distributions have by one name and not of one make.
"""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Final

from dockrefactor import development, tables
from dockrefactor.effects import Kind
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.launch_words import builtins
from dockrefactor.patterns import regex
from dockrefactor.slots import Placement, Slot

# compiled, by their names: libraries, addons and archives of them
_COMPILED: Final = regex(r"\.(?:so(?:\.[\d.]+)?|node|a|o|deb|rpm|egg|AppImage)$|(?<!-none-any)\.whl$")
# what a step may do in another distribution as it does in its own
_SAME: Final = frozenset({Kind.FILES, Kind.SETTING})


def obstacle(facts: Facts, placed: Placement, runtime: Image) -> Evidence | None:
    """The first thing of the runtime stage that is not shown to be the same on `runtime`; None where all is, or where
    `runtime` has the C library of the original."""
    base = facts.final.base
    if base is None or runtime.libc == base.libc or not runtime.shell:
        return None
    return next(chain(_accounts(facts, placed, base, runtime), _bound(facts, placed)), None)


def _accounts(facts: Facts, placed: Placement, base: Image, runtime: Image) -> Iterator[Evidence]:
    """Accounts that the original has by a name, and the other image not or with another id."""
    same = {"root", *(user.name for user in runtime.users if user in base.users)}
    for slot in placed.slots:
        step = slot.step
        given = [step.copy.owner] if step.copy is not None and step.copy.owner else []
        given += [*step.instruction.args[:1]] if step.keyword == "USER" else []
        for name in (part for text in given if slot.runtime or placed.owner for part in text.split(":")):
            if not name.isdigit() and name not in same:
                yield facts.at(step.instruction, f"the account `{name}` is another one on Alpine")


def _bound(facts: Facts, placed: Placement) -> Iterator[Evidence]:
    for toolchain in facts.only_building:
        yield facts.at(facts.final.origin, f"what {toolchain.name} builds may be compiled for another C library")
    for slot in placed.slots:
        yield from _of_slot(facts, slot)
    yield from _files(facts)
    for claim in facts.needs.programs:
        if claim.value is None:
            yield Evidence(claim.evidence.path, claim.evidence.line, "which program is started is computed")
        elif not _is_same((claim.value,)):
            yield _other(claim.value, claim.evidence)
    yield from (evidence for _, evidence in facts.needs.os_packages)
    for name, evidence in (*facts.neighbours.programs, *development.started(facts)):
        if not _is_same((name,)):
            yield _other(name, evidence)
    for item in (*facts.everywhere().launch.started, *facts.healthcheck.started):
        for words in ((item.program,), item.argv, *((wrapper,) for wrapper in item.wrappers)):
            if words and words[0] not in builtins() and not _is_same(words):
                yield _other(words[0], item.evidence)


def _of_slot(facts: Facts, slot: Slot) -> Iterator[Evidence]:
    """What one step leaves in the runtime, or does there."""
    step = slot.step
    yield from (artifact.evidence for artifact in slot.artifacts)
    if not slot.runtime:
        return
    if step.copy is not None and (step.copy.origin is not None or not step.copy.known):
        yield facts.at(step.instruction, "what it copies may be compiled for the C library of the original")
    if step.keyword == "ADD" and (step.copy is None or not step.copy.pairs):
        yield facts.at(step.instruction, "what it fetches may be compiled for the C library of the original")
    if step.keyword == "SHELL":
        yield facts.at(step.instruction, "another shell is set")
    if step.run is None or slot.runtime_text is not None:
        return
    for placed in step.run.commands:
        if placed.effects.kind not in _SAME or not _is_same(placed.command.argv):
            yield facts.at(step.instruction, f"`{placed.command.name}` may do otherwise on Alpine")


def _files(facts: Facts) -> Iterator[Evidence]:
    """Compiled files of the context: by their names, or because they may be executed and are no text."""
    for path in facts.context.files():
        if _COMPILED.search(path):
            yield Evidence(path, 0, "it may be compiled for the C library of the original")
        entry = facts.context.entry(path)
        if entry is None or not facts.context.mode(entry) & stat.S_IXUSR:
            continue
        if facts.context.read(path) is None:
            yield Evidence(path, 0, "it is a program, and may be compiled for the C library of the original")


def _other(name: str, evidence: Evidence) -> Evidence:
    return Evidence(evidence.path, evidence.line, f"`{name}` is another program on Alpine")


def _is_same(argv: Sequence[str]) -> bool:
    """Whether a command does the same in both: its program is of one make, or BusyBox's does what the other's does."""
    name = posixpath.basename(argv[0])
    if posixpath.dirname(argv[0]) in ("/usr/bin", "/bin") and name not in (*_applets(), "bash"):
        return False  # Debian's own Python, say
    if name not in _applets():
        return True
    return name in _alike() and not any(word.startswith("--") for word in argv[1:])


@cache
def _applets() -> frozenset[str]:
    return frozenset(tables.toml("images")["bases"]["alpine"]["programs"])


@cache
def _alike() -> frozenset[str]:
    return frozenset(tables.toml("images")["bases"]["alpine"]["alike"])
