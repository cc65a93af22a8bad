"""The cases of `corpus/`: a folder is a Dockerfile with its context, and its `case.toml` says what must be true of it.

`case.toml` is read strictly: an unknown key, a missing one or a value of another type is a `CaseError`.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import re
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from dockrefactor import build_folder, contract, document, records
from dockrefactor.batch import Batch, Source
from dockrefactor.catalogue import Catalogue
from dockrefactor.cli import program
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, ComposeFile, IgnoreFile, Refusal, Unneeded
from dockrefactor.pipeline import Answer, Result
from dockrefactor.report import FileReport
from dockrefactor.settings import Configurations, Settings, check
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import TRANSFORMS

ROOT: Final = Path(__file__).resolve().parent.parent
CORPUS: Final = ROOT / "corpus"
CASE_FILE: Final = "case.toml"
DOCKERFILE: Final = "Dockerfile"
CATALOGUE: Final = Catalogue(TRANSFORMS, (("contract", contract.Reason), (build_folder.__name__, build_folder.Reason)))
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ANSWER: Final = re.compile(r"changed|ignored|(unneeded|refused): [a-z0-9]+(-[a-z0-9]+)*")


class CaseError(Exception):
    """A `case.toml` that does not say what it must."""


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """The container answers a GET of `path` at `port` with `status`, and `contains` is in the body."""

    port: int
    path: str = "/"
    status: int = 200
    contains: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutputProbe:
    """The container runs to its end with the code `exit`, and `contains` is in what it prints."""

    exit: int = 0
    contains: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceEdit:
    """A line appended to `file`, after which every step that has the words `cached` comes from the cache."""

    file: str
    append: str
    cached: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `expect` maps each transform that runs to `changed`, `unneeded: CODE`, `refused: CODE` or `ignored`;
    `not_built` says why there is no probe."""

    name: str
    folder: Path
    claim: str
    options: tuple[str, ...]
    expect: Mapping[str, str]
    probe: HttpProbe | OutputProbe | None
    edit: SourceEdit | None
    not_built: str


def load(folder: Path) -> Case:
    """The case in `folder`. Raises CaseError."""
    try:
        if not _NAME.fullmatch(folder.name):
            raise CaseError("the folder's name is not in kebab-case")
        return _case(folder, tomllib.loads((folder / CASE_FILE).read_text(encoding="utf-8")))
    except (CaseError, OSError, ValueError) as error:
        raise CaseError(f"{folder / CASE_FILE}: {error}") from None


@functools.cache
def all_cases() -> tuple[Case, ...]:
    """Every case, by name. Raises CaseError."""
    return tuple(load(folder) for folder in sorted(CORPUS.iterdir()) if folder.is_dir())


def _case(folder: Path, table: dict[str, Any]) -> Case:
    _only(table, "claim", "options", "not-built", "expect", "probe", "edit")
    options = _value(table, "options", list, [])
    if not all(isinstance(word, str) for word in options):
        raise CaseError("options: not a list of strings")
    case = Case(
        folder.name,
        folder,
        _value(table, "claim", str),
        tuple(options),
        _texts(_value(table, "expect", dict), "expect"),
        _probe(table["probe"]) if "probe" in table else None,
        _filled(SourceEdit, table["edit"], "edit") if "edit" in table else None,
        _value(table, "not-built", str, ""),
    )
    _check(case)
    return case


def _check(case: Case) -> None:
    if not (case.folder / DOCKERFILE).is_file():
        raise CaseError("there is no Dockerfile beside it")
    settings = settings_of(case.options)
    asked = [transform.name for transform in CATALOGUE.selected(settings.select, settings.ignore, settings.also)]
    if sorted(case.expect) != sorted(asked):
        raise CaseError(f"expect: it must answer for {', '.join(asked)}")
    for name, answer in case.expect.items():
        if not _ANSWER.fullmatch(answer):
            raise CaseError(f"expect: {name}: {answer!r} is no answer")
    if (case.probe is None) == (case.not_built == ""):
        raise CaseError("either [probe] or not-built must be there")
    if case.edit is not None and not (case.folder / case.edit.file).is_file():
        raise CaseError(f"edit: there is no file {case.edit.file}")
    if case.edit is not None and "edited" not in case.edit.append:
        raise CaseError("edit: append must have the word edited, which each run makes unique")


def _only(table: Any, *keys: str) -> None:
    if not isinstance(table, dict):
        raise CaseError(f"not a table: {table!r}")
    if unknown := sorted(set(table) - set(keys)):
        raise CaseError(f"unknown key {unknown[0]!r}; there are: {', '.join(keys)}")


_ABSENT: Final = object()


def _value(table: dict[str, Any], key: str, kind: type, default: Any = _ABSENT) -> Any:
    value = table.get(key, default)
    if value is _ABSENT:
        raise CaseError(f"{key} is missing")
    # in Python a bool is an int
    if not isinstance(value, kind) or isinstance(value, bool):
        raise CaseError(f"{key}: {value!r} is no {kind.__name__}")
    return value


def _texts(table: dict[str, Any], key: str) -> dict[str, str]:
    if wrong := [name for name, value in table.items() if not isinstance(value, str)]:
        raise CaseError(f"{key}: {wrong[0]} is no string")
    return table


def _filled(kind: Callable[..., Any], table: Any, key: str) -> Any:
    """A dataclass whose fields are the table's keys; a field without a default must be there."""
    wanted = fields(kind)  # type: ignore[arg-type]
    _only(table, *(item.name for item in wanted))
    types = {"int": int, "str": str}
    values = {
        item.name: _texts(_value(table, item.name, dict), item.name)
        if item.name == "env"
        else _value(table, item.name, types[str(item.type)])
        for item in wanted
        if item.name in table
    }
    try:
        return kind(**values)
    except TypeError as error:
        raise CaseError(f"{key}: {error}") from None


def _probe(table: Any) -> HttpProbe | OutputProbe:
    if not isinstance(table, dict) or table.get("kind") not in ("http", "output"):
        raise CaseError("probe: kind must be http or output")
    rest = {key: value for key, value in table.items() if key != "kind"}
    probe: HttpProbe | OutputProbe = _filled(HttpProbe if table["kind"] == "http" else OutputProbe, rest, "probe")
    return probe


def settings_of(options: tuple[str, ...]) -> Settings:
    """What command line options ask for, read by the command line itself. Raises click's usage errors."""
    typed = program.make_context("dockrefactor", list(options)).params
    settings = Settings(**{item.name: typed[item.name] for item in records.fields(Settings)})
    if (objection := check(settings, CATALOGUE)) is not None:
        raise CaseError(f"options: --{objection[0]}: {objection[1]}")
    return settings


@functools.cache
def context_of(case_name: str) -> Path:
    """A case's build context in a temporary folder: all of the case's files but `case.toml`."""
    context = _contexts() / case_name
    shutil.copytree(CORPUS / case_name, context, symlinks=True, ignore=shutil.ignore_patterns(CASE_FILE))
    return context


@functools.cache
def _contexts() -> Path:
    folder = tempfile.mkdtemp(prefix="corpus-")
    atexit.register(shutil.rmtree, folder)
    return Path(folder)


@functools.cache
def report_of(name: str) -> FileReport:
    """What the program answers to a case, run as in the folder of its context; computed once."""
    return _refactor(load(CORPUS / name))


def result_of(case: Case) -> Result:
    """The result of a case; a fault is an AssertionError with its traceback."""
    report = report_of(case.name)
    said = "" if report.fault is None else "\n".join(report.fault.lines(case.name, verbose=True))
    assert report.result is not None, said
    return report.result


def _refactor(case: Case) -> FileReport:
    """The program's own way from a path to a report."""
    settings = settings_of(case.options)
    with contextlib.chdir(context_of(case.name)):
        batch = Batch(CATALOGUE, TOOLCHAINS, settings, Configurations(CATALOGUE))
        return batch.refactor(Source(DOCKERFILE, Path(DOCKERFILE)))


def facts_of(case: Case, text: str, ignore: IgnoreFile | None = None, compose: Sequence[ComposeFile] = ()) -> Facts:
    """What is known of a text in the place of a case's Dockerfile, with another ignore file and other compose files
    where these are given."""
    context = BuildContext(context_of(case.name) / (report_of(case.name).context or ""), DOCKERFILE)
    if ignore is not None:
        context = context.ignoring(ignore.path, ignore.after)
    context = context.beside({file.path: file.after for file in compose})
    return Facts(document.read(text), context, TOOLCHAINS, settings_of(case.options).options(), DOCKERFILE)


def in_words(answer: Answer) -> str:
    """An answer as `[expect]` writes it."""
    match answer.outcome:
        case Change():
            return "changed"
        case Unneeded(reason):
            return f"unneeded: {reason.reason.code}"
        case Refusal(reason):
            return f"refused: {reason.reason.code}"
        case None:
            return "ignored"
