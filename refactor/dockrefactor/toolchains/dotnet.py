""".NET: restore, build and publish in the builder; the published folder on the runtime image that its projects need."""

from __future__ import annotations

import posixpath
import re

from dockrefactor import tables
from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.records import replace
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains import dotnet_commands, dotnet_projects
from dockrefactor.toolchains.dotnet_commands import Call
from dockrefactor.toolchains.dotnet_files import PROJECTS, SOLUTIONS
from dockrefactor.toolchains.dotnet_names import looks_like_dotnet


class Dotnet:
    """The .NET toolchain."""

    name = "dotnet"

    def effects(self, command: Command, place: Place) -> Effects | None:
        call = dotnet_commands.parse(command.argv)
        if call is None:
            return None
        programs = ("dotnet",)
        if call.does in ("unknown", "runs", "starts"):
            says = f"`dotnet {call.verb}` " + ("may do anything" if call.does == "unknown" else "starts a program")
            return Effects(Kind.UNKNOWN, programs=programs, by=self.name, why=says, detail=call)
        if call.does == "prints":
            return Effects(Kind.TOOL_SETUP, writes=("/root/.nuget",), programs=programs, by=self.name, detail=call)
        if call.does == "tests":
            return Effects(Kind.TEST, reads=(place.cwd,), programs=programs, by=self.name, detail=call)
        if call.does == "installs":
            return self._tool(call, place)
        if call.does == "downloads":
            writes = ("/root/.nuget", *(self._written(call, place) or ()))
            return Effects(Kind.INSTALL, writes=writes, programs=programs, network=True, by=self.name, detail=call)
        outputs = self._outputs(call, place)
        if outputs is None:
            says = f"where `dotnet {call.verb}` puts what it makes is computed"
            return Effects(Kind.UNKNOWN, programs=programs, by=self.name, why=says, detail=call)
        return Effects(
            Kind.BUILD,
            reads=(place.cwd,),
            writes=tuple(outputs),
            programs=(*programs, *self._executed(call, place)),
            network=True,
            by=self.name,
            detail=call,
        )

    def _tool(self, call: Call, place: Place) -> Effects:
        folder = call.options.get("--tool-path", "")
        writes = (absolute(folder, place.cwd),) if folder else ("/root/.dotnet/tools",)
        return Effects(
            Kind.TOOL_INSTALL, writes=writes, programs=("dotnet", call.tool), network=True, by=self.name, detail=call
        )

    def _outputs(self, call: Call, place: Place) -> list[str] | None:
        """Image folders that a build or publish writes; None where one is computed."""
        found = self._written(call, place)
        if found is None:
            return None
        named = [absolute(call.output, place.cwd)] if call.output else []
        return list(dict.fromkeys([*named, *found])) or [place.cwd]

    def _executed(self, call: Call, place: Place) -> list[str]:
        """The programs that a build starts: those that its projects name, and whatever scripts may start."""
        target = self.target(call, place)
        projects = dotnet_projects.closure(place.context, target[0]) if target is not None else None
        words = [posixpath.basename(word) for project in projects or () for word in project.commands]
        table = tables.toml("dotnet")["executed"]
        opaque = any(word in table["shells"] or not re.fullmatch(r"[\w+-]+", word) for word in words)
        return list(dict.fromkeys([*words, *(table["programs"] if opaque else ())]))

    def _written(self, call: Call, place: Place) -> list[str] | None:
        """The image folders that a call writes in every project that it is for; None where one is computed."""
        target = None if call.verb == "tool" else self.target(call, place)
        found: list[str] = []
        for project in (dotnet_projects.closure(place.context, target[0]) or []) if target is not None else []:
            assert target is not None
            folders = dotnet_projects.outputs(project, call, place.cwd, target[1])
            if folders is None:
                return None
            found += folders
        return found

    def target(self, call: Call, place: Place) -> tuple[str, str] | None:
        """(context path of the project or solution, its context folder) of a call; None where it is not to be told."""
        path = dotnet_projects.named_path(call.target, place.cwd)
        if path.endswith((*PROJECTS, *SOLUTIONS)):
            found = place.resolve(path)
            return (found, posixpath.dirname(found)) if found is not None else None
        folder = place.resolve(path)
        if folder is not None:
            listed = dotnet_projects.targets(place.context, folder)
            return (listed[0], folder) if len(listed) == 1 else None
        return self._copied_alone(path, place)

    def _copied_alone(self, folder: str, place: Place) -> tuple[str, str] | None:
        """The one project file that a copy of its own put into an image folder."""
        names = {
            path
            for path in place.context.files("", (*PROJECTS, *SOLUTIONS))
            if place.resolve(posixpath.join(folder, posixpath.basename(path))) == path
        }
        solutions = {path for path in names if path.endswith(SOLUTIONS)}
        one = solutions or names
        return (next(iter(one)), posixpath.dirname(next(iter(one)))) if len(one) == 1 else None

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        call = placed.effects.detail
        if not isinstance(call, Call):
            return None
        return self.inputs(call, replace(place, cwd=placed.cwd))

    def inputs(self, call: Call, place: Place) -> InstallInputs:
        """What a restore for a call reads."""
        if call.verb == "tool":
            manifest = posixpath.join(place.cwd, ".config/dotnet-tools.json")
            there = place.resolve(manifest) is not None
            return InstallInputs(files=(manifest,) if there else (), missing=() if there else (manifest,))
        path = dotnet_projects.named_path(call.target, place.cwd)
        root = dotnet_projects.named_folder(call.target, place.cwd)
        target = self.target(call, place)
        named = posixpath.join(path, "*.csproj") if root == path else path
        found = dotnet_projects.inputs(
            place.context, target[0] if target else None, target[1] if target else "", root, named
        )
        config = call.options.get("--configfile", "")
        extra = (absolute(config, place.cwd),) if config else ()
        known = tuple(file for file in (*found.files, *extra) if place.resolve(file) is not None)
        return replace(found, files=known)

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        """A build restores what it needs: `dotnet restore` can do it ahead of the sources.

        Returns (image paths of the manifests, the instruction), None where that is not sure to do for the build.
        """
        assert step.run is not None
        builds = [placed for placed in step.run.commands if placed.effects.by == self.name]
        if not builds or builds[0].effects.kind is not Kind.BUILD or builds[0].cwd != step.before.cwd:
            return None
        call = builds[0].effects.detail
        assert isinstance(call, Call)
        if {"--no-restore", "--source"} & call.options.keys() or not all(
            word.known for word in builds[0].command.words
        ):
            return None
        if step.run.mounts or call.verb not in ("build", "publish"):
            return None
        place = facts.place(step, builds[0], stage)
        inputs = self.inputs(call, place)
        if inputs.missing or inputs.open_ended or not inputs.files:
            return None
        restored = self._written(replace(call, does="downloads"), place)
        made = [place.resolve(folder) for folder in restored or ()]
        if any(source is not None and place.context.exists(source) for source in made):
            return None  # the copy would put it over what the restore made
        return inputs.files, f"RUN {dotnet_commands.download(call)}"

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        base = facts.final.base
        started = next((item for item in facts.launch.started if looks_like_dotnet(item.argv[0])), None)
        if found:
            place = facts.at(found[0][0].instruction, "a dotnet command runs")
        elif base is not None and base.language == "dotnet":
            place = facts.at(facts.final.origin, "the base image is .NET's")
        elif started is not None:
            place = Evidence(started.evidence.path, started.evidence.line, "`dotnet` starts")
        else:
            return None
        return Detection("dotnet", "nuget", "", (place,))

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import dotnet_needs

        return dotnet_needs.needs(facts)

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import dotnet_plan

        return dotnet_plan.plan(facts)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        from dockrefactor.toolchains import dotnet_plan

        return dotnet_plan.tree_needs(facts, stage, folder)


TOOLCHAIN = Dotnet()
