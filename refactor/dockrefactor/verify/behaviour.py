"""Whether two containers did the same: answers, exit code, output, files written, health, and the user's own tests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import CACHES, Kind, absolute, inside
from dockrefactor.verify import answers
from dockrefactor.verify.answers import Answer
from dockrefactor.verify.findings import Finding, Lack, Weight, note
from dockrefactor.verify.image_checks import Look, is_below_any, unwritable
from dockrefactor.verify.running import Observation, Trial

_TAIL: Final = 6


def objections(seen: Observation, ports: tuple[int, ...], trial: Trial) -> list[Finding]:
    """Why an original is nothing to compare with: it does not start, or never answers as it should."""
    found: list[Finding] = []
    if seen.code is not None and seen.code != trial.exit:
        found.append(_original("start", f"the original ends with exit code {seen.code}: {_tail(seen.output)}"))
    elif seen.runs and ports and not seen.answers and not (seen.listening and set(ports) & seen.listening):
        found.append(
            _original("answer", f"the original does not answer at port {_listed(ports)}: {_tail(seen.output)}")
        )
    elif seen.answers and all(_is_failure(answer, trial) for answer in seen.answers.values()):
        worst = next(iter(seen.answers.values()))
        found.append(_original("answer", f"the original answers {worst}: {worst.body.strip()[:200]}"))
    for smoke in seen.smoke:
        if smoke.code:
            says = f"`{smoke.command}` fails in the original already, with {smoke.code}: {_tail(smoke.output)}"
            found.append(_original("smoke", says))
    return found


def _is_failure(answer: Answer, trial: Trial) -> bool:
    return answer.status >= 500 if trial.status is None else answer.status != trial.status


def clues(after: Observation, work_folder: str) -> Iterator[Finding]:
    """What the result's own words say that it lacks; a relative path lies in the work folder."""
    said = "\n".join([after.output, *(answer.body for answer in after.answers.values())])
    said = "\n".join([said, *(smoke.output for smoke in after.smoke if smoke.code)])
    for kind, patterns in tables.toml("verify")["clues"].items():
        for pattern in patterns:
            for match in re.finditer(pattern, said):
                what = match["what"]
                if (lack := Lack(kind)) is Lack.FILE and not what.startswith("/"):
                    what = posixpath.join(work_folder, what)
                yield Finding("clue", Weight.NOTE, f"it prints: {match.group().strip()}", lack, what)


def compare(before: Observation, after: Observation, original: Look, result: Look) -> list[Finding]:
    """Every point in which the result's container did something else."""
    return [
        *_ends(before, after),
        *_answers(before, after),
        *_health(before, after),
        *_smoke(before, after),
        *_files(before, after, original, result),
    ]


def _ends(before: Observation, after: Observation) -> Iterator[Finding]:
    if before.code != after.code:
        was = "runs" if before.runs else f"ends with exit code {before.code}"
        now = "runs" if after.runs else f"ends with exit code {after.code}: {_tail(after.output)}"
        yield Finding("exit", Weight.BREAKAGE, f"the original {was}, the result {now}")
    elif not before.runs:
        if shown := answers.difference(_printed(before), _printed(after)):
            yield Finding("output", Weight.DIFFERENCE, f"what it prints is not the same:\n{shown}")
        if shown := answers.difference(before.errors, after.errors):
            # where logs and warnings go, which tell of the user and the moment too
            yield note("output", f"what it prints to standard error is not the same:\n{shown}")


def _printed(seen: Observation) -> str:
    """What went to standard output."""
    return seen.output.removesuffix(seen.errors) if seen.errors else seen.output


def _answers(before: Observation, after: Observation) -> Iterator[Finding]:
    if not after.runs:
        return
    for (port, path), old in before.answers.items():
        new = after.answers.get((port, path))
        place = f"port {port}, {path}"
        if new is None:
            yield Finding("answer", Weight.BREAKAGE, f"{place}: {old} became no answer: {_tail(after.output)}")
        elif new.status != old.status:
            weight = Weight.BREAKAGE if new.status >= 500 else Weight.DIFFERENCE
            yield Finding("answer", weight, f"{place}: {old} became {new}: {new.body.strip()[:300]}")
        elif shown := answers.difference(old.body, new.body, old.again, new.again):
            yield Finding("answer", Weight.DIFFERENCE, f"{place}: the body is not the same:\n{shown}")
    if before.listening and after.listening is not None and not before.answers:
        for port in sorted(before.listening - after.listening):
            yield Finding("answer", Weight.BREAKAGE, f"nobody listens at port {port} any more: {_tail(after.output)}")


def _health(before: Observation, after: Observation) -> Iterator[Finding]:
    if before.health in ("", after.health) or not after.runs:
        return
    says = f"{before.health} became {after.health or 'no health check'}"
    yield Finding("health", Weight.DIFFERENCE, says) if before.health == "healthy" else note("health", says)


def _smoke(before: Observation, after: Observation) -> Iterator[Finding]:
    for old, new in zip(before.smoke, after.smoke, strict=True):
        if old.code == new.code:
            if shown := answers.difference(old.output, new.output):
                yield note("smoke", f"`{old.command}` prints something else:\n{shown}")
            continue
        says = f"`{old.command}`: exit code {old.code} became {new.code}: {_tail(new.output)}"
        yield Finding("smoke", Weight.DIFFERENCE, says)


def _files(before: Observation, after: Observation, original: Look, result: Look) -> Iterator[Finding]:
    """What the original wrote and the new user could not."""
    who, was = result.who, original.who
    if who is None or was is None or (not after.runs and before.runs):
        return
    env_home = original.image.env.get("HOME") or was.home
    home = result.image.env.get("HOME") or who.home
    building = _places_of_builds(result) if result.is_restarted else ()
    for path in sorted(before.written - after.written):
        moved = (
            posixpath.join(home, posixpath.relpath(path, env_home))
            if inside(path, env_home) and env_home != "/"
            else path
        )
        if _is_idle(path) or moved in after.written or any(inside(moved, other) for other in after.written):
            continue
        refusal = unwritable(result, who, moved)
        if is_below_any(path, building):
            yield note("files", f"the build tool of the original's start wrote {path}")
            continue
        if not refusal:
            yield note("files", f"the original wrote {path}, the result did not")
            continue
        folder = moved if (file := original.files.at(path)) is not None and file.is_dir else posixpath.dirname(moved)
        says = f"the original wrote {path}; in the result, {refusal}"
        yield Finding("files", Weight.DIFFERENCE, says, Lack.FOLDER, folder)


def _places_of_builds(result: Look) -> tuple[str, ...]:
    """Where the builds of a result write: a start by the build tool wrote there too."""
    found = result.facts.commands(lambda placed: placed.effects.kind in (Kind.BUILD, Kind.INSTALL))
    own: list[str] = tables.toml("verify")["writes"]["by_build_tools"]
    beside = (absolute(path, placed.cwd) for _, placed in found for path in own)
    return (*(path for _, placed in found for path in (*placed.effects.writes, *CACHES)), *beside)


def _is_idle(path: str) -> bool:
    """Whether not having written a file is no difference."""
    table = tables.toml("verify")["writes"]
    return (
        path.endswith(tuple(table["suffixes"]))
        or any(part in table["parts"] for part in path.split("/"))
        or any(inside(path, folder) for folder in table["folders"])
    )


def _original(check: str, says: str) -> Finding:
    return Finding(check, Weight.ORIGINAL, says)


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(str(port) for port in ports)


def _tail(output: str) -> str:
    lines = [line.rstrip() for line in output.strip().splitlines() if line.strip()][-_TAIL:]
    return "\n    ".join(["it prints:", *lines]) if lines else "it prints nothing"
