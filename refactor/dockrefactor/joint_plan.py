"""How a file of several languages is split: one of them runs, and the others only build what it serves or reads.

The plan is that of the language that runs. What the others built is copied over the sources; what they installed
stays behind, with the programs that they build by.
"""

from __future__ import annotations

import posixpath
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import CACHES, Kind, inside, overlap
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.records import replace
from dockrefactor.stages import Placed, Step
from dockrefactor.step_effects import COPYING
from dockrefactor.toolchain import Artifact, Blocked, Plan, Toolchain

# programs of the builder, and what their installs share
_SYSTEM: Final = ("/usr", "/root", "/go")


def plan(facts: Facts) -> Plan | Blocked:
    """The plan for a file in which more than one language builds."""
    if len(facts.running) != 1:
        names = " and ".join(toolchain.name for toolchain in facts.running)
        return Blocked("several-toolchains", facts.at(facts.final.origin, f"{names} run in the container"))
    found = facts.running[0].plan(facts)
    if isinstance(found, Blocked) or found.gain is None:
        return found
    made = _Made(facts, facts.only_building)
    blocked = made.follow()
    if blocked is not None:
        return blocked
    kept = [
        (step, artifact)
        for step, artifact in made.found
        if (found.tree is None or not inside(artifact.path, found.tree)) and _may_be_read(facts, found, artifact.path)
    ]
    return replace(found, overlays=tuple(kept))


def _may_be_read(facts: Facts, found: Plan, path: str) -> bool:
    """Whether the running program opens what another language built, and did not take it into itself (Go's embed)."""
    if found.opened is None or facts.final.last("VOLUME") is not None or facts.services:
        return True
    return overlap(found.opened, (path,)) or any(path in word for item in facts.launch.started for word in item.argv)


class _Made:
    """What the languages that only build leave, followed through the commands that copy, move and remove it."""

    def __init__(self, facts: Facts, builders: tuple[Toolchain, ...]) -> None:
        self.facts = facts
        self.names = {toolchain.name for toolchain in builders}
        self.installed: set[str] = set()
        self.found: list[tuple[Step, Artifact]] = []

    def follow(self) -> Blocked | None:
        """Fills `found`; the first output that cannot be handed over."""
        for step in self.facts.final.steps:
            for placed in step.commands:
                blocked = self._take(step, placed)
                if blocked is not None:
                    return blocked
        return None

    def _take(self, step: Step, placed: Placed) -> Blocked | None:
        effects = placed.effects
        if effects.by in self.names and effects.kind in (Kind.BUILD, Kind.INSTALL):
            return self._made(step, placed)
        paths = tuple(artifact.path for _, artifact in self.found)
        if effects.kind is not Kind.FILES or not overlap((*effects.reads, *effects.writes), paths):
            return None
        if effects.removes:
            self._forget(effects.writes)
        elif placed.command.name in COPYING:
            return self._copied(step, placed, paths)
        return None

    def _copied(self, step: Step, placed: Placed, built: tuple[str, ...]) -> Blocked | None:
        """What a copy or move makes of the outputs: it goes by its target, and what was moved is gone."""
        effects = placed.effects
        moves = placed.command.name == "mv"
        sources = effects.writes[:-1] if moves and not effects.reads else effects.reads
        if not overlap(sources, built) or not effects.writes:
            return None
        if moves:
            self._forget(sources)
        target = effects.writes[-1]
        if _holds_work_folder(self.facts, target):
            if len(sources) != 1 or any(word.glob for word in placed.command.words):
                says = f"what it puts into {target} is not known"
                return Blocked("unknown-effect", self.facts.at(step.instruction, says))
            target = posixpath.join(target, posixpath.basename(sources[0]))
        self._add(step, target, "is copied here")
        return None

    def _made(self, step: Step, placed: Placed) -> Blocked | None:
        """What one build or install leaves: a build's outputs, and packages that the sources name."""
        effects = placed.effects
        for path in effects.writes:
            if any(inside(path, folder) for folder in CACHES) or _is_systems(self.facts, path):
                continue
            if _holds_work_folder(self.facts, path):
                return Blocked(
                    "unknown-effect", self.facts.at(step.instruction, f"what it writes in {path} is not known")
                )
            if effects.kind is Kind.INSTALL:
                self.installed.add(path)
                if _is_named(self.facts, posixpath.basename(path)):
                    self._add(step, path, "is named in the sources")
            elif path not in self.installed:
                stale = _in_context(self.facts, path)
                if stale is not None:
                    return Blocked("context-has-artifacts", Evidence(stale, 0, f"lies where {path} is built"))
                self._add(step, path, "is built here")
        return None

    def _add(self, step: Step, path: str, says: str) -> None:
        self._forget((path,))
        self.found.append((step, Artifact(path, True, self.facts.at(step.instruction, says))))

    def _forget(self, paths: tuple[str, ...]) -> None:
        self.found = [
            (step, artifact) for step, artifact in self.found if not any(inside(artifact.path, path) for path in paths)
        ]


def _holds_work_folder(facts: Facts, path: str) -> bool:
    return any(inside(step.before.cwd, path) for step in facts.final.steps) or inside(facts.final.after.cwd, path)


def _is_systems(facts: Facts, path: str) -> bool:
    """Whether a path lies in a folder of the system, and not where the sources stand (`/usr/src/app`, `/go/src/x`)."""
    work = {step.before.cwd for step in facts.final.steps} | {facts.final.after.cwd}
    for step in facts.final.steps:
        work.update(target for _, target, is_folder in (step.copy.pairs if step.copy else ()) if is_folder)
    work -= {"/", "/usr", "/usr/local"}
    system = any(inside(path, folder) for folder in _SYSTEM)
    return system and not any(inside(path, folder) for folder in work)


def _in_context(facts: Facts, path: str) -> str | None:
    """A file of the context that is copied to where `path` is built, marker files such as .gitkeep left out."""
    found = facts.final.copied(path)
    if found is None:
        return None
    if not facts.context.is_dir(found):
        return found
    return next((file for file in facts.context.files(found) if not posixpath.basename(file).startswith(".git")), None)


def _is_named(facts: Facts, name: str) -> bool:
    """Whether a file of the context that a running program may read says `name`."""
    suffixes = tuple(tables.toml("build_tools")["read_at_run_time"])
    return any(name in (facts.context.read(path) or "") for path in facts.context.files("", suffixes))
