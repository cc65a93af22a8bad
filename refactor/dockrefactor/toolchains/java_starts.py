"""`spring-boot:run` as the start of the archive that `package` makes of the same project, where both run the same.

The plugin starts the classes of the project from folders, in a Java of its own; the archive has the same classes and
libraries. What only one of the two has, or sees otherwise, stands against it.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.effects import Kind, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.records import dataclass
from dockrefactor.stages import Place
from dockrefactor.toolchain import DirectStart, NoDirectStartError, Rewording
from dockrefactor.toolchains import java_projects, jvm_sources, maven_pom
from dockrefactor.toolchains.java_commands import Build
from dockrefactor.toolchains.maven_pom import Project

_RUN: Final = ("spring-boot:run", "org.springframework.boot:spring-boot-maven-plugin:run")
_PACKS: Final = frozenset({"package", "verify", "install"})
# from here on the plugin gives the program a Java of its own, in the project's folder, and splits arguments at spaces
_OLDEST: Final = (2, 2)
# optional dependencies are not in an archive that a later one makes
_LATEST_WITH_OPTIONAL: Final = (3, 99)
_RESOURCES: Final = (".properties", ".yml", ".yaml", ".xml", ".json", ".sql", ".conf")


@dataclass(frozen=True, slots=True)
class _Words:
    """What `spring-boot:run` is told: options of Java, arguments of the program, and the options of its build."""

    options: tuple[str, ...]
    arguments: tuple[str, ...]
    build: tuple[str, ...]


def direct(facts: Facts, item: Started, build: Build) -> DirectStart:
    """The direct start of what a started command of Maven runs. Raises NoDirectStartError."""
    if build.tool != "maven" or not build.goals or build.goals[-1] != "spring-boot:run" or item.argv[-1] == "":
        raise NoDirectStartError("another start of what it runs is not known")
    phases = tables.toml("java_commands")["maven"]["phases"]
    if not any(word in _RUN for word in item.argv) or any(goal not in phases for goal in build.goals[:-1]):
        raise NoDirectStartError("its goals are not known to do nothing else")
    if not item.known or item.cwd != facts.final.after.cwd or build.file:
        raise NoDirectStartError("its words or its folder are computed")
    words = _words(build)
    place = Place(item.cwd, facts.final.after, facts.final.resolver(), facts.context, facts.final.base)
    jar = _archive(facts, build, place)
    _check_environment(facts)
    command = ("java", *words.options, "-jar", jar, *words.arguments)
    builds = () if is_built(facts, build, item.cwd, _PACKS) else (_package(facts, build, words, place),)
    return DirectStart((Rewording(item, len(item.argv), command),), builds)


def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tables.toml("java_projects")["spring_boot"]
    return found


def _words(build: Build) -> _Words:
    options: list[str] = []
    arguments: list[str] = []
    table = _table()
    for name, value in build.properties.items():
        if name in ("skipTests", "maven.test.skip"):
            continue
        if name == "spring-boot.run.profiles":
            arguments.insert(0, f"--spring.profiles.active={value}")
        elif name in ("spring-boot.run.jvmArguments", "spring-boot.run.arguments") and not re.search(r"[\"'\\]", value):
            (options if name.endswith("jvmArguments") else arguments).extend(value.split())
        else:
            raise NoDirectStartError(f"what `-D{name}` means for the program is not known")
    kept: list[str] = []
    rest = list(build.options)
    while rest:
        word = rest.pop(0)
        if word in table["valued"]:
            kept += [word, rest.pop(0) if rest else ""]
        elif word in ("-D", "--define"):
            rest = rest[1:]
        elif word in table["options"] or re.match(r"-P\w", word):
            kept.append(word)
        elif word not in ("-o", "--offline") and not word.startswith("-D"):
            raise NoDirectStartError(f"what `{word}` means for the program is not known")
    return _Words(tuple(options), tuple(arguments), tuple(kept))


def _archive(facts: Facts, build: Build, place: Place) -> str:
    """The image path of the archive that `package` makes; raises where it runs otherwise than the folders do."""
    work = java_projects.work(build, place)
    if work is None or len(work.units) != 1:
        raise NoDirectStartError("its pom.xml is not in the build context, or has modules")
    unit = work.units[0]
    project = maven_pom.project(facts.context, posixpath.join(unit.folder, "pom.xml"), build.profiles, build.properties)
    if project is None or project.packaging != "jar" or not unit.archives.certain:
        raise NoDirectStartError("the name of the archive is not known, or it is no jar")
    _check_project(facts, project)
    check_sources(facts, unit.folder)
    return posixpath.join(unit.output, unit.archives.names[0])


def _check_project(facts: Facts, project: Project) -> None:
    table = _table()
    own = project.plugins.get("spring-boot-maven-plugin")
    if project.outside != table["parent"] or own is None:
        raise NoDirectStartError(f"the pom has not both {table['parent']} as its parent and the plugin")
    unknown = next((name for name in own.settings if name not in table["settings"]), None)
    if unknown is not None:
        raise NoDirectStartError(f"the plugin's `{unknown}` may change what it starts")
    version = _version(facts, project)
    if version < _OLDEST:
        raise NoDirectStartError("the version of Spring Boot is below 2.2, or not known")
    missing = next((entry.name for entry in project.dependencies if entry.name in table["missing"]), None)
    if missing is not None:
        raise NoDirectStartError(f"{missing} is not in the archive")
    texts = [facts.context.read(path) or "" for path in project.files]
    if any(re.search(r"\$\{env\.|spring-boot\.run|<phase>\s*none|<systemPath>|<jvmArguments>", text) for text in texts):
        raise NoDirectStartError("the pom depends on the moment of the start, or tells the plugin what to start")
    if version > _LATEST_WITH_OPTIONAL and any("<optional>" in text for text in texts):
        raise NoDirectStartError("optional dependencies may not be in the archive")


def _version(facts: Facts, project: Project) -> tuple[int, int]:
    pom = maven_pom.read(facts.context, project.files[-1])
    match = re.match(r"(\d+)\.(\d+)\.", pom.parent_version if pom is not None else "")
    return (int(match[1]), int(match[2])) if match is not None else (0, 0)


def check_sources(facts: Facts, folder: str) -> None:
    """Nothing in the program of a context folder needs its classes and resources to be files."""
    table = _table()
    pattern = re.compile("|".join(table["unpacked"]))
    for name in table["folders"]:
        if facts.context.is_dir(posixpath.join(folder, name)):
            raise NoDirectStartError(f"the server serves the folder `{name}`")
    suffixes = (*jvm_sources.SUFFIXES, *jvm_sources.FOREIGN, *_RESOURCES)
    for path in sorted(facts.context.files(posixpath.join(folder, "src/main"), suffixes)):
        match = pattern.search(facts.context.read(path) or "")
        if match is not None:
            raise NoDirectStartError(f"{path} has `{match[0]}`, which may need files where an archive has none")


def _check_environment(facts: Facts) -> None:
    env = facts.final.after.env
    settings = [facts.context.read(path) or "" for path in facts.context.files(".mvn", (".config",))]
    told = [env.get("MAVEN_OPTS", ""), env.get("MAVEN_ARGS", ""), *settings]
    if any("spring-boot.run" in text for text in told) or "MAVEN_ARGS" in env:
        raise NoDirectStartError("settings of Maven may tell the plugin what to start")


def is_built(facts: Facts, build: Build, root: str, packs: frozenset[str]) -> bool:
    """Whether the last build of the stage reaches one of the goals `packs` with the sources, the tool and the profiles
    of `build`."""
    steps = facts.final.steps
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if step.copy is not None and any(inside(path, root) or inside(root, path) for path in step.copy.writes):
            return False
        for placed in reversed(step.commands):
            found = placed.effects.detail
            if not isinstance(found, Build) or placed.effects.kind is not Kind.BUILD:
                if overlap(placed.effects.writes, (root,)) or placed.effects.kind is Kind.UNKNOWN:
                    return False
                continue
            alike = set(found.profiles) == set(build.profiles) and not _defined(found) and not found.file
            reached = not packs.isdisjoint(found.goals)
            return reached and alike and placed.cwd == root and found.tool == build.tool
    return False


def _defined(build: Build) -> list[str]:
    return [name for name in build.properties if "skip" not in name.lower()]


def _package(facts: Facts, build: Build, words: _Words, place: Place) -> str:
    """The RUN that makes the archive; raises where a plugin may do more than that."""
    project = maven_pom.project(
        facts.context, place.resolve(posixpath.join(place.cwd, "pom.xml")) or "", build.profiles
    )
    known = _table()["plugins"]
    unknown = [name for name in (project.plugins if project is not None else ()) if name not in known]
    if unknown:
        raise NoDirectStartError(f"what {unknown[0]} does when the archive is made is not known")
    clean = ["clean"] if "clean" in build.goals else []
    return "RUN " + shlex.join([*build.words, *words.build, *clean, "package", "-DskipTests"])
