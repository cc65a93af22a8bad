"""Where the steps of a stage go when it is split."""

from __future__ import annotations

from dockrefactor.records import dataclass, field
from dockrefactor.stages import Step
from dockrefactor.toolchain import Artifact


@dataclass(slots=True)
class Slot:
    """Where one step goes. A text of None means: as the author wrote it, with its comments."""

    step: Step
    builder: bool = False
    runtime: bool = False
    builder_text: str | None = None
    runtime_text: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    keeps_comments: bool = True  # whether the runtime's text stands for the whole step
    drops_comments: bool = False  # whether the comments speak of what the builder alone gets


@dataclass(slots=True)
class Placement:
    """All slots, the index of the builder's last one, packages that the runtime needs beyond them, the owner that the
    copied tree must have, and the packages that the author's own steps install in the runtime."""

    slots: list[Slot]
    last_builder: int
    extra_packages: list[str] = field(default_factory=list)
    owner: str | None = None
    kept_os_packages: list[str] = field(default_factory=list)
