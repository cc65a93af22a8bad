"""`gradle run` and `gradle bootRun` as starts of what the same build installs or packs, where both run the same.

Gradle starts the classes of the project from folders, in a Java of its own whose folder is the project's; the start
script of `installDist` and the archive of `bootJar` start the same classes with the same libraries and options. What a
build script tells the task that starts the program stands against it, since scripts are not run here.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.stages import Place
from dockrefactor.toolchain import DirectStart, NoDirectStartError, Rewording
from dockrefactor.toolchains import gradle_project, java_projects, java_starts
from dockrefactor.toolchains.java_commands import Build
from dockrefactor.toolchains.java_projects import Unit

_COMMENT: Final = re.compile(r"(?<![:\"'])//[^\n]*|/\*.*?\*/", re.S)
_PLUGIN: Final = re.compile(r"\bid\s*\(?\s*[\"']([\w.-]+)[\"']|apply\s*\(?\s*plugin\s*[:=]\s*['\"]([\w.-]+)")
_BARE: Final = re.compile(r"plugins\s*\{[^}]*?^\s*`?(application)`?\s*$", re.M)
_BOOT: Final = re.compile(r"org\.springframework\.boot[\"']\s*\)?\s*version\s*\(?\s*[\"'](\d+)\.\d")


def direct(facts: Facts, item: Started, build: Build) -> DirectStart:
    """The direct start of what a started command of Gradle runs. Raises NoDirectStartError."""
    task = build.goals[0].removeprefix(":") if len(build.goals) == 1 else ""
    table = _table()
    if task not in table["starts"] or build.file:
        raise NoDirectStartError("another start of what it runs is not known")
    if not item.known or item.cwd != facts.final.after.cwd:
        raise NoDirectStartError("its words or its folder are computed")
    options, arguments = _words(build)
    place = Place(item.cwd, facts.final.after, facts.final.resolver(), facts.context, facts.final.base)
    work = java_projects.work(build, place)
    if work is None or len(work.units) != 1:
        raise NoDirectStartError("its build script is not in the build context, or has further projects")
    unit = work.units[0]
    script = _script(facts, unit)
    _check_script(script, table["starts"][task])
    _check_settings(facts, unit)
    java_starts.check_sources(facts, unit.folder)
    making = table["starts"][task]["makes"]
    command = _installed(facts, unit, script) if task == "run" else _packed(facts, unit, script)
    build_line = "RUN " + shlex.join([*build.words, *options, making])
    done = java_starts.is_built(facts, build, item.cwd, frozenset((making, *table["starts"][task]["made_by"])))
    return DirectStart((Rewording(item, len(item.argv), (*command, *arguments)),), () if done else (build_line,))


def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tables.toml("java_projects")["gradle"]
    return found


def _words(build: Build) -> tuple[list[str], list[str]]:
    """(options that the build repeats, arguments of the program)."""
    kept: list[str] = []
    arguments: list[str] = []
    for word in build.options:
        name, equals, value = word.partition("=")
        if name == "--args" and equals and not re.search(r"[\"'\\]", value):
            arguments = value.split()
        elif word in _table()["options"]:
            kept.append(word)
        else:
            raise NoDirectStartError(f"what `{word}` means for the program is not known")
    return kept, arguments


def _script(facts: Facts, unit: Unit) -> str:
    """The text of the project's one build script, without comments; raises where others may say more."""
    found = gradle_project.read(facts.context, unit.folder)
    path = found.script(facts.context, unit.folder) if found is not None else None
    if found is None or path is None or found.included or found.open_ended:
        raise NoDirectStartError("another build or a computed one belongs to it")
    return _COMMENT.sub("", facts.context.read(path) or "")


def _check_script(script: str, rules: Mapping[str, Any]) -> None:
    table = _table()
    plugins = {first or second for first, second in _PLUGIN.findall(script)}
    plugins |= set(_BARE.findall(script))
    needed = rules["plugin"]
    if needed not in plugins or not plugins <= {needed, *table["plugins"]}:
        raise NoDirectStartError(f"its plugins are not `{needed}` and such as leave the start alone")
    against = re.search("|".join((*table["against"], *rules["against"])), script)
    if against is not None:
        raise NoDirectStartError(f"`{against[0].strip()}` in the build script may change what starts")


def _check_settings(facts: Facts, unit: Unit) -> None:
    """Nothing tells Gradle's Java what the program's own would not be told."""
    env = facts.final.after.env
    properties = facts.context.read(posixpath.join(unit.folder, "gradle.properties")) or ""
    told = (properties, env.get("GRADLE_OPTS", ""))
    if any(re.search(r"java\.home|encoding|user\.|installations|buildDir", text) for text in told):
        raise NoDirectStartError("settings of Gradle may reach the program that it starts")
    if "GRADLE_USER_HOME" in env and facts.final.resolver()(env["GRADLE_USER_HOME"]) is not None:
        raise NoDirectStartError("settings of Gradle are copied to its home")


def _installed(facts: Facts, unit: Unit, script: str) -> tuple[str, ...]:
    """The start script of `installDist`, which takes options of Java from variables."""
    name = _name(facts.context, unit)
    variables = {"JAVA_OPTS", re.sub(r"\W", "_", name).upper() + "_OPTS"}
    if variables & facts.final.after.env.keys():
        raise NoDirectStartError("its start script reads options of Java from variables, which Gradle does not")
    return (posixpath.join(unit.output, "install", name, "bin", name),)


def _name(context: BuildContext, unit: Unit) -> str:
    for settings in gradle_project.SETTINGS:
        text = context.read(posixpath.join(unit.folder, settings)) or ""
        match = re.search(r"^\s*rootProject\.name\s*=\s*[\"']([\w.-]+)[\"']\s*;?\s*$", text, re.M)
        if match is not None and text.count("rootProject") == 1:
            return match[1]
    raise NoDirectStartError("the name of the project is not set")


def _packed(facts: Facts, unit: Unit, script: str) -> tuple[str, ...]:
    """The archive of `bootJar`."""
    version = _BOOT.search(script)
    if version is None or int(version[1]) < _table()["boot_since"]:
        raise NoDirectStartError("the version of Spring Boot is below 2, or not known")
    missing = next(
        (name for name, _ in unit.dependencies if name in tables.toml("java_projects")["spring_boot"]["missing"]), None
    )
    if missing is not None:
        raise NoDirectStartError(f"{missing} is not in the archive")
    read = gradle_project.read(facts.context, unit.folder)
    assert read is not None
    archives = gradle_project.archives(facts.context, read, unit.folder, ("bootJar",))
    if not archives.certain or len(archives.names) != 1:
        raise NoDirectStartError("the name of the archive is not known")
    return ("java", "-jar", posixpath.join(unit.libraries, archives.names[0]))
