"""A download of Maven's dependencies ahead of the sources, for Dockerfiles whose build fetches and builds in one."""

from __future__ import annotations

from dockrefactor import tables
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.toolchains import java_commands, java_projects, maven_pom
from dockrefactor.toolchains.java_commands import Build


def manifest_install(facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
    """(image paths of what the download reads, the instruction), None where it is not sure to do for the build.

    `dependency:go-offline` resolves every dependency and plugin of one project. It fails where modules depend on each
    other, since none of them is built yet, and where a plugin that the build never runs cannot be had.
    """
    assert step.run is not None
    found = _first_build(stage, stage.steps.index(step))
    if found is None:
        return None
    building, placed, build, wrapper = found
    place = facts.place(building, placed, stage)
    if placed.cwd != step.before.cwd or building.before.cwd != step.before.cwd or building.run is None:
        return None
    if building.run.mounts or not all(word.known for word in placed.command.words):
        return None
    inputs = java_projects.inputs(build, place)
    work = java_projects.work(build, place)
    if work is None or len(work.units) != 1 or inputs.missing or inputs.open_ended or not _is_plain(facts, build, work):
        return None
    if sum(isinstance(item.effects.detail, Build) for item in _commands(stage)) > 1:
        return None
    return inputs.files, f"RUN {wrapper}{java_commands.download(build)}"


def _commands(stage: Stage) -> list[Placed]:
    return [placed for step in stage.steps if step.run is not None for placed in step.run.commands]


def _first_build(stage: Stage, at: int) -> tuple[Step, Placed, Build, str] | None:
    """The Maven build that begins at a step, with what makes its wrapper ready: in this step, or those before it."""
    ready: list[str] = []
    for step in stage.steps[at:]:
        if step.run is None:
            if step.keyword in ("ENV", "ARG"):
                return None  # a value that comes between
            if step.copy is not None:
                return None
            continue
        for placed in step.run.commands:
            build = placed.effects.detail
            if isinstance(build, Build) and placed.effects.kind is Kind.BUILD and build.tool == "maven":
                prepared = f"{' && '.join(ready)} && " if ready else ""
                return step, placed, build, prepared
            if placed.effects.by != "java" or isinstance(build, Build) or placed.effects.removes:
                return None
            if placed.command.argv[-1].rpartition("/")[2] != "mvnw":
                return None
            ready.append(step.run.script.text[placed.command.start : placed.command.end])
    return None


def _is_plain(facts: Facts, build: Build, work: java_projects.Work) -> bool:
    """Whether all that the project names is of Maven's central registry, and may be fetched."""
    offline = {"-o", "--offline", "-N", "--non-recursive", "-pl", "--projects"} & set(build.options)
    project = maven_pom.project(facts.context, work.evidence.path, build.profiles, build.properties)
    if offline or project is None or project.version is None or project.packaging == "pom":
        return False
    known = tables.toml("java_projects")["maven"]["plugins"]
    return not project.pom.extensions and all(name in known for name in project.plugins)
