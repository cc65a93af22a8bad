"""What is said of a run: unified diffs, lines for people, and the JSON document of `data/report_schema.json`.

Only texts are made here; nothing is printed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dockrefactor.evidence import Evidence
from dockrefactor.outcome import Change, Reason, Refusal, Unneeded
from dockrefactor.paths import printable
from dockrefactor.records import dataclass

if TYPE_CHECKING:
    from dockrefactor.contract import Objection
    from dockrefactor.discovery import Skipped
    from dockrefactor.pipeline import Answer, Result
    from dockrefactor.toolchain import Detection

SCHEMA_VERSION: Final = 1
STATES: Final = ("changed", "refused", "unchanged", "failed")
_RESET: Final = "\033[0m"
_COLOURS: Final = {"@": "\033[36m", "+": "\033[32m", "-": "\033[31m"}
_BOLD: Final = "\033[1m"


class Fault(Exception):
    """Why a Dockerfile was not handled; `line` is 1-based, 0 for the whole file. `internal` faults are defects of this
    program, with their traceback in `trace`."""

    def __init__(self, message: str, line: int = 0, *, internal: bool = False, trace: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.internal = internal
        self.trace = trace

    def lines(self, name: str, *, verbose: bool = False) -> Iterator[str]:
        """One line for people; the traceback after it where that is wished and there is one."""
        place = f"{name}:{self.line}" if self.line else name
        if self.internal:
            yield printable(f"{place}: internal error: {self.message}; please report it")
        else:
            yield printable(f"{place}: error: {self.message}")
        if verbose:
            yield from (printable(line) for line in self.trace.splitlines())


@dataclass(frozen=True, slots=True)
class FileReport:
    """One Dockerfile: a result, or the fault that kept it from one. `path` is None for standard input; `context` is the
    build context's folder as people see it; `written` where the file was rewritten; `ignore_path` is where the ignore
    file of a result is, `compose_paths` where its compose files are."""

    name: str
    path: Path | None
    result: Result | None = None
    context: str | None = None
    fault: Fault | None = None
    written: bool = False
    ignore_path: Path | None = None
    compose_paths: tuple[Path, ...] = ()

    @property
    def state(self) -> str:
        """One of `STATES`: changed where the text is another, else refused where any transform refused."""
        if self.fault is not None or self.result is None:
            return "failed"
        if self.result.changed:
            return "changed"
        return "refused" if self.is_refused else "unchanged"

    @property
    def is_refused(self) -> bool:
        """Whether any transform refused, whatever the others changed."""
        return self.result is not None and any(isinstance(item.outcome, Refusal) for item in self.result.answers)

    @property
    def diff(self) -> str:
        """The unified diff of the Dockerfile, the ignore file and compose files, empty where nothing changed."""
        if self.result is None or self.state != "changed":
            return ""
        own = unified_diff(diff_name(self.path, self.name), self.result.before, self.result.after)
        ignore = self.result.ignore_file
        if ignore is not None:
            own += unified_diff(diff_name(self.ignore_path, ignore.path), ignore.before, ignore.after)
        files = zip(self.compose_paths, self.result.compose_files, strict=True)
        return own + "".join(unified_diff(diff_name(path, file.path), file.before, file.after) for path, file in files)


@dataclass(frozen=True, slots=True)
class StageFound:
    """A stage for people: `base` as written, variables replaced where that is possible."""

    index: int
    name: str
    base: str
    line: int


@dataclass(frozen=True, slots=True)
class Detected:
    """What `detect` found in one Dockerfile, or the fault that kept it from looking."""

    name: str
    context: str | None = None
    stages: tuple[StageFound, ...] = ()
    detections: tuple[Detection, ...] = ()
    fault: Fault | None = None


def diff_name(path: Path | None, name: str) -> str:
    """How a patch names the file: relative to the working folder, a link by the file that it leads to. A file that is
    not below that folder is named from the root, since patch tools take no `..`: `patch -p1 -d /` applies it."""
    if path is None:
        return name
    try:
        here = os.path.realpath(Path.cwd())
        target = os.path.realpath(path) if path.is_symlink() else os.path.join(os.path.realpath(path.parent), path.name)
        name = os.path.relpath(target, here).replace(os.sep, "/")
        return name if name != ".." and not name.startswith("../") else Path(target).as_posix().lstrip("/")
    except ValueError:  # another drive
        return path.as_posix()


def unified_diff(name: str, before: str | None, after: str) -> str:
    """A patch that `git apply` and `patch -p1` take; line ends are kept, and a missing last one is marked. `before` is
    None for a new file."""
    from difflib import unified_diff as difference

    old = "/dev/null" if before is None else _header("a/" + name)
    rows = list(difference(_lines(before or ""), _lines(after), old, _header("b/" + name)))
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def _lines(text: str) -> list[str]:
    """Lines with their ends, split at LF alone as patch tools do (str.splitlines knows many more)."""
    rows = text.split("\n")
    return [row + "\n" for row in rows[:-1]] + rows[-1:] if rows[-1] else [row + "\n" for row in rows[:-1]]


def _header(path: str) -> str:
    """A path as git writes it: quoted where it must be, and ended by a tab where it has spaces."""
    if any(char in path for char in '"\\') or any(ord(char) < 32 or ord(char) == 127 for char in path):
        escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
        body = "".join(
            escapes.get(char) or (f"\\{ord(char):03o}" if ord(char) < 32 or ord(char) == 127 else char) for char in path
        )
        return f'"{body}"'
    return path + "\t" if " " in path else path


def coloured(diff: str) -> str:
    """The diff for a terminal; line ends stay outside the colours."""
    return "".join(_coloured_row(number, row) for number, row in enumerate(_lines(diff)))


def _coloured_row(number: int, row: str) -> str:
    colour = _BOLD if number < 2 else _COLOURS.get(row[:1], "")
    content = row.rstrip("\r\n")
    return f"{colour}{content}{_RESET}{row[len(content) :]}" if colour else row


def lines(report: FileReport, *, verbose: bool = False) -> Iterator[str]:
    """The lines for people on one file: refusals, assumptions and objections; with `verbose` everything else too."""
    if report.fault is not None:
        yield from report.fault.lines(report.name, verbose=verbose)
    if report.result is None:
        return
    for answer in report.result.answers:
        yield from (printable(line) for line in _answer_lines(answer, report.name, verbose))
    for objection in report.result.broken:
        yield printable(f"{_place(objection.at, report.name)}: contract: {objection}")


def _answer_lines(answer: Answer, name: str, verbose: bool) -> Iterator[str]:
    match answer.outcome:
        case Refusal(reason, at):
            lift = f"; --assume {reason.reason.code} accepts it" if reason.reason.liftable else ""
            yield f"{_reasoned(answer, 'refused', reason.reason, at, name)}{lift}"
        case Change(_, why, evidence, assumptions):
            for assumed in assumptions:
                yield _reasoned(answer, "assumed", assumed.reason.reason, assumed.at, name)
            if verbose:
                yield f"{name}: {answer.transform}: changed: {why}"
                yield from (f"    {item}" for item in evidence)
        case Unneeded(reason, at) if verbose:
            yield _reasoned(answer, "unneeded", reason.reason, at, name)
        case None if verbose and answer.ignored is not None:
            yield f"{_place(answer.ignored, name)}: {answer.transform}: ignored: {answer.ignored.says}"


def _reasoned(answer: Answer, verb: str, reason: Reason, at: Evidence, name: str) -> str:
    says = at.says if at.path == name else str(at)
    return f"{_place(at, name)}: {answer.transform}: {verb} [{reason.code}]: {reason.says.rstrip('.')} ({says})"


def _place(at: Evidence, name: str) -> str:
    """Where a line begins: the Dockerfile, with a line number where the evidence lies in it."""
    return f"{name}:{at.line}" if at.path == name and at.line else name


def summary(states: Counter[str], *, is_check: bool = False) -> str:
    """The last line, by the number of files in each of `STATES`."""
    words = {"changed": "would change" if is_check else "changed"}
    parts = [f"{states[state]} {words.get(state, state)}" for state in STATES if states[state]]
    if not parts:
        return "no Dockerfile found"
    number, _, rest = parts[0].partition(" ")
    parts[0] = f"{number} {'file' if number == '1' else 'files'} {rest}"
    return ", ".join(parts)


def document(reports: Sequence[FileReport], skipped: Iterable[Skipped], version: str, mode: str) -> dict[str, Any]:
    """The JSON report of a refactoring; `mode` is diff, write or check."""
    states = Counter(report.state for report in reports)
    return {
        **_head("refactor", version),
        "mode": mode,
        "summary": {state: states[state] for state in STATES},
        "files": [_file(report) for report in reports],
        "skipped": [{"path": item.path.as_posix(), "why": item.why} for item in skipped],
    }


def detect_document(found: Sequence[Detected], skipped: Iterable[Skipped], version: str) -> dict[str, Any]:
    """The JSON report of `detect`."""
    return {
        **_head("detect", version),
        "files": [
            {
                "path": item.name,
                "context": item.context,
                "error": _error(item.fault),
                "stages": [
                    {"index": stage.index, "name": stage.name, "base": stage.base, "line": stage.line}
                    for stage in item.stages
                ],
                "toolchains": [_detection(one) for one in item.detections],
            }
            for item in found
        ],
        "skipped": [{"path": item.path.as_posix(), "why": item.why} for item in skipped],
    }


def as_json(report: dict[str, Any]) -> str:
    """A report document as ASCII text, whatever paths and texts hold."""
    import json

    return json.dumps(report, indent=2) + "\n"


def detect_text(found: Detected) -> str:
    """What `detect` says of one Dockerfile."""
    rows = [found.name, f"  context: {found.context}"]
    rows += [
        f"  stage {' '.join([str(stage.index), stage.name]).strip()}: {stage.base} (line {stage.line})"
        for stage in found.stages
    ]
    for item in found.detections:
        rows.append(f"  toolchain: {', '.join(part for part in (item.language, item.manager, item.framework) if part)}")
        rows += [f"    {evidence}" for evidence in item.evidence]
    if not found.detections:
        rows.append("  toolchain: none that dockrefactor knows")
    return "".join(f"{printable(row)}\n" for row in rows)


def _head(kind: str, version: str) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "kind": kind, "tool": {"name": "dockrefactor", "version": version}}


def _file(report: FileReport) -> dict[str, Any]:
    result = report.result
    return {
        "path": report.name,
        "context": report.context,
        "state": report.state,
        "written": report.written,
        "diff": report.diff,
        "ignore_file": _ignore_file(report),
        "compose_files": [diff_name(path, path.name) for path in report.compose_paths if report.fault is None],
        "error": _error(report.fault),
        "toolchains": [_detection(item) for item in result.detections] if result else [],
        "transforms": [_answer(item) for item in result.answers] if result else [],
        "objections": [_objection(item) for item in result.broken] if result else [],
    }


def _ignore_file(report: FileReport) -> dict[str, Any] | None:
    ignore = report.result.ignore_file if report.result is not None else None
    if ignore is None or report.fault is not None:
        return None
    return {"path": diff_name(report.ignore_path, ignore.path), "created": ignore.before is None}


def _error(fault: Fault | None) -> dict[str, Any] | None:
    return None if fault is None else {"line": fault.line, "message": fault.message, "internal": fault.internal}


def _evidence(at: Evidence) -> dict[str, Any]:
    return {"path": at.path, "line": at.line, "says": at.says}


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "says": reason.says, "remedy": reason.remedy, "liftable": reason.liftable}


def _detection(item: Detection) -> dict[str, Any]:
    return {
        "language": item.language,
        "manager": item.manager,
        "framework": item.framework,
        "evidence": [_evidence(at) for at in item.evidence],
    }


def _objection(item: Objection) -> dict[str, Any]:
    return {"point": item.point, "before": item.before, "after": item.after, "at": _evidence(item.at)}


def _answer(answer: Answer) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": answer.transform, "outcome": "ignored", "reason": None, "at": None,
        "why": None, "evidence": [], "assumptions": [],
    }  # fmt: skip
    match answer.outcome:
        case Change(_, why, evidence, assumptions):
            taken = [{"reason": _reason(item.reason.reason), "at": _evidence(item.at)} for item in assumptions]
            told = [_evidence(at) for at in evidence]
            entry |= {"outcome": "changed", "why": why, "evidence": told, "assumptions": taken}
        case Refusal(reason, at):
            entry |= {"outcome": "refused", "reason": _reason(reason.reason), "at": _evidence(at)}
        case Unneeded(reason, at):
            entry |= {"outcome": "unneeded", "reason": _reason(reason.reason), "at": _evidence(at)}
        case None if answer.ignored is not None:
            entry["at"] = _evidence(answer.ignored)
    return entry
