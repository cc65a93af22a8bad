"""Reads a Debian archive's own indexes (Packages and Contents) through apt, in a folder of their own.

`fetch` lets apt download and verify the indexes of the wanted suites into a folder of its own; `read_packages` and
`read_contents` turn them into plain values. Needs apt-get and apt-helper (Debian, Ubuntu), not root.
"""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LIBRARY = re.compile(r"(?:usr/)?lib/(?:[^/]+-linux-[^/]+/)?(?:[^/]+/)?lib[^/]*\.so\.[0-9][^/]*$")
HEADER_FOLDER = "usr/include/"


@dataclass(frozen=True, slots=True)
class Dependency:
    """One entry of Depends: its first alternative; `exact` where the entry asks for `(= version)`."""

    name: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Package:
    """A binary package of one suite. `provides` holds the virtual names it stands for."""

    name: str
    source: str
    section: str
    depends: tuple[Dependency, ...]
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What the wanted files of a suite say.

    `libraries`: package -> its shared libraries; `with_headers`: packages that ship headers; `programs`: path ->
    packages that ship it.
    """

    libraries: dict[str, tuple[str, ...]]
    with_headers: frozenset[str]
    programs: dict[str, tuple[str, ...]]


def _options(folder: Path) -> list[str]:
    return [
        f"Dir::State={folder}/state",
        f"Dir::State::status={folder}/status",
        f"Dir::Cache={folder}/cache",
        f"Dir::Etc::SourceList={folder}/sources.list",
        "Dir::Etc::SourceParts=/dev/null",
        "APT::Architecture=amd64",
        "APT::Architectures::=amd64",
        "APT::Get::List-Cleanup=false",
        "Acquire::Languages=none",
        "APT::Sandbox::User=",
        "Acquire::IndexTargets::deb::Contents-deb::MetaKey=$(COMPONENT)/Contents-$(ARCHITECTURE)",
        "Acquire::IndexTargets::deb::Contents-deb::ShortDescription=Contents-$(ARCHITECTURE)",
        "Acquire::IndexTargets::deb::Contents-deb::Description=$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents",
    ]


def fetch(folder: Path, mirror: str, suites: Iterable[str], keyring: Path) -> None:
    """Downloads the indexes of `suites` from `mirror` into `folder`; raises CalledProcessError where apt fails."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    lines = [f"deb [signed-by={keyring}] {mirror} {suite} main" for suite in suites]
    (folder / "sources.list").write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = [part for option in _options(folder) for part in ("-o", option)]
    subprocess.run(["apt-get", *options, "update"], check=True)


def _index_lines(folder: Path, suite: str, *endings: str) -> Iterator[str]:
    """The lines of the downloaded indexes with these endings, however apt stores them (plain, gz, lz4, xz)."""
    for ending in endings:
        found = sorted((folder / "state/lists").glob(f"*_dists_{suite}_main*{ending}*"))
        if not found:
            raise FileNotFoundError(f"no {ending} index of {suite} under {folder}")
        command = ["/usr/lib/apt/apt-helper", "cat-file", str(found[0])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
            assert process.stdout is not None
            yield from process.stdout


def _dependency(entry: str) -> Dependency:
    first = entry.split("|")[0].strip()
    return Dependency(name=first.split(" ")[0].split(":")[0], exact="(= " in first)


def _package(fields: dict[str, str]) -> Package:
    name = fields["Package"]
    entries = ", ".join(fields[key] for key in ("Pre-Depends", "Depends") if key in fields)
    return Package(
        name=name,
        source=fields.get("Source", name).split(" ")[0],
        section=fields.get("Section", ""),
        depends=tuple(_dependency(entry) for entry in entries.split(",") if entry.strip()),
        provides=tuple(part.strip().split(" ")[0] for part in fields.get("Provides", "").split(",") if part.strip()),
    )


def read_packages(folder: Path, suite: str) -> dict[str, Package]:
    """Every binary package of a suite by name."""
    packages: dict[str, Package] = {}
    fields: dict[str, str] = {}
    for line in _index_lines(folder, suite, "_Packages"):
        if line == "\n":
            packages[fields["Package"]] = _package(fields)
            fields = {}
        elif not line.startswith(" "):
            key, _, value = line.partition(":")
            fields[key] = value.strip()
    if fields:
        packages[fields["Package"]] = _package(fields)
    return packages


def read_contents(folder: Path, suite: str, programs: frozenset[str]) -> Contents:
    """The parts of a suite's Contents index that matter; `programs` are full paths without the leading slash."""
    libraries: dict[str, list[str]] = defaultdict(list)
    with_headers: set[str] = set()
    owners: dict[str, tuple[str, ...]] = {}
    for line in _index_lines(folder, suite, "_Contents-amd64", "_Contents-all"):
        path, _, places = line.rstrip().rpartition(" ")
        path = path.rstrip()
        if path.startswith(HEADER_FOLDER):
            with_headers.update(place.rpartition("/")[2] for place in places.split(","))
        elif path in programs:
            owners[path] = (*owners.get(path, ()), *(place.rpartition("/")[2] for place in places.split(",")))
        elif ".so." in path and LIBRARY.match(path):
            for place in places.split(","):
                libraries[place.rpartition("/")[2]].append(path.rpartition("/")[2])
    return Contents({name: tuple(files) for name, files in libraries.items()}, frozenset(with_headers), owners)
