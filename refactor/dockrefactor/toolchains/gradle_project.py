"""Gradle's build as files: what its configuration reads, its projects, and the archives that they make.

The build scripts are programs and are not run: what is told from their texts is marked as certain only where nothing
else in them could say otherwise.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.evidence import Evidence
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.curly_syntax import Token, tokens
from dockrefactor.toolchains.maven_artifacts import Archives

SCRIPTS: Final = ("build.gradle", "build.gradle.kts")
SETTINGS: Final = ("settings.gradle", "settings.gradle.kts")
# plugins that name no archive otherwise than `archives` says
_PLAIN_PLUGINS: Final = frozenset(
    {"java", "java-library", "application", "groovy", "org.springframework.boot", "io.spring.dependency-management",
     "com.github.johnrengelman.shadow", "com.gradleup.shadow", "org.jetbrains.kotlin.jvm"}
)  # fmt: skip
_NAMES_ARCHIVES: Final = regex(
    r"archive(?:s?Base)?(?:File)?Name|archiveVersion|archiveClassifier|archivesName|classifier|libsDir|buildDir"
)
_PLACES: Final = regex(r"projectDir|sourceControl|fileTree|include\s*\(?\s*(?![\"'])\w")


@dataclass(frozen=True, slots=True)
class Gradle:
    """A build whose root is the context folder `root`: `projects` maps `:name` to the context folder of each project;
    `included` are folders of builds that it includes, `buildSrc` among them; `open_ended` where it reads more than can
    be listed."""

    root: str
    projects: dict[str, str]
    included: tuple[str, ...]
    open_ended: tuple[Evidence, ...]

    def script(self, context: BuildContext, folder: str) -> str | None:
        """The context path of the build script of a project."""
        return next((path for name in SCRIPTS if context.is_file(path := _join(folder, name))), None)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def read(context: BuildContext, root: str) -> Gradle | None:
    """The build whose root is a context folder; None where none is there."""
    if not any(context.is_file(_join(root, name)) for name in (*SCRIPTS, *SETTINGS)):
        return None
    return context.once((read, root), lambda: _read(context, root))


def _read(context: BuildContext, root: str) -> Gradle:
    settings = next((path for name in SETTINGS if context.is_file(path := _join(root, name))), None)
    projects = {":": root}
    included = [folder for name in ("buildSrc",) if context.is_dir(folder := _join(root, name))]
    open_ended: list[Evidence] = []
    text = (context.read(settings) or "") if settings else ""
    if settings and _PLACES.search(text):
        open_ended.append(Evidence(settings, 0, "computes which projects there are"))
    for name, given in _statements(tokens(text), ("include", "includeFlat", "includeBuild")):
        if name == "includeBuild":
            included.append(normalise(posixpath.join(root, given)))
        else:
            path = given if given.startswith(":") else f":{given}"
            projects[path] = _join(root, path.strip(":").replace(":", "/"))
    return Gradle(root, projects, tuple(dict.fromkeys(included)), tuple(open_ended))


def _statements(source: list[Token], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(name, literal) of each literal argument of calls with or without parentheses."""
    for at, token in enumerate(source):
        if token.kind != "word" or token.value not in names or (at and source[at - 1].value == "."):
            continue
        for item in source[at + 1 : at + 200]:
            if item.kind == "text" and item.value:
                yield token.value, item.value
            elif item.kind != "mark" or item.value not in ("(", ","):
                break


def inputs(context: BuildContext, build: Gradle) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Evidence, ...]]:
    """(files, folders, why there may be more) of the context that a configuration of the build reads."""
    files = [
        _join(build.root, name) for name in (*SETTINGS, *SCRIPTS, "gradle.properties", "gradlew", "gradle.lockfile")
    ]
    files += list(context.files(_join(build.root, "gradle")))
    open_ended = list(build.open_ended)
    for folder in build.projects.values():
        files += [_join(folder, name) for name in (*SCRIPTS, "gradle.properties", "gradle.lockfile")]
    for path in list(files):
        text = context.read(path) if path.endswith((".gradle", ".gradle.kts")) else None
        for line, named in _applied(text or ""):
            place = normalise(posixpath.join(posixpath.dirname(path), named)) if named else ""
            if place and context.is_file(place):
                files.append(place)
            elif not named or not named.startswith("http"):
                open_ended.append(Evidence(path, line, "applies a script whose place is computed"))
        if text and (found := re.search(r"\b(?:files|fileTree|flatDir)\b|file\(", text)):
            line = text.count("\n", 0, found.start()) + 1
            open_ended.append(Evidence(path, line, "names files of the project"))
    present = tuple(dict.fromkeys(path for path in files if context.is_file(path)))
    return present, tuple(folder for folder in build.included if context.is_dir(folder)), tuple(open_ended)


def _applied(text: str) -> Iterator[tuple[int, str | None]]:
    for match in re.finditer(r"apply\s*\(?\s*from\s*[:=]\s*(.*)", text):
        literal = re.match(r"(?:file\()?[\"']([^\"'$]+)[\"']|\"\$(?:\{)?rootDir(?:\})?/([^\"'$]+)\"", match[1])
        yield text.count("\n", 0, match.start()) + 1, (literal[1] or literal[2]) if literal else None


def archives(context: BuildContext, build: Gradle, folder: str, tasks: tuple[str, ...]) -> Archives:
    """What the tasks put into `build/libs` of the project in a context folder."""
    script = build.script(context, folder)
    text = (context.read(script) or "") if script else ""
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
    name = _project_name(context, build, folder)
    version = _version(context, build, folder, plain)
    shared = tuple(_shared_scripts(context, build, folder))
    if not name or version is None or any(map(_NAMES_ARCHIVES.search, (plain, *shared))):
        return Archives((), False)
    stem = f"{name}-{version}" if version else name
    whole = bool({"build", "assemble"} & set(tasks))
    names: list[str] = []
    boot = "org.springframework.boot" in plain
    if boot and (whole or "bootJar" in tasks):
        names.append(f"{stem}.jar")
    off = r"(?:\bjar\s*\{|(?:named|getByName)[^{]*\"jar\"\)\s*\{)\s*enabled\s*=\s*false"
    jar_off = re.search(off, plain) is not None
    if boot and not jar_off and (whole or "jar" in tasks):
        names.append(f"{stem}-plain.jar")
    if not boot and (whole or {"jar", "shadowJar", "installDist", "distZip"} & set(tasks)):
        names.append(f"{stem}.jar")
    if "shadow" in plain and (whole or "shadowJar" in tasks):
        names.append(f"{stem}-all.jar")
    if "io.ktor.plugin" in plain and (whole or {"shadowJar", "buildFatJar"} & set(tasks)):
        names.append(f"{name}-all.jar")  # https://github.com/ktorio/ktor-build-plugins: without the version
    known = whole or set(tasks) <= {"clean", "bootJar", "jar", "shadowJar", "installDist", "test", "check"}
    plugins = set(re.findall(r"\bid\s*\(?\s*[\"']([\w.-]+)[\"']|apply plugin:\s*['\"]([\w.-]+)", plain))
    known = known and {first or second for first, second in plugins} <= _PLAIN_PLUGINS
    odd = r"allprojects|subprojects|convention|withSourcesJar|withJavadocJar|Jar\)|\balias\s*\("
    # a script above it may give it plugins
    given = any(re.search(r"allprojects|subprojects|project\s*\(|configure", text) for text in shared)
    certain = known and not given and re.search(odd, plain) is None
    return Archives(tuple(dict.fromkeys(names)), bool(names) and certain)


def _shared_scripts(context: BuildContext, build: Gradle, folder: str) -> Iterator[str]:
    """The texts of scripts that may configure a project from outside: its ancestors', and those of included builds."""
    above = [item for item in build.projects.values() if item != folder and (not item or folder.startswith(f"{item}/"))]
    for path in filter(None, (build.script(context, item) for item in above)):
        yield context.read(path) or ""
    for item in build.included:
        for path in context.files(item, (".gradle", ".kts", ".kt", ".groovy", ".java")):
            yield context.read(path) or ""


def _project_name(context: BuildContext, build: Gradle, folder: str) -> str:
    if folder != build.root:
        return posixpath.basename(folder)
    for name in SETTINGS:
        match = re.search(r"rootProject\.name\s*=\s*[\"']([^\"'$]+)[\"']", context.read(_join(build.root, name)) or "")
        if match:
            return match[1]
    return ""  # the name of the folder that it is copied to


def _version(context: BuildContext, build: Gradle, folder: str, script: str) -> str | None:
    """The version of a project, `""` where it has none, None where it is computed."""
    match = re.search(r"^\s*(?:project\.)?version\s*(?:=\s*)?(\S.*?)\s*$", script, re.M)
    if match:
        literal = re.fullmatch(r"[\"']([^\"'$]*)[\"']", match[1])
        return literal[1] if literal else None
    for place in dict.fromkeys((folder, build.root)):
        named = re.search(r"^\s*version\s*[=:]\s*(\S+)", context.read(_join(place, "gradle.properties")) or "", re.M)
        if named:
            return named[1]
    return ""
