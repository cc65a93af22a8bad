"""What a .NET program asks of its image: its projects, sources and settings, read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.effects import Kind, absolute, in_image
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Place, Stage
from dockrefactor.toolchain import RuntimeNeeds
from dockrefactor.toolchains import dotnet_commands, dotnet_inherited, dotnet_projects, dotnet_sources
from dockrefactor.toolchains.dotnet import TOOLCHAIN
from dockrefactor.toolchains.dotnet_commands import Call
from dockrefactor.toolchains.dotnet_files import PROJECTS, Project
from dockrefactor.toolchains.dotnet_sources import DotnetNeeds

_VARIABLE: Final = regex(r"\$\{?(\w+)\}?")
_ASSIGNED: Final = regex(
    r"(?:export[ \t]+(?P<exported>)|(?P<given>(?:\w+=\S*[ \t]+)*))(?P<name>ASPNETCORE_URLS|DOTNET_URLS)=(?P<value>\S+)"
    r"(?(exported)|[ \t]+\w)"
)
_ADDRESSES: Final = ("ASPNETCORE_URLS", "URLS", "DOTNET_URLS", "ASPNETCORE_HTTP_PORTS", "HTTP_PORTS")


@dataclass(frozen=True, slots=True)
class Work:
    """One build or publish where it stands: `target` is (context path, its folder) of what it builds, None where that
    is not to be told; `projects` are all that it compiles; `at` is its step's index in the stage."""

    call: Call
    cwd: str
    place: Place
    target: tuple[str, str] | None
    projects: tuple[Project, ...]
    evidence: Evidence
    at: int


def works(facts: Facts, stage: Stage) -> list[Work]:
    """The builds of a stage, in order."""
    found: list[Work] = []
    for at, step in enumerate(stage.steps):
        for placed in step.commands:
            call = placed.effects.detail
            if isinstance(call, Call) and placed.effects.kind is Kind.BUILD and call.verb in ("build", "publish"):
                place = facts.place(step, placed, stage)
                target = TOOLCHAIN.target(call, place)
                projects = dotnet_projects.closure(place.context, target[0]) if target is not None else None
                says = facts.at(step.instruction, f"`dotnet {call.verb}` builds it")
                found.append(Work(call, placed.cwd, place, target, tuple(projects or ()), says, at))
    return found


def stray(work: Work) -> str:
    """A file that a project of a build inherits and that does not stand above it in the image as in the build context;
    `""` where there is none."""
    if work.target is None:
        return ""
    top = dotnet_projects.named_folder(work.call.target, work.cwd)
    for item in work.projects:
        name = dotnet_inherited.stray(work.place, item, in_image(item.folder, work.target[1], top))
        if name is not None:
            return name
    return ""


def assembly(item: Started) -> str | None:
    """The path that a command of the launch starts as written: a .dll, or a program by its path; None for others."""
    call = dotnet_commands.parse(item.argv)
    if call is not None:
        words = item.argv[2:] if call.verb == "exec" else item.argv[1:]
        return next((word for word in words if word.endswith(".dll")), None)
    return item.argv[0] if item.argv and "/" in item.argv[0] else None


def started(facts: Facts) -> tuple[Started, str] | None:
    """The command that starts the program, with the path of its assembly or program as written."""
    return next(iter(launches(facts)), None)


def launches(facts: Facts) -> list[tuple[Started, str]]:
    """All commands that start an assembly or a program that is built, the last first, with its path as written; where
    there is none, the last that starts a program by its path."""
    found = [(item, path) for item in reversed(facts.launch.started) if (path := assembly(item)) is not None]
    found = [(item, path) for item, path in found if not facts.launch.scripts.get(absolute(path, item.cwd))]
    made = {project.assembly for project in _made(facts)}
    own = [(item, path) for item, path in found if path.endswith(".dll") or posixpath.basename(path) in made]
    return own or found[:1]


def _made(facts: Facts) -> list[Project]:
    return [item for stage in facts.contributing for work in works(facts, stage) for item in work.projects]


def project(facts: Facts) -> Project | None:
    """The project whose assembly the launch starts; None where it is not to be told."""
    return next(iter(_projects(facts)), None)


def _projects(facts: Facts) -> list[Project | None]:
    """The project of each assembly that the launch starts."""
    made = _made(facts)
    names = [posixpath.basename(path).removesuffix(".dll") for _, path in launches(facts)]
    return [next(dotnet_projects.of_assembly(made, name), None) for name in names]


def sources(facts: Facts) -> DotnetNeeds | None:
    """What the sources of the programs ask for; None where they are not in the build context."""
    known = [item for item in _projects(facts) if item is not None]
    folders: tuple[str, ...] = ()
    if known and len(known) == len(launches(facts)):
        closures = [dotnet_projects.closure(facts.context, own.path) or [own] for own in known]
        folders = tuple(dict.fromkeys(item.folder for closure in closures for item in closure))
    elif any(True for _ in facts.context.files("", PROJECTS)):
        folders = ("",)
    return dotnet_sources.read(facts.context, folders, dict(facts.final.after.env)) if folders else None


def needs(facts: Facts) -> RuntimeNeeds:
    """See `Toolchain.needs`."""
    found = sources(facts)
    launch = started(facts)
    base = posixpath.dirname(absolute(launch[1], launch[0].cwd)) if launch is not None else facts.final.after.cwd
    claims = found.needs.writes if found is not None else ()
    return RuntimeNeeds(
        programs=(*found.needs.programs, *_named(facts, found)) if found is not None else (),
        writes=tuple(
            _placed(claim, base, facts.final.after.cwd)
            for claim in claims
            if claim.value is None or not claim.value.startswith("~")
        ),
        home=any(claim.value is not None and claim.value.startswith("~") for claim in claims),
        ports=(*(found.needs.ports if found is not None else ()), *_addresses(facts), *_by_default(facts, found)),
        unknown=tuple(_unknown(facts, found)),
    )


def _named(facts: Facts, found: DotnetNeeds) -> Iterator[Claim]:
    """Programs of the base image that sources name somewhere, and may start by whatever way."""
    there = facts.final.base.programs if facts.final.base is not None else frozenset[str]()
    seen: set[str | None] = set()
    for claim in found.commands:
        if claim.value in there and claim.value not in seen:
            seen.add(claim.value)
            yield claim


def is_developed(facts: Facts) -> bool:
    """Whether the program may start in the environment in which it serves files of its packages and sources."""
    given = [dict(facts.final.after.env), *(variables for variables, _ in facts.given_variables)]
    words = " ".join(word for item in facts.launch.started for word in item.argv)
    named = [value for variables in given for name, value in variables.items() if name.endswith("_ENVIRONMENT")]
    return any(value != "Production" for value in named) or "ENVIRONMENT" in words


def _placed(claim: Claim, base: str, cwd: str) -> Claim:
    if claim.value is None:
        return claim
    return Claim(absolute(claim.value.replace("{base}", base), cwd), claim.evidence)


def _addresses(facts: Facts) -> Iterator[Claim]:
    """Addresses that variables and arguments name; the value None is one that is computed when the container starts."""
    for step in facts.final.steps:
        if step.keyword == "ENV":
            for name in set(step.instruction.args[::3]) & set(_ADDRESSES):
                yield from _address(facts.final.after.env.get(name, ""), facts, facts.at(step.instruction, name))
    for launch in filter(None, facts.final.launch):
        for word in launch.instruction.args:
            name, _, value = word.partition("=")
            if name in _ADDRESSES:  # `env NAME=value`
                yield from _address(value, facts, facts.at(launch.instruction, name))
    yield from _of_scripts(facts)
    for item in facts.launch.started:
        for at, word in enumerate(item.argv):
            if word.startswith("--urls"):
                value = word.partition("=")[2] or (item.argv[at + 1] if at + 1 < len(item.argv) else "")
                yield from _address(value, facts, item.evidence)


def _of_scripts(facts: Facts) -> Iterator[Claim]:
    """Those that the lines of start scripts set which no condition keeps from being run."""
    for path in dict.fromkeys(facts.launch.scripts.values()):
        for number, line in enumerate((facts.context.read(path) or "").splitlines(), 1):
            match = _ASSIGNED.match(line)
            if match is not None and match["name"] not in match["value"]:
                yield from _address(match["value"], facts, Evidence(path, number, match["name"]))


def _address(value: str, facts: Facts, place: Evidence) -> Iterator[Claim]:
    """The ports of what names addresses, with the variables in it that the image sets; `80` where one names none."""
    known = _VARIABLE.sub(lambda found: facts.final.after.env.get(found[1], found[0]), value)
    named = re.findall(r"https?://[^/:;]+(?::([^/;\s\"']+))?", known)
    for port in known.split(";") if re.fullmatch(r"[\d;]+", known) else [match or "80" for match in named]:
        yield Claim(port if port.isdecimal() else None, place)


def says_address(facts: Facts, found: DotnetNeeds | None) -> bool:
    """Whether the Dockerfile or the program says on which port it listens, whatever the base image sets."""
    env = facts.final.after.env
    base = facts.final.base.env if facts.final.base is not None else {}
    named = any(env.get(name) and env.get(name) != base.get(name) for name in _ADDRESSES)
    return named or any(_addresses(facts)) or (found is not None and bool(found.urls))


def _by_default(facts: Facts, found: DotnetNeeds | None) -> Iterator[Claim]:
    """The port that the base image sets for servers that name none."""
    base = facts.final.base
    own = project(facts)
    serves = own is None or dotnet_projects.needs_aspnet(facts.context, own)
    if base is None or not serves or says_address(facts, found):
        return
    yield from _address(
        base.env.get("ASPNETCORE_URLS", ""), facts, facts.at(facts.final.origin, "the base image sets the port")
    )


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
