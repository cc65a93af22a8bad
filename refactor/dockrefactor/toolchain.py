"""What every toolchain answers: the vocabulary between the languages and the transforms.

A toolchain is one entry of `toolchains.TOOLCHAINS`. It reads commands, manifests and sources of its language, and gives
claims with evidence; it never changes a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from dockrefactor.effects import Effects
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.records import dataclass, field
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step

if TYPE_CHECKING:
    from dockrefactor.facts import Facts
    from dockrefactor.launch import Started


@dataclass(frozen=True, slots=True)
class Detection:
    """The toolchain of a stage, for people: what was found and where."""

    language: str
    manager: str
    framework: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A path that the builder makes and the runtime needs: the same absolute path in both stages, unless the runtime
    has it at `target`. `whole`: a folder of which the runtime takes all from the builder, the author's copies too."""

    path: str
    is_folder: bool
    evidence: Evidence
    target: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class CommandEdit:
    """Words to put before a command of a RUN: `step` is the step, `at` the command's index in it."""

    step: Step
    at: int
    prefix: str


@dataclass(frozen=True, slots=True)
class RuntimeNeeds:
    """What the running program asks of the image, beyond its own files.

    `programs`: names that must be on PATH; `os_packages`: names in the distribution of the image, by package manager
    (`apt`, `apk`); `writes`: absolute image paths it writes, None where computed; `home`: writes below HOME;
    `ports`: TCP ports; `entries`: for each file that the launch runs without naming it exactly, the image paths of
    which one must be there; `unknown`: claims that nobody can check, each with the reason code of the refusal.
    """

    programs: tuple[Claim, ...] = ()
    os_packages: tuple[tuple[str, Evidence], ...] = ()
    writes: tuple[Claim, ...] = ()
    home: bool = False
    ports: tuple[Claim, ...] = ()
    entries: tuple[tuple[tuple[str, ...], Evidence], ...] = ()
    unknown: tuple[tuple[str, Evidence], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How one toolchain's build is split.

    `prologue`: instructions after the builder's FROM, or before the step `prologue_before`; `epilogue`: instructions
    after its last step; `environment`: instructions that the runtime needs too; `artifacts`: what is copied from the
    builder; `tree`: the work folder that is taken whole from the builder, None where the runtime takes the sources from
    the context; `overlays`: what another language built, with the step that makes it, copied over the sources;
    `context_paths`: the only context paths that the runtime copies of those that the original put below
    `source_tree`, None for all of them; `opened`: all image paths that the program opens, None where they are not
    bounded; `own`: commands that only move what the builder makes, or touch what stays
    there; `edits`: prefixes of build commands; `closing`: instructions of the runtime below all that it copies;
    `instead`: packages of tools -> those that the runtime installs in their place where it starts none of the tools,
    a package itself where it stays;
    `static`: the program is statically linked; `gain`: why a split is worth it, None where builder and runtime would be
    the same; `assumed`: obstacles that the user lifted; `runtimes`: images to run on, the smallest first, where the
    language knows better than the base image's counterpart; `portable`: nothing that is handed over is compiled for a C
    library; `bound`: the first thing of which that is not shown, where the user wants another C library.
    """

    prologue: tuple[str, ...] = ()
    prologue_before: Step | None = None
    epilogue: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    tree: str | None = None
    overlays: tuple[tuple[Step, Artifact], ...] = ()
    context_paths: tuple[str, ...] | None = None
    source_tree: str | None = None
    opened: tuple[str, ...] | None = None
    own: tuple[Placed, ...] = ()
    edits: tuple[CommandEdit, ...] = ()
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closing: tuple[str, ...] = ()
    static: bool = False
    gain: str | None = None
    evidence: tuple[Evidence, ...] = ()
    assumed: tuple[Blocked, ...] = ()
    runtimes: tuple[str, ...] = ()
    portable: bool = False
    bound: Evidence | None = None

    @property
    def handed_over(self) -> tuple[str, ...]:
        """The image paths that the runtime copies from the builder."""
        artifacts = (*self.artifacts, *(artifact for _, artifact in self.overlays))
        return (*(artifact.path for artifact in artifacts), *([self.tree] if self.tree is not None else []))


@dataclass(frozen=True, slots=True)
class Rewording:
    """Another head of a started command: `words` in the place of the first `count` words of its argv."""

    started: Started
    count: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DirectStart:
    """A start of the same program without the build tool that starts it: other words of the launch; `builds` are
    instructions that must stand after the last step of the build, `environment` those that the launch needs besides."""

    rewordings: tuple[Rewording, ...]
    builds: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a toolchain cannot plan: a reason code and where; `start` is what the user may accept instead."""

    code: str
    evidence: Evidence
    start: DirectStart | None = None


class NoDirectStartError(Exception):
    """What a build tool starts may run otherwise when it is started itself; the text says why."""


def started_by_tool(item: Started, says: str, direct: Callable[[], DirectStart]) -> Blocked:
    """The obstacle that a start by a build tool is, with the direct start that `direct` finds, or why there is none."""
    place = item.evidence
    try:
        start = direct()
    except NoDirectStartError as error:
        return Blocked("needs-build-tool", Evidence(place.path, place.line, f"{says}; {error}"))
    return Blocked("needs-build-tool", Evidence(place.path, place.line, says), start)


class BlockedError(Exception):
    """A `Blocked` on its way to who asked for the plan."""

    def __init__(self, blocked: Blocked) -> None:
        super().__init__(blocked.code)
        self.blocked = blocked


@dataclass(frozen=True, slots=True)
class TreeNeeds:
    """What of a work folder the runtime needs: `built` made by the builder, `kept` entries of the context (None for all
    of them), both relative to that folder; `dropped` what is shown to be unneeded."""

    built: tuple[str, ...]
    kept: tuple[str, ...] | None
    evidence: tuple[Evidence, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)


class Toolchain(Protocol):
    """One language. Every method is pure; None means: not mine."""

    name: str

    def effects(self, command: Command, place: Place) -> Effects | None:
        """What a command of this language's tools does."""

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        """Everything that an install reads."""

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        """For a language whose build installs: (image paths of the manifests, an instruction that downloads ahead of
        the step), None where there is nothing to download ahead."""

    def detect(self, facts: Facts) -> Detection | None:
        """Whether the final stage is of this language."""

    def needs(self, facts: Facts) -> RuntimeNeeds:
        """What the program asks of the image that runs it."""

    def plan(self, facts: Facts) -> Plan | Blocked:
        """How to split it."""

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        """What of `folder`, built in the stage with that index, the final stage needs."""


class Registered:
    """A toolchain that is imported when a command, a base image or a launch of its language is seen.

    `name` is that of its module in `dockrefactor.toolchains`, whose `TOOLCHAIN` it is, and its own. `claims` tells from
    the first word of a command whether the command may be its; `languages` are those of its base images; `handles` from
    all words whether a program of the system may do something to the language's builds.
    """

    def __init__(
        self, name: str, claims: Callable[[str], bool], languages: frozenset[str],
        handles: Callable[[tuple[str, ...]], bool] = lambda argv: False,
    ) -> None:  # fmt: skip
        self.name = name
        self._claims = lru_cache(maxsize=1024)(claims)  # few words stand in many files
        self._languages = languages
        self._handles = handles

    @cached_property
    def _own(self) -> Toolchain:
        found: Toolchain = import_module(f"dockrefactor.toolchains.{self.name}").TOOLCHAIN
        return found

    def starts(self, program: str) -> bool:
        """Whether a program of that name is of the language, or runs its code."""
        return self._claims(program)

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        mine = bool(argv) and (self._claims(argv[0]) or self._handles(argv))
        return self._own.effects(command, place) if mine else None

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        return self._own.install_inputs(placed, place)

    def build_reads(self, facts: Facts, stage: Stage, placed: Placed) -> tuple[str, ...] | None:
        """All image paths below the work folder that a build reads; None where its folder may be read as a whole, as
        in a language that does not say."""
        known = getattr(self._own, "build_reads", None)
        found: tuple[str, ...] | None = known(facts, stage, placed) if known is not None else None
        return found

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        assert step.run is not None
        if all(placed.effects.by != self.name for placed in step.run.commands):
            return None
        return self._own.manifest_install(facts, stage, step)

    def detect(self, facts: Facts) -> Detection | None:
        base = facts.final.base
        seen = (
            (base is not None and base.language in self._languages)
            or any(self._claims(item.argv[0]) for item in facts.launch.started if item.argv)
            or facts.commands(lambda placed: placed.effects.by == self.name)
        )
        return self._own.detect(facts) if seen else None

    def needs(self, facts: Facts) -> RuntimeNeeds:
        return self._own.needs(facts)

    def plan(self, facts: Facts) -> Plan | Blocked:
        return self._own.plan(facts)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        steps = facts.stages[stage].steps
        runs = any(item.effects.by == self.name for step in steps if step.run is not None for item in step.run.commands)
        return self._own.tree_needs(facts, stage, folder) if runs else None
