"""One run over many Dockerfiles: each is read, given its settings and its build context, and answered or faulted.

Nothing here prints or writes. A fault of one file, even a defect of this program, leaves the others to be done.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from dockrefactor import document, grammar, pipeline
from dockrefactor.build_folder import BuildFolders
from dockrefactor.catalogue import Catalogue
from dockrefactor.context import BuildContext, ContextError
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import IgnoreFile, Refusal
from dockrefactor.paths import shown
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.report import Detected, Fault, FileReport, StageFound
from dockrefactor.settings import Configurations, Settings, SettingsError
from dockrefactor.toolchain import Toolchain

# no character takes more bytes in UTF-8: whatever is larger would be refused after it was read
MAX_BYTES: Final = 4 * grammar.MAX_SOURCE
_FROM: Final = regex(rb"^(?:\xef\xbb\xbf)?\s*FROM\b", re.IGNORECASE | re.MULTILINE)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")

Answered = TypeVar("Answered")


@dataclass(frozen=True, slots=True)
class Source:
    """A Dockerfile to read: `name` in messages, `path` None where `data` came from standard input."""

    name: str
    path: Path | None
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class _Opened:
    data: bytes
    settings: Settings
    folder: Path | Refusal
    dockerfile: str

    def context(self, folder: Path) -> BuildContext:
        return BuildContext(folder, self.dockerfile)


@dataclass(frozen=True, slots=True)
class Reading:
    """The place of one Dockerfile: its build context's folder, its name relative to that, and its bytes."""

    folder: Path
    dockerfile: str
    toolchains: tuple[Toolchain, ...]
    options: Options
    data: bytes

    def facts(self, text: str, ignore: IgnoreFile | None = None) -> Facts:
        """What is known of a text in this place, with another ignore file where one is given. Raises SyntaxFault and
        ContextError."""
        context = BuildContext(self.folder, self.dockerfile)
        if ignore is not None:
            context = context.ignoring(ignore.path, ignore.after)
        return Facts(document.read(text), context, self.toolchains, self.options, self.dockerfile)


class Batch:
    """The state that the files of one run share."""

    def __init__(
        self,
        catalogue: Catalogue,
        toolchains: Sequence[Toolchain],
        given: Settings,
        configurations: Configurations,
    ) -> None:
        """`given` is what the command line says; it goes before the configurations."""
        self._catalogue = catalogue
        self._toolchains = tuple(toolchains)
        self._given = given
        self._configurations = configurations
        self._folders = BuildFolders()

    def refactor(self, source: Source) -> FileReport:
        """Refactor one Dockerfile in memory."""
        answer = _guarded(source, self._refactor)
        return FileReport(source.name, source.path, fault=answer) if isinstance(answer, Fault) else answer

    def detect(self, source: Source) -> Detected:
        """What is found in one Dockerfile."""
        answer = _guarded(source, self._detect)
        return Detected(source.name, fault=answer) if isinstance(answer, Fault) else answer

    def knowing(self, more: Settings) -> Batch:
        """The same run, with settings that go before all others."""
        return Batch(self._catalogue, self._toolchains, more.over(self._given), self._configurations)

    def reading(self, source: Source) -> Reading:
        """How texts in the place of a Dockerfile are read. Raises Fault, and what reading a configuration raises."""
        opened = self._open(source)
        if isinstance(opened.folder, Refusal):
            raise Fault(f"{opened.folder.reason.reason.says} ({opened.folder.at})")
        return Reading(opened.folder, opened.dockerfile, self._toolchains, opened.settings.options(), opened.data)

    def _refactor(self, source: Source) -> FileReport:
        opened = self._open(source)
        if isinstance(opened.folder, Refusal):
            text = document.decode(opened.data)
            document.read(text)
            answers = (pipeline.Answer("build-context", opened.folder),)
            return FileReport(source.name, source.path, pipeline.Result(source.name, text, text, answers))
        result = pipeline.refactor(
            opened.data,
            opened.context(opened.folder),
            self._catalogue.selected(opened.settings.select, opened.settings.ignore, opened.settings.also),
            self._toolchains,
            opened.settings.options(),
            source.name,
        )
        ignore_path = opened.folder / result.ignore_file.path if result.ignore_file is not None else None
        compose = tuple(opened.folder / file.path for file in result.compose_files)
        return FileReport(
            source.name, source.path, result, shown(opened.folder), ignore_path=ignore_path, compose_paths=compose
        )

    def _detect(self, source: Source) -> Detected:
        opened = self._open(source)
        if isinstance(opened.folder, Refusal):
            raise Fault(f"{opened.folder.reason.reason.says} ({opened.folder.at})")
        parsed = document.read(document.decode(opened.data))
        facts = Facts(parsed, opened.context(opened.folder), self._toolchains, Options(), source.name)
        stages = tuple(
            StageFound(stage.index, stage.name, stage.written_base or stage.origin.value, stage.origin.start_line)
            for stage in facts.stages
        )
        found = tuple(item for toolchain in self._toolchains if (item := toolchain.detect(facts)) is not None)
        return Detected(source.name, shown(opened.folder), stages, found)

    def _open(self, source: Source) -> _Opened:
        data = source.data if source.path is None else _bytes(source.path)
        _check(data)
        here = Path(os.path.abspath(source.path)).parent if source.path is not None else Path.cwd()
        settings = self._given.over(self._configurations.of(here))
        if settings.context is not None or source.path is None:
            folder: Path | Refusal = settings.context or Path()
        else:
            folder = self._folders.of(source.path, data)
        if source.path is None or isinstance(folder, Refusal):
            return _Opened(data, settings, folder, "Dockerfile")
        return _Opened(data, settings, folder, _name_in(folder, source.path))


def _bytes(path: Path) -> bytes:
    """The content of a file, which may have changed since it was found. Raises Fault."""
    try:
        if not path.is_file():
            raise Fault("not a file")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Fault(f"cannot be read: {error.strerror}") from None


def _check(data: bytes) -> None:
    """Raises Fault for what cannot be a Dockerfile."""
    if len(data) > MAX_BYTES:
        raise Fault(f"larger than {MAX_BYTES:,} bytes: not a Dockerfile")
    if not data.strip():
        raise Fault("the file is empty")
    if data.startswith(_UTF16):
        raise Fault("not UTF-8: it is UTF-16", 1)
    if not _FROM.search(data):
        # what is no Dockerfile at all has a better message from the grammar
        document.read(document.decode(data))
        raise Fault("no FROM instruction")


def _name_in(folder: Path, path: Path) -> str:
    """The Dockerfile as the engine looks for its own ignore file: relative to the context."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.name


def _guarded(source: Source, work: Callable[[Source], Answered]) -> Answered | Fault:
    try:
        return work(source)
    except Fault as fault:
        return fault
    except document.NotUtf8Error as error:
        return Fault(f"not UTF-8 (byte {error.offset})", error.line)
    except grammar.SyntaxFault as error:
        return Fault(error.message, error.line)
    except (ContextError, SettingsError) as error:
        return Fault(str(error))
    except RecursionError:
        return Fault("nested too deeply")
    # a defect must neither show a traceback nor stop the run; the user is asked to report it
    except Exception as error:
        import traceback

        return Fault(f"{type(error).__name__}: {error}", internal=True, trace=traceback.format_exc())
