"""Writes data/ruby_gems.tsv: which gems have compiled parts, and the shared libraries that they load.

    python ruby_gems.py --folder DIR SUITE... > ../dockrefactor/data/ruby_gems.tsv

DIR holds the indexes that debian_packages.py fetched. Debian packages gems one by one: what its package of a gem ships
and depends on says whether the gem is compiled, what it links or loads, and which other gems it requires. A gem that
brings its own copy of a library differs from Debian's package of it; data/ruby_gems.toml says so.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from debian_index import Package, _index_lines, read_packages

HEADER = """\
# Gems that Debian packages: whether they are compiled, and what they load when they run.
# Made by refactor/generate/ruby_gems.py from the Packages and Contents indexes of Debian (main, amd64).
# Columns, separated by tabs:
#   gem    its name
#   kind   native: it has compiled parts; pure: it has none
#   needs  further gems that it requires, comma separated; "-": none
#   then, for each suite, the packages with shared libraries that it loads, comma separated; "-": none, "?": no package
# columns: gem	kind	needs	{suites}
"""
SPECIFICATION = re.compile(r"usr/.*rubygems-integration/[^/]+/specifications/(.+)-\d[^/-]*\.gemspec$")
COMPILED = re.compile(r"usr/lib/.*/(?:ruby/vendor_ruby|rubygems-integration)/.*\.so$")
# in every image with a Ruby, or no shared library
NO_LIBRARY = re.compile(r"lib(?:c6|gcc-s1|stdc\+\+6|ruby.*|js-.*|.*-dev|.*-perl|.*-java)$")


def read_gems(folder: Path, suite: str) -> tuple[dict[str, str], set[str]]:
    """(gem -> package that ships it, packages with compiled parts) of a suite; both empty without a Contents index."""
    gems: dict[str, str] = {}
    compiled: set[str] = set()
    try:
        lines = [*_index_lines(folder, suite, "_Contents-amd64", "_Contents-all")]
    except FileNotFoundError:
        return gems, compiled
    for line in lines:
        path, _, places = line.rstrip().rpartition(" ")
        path = path.rstrip()
        if "ruby" not in path:
            continue
        owner = places.split(",")[0].rpartition("/")[2]
        found = SPECIFICATION.match(path)
        if found is not None:
            gems[found[1]] = owner
        elif COMPILED.match(path):
            compiled.add(owner)
    return gems, compiled


def libraries(package: Package | None) -> str:
    """The cell of one suite."""
    if package is None:
        return "?"
    names = {item.name for item in package.depends if re.match(r"lib.*\d", item.name)}
    return ",".join(sorted(name for name in names if not NO_LIBRARY.match(name))) or "-"


def lines(folder: Path, suites: list[str]) -> Iterator[str]:
    """The table's lines, by gem."""
    packages = {suite: read_packages(folder, suite) for suite in suites}
    owner_of: dict[str, str] = {}
    compiled: set[str] = set()
    for suite in suites:
        gems, native = read_gems(folder, suite)
        owner_of.update(gems)
        compiled |= native
    gems_of: dict[str, list[str]] = defaultdict(list)
    for gem, owner in owner_of.items():
        gems_of[owner].append(gem)
    for gem, owner in sorted(owner_of.items()):
        newest = next((packages[suite][owner] for suite in reversed(suites) if owner in packages[suite]), None)
        if newest is None:
            continue
        needs = sorted({other for item in newest.depends for other in gems_of.get(item.name, ())} - {gem})
        kind = "native" if owner in compiled else "pure"
        cells = [libraries(packages[suite].get(owner)) for suite in suites]
        yield "\t".join((gem, kind, ",".join(needs) or "-", *cells))


def main() -> None:
    """Reads the suites named on the command line, oldest first, and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/debian-indexes"), help="where the indexes are kept")
    arguments = parser.parse_args()
    sys.stdout.write(HEADER.replace("{suites}", "\t".join(arguments.suites)))
    for line in lines(arguments.folder, arguments.suites):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
