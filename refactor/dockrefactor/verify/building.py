"""Building an image, step by step: what each step is, and whether its result came from the cache."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field, replace
from dockrefactor.verify import network
from dockrefactor.verify.engine import CouldNotTryError, Engine, EngineError, TooSlowError

BUILD_SECONDS: Final = 1800.0
_SHOWN_LINES: Final = 25
_STEP: Final = regex(r"#(?P<number>\d+) \[(?P<place>[^\]]*)\] (?P<text>.*)")
_OUTCOME: Final = regex(r"#(?P<number>\d+) (?P<what>CACHED|DONE|ERROR|CANCELED|[0-9.]+ )")
_PODMAN_STEP: Final = regex(r"(?:\[\d+/\d+\] )?STEP \d+(?:/\d+)?: (?P<text>.*)")
_FROM_STEP: Final = regex(r"FROM\s", re.IGNORECASE)

_COLOUR: Final = regex(r"\x1b\[[0-9;]*m")

Progress = Callable[[str], None]


class NetworkError(CouldNotTryError):
    """Something that the build needs could not be fetched."""


class BuildError(EngineError):
    """The Dockerfile does not build; `output` has the last lines of what was said."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a build: `text` is the instruction, `cached` whether its result came from the cache."""

    text: str
    cached: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """Options that every build is given as they are: `args` and `secrets` as the engine's own options take them."""

    args: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    platform: str = ""
    target: str = ""
    network: str = ""
    seconds: float = BUILD_SECONDS


@dataclass(frozen=True, slots=True)
class Recipe:
    """A Dockerfile's text with its build context; `stages` are the names that `--target` may have; `ignore` is the text
    of an ignore file that is to be taken for the context's own."""

    text: str
    context: Path
    name: str = "Dockerfile"
    stages: frozenset[str] = field(default_factory=frozenset)
    passed: Passed = field(default_factory=Passed)
    ignore: str | None = None

    def in_context(self, folder: Path) -> Recipe:
        """The same Dockerfile with another context."""
        return replace(self, context=folder)


@dataclass(frozen=True, slots=True)
class Built:
    """An image that was built, by its name, and the steps of the build."""

    name: str
    steps: tuple[Step, ...]


@contextlib.contextmanager
def _files(recipe: Recipe) -> Iterator[Path]:
    """The Dockerfile in a folder of its own, with the ignore file that belongs to it."""
    with tempfile.TemporaryDirectory(prefix="dockrefactor-") as folder:
        file = Path(folder) / "Dockerfile"
        file.write_bytes(recipe.text.encode())
        ignore = recipe.context / f"{recipe.name}.dockerignore"
        if recipe.ignore is not None:
            Path(f"{file}.dockerignore").write_bytes(recipe.ignore.encode())
        elif ignore.is_file():
            shutil.copy(ignore, f"{file}.dockerignore")
        yield file


def build(engine: Engine, recipe: Recipe, progress: Progress | None = None) -> Built:
    """Build an image. Raises BuildError where the Dockerfile is at fault, CouldNotTryError where something else is."""
    name = engine.new_name()
    with _Building(engine, recipe, name) as building:
        for step in building.steps():
            if progress is not None:
                progress(step.text)
        building.must_succeed()
    return Built(name, tuple(building.finished))


def steps_until(engine: Engine, recipe: Recipe, words: Sequence[str]) -> tuple[Step, ...]:
    """The steps of a build that have one of `words`; the build is broken off where one of them is not cached, or all
    are known (each of `words` stands for one step). Raises as `build` does where it fails before."""
    found: list[Step] = []
    with _Building(engine, recipe, "") as building:
        for step in building.steps():
            # the progress shows the instruction's first word in capitals, and ends it at a space alone
            if any(word.lower() in step.text.lower() for word in words):
                found.append(step)
                if not step.cached or len(found) == len(words):
                    return tuple(found)
        building.must_succeed()
    return tuple(found)


def warnings(engine: Engine, recipe: Recipe) -> frozenset[tuple[str, str]] | None:
    """What `docker build --check` says: rule and detail. None where the engine has no such check."""
    if not engine.is_docker:
        return None
    with _files(recipe) as file:
        words = [*_options(recipe), "--call=check,format=json", "--file", str(file), str(recipe.context)]
        done = engine.run("buildx", "build", *words)
    try:
        found: Any = json.loads(done.out)
        return frozenset((str(item["ruleName"]), str(item["detail"])) for item in found["warnings"] or ())
    except (ValueError, KeyError, TypeError):
        raise engine.failure("docker build --check", done.err or done.out) from None


def _options(recipe: Recipe) -> list[str]:
    passed = recipe.passed
    found = [word for value in passed.args for word in ("--build-arg", value)]
    found += [word for value in passed.secrets for word in ("--secret", value)]
    found += [f"--platform={passed.platform}"] if passed.platform else []
    found += [f"--network={passed.network}"] if passed.network else []
    if passed.target and passed.target.lower() in recipe.stages:
        found.append(f"--target={passed.target}")
    return found


class _Building:
    """A running build; leaving the context breaks it off. Without a name, no image is kept of it."""

    def __init__(self, engine: Engine, recipe: Recipe, name: str) -> None:
        self.finished: list[Step] = []
        self._engine = engine
        self._recipe = recipe
        self._name = name
        self._lines: list[str] = []
        self._late = False
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> _Building:
        file = self._stack.enter_context(_files(self._recipe))
        words = [*_options(self._recipe), "--label", self._engine.label, "--file", str(file)]
        if self._engine.is_docker:
            words = ["buildx", "build", "--progress=plain", *words]
            # one of the other builders leaves the image in its cache otherwise
            words += ["--load", "--tag", self._name] if self._name else []
        else:
            # the other format of theirs has no place for HEALTHCHECK, ONBUILD and SHELL
            words = ["build", "--layers", "--format", "docker", *words, *(["--tag", self._name] if self._name else [])]
        self._process = self._stack.enter_context(
            self._engine.started(*words, str(self._recipe.context), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        )
        self._clock = threading.Timer(self._recipe.passed.seconds, self._stop)
        self._clock.daemon = True
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.cancel()
        self._stack.close()

    def _stop(self) -> None:
        self._late = True
        with contextlib.suppress(OSError):
            self._process.terminate()

    def must_succeed(self) -> None:
        """Raises where the build failed or was stopped."""
        code = self._process.wait()
        if self._late:
            raise TooSlowError(f"the build did not end in {self._recipe.passed.seconds:.0f} s")
        if code:
            output = "".join(self._lines)
            error = self._engine.failure("the build failed", output)
            if isinstance(error, CouldNotTryError):
                raise error
            if said := network.failure(self._lines):
                raise NetworkError(f"a download failed: {said}")
            raise BuildError("the build failed", _shown(self._lines))

    def steps(self) -> Iterator[Step]:
        """The steps, each as soon as it is known whether it comes from the cache."""
        assert self._process.stdout is not None
        lines = (line.decode("utf-8", "replace") for line in self._process.stdout)
        for step in (self._buildkit if self._engine.is_docker else self._podman)(lines):
            self.finished.append(step)
            yield step

    def _buildkit(self, lines: Iterator[str]) -> Iterator[Step]:
        texts: dict[str, str] = {}
        for line in lines:
            self._lines.append(line)
            if (named := _STEP.match(line)) is not None:
                if not named["place"].startswith("internal"):
                    texts[named["number"]] = named["text"].strip()
            elif (outcome := _OUTCOME.match(line)) is not None and outcome["number"] in texts:
                yield Step(texts.pop(outcome["number"]), outcome["what"] == "CACHED")

    def _podman(self, lines: Iterator[str]) -> Iterator[Step]:
        text, cached = "", False
        for line in lines:
            self._lines.append(line)
            if (named := _PODMAN_STEP.match(line)) is not None:
                if text:
                    yield Step(text, cached)
                text, cached = named["text"].strip(), False
            elif line.startswith("--> Using cache"):
                cached = True
        if text:
            yield Step(text, cached)


def _shown(lines: Sequence[str]) -> str:
    """The last lines of the step that failed, and what the engine says below: where it stands in the Dockerfile."""
    said = [line.rstrip("\n") for line in network.failed_step(lines)[-_SHOWN_LINES:]]
    rule = next((at for at in reversed(range(len(lines))) if lines[at].startswith("------\n")), len(lines))
    below = [line.rstrip("\n") for line in lines[rule + 1 :]]
    return _COLOUR.sub("", "\n".join([*said, *below]))


def counted(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps that do something: every one but FROM."""
    return tuple(step for step in steps if not _FROM_STEP.match(step.text))
