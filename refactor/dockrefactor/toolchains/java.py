"""Java and Kotlin: Maven, Gradle and javac in the builder; the archives that the launch names on a JRE."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor import commands
from dockrefactor.effects import CACHES, Effects, Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.patterns import regex
from dockrefactor.records import replace
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains.java_names import BUILT, CARRIERS, SHELLS, TOOLS

if TYPE_CHECKING:
    from dockrefactor.toolchains.java_commands import Build

_OUTPUT: Final = regex(r"(?:^|/)(?P<folder>target|build)(?=/)")
_MANIFESTS: Final = {"target": ("pom.xml",), "build": ("build.gradle", "build.gradle.kts", "settings.gradle")}


class Java:
    """The Java toolchain."""

    name = "java"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if not argv:
            return None
        name = posixpath.basename(argv[0])
        if name in TOOLS or (name in SHELLS and len(argv) > 1 and posixpath.basename(argv[1]) in TOOLS):
            return self._build(command, place)
        if name in ("javac", "kotlinc", "jar"):
            return self._compilation(command, place)
        if name == "java":
            return self._extraction(command, place)
        if name == "keytool":
            return self._truststore(command, place)
        if name in CARRIERS and any(self._is_output(word, place) for word in argv[1:-1]):
            carried = commands.of_command(command, place.cwd)
            if carried.kind is Kind.FILES:
                return replace(carried, kind=Kind.BUILD, writes=carried.writes[-1:], by=self.name)
            return None
        if name in ("chmod", "dos2unix", "sed") and posixpath.basename(argv[-1]) in ("mvnw", "gradlew"):
            return replace(commands.of_command(command, place.cwd), kind=Kind.BUILD, by=self.name)
        if name == "rm":
            return self._removal(command, place)
        return None

    def _is_output(self, word: str, place: Place) -> bool:
        """Whether a word names what a project's build makes."""
        path = absolute(word, place.cwd)
        for match in _OUTPUT.finditer(path):
            above = path[: match.start()] or "/"
            if any(place.resolve(posixpath.join(above, name)) for name in _MANIFESTS[match["folder"]]):
                return True
        return False

    def _build(self, command: Command, place: Place) -> Effects:
        from dockrefactor.toolchains import java_commands, java_projects

        build = java_commands.parse(command.argv)
        assert build is not None
        programs = tuple(build.words[:1]) if "/" not in build.words[0] else ()
        if build.does == "prints":
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name, detail=build)
        if build.does in ("runs", "unknown"):
            what = " ".join((*build.words, *build.goals[:2]))
            says = f"`{what}` starts a program" if build.does == "runs" else f"`{what}` may run anything"
            return Effects(Kind.UNKNOWN, by=self.name, why=says, detail=build)
        cache = "/root/.m2" if build.tool == "maven" else "/root/.gradle"
        if build.does == "downloads":
            return Effects(Kind.INSTALL, writes=(cache,), programs=programs, network=True, by=self.name, detail=build)
        done = java_projects.work(build, place)
        writes = tuple(unit.output for unit in done.units) if done is not None else (place.cwd,)
        return Effects(
            Kind.BUILD, reads=(place.cwd,), writes=writes, programs=programs, network=True, by=self.name, detail=build
        )

    def _compilation(self, command: Command, place: Place) -> Effects | None:
        from dockrefactor.toolchains import java_commands

        if set(command.argv[1:]) & {"-version", "--version", "-help", "--help"}:
            return Effects(Kind.TOOL_SETUP, programs=command.argv[:1], by=self.name)
        made = java_commands.parse_jar(command.argv)
        if made is not None:
            return Effects(
                Kind.BUILD, reads=(place.cwd,), writes=(absolute(made, place.cwd),), programs=("jar",), by=self.name
            )
        if command.argv[0].endswith("jar") and len(command.argv) > 2 and "x" in command.argv[1].lstrip("-"):
            return Effects(Kind.BUILD, reads=(place.cwd,), writes=(place.cwd,), programs=("jar",), by=self.name)
        compilation = java_commands.parse_javac(command.argv)
        if compilation is None:
            return None
        writes = (absolute(compilation.output or ".", place.cwd),)
        return Effects(
            Kind.BUILD, reads=(place.cwd,), writes=writes, programs=(command.argv[0],), by=self.name, detail=compilation
        )

    def _extraction(self, command: Command, place: Place) -> Effects | None:
        """A jar of Spring Boot that takes itself apart, into the folder that it is told."""
        from dockrefactor.toolchains import java_commands

        start = java_commands.parse_java(command.argv)
        arguments = start.arguments if start is not None else ()
        if start is None or "extract" not in arguments or "--destination" not in arguments[:-1]:
            return None
        if not {"-Djarmode=tools", "-Djarmode=layertools"} & set(start.options):
            return None
        made = absolute(arguments[arguments.index("--destination") + 1], place.cwd)
        return Effects(
            Kind.BUILD, reads=(absolute(start.jar, place.cwd),), writes=(made,), programs=("java",), by=self.name
        )

    def _truststore(self, command: Command, place: Place) -> Effects:
        """Certificates that a RUN adds to those of the JDK belong to the image that runs."""
        argv = command.argv
        if not {"-import", "-importcert", "-importkeystore", "-delete"} & set(argv):
            return Effects(Kind.QUERY, programs=("keytool",), by=self.name)
        files = tuple(absolute(argv[at + 1], place.cwd) for at, word in enumerate(argv[:-1]) if word == "-file")
        store = next((argv[at + 1] for at, word in enumerate(argv[:-1]) if word == "-keystore"), "")
        if "-cacerts" in argv or "cacerts" in store:
            return Effects(
                Kind.SYSTEM, reads=files, writes=("/etc/ssl/certs/java",), programs=("keytool",), by=self.name
            )
        writes = (absolute(store, place.cwd),) if store and "$" not in store else ("/root",)
        return Effects(Kind.FILES, reads=files, writes=writes, programs=("keytool",), by=self.name)

    def _removal(self, command: Command, place: Place) -> Effects | None:
        """Sources and caches that a RUN takes away when all is built."""
        operands = [word.text for word in command.words[1:] if not word.text.startswith("-")]
        if not operands or any(word.glob or not word.known for word in command.words[1:]):
            return None
        paths = [
            absolute(word.replace("~", "/root", 1) if word.startswith("~") else word, place.cwd) for word in operands
        ]
        root = any(place.resolve(posixpath.join(place.cwd, name)) for names in _MANIFESTS.values() for name in names)
        if all(any(inside(path, cache) for cache in CACHES) for path in paths) or not root:
            return None
        if not all(posixpath.dirname(path) == place.cwd and posixpath.basename(path) in BUILT for path in paths):
            return None
        return Effects(Kind.BUILD, writes=tuple(paths), programs=("rm",), by=self.name, removes=True)

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import java_commands, java_projects

        build = placed.effects.detail
        if not isinstance(build, java_commands.Build):
            return None
        return java_projects.inputs(build, replace(place, cwd=placed.cwd))

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        """Maven fetches what a build needs when it builds: `dependency:go-offline` can do it ahead of the sources.

        Returns (image paths of the manifests, the instruction), None where that is not sure to do for the build.
        """
        from dockrefactor.toolchains import java_ahead

        return java_ahead.manifest_install(facts, stage, step)

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        base = facts.final.base
        started = next((item for item in facts.launch.started if item.name in ("java", *TOOLS)), None)
        is_java = base is not None and base.language == "java"
        if not found and started is None and not is_java:
            return None
        managers = dict.fromkeys(build.tool for build in self._builds(found))
        if found:
            place = facts.at(found[0][0].instruction, "a Java tool runs")
        elif is_java:
            place = facts.at(facts.final.origin, "the base image is Java's")
        else:
            assert started is not None
            place = Evidence(started.evidence.path, started.evidence.line, f"`{started.name}` starts")
        return Detection("java", ", ".join(managers) or "none", "", (place,))

    def _builds(self, found: list[tuple[Step, Placed]]) -> Iterator[Build]:
        from dockrefactor.toolchains import java_commands

        for _, placed in found:
            if isinstance(placed.effects.detail, java_commands.Build):
                yield placed.effects.detail

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import java_needs

        return java_needs.needs(facts)

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import java_plan

        return java_plan.plan(facts)

    def build_reads(self, facts: Facts, stage: Stage, placed: Placed) -> tuple[str, ...] | None:
        """See `Registered.build_reads`."""
        from dockrefactor.toolchains import java_commands, java_projects

        build = placed.effects.detail
        step = next(step for step in stage.steps if step.run is not None and placed in step.run.commands)
        if not isinstance(build, java_commands.Build):
            return None
        return java_projects.build_reads(build, replace(facts.place(step, placed, stage), cwd=placed.cwd))

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        from dockrefactor.toolchains import java_plan

        return java_plan.tree_needs(facts, stage, folder)


TOOLCHAIN = Java()
