"""What a .NET program asks of its image: its projects, sources and settings, read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dockrefactor.effects import Kind, absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass
from dockrefactor.stages import Place, Stage
from dockrefactor.toolchain import RuntimeNeeds
from dockrefactor.toolchains import dotnet_commands, dotnet_projects, dotnet_sources
from dockrefactor.toolchains.dotnet import TOOLCHAIN
from dockrefactor.toolchains.dotnet_commands import Call
from dockrefactor.toolchains.dotnet_projects import Project
from dockrefactor.toolchains.dotnet_sources import DotnetNeeds

_ADDRESSES = ("ASPNETCORE_URLS", "URLS", "DOTNET_URLS", "ASPNETCORE_HTTP_PORTS", "HTTP_PORTS")


@dataclass(frozen=True, slots=True)
class Work:
    """One build or publish where it stands: `target` is (context path, its folder) of what it builds, None where that
    is not to be told; `projects` are all that it compiles."""

    call: Call
    cwd: str
    place: Place
    target: tuple[str, str] | None
    projects: tuple[Project, ...]
    evidence: Evidence


def works(facts: Facts, stage: Stage) -> list[Work]:
    """The builds of a stage, in order."""
    found: list[Work] = []
    for step in stage.steps:
        for placed in step.run.commands if step.run is not None else ():
            call = placed.effects.detail
            if isinstance(call, Call) and placed.effects.kind is Kind.BUILD and call.verb in ("build", "publish"):
                place = facts.place(step, placed, stage)
                target = TOOLCHAIN.target(call, place)
                projects = dotnet_projects.closure(place.context, target[0]) if target is not None else None
                says = facts.at(step.instruction, f"`dotnet {call.verb}` builds it")
                found.append(Work(call, placed.cwd, place, target, tuple(projects or ()), says))
    return found


def assembly(item: Started) -> str | None:
    """The path that a command of the launch starts as written: a .dll, or a program by its path; None for others."""
    call = dotnet_commands.parse(item.argv)
    if call is not None:
        words = item.argv[2:] if call.verb == "exec" else item.argv[1:]
        return next((word for word in words if word.endswith(".dll")), None)
    return item.argv[0] if item.argv and "/" in item.argv[0] else None


def started(facts: Facts) -> tuple[Started, str] | None:
    """The command that starts the program, with the path of its assembly or program as written."""
    for item in reversed(facts.launch.started):
        path = assembly(item)
        if path is not None and not facts.launch.scripts.get(absolute(path, item.cwd)):
            return item, path
    return None


def project(facts: Facts) -> Project | None:
    """The project whose assembly the launch starts; None where it is not to be told."""
    launch = started(facts)
    found = [item for stage in facts.contributing for work in works(facts, stage) for item in work.projects]
    if launch is None:
        return None
    name = posixpath.basename(launch[1]).removesuffix(".dll")
    return next(dotnet_projects.of_assembly(found, name), None)


def sources(facts: Facts) -> DotnetNeeds | None:
    """What the sources of the program ask for; None where they are not in the build context."""
    own = project(facts)
    folders: tuple[str, ...] = ()
    if own is not None:
        folders = tuple(item.folder for item in dotnet_projects.closure(facts.context, own.path) or [own])
    elif any(True for _ in facts.context.files("", dotnet_projects.PROJECTS)):
        folders = ("",)
    return dotnet_sources.read(facts.context, folders, dict(facts.final.after.env)) if folders else None


def needs(facts: Facts) -> RuntimeNeeds:
    """See `Toolchain.needs`."""
    found = sources(facts)
    launch = started(facts)
    base = posixpath.dirname(absolute(launch[1], launch[0].cwd)) if launch is not None else facts.final.after.cwd
    claims = found.needs.writes if found is not None else ()
    return RuntimeNeeds(
        programs=found.needs.programs if found is not None else (),
        writes=tuple(
            _placed(claim, base, facts.final.after.cwd)
            for claim in claims
            if claim.value is None or not claim.value.startswith("~")
        ),
        home=any(claim.value is not None and claim.value.startswith("~") for claim in claims),
        ports=(*(found.needs.ports if found is not None else ()), *_addresses(facts), *_by_default(facts, found)),
        unknown=tuple(_unknown(facts, found)),
    )


def _placed(claim: Claim, base: str, cwd: str) -> Claim:
    if claim.value is None:
        return claim
    return Claim(absolute(claim.value.replace("{base}", base), cwd), claim.evidence)


def _addresses(facts: Facts) -> Iterator[Claim]:
    """Ports that variables and arguments name."""
    for step in facts.final.steps:
        if step.keyword == "ENV":
            names = set(step.instruction.args[::3]) & set(_ADDRESSES)
            for name in names:
                for port in _ports(facts.final.after.env.get(name, "")):
                    yield Claim(port, facts.at(step.instruction, name))
    for launch in filter(None, facts.final.launch):
        for word in launch.instruction.args:
            name, _, value = word.partition("=")
            for port in _ports(value) if name in _ADDRESSES else ():  # `env NAME=value`
                yield Claim(port, facts.at(launch.instruction, name))
    for item in facts.launch.started:
        for at, word in enumerate(item.argv):
            if word.startswith("--urls"):
                value = word.partition("=")[2] or (item.argv[at + 1] if at + 1 < len(item.argv) else "")
                for port in _ports(value):
                    yield Claim(port, item.evidence)


def _ports(value: str) -> list[str]:
    if re.fullmatch(r"[\d;]+", value):
        return value.split(";")
    return [match or "80" for match in re.findall(r"https?://[^/:;]+(?::(\d+))?", value)]


def says_address(facts: Facts, found: DotnetNeeds | None) -> bool:
    """Whether the Dockerfile or the program says on which port it listens, whatever the base image sets."""
    env = facts.final.after.env
    base = facts.final.base.env if facts.final.base is not None else {}
    named = any(env.get(name) and env.get(name) != base.get(name) for name in _ADDRESSES)
    return named or any(_addresses(facts)) or (found is not None and bool(found.urls))


def _by_default(facts: Facts, found: DotnetNeeds | None) -> Iterator[Claim]:
    """The port that the base image sets for programs that name none."""
    base = facts.final.base
    if base is None or says_address(facts, found):
        return
    for port in _ports(base.env.get("ASPNETCORE_URLS", "")):
        yield Claim(port, facts.at(facts.final.origin, "the base image sets the port"))


def _unknown(facts: Facts, found: DotnetNeeds | None) -> Iterator[tuple[str, Evidence]]:
    for item in facts.launch.started:
        call = dotnet_commands.parse(item.argv)
        if call is not None and call.does != "starts":
            says = f"`{' '.join(item.argv[:2])}` builds when it starts"
            yield "installs-at-start", Evidence(item.evidence.path, item.evidence.line, says)
    if found is None and started(facts) is not None:
        says = "the sources of the program are not in the build context"
        yield "writes-unknown-path", facts.at(facts.final.origin, says)
    for place in found.closed if found is not None else ():
        yield "writes-unknown-path", place
