"""The command lines of Maven, Gradle, javac and jar: what they are asked for, and of which project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from dockrefactor import tables
from dockrefactor.records import dataclass

Tool = Literal["maven", "gradle"]
Does = Literal["builds", "downloads", "prints", "runs", "unknown"]

TOOLS: Final[Mapping[str, Tool]] = {"mvn": "maven", "mvnw": "maven", "gradle": "gradle", "gradlew": "gradle"}
_SHELLS: Final = frozenset({"sh", "bash", "/bin/sh", "/bin/bash"})


@dataclass(frozen=True, slots=True)
class Build:
    """One call of Maven or Gradle.

    `words` are the words that start it (`./mvnw`, or `sh mvnw`); `goals` phases, goals or tasks; `file` the manifest or
    folder that an option names, `""` where none does; `files` other files that options name; `properties` are -D and -P
    definitions (of Maven: -D alone); `profiles` those of -P as written; `options` all options with their values.
    """

    tool: Tool
    words: tuple[str, ...]
    does: Does
    goals: tuple[str, ...]
    file: str
    files: tuple[str, ...]
    properties: Mapping[str, str]
    profiles: tuple[str, ...]
    options: tuple[str, ...]

    @property
    def is_wrapper(self) -> bool:
        """Whether it is the project's own script, which downloads the tool."""
        return self.words[-1].endswith("w")


def parse(argv: Sequence[str]) -> Build | None:
    """Reads the words of a command; None where it is neither Maven nor Gradle."""
    start = 1 if len(argv) > 1 and argv[0] in _SHELLS else 0
    if not argv or posixpath.basename(argv[start]) not in TOOLS:
        return None
    tool = TOOLS[posixpath.basename(argv[start])]
    table = tables.toml("java_commands")[tool]
    goals: list[str] = []
    options: list[str] = []
    rest = list(argv[start + 1 :])
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            goals.append(_plain_goal(word) if tool == "maven" else word)
            continue
        options.append(word)
        if word in table["valued"] and rest:
            options.append(rest.pop(0))
    words = tuple(argv[: start + 1])
    found = Build(
        tool,
        words,
        "unknown",
        tuple(goals),
        _value(options, ("-f", "--file") if tool == "maven" else ("-p", "--project-dir")),
        tuple(_values(options, table.get("files", ()))),
        _definitions(options, ("-D", "--define") if tool == "maven" else ("-D", "-P")),
        _profiles(options) if tool == "maven" else (),
        tuple(options),
    )
    return Build(
        tool, words, _does(found, table), found.goals, found.file, found.files, found.properties, found.profiles,
        found.options,
    )  # fmt: skip


def _plain_goal(word: str) -> str:
    """`group:some-maven-plugin:1.0:goal` -> `some:goal`; an execution id (`goal@id`) is taken off."""
    parts = word.partition("@")[0].split(":")
    if len(parts) < 3:
        return ":".join(parts)
    artifact = parts[1]
    match = re.fullmatch(r"maven-(.+)-plugin|(.+)-maven-plugin", artifact)
    return f"{(match[1] or match[2]) if match else artifact}:{parts[-1]}"


def _does(build: Build, table: Mapping[str, Sequence[str]]) -> Does:
    goals = [goal.rpartition(":")[2] for goal in build.goals] if build.tool == "gradle" else list(build.goals)
    if any("$" in goal for goal in goals):
        return "unknown"
    if any(goal in table["runs"] for goal in goals):
        return "runs"
    if not goals or all(goal in table["settings"] for goal in goals):
        printing = {*table["settings"], "-v", "--version", "-version", "-V"} & {*build.options, *goals}
        # the wrapper fetches the tool whatever it is asked
        return ("downloads" if build.is_wrapper else "prints") if printing else "unknown"
    if all(goal in table["downloads"] for goal in goals):
        return "downloads"
    if build.tool == "maven":
        known = {*table["phases"], *table["goals"], *table["downloads"]}
        return "builds" if all(goal in known for goal in goals) else "unknown"
    patterns = [*table["tasks"], *map(re.escape, table["downloads"])]
    return "builds" if all(any(re.fullmatch(item, goal) for item in patterns) for goal in goals) else "unknown"


def _values(options: Sequence[str], names: Sequence[str]) -> list[str]:
    found = [options[at + 1] for at, word in enumerate(options[:-1]) if word in names]
    return found + [word.partition("=")[2] for word in options if word.partition("=")[0] in names and "=" in word]


def _value(options: Sequence[str], names: Sequence[str]) -> str:
    found = _values(options, names)
    return found[-1] if found else ""


def _definitions(options: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    texts = _values(options, names) + [word[2:] for word in options if word[:2] in names and len(word) > 2]
    return {name: value or "true" for name, _, value in (text.partition("=") for text in texts)}


def _profiles(options: Sequence[str]) -> tuple[str, ...]:
    listed = _values(options, ("-P", "--activate-profiles"))
    listed += [word[2:] for word in options if word.startswith("-P") and len(word) > 2]
    return tuple(name for text in listed for name in text.split(",") if name)


def download(build: Build) -> str:
    """A Maven command that fetches what `build` needs ahead of the sources, in the author's words and options."""
    table = tables.toml("java_commands")["maven"]
    kept: list[str] = []
    options = list(build.options)
    while options:
        word = options.pop(0)
        value = [options.pop(0)] if word in table["valued"] and options else []
        attached = word.startswith("-P") and word != "-P"
        defined = (
            word.startswith(("-D", "--define")) and "skip" not in word.lower() and "test" not in word.lower()
        ) and (not value or "skip" not in value[0].lower())
        if word in table["quiet"] or word in table["with_value"] or attached or defined:
            kept += [word, *value]
    return " ".join([*build.words, *kept, "dependency:go-offline"])


@dataclass(frozen=True, slots=True)
class Compilation:
    """A call of javac: `output` is the folder of -d as written, `""` where the classes stand beside the sources;
    `sources` the files as written."""

    output: str
    sources: tuple[str, ...]


def parse_javac(argv: Sequence[str]) -> Compilation | None:
    """Reads a call of `javac` or `kotlinc`; None where it is neither."""
    if not argv or posixpath.basename(argv[0]) not in ("javac", "kotlinc"):
        return None
    valued = tables.toml("java_commands")["javac"]["valued"]
    output, sources, rest = "", [], list(argv[1:])
    while rest:
        word = rest.pop(0)
        if word in valued and rest:
            value = rest.pop(0)
            output = value if word == "-d" else output
        elif not word.startswith("-"):
            sources.append(word)
    return Compilation(output, tuple(sources))


def parse_jar(argv: Sequence[str]) -> str | None:
    """The archive that a call of `jar` makes; None where it makes none."""
    if len(argv) < 3 or posixpath.basename(argv[0]) != "jar":
        return None
    if "--create" in argv[1:]:
        named = _values(argv[1:], ("--file", "-f"))
        return named[0] if named else None
    letters = argv[1].lstrip("-")
    if argv[1].startswith("--") or "c" not in letters or "f" not in letters:
        return None
    # the operands stand in the order of the letters f, m and e
    position = [letter for letter in letters if letter in "fme"].index("f")
    return argv[2 + position] if len(argv) > 2 + position else None


@dataclass(frozen=True, slots=True)
class Start:
    """A call of `java`: `jar`, or `main` with its `classpath`, as written; `options` are the words before it,
    `arguments` those after."""

    jar: str
    main: str
    classpath: tuple[str, ...]
    options: tuple[str, ...]
    arguments: tuple[str, ...]


def parse_java(argv: Sequence[str]) -> Start | None:
    """Reads a call of the Java launcher; None where it is none."""
    if not argv or posixpath.basename(argv[0]) != "java":
        return None
    valued = tables.toml("java_commands")["java"]["valued"]
    classpath: tuple[str, ...] = ()
    options: list[str] = []
    rest = list(argv[1:])
    while rest:
        word = rest.pop(0)
        if word == "-jar":
            return Start(rest[0] if rest else "", "", classpath, tuple(options), tuple(rest[1:]))
        if word in ("-m", "--module"):
            return Start("", rest[0] if rest else "", classpath, tuple(options), tuple(rest[1:]))
        name, equals, value = word.partition("=")
        if word in valued or (name in valued and equals):
            value = value if equals else (rest.pop(0) if rest else "")
            options += [name, value]
            if name in ("-cp", "-classpath", "--class-path", "-p", "--module-path"):
                classpath += tuple(part for part in value.split(":") if part)
        elif word.startswith(("-", "$", "@")) or not word:
            options.append(word)
        else:
            return Start("", word, classpath, tuple(options), tuple(rest))
    return Start("", "", classpath, tuple(options), ())
