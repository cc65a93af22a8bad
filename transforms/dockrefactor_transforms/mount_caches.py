"""Mounts the caches of package managers in the RUNs that install: `RUN --mount=type=cache,target=/root/.npm npm ci`.

On request only (`--cache-mounts`): it needs BuildKit. A rebuild after a change of a lock file then downloads only what
is new. Only folders that a package manager keeps for itself are mounted, never an output. Where such a folder is also
the store that builds read (Go's modules), every RUN of the stage that uses the language gets it, and only in stages
that do not run. The images of Debian and Ubuntu clear apt's cache themselves: in stages that do not run, that is
switched off as Docker's documentation does it. A RUN that clears or switches off the cache stays as it is, but for
Alpine's `apk add --no-cache`: there it means that the indexes are fetched anew and nothing is left in the image, which
`--update-cache` and the mount do.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dockrefactor import tables
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Transform, Unneeded
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.text import Edit, insertion


class Reasons(ReasonEnum):
    """Why no cache is mounted."""

    NO_INSTALL = Reason(
        "no-cached-install",
        "No RUN installs with a package manager whose cache is known and in use.",
        "Nothing: --no-cache-dir and the like switch the cache off.",
    )


def run(facts: Facts) -> Outcome:
    """The mounts of every stage."""
    edits = [edit for stage in facts.stages for edit in _stage(facts, stage)]
    if edits:
        return Change(tuple(edits), "packages that are downloaded already are not downloaded again")
    return Unneeded(Reasons.NO_INSTALL, facts.at(facts.final.origin, "no cache to mount"))


def _stage(facts: Facts, stage: Stage) -> list[Edit]:
    edits: list[Edit] = []
    prepared: set[str] = set()
    runs = stage is facts.final or any(other.base_stage == stage.index for other in facts.stages)
    for step in stage.steps:
        if step.run is None:
            continue
        wanted: list[str] = []
        for name, row in tables.toml("caches").items():
            if row.get("store") and (runs or not all(map(_is_open, _users(stage, row)))):
                continue
            if "prepare" in row and runs:
                continue
            if not (_uses(step, row) and _is_open(step) and _is_in_force(step, row, name)):
                continue
            shared = f",sharing={row['sharing']}" if "sharing" in row else ""
            mounts = [f"{path}{shared}" for path in row["folders"] if not _is_touched(step, path)]
            wanted += mounts
            if mounts:
                edits += _switched_on(step, row)
            if mounts and "prepare" in row and name not in prepared:
                prepared.add(name)
                edits.append(_prepared(facts, step, row))
        if wanted:
            flags = "".join(f" --mount=type=cache,target={path}" for path in dict.fromkeys(wanted))
            edits.append(insertion(step.instruction.keyword_span.end, flags))
    return edits


def _switched_on(step: Step, row: Mapping[str, Any]) -> list[Edit]:
    """The options that switch the cache off, each replaced by what does the rest of what it says."""
    assert step.run is not None
    edits: list[Edit] = []
    start = step.instruction.value_start
    for placed in step.run.commands:
        for word in placed.command.words:
            other = row.get("instead", {}).get(word.text)
            if other is not None and _program(placed) in row["programs"]:
                edits.append(Edit(step.instruction.source_span(start + word.start, start + word.end), other))
    return edits


def _prepared(facts: Facts, step: Step, row: Mapping[str, Any]) -> Edit:
    """The instruction that lets the image keep what it downloads, above a step and its comments."""
    document = facts.document
    lines = document.typed(row["prepare"]).splitlines()
    ending = document.escape + document.newline
    text = ending.join(line.removesuffix("\\") for line in lines) + document.newline
    return insertion(document.with_comments(step.instruction).start, text)


def _users(stage: Stage, row: Mapping[str, Any]) -> list[Step]:
    """The steps of a stage that run one of the cache's programs for anything."""
    return [
        step
        for step in stage.steps
        if step.run is not None and any(_program(placed) in row["programs"] for placed in step.run.commands)
    ]


def _uses(step: Step, row: Mapping[str, Any]) -> bool:
    """Whether a step fills the cache, or reads it where it is a store."""
    assert step.run is not None
    kinds = {Kind.INSTALL, Kind.TOOL_INSTALL, Kind.OS_INSTALL}
    return any(
        _program(placed) in row["programs"]
        and (row.get("store") or (placed.effects.kind in kinds and placed.effects.network))
        for placed in step.run.commands
    )


def _program(placed: Placed) -> str:
    return posixpath.basename(placed.command.name)


def _is_open(step: Step) -> bool:
    """Whether a mount can be added, as root's, and all that the step does is known."""
    assert step.run is not None
    as_root = step.before.user in ("", "root", "0")
    return as_root and not step.run.opaque and Kind.UNKNOWN not in step.run.kinds


def _is_in_force(step: Step, row: Mapping[str, Any], name: str) -> bool:
    """Whether nothing switches the cache off, moves it, or clears it."""
    assert step.run is not None
    if step.before.env.get("HOME", "/root") != "/root" or any(key in step.before.env for key in row["moved_by"]):
        return False
    assigned = {key for placed in step.run.commands for key, _ in placed.command.assignments}
    if assigned & {*row["moved_by"], "HOME"}:
        return False
    argvs = [placed.command.argv for placed in step.run.commands]
    first = next(placed.command.argv for placed in step.run.commands if _program(placed) in row["programs"])
    if "fresh" in row and set(row["fresh"]).isdisjoint(first):
        return False
    return not any(_mentions(argv, row["off"]) for argv in argvs)


def _mentions(argv: Sequence[str], phrases: Sequence[str]) -> bool:
    text = " ".join(argv)
    return any(re.search(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])", text) for phrase in phrases)


def _is_touched(step: Step, path: str) -> bool:
    """Whether the step has a mount there, or removes the folder: a mounted folder cannot be removed."""
    assert step.run is not None
    mounts = [option for mount in step.run.mounts for option in mount.split(",")]
    targets = tuple(
        absolute(value, step.before.cwd)
        for name, _, value in (option.partition("=") for option in mounts)
        if name in ("target", "dst", "destination")
    )
    removed = (gone for placed in step.run.commands if placed.effects.removes for gone in placed.effects.writes)
    return overlap(targets, (path,)) or any(inside(path, gone) or inside(gone, path) for gone in removed)


TRANSFORM = Transform("mount-caches", run, Reasons, on_request=True)
