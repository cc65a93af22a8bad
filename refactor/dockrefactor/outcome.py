"""What a transform answers: the vocabulary between the engine and the transforms."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass
from dockrefactor.text import Edit

if TYPE_CHECKING:
    from dockrefactor.facts import Facts


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nothing was changed. `code` is what people type, `says` one sentence, `remedy` what the user can do;
    a `liftable` reason is an assumption that `--assume CODE` accepts."""

    code: str
    says: str
    remedy: str
    liftable: bool = False


class ReasonEnum(Enum):
    """Base of every transform's enum of reasons; each value is a `Reason`."""

    @property
    def reason(self) -> Reason:
        value = self.value
        assert isinstance(value, Reason)
        return value


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """The build context's ignore file as a change leaves it: `path` relative to the context's root; `before` is None
    where there was none."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """A compose file as a change leaves it: `path` relative to the context's root, also one above it."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Start:
    """What CMD or ENTRYPOINT (`keyword`) says now, where the user accepted another start: `after` instead of `before`,
    the words of the exec form where `is_exec`, else the one text of the shell form. The form stays."""

    keyword: str
    is_exec: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Edits of the text, and for people: `why` it is better, the evidence, and assumptions that the user lifted; the
    ignore file and compose files where these change too; `starts` where the container starts otherwise, by the user's
    word alone."""

    edits: tuple[Edit, ...]
    why: str
    evidence: tuple[Evidence, ...] = ()
    assumptions: tuple[Refusal, ...] = ()
    ignore_file: IgnoreFile | None = None
    compose_files: tuple[ComposeFile, ...] = ()
    starts: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True)
class Unneeded:
    """The file has nothing for this transform to do."""

    reason: ReasonEnum
    at: Evidence


@dataclass(frozen=True, slots=True)
class Refusal:
    """The change cannot be shown to be right; `at` is the place that stands against it."""

    reason: ReasonEnum
    at: Evidence


Outcome = Change | Unneeded | Refusal


@dataclass(frozen=True, slots=True)
class Transform:
    """One refactoring: a pure function from facts to an outcome, its reasons, and its name for people; one that is
    `on_request` runs only where the user asks for it."""

    name: str
    run: Callable[[Facts], Outcome]
    reasons: type[ReasonEnum]
    on_request: bool = False

    @property
    def documentation(self) -> str:
        """The transform's docstring."""
        return inspect.getdoc(inspect.getmodule(self.run)) or ""
