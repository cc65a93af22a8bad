"""What was typed on the command line, as one value, and whether it goes together."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dockrefactor.records import dataclass

RUNTIMES: Final = ("auto", "slim", "alpine", "distroless")


@dataclass(frozen=True, slots=True)
class Wish:
    """The options by their names; `form` is that of `--format`. None where a setting was not given."""

    paths: tuple[Path, ...] = ()
    diff: bool = False
    write: bool = False
    stdout: bool = False
    check: bool = False
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    context: Path | None = None
    runtime: str | None = None
    user: str | None = None
    assume: tuple[str, ...] | None = None
    also: tuple[str, ...] | None = None
    runtime_packages: tuple[str, ...] | None = None
    covered: tuple[str, ...] | None = None
    runtime_files: tuple[str, ...] | None = None
    owned_folders: tuple[str, ...] | None = None
    dev_stage: bool | None = None
    form: str = "text"
    config: Path | None = None
    jobs: int | None = None
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"

    @property
    def mode(self) -> str:
        """What becomes of a result: diff, write, stdout or check."""
        return next((name for name in ("write", "stdout", "check") if getattr(self, name)), "diff")

    @property
    def shows_diff(self) -> bool:
        """Whether standard output carries diffs."""
        return self.form == "text" and (self.diff or self.mode == "diff")

    def objection(self) -> str:
        """Why the options do not go together; the empty string where they do."""
        places = [f"--{name}" for name in ("diff", "write", "stdout") if getattr(self, name)]
        clashes = (
            (len(places) > 1, " and ".join(places[:2])),
            (self.check and (self.write or self.stdout), f"--check and {places[-1] if places else ''}"),
            (self.stdout and self.form == "json", "--stdout and --format json"),
            (self.stdout and "extend-dockerignore" in (self.also or ()), "--stdout and --dockerignore"),
            (self.stdout and bool(self.dev_stage), "--stdout and --dev-stage"),
            (self.quiet and self.verbose, "--quiet and --verbose"),
            (self.write and Path("-") in self.paths, "--write and standard input"),
            (len(self.paths) > 1 and Path("-") in self.paths, "standard input and other paths"),
        )
        return next((f"{names} cannot be combined" for holds, names in clashes if holds), "")
