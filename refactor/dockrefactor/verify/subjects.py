"""What is compared: a Dockerfile with its refactoring, or two versions that somebody names."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dockrefactor import document, grammar
from dockrefactor.batch import Batch, Reading, Source
from dockrefactor.context import ContextError
from dockrefactor.outcome import IgnoreFile, Refusal
from dockrefactor.records import dataclass, replace
from dockrefactor.report import Fault, FileReport
from dockrefactor.settings import SettingsError
from dockrefactor.verify.building import Passed, Recipe
from dockrefactor.verify.proving import Version

_GIT_SECONDS = 60


class NothingToProve(Exception):
    """There is nothing to compare; the text says why."""


class UnchangedError(NothingToProve):
    """The refactoring leaves the Dockerfile as it is."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Two versions of one Dockerfile, and the report of the refactoring where one was made."""

    name: str
    before: Version
    after: Version
    report: FileReport | None = None


def refactored(batch: Batch, source: Source, passed: Passed) -> Subject:
    """A Dockerfile and what the refactoring makes of it. Raises NothingToProve."""
    made = batch.refactor(source)
    if made.fault is not None:
        raise NothingToProve(made.fault.message)
    assert made.result is not None
    if not made.result.changed:
        raise UnchangedError(unchanged(made))
    reading = _reading(batch, source)
    before = version(reading, made.result.before, passed)
    after = version(reading, made.result.after, passed, made.result.ignore_file)
    after = replace(after, starts=made.result.starts)
    return Subject(source.name, before, after, made)


def unchanged(made: FileReport) -> str:
    """Why a refactoring left a file as it is."""
    answers = made.result.answers if made.result is not None else ()
    codes = [
        f"{item.transform} [{item.outcome.reason.reason.code}]" for item in answers if isinstance(item.outcome, Refusal)
    ]
    # what may be tried nevertheless
    again = "--against REV|FILE compares two versions"
    if codes:
        return f"the refactoring leaves the file as it is, refused: {', '.join(codes)} ({again})"
    return f"the refactoring leaves the file as it is, there is nothing to change ({again})"


def against(batch: Batch, source: Source, other: str, passed: Passed) -> Subject:
    """A Dockerfile as it is, and the version of it in the git revision or file `other`. Raises NothingToProve."""
    reading = _reading(batch, source)
    try:
        before = document.decode(_other(source, other))
        after = document.decode(reading.data)
        return Subject(source.name, version(reading, before, passed), version(reading, after, passed))
    except document.NotUtf8Error as error:
        raise NothingToProve(f"not UTF-8 (byte {error.offset})") from None
    except grammar.SyntaxFault as error:
        raise NothingToProve(f"line {error.line}: {error.message}") from None


def _reading(batch: Batch, source: Source) -> Reading:
    try:
        return batch.reading(source)
    except Fault as fault:
        raise NothingToProve(fault.message) from None
    except (ContextError, SettingsError) as error:
        raise NothingToProve(str(error)) from None


def _other(source: Source, other: str) -> bytes:
    if Path(other).is_file():
        return Path(other).read_bytes()
    if source.path is None:
        raise NothingToProve(f"--against {other}: there is no such file")
    # never an option of git, whatever it is called
    words = [
        "git",
        "-C",
        str(source.path.absolute().parent),
        "show",
        "--end-of-options",
        f"{other}:./{source.path.name}",
    ]
    try:
        done = subprocess.run(words, capture_output=True, timeout=_GIT_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NothingToProve(f"--against {other}: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NothingToProve(f"--against {other}: neither a file nor a revision with this Dockerfile ({said[-1:]})")
    return done.stdout


def version(reading: Reading, text: str, passed: Passed, ignore: IgnoreFile | None = None) -> Version:
    """A text in the place of a Dockerfile, with another ignore file where one is given. Raises as `Reading.facts`
    does."""
    facts = reading.facts(text, ignore)
    names = frozenset(stage.name.lower() for stage in facts.stages if stage.name)
    ignored = ignore.after if ignore is not None else None
    return Version(Recipe(text, reading.folder, reading.dockerfile, names, passed, ignored), facts)
