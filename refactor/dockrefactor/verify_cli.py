"""The command line of `dockrefactor verify`; the program imports it where that is the first word."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dockrefactor import __version__
from dockrefactor.cli_options import DEV_STAGE, known, on_request, words
from dockrefactor.wish import RUNTIMES, Wish

if TYPE_CHECKING:
    from dockrefactor.batch import Batch, Source
    from dockrefactor.verify.building import Passed
    from dockrefactor.verify.engine import Engine
    from dockrefactor.verify.proving import Plan, Proof, Prover
    from dockrefactor.verify.repairing import Repair

Sources = Callable[[Wish], tuple[list["Source"], list[Any], list[Any]]]
_SETTINGS = (
    *("select", "ignore", "context", "runtime", "user", "assume", "also", "config"),
    *("runtime_packages", "covered", "runtime_files", "owned_folders", "dev_stage"),
)


def _pairs(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    if wrong := next((value for value in values if "=" not in value), None):
        raise click.BadParameter(f"{wrong!r} is not NAME=VALUE", param=option)
    return dict(value.partition("=")[::2] for value in values)


def _many(name: str, metavar: str, text: str, **extra: Any) -> Callable[[Any], Any]:
    return click.option(name, multiple=True, metavar=metavar, help=text, **extra)


def command(
    make_batch: Callable[[Wish], Batch], find_sources: Sources, guarded: Callable[[Callable[[Wish], int], Wish], int]
) -> click.Command:
    """The command, by what the program uses to read settings, to find Dockerfiles, and to turn errors to exit codes."""

    @click.command(name="verify")
    @click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
    @click.option("--against", metavar="REV|FILE", help="Compare with this version, instead of refactoring.")
    @click.option(
        "--repair", is_flag=True, help="Mend what the proof finds, prove again, and print it as configuration."
    )
    @_many("--select", "A,B", "Only these transforms.", callback=words)
    @_many("--ignore", "A,B", "Not these transforms.", callback=words)
    @click.option("--context", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
    @click.option("--runtime", type=click.Choice(RUNTIMES), help="The preferred family of the runtime base.")
    @click.option("--user", metavar="NAME[:UID]|keep", help="The user to create; keep leaves users alone.")
    @_many("--assume", "CODE,...", "Accept these assumptions.", callback=words)
    @known("--runtime-package", "runtime_packages", "A,B", "Packages that the program needs.")
    @known("--covered", "covered", "A,B", "Unknown names that these packages cover.")
    @known("--runtime-file", "runtime_files", "PATH,...", "Files that the program reads.")
    @known("--owned-folder", "owned_folders", "PATH,...", "Folders that the program writes to.")
    @on_request
    @DEV_STAGE
    @click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
    @_many("--http", "PATH", "Ask for this path (default /); may be repeated.")
    @_many("--port", "N", "The program listens here, whatever EXPOSE says.", type=click.IntRange(1, 65535))
    @_many("--run", "CMD", "A test of yours: it must do the same in both containers.")
    @click.option("--exit", "code", type=int, default=0, metavar="CODE", help="The program is meant to end with this.")
    @_many("--env", "NAME=VALUE", "A variable for both containers.", callback=_pairs)
    @click.option("--start-timeout", type=click.FloatRange(min=1), default=30.0, show_default=True, metavar="SECONDS")
    @click.option("--edit", metavar="FILE", help="The source file to edit for the rebuild.")
    @click.option("--rebuild/--no-rebuild", default=True, help="Build again after an edit.", show_default=True)
    @click.option("--engine", "program", type=click.Choice(["docker", "podman", "buildah"]), help="The engine to use.")
    @_many("--build-arg", "NAME=VALUE", "Passed to both builds.")
    @_many("--secret", "SPEC", "Passed to both builds.")
    @click.option("--platform", default="", metavar="OS/ARCH", help="Passed to both builds.")
    @click.option("--target", default="", metavar="STAGE", help="Passed to the builds that have this stage.")
    @click.option("--timeout", type=click.FloatRange(min=1), default=1800.0, show_default=True, metavar="SECONDS")
    @click.option("--keep", is_flag=True, help="Keep the images and containers.")
    @click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text")
    @click.option("--quiet", "-q", is_flag=True, help="No progress.")
    @click.option("--verbose", "-v", is_flag=True, help="Say what is no difference, too.")
    @click.help_option("--help", "-h")
    @click.pass_context
    def verify(ctx: click.Context, /, **typed: Any) -> None:
        """Build the original and the result, compare the images, run both: whether the refactoring is right.

        It builds and runs what the Dockerfile says, with the engine that is here. Nothing is pushed, and everything
        made is removed. Exit codes: 0 proved, 1 not proved, 2 could not try. Files that the refactoring leaves as they
        are do not count beside others; alone, there is nothing to prove, and the code is 2.
        """
        if typed["against"] and typed["repair"]:
            raise click.UsageError("--against and --repair cannot be combined")
        wish = Wish(paths=typed["paths"], **{name: typed[name] for name in _SETTINGS})
        ctx.exit(guarded(lambda wish: _run(make_batch, find_sources, wish, typed), wish))

    return verify


def _run(make_batch: Callable[[Wish], Batch], find_sources: Sources, wish: Wish, typed: Mapping[str, Any]) -> int:
    from dockrefactor.verify import engine as engines
    from dockrefactor.verify import proof_report
    from dockrefactor.verify.findings import Verdict
    from dockrefactor.verify.proving import Proof, Prover

    batch = make_batch(wish)
    sources, _, unusable = find_sources(wish)
    proofs = [Proof(item.name, Verdict.NOT_TRIED, item.fault.message) for item in unusable]
    if not sources and not proofs:
        click.echo("no Dockerfile found", err=True)
        return 2
    try:
        engine = engines.find(typed["program"], keep=typed["keep"])
    except engines.CouldNotTryError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    repairs: dict[str, Repair] = {}
    with _ending(engine), _progress(typed["quiet"]) as say:
        prover = Prover(engine, say)
        proofs += [_proved(batch, source, prover, typed, repairs) for source in sources]
    _print(proofs, repairs, engine.program, typed)
    return proof_report.exit_code(proofs)


def _proved(
    batch: Batch, source: Source, prover: Prover, typed: Mapping[str, Any], repairs: dict[str, Repair]
) -> Proof:
    """The proof of one Dockerfile; what was mended for it goes to `repairs`."""
    from dockrefactor.verify import repairing, subjects
    from dockrefactor.verify.engine import CouldNotTryError
    from dockrefactor.verify.findings import Verdict
    from dockrefactor.verify.proving import Proof

    passed = _passed(typed)
    try:
        if typed["repair"]:
            proof, repairs[source.name] = repairing.repaired(batch, source, prover, passed, _plan(typed))
            return proof
        if typed["against"]:
            subject = subjects.against(batch, source, typed["against"], passed)
        else:
            subject = subjects.refactored(batch, source, passed)
    except (subjects.NothingToProve, CouldNotTryError) as reason:
        unchanged = isinstance(reason, subjects.UnchangedError)
        return Proof(source.name, Verdict.NOT_TRIED, str(reason), is_unchanged=unchanged)
    finally:
        prover.release()
    return prover.prove(source.name, subject.before, subject.after, _plan(typed))


def _passed(typed: Mapping[str, Any]) -> Passed:
    from dockrefactor.verify.building import Passed

    return Passed(
        typed["build_arg"], typed["secret"], typed["platform"], typed["target"], seconds=float(typed["timeout"])
    )


def _plan(typed: Mapping[str, Any]) -> Plan:
    from dockrefactor.verify import rebuilding
    from dockrefactor.verify.proving import Plan
    from dockrefactor.verify.running import Trial

    edit = rebuilding.edit_of(typed["edit"]) if typed["edit"] else None
    paths = tuple(path if path.startswith("/") else f"/{path}" for path in typed["http"]) or ("/",)
    trial = Trial(typed["port"], paths, None, typed["code"], typed["run"], typed["env"], float(typed["start_timeout"]))
    return Plan(trial, typed["rebuild"], edit)


@contextlib.contextmanager
def _ending(engine: Engine) -> Iterator[None]:
    """Whatever becomes of the run, nothing of it is left; a second interrupt does not stop the cleaning."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            engine.close()
        finally:
            signal.signal(signal.SIGINT, ignored)


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """One line that says what is being done, on a terminal; else a line for each part."""
    if quiet:
        yield lambda _: None
        return
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.markup import escape

        with Console(stderr=True).status("") as status:
            yield lambda text: status.update(escape(text[:120]))
        return
    # not every step: logs of CI are read by people too
    yield lambda text: click.echo(text, err=True) if ": " not in text else None


def _print(proofs: list[Proof], repairs: dict[str, Repair], program: str, typed: Mapping[str, Any]) -> None:
    from dockrefactor import report
    from dockrefactor.verify import proof_report

    if typed["form"] == "json":
        click.echo(report.as_json(proof_report.document(proofs, __version__, program, repairs)), nl=False)
    elif typed["form"] == "markdown":
        click.echo(proof_report.markdown(proofs).encode(), nl=False)
    else:
        shown = proof_report.text(proofs, is_terminal=sys.stdout.isatty(), verbose=typed["verbose"])
        click.echo(shown.encode(), nl=False)
        for proof in proofs:
            if proof.name in repairs:
                mended = proof_report.repair_text(repairs[proof.name], proof.verdict)
                click.echo(f"{proof.name}: {mended}".encode(), nl=False)
