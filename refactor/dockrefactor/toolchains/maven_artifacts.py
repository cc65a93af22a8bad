"""The archives that Maven puts into the output folder of a project, by name."""

from __future__ import annotations

import fnmatch
import posixpath

from dockrefactor import tables
from dockrefactor.records import dataclass
from dockrefactor.toolchains import maven_pom
from dockrefactor.toolchains.maven_pom import Plugin, Project


@dataclass(frozen=True, slots=True)
class Archives:
    """File names in the output folder; `certain` is False where there may be others."""

    names: tuple[str, ...]
    certain: bool

    def matching(self, pattern: str) -> list[str]:
        """Those whose names a pattern of the shell matches."""
        return [name for name in self.names if fnmatch.fnmatchcase(name, pattern)]


def archives(project: Project) -> Archives:
    """What `package` makes of a project."""
    if project.packaging == "pom":
        return Archives((), True)
    table = tables.toml("java_projects")["maven"]
    parents = table["parents"]
    certain = project.final_name is not None and (not project.outside or project.outside in parents)
    certain = certain and all(name in table["plugins"] for name in project.plugins) and not project.pom.extensions
    if project.final_name is None:
        return Archives((), False)
    given = parents.get(project.outside, {})
    main = f"{project.final_name}.{'war' if project.packaging == 'war' else 'jar'}"
    names: dict[str, None] = {main: None}
    for name, plugin in project.plugins.items():
        goals = (*plugin.goals, *given.get(name, ()))
        made, known = _made(name, plugin, goals, project, main)
        names.update(dict.fromkeys(made))
        certain = certain and known
    return Archives(tuple(names), certain and all("$" not in name for name in names))


def _made(name: str, plugin: Plugin, goals: tuple[str, ...], project: Project, main: str) -> tuple[list[str], bool]:
    """The further archives of one plugin, and whether these are all."""
    stem, _, ending = main.rpartition(".")
    classifiers = [text for text in plugin.settings.get("classifier", ()) if text]
    if name == "spring-boot-maven-plugin" and "repackage" in goals:
        return [f"{stem}-{text}.{ending}" for text in classifiers], True
    if name == "maven-shade-plugin" and "shade" in goals:
        return _shaded(plugin, stem, ending)
    if name == "maven-assembly-plugin" and "single" in goals:
        return _assembled(plugin, stem)
    if name == "maven-jar-plugin":
        tests = [f"{stem}-tests.jar"] if "test-jar" in goals else []
        plain = "jar" in goals and not classifiers
        return [
            *tests,
            *(f"{stem}-{text}.jar" for text in classifiers),
        ], "finalName" not in plugin.settings and not plain
    if name == "maven-source-plugin" and goals:
        return [f"{stem}-sources.jar"] + ([f"{stem}-test-sources.jar"] if "test-jar" in goals else []), True
    if name == "maven-javadoc-plugin" and goals:
        return [f"{stem}-javadoc.jar"], True
    if name in ("maven-antrun-plugin", "exec-maven-plugin", "maven-dependency-plugin") and set(goals) - {
        "copy-dependencies"
    }:
        return [], False
    if name == "quarkus-maven-plugin":
        return [f"{stem}-runner.jar"], False
    return [], True


def _shaded(plugin: Plugin, stem: str, ending: str) -> tuple[list[str], bool]:
    settings = plugin.settings
    if "outputFile" in settings or "outputDirectory" in settings:
        return [], False
    if "true" in settings.get("shadedArtifactAttached", ()):
        return [f"{stem}-{text}.{ending}" for text in settings.get("shadedClassifierName", ()) or ("shaded",)], True
    named = settings.get("finalName", ())
    if named:
        return [f"{text}.{ending}" for text in named], True
    return [f"original-{stem}.{ending}"], True


def _assembled(plugin: Plugin, stem: str) -> tuple[list[str], bool]:
    settings = plugin.settings
    descriptors = [text for text in settings.get("descriptorRef", ()) if text]
    names = settings.get("finalName", ()) or (stem,)
    if "descriptor" in settings or "outputDirectory" in settings or not descriptors:
        return [], False
    attached = "false" not in settings.get("appendAssemblyId", ())
    return [f"{name}-{item}.jar" if attached else f"{name}.jar" for name in names for item in descriptors], True


def companions(project: Project) -> tuple[str, ...] | None:
    """Folders, relative to the project's, whose archives the manifest of its own names; None where that is computed."""
    settings = project.plugins["maven-jar-plugin"].settings if "maven-jar-plugin" in project.plugins else {}
    if "true" not in settings.get("addClasspath", ()):
        return None if {"manifestFile", "Class-Path"} & settings.keys() else ()
    prefixes = [maven_pom.expand(text, project.properties) for text in settings.get("classpathPrefix", ()) if text]
    if (
        not prefixes
        or None in prefixes
        or "shade" in {goal for item in project.plugins.values() for goal in item.goals}
    ):
        return () if "maven-shade-plugin" in project.plugins else None
    return tuple(posixpath.normpath(posixpath.join(project.output, text or "")) for text in prefixes)


def output_folder(project: Project) -> str:
    """The output folder, relative to the project's own."""
    return posixpath.normpath(project.output)
