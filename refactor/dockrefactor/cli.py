"""The command line: the file that prints, exits and has files written; with `cli_options` it names the transforms.

`dockrefactor` itself refactors; `detect`, `explain` and `verify` (`verify_cli`) are commands where they are the first
word. What takes long to import is imported where it is used, so that `--version` and `--help` answer at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

import click

from dockrefactor import __version__
from dockrefactor.cli_options import DEV_STAGE, known, on_request, words
from dockrefactor.records import fields, replace
from dockrefactor.wish import RUNTIMES, Wish

if TYPE_CHECKING:
    from dockrefactor.batch import Batch, Source
    from dockrefactor.catalogue import Catalogue
    from dockrefactor.discovery import Skipped
    from dockrefactor.outcome import Transform
    from dockrefactor.report import Fault, FileReport
    from dockrefactor.settings import Settings
    from dockrefactor.toolchain import Toolchain

EXIT_WOULD_CHANGE: Final = 1
EXIT_ERROR: Final = 2
_BAR_FROM: Final = 20
_STDIN_NAME: Final = "Dockerfile"
_COMMANDS_HELP: Final = (
    ("verify", "Build the original and the result, compare the images, run both."),
    ("detect", "What is found: toolchain, stages, evidence; changes nothing."),
    ("explain", "The documentation of a transform or of a reason code."),
)

Answered = TypeVar("Answered")


class _Program(click.Command):
    """The default command, which hands over to another where the first word names one."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        words = list(sys.argv[1:] if args is None else args)
        name = prog_name or "dockrefactor"
        command = _COMMANDS.get(words[0]) if words else None
        if command is not None:
            return command().main(words[1:], f"{name} {words[0]}", **extra)
        return super().main(words, name, **extra)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands (as the first word; for a folder of that name, write ./detect)"):
            formatter.write_dl(_COMMANDS_HELP)


def _path(**extra: Any) -> click.Path:
    return click.Path(path_type=Path, **extra)


_PATHS = click.argument("paths", nargs=-1, type=_path(allow_dash=True), metavar="[PATH]...")
_CONTEXT = click.option(
    "--context", type=_path(exists=True, file_okay=False), metavar="DIR", help="The build context, where it is another."
)
_CONFIG = click.option(
    "--config", type=_path(exists=True, dir_okay=False), metavar="FILE", help="Read this configuration only."
)
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Of the report.")
_QUIET = click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
_VERBOSE = click.option("--verbose", "-v", is_flag=True, help="Say why, and what was not needed; show tracebacks.")


@click.command(cls=_Program, name="dockrefactor")
@_PATHS
@click.option("--diff", is_flag=True, help="Print a unified diff (the default).")
@click.option("--write", "-w", is_flag=True, help="Rewrite the files in place.")
@click.option("--stdout", is_flag=True, help="Print the whole new file (one input only).")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if anything would change.")
@click.option("--select", multiple=True, callback=words, metavar="A,B", help="Only these transforms.")
@click.option("--ignore", multiple=True, callback=words, metavar="A,B", help="Not these transforms.")
@_CONTEXT
@click.option("--runtime", type=click.Choice(RUNTIMES), help="The preferred family of the runtime base.")
@click.option("--user", metavar="NAME[:UID]|keep", help="The user to create; keep leaves users alone.")
@click.option("--assume", multiple=True, callback=words, metavar="CODE,...", help="Accept these assumptions.")
@known("--runtime-package", "runtime_packages", "A,B", "Packages that the program needs when it runs.")
@known("--covered", "covered", "A,B", "Libraries, packages and programs nobody knows, which these packages cover.")
@known("--runtime-file", "runtime_files", "PATH,...", "Files and folders of the image that the program reads.")
@known("--owned-folder", "owned_folders", "PATH,...", "Folders of the image that the program writes to.")
@on_request
@DEV_STAGE
@_FORMAT
@_CONFIG
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes that share the files (default: by their number)."
)
@_QUIET
@_VERBOSE
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours in the diff.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.help_option("--help", "-h")
@click.pass_context
def program(ctx: click.Context, /, **typed: Any) -> None:
    """Refactor Dockerfiles, or say why not.

    PATH: Dockerfiles, folders (searched for Dockerfiles), or - for standard input. Without any, the current folder.
    Exit codes: 0 done, 1 --check found something to change, 2 wrong usage or a file that cannot be handled.
    """
    wish = Wish(**typed)
    if objection := wish.objection():
        raise click.UsageError(objection)
    ctx.exit(_exit_code(_refactor, wish))


@click.command(name="detect")
@_PATHS
@_CONTEXT
@_FORMAT
@_CONFIG
@_QUIET
@_VERBOSE
@click.help_option("--help", "-h")
@click.pass_context
def detect(ctx: click.Context, /, **typed: Any) -> None:
    """Print what is found in Dockerfiles: stages, toolchains, evidence."""
    wish = Wish(**typed)
    if objection := wish.objection():
        raise click.UsageError(objection)
    ctx.exit(_exit_code(_detect, wish))


@click.command(name="explain")
@click.argument("name", required=False, metavar="[TRANSFORM|REASON]")
@click.help_option("--help", "-h")
def explain(name: str | None) -> None:
    """Print the documentation of a transform or of a reason code; without a name, the list of both."""
    from dockrefactor.catalogue import UnknownNameError

    catalogue = _catalogue(_registries()[0])
    try:
        click.echo(catalogue.overview() if name is None else catalogue.explain(name), nl=False)
    except UnknownNameError as error:
        raise click.UsageError(str(error)) from None


def _verify() -> click.Command:
    """The command that builds and runs: no other has a use for what it imports."""
    from dockrefactor import verify_cli

    return verify_cli.command(_batch, _sources, _exit_code)


_COMMANDS: Final[dict[str, Callable[[], click.Command]]] = {
    "detect": lambda: detect, "explain": lambda: explain, "verify": _verify,
}  # fmt: skip


def main() -> None:
    """The program by its words in `sys.argv`; ends the process."""
    gc.set_threshold(20_000, 20, 50)  # most of what is read stays too
    try:
        program.main(prog_name="dockrefactor")
    finally:
        gc.freeze()  # nor is anything to be found when the interpreter ends


def _registries() -> tuple[tuple[Transform, ...], tuple[Toolchain, ...]]:
    """Everything that the program can do; importing it takes the longest of all."""
    from dockrefactor.toolchains import TOOLCHAINS
    from dockrefactor_transforms import TRANSFORMS

    return TRANSFORMS, TOOLCHAINS


def _catalogue(transforms: tuple[Transform, ...]) -> Catalogue:
    from dockrefactor import build_folder, contract
    from dockrefactor.catalogue import Catalogue

    return Catalogue(transforms, (("contract", contract.Reason), ("build-context", build_folder.Reason)))


def _exit_code(work: Callable[[Wish], int], wish: Wish) -> int:
    """That of `work`, whatever becomes of it; an interrupt must not look like `--check` finding something."""
    try:
        return work(wish)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # the reader had enough: say nothing more to it, not even when the interpreter ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (click.ClickException, click.exceptions.Exit):
        raise
    except OSError as error:
        click.echo(f"error: {error}", err=True)
        return EXIT_ERROR
    # what lies outside the guard of the single files
    except Exception as error:
        from traceback import format_exc

        click.echo(f"internal error: {type(error).__name__}: {error}; please report it", err=True)
        if wish.verbose:
            click.echo(format_exc(), err=True, nl=False)
        return EXIT_ERROR


def _refactor(wish: Wish) -> int:
    from dockrefactor import report

    batch = _batch(wish)
    sources, skipped, unusable = _sources(wish)
    if wish.stdout and len(sources) + len(unusable) != 1:
        raise click.UsageError(f"--stdout takes one Dockerfile, not {len(sources) + len(unusable)}")
    done = list(unusable)
    for item in unusable:
        _say(item, wish)
    for answer in _progress(sources, _answers(batch, sources, wish), wish):
        item = _written(answer, wish)
        _print_product(item, wish)
        _say(item, wish)
        done.append(item)
    states = Counter(item.state for item in done)
    if wish.form == "json":
        _print_exactly(report.as_json(report.document(done, skipped, __version__, wish.mode)))
    elif not wish.quiet:
        click.echo(report.summary(states, is_check=wish.check), err=True)
        if any(item.is_refused for item in done) and _is_terminal(sys.stderr):
            click.echo("what to do about a refusal: dockrefactor explain CODE", err=True)
    if states["failed"]:
        return EXIT_ERROR
    return EXIT_WOULD_CHANGE if wish.check and states["changed"] else 0


def _detect(wish: Wish) -> int:
    from dockrefactor import report

    batch = _batch(wish)
    sources, skipped, unusable = _sources(wish)
    found = [report.Detected(item.name, fault=item.fault) for item in unusable]
    for item in found:
        _say_fault(item.name, item.fault, wish)
    for item in _progress(sources, map(batch.detect, sources), wish):
        found.append(item)
        _say_fault(item.name, item.fault, wish)
        if wish.form == "text" and item.fault is None:
            click.echo(report.detect_text(item), nl=False)
    if wish.form == "json":
        _print_exactly(report.as_json(report.detect_document(found, skipped, __version__)))
    return EXIT_ERROR if any(item.fault is not None for item in found) else 0


def _batch(wish: Wish) -> Batch:
    """Everything checked that does not depend on a Dockerfile. Raises click's usage errors."""
    from dockrefactor import settings
    from dockrefactor.batch import Batch

    transforms, toolchains = _registries()
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    catalogue = _catalogue(transforms)
    given = _settings(wish)
    if (objection := settings.check(given, catalogue)) is not None:
        raise click.BadParameter(objection[1], param_hint=f"'--{objection[0]}'")
    try:
        configurations = settings.Configurations(catalogue, wish.config)
    except settings.SettingsError as error:
        raise click.UsageError(str(error)) from None
    return Batch(catalogue, toolchains, given, configurations)


def _answers(batch: Batch, sources: list[Source], wish: Wish) -> Iterable[FileReport]:
    """The refactored files in their order, by as many processes as are wished or worth their start."""
    if len(sources) < 2:
        return map(batch.refactor, sources)
    from dockrefactor import workers

    jobs = min(wish.jobs or workers.worthwhile(len(sources)), len(sources))
    if jobs < 2:
        return map(batch.refactor, sources)
    from functools import partial

    return workers.answers(partial(_worker, wish), sources, jobs)


def _worker(wish: Wish) -> Callable[[Source], FileReport]:
    """What refactors one file in a process of its own."""
    return _batch(wish).refactor


def _settings(wish: Wish) -> Settings:
    from dockrefactor.settings import Settings

    return Settings(**{item.name: getattr(wish, item.name) for item in fields(Settings)})


def _sources(wish: Wish) -> tuple[list[Source], list[Skipped], list[FileReport]]:
    """What is to be done, what is left alone (and said so), and which paths are nothing to work on."""
    from dockrefactor import discovery
    from dockrefactor.batch import MAX_BYTES, Source
    from dockrefactor.report import Fault, FileReport

    if wish.paths == (Path("-"),):
        typed = sys.stdin.buffer.read(MAX_BYTES + 1)
        return [Source(_STDIN_NAME, None, typed)], [], []
    found: list[Source] = []
    skipped: list[Skipped] = []
    unusable: list[FileReport] = []
    for item in discovery.find(wish.paths or (Path(),)):
        name = item.path.as_posix()
        if isinstance(item, discovery.Found):
            found.append(Source(name, item.path))
        elif isinstance(item, discovery.Skipped):
            skipped.append(item)
            if not wish.quiet and wish.form == "text":
                click.echo(f"{name}: skipped: {item.why}", err=True)
        else:
            unusable.append(FileReport(name, item.path, fault=Fault(item.why)))
    return found, skipped, unusable


def _progress(sources: list[Source], answers: Iterable[Answered], wish: Wish) -> Iterable[Answered]:
    """The answers for the sources, with a bar where that may take long and somebody looks."""
    if len(sources) <= _BAR_FROM or wish.quiet or not _is_terminal(sys.stderr):
        return answers
    # what is printed meanwhile would go through the bar
    with click.progressbar(answers, length=len(sources), label="Dockerfiles", file=sys.stderr) as bar:
        return list(bar)


def _written(item: FileReport, wish: Wish) -> FileReport:
    """The report after the file was rewritten, where that is wished and anything changed."""
    if not wish.write or item.state != "changed" or item.result is None or item.path is None:
        return item
    from dockrefactor.report import Fault
    from dockrefactor.rewriting import ChangedMeanwhileError, create, rewrite

    ignore = item.result.ignore_file
    try:
        # first, since it does no harm without the other
        if ignore is not None and item.ignore_path is not None:
            if ignore.before is None:
                create(item.ignore_path, ignore.after.encode())
            else:
                rewrite(item.ignore_path, ignore.before.encode(), ignore.after.encode())
        if item.result.before != item.result.after:
            rewrite(item.path, item.result.before.encode(), item.result.after.encode())
        # they name a stage that the Dockerfile must have
        for path, file in zip(item.compose_paths, item.result.compose_files, strict=True):
            rewrite(path, file.before.encode(), file.after.encode())
    except OSError as error:
        return replace(item, fault=Fault(f"cannot be written: {error.strerror or error}"))
    except ChangedMeanwhileError:
        return replace(item, fault=Fault("not written: it changed while it was read"))
    return replace(item, written=True)


def _print_product(item: FileReport, wish: Wish) -> None:
    if item.fault is not None or item.result is None:
        return
    if wish.stdout:
        _print_exactly(item.result.after)
    elif wish.shows_diff and item.state == "changed":
        from dockrefactor.report import coloured

        _print_exactly(coloured(item.diff) if _has_colours(wish) else item.diff)


def _say(item: FileReport, wish: Wish) -> None:
    from dockrefactor.report import lines

    if wish.quiet or wish.form == "json":
        _say_fault(item.name, item.fault, wish)
        return
    for line in lines(item, verbose=wish.verbose):
        click.echo(line, err=True)


def _say_fault(name: str, fault: Fault | None, wish: Wish) -> None:
    for line in fault.lines(name, verbose=wish.verbose) if fault is not None else ():
        click.echo(line, err=True)


def _print_exactly(text: str) -> None:
    """Standard output byte for byte: UTF-8 in every locale, line ends as they are, paths as the system has them."""
    click.echo(text.encode("utf-8", "surrogateescape"), nl=False)


def _has_colours(wish: Wish) -> bool:
    if wish.color != "auto":
        return wish.color == "always"
    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty()
