"""Files beside a Dockerfile that use its image, read for what contradicts a change: compose, bake and skaffold files,
workflows, Makefiles, development containers, Kubernetes manifests."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from dockrefactor import (
    compose_files,
    neighbour_builds,
    neighbour_files,
    neighbour_manifests,
    procfiles,
    shell,
    yaml_text,
)
from dockrefactor.compose_files import Written
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.neighbour_builds import Build, Place
from dockrefactor.neighbour_files import COMPOSE, NeighbourFile, json_with_comments, table, tables_of, words_of
from dockrefactor.neighbour_manifests import Container
from dockrefactor.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Service:
    """A compose service that builds this Dockerfile, in a file with any word that matters; one of a file that joins
    another may leave the build to that.

    `command` is what it starts instead of CMD, `entrypoint` instead of ENTRYPOINT; `by_image` says that it runs the
    image by its name, and builds nothing; `mounts` are container paths of bind mounts of the context, and those that
    `develop.watch` keeps in step, `origins` their folders of the host (absolute; those that are computed are left
    out); `volumes` those of named volumes; `ports` the container's; `joins` says that a main
    file has the service too; `cwd` is where it starts instead of WORKDIR; `privileges` what only root may use.
    """

    name: str
    command: tuple[str, ...]
    mounts: tuple[str, ...]
    volumes: tuple[str, ...]
    target: str
    user: str
    evidence: Evidence
    socket: bool = False
    image: str = ""
    ports: tuple[int, ...] = ()
    health: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    by_image: bool = False
    joins: bool = False
    cwd: str = ""
    privileges: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def starts(self) -> tuple[str, ...]:
        """The words that it starts by itself."""
        return (*self.entrypoint, *self.command)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A command that something else than the image's own launch starts in a container of it."""

    argv: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`services`: compose services that build the Dockerfile; `builds`: its builds by other files; `action`: an
    `action.yml` that runs it on GitHub; `broken`: files that cannot be read; `commands`: what is started in its
    containers besides the launch; `checks`: commands of health checks, probes and hooks; `containers`: those of
    manifests; `processes`: those of a Procfile, each as a shell's vector."""

    services: tuple[Service, ...] = ()
    action: Evidence | None = None
    broken: tuple[Evidence, ...] = ()
    builds: tuple[Build, ...] = ()
    commands: tuple[Elsewhere, ...] = ()
    checks: tuple[Elsewhere, ...] = ()
    containers: tuple[Container, ...] = ()
    processes: tuple[Elsewhere, ...] = ()

    @property
    def targets(self) -> frozenset[str]:
        """The stages that are built by name."""
        named = [service.target for service in self.services] + [build.target for build in self.builds]
        return frozenset(filter(None, named))

    @property
    def programs(self) -> tuple[tuple[str, Evidence], ...]:
        """Programs that health checks, probes and hooks start."""
        return tuple((posixpath.basename(item.argv[0]), item.evidence) for item in self.checks if item.argv)


def read(context: BuildContext, dockerfile: str) -> Neighbours:
    """What the files of the repository say of `dockerfile`."""
    return context.once((read, dockerfile), lambda: _Reader(context, dockerfile).read())


@dataclass(slots=True)
class _Found:
    services: list[Service] = field(default_factory=list)
    broken: list[Evidence] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    commands: list[Elsewhere] = field(default_factory=list)
    checks: list[Elsewhere] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)


class _Reader:
    def __init__(self, context: BuildContext, dockerfile: str) -> None:
        self.context = context
        self.place = Place(os.path.abspath(context.root), context.dockerfile_name)
        self.found = _Found()

    def read(self) -> Neighbours:
        files = [
            replace(file, text=self.context.neighbours.get(file.shown, file.text))
            for file in neighbour_files.find(self.place.context)
        ]
        found = self.found
        self._compose([file for file in files if file.kind == COMPOSE])
        for file in files:
            if file.kind != COMPOSE:
                found.builds += neighbour_builds.builds(file, self.place)
        names = self._names()
        for file in files:
            self._commands(file, names)
            if file.kind == "manifest":
                self._containers(file, names)
        self._addon()
        return Neighbours(
            tuple(found.services), self._action(), tuple(found.broken), tuple(found.builds), tuple(found.commands),
            tuple(found.checks), tuple(found.containers), tuple(_processes(files, self.place.context)),
        )  # fmt: skip

    def _compose(self, files: list[NeighbourFile]) -> None:
        """The services of all compose files: those that build the Dockerfile, also by what a main file says of their
        build, and those that run the image by its name."""
        root = self.place.context
        written, broken = compose_files.services(files, root)
        self.found.broken += [Evidence(file.shown, 0, "cannot be read as YAML") for file in broken]
        named: list[Written] = []
        for item in written:
            if item.build is None:
                named.append(item)
            elif "dockerfile_inline" not in item.build:
                where = str(item.build.get("context", ".")), str(item.build.get("dockerfile", "Dockerfile"))
                if "$" not in where[0] + where[1] and self.place.is_meant(item.folder, *where):
                    self._add(item)
        images = {service.image for service in self.found.services if service.image}
        for item in named:
            if str(item.said.get("image") or "") in images:
                self._add(item)

    def _add(self, written: Written) -> None:
        made = _service(written, self.place.context)
        self.found.services.append(made)
        if made.health:
            self.found.checks += [Elsewhere(argv, made.evidence) for argv in shell_commands(made.health)]

    def _names(self) -> frozenset[str]:
        """What the image may be called: by its builds, its services, and its folder."""
        named = [name for build in self.found.builds for name in build.names]
        named += [service.image or service.name for service in self.found.services]
        named += [posixpath.basename(self.place.context)]
        return frozenset({*named, *map(neighbour_manifests.bare, named)} - {""})

    def _commands(self, file: NeighbourFile, names: frozenset[str]) -> None:
        services = {service.name for service in self.found.services}
        for command in neighbour_builds.commands(file):
            if not command.operands or command.verb == "build":
                continue
            image, argv = command.operands[0], command.operands[1:]
            known = services if command.verb.startswith("compose") else names
            entry = command.values("--entrypoint")
            if (argv or entry) and (image in known or neighbour_manifests.bare(image) in known):
                evidence = Evidence(file.shown, command.line, f"runs `{' '.join((*entry[-1:], *argv)[:3])}` in it")
                self.found.commands.append(Elsewhere((*entry[-1:], *argv), evidence))

    def _containers(self, file: NeighbourFile, names: frozenset[str]) -> None:
        for container in neighbour_manifests.containers(file):
            if neighbour_manifests.bare(container.image) not in names:
                continue
            self.found.containers.append(container)
            if container.command:
                self.found.commands.append(Elsewhere(container.command, container.evidence))
            for words in container.probes:
                self.found.checks += [Elsewhere(argv, container.evidence) for argv in shell_commands(words)]

    def _addon(self) -> None:
        """An add-on of Home Assistant: its supervisor mounts /data, which is root's, and gives what the file asks for.

        Source: https://developers.home-assistant.io/docs/add-ons/configuration
        """
        for name in ("config.yaml", "config.yml", "config.json"):
            text = self.context.read(name) or _plain_text(self.place.context, name) or ""
            if "slug" not in text or "arch" not in text:
                continue
            data = table(json_with_comments(text) if name.endswith(".json") else yaml_text.document(text))
            if {"name", "version", "slug", "arch"} <= data.keys():
                line = text[: text.index("slug")].count("\n") + 1
                evidence = Evidence(name, line, "Home Assistant runs this image as an add-on")
                asked = ("full_access", "docker_api", "host_pid") if data.get("privileged") is None else ()
                given = (*words_of(data.get("privileged")), *(key for key in asked if data.get(key) is True), "")
                self.found.containers.append(
                    Container("", (), (), (), (), None, ("/data",), evidence, privileges=given[0])
                )

    def _action(self) -> Evidence | None:
        for name in ("action.yml", "action.yaml"):
            text = self.context.read(name) or _plain_text(self.place.context, name)
            if text and "using:" in text and "docker" in text.partition("using:")[2][:20]:
                line = text[: text.index("using:")].count("\n") + 1
                return Evidence(name, line, "GitHub runs this image as an action")
        return None


def _processes(files: list[NeighbourFile], context: str) -> Iterator[Elsewhere]:
    """The processes of the Procfile beside the Dockerfile."""
    for file in files:
        if file.kind == "procfile" and file.folder == context:
            for process in procfiles.processes(file.text):
                evidence = Evidence(file.shown, process.line, f"process `{process.name}` starts it")
                yield Elsewhere(("/bin/sh", "-c", process.command), evidence)


def _plain_text(folder: str, name: str) -> str | None:
    """The ignore file may keep a file out of the context; it still says how the image is used."""
    path = os.path.join(folder, name)
    if not os.path.isfile(path) or os.path.islink(path) or os.path.getsize(path) > neighbour_files.MAX_BYTES:
        return None
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def _service(written: Written, root: str) -> Service:
    key, service, build, file = written.name, written.said, written.build or {}, written.file
    rows = enumerate(file.text.splitlines(), 1)
    line = next((number for number, row in rows if row.strip().startswith(f"{key}:")), 0)
    mounts: list[tuple[str, str]] = []
    volumes: list[str] = []
    socket = False
    for item in service.get("volumes") or ():
        source, target = _volume(item)
        socket = socket or "docker.sock" in source
        if source.startswith((".", "/", "~", "$")):
            mounts.append((source, target))
        else:
            volumes.append(target)
    watched = tables_of(table(service.get("develop")).get("watch"))
    synced = (item for item in watched if str(item.get("action", "")).startswith("sync"))
    mounts += [(str(item.get("path", "$")), _plain(str(item.get("target", "")))) for item in synced]
    return Service(
        name=key,
        command=words_of(service.get("command")),
        entrypoint=words_of(service.get("entrypoint")),
        by_image=not build,
        mounts=tuple(target for _, target in mounts),
        volumes=tuple(volumes),
        target=str(build.get("target") or ""),
        user=str(service.get("user") or ""),
        evidence=Evidence(file.shown, line, f"service `{key}` builds this Dockerfile"),
        socket=socket,
        image=str(service.get("image") or ""),
        ports=tuple(_ports(service.get("ports"))),
        health=_health(table(service.get("healthcheck")).get("test")),
        joins=written.joins,
        cwd=str(service.get("working_dir") or ""),
        privileges=compose_files.privileges(service),
        variables=compose_files.variables(written, root),
        origins={
            target: os.path.normpath(os.path.join(file.folder, source))
            for source, target in mounts
            if not source.startswith(("~", "$")) and not _is_extended_elsewhere(service)
        },
    )


def _is_extended_elsewhere(service: Mapping[str, Any]) -> bool:
    """Whether a service takes words from another file, whose paths count from its own folder."""
    return "file" in table(service.get("extends"))


def _volume(item: Any) -> tuple[str, str]:
    if isinstance(item, dict):
        return str(item.get("source") or ""), _plain(str(item.get("target") or ""))
    parts = str(item).split(":")
    return (parts[0], _plain(parts[1])) if len(parts) > 1 else ("", _plain(parts[0]))


def _plain(target: str) -> str:
    """A container path without the slash that people put behind folders."""
    return target.rstrip("/") or target[:1]


def _ports(value: Any) -> Iterator[int]:
    """The container's side of published ports: `80`, `8080:80`, `127.0.0.1:8080:80/tcp`, `target: 80`."""
    for item in value if isinstance(value, list) else ():
        written = str(item.get("target", "") if isinstance(item, dict) else item).rpartition(":")[2]
        number = written.partition("/")[0].partition("-")[0]
        if number.isdigit():
            yield int(number)


def _health(test: Any) -> tuple[str, ...]:
    """The argument vector of a health check; none where it is switched off."""
    if isinstance(test, str):
        return ("/bin/sh", "-c", test)
    words = words_of(test)
    if words[:1] == ("CMD-SHELL",):
        return ("/bin/sh", "-c", *words[1:])
    return words[1:] if words[:1] == ("CMD",) else ()


def shell_commands(argv: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The commands that a vector starts: itself, or those of the text that it gives to a shell."""
    if len(argv) > 2 and posixpath.basename(argv[0]) in ("sh", "bash", "ash") and argv[1].endswith("c"):
        return [command.argv for command in shell.parse(argv[2], {}).commands if command.words]
    return [argv]
