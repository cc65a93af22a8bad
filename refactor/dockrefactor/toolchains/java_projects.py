"""The Maven and Gradle projects that commands of a stage build: where they stand in the image and in the context."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.effects import absolute, in_image
from dockrefactor.evidence import Evidence
from dockrefactor.inert import is_inert
from dockrefactor.needs import InstallInputs
from dockrefactor.records import dataclass
from dockrefactor.stages import Place
from dockrefactor.toolchains import gradle_project, maven_artifacts, maven_pom, quarkus
from dockrefactor.toolchains.java_commands import Build
from dockrefactor.toolchains.maven_artifacts import Archives


@dataclass(frozen=True, slots=True)
class Unit:
    """One project of a build: `folder` in the context, `place` in the image, its output folder there, `archives` in the
    folder `libraries`; `dependencies` are `group:artifact` with where they are named; `companions` are folders whose
    archives the manifest of its own names, None where that is computed; `quarkus`: how Quarkus packs it, `""` where it
    does not."""

    folder: str
    place: str
    output: str
    libraries: str
    archives: Archives
    dependencies: tuple[tuple[str, Evidence], ...]
    companions: tuple[str, ...] | None = ()
    quarkus: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """All projects of one call of Maven or Gradle; `root` is the folder in the image where it works."""

    build: Build
    root: str
    units: tuple[Unit, ...]
    evidence: Evidence


def work(build: Build, place: Place) -> Work | None:
    """What a build works on; None where its manifest is not of the context."""
    return _maven(build, place) if build.tool == "maven" else _gradle(build, place)


def _manifest(build: Build, place: Place) -> tuple[str, str] | None:
    """(image folder, context path) of the pom that Maven is given."""
    named = absolute(build.file, place.cwd) if build.file else place.cwd
    path = named if named.endswith(".xml") else posixpath.join(named, "pom.xml")
    found = place.resolve(path)
    return (posixpath.dirname(path), found) if found is not None else None


def _maven(build: Build, place: Place) -> Work | None:
    found = _manifest(build, place)
    if found is None:
        return None
    root, path = found
    projects = maven_pom.reactor(place.context, path, build.profiles, build.properties)
    if projects is None or _strays(projects, root, place):
        return None
    top = projects[0].folder
    units = []
    for item in projects:
        here = in_image(item.folder, top, root)
        output = absolute(maven_artifacts.output_folder(item), here)
        dependencies = tuple((entry.name, entry.evidence) for entry in item.dependencies if entry.scope != "test")
        beside = maven_artifacts.companions(item)
        placed = tuple(absolute(folder, here) for folder in beside) if beside is not None else None
        archives, packed = maven_artifacts.archives(item), _packed_by_quarkus(item, place)
        units.append(Unit(item.folder, here, output, output, archives, dependencies, placed, packed))
    return Work(build, root, tuple(units), projects[0].evidence)


def _strays(projects: list[maven_pom.Project], root: str, place: Place) -> list[str]:
    """Context paths of poms that Maven reads in the image and that were not read here, since they lie elsewhere in the
    context; `root` is the first project's folder in the image."""
    top = projects[0].folder
    expected: dict[str, str] = {}
    for item in projects:
        expected.update((in_image(file, top, root), file) for file in item.files)
        if item.outside:
            highest = item.files[-1]
            above = (
                posixpath.relpath("/" + item.above, "/" + posixpath.dirname(highest)) if item.above else "../pom.xml"
            )
            folder = posixpath.dirname(in_image(highest, top, root))
            expected.setdefault(absolute(above, folder), item.above)
    found = ((place.resolve(path), file) for path, file in expected.items())
    return [path for path, file in found if path is not None and path != file]


def _packed_by_quarkus(item: maven_pom.Project, place: Place) -> str:
    """How Quarkus's plugin packs a project; `""` where it has none."""
    plugin = item.plugins.get("quarkus-maven-plugin")
    if plugin is None:
        return ""
    told = {name: values[-1] for name, values in plugin.settings.items() if name.startswith("quarkus.")}
    known = {name: maven_pom.expand(text, item.properties) or text for name, text in item.properties.items()}
    return quarkus.kind(place.context, item.folder, {**known, **told}, place.state.env)


def _gradle(build: Build, place: Place) -> Work | None:
    root = absolute(build.file, place.cwd) if build.file else place.cwd
    for name in (*gradle_project.SETTINGS, *gradle_project.SCRIPTS):
        found = place.resolve(posixpath.join(root, name))
        if found is not None:
            break
    else:
        return None
    top = posixpath.dirname(found)
    read = gradle_project.read(place.context, top)
    if read is None:
        return None
    units = []
    tasks = tuple(goal.rpartition(":")[2] for goal in build.goals)
    for folder in read.projects.values():
        here = in_image(folder, top, root)
        archives = gradle_project.archives(place.context, read, folder, tasks)
        output = posixpath.join(here, "build")
        script = read.script(place.context, folder)
        named = tuple(_gradle_dependencies(place.context, script))
        beside = None if "Class-Path" in ((place.context.read(script) if script else None) or "") else ()
        packed = _packed_by_its_plugin(place, top, folder, script, build)
        units.append(Unit(folder, here, output, posixpath.join(output, "libs"), archives, named, beside, packed))
    return Work(build, root, tuple(units), Evidence(found, 0, "a Gradle build"))


def _packed_by_its_plugin(place: Place, top: str, folder: str, script: str | None, build: Build) -> str:
    """The same for a project of Gradle, whose properties stand in a file beside the root's script."""
    text = (place.context.read(script) or "") if script else ""
    if "io.quarkus" not in text:
        return ""
    properties = place.context.read(posixpath.join(top, "gradle.properties")) or ""
    known = dict(re.findall(r"^\s*([\w.-]+)\s*=\s*(.*?)\s*$", properties, re.M))
    if re.search(r"quarkusBuild|packageType|quarkus\s*\{|systemPropert", text):
        return quarkus.UNKNOWN
    return quarkus.kind(place.context, folder, {**known, **build.properties}, place.state.env)


def _gradle_dependencies(context: BuildContext, script: str | None) -> Iterator[tuple[str, Evidence]]:
    for match in re.finditer(
        r"[\"']([\w.-]+:[\w.-]+)(?::[^\"']*)?[\"']", (context.read(script) or "") if script else ""
    ):
        yield match[1], Evidence(script or "", context.find_line(script or "", match[1]), f"depends on {match[1]}")


def inputs(build: Build, place: Place) -> InstallInputs:
    """Everything that a download of dependencies reads, as image paths."""
    return _maven_inputs(build, place) if build.tool == "maven" else _gradle_inputs(build, place)


def build_reads(build: Build, place: Place) -> tuple[str, ...] | None:
    """All image paths below its folder that a build reads: manifests, settings and `src` of Maven's standard layout.
    None where tests run, or where a pom names folders, files or plugins beside those of the table."""
    table = tables.toml("java_projects")["reads"]
    found = _manifest(build, place) if build.tool == "maven" else None
    projects = (
        maven_pom.reactor(place.context, found[1], build.profiles, build.properties) if found is not None else None
    )
    done, known = work(build, place), inputs(build, place)
    if projects is None or done is None or known.open_ended or known.missing or build.does != "builds":
        return None
    skipped = [name for name in table["skips_tests"] if build.properties.get(name) == "true"]
    parents = ("", *tables.toml("java_projects")["maven"]["parents"])
    if not skipped or any(item.outside not in parents for item in projects):
        return None
    for file in dict.fromkeys(file for item in projects for file in item.files):
        text = place.context.read(file) or ""
        plugins = re.findall(r"<plugin>.*?<artifactId>\s*([^<\s]*)\s*</artifactId>.*?</plugin>", text, re.DOTALL)
        if len(plugins) != text.count("<plugin>") or not set(plugins) <= set(table["plugins"]):
            return None
        if any(word in text for word in table["elsewhere"]):
            return None
    return (
        *known.files,
        *(posixpath.join(unit.place, "src") for unit in done.units),
        posixpath.join(done.root, ".mvn"),
    )


def _maven_inputs(build: Build, place: Place) -> InstallInputs:
    found = _manifest(build, place)
    if found is None:
        return InstallInputs(missing=(posixpath.join(place.cwd, build.file or "pom.xml"),))
    root, path = found
    projects = maven_pom.reactor(place.context, path, build.profiles, build.properties)
    if projects is None:
        says = Evidence(path, 0, "a module of it cannot be read")
        return InstallInputs(files=(posixpath.join(root, "pom.xml"),), open_ended=(says,))
    strays = _strays(projects, root, place)
    if strays:
        says = Evidence(strays[0], 0, "it does not stand in the image where it stands in the build context")
        return InstallInputs(files=(posixpath.join(root, "pom.xml"),), open_ended=(says,))
    top = posixpath.dirname(path)
    files = list(dict.fromkeys(file for item in projects for file in item.files))
    open_ended = [
        Evidence(file, place.context.find_line(file, word), "names files of the project")
        for file in files
        for word in ("<systemPath>", "file://", "file:${")
        if word in (place.context.read(file) or "")
    ]
    settings = [
        file
        for file in place.context.files(f"{top}/.mvn" if top else ".mvn")
        if build.is_wrapper or "/wrapper/" not in file
    ]
    inside = [in_image(file, top, root) for file in (*files, *settings)]
    named = [absolute(file, place.cwd) for file in (*build.files, *_wrapper(build))]
    missing = tuple(file for file in named if place.resolve(file) is None and not file.startswith("/usr/share/maven"))
    known = [file for file in (*inside, *named) if place.resolve(file) is not None]
    return InstallInputs(tuple(dict.fromkeys(known)), (), (), False, tuple(open_ended), missing)


def _gradle_inputs(build: Build, place: Place) -> InstallInputs:
    done = _gradle(build, place)
    if done is None:
        return InstallInputs(missing=(posixpath.join(place.cwd, "build.gradle"),))
    top = done.units[0].folder
    read = gradle_project.read(place.context, top)
    assert read is not None
    files, folders, open_ended = gradle_project.inputs(place.context, read)
    named = [absolute(file, place.cwd) for file in _wrapper(build)]
    return InstallInputs(
        tuple(dict.fromkeys([*(in_image(file, top, done.root) for file in files), *named])),
        tuple(in_image(folder, top, done.root) for folder in folders),
        (),
        False,
        open_ended,
    )


def _wrapper(build: Build) -> tuple[str, ...]:
    return (build.words[-1],) if (build.is_wrapper and "/" in build.words[-1]) or len(build.words) > 1 else ()


def is_unread(path: str) -> bool:
    """Whether an entry of a project is read by its build at most, by its name."""
    name = posixpath.basename(path).lower()
    return is_inert(path) or any(
        fnmatch.fnmatchcase(name, item) for item in tables.toml("java_projects")["unread"]["names"]
    )
