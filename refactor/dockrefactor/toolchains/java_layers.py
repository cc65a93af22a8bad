"""Spring Boot's archives with layers: which archive of a build is one, and of which version."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Stage
from dockrefactor.toolchains import gradle_project, java_needs, jvm_sources, maven_pom
from dockrefactor.toolchains.java_commands import parse_java
from dockrefactor.toolchains.java_projects import Unit, Work

# from here on a jar names its libraries by itself once it is extracted; before, only another command starts it
JAR_STARTS_ITSELF: Final = (3, 3)
_GRADLE_PLUGIN: Final = regex(
    r"id\s*\(?\s*[\"']org\.springframework\.boot[\"']\s*\)?\s*version\s*\(?\s*[\"'](\d+)\.(\d+)\."
)
# what gives the archive other layers, none, or a head that is a script
_OWN_LAYERS: Final = regex(r"\b(layered|layers|includeTools|launchScript|PropertiesLauncher)\b")


@dataclass(frozen=True, slots=True)
class BootJar:
    """An archive of Spring Boot: `path` in the stage that makes it, and the version as (major, minor)."""

    path: str
    version: tuple[int, int]
    evidence: Evidence


class UnknownArchiveError(Exception):
    """It cannot be shown that an archive of Spring Boot has the usual layers; the text says why."""


def boot_jar(facts: Facts, stage: Stage, path: str) -> BootJar | None:
    """The archive at `path` (which may be a pattern) of a stage; None where it is none of Spring Boot's.

    Raises UnknownArchiveError.
    """
    for work in java_needs.works(facts, stage):
        for unit in work.units:
            if posixpath.dirname(path) == unit.libraries and _uses_boot(unit):
                return BootJar(_exact(work, unit, path), _version(facts, work, unit), work.evidence)
    return None


def _uses_boot(unit: Unit) -> bool:
    return any(name.startswith("org.springframework.boot:") for name, _ in unit.dependencies)


def _exact(work: Work, unit: Unit, path: str) -> str:
    """The one archive that a path or pattern means, which is not the one without the libraries."""
    names = unit.archives.matching(posixpath.basename(path)) if unit.archives.certain else []
    plain = names[:1] != list(unit.archives.names[:1]) if work.build.tool == "maven" else "-plain." in "".join(names)
    if len(names) != 1 or plain:
        raise UnknownArchiveError("which archive the copy takes is not known")
    return posixpath.join(unit.libraries, names[0])


def _version(facts: Facts, work: Work, unit: Unit) -> tuple[int, int]:
    if work.build.tool == "maven":
        return _of_maven(facts, work, unit)
    read = gradle_project.read(facts.context, work.units[0].folder)
    script = read.script(facts.context, unit.folder) if read is not None else None
    text = (facts.context.read(script) or "") if script is not None else ""
    match = _GRADLE_PLUGIN.search(text)
    if match is None or _OWN_LAYERS.search(text):
        raise UnknownArchiveError("the build script names no version of the plugin, or layers of its own")
    return int(match[1]), int(match[2])


def _of_maven(facts: Facts, work: Work, unit: Unit) -> tuple[int, int]:
    pom = posixpath.join(unit.folder, "pom.xml")
    project = maven_pom.project(facts.context, pom, work.build.profiles, work.build.properties)
    plugin = project.plugins.get("spring-boot-maven-plugin") if project is not None else None
    table = tables.toml("java_projects")["spring_boot"]
    if project is None or plugin is None or project.outside != table["parent"]:
        raise UnknownArchiveError(f"the pom has not both {table['parent']} as its parent and the plugin")
    other = [name for name in plugin.settings if name not in table["layered"]]
    other += [name for name in ("configuration", "enabled") if set(plugin.settings.get(name, ())) - {"", "true"}]
    if other:
        raise UnknownArchiveError(f"the plugin's `{other[0]}` may give the archive other layers")
    parent = maven_pom.read(facts.context, project.files[-1])
    match = re.match(r"(\d+)\.(\d+)\.", parent.parent_version if parent is not None else "")
    if match is None:
        raise UnknownArchiveError("the pom names no version of Spring Boot")
    return int(match[1]), int(match[2])


def other_use(facts: Facts, path: str) -> Evidence | None:
    """What uses the archive at `path` of the final image otherwise than by `java -jar`, or looks at it from inside."""
    table = tables.toml("java_projects")["spring_boot"]
    started = [*facts.launch.started, *facts.healthcheck.started]
    by_jar = 0
    for item in started:
        start = parse_java(item.argv)
        words = list(item.argv)
        if start is not None and start.jar and absolute(start.jar, item.cwd) == path:
            words.remove(start.jar)
            by_jar += 1
        if any(path in word or "loader." in word or "-XX:SharedArchive" in word for word in words):
            return item.evidence
    if by_jar != 1:
        return facts.at(facts.final.origin, f"`java -jar {path}` is not all that starts it")
    for name, value in facts.final.after.env.items():
        if name.startswith("LOADER_") or (name != "PATH" and ("loader." in value or path in value)):
            return facts.at(facts.final.origin, f"the variable {name} may steer how it is loaded")
    pattern = re.compile("|".join(table["own_archive"]))
    program = java_needs.program(facts)
    for folder in program.folders:
        for source in sorted(facts.context.files(folder, (*jvm_sources.SUFFIXES, *jvm_sources.FOREIGN))):
            text = "" if jvm_sources.is_test(source) else facts.context.read(source) or ""
            match = pattern.search(text)
            if match is not None:
                line = text.count("\n", 0, match.start()) + 1
                return Evidence(source, line, f"`{match[0]}` may look at the archive itself")
    return None
