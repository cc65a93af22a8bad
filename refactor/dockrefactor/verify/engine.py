"""The engine that builds and runs images, through its command line: docker with buildx, podman, or buildah.

All that a run makes carries a label of its own, by which it is removed, whatever becomes of the run: a watcher beside
it (`verify.watcher`) outlives a crash.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from dockrefactor.records import dataclass

PROGRAMS: Final = ("docker", "podman", "buildah")
LABEL: Final = "dockrefactor.verify"
COMMAND_SECONDS: Final = 120.0
_ANSWER_SECONDS: Final = 20.0
_END_SECONDS: Final = 10.0
_NO_SPACE: Final = ("no space left on device", "disk quota exceeded")
_NO_ENGINE: Final = (
    "cannot connect to the docker daemon",
    "error during connect",
    "is the docker daemon running",
)


class EngineError(Exception):
    """The engine refused or failed; the text has what it said."""


class CouldNotTryError(EngineError):
    """Nothing can be said of the images: the engine is gone, the disk is full, or something took too long."""


class TooSlowError(CouldNotTryError):
    """Something took longer than it may."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command of the engine that ended: its exit code and what it printed."""

    code: int
    out: str
    err: str


class Engine:
    """One engine, and one run with it: everything made through it is labelled and removed by `close`."""

    def __init__(self, program: str, *, keep: bool = False) -> None:
        self.program = program
        self.keep = keep
        self.run_id = uuid.uuid4().hex
        self.label = f"{LABEL}={self.run_id}"
        self._watcher = None if keep else _Watcher(program, self.label)
        self._running: set[subprocess.Popen[Any]] = set()

    @property
    def runs_containers(self) -> bool:
        return self.program != "buildah"

    @property
    def is_docker(self) -> bool:
        return self.program == "docker"

    def new_name(self) -> str:
        """A name for an image or a container of this run."""
        return f"dockrefactor-verify-{uuid.uuid4().hex[:16]}"

    def run(self, *words: str, seconds: float = COMMAND_SECONDS, data: bytes | None = None) -> Done:
        """Run a command to its end, whatever its exit code. Raises CouldNotTryError where it takes too long."""
        done = self.run_raw(*words, seconds=seconds, data=data)
        return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def run_raw(
        self, *words: str, seconds: float = COMMAND_SECONDS, data: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """The same, with its output as bytes."""
        # an empty input is one: the engine must not read the user's terminal
        with self.started(*words, stdin=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(data or b"", timeout=seconds)
            except subprocess.TimeoutExpired:
                raise TooSlowError(f"{self._shown(words)}: nothing after {seconds:.0f} s") from None
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def said(self, *words: str, seconds: float = COMMAND_SECONDS) -> str:
        """What a command prints. Raises EngineError where it fails."""
        done = self.run(*words, seconds=seconds)
        if done.code:
            raise self.failure(self._shown(words), done.err)
        return done.out

    def inspected(self, kind: str, name: str) -> dict[str, Any]:
        """What the engine knows of an `image` or a `container`. Raises EngineError."""
        words = (kind, "inspect", name) if self.runs_containers else ("inspect", "--type", kind, name)
        found = json.loads(self.said(*words))
        first: dict[str, Any] = found[0] if isinstance(found, list) else found
        return first

    def failure(self, what: str, said: str) -> EngineError:
        """The error for a command that failed: one that nobody's image is to blame for, where that can be told."""
        last = [line for line in said.strip().splitlines() if line.strip()][-1:] or ["it says nothing"]
        if any(words in said.lower() for words in _NO_SPACE):
            return CouldNotTryError(f"the disk is full: {last[0].strip()}")
        # the last line is the engine's own; a step may print the like of its tests
        if any(words in last[0].lower() for words in _NO_ENGINE) or not self.answers():
            return CouldNotTryError(f"{self.program} does not answer any more: {last[0].strip()}")
        return EngineError(f"{what}: {last[0].strip()}")

    def answers(self) -> bool:
        """Whether the engine is there."""
        try:
            return self.run(*_version(self.program), seconds=_ANSWER_SECONDS).code == 0
        except CouldNotTryError:
            return False

    @contextlib.contextmanager
    def started(self, *words: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
        """A command of the engine while it runs; leaving the context ends it."""
        # a group of its own: an interrupt at the terminal is ours to handle, in our order
        process = subprocess.Popen(
            [self.program, *words],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
            start_new_session=True,
        )
        self._running.add(process)
        if self._watcher is not None:
            self._watcher.tell(f"started {process.pid}")
        try:
            yield process
        finally:
            end(process)
            self._running.discard(process)
            if self._watcher is not None:
                self._watcher.tell(f"ended {process.pid}")

    def remove_images(self, *names: str) -> None:
        """Remove images of this run, unless they are to be kept."""
        if names and not self.keep:
            words = ("image", "rm", "--force") if self.runs_containers else ("rmi", "--force")
            self.run(*words, *names)

    def close(self) -> None:
        """End what runs, and remove everything that this run made and is still there."""
        for process in list(self._running):
            end(process)
        if self._watcher is None:
            return
        with contextlib.suppress(CouldNotTryError):
            remove_labelled(self.program, self.label)
        self._watcher.dismiss()

    def _shown(self, words: Sequence[str]) -> str:
        return " ".join([self.program, *words[:3]])


def find(wanted: str | None = None, *, keep: bool = False) -> Engine:
    """The first engine that answers, or the wanted one. Raises CouldNotTryError with what stands against each."""
    objections = []
    for program in [wanted] if wanted else PROGRAMS:
        objection = _objection(program)
        if not objection:
            return Engine(program, keep=keep)
        objections.append(f"{program}: {objection}")
    raise CouldNotTryError(f"no engine to build with: {'; '.join(objections)}")


def _objection(program: str) -> str:
    """Why `program` cannot be used here; the empty string where it can."""
    if shutil.which(program) is None:
        return "there is no such program"
    asked = [_version(program)] + ([("buildx", "version")] if program == "docker" else [])
    for words in asked:
        try:
            done = subprocess.run(
                [program, *words], capture_output=True, timeout=_ANSWER_SECONDS, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            return "it does not answer"
        except OSError as error:
            return str(error)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            return said[-1].strip() if said else "it does not answer"
    return ""


def _version(program: str) -> tuple[str, ...]:
    """A command that only a working engine answers."""
    return {"docker": ("version", "--format", "{{.Server.Version}}"), "podman": ("info",)}.get(
        program, ("images", "-q")
    )


def end(process: subprocess.Popen[Any]) -> None:
    """End a process with its group: kindly, then for certain."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            os.killpg(process.pid, number) if hasattr(os, "killpg") else process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
    streams: tuple[IO[Any] | None, ...] = (process.stdin, process.stdout, process.stderr)
    for stream in streams:
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def remove_labelled(program: str, label: str) -> None:
    """Remove the containers and images with a label. Raises CouldNotTryError where the engine does not answer."""
    kinds: list[tuple[str, tuple[str, ...], tuple[str, ...]]]
    kinds = [("images", ("images", "--quiet", "--no-trunc"), ("rmi", "--force"))]
    if program != "buildah":
        kinds.insert(0, ("containers", ("ps", "--all", "--quiet"), ("rm", "--force", "--volumes")))
    for kind, listing, removal in kinds:
        found = _names(program, *listing, "--filter", f"label={label}")
        if found:
            _names(program, *removal, *dict.fromkeys(found), what=kind)


def _names(program: str, *words: str, what: str = "") -> list[str]:
    try:
        done = subprocess.run(
            [program, *words], capture_output=True, timeout=COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise CouldNotTryError(f"{program} cannot remove {what or 'what is left'}: {error}") from None
    return done.stdout.decode("utf-8", "replace").split()


class _Watcher:
    """A process that removes what is left where this one is gone without having said goodbye."""

    def __init__(self, program: str, label: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("watcher.py")), program, label],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def tell(self, line: str) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()

    def dismiss(self) -> None:
        self.tell("done")
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.wait()
