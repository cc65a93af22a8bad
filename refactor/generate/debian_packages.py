"""Writes data/debian_packages.tsv: what a Debian -dev package leaves behind when a program that was built with it runs.

    python debian_packages.py --mirror URL [--folder DIR] [--kept SUITE...] -- SUITE... > debian_packages.tsv

A suite of which the mirror has no whole index is `--kept`: its lines are those of the table as it is.
For each -dev package: the packages with shared libraries that it depends on (its own ones, and for a package without
files of its own those of the packages it stands for), and the other -dev packages that it installs too. Facts come from
the suites' Packages and Contents indexes alone.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from debian_index import Contents, Package, fetch, read_contents, read_packages

HEADER = """\
# What each Debian -dev package leaves behind for a program that was built with it.
# Made by refactor/generate/debian_packages.py from the Packages and Contents indexes of Debian (main, amd64).
# Columns, separated by tabs:
#   package   the -dev package, or a virtual name that one such package alone provides
#   suites    the Debian suites of which this line is true, comma separated
#   runtime   packages with the shared libraries that it links programs to, comma separated; "-": none (headers, static)
#   through   other -dev packages that it installs and whose libraries a build may link too, comma separated; "-": none
"""
TABLE = Path(__file__).parents[1] / "dockrefactor/data/debian_packages.tsv"
# large families that no web service or command-line program is built from; left out to keep the table small
SKIPPED_PREFIXES = (
    "android-", "dolfin", "dpdk", "elpa-", "gnome-", "gnustep", "gobjc", "golang-", "kde", "kf5", "kf6", "lazarus",
    "libada", "libakonadi", "libapparmor-", "libblitz", "libboost1.", "libc6-dev-", "libchicken", "libclang",
    "libcoq", "libdart-", "libdolfin", "libdpdk", "libefl", "libflatpak", "libgazebo", "libghc-", "libglobus-",
    "libgnat", "libgtkada", "libgz-", "libignition", "libkdb", "libkf5", "libkf6", "libkpim", "libldc", "liblld",
    "libllvm", "liblomiri", "libmathcomp", "libmate", "libmir", "libmrpt", "libmshr", "libmuffin", "libmumps",
    "libobjc", "libosmo", "libost", "libotb", "libpetsc", "libplasma", "libqt5", "libqt6", "libros", "librust-",
    "libslepc", "libtrilinos", "libukui", "libvisp", "libxfce", "linux-headers", "linux-kbuild", "llvm-",
    "manpages-", "node-", "petsc", "php", "plasma-", "qml", "qt6-", "qtbase", "r-cran", "ros-", "rust-", "slepc",
    "texlive", "trilinos", "ukui", "xfce", "xserver-",
)  # fmt: skip
SKIPPED_PARTS = (
    "-ocaml",
    "-ada",
    "-cross",
    "-arm64",
    "-armhf",
    "-mips",
    "-s390x",
    "-ppc64",
    "-riscv",
    "-i386",
    "-x32",
    "-cil-",
)


@dataclass(frozen=True, slots=True)
class Left:
    """What one -dev package leaves: library packages, and further -dev packages."""

    runtime: tuple[str, ...]
    through: tuple[str, ...]


class Suite:
    """One suite's packages, with the questions that the table answers."""

    def __init__(self, packages: dict[str, Package], contents: Contents) -> None:
        self._packages = packages
        self._contents = contents
        self._providers: dict[str, list[str]] = defaultdict(list)
        for package in packages.values():
            for virtual in package.provides:
                self._providers[virtual].append(package.name)

    def _real(self, name: str) -> Package | None:
        if name in self._packages:
            return self._packages[name]
        providers = self._providers.get(name, [])
        return self._packages[providers[0]] if len(providers) == 1 else None

    def _depends(self, package: Package) -> Iterator[Package]:
        for dependency in package.depends:
            real = self._real(dependency.name)
            if real is not None and real.name != package.name:
                yield real

    def _is_empty(self, package: Package) -> bool:
        return package.name not in self._contents.with_headers and package.name not in self._contents.libraries

    def development(self, package: Package) -> bool:
        """Whether the package serves builds: a -dev name, or Debian's section for them."""
        return package.name.endswith("-dev") or (package.section == "libdevel" and "-dev" in package.name)

    def left(self, package: Package) -> Left:
        """Libraries and further -dev packages; one without headers answers for the ones it stands for."""
        runtime: set[str] = set()
        through: set[str] = set()
        pending, seen = [package], {package.name}
        while pending:
            current = pending.pop()
            for needed in self._depends(current):
                if self.development(needed):
                    if self._stands_for(current, needed) and needed.name not in seen:
                        seen.add(needed.name)
                        pending.append(needed)
                    elif needed.name not in seen:
                        through.add(needed.name)
                elif needed.name in self._contents.libraries:
                    runtime.add(needed.name)
        return Left(tuple(sorted(runtime - {"libc6"})), tuple(sorted(through - seen - {"libc6-dev"})))

    def _stands_for(self, package: Package, needed: Package) -> bool:
        return package.source == needed.source or self._is_empty(package)

    def _named(self) -> Iterator[tuple[str, Package]]:
        """Every -dev name that apt installs: packages, and virtual names that one package alone provides."""
        for package in self._packages.values():
            if self.development(package):
                yield package.name, package
        for virtual in self._providers.keys() - self._packages.keys():
            provider = self._real(virtual)
            if virtual.endswith("-dev") and provider is not None and self.development(provider):
                yield virtual, provider

    def table(self) -> dict[str, Left]:
        """Every wanted -dev name."""
        return {name: self.left(package) for name, package in self._named() if not _skipped(name)}


def _skipped(name: str) -> bool:
    versioned_boost = name.startswith("libboost-") and name.removesuffix("-dev")[-1].isdigit()
    return versioned_boost or name.startswith(SKIPPED_PREFIXES) or any(part in name for part in SKIPPED_PARTS)


def _lines(tables: dict[str, dict[str, Left]]) -> Iterator[str]:
    by_package: dict[str, dict[Left, list[str]]] = defaultdict(lambda: defaultdict(list))
    for suite, table in tables.items():
        for name, left in table.items():
            by_package[name][left].append(suite)
    for name in sorted(by_package):
        for left, suites in by_package[name].items():
            yield "\t".join((name, ",".join(suites), ",".join(left.runtime) or "-", ",".join(left.through) or "-"))


def _kept(suite: str) -> dict[str, Left]:
    """What the table as it is says of a suite."""
    found: dict[str, Left] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            package, suites, runtime, through = line.split("\t")
            if suite in suites.split(","):
                found[package] = Left(_names(runtime), _names(through))
    return found


def _names(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split(","))


def main() -> None:
    """Reads the suites named on the command line and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--mirror", required=True, help="a Debian mirror's address")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/debian-indexes"), help="where the indexes are kept")
    parser.add_argument("--keyring", type=Path, default=Path("/usr/share/keyrings/debian-archive-keyring.gpg"))
    parser.add_argument("--kept", nargs="*", default=[], help="suites whose lines stay as they are")
    arguments = parser.parse_args()
    wanted = [suite for suite in arguments.suites if suite not in arguments.kept]
    if not (arguments.folder / "state/lists").is_dir():
        fetch(arguments.folder, arguments.mirror, wanted, arguments.keyring)
    tables = {}
    for suite in arguments.suites:
        if suite in arguments.kept:
            tables[suite] = _kept(suite)
            continue
        packages = read_packages(arguments.folder, suite)
        tables[suite] = Suite(packages, read_contents(arguments.folder, suite, frozenset())).table()
    sys.stdout.write(HEADER)
    for line in _lines(tables):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
