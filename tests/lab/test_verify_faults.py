"""What goes wrong around a proof is said clearly, is never taken for a verdict, and leaves nothing behind.

The shared engine is never harmed: it is reached through a socket of the test's own, or another one is started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from conftest import provide
from dockrefactor.verify.engine import Engine
from pairs import CONTEXT, PAIRS

pytestmark = pytest.mark.lab
PROGRAM = Path(sys.executable).with_name("dockrefactor")
SOCKET = "/var/run/docker.sock"
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a Dockerfile and its original; everything built of it carries the label `mark`."""

    folder: Path
    mark: str

    def write(self, extra: str = "", text: str = PAIRS[0].original) -> None:
        """The Dockerfile, and an original beside it that differs by a comment."""
        made = text.replace("EXPOSE", f"LABEL test.run={self.mark}\n{extra}EXPOSE")
        (self.folder / "Dockerfile").write_text(made, encoding="utf-8")
        (self.folder.parent / "original").write_text(f"# the original\n{made}", encoding="utf-8")

    def start(self, *options: str, host: str = "") -> subprocess.Popen[str]:
        """`dockrefactor verify` in the background."""
        env = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
        words = [PROGRAM, "verify", "--against", "../original", "--engine", "docker", "--no-rebuild", *options, "."]
        # a test run in the background passes on that interrupts are ignored
        heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        return subprocess.Popen(
            words, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heeds
        )

    def leavings(self) -> list[str]:
        """Images and containers that are there."""
        found = []
        for words in (["images", "--quiet"], ["ps", "--all", "--quiet"]):
            listed = ["docker", *words, "--filter", f"label=test.run={self.mark}"]
            found += subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
        return found


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Place:
    provide("python:3.13-slim")
    for name, text in CONTEXT.items():
        path = tmp_path / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Place(tmp_path / "context", uuid.uuid4().hex)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and everything that was printed."""
    out, err = process.communicate(timeout=_SECONDS)
    return process.returncode, out + err


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something that must come true."""
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come true in time"
        time.sleep(0.2)


def is_built(mark: str) -> bool:
    """Whether the engine runs the step that hangs."""
    found = subprocess.run(["pgrep", "--full", f"sleep 600.*{mark}"], capture_output=True, check=False)
    return found.returncode == 0


def hanging(place: Place) -> str:
    """A step that hangs, and can be told from those of other tests."""
    return f"RUN sh -c 'sleep 600; echo {place.mark}'\n"


def test_no_engine_answers(place: Place, tmp_path: Path) -> None:
    place.write()
    code, said = ended(place.start(host=f"unix://{tmp_path}/none.sock"))
    assert code == 2
    assert "no engine to build with: docker: " in said
    assert "Traceback" not in said


def test_a_build_that_hangs_is_broken_off(place: Place) -> None:
    place.write(hanging(place))
    code, said = ended(place.start("--timeout", "8"))
    assert code == 2
    assert "not tried: the build did not end in 8 s" in " ".join(said.split())
    until(lambda: not is_built(place.mark))
    assert place.leavings() == []


def test_an_interrupt_leaves_nothing(place: Place) -> None:
    place.write(hanging(place))
    process = place.start()
    until(lambda: is_built(place.mark))
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    assert code == 130
    assert said.endswith("interrupted\n")
    until(lambda: not is_built(place.mark))
    assert place.leavings() == []


def test_an_interrupt_while_containers_run_leaves_nothing(place: Place) -> None:
    # nobody answers at this port: it is waited for
    place.write(text=PAIRS[0].original.replace('"app.py"]', '"-c", "import time; time.sleep(600)"]'))
    process = place.start("--start-timeout", "100")
    until(lambda: len(place.leavings()) >= 3)
    process.terminate()
    assert ended(process)[0] == 130
    assert place.leavings() == []


def test_a_crash_leaves_nothing(place: Place) -> None:
    place.write(text=PAIRS[0].original.replace('"app.py"]', '"-c", "import time; time.sleep(600)"]'))
    process = place.start("--start-timeout", "100")
    until(lambda: len(place.leavings()) >= 3)
    process.kill()
    ended(process)
    until(lambda: place.leavings() == [])


def test_an_engine_that_stops_in_mid_build_is_no_verdict(place: Place, tmp_path: Path) -> None:
    place.write(hanging(place))
    with severable(tmp_path / "docker.sock") as cut:
        process = place.start(host=f"unix://{tmp_path}/docker.sock")
        until(lambda: is_built(place.mark))
        cut()
        code, said = ended(process)
    assert code == 2
    assert "not tried: docker does not answer any more" in " ".join(said.split())
    assert "Traceback" not in said
    until(lambda: not is_built(place.mark))
    assert place.leavings() == []


@contextlib.contextmanager
def severable(path: Path) -> Iterator[Callable[[], None]]:
    """A socket that leads to the engine's, until the given function is called: then all is cut."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    ends: list[socket.socket] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(SOCKET)
                ends.extend((client, engine))
                for pair in ((client, engine), (engine, client)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def cut() -> None:
        path.unlink(missing_ok=True)
        for item in (listener, *ends):
            with contextlib.suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
            item.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield cut
    finally:
        cut()


def test_a_full_disk_is_no_verdict(place: Place, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root mounts a small disk")
    place.write(text='FROM scratch\nCOPY large /large\nEXPOSE 80\nCMD ["/large"]\n')
    (place.folder / "large").write_bytes(os.urandom(80_000_000))
    with small_engine(tmp_path) as host:
        code, said = ended(place.start(host=host))
    assert code == 2
    assert "not tried: the disk is full" in " ".join(said.split())


@contextlib.contextmanager
def small_engine(folder: Path) -> Iterator[str]:
    """An engine of its own, with 60 MB to keep things in; gives its address."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", disk], check=True)
    # the path of a socket is at most 108 bytes long
    runs = Path(f"/run/dockrefactor-{uuid.uuid4().hex[:8]}")
    runs.mkdir()
    host = f"unix://{runs}/docker.sock"
    # a network of its own: an engine without a bridge removes the one that it finds, which is the shared engine's
    words = ["unshare", "--net", "dockerd", "--host", host, "--bridge=none", "--iptables=false", "--ip6tables=false"]
    words += ["--data-root", str(disk), "--exec-root", str(runs / "exec"), "--pidfile", str(runs / "pid")]
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            asked = ["docker", "--host", host, "info"]
            until(lambda: subprocess.run(asked, capture_output=True, check=False).returncode == 0)
            yield host
        finally:
            process.terminate()
            process.wait(60)
            subprocess.run(["umount", "--lazy", disk], check=True)
