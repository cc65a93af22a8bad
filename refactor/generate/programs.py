"""Writes data/programs.tsv: which Debian and Alpine package brings a program that scripts and applications start.

    python programs.py --folder DIR [--kept SUITE...] -- SUITE... > ../dockrefactor/data/programs.tsv

DIR holds the indexes that debian_packages.py fetched. A Debian package is written down for a suite only where its
Contents index shows that it, or a package it depends on (three steps), ships the program; else the suite's cell is "-".
The cells of a suite that is `--kept` are those of the table as it is. The Alpine column is taken from
programs_wanted.tsv as it is.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from debian_index import Package, read_contents, read_packages

HEADER = """\
# Which package brings a program.
# Made by refactor/generate/programs.py from programs_wanted.tsv. Debian's names are checked against its indexes;
# Alpine's names are those of https://pkgs.alpinelinux.org (not checked by a script).
# Columns, separated by tabs; "-" where the suite has no such package:
"""
TABLE = Path(__file__).parents[1] / "dockrefactor/data/programs.tsv"
FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin", "usr/games")
STEPS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of programs_wanted.tsv: `shipped_as` are basenames or paths under which the program may be shipped."""

    program: str
    debian: str
    alpine: str
    shipped_as: tuple[str, ...]

    def paths(self) -> tuple[str, ...]:
        """Every path, without the leading slash, at which a package may ship the program."""
        names = (self.program, *self.shipped_as)
        return tuple(path for name in names for path in ([name] if "/" in name else [f"{f}/{name}" for f in FOLDERS]))


def read_wanted(path: Path) -> list[Wanted]:
    """The programs to look up, sorted by name."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    cells = [[*line.split("\t"), "", ""][:4] for line in lines]
    return sorted((Wanted(c[0], c[1], c[2], tuple(c[3].split())) for c in cells), key=lambda w: w.program)


def _installed_with(name: str, packages: dict[str, Package]) -> set[str]:
    """The package and those it depends on, `STEPS` deep; empty where the suite does not have it."""
    reached = {name} & packages.keys()
    for _ in range(STEPS):
        reached |= {d.name for n in reached for d in packages[n].depends if d.name in packages}
    return reached


def package_of(wanted: Wanted, packages: dict[str, Package], owners: dict[str, tuple[str, ...]]) -> str:
    """The Debian package's name where the index shows that installing it brings the program, else "-"."""
    installed = _installed_with(wanted.debian, packages)
    shown = any(owner in installed for path in wanted.paths() for owner in owners.get(path, ()))
    return wanted.debian if shown else "-"


def _kept(suite: str) -> dict[str, str]:
    """Program -> package, by the table as it is."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    heads = next(line for line in lines if line.startswith("# program\t")).split("\t")
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {row[0]: row[heads.index(suite)] for row in rows}


def main() -> None:
    """Reads the suites' indexes and prints the table; names of programs found nowhere go to standard error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/debian-indexes"))
    parser.add_argument("--kept", nargs="*", default=[], help="suites whose cells stay as they are")
    arguments = parser.parse_args()
    wanted = read_wanted(Path(__file__).with_name("programs_wanted.tsv"))
    paths = frozenset(path for one in wanted for path in one.paths())
    columns: list[list[str]] = []
    for suite in arguments.suites:
        if suite in arguments.kept:
            cells_of = _kept(suite)
            columns.append([cells_of.get(one.program, "-") for one in wanted])
            continue
        packages = read_packages(arguments.folder, suite)
        owners = read_contents(arguments.folder, suite, paths).programs
        columns.append([package_of(one, packages, owners) for one in wanted])
    sys.stdout.write(HEADER)
    sys.stdout.write("# program\t" + "\t".join([*arguments.suites, "alpine"]) + "\n")
    for number, one in enumerate(wanted):
        cells = [column[number] for column in columns]
        if set(cells) == {"-"} and one.debian != "-":
            sys.stderr.write(f"not found in any suite: {one.program} in {one.debian}\n")
        if {*cells, one.alpine} != {"-"}:
            sys.stdout.write("\t".join((one.program, *cells, one.alpine)) + "\n")


if __name__ == "__main__":
    main()
