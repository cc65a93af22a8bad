"""The engine that builds and runs images, through its command line (`docker` with BuildKit)."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# a run removes what it made, never what another run beside it is using
LABEL: Final = f"dockrefactor.test={uuid.uuid4().hex}"
BUILD_SECONDS: Final = 900
START_SECONDS: Final = 30
POLL_SECONDS: Final = 0.05
_COMMAND_SECONDS: Final = 120
_STEP: Final = re.compile(r"#(?P<number>\d+) \[(?P<place>[^\]]*)\] (?P<text>.*)")
_OUTCOME: Final = re.compile(r"#(?P<number>\d+) (?P<what>CACHED|DONE|ERROR|CANCELED|[0-9.]+ )")


class EngineError(AssertionError):
    """The engine refused, failed or was too slow; the text has what it said."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a build: `text` is the instruction, `cached` whether its result came from the cache."""

    text: str
    cached: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a container said: an HTTP status, or its exit code; and its body, or all that it printed."""

    code: int
    text: str


def objection() -> str:
    """Why no engine can be used here; the empty string where one can."""
    for words in (["version", "--format", "{{.Server.Version}}"], ["buildx", "version"]):
        try:
            done = docker(*words)
        except FileNotFoundError:
            return "there is no docker command"
        except EngineError as error:
            return str(error)
        if done.returncode:
            return f"no Docker engine with BuildKit answers: {done.stderr.strip()}"
    return ""


def docker(*words: str, seconds: float = _COMMAND_SECONDS) -> subprocess.CompletedProcess[str]:
    """Run a docker command to its end, whatever its exit code. Raises EngineError where it takes too long."""
    try:
        return subprocess.run(
            ["docker", *words], capture_output=True, text=True, errors="replace", timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"docker {' '.join(words)}: nothing after {seconds} s") from None


def _said(*words: str) -> str:
    done = docker(*words)
    if done.returncode:
        raise EngineError(f"docker {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def build(context: Path) -> tuple[str, tuple[Step, ...]]:
    """Build the Dockerfile of `context`: the image's id, and the steps. Raises EngineError with the build's output."""
    tag = f"dockrefactor-test:{uuid.uuid4().hex}"
    with _Building(context, "--tag", tag) as building:
        for _ in building.steps():
            pass
        if building.wait():
            raise EngineError(f"the build failed:\n{building.output(lines=60)}")
    return tag, tuple(building.finished)


def steps_until(context: Path, words: Sequence[str]) -> tuple[Step, ...]:
    """The steps of a build of `context` that have one of `words`; the build is broken off where one of them is not
    cached, or all are known (each of `words` stands for one step).

    Raises EngineError where it fails before.
    """
    found: list[Step] = []
    with _Building(context) as building:
        for step in building.steps():
            # the progress shows the instruction's first word in capitals, and ends it at a space alone
            if any(word.lower() in step.text.lower() for word in words):
                found.append(step)
                if not step.cached or len(found) == len(words):
                    return tuple(found)
        if building.wait():
            raise EngineError(f"the build failed:\n{building.output(lines=60)}")
    return tuple(found)


class _Building:
    """A running build; leaving the context breaks it off."""

    def __init__(self, context: Path, *options: str) -> None:
        self.finished: list[Step] = []
        self._lines: list[str] = []
        words = ["docker", "buildx", "build", "--progress=plain", "--label", LABEL, *options, str(context)]
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._clock = threading.Timer(BUILD_SECONDS, self._process.kill)

    def __enter__(self) -> _Building:
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.cancel()
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate()

    def wait(self) -> int:
        return self._process.wait()

    def output(self, *, lines: int) -> str:
        return "".join(self._lines[-lines:])

    def steps(self) -> Iterator[Step]:
        """The steps, each as soon as it is known whether it comes from the cache."""
        texts: dict[str, str] = {}
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.append(line)
            if (named := _STEP.match(line)) is not None:
                if not named["place"].startswith("internal"):
                    texts[named["number"]] = named["text"].strip()
            elif (outcome := _OUTCOME.match(line)) is not None and outcome["number"] in texts:
                step = Step(texts.pop(outcome["number"]), outcome["what"] == "CACHED")
                self.finished.append(step)
                yield step


def warnings(context: Path) -> set[tuple[str, str]]:
    """What `docker build --check` says of the Dockerfile of `context`: rule and detail."""
    done = docker("buildx", "build", "--call=check,format=json", str(context))
    try:
        found: Any = json.loads(done.stdout)
    except ValueError:
        raise EngineError(f"docker build --check: {done.stderr.strip()}") from None
    return {(item["ruleName"], item["detail"]) for item in found["warnings"] or ()}


def image(tag: str) -> dict[str, Any]:
    """The image as `docker image inspect` describes it."""
    found: dict[str, Any] = json.loads(_said("image", "inspect", tag))[0]
    return found


def remove_image(tag: str) -> None:
    docker("image", "rm", "--force", tag)


def remove_leavings() -> None:
    """Containers and images of this run that are still there."""
    containers = docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}").stdout.split()
    if containers:
        docker("rm", "--force", "--volumes", *containers)
    images = docker("image", "ls", "--quiet", "--filter", f"label={LABEL}").stdout.split()
    if images:
        docker("image", "rm", "--force", *images)


def user_id(tag: str) -> int | None:
    """The user that a program of the image runs as, None where the image has no `id`."""
    done = docker("run", "--rm", "--label", LABEL, "--entrypoint", "id", tag, "-u")
    return int(done.stdout) if done.returncode == 0 else None


def run_to_end(tag: str, env: Mapping[str, str]) -> Answer:
    """Run a container until it ends. Raises EngineError where it does not."""
    name = f"dockrefactor-test-{uuid.uuid4().hex}"
    try:
        done = docker("run", "--name", name, "--label", LABEL, *_env(env), tag, seconds=START_SECONDS * 2)
    finally:
        docker("rm", "--force", "--volumes", name)
    return Answer(done.returncode, done.stdout + done.stderr)


def ask(tag: str, env: Mapping[str, str], port: int, path: str, wanted: int) -> Answer:
    """Start a container, and GET `path` from its `port` until the answer has the status `wanted`.

    Raises EngineError with the container's output where it ends, or does not answer in time; another status is the
    answer then.
    """
    container = _said("run", "--detach", "--label", LABEL, "--publish", f"127.0.0.1::{port}", *_env(env), tag).strip()
    try:
        return _asked(container, port, path, wanted)
    finally:
        docker("rm", "--force", "--volumes", container)


def _asked(container: str, port: int, path: str, wanted: int) -> Answer:
    state = json.loads(_said("inspect", container))[0]
    ports = state["NetworkSettings"]["Ports"].get(f"{port}/tcp")
    limit = time.monotonic() + START_SECONDS
    answer: Answer | None = None
    looked = time.monotonic()
    while ports and time.monotonic() < limit:
        answer = _get(int(ports[0]["HostPort"]), path) or answer
        if answer is not None and answer.code == wanted:
            return answer
        if time.monotonic() - looked > 1:
            looked = time.monotonic()
            if not json.loads(_said("inspect", container))[0]["State"]["Running"]:
                break
        time.sleep(POLL_SECONDS)
    if answer is not None:
        return answer
    logs = docker("logs", "--tail", "40", container)
    raise EngineError(f"the container does not answer at port {port}; it printed:\n{logs.stdout}{logs.stderr}")


def _get(port: int, path: str) -> Answer | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(response.status, response.read().decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _env(env: Mapping[str, str]) -> Sequence[str]:
    return [word for name, value in env.items() for word in ("--env", f"{name}={value}")]
