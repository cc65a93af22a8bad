"""All that a transform may know, gathered once for each text, read-only and lazily."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from dockrefactor import (
    commands,
    launch_reading,
    launches,
    named_scripts,
    neighbours,
    roles,
    service_settings,
    stage_reading,
)
from dockrefactor.context import BuildContext
from dockrefactor.document import Document, Instruction
from dockrefactor.document import read as read_document
from dockrefactor.effects import Effects
from dockrefactor.evidence import Evidence
from dockrefactor.launch import Launch
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.neighbours import Service
from dockrefactor.records import dataclass, field, replace
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step, mounted
from dockrefactor.toolchain import RuntimeNeeds, Toolchain


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for. `runtime`: auto, slim, alpine, distroless; `user`: `""`, `keep`, `NAME`, `NAME:UID`.

    What the user knows beside the sources, mostly from a build: `runtime_packages` are what the runtime stage needs,
    `covered` are libraries, `-dev` packages and programs that the tables do not know and these packages cover,
    `runtime_files` are absolute image paths that the runtime takes from the builder, `owned_folders` such paths that
    the program writes to.

    `dev_stage`: compose services that people develop in keep the image as it is, in a stage of its own.
    """

    runtime: str = "auto"
    user: str = ""
    assume: frozenset[str] = field(default_factory=frozenset)
    runtime_packages: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    runtime_files: tuple[str, ...] = ()
    owned_folders: tuple[str, ...] = ()
    dev_stage: bool = False

    def told(self, key: str) -> Evidence:
        """Evidence that is the user's own word."""
        return Evidence("[tool.dockrefactor]", 0, f"`{key}` says so")

    @property
    def needs(self) -> RuntimeNeeds:
        """What the user knows that the program asks of its image."""
        return RuntimeNeeds(
            os_packages=tuple((name, self.told("runtime-packages")) for name in self.runtime_packages),
            writes=tuple(Claim(path, self.told("owned-folders")) for path in self.owned_folders),
        )


class Facts:
    """Everything known of one Dockerfile and its context."""

    def __init__(
        self,
        document: Document,
        context: BuildContext,
        toolchains: Sequence[Toolchain],
        options: Options,
        name: str,
        launch: Launch | None = None,
    ) -> None:
        """`name` is the Dockerfile's name in messages; `launch` what the final stage starts, where that is known."""
        self._launch = launch
        self.document = document
        self.context = context
        self.known_toolchains = tuple(toolchains)
        self.options = options
        self.name = name

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        readings = self.context.once(("readings", self.known_toolchains), stage_reading.Readings)
        return stage_reading.read(self.document, self.context, self._effects, readings)

    def _effects(self, command: Command, place: Place) -> Effects:
        for toolchain in self.known_toolchains:
            found = toolchain.effects(command, place)
            if found is not None:
                return found
        return commands.of_command(command, place.cwd)

    def started_effects(self, command: Command) -> Effects:
        """What a command does in a container of the final stage."""
        stage = self.final
        return self._effects(command, Place(stage.after.cwd, stage.after, stage.resolver(), self.context, stage.base))

    @cached_property
    def final(self) -> Stage:
        return self.stages[-1]

    @cached_property
    def contributing(self) -> tuple[Stage, ...]:
        """The final stage, and every stage that it builds on or copies from."""
        found = [self.final]
        for stage in found:
            names = {step.copy.origin.lower() for step in stage.steps if step.copy is not None and step.copy.origin}
            for other in self.stages[: stage.index]:
                wanted = other.index == stage.base_stage or other.name.lower() in names or str(other.index) in names
                if wanted and other not in found:
                    found.append(other)
        return tuple(found)

    def is_built_alone(self, stage: Stage) -> bool:
        """Whether a stage is, or may be, an image of its own: people build it by name, so all that it holds counts."""
        named = {target.lower() for target in self.neighbours.targets}
        return stage not in self.contributing or (stage.name.lower() in named and bool(stage.name))

    @cached_property
    def launch(self) -> Launch:
        """What the image starts; where it names nothing, what compose files, manifests and a Procfile start in it."""
        if self._launch is not None:
            return self._launch
        own = launch_reading.of_stage(self.final, self.name)
        return (own.empty and launches.given(self.final, self.services, self.neighbours, self.name)) or own

    @property
    def starting_services(self) -> tuple[Service, ...]:
        """The compose services that say what the image starts, where it names nothing itself."""
        if not launch_reading.of_stage(self.final, self.name).empty:
            return ()
        return tuple(service for service in self.services if service.starts and not service.joins)

    def everywhere(self, by_user: bool = False) -> Facts:
        """The same, with all that compose files and manifests start in the image beside what it starts itself;
        `by_user`: where they leave the user to the image."""
        found = launches.everywhere(self.final, self.launch, self.services, self.neighbours, self.name, by_user)
        return self if found is self.launch else self.starting(found)

    def starting(self, found: Launch) -> Facts:
        """The same, where the final stage starts `found`."""
        other = Facts(self.document, self.context, self.known_toolchains, self.options, self.name, found)
        other.__dict__["stages"] = self.stages
        return other

    @cached_property
    def healthcheck(self) -> Launch:
        return launch_reading.of_healthcheck(self.final, self.name)

    @cached_property
    def toolchains(self) -> tuple[Toolchain, ...]:
        """The toolchains that recognise the final stage."""
        return tuple(toolchain for toolchain in self.known_toolchains if toolchain.detect(self) is not None)

    @cached_property
    def running(self) -> tuple[Toolchain, ...]:
        """Those of `toolchains` whose programs the container runs."""
        return roles.running(self)

    @property
    def only_building(self) -> tuple[Toolchain, ...]:
        """Those of `toolchains` that only build."""
        return tuple(toolchain for toolchain in self.toolchains if toolchain not in self.running)

    @property
    def left_behind(self) -> str | None:
        """What another language leaves behind in a builder, None where one language does all."""
        names = " and ".join(toolchain.name for toolchain in self.only_building)
        return f"what {names} builds with and installs stays behind" if names else None

    @cached_property
    def needs(self) -> RuntimeNeeds:
        """What the program asks of its image, by all the toolchains that run."""
        found = [*(toolchain.needs(self) for toolchain in self.running), self.options.needs]
        programs = tuple(item for needs in found for item in needs.programs)
        scripts = list(named_scripts.commands(self)) if programs else []  # who starts nothing starts no script
        return RuntimeNeeds(
            programs=(*programs, *service_settings.programs(self), *named_scripts.programs(scripts)),
            os_packages=tuple(item for needs in found for item in needs.os_packages),
            writes=tuple(item for needs in found for item in needs.writes),
            home=any(needs.home for needs in found),
            ports=tuple(item for needs in found for item in needs.ports),
            entries=tuple(item for needs in found for item in needs.entries),
            unknown=(*(item for needs in found for item in needs.unknown), *named_scripts.unknown(scripts)),
        )

    @cached_property
    def neighbours(self) -> neighbours.Neighbours:
        """Files beside the Dockerfile that use the image."""
        return neighbours.read(self.context, self.name)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The compose services that run the final stage: all but those that build another one by name."""
        others = {stage.name.lower() for stage in self.stages if stage is not self.final and stage.name}
        return tuple(service for service in self.neighbours.services if service.target.lower() not in others)

    @property
    def given_variables(self) -> tuple[tuple[Mapping[str, str], Evidence], ...]:
        """The variables that compose files and manifests give to containers of the final stage that run as its user."""
        given = [(service.variables, service.evidence) for service in self.services if not service.user]
        named = [(item.variables, item.evidence) for item in self.neighbours.containers if item.user is None]
        return (*given, *named)

    @property
    def ports(self) -> tuple[tuple[int, Evidence], ...]:
        """The ports of the final stage's containers that compose files and manifests publish or name."""
        published = [(port, service.evidence) for service in self.services for port in service.ports]
        named = [(port, item.evidence) for item in self.neighbours.containers for port in item.ports]
        return (*published, *named)

    def of_text(self, text: str) -> Facts:
        """What is known of another text in this one's place. Raises grammar.SyntaxFault."""
        return Facts(read_document(text), self.context, self.known_toolchains, self.options, self.name)

    def at(self, instruction: Instruction, says: str) -> Evidence:
        """Evidence for a line of this Dockerfile."""
        return Evidence(self.name, instruction.start_line, says)

    def place(self, step: Step, placed: Placed, stage: Stage) -> Place:
        """Where a command of `step` runs, with the files that stand there before it, and what its line exports."""
        position = stage.steps.index(step)
        resolve = stage.resolver(position)
        if step.run is not None and step.run.mounts:
            resolve = mounted(resolve, step.run.mounts, step.before.cwd, self.context)
        exported = _exported(step, placed)
        state = replace(step.before, env={**step.before.env, **exported}) if exported else step.before
        return Place(placed.cwd, state, resolve, self.context, stage.base)

    def install_inputs(self, step: Step, placed: Placed, stage: Stage) -> InstallInputs | None:
        """What an install of `step` reads."""
        # texts share the commands behind the same instructions; the command is kept, so that no other has its identity
        key = ("install inputs", id(placed), self.known_toolchains)
        found = self.context.once(key, lambda: (placed, self._install_inputs(step, placed, stage)))[1]
        return None if found is None else found.said_by(lambda says: self.at(step.instruction, says))

    def _install_inputs(self, step: Step, placed: Placed, stage: Stage) -> InstallInputs | None:
        for toolchain in self.known_toolchains:
            if toolchain.name == placed.effects.by:
                return toolchain.install_inputs(placed, self.place(step, placed, stage))
        return None

    def commands(self, wanted: Callable[[Placed], bool]) -> list[tuple[Step, Placed]]:
        """The commands of all contributing stages for which `wanted` holds."""
        return [
            (step, placed)
            for stage in self.contributing
            for step in stage.steps
            if step.run is not None
            for placed in step.run.commands
            if wanted(placed)
        ]


def _exported(step: Step, placed: Placed) -> dict[str, str]:
    """The variables that earlier commands of the same line set."""
    found: dict[str, str] = {}
    for earlier in step.commands:
        if earlier is placed:
            break
        if not earlier.command.words or earlier.command.name == "export":
            found.update((name, word.text) for name, word in earlier.command.assignments if word and word.known)
    return found
