"""What else than its own ENTRYPOINT and CMD starts an image's containers: compose services, manifests, Procfiles."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Sequence

from dockrefactor import launch_reading
from dockrefactor.context import normalise
from dockrefactor.effects import inside
from dockrefactor.launch import Launch, Started
from dockrefactor.neighbour_manifests import Container
from dockrefactor.neighbours import Neighbours, Service
from dockrefactor.records import replace
from dockrefactor.stages import Stage


def given(stage: Stage, services: Sequence[Service], neighbours: Neighbours, dockerfile: str) -> Launch | None:
    """What the containers of an image start that names nothing itself; None where one of them leaves it to the image.

    Services that mount other files over the work folder say nothing of the image alone.
    """
    running = [service for service in services if not is_changed(stage, service)]
    starting = [service for service in running if service.starts]
    named = {_key(service) for service in starting}
    if any(_key(service) not in named for service in running):
        return None
    if any(not container.starts for container in neighbours.containers):
        return None
    found = [_of_service(stage, service, dockerfile) for service in starting]
    found += [_of_container(stage, container, dockerfile) for container in neighbours.containers]
    found += [launch_reading.of_process(stage, item, dockerfile) for item in neighbours.processes]
    return together(found) if found else None


def _key(service: Service) -> tuple[str, str]:
    """A service of a file, and of those that join it, is one."""
    return posixpath.dirname(service.evidence.path), service.name


def everywhere(
    stage: Stage, own: Launch, services: Sequence[Service], neighbours: Neighbours, dockerfile: str, by_user: bool
) -> Launch:
    """What the image starts with all that services and manifests start in it instead; `by_user`: where they leave the
    user to the image."""
    if own.empty:
        return own
    found = [
        _of_service(stage, service, dockerfile)
        for service in services
        if service.starts and not (by_user and service.user) and not is_changed(stage, service)
    ]
    found += [
        _of_container(stage, container, dockerfile)
        for container in neighbours.containers
        if container.starts and not (by_user and container.user is not None)
    ]
    return together((*found, own)) if found else own


def is_mounted(stage: Stage, service: Service) -> bool:
    """Whether a service mounts a folder of the host over the work folder."""
    return any(path and covers(stage, path) for path in service.mounts)


def covers(stage: Stage, mount: str) -> bool:
    """Whether what is mounted there hides the image's work folder."""
    return inside(stage.after.cwd, mount)


def is_changed(stage: Stage, service: Service) -> bool:
    """Whether a service mounts other files over the work folder than those that the image's files there are from."""
    found = (mount for mount in service.mounts if mount and covers(stage, mount))
    return not all(_is_own(stage, service.origins.get(mount), mount) for mount in found)


def _is_own(stage: Stage, origin: str | None, target: str) -> bool:
    """Whether the image's files at `target` are from `origin`, a folder of the host, which is copied whole."""
    context = os.path.abspath(stage.context.root)
    if origin is None or not inside(origin, context):
        return False
    source = normalise(posixpath.relpath(origin, context))
    copies = [step.copy for step in stage.image_steps if step.copy is not None]
    pairs = [pair for copy in copies for pair in copy.pairs if inside(pair[1], target) or inside(target, pair[1])]
    is_whole = any(is_folder and inside(target, place) for _, place, is_folder in pairs)
    is_alien = any(copy.origin is not None and inside(copy.destination, target) for copy in copies)
    return is_whole and not is_alien and all(_is_there(source, target, pair) for pair in pairs)


def _is_there(source: str, target: str, pair: tuple[str, str, bool]) -> bool:
    """Whether a mount of the context's `source` at `target` shows the same as the copy of `pair` does."""
    copied, place, _ = pair
    if inside(place, target):
        return normalise(posixpath.join(source, posixpath.relpath(place, target))) == copied
    return normalise(posixpath.join(copied, posixpath.relpath(target, place))) == source


def _of_service(stage: Stage, service: Service, dockerfile: str) -> Launch:
    return _elsewhere(stage, service, launch_reading.of_service(stage, service, dockerfile))


def _of_container(stage: Stage, container: Container, dockerfile: str) -> Launch:
    service = Service(
        name="", command=container.arguments, entrypoint=container.entrypoint, mounts=(), volumes=(), target="",
        user="", evidence=container.evidence, cwd=container.cwd,
    )  # fmt: skip
    return _of_service(stage, service, dockerfile)


def _elsewhere(stage: Stage, service: Service, launch: Launch) -> Launch:
    """A program that starts in another folder finds and writes other files there than can be told."""
    if service.cwd in ("", stage.after.cwd):
        return launch
    says = f"it starts in {service.cwd}, not in the image's work folder"
    return replace(launch, unreadable=(*launch.unreadable, replace(service.evidence, says=says)))


def together(launches: Iterable[Launch]) -> Launch:
    """Several launches as one: each command once, and what any of them needs."""
    found = [launch for launch in launches if not launch.empty or launch.started]
    if len(found) < 2:
        return found[0] if found else Launch(empty=True, scripts={})
    started: dict[object, Started] = {}
    for item in (item for launch in found for item in launch.started):
        started.setdefault((item.argv, item.cwd, item.script, item.writes), item)
    return Launch(
        started=tuple(started.values()),
        scripts={path: source for launch in found for path, source in launch.scripts.items()},
        unreadable=tuple(dict.fromkeys(item for launch in found for item in launch.unreadable)),
        one_string=next((launch.one_string for launch in found if launch.one_string is not None), None),
        drops=next((launch.drops for launch in found if launch.drops is not None), None),
        shell=any(launch.shell for launch in found),
        login_shell=next((launch.login_shell for launch in found if launch.login_shell is not None), None),
        empty=all(launch.empty for launch in found),
        mains=tuple(main for launch in found if (main := launch.main) is not None),
    )
