"""What the plans of all languages that compile to a program of the machine have in common."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from dockrefactor import os_packages, package_lists
from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.stages import Placed, Stage
from dockrefactor.toolchain import Blocked, TreeNeeds
from dockrefactor.toolchains import compiled_data
from dockrefactor.toolchains.compiled_data import IsSource, Opened


def launched(facts: Facts, places: Iterable[str]) -> set[str]:
    """The places of programs that the container starts."""
    there = frozenset(places)
    path = (facts.final.after.env.get("PATH") or "").split(":")
    found: set[str] = set()
    for launch in (facts.launch, facts.healthcheck):
        for item in launch.started:
            for word in dict.fromkeys((item.program, *item.wrappers, *item.argv)):
                named = [absolute(word, item.cwd)] if "/" in word else [posixpath.join(one, word) for one in path]
                found.update([place for place in named if place in there][:1])
    return found


def startable(facts: Facts, places: Iterable[str]) -> set[str]:
    """The places of programs that may be started: those of the launch; all where the image itself names none, since a
    compose file starts one of them, and another caller may start another."""
    return set(places) if facts.final.launch == (None, None) else launched(facts, places)


def named(places: Iterable[str], texts: Iterable[str | None], cwd: str) -> set[str]:
    """The places of programs that texts of the sources name, by path or by their own name."""
    words = {text for text in texts if text and len(text) < 200}
    paths = words | {absolute(text, cwd) for text in words if "/" in text}
    return {place for place in places if place in paths or posixpath.basename(place) in words}


def source_tree(stage: Stage, roots: Iterable[str]) -> str:
    """The image folder in which all of `roots` stand, with all that the context has above them."""
    common = posixpath.commonpath(list(roots))
    resolve = stage.resolver()
    while common != "/" and resolve(posixpath.dirname(common)) is not None:
        common = posixpath.dirname(common)
    return common


def open_image_texts(facts: Facts, stage: Stage, opened: Opened, is_source: IsSource, tree: str) -> None:
    """Keep what the launch and the environment name, and the author's copies where the sources stand in `/`."""
    for launch in (facts.launch, facts.healthcheck):
        for item in launch.started:
            for word in item.argv:
                opened.path(absolute(word.rpartition("=")[2], item.cwd))
    for step in stage.steps:
        for value in step.instruction.args[1::3] if step.keyword == "ENV" else ():
            for text in re.split(r"[:,;\s]", re.sub(r"^\w+:/{0,2}(?=\w)", "", value)):
                opened.path(text)
    opened.kept.update(facts.launch.scripts.values())
    if tree == "/":
        opened.kept.update(_named_by_the_author(facts, stage, is_source))


def _named_by_the_author(facts: Facts, stage: Stage, is_source: IsSource) -> Iterator[str]:
    """Copies of single files and folders other than sources: in the root folder, a copy goes to its own place."""
    for step in stage.steps:
        for source, _, is_folder in step.copy.pairs if step.copy is not None else ():
            files = facts.context.files(source) if is_folder else [source]
            if source and not any(is_source(path) for path in files):
                yield source


def unknown_on_ubuntu(facts: Facts, stage: Stage) -> Blocked | None:
    """A -dev package whose library may have another name on Ubuntu than on Debian, from which the tables are."""
    base = stage.base
    if base is None or base.family != "ubuntu":
        return None
    for step in stage.steps:
        for name in package_lists.packages(step):
            if os_packages.role(name, base) is not os_packages.Role.HEADERS:
                continue
            if os_packages.libraries(name, base) is None:
                says = f"what `{name}` leaves for the runtime on Ubuntu is not known"
                return Blocked("unknown-library", facts.at(step.instruction, says))
    return None


def taken_from_the_build(
    facts: Facts, stage: Stage, own: tuple[Placed, ...], left_behind: Iterable[str], opened: Opened
) -> Blocked | None:
    """Keep what file commands of the runtime read; the first that reads what only the builder has."""
    for placed, path, gone in compiled_data.taken(stage, own, left_behind):
        if gone:
            step = next(step for step in stage.steps if step.run is not None and placed in step.run.commands)
            says = f"`{placed.command.name}` takes files of the build to another place"
            return Blocked("unknown-effect", facts.at(step.instruction, says))
        opened.path(path)
    return None


def tree_needs(
    stage: Stage,
    folder: str,
    places: Mapping[str, str],
    chosen: Callable[[], set[str]],
    opened: Callable[[], tuple[str, ...] | Blocked | None],
    computed: bool,
    evidence: tuple[Evidence, ...],
) -> TreeNeeds | Blocked | None:
    """What of a folder of a builder the final stage needs: the programs in it, and the data that they open."""
    here = [path for path in places if inside(path, folder)]
    if not here:
        return None
    wanted = [path for path in here if path in chosen()] or here
    root = stage.resolver()(folder)
    data = opened()
    if root is None or data is None or isinstance(data, Blocked) or computed:
        return Blocked("unknown-reads", evidence[0])
    built = tuple(posixpath.relpath(path, folder) for path in wanted)
    kept = tuple(posixpath.relpath("/" + path, "/" + root) for path in data if inside("/" + path, "/" + root))
    return TreeNeeds(built, kept, evidence)
