"""The images that a split-off runtime stage may stand on, and how they are written in FROM."""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import image, os_packages, tables
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.slots import Placement
from dockrefactor.step_effects import OS
from dockrefactor.toolchain import Plan

_ALPINE: Final = "alpine:3.22"
# what is done otherwise in another distribution
_OF_DISTRIBUTIONS: Final = frozenset({*OS, Kind.ACCOUNTS, Kind.SYSTEM})


def candidates(facts: Facts, plan: Plan) -> list[Image]:
    """The images to run on, the smallest that may do first, and of the family that the user wants."""
    wanted = facts.options.runtime
    base = facts.final.base
    return [
        found
        for found in _possible(facts, plan)
        if wanted in ("auto", _of_family(found)) and (base is None or _has_architecture(found, base.reference.registry))
    ]


def _has_architecture(found: Image, registry: str) -> bool:
    """Whether an image is of the architecture that the author names before the base image's own name, if any."""
    one = registry.endswith(tuple(tables.toml("images")["architectures"]))
    return not one or found.reference.registry == registry


def _possible(facts: Facts, plan: Plan) -> list[Image]:
    base = facts.final.base
    assert base is not None
    if plan.portable and facts.options.runtime == "alpine" and not base.is_alpine:
        alpine = image.on_alpine(base)
        return [alpine] if alpine is not None else []
    if plan.runtimes:
        return [known for name in plan.runtimes if (known := image.known(name)) is not None]
    names: list[str] = []
    if plan.static:
        names = _of_static(base, facts.options.runtime)
    elif base.counterpart_image:
        names.append(base.counterpart_image)
    elif base.follows_release:
        return []
    own = {"": base}
    found = [
        known for name in names if (known := own.get(name) or image.known(base.reference.beside(name))) is not None
    ]
    if found:
        return found
    smaller = image.counterpart(base)
    if smaller is not None:
        return [smaller]
    return [] if base.counterpart else [base]


def _of_static(base: Image, wanted: str) -> list[str]:
    """The images for a static program: the one without a shell first, `""` for the base image itself.

    Packages and accounts that the author's steps ask for are those of the base's distribution, of which Ubuntu, Alpine
    and Red Hat's family have no smaller image than their own.
    """
    names = ["gcr.io/distroless/static-debian12"]
    same = base.is_debian and base.newest_release and os_packages.is_carried(base)
    if base.family == "ubuntu" or base.is_rpm:
        names.append("")
    elif not base.is_alpine or wanted == "slim":
        names.append(f"debian:{base.newest_release if same else 'bookworm'}-slim")
    if base.is_alpine and not base.language:
        names.append("")
    elif base.is_alpine or wanted == "alpine":
        names.append((base.counterpart_image if base.is_alpine else "") or _ALPINE)
    return names


def _of_family(runtime: Image) -> str:
    if not runtime.shell:
        return "distroless"
    return "alpine" if runtime.is_alpine else "slim"


def is_foreign(facts: Facts, placed: Placement, runtime: Image) -> bool:
    """Whether steps that run in an image ask for packages, accounts or settings of another distribution."""
    base = facts.final.base
    if base is None or not runtime.shell or runtime.package_manager == base.package_manager:
        return False
    own = {name for name, _ in facts.needs.os_packages}
    return bool(placed.kept_os_packages or own.intersection(placed.extra_packages)) or any(
        slot.runtime and slot.step.run is not None and slot.step.run.kinds & _OF_DISTRIBUTIONS for slot in placed.slots
    )


def is_too_small(facts: Facts, plan: Plan, placed: Placement, runtime: Image) -> bool:
    """Whether an image without shell and package manager is too small for the launch and the steps that run in it."""
    if runtime.shell:
        return False
    if any(claim.value is None or not claim.value.startswith("/tmp/") for claim in facts.needs.writes):
        return True
    if facts.neighbours.checks or facts.neighbours.commands:
        return True
    if facts.launch.shell or not facts.healthcheck.empty or placed.extra_packages or placed.kept_os_packages:
        return True
    programs = {name for name, _ in facts.launch.programs if "/" not in name}
    own = {artifact.path.rpartition("/")[2] for artifact in plan.artifacts}
    return (
        bool(programs - own)
        or any(slot.runtime and slot.step.run is not None for slot in placed.slots)
        or any(claim.value is None or claim.value for claim in facts.needs.programs)
        or any(step.keyword == "USER" for step in facts.final.steps)
    )


def spelled(facts: Facts, runtime: Image) -> str | None:
    """How the runtime image is spelled: a build argument in FROM stays in force. None where that cannot be said."""
    word, resolved = facts.final.origin.args[0], facts.final.written_base or ""
    if "$" not in word:
        return runtime.reference.written
    tail = (
        word[max(match.end() for match in re.finditer(r"\$\{\w+\}|\$\w+", word)) :]
        if re.search(r"\$\w|\$\{\w+\}", word)
        else ""
    )
    head = resolved.removesuffix(tail)
    if runtime.reference.written.startswith(head) and resolved.endswith(tail):
        return word.removesuffix(tail) + runtime.reference.written.removeprefix(head)
    base = facts.final.base
    return runtime.reference.written if base is not None and base.language == "go" else None
