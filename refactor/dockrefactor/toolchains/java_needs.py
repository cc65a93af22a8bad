"""What a Java program asks of its image: its sources, settings and libraries, read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor import grafts, tables
from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.records import dataclass, replace
from dockrefactor.stages import Stage
from dockrefactor.toolchain import RuntimeNeeds
from dockrefactor.toolchains import java_commands, java_projects, jvm_databases, jvm_settings, jvm_sources
from dockrefactor.toolchains.java_commands import Build
from dockrefactor.toolchains.java_projects import Unit, Work
from dockrefactor.toolchains.jvm_sources import JvmNeeds


@dataclass(frozen=True, slots=True)
class Program:
    """All that is read of a program: `folders` are the context folders of its sources, empty where there are none."""

    folders: tuple[str, ...]
    sources: JvmNeeds
    settings: SourceNeeds
    units: tuple[Unit, ...]


def works(facts: Facts, stage: Stage) -> list[Work]:
    """The Maven and Gradle projects that a stage builds."""
    found: list[Work] = []
    for step in stage.steps:
        for placed in step.commands:
            build = placed.effects.detail
            if isinstance(build, Build) and placed.effects.kind is Kind.BUILD:
                done = java_projects.work(build, facts.place(step, placed, stage))
                if done is not None:
                    found.append(done)
    return found


def program(facts: Facts) -> Program:
    """The program of the final stage, built here or (sources in the context) before."""
    units = [unit for stage in facts.contributing for item in works(facts, stage) for unit in item.units]
    folders = tuple(dict.fromkeys(unit.folder for unit in units)) or _sources_beside(facts)
    environment = dict(facts.final.after.env)
    return Program(
        folders,
        jvm_sources.read(facts.context, folders, environment),
        jvm_settings.read(facts.context, folders, environment),
        tuple(units),
    )


def _sources_beside(facts: Facts) -> tuple[str, ...]:
    """The context's root, where it holds sources of Java that are compiled here, or were before."""
    compiled = any(
        isinstance(placed.effects.detail, java_commands.Compilation)
        for _, placed in facts.commands(lambda placed: placed.effects.by == "java")
    )
    manifests = ("pom.xml", "build.gradle", "build.gradle.kts")
    if compiled or any(facts.context.is_file(name) for name in manifests):
        return ("",)
    return ()


def needs(facts: Facts) -> RuntimeNeeds:
    """See `Toolchain.needs`."""
    found = program(facts)
    cwd = facts.final.after.cwd
    writes = [*found.sources.needs.writes, *found.settings.writes, *_of_environment(facts)]
    beside, home = _of_libraries(found.units)
    at_home = [claim for claim in writes if claim.value is not None and claim.value.startswith("~")]
    return RuntimeNeeds(
        programs=(*found.sources.needs.programs, *_started_by_libraries(found.units)),
        writes=tuple(
            Claim(absolute(claim.value, cwd) if claim.value is not None else None, claim.evidence)
            for claim in (*writes, *beside)
            if claim not in at_home
        ),
        home=bool(home or at_home),
        ports=(*found.sources.needs.ports, *found.settings.ports, *_port_options(facts)),
        unknown=tuple(_unknown(facts, found)),
    )


def _of_environment(facts: Facts) -> Iterator[Claim]:
    """Database files that variables of the image name."""
    for step in facts.final.steps:
        if step.keyword == "ENV":
            evidence = facts.at(step.instruction, "a database file")
            yield from (Claim(place, evidence) for place in jvm_databases.databases(step.instruction.value))


def _of_libraries(units: tuple[Unit, ...]) -> tuple[list[Claim], list[Evidence]]:
    """What libraries write in the work folder, and which write below the home folder."""
    table = tables.toml("java_settings")
    listed = [entry for unit in units for entry in unit.dependencies]
    beside = [
        Claim(table["writes_beside"][name], evidence) for name, evidence in listed if name in table["writes_beside"]
    ]
    return beside, [evidence for name, evidence in listed if name in table["writes_home"]]


def _started_by_libraries(units: tuple[Unit, ...]) -> Iterator[Claim]:
    table = tables.toml("java_settings")["programs"]
    for unit in units:
        for name, evidence in unit.dependencies:
            for started in table.get(name, ()):
                yield Claim(started, evidence)


def _port_options(facts: Facts) -> Iterator[Claim]:
    """`--server.port=80` and `-Dserver.port=80` of the launch."""
    keys = tables.toml("java_settings")["ports"]
    for item in facts.launch.started:
        for word in item.argv[1:] if item.name == "java" else ():
            key, equals, value = word.lstrip("-").removeprefix("D").partition("=")
            if equals and key in keys:
                yield Claim(value if value.isdigit() else None, item.evidence)


def _unknown(facts: Facts, found: Program) -> Iterator[tuple[str, Evidence]]:
    for item in facts.launch.started:
        if java_commands.parse(item.argv) is not None:
            says = f"`{' '.join(item.argv[:2])}` builds when it starts"
            yield "installs-at-start", Evidence(item.evidence.path, item.evidence.line, says)
    for place in found.sources.closed:
        yield "writes-unknown-path", place
    starts_java = any(
        item.name == "java" or posixpath.basename(item.program) == "java" for item in facts.launch.started
    )
    if not found.folders and starts_java:
        place = facts.at(facts.final.origin, "the sources of the program are not in the build context")
        yield "writes-unknown-path", place
        return
    for path in grafts.sources(facts, (".java", ".kt", ".kts", ".groovy", ".scala"), found.folders):
        yield "writes-unknown-path", Evidence(path, 0, "it is copied into a project from another folder")
    made = [*_brought(facts)]
    for item in facts.launch.started:
        start = java_commands.parse_java(item.argv)
        if start is not None and start.jar and not set("$*?[") & set(start.jar):
            path = absolute(start.jar, item.cwd)
            if not any(inside(path, place) for place in made):
                says = f"`{start.jar}` is of no build here: it was downloaded"
                yield "writes-unknown-path", replace(item.evidence, says=says)


def _brought(facts: Facts) -> Iterator[str]:
    """Where copies, and commands that build or carry what was built, put files in the final stage."""
    for step in facts.final.image_steps:
        copy = step.copy
        if copy is not None and not copy.remote and (copy.origin is None or copy.stage is not None):
            yield from copy.writes
        for placed in step.commands:
            if placed.effects.by == "java" or placed.command.name in ("cp", "mv", "ln", "install"):
                yield from placed.effects.writes


def compiles(found: Program, facts: Facts) -> Evidence | None:
    """Where the program needs a JDK when it runs."""
    tools = tables.toml("java_images")["jdk_programs"]
    for name, evidence in (*facts.launch.programs, *facts.healthcheck.programs):
        if posixpath.basename(name) in tools:
            return evidence
    for claim in found.sources.needs.programs:
        if claim.value is not None and posixpath.basename(claim.value) in tools:
            return claim.evidence
    listed = tables.toml("java_settings")["compiles"]["names"]
    named = (evidence for unit in found.units for name, evidence in unit.dependencies if name in listed)
    return next(iter(found.sources.compiles), None) or next(named, None)


def draws(found: Program) -> Evidence | None:
    """Where the program draws or measures text."""
    listed = tables.toml("java_settings")["draws"]["names"]
    named = (evidence for unit in found.units for name, evidence in unit.dependencies if name in listed)
    return next(iter(found.sources.draws), None) or next(named, None)
