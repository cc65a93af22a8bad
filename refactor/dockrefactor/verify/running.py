"""Running an image and watching it: what it answers, prints and writes, how it ends, what its health check says."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.verify import answers
from dockrefactor.verify.answers import Answer
from dockrefactor.verify.engine import Engine, TooSlowError
from dockrefactor.verify.images import Configured

START_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 8.0
_POLL: Final = 0.1
_BETTER_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 1.0
_SILENT_SECONDS: Final = 5.0
_SMOKE_SECONDS: Final = 120.0
_SHELL: Final = regex(r"[|&;<>()$`*?~\n]")
_ADVICE: Final = regex(r"(?:Run|See) '")
_LISTENING: Final = regex(r"^\s*\d+: [0-9A-F]+:(?P<port>[0-9A-F]{4}) [0-9A-F]+:0000 0A ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trial:
    """How images are tried. `ports` beside those that EXPOSE names; `paths` for HTTP, all of which must answer with
    `status` where one is given; `exit` is the exit code that the program is meant to end with, where it is another than
    0; `smoke` are commands of the user's own; `seconds` is how long a start may take, `settle` how long a program
    without a port must keep running; `entrypoint` and `command` what is started instead of the image's own."""

    ports: tuple[int, ...] = ()
    paths: tuple[str, ...] = ("/",)
    status: int | None = None
    exit: int = 0
    smoke: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    seconds: float = START_SECONDS
    settle: float = SETTLE_SECONDS
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Smoke:
    """A command of the user's own that ran in the container: its exit code and what it printed."""

    command: str
    code: int
    output: str


@dataclass(frozen=True, slots=True)
class Observation:
    """A container that was watched. `code` is its exit code, None where it went on running; `answers` are by port and
    path, `listening` the ports where somebody listens (None where that could not be seen); `written` the paths that it
    made or changed; `health` as the engine says it, `""` without a health check; `seconds` how long it took; `errors`
    is the part of `output` that went to standard error."""

    code: int | None
    output: str
    answers: Mapping[tuple[int, str], Answer]
    listening: frozenset[int] | None
    written: frozenset[str]
    health: str
    smoke: tuple[Smoke, ...]
    seconds: float
    errors: str = ""

    @property
    def runs(self) -> bool:
        return self.code is None


def observe(engine: Engine, image: Configured, trial: Trial) -> Observation:
    """Start a container of `image`, watch it, and remove it. Raises EngineError where it cannot even be made."""
    container = _Container(engine, image, trial)
    try:
        return container.watched()
    finally:
        container.remove()


class _Container:
    def __init__(self, engine: Engine, image: Configured, trial: Trial) -> None:
        self._engine = engine
        self._image = image
        self._trial = trial
        self._host, published = _host()
        self._ports = tuple(dict.fromkeys([*trial.ports, *image.ports]))
        self.name = engine.new_name()
        words = ["run", "--detach", "--name", self.name, "--label", engine.label]
        words += [word for port in self._ports for word in ("--publish", f"{published}:{port}")]
        words += [word for name, value in trial.env.items() for word in ("--env", f"{name}={value}")]
        if image.healthcheck:
            words += ["--health-interval", "2s"]
        self._started = time.monotonic()
        self._answers: dict[tuple[int, str], Answer] = {}
        self._published: dict[int, int] = {}
        words += ["--entrypoint", trial.entrypoint[0]] if trial.entrypoint else []
        done = engine.run(*words, image.name, *trial.entrypoint[1:], *trial.command)
        # what the engine cannot start is an answer of the image: no such program, or one that may not be executed
        self._refused = done.err.strip() if done.code in (125, 126, 127) else ""
        if done.code and not self._refused:
            raise engine.failure("run", done.err)
        if self._refused and not engine.answers():
            raise engine.failure("run", done.err)

    def remove(self) -> None:
        self._engine.run("rm", "--force", "--volumes", self.name)

    def watched(self) -> Observation:
        if self._refused:
            # the client's advice comes last
            lines = [line for line in self._refused.splitlines() if line.strip() and not _ADVICE.match(line)]
            last = lines[-1] if lines else self._refused
            refused = 126 if "permission denied" in last.lower() else 127
            return Observation(refused, last, {}, frozenset(), frozenset(), "", (), self._age)
        state, listening = self._wait()
        smoke: tuple[Smoke, ...] = ()
        if state["Running"]:
            self._ask_again()
            smoke = tuple(self._smoke(command) for command in self._trial.smoke)
            state = self._settled(state)
        health = str(((state.get("Health") or state.get("Healthcheck") or {}).get("Status")) or "")
        code = None if state["Running"] else int(state["ExitCode"])
        if code is not None:
            smoke = tuple(self._smoke_alone(command) for command in self._trial.smoke)
        logs = self._engine.run("logs", self.name)
        written = self._written()
        said = logs.out + logs.err
        return Observation(code, said, self._answers, listening, written, health, smoke, self._age, logs.err)

    @property
    def _age(self) -> float:
        return time.monotonic() - self._started

    def _state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._engine.inspected("container", self.name)["State"]
        return found

    def _wait(self) -> tuple[dict[str, Any], frozenset[int] | None]:
        """Until it has answered, ended, or kept running long enough."""
        looked, listening = 0.0, None
        heard: float | None = None  # since when somebody listens at every port
        while True:
            if self._all_answered():
                return {"Running": True}, frozenset(port for port, _ in self._answers)
            if self._age - looked > _LOOK_SECONDS or not self._ports:
                looked = self._age
                state = self._state()
                if not state["Running"]:
                    return state, listening
                listening = self._listening()
                is_heard = listening is not None and bool(self._ports) and set(self._ports) <= listening
                heard = (heard or self._age) if is_heard else None
                if self._age > self._trial.seconds or (self._age > self._trial.settle and not self._ports):
                    self._ask_unpublished(listening)
                    return state, listening
                # whoever has just begun to listen has not been asked since
                silent = heard is not None and self._age > max(self._trial.settle, heard + _SILENT_SECONDS)
                if silent and not self._answers:
                    return state, listening
            time.sleep(_POLL)

    def _all_answered(self) -> bool:
        """Ask every path that is still without a good answer at the first port that gives one."""
        for port in self._ports:
            address = self._address(port)
            if address is None:
                continue
            wanted = [(port, path) for path in self._trial.paths]
            for key in wanted:
                known = self._answers.get(key)
                if known is None or not self._is_good(known):
                    found = answers.get(self._host, address, key[1])
                    if found is not None:
                        self._answers[key] = found
            if all(key in self._answers and self._is_good(self._answers[key]) for key in wanted):
                return True
        return False

    def _is_good(self, answer: Answer) -> bool:
        """Whether to take an answer for the last: a program that is still starting says 503 or the like."""
        if self._trial.status is not None:
            return answer.status == self._trial.status
        return 0 < answer.status < 500 or self._age > self._trial.settle + _BETTER_SECONDS

    def _ask_again(self) -> None:
        for (port, path), answer in list(self._answers.items()):
            address = self._address(port)
            second = answers.get(self._host, address, path) if address is not None and answer.status else None
            if second is not None and second.status == answer.status:
                self._answers[(port, path)] = Answer(answer.status, answer.body, second.body)

    def _ask_unpublished(self, listening: frozenset[int] | None) -> None:
        """Ports that nobody told of are asked at the container's own address, where this host reaches it."""
        if not listening or self._answers:
            return
        found = self._engine.inspected("container", self.name).get("NetworkSettings") or {}
        networks = [found, *(found.get("Networks") or {}).values()]
        address = next((item["IPAddress"] for item in networks if item.get("IPAddress")), "")
        for port in sorted(listening - set(self._ports)) if address else ():
            for path in self._trial.paths:
                answer = answers.get(address, port, path)
                if answer is not None:
                    self._answers[(port, path)] = answer

    def _address(self, port: int) -> int | None:
        """The port of this host that leads to a port of the container."""
        if port not in self._published:
            settings = self._engine.inspected("container", self.name).get("NetworkSettings") or {}
            bindings = (settings.get("Ports") or {}).get(f"{port}/tcp")
            if not bindings:
                return None
            self._published[port] = int(bindings[0]["HostPort"])
        return self._published[port]

    def _listening(self) -> frozenset[int] | None:
        """Ports at which a process of the container listens; None where the container cannot tell."""
        done = self._engine.run("exec", self.name, "cat", "/proc/net/tcp", "/proc/net/tcp6")
        if not done.out.strip():
            return None
        found = {int(match["port"], 16) for match in _LISTENING.finditer(done.out)}
        # the engine's own name server listens at a loopback address of every container of a network
        return frozenset(port for port in found if port < 32768 or port in self._ports)

    def _settled(self, state: dict[str, Any]) -> dict[str, Any]:
        """The state once the health check has said something."""
        state = self._state()
        limit = time.monotonic() + self._trial.seconds
        while self._image.healthcheck and state["Running"] and time.monotonic() < limit:
            health = state.get("Health") or state.get("Healthcheck") or {}
            if health.get("Status") not in ("starting", "", None):
                break
            if not self._engine.is_docker:
                # podman leaves the checks to timers of systemd, which need not be there
                self._engine.run("healthcheck", "run", self.name)
            time.sleep(_POLL * 5)
            state = self._state()
        return state

    def _written(self) -> frozenset[str]:
        """Paths that the container made or changed; folders only where nothing in them is one of these."""
        done = self._engine.run("diff", self.name)
        paths = sorted(line[2:] for line in done.out.splitlines() if line[:2] in ("A ", "C "))
        return frozenset(
            path for at, path in enumerate(paths) if not (at + 1 < len(paths) and paths[at + 1].startswith(f"{path}/"))
        )

    def _smoke(self, command: str) -> Smoke:
        return self._ran(command, "exec", self.name, *_command(command))

    def _smoke_alone(self, command: str) -> Smoke:
        """In a container of its own, since the program has ended."""
        program, *rest = _command(command)
        words = ["run", "--rm", "--label", self._engine.label, "--entrypoint", program, self._image.name]
        return self._ran(command, *words, *rest)

    def _ran(self, command: str, *words: str) -> Smoke:
        try:
            done = self._engine.run(*words, seconds=_SMOKE_SECONDS)
        except TooSlowError:
            return Smoke(command, 124, f"not done after {_SMOKE_SECONDS:.0f} s")
        return Smoke(command, done.code, done.out + done.err)


def _command(text: str) -> list[str]:
    """A command line as words; a shell's where it has a shell's signs."""
    return ["sh", "-c", text] if _SHELL.search(text) else shlex.split(text)


def _host() -> tuple[str, str]:
    """Where ports of containers are reached, and the address that they are published at."""
    engine = urlsplit(os.environ.get("DOCKER_HOST", ""))
    if engine.scheme in ("tcp", "ssh", "http", "https") and engine.hostname not in (None, "localhost", "127.0.0.1"):
        return str(engine.hostname), "0.0.0.0:"
    return "127.0.0.1", "127.0.0.1:"


__all__ = ["Observation", "Smoke", "Trial", "observe"]
