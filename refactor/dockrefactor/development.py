"""Compose services that need more of an image than its program does: those that people develop in.

A service that starts another program does not, where the runtime gets all that was installed and all sources, and what
is started can be followed. Nor does one that mounts the sources over the work folder, where they are those that the
image has there, and none of them were left behind. For the others the image can stay as it is, in a stage of its own
that their compose files name.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import Final

from dockrefactor import (
    compose_targets,
    image,
    launch_reading,
    launches,
    neighbour_files,
    reachability,
    roles,
    shell,
    yaml_text,
)
from dockrefactor.document import Document
from dockrefactor.effects import Kind, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Launch
from dockrefactor.neighbour_files import COMPOSE, NeighbourFile, table
from dockrefactor.neighbours import Service
from dockrefactor.outcome import ComposeFile
from dockrefactor.records import dataclass
from dockrefactor.stages import Stage
from dockrefactor.text import Edit, apply, insertion
from dockrefactor.toolchain import Plan

_MAKING: Final = frozenset({Kind.INSTALL, Kind.BUILD, Kind.TOOL_INSTALL, Kind.OS_INSTALL})


@dataclass(frozen=True, slots=True)
class Kept:
    """The services that get the original's image as the stage `name` (`""` where none does), their files with that
    target, and the services for which that cannot be done."""

    name: str
    files: tuple[ComposeFile, ...]
    left: tuple[Service, ...]


def needing(facts: Facts, plan: Plan | None) -> tuple[Service, ...]:
    """The services of which nothing shows that they work with the runtime that `plan` makes, or with any: those that
    mount other files over the work folder than the image has there."""
    return tuple(service for service in facts.services if _needs_builder(facts, plan, service))


def _needs_builder(facts: Facts, plan: Plan | None, service: Service) -> bool:
    if not launches.is_mounted(facts.final, service):
        return bool(plan is not None and service.starts and not _is_shown(facts, plan, _launch(facts, service)))
    if launches.is_changed(facts.final, service):
        return True
    launch = _launch(facts, service)
    if any(reachability.absent(facts, item) for item in launch.started):
        return True  # only the mounted folder has it
    return plan is not None and not (_leaves_mounts(facts, plan, service) and _is_shown(facts, plan, launch))


def _leaves_mounts(facts: Facts, plan: Plan, service: Service) -> bool:
    """Whether a runtime has all that was installed, and what it has in another way than the image is not hidden."""
    covering = [mount for mount in service.mounts if launches.covers(facts.final, mount)]
    brought = [artifact.path for artifact in plan.artifacts]
    hidden = [path for path in brought if any(inside(path, mount) for mount in covering)]
    return _is_whole(plan) and all(any(inside(path, volume) for volume in service.volumes) for path in hidden)


def _is_whole(plan: Plan) -> bool:
    """Whether a runtime gets all that was installed, and all sources."""
    return not (plan.epilogue or plan.static or plan.context_paths is not None)


def why(facts: Facts, service: Service) -> Evidence:
    """What a service does with the image that the program alone does not need."""
    place = service.evidence
    if launches.is_mounted(facts.final, service):
        return Evidence(place.path, place.line, f"service `{service.name}` develops in {facts.final.after.cwd}")
    return Evidence(place.path, place.line, f"service `{service.name}` starts `{' '.join(service.starts)[:60]}`")


def started(facts: Facts) -> tuple[tuple[str, Evidence], ...]:
    """The programs that services start instead of the image's own."""
    return tuple(
        item
        for service in facts.services
        if service.starts and not launches.is_changed(facts.final, service)
        for item in _launch(facts, service).programs
        if not roles.is_builders_tool(facts, item[0])
    )


def _launch(facts: Facts, service: Service) -> Launch:
    return launch_reading.of_service(facts.final, service, facts.name)


def _is_shown(facts: Facts, plan: Plan, launch: Launch) -> bool:
    """Whether what a service starts has all that it needs in the runtime that `plan` makes."""
    own = {item.argv for item in facts.launch.started}
    if launch.unreadable or launch.one_string is not None or not all(item.known for item in launch.started):
        return False
    names = {posixpath.basename(name) for name, _ in launch.programs}
    # a shell around the image's own program is a program too
    usual = {posixpath.basename(name) for name, _ in facts.launch.programs}
    own_shell = facts.launch.shell or not launch.shell
    if all(item.argv in own for item in launch.started) and names <= usual and own_shell:
        return True
    if any(_makes(facts, item.argv) for item in launch.started):
        return False
    if any(roles.is_builders_tool(facts, name) for name in names):
        return False
    if not _is_whole(plan) and not _plans_alike(facts, plan, launch):
        return False
    # of a folder that is taken from the builder, what is installed outside of it stays behind
    return plan.tree is None or names <= usual | _kept_by_base(facts)


def _plans_alike(facts: Facts, plan: Plan, launch: Launch) -> bool:
    """Whether what a service starts asks for the very runtime that the image's own launch does."""
    if plan.tree is None or len(facts.toolchains) != 1:
        return False
    return facts.toolchains[0].plan(facts.starting(launches.together((launch, facts.launch)))) == plan


def _kept_by_base(facts: Facts) -> frozenset[str]:
    """The programs that the base image and its smaller counterpart both have."""
    base = facts.final.base
    smaller = image.counterpart(base) if base is not None else None
    return base.programs & smaller.programs if base is not None and smaller is not None else frozenset()


def _makes(facts: Facts, argv: tuple[str, ...]) -> bool:
    """Whether a command installs or builds."""
    commands = shell.parse(shlex.join(argv), {}).commands
    return any(facts.started_effects(command).kind in _MAKING for command in commands)


def keep(facts: Facts, services: tuple[Service, ...]) -> Kept:
    """How these services keep the image, where the user asks for that (`Options.dev_stage`)."""
    if not facts.options.dev_stage or not services:
        return Kept("", (), services)
    name = _free(facts)
    files: list[ComposeFile] = []
    left: list[Service] = []
    found = {file.shown: file for file in neighbour_files.find(facts.context.root) if file.kind == COMPOSE}
    for path in dict.fromkeys(service.evidence.path for service in services):
        own = [service for service in services if service.evidence.path == path]
        text = _own_text(facts, found.get(path))
        after = None
        if text is not None and not any(service.by_image for service in own):
            after = compose_targets.targeted(text, [service.name for service in own], name)
        if text is None or after is None:
            left += own
        else:
            files.append(ComposeFile(path, text, after))
    return Kept(name if files else "", tuple(files), tuple(left))


def _own_text(facts: Facts, file: NeighbourFile | None) -> str | None:
    """The text of a compose file that builds nothing but this Dockerfile: no other result changes it too."""
    if file is None or file.has_mark:
        return None
    text = facts.context.neighbours.get(file.shown, file.text)
    mine = {service.name for service in facts.neighbours.services if service.evidence.path == file.shown}
    services = table(table(yaml_text.document(text)).get("services"))
    builds = {str(name) for name, service in services.items() if "build" in table(service)}
    return text if builds <= mine else None


def _free(facts: Facts) -> str:
    taken = {stage.name.lower() for stage in facts.stages} | {item.lower() for item in facts.neighbours.targets}
    taken |= {re.split(r"[:@]", stage.written_base or "")[0] for stage in facts.stages}
    return next(name for name in ("dev", "development", "develop", "dev-image") if name not in taken)


def with_stage(document: Document, stage: Stage, name: str, after: str) -> str:
    """`after`, which edits below the FROM of the only stage made, with that stage as it was above it, under `name`."""
    start = stage.origin.span.start
    words = stage.origin.words
    named = insertion(words[0].span.end, document.typed(f" AS {name}"))
    renamed = Edit(words[2].span, name) if stage.name else named
    whole = apply(document.text, (renamed,))[start:]
    ending = "" if whole.endswith("\n") else document.newline
    return document.text[:start] + whole + ending + document.newline + after[start:]
