"""Images of the cases: the original and the result of each, built ahead of the tests that look at them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path

import engine
from cases import DOCKERFILE, Case, context_of, result_of

# an engine without access to a registry cannot fetch the frontend that this line names; its own is as new
_FRONTEND = re.compile(rb"\A(\xef\xbb\xbf)?#[ \t]*syntax[ \t]*=[^\n]*\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Image:
    """A built image, by its tag, and the context that it was built from."""

    tag: str
    context: Path


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a refactoring did to an image: sizes in bytes, and the user of its configuration."""

    case: str
    before: int
    after: int
    user: str

    def __str__(self) -> str:
        return f"| {self.case} | {self.before / 1e6:.0f} | {self.after / 1e6:.0f} | {self.user or 'root'} |"


@dataclass(frozen=True, slots=True)
class Built:
    """The images of one case to come; asking for one waits for it, and raises what its build raised."""

    case: Case
    _original: Future[Image]
    _result: Future[Image]
    sizes: list[Sizes]

    @property
    def original(self) -> Image:
        return self._original.result()

    @property
    def result(self) -> Image:
        """The original where nothing was changed."""
        return self._result.result() if result_of(self.case).changed else self.original

    def remove(self) -> None:
        for future in (self._original, self._result):
            if not future.cancel() and future.exception() is None:
                engine.remove_image(future.result().tag)


@dataclass(slots=True)
class Workshop:
    """Builds in the background. `sizes` is what the tests measured so far."""

    pool: Executor
    folder: Path
    sizes: list[Sizes] = field(default_factory=list)
    _begun: dict[str, Built] = field(default_factory=dict)

    def begin(self, cases: Iterable[Case]) -> None:
        """Begin to build, in this order."""
        for case in cases:
            self.of(case)

    def of(self, case: Case) -> Built:
        if case.name not in self._begun:
            # made here, since the refactoring itself is not for threads
            result = result_of(case)
            original = self._build(case, "original", result.before)
            changed: Future[Image] = self._build(case, "result", result.after) if result.changed else Future()
            self._begun[case.name] = Built(case, original, changed, self.sizes)
        return self._begun[case.name]

    def _build(self, case: Case, name: str, text: str) -> Future[Image]:
        return self.pool.submit(_built, case, self.folder / case.name / name, text.encode())


def _built(case: Case, context: Path, dockerfile: bytes) -> Image:
    copy_context(context_of(case.name), context)
    (context / DOCKERFILE).write_bytes(_FRONTEND.sub(rb"\1", dockerfile))
    tag, _ = engine.build(context)
    return Image(tag, context)


def copy_context(source: Path, target: Path) -> None:
    """Copy a context, links as links."""
    shutil.copytree(source, target, symlinks=True)
