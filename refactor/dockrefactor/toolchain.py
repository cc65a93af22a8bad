"""What every toolchain answers: the vocabulary between the languages and the transforms.

A toolchain is one entry of `toolchains.TOOLCHAINS`. It reads commands, manifests and sources of its language, and gives
claims with evidence; it never changes a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from dockrefactor.effects import Effects
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.records import dataclass, field
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Step

if TYPE_CHECKING:
    from dockrefactor.facts import Facts


@dataclass(frozen=True, slots=True)
class Detection:
    """The toolchain of a stage, for people: what was found and where."""

    language: str
    manager: str
    framework: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A path that the builder makes and the runtime needs. `path` is the same absolute path in both stages."""

    path: str
    is_folder: bool
    evidence: Evidence


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
    `ports`: TCP ports; `unknown`: claims that nobody can check, each with the reason code of the refusal.
    """

    programs: tuple[Claim, ...] = ()
    os_packages: tuple[tuple[str, Evidence], ...] = ()
    writes: tuple[Claim, ...] = ()
    home: bool = False
    ports: tuple[Claim, ...] = ()
    unknown: tuple[tuple[str, Evidence], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How one toolchain's build is split.

    `prologue`: instructions after the builder's FROM, or before the step `prologue_before`; `epilogue`: instructions
    after its last step; `environment`: instructions that the runtime needs too; `artifacts`: what is copied from the
    builder; `tree`: the work folder that is taken whole from the builder, None where the runtime takes the sources from
    the context; `context_paths`: the only context paths that the runtime copies of those that the original put below
    `source_tree`, None for all of them; `edits`: prefixes of build commands; `static`: the program is statically
    linked; `gain`: why a split is worth it, None where builder
    and runtime would be the same; `assumed`: obstacles that the user lifted.
    """

    prologue: tuple[str, ...] = ()
    prologue_before: Step | None = None
    epilogue: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    tree: str | None = None
    context_paths: tuple[str, ...] | None = None
    source_tree: str | None = None
    edits: tuple[CommandEdit, ...] = ()
    static: bool = False
    gain: str | None = None
    evidence: tuple[Evidence, ...] = ()
    assumed: tuple[Blocked, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a toolchain cannot plan: a reason code and where."""

    code: str
    evidence: Evidence


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

    def detect(self, facts: Facts) -> Detection | None:
        """Whether the final stage is of this language."""

    def needs(self, facts: Facts) -> RuntimeNeeds:
        """What the program asks of the image that runs it."""

    def plan(self, facts: Facts) -> Plan | Blocked:
        """How to split it."""

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        """What of `folder`, built in the stage with that index, the final stage needs."""
