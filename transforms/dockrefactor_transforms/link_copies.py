"""Copies with `--link` in the final stage, so that a layer stays when those beneath it change.

On request only (`--link`): it needs BuildKit. A linked copy knows nothing of what lies beneath it, so it is made only
where that makes no difference: the target is a folder, or has the name of what is copied; the folders above it are
plain ones that no step gave to a user; and an owner is given by number.
"""

from __future__ import annotations

import posixpath
import re

from dockrefactor.effects import Kind, inside
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Transform, Unneeded
from dockrefactor.stages import Copy, Step
from dockrefactor.text import insertion

# folders that are no links in any image that is known
_PLAIN = ("/opt", "/srv", "/usr/local", "/app", "/usr/src", "/home")


class Reasons(ReasonEnum):
    """Why no copy is linked."""

    NOTHING_TO_LINK = Reason(
        "nothing-to-link", "No copy of the final stage is shown to be the same with --link.", "Nothing."
    )


def run(facts: Facts) -> Outcome:
    """The links of the final stage."""
    steps = facts.final.steps
    edits = [
        insertion(step.instruction.keyword_span.end, facts.document.typed(" --link"))
        for at, step in enumerate(steps)
        if step.copy is not None and _is_linkable(facts, steps[:at], step, step.copy)
    ]
    if edits:
        return Change(tuple(edits), "a layer is kept when those beneath it change")
    return Unneeded(Reasons.NOTHING_TO_LINK, facts.at(facts.final.origin, "no copy"))


def _is_linkable(facts: Facts, before: tuple[Step, ...], step: Step, copy: Copy) -> bool:
    flags = {flag.partition("=")[0] for flag in step.instruction.flags}
    if step.keyword != "COPY" or copy.inline or not copy.known or flags - {"--from", "--chown"}:
        return False
    if step.before.user not in ("", "root", "0") or not re.fullmatch(r"\d+(:\d+)?", copy.owner or "0"):
        return False
    written = step.instruction.args[-1]
    target = copy.destination
    plain = any(inside(target, folder) for folder in (*_PLAIN, step.before.cwd) if folder != "/")
    return plain and _keeps_its_name(copy, written) and not _is_touched((*facts.final.beneath, *before), target)


def _keeps_its_name(copy: Copy, written: str) -> bool:
    """Whether the copy puts the same there whether or not a folder stands at its target."""
    if written.endswith(("/", "/.")) or written in (".", "./"):
        return True
    folders = {source for source, _, is_folder in copy.pairs if is_folder}
    return all(
        source in folders or posixpath.basename(source) == posixpath.basename(written) for source in copy.sources
    )


def _is_touched(before: tuple[Step, ...], target: str) -> bool:
    """Whether a step gave a folder above the target to somebody, or may have made a link of it."""
    for step in before:
        if step.copy is not None and step.copy.owner and inside(target, step.copy.destination):
            return True
        for placed in step.commands:
            effects = placed.effects
            if effects.kind in (Kind.UNKNOWN, Kind.PROGRAM):
                return True
            if effects.kind is Kind.FILES and any(inside(target, path) for path in effects.writes):
                return True
        if step.run is not None and step.run.opaque:
            return True
    return False


TRANSFORM = Transform("link-copies", run, Reasons, on_request=True)
