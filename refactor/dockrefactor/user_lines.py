"""Where the lines of a new user go in the final stage, and which copies are its own."""

from __future__ import annotations

from typing import Final

from dockrefactor import ownership, placement, source_copies
from dockrefactor.effects import inside
from dockrefactor.facts import Facts
from dockrefactor.stages import Copy
from dockrefactor.text import Edit, insertion

_TAIL: Final = frozenset({*placement.FINAL_ONLY, "ENV", "ARG", "SHELL"})


def creation_position(facts: Facts) -> int:
    """Where the account is created: before the first COPY, so that the layer is cached, after the RUNs there."""
    document = facts.document
    steps = facts.final.steps
    copy_at = next((at for at, step in enumerate(steps) if step.copy is not None), None)
    run_at = max((at for at, step in enumerate(steps[:copy_at]) if step.run is not None), default=None)
    if run_at is not None:
        return document.with_comments(steps[run_at].instruction).end
    if copy_at is not None:
        at = copy_at
        while at > 0 and steps[at - 1].keyword == "WORKDIR":
            at -= 1
        return document.with_comments(steps[at].instruction).start
    return document.with_comments(steps[0].instruction).start if steps else facts.final.origin.span.end


def user_position(facts: Facts) -> int:
    """Before the settings that end the stage, after its last RUN, COPY or WORKDIR."""
    document = facts.document
    at = len(facts.final.steps)
    while at > 0 and facts.final.steps[at - 1].keyword in _TAIL:
        at -= 1
    if not facts.final.steps:
        return facts.final.origin.span.end
    if at == len(facts.final.steps):
        return document.with_comments(facts.final.steps[-1].instruction).end
    return document.with_comments(facts.final.steps[at].instruction).start


def chowns(facts: Facts, owner: str, given: ownership.Owned) -> list[Edit]:
    """`--chown` on the copies into folders that the program writes to; on the last of those that bring the same."""
    folders = given.all(facts.final.after.cwd)
    owned = [
        step
        for step in facts.final.steps
        if step.copy is not None and step.copy.owner is None
        if any(inside(step.copy.destination, folder) for folder in folders)
    ]
    return [
        insertion(step.instruction.value_span.start, f"--chown={owner} ")
        for at, step in enumerate(owned)
        if not any(_is_copied_again(step.copy, later.copy) for later in owned[at + 1 :])
    ]


def before_volumes(
    facts: Facts, owner: str, given: ownership.Owned, position: int
) -> tuple[list[Edit], ownership.Owned]:
    """Lines that give folders away before the VOLUME above `position` that they lie in, and the folders that are left.

    Engines other than BuildKit discard what a RUN changes in a volume that was declared.
    https://docs.docker.com/reference/dockerfile/#notes-about-specifying-volumes
    """
    document, cwd = facts.document, facts.final.after.cwd
    left, edits = given.all(cwd), []
    if facts.final.after.from_args:
        return [], given
    for step in facts.final.steps:
        if step.instruction.span.start >= position:
            break
        volumes = [path for path in step.volumes if "$" not in path]
        taken = [folder for folder in left if any(inside(folder, volume) for volume in volumes)]
        if taken:
            names = " ".join(dict.fromkeys(sorted(taken)))
            text = document.typed(f"RUN mkdir -p {names} && chown {owner} {names}{document.newline}")
            edits.append(insertion(document.with_comments(step.instruction).start, text))
            if ownership.made_inside(facts, taken) == []:  # else BuildKit needs the line at the end too
                left = [folder for folder in left if folder not in taken]
    rest = ownership.Owned(given.tree and cwd in left, tuple(folder for folder in given.folders if folder in left))
    return edits, rest


def _is_copied_again(copy: Copy | None, later: Copy | None) -> bool:
    """Whether a later copy brings the same files of the context; of folders, not every engine gives away an old one."""
    if copy is None or later is None or copy.origin is not None or later.origin is not None:
        return False
    files = bool(copy.pairs) and not any(is_folder for _, _, is_folder in copy.pairs)
    return files and source_copies.covers(later, copy)
