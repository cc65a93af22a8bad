"""Writes data/python_wheels.tsv: which Python packages install without a compiler, and for which Pythons and versions.

    python python_wheels.py --index URL [--seconds-between S] NAMES_FILE > ../dockrefactor/data/python_wheels.tsv

NAMES_FILE has one package name a line. URL is a package index that answers `URL/pypi/NAME/json` (the JSON interface of
the Python Package Index). One request a name, one after the other; mind the index's rules before asking for many.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

HEADER = """\
# Which Python packages install without a compiler, from the files on the Python Package Index.
# Made by refactor/generate/python_wheels.py.
# Columns, separated by tabs:
#   package   normalised name
#   kind      pure: the newest release has a wheel for any platform; wheel: it has one for manylinux x86_64;
#             sdist: it has neither (whether the source has compiled parts is not known)
#   wheels    for kind wheel: TAG:LOWEST-HIGHEST release with a manylinux x86_64 wheel, comma separated; TAG is cp311
#             (that CPython alone), abi3.cp37 (that and later) or py3 (any); releases between the two may lack one
#   needs     packages that it requires, directly or through others in this table and without extras, that are of kind
#             sdist or in python_packages.toml, comma separated; "-": none
"""
ENVIRONMENT = {
    "python_version": "3.12",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "extra": "",
}


@dataclass(frozen=True, slots=True)
class Project:
    """What the index says of one package."""

    name: str
    kind: str
    wheels: dict[str, tuple[Version, Version]] = field(default_factory=dict)
    requires: tuple[str, ...] = ()


def wheel_tag(filename: str) -> str | None:
    """ "any", or the TAG of the wheels column; None for wheels of other systems. Raises InvalidWheelFilename."""
    _, _, _, tags = parse_wheel_filename(filename)
    for tag in sorted(tags, key=str):
        if tag.platform == "any" and tag.interpreter.startswith("py3"):
            return "any"
        if not (tag.platform.startswith("manylinux") and tag.platform.endswith("x86_64")):
            continue
        if tag.abi == "abi3":
            return f"abi3.{tag.interpreter}"
        if tag.abi == "none" and tag.interpreter.startswith("py3"):
            return "py3"
        if tag.interpreter.startswith("cp3") and tag.abi.removesuffix("m") == tag.interpreter:
            return tag.interpreter
    return None


def _tags(files: Iterable[dict[str, Any]]) -> set[str]:
    found: set[str] = set()
    for file in files:
        if file["packagetype"] == "bdist_wheel" and not file.get("yanked"):
            try:
                tag = wheel_tag(file["filename"])
            except InvalidWheelFilename:
                continue
            if tag:
                found.add(tag)
    return found


def _required(entries: Iterable[str]) -> tuple[str, ...]:
    requirements = (Requirement(entry) for entry in entries)
    wanted = {
        canonicalize_name(r.name) for r in requirements if r.marker is None or r.marker.evaluate(dict(ENVIRONMENT))
    }
    return tuple(sorted(wanted))


def _releases(document: dict[str, Any]) -> dict[Version, set[str]]:
    releases: dict[Version, set[str]] = {}
    for text, files in document["releases"].items():
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        if files and not version.is_prerelease:
            releases[version] = _tags(files)
    return releases


def read_project(name: str, document: dict[str, Any]) -> Project:
    """Condenses the index's answer for one package."""
    releases = _releases(document)
    newest = releases[max(releases)] if releases else set()
    kind = "wheel" if newest - {"any"} else "pure" if newest else "sdist"
    with_tag: dict[str, list[Version]] = defaultdict(list)
    for version, tags in releases.items():
        for tag in tags - {"any"}:
            with_tag[tag].append(version)
    wheels = {tag: (min(versions), max(versions)) for tag, versions in with_tag.items()} if kind == "wheel" else {}
    return Project(name, kind, wheels, _required(document["info"].get("requires_dist") or ()))


def needs_of(project: Project, projects: dict[str, Project], notable: frozenset[str]) -> tuple[str, ...]:
    """The notable packages that a package brings along."""
    reached: set[str] = set()
    pending = list(project.requires)
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending.extend(projects[name].requires if name in projects else ())
    return tuple(sorted((reached & notable) - {project.name}))


def _line(project: Project, needs: tuple[str, ...]) -> str:
    wheels = (f"{tag}:{low}-{high}" for tag, (low, high) in sorted(project.wheels.items()))
    return "\t".join((project.name, project.kind, ",".join(wheels) or "-", ",".join(needs) or "-"))


def _ask(index: str, name: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(f"{index.rstrip('/')}/pypi/{name}/json", timeout=60) as answer:
            document: dict[str, Any] = json.load(answer)
            return document
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return None


def main() -> None:
    """Asks for each name of the file and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", type=Path)
    parser.add_argument("--index", required=True)
    parser.add_argument("--seconds-between", type=float, default=1.0)
    arguments = parser.parse_args()
    projects: dict[str, Project] = {}
    for name in sorted({canonicalize_name(line) for line in arguments.names.read_text("utf-8").split()}):
        document = _ask(arguments.index, name)
        if document is None:
            sys.stderr.write(f"not on the index: {name}\n")
            continue
        projects[name] = read_project(name, document)
        time.sleep(arguments.seconds_between)
    table = Path(__file__).parents[1] / "dockrefactor/data/python_packages.toml"
    known = tomllib.loads(table.read_text("utf-8"))
    notable = frozenset(known) | {project.name for project in projects.values() if project.kind == "sdist"}
    sys.stdout.write(HEADER)
    for project in projects.values():
        sys.stdout.write(_line(project, needs_of(project, projects, notable)) + "\n")


if __name__ == "__main__":
    main()
