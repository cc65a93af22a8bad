"""A program of its own, started beside every run: where the run is gone without a goodbye, it removes what is left.

Standard input has lines: `started PID` and `ended PID` of the engine's commands, `done` at the run's orderly end. It
imports nothing of the package, so that it starts at once and works from wherever the file lies.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

_TRIES = 5
_SECONDS = 120


def main(program: str, label: str) -> None:
    """Watch until standard input ends."""
    running: set[int] = set()
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "done":
            return
        (running.add if word == "started" else running.discard)(int(rest))
    for pid in running:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGTERM)
    for _ in range(_TRIES):
        # a build that was just finishing may still hand over its image
        time.sleep(1)
        remove(program, label)


def remove(program: str, label: str) -> None:
    """Remove the containers and the images with the label."""
    kinds = [(["images", "--quiet", "--no-trunc"], ["rmi", "--force"])]
    if program != "buildah":
        kinds.insert(0, (["ps", "--all", "--quiet"], ["rm", "--force", "--volumes"]))
    for listing, removal in kinds:
        found = _output([program, *listing, "--filter", f"label={label}"])
        if found:
            _output([program, *removal, *dict.fromkeys(found)])


def _output(words: list[str]) -> list[str]:
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.decode("utf-8", "replace").split()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(*sys.argv[1:3])
