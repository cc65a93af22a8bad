"""Files that the launch of a Java program names, and files of the context that the program opens."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from dockrefactor import tables
from dockrefactor.context import outermost
from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.records import dataclass, replace
from dockrefactor.stages import Stage
from dockrefactor.toolchains import java_commands, java_projects, opened_files
from dockrefactor.toolchains.java_needs import Program


@dataclass(frozen=True, slots=True)
class Named:
    """A path of the image that the launch names by `word`. `is_script`: it is started itself; `is_folder`: a folder of
    a class path; `computed`: part of it is not known; `optional`: it need not be there; `guessed`: it is part of an
    option or argument, and may be no path at all."""

    path: str
    word: str
    evidence: Evidence
    is_script: bool = False
    is_folder: bool = False
    computed: bool = False
    optional: bool = False
    guessed: bool = False

    def moved(self, destination: str, source: str) -> Named:
        """The same in the stage from whose folder `source` a copy brings `destination`."""
        if not inside(self.path, destination):
            return self
        return replace(self, path=posixpath.normpath(posixpath.join(source, posixpath.relpath(self.path, destination))))


def named(facts: Facts) -> Iterator[Named]:
    """What ENTRYPOINT, CMD and their scripts name of the program."""
    for item in facts.launch.started:
        start = java_commands.parse_java(item.argv)
        place = item.evidence
        if start is None:
            if (item.argv and item.argv[0].startswith(("/", "."))) or "/" in (item.argv or ("",))[0]:
                path = absolute(item.argv[0], item.cwd)
                if not facts.launch.scripts.get(path):
                    yield Named(path, item.argv[0], place, is_script=True)
                    yield from _guessed(item, _options(facts, ()), ())
            continue
        if start.jar:
            yield Named(absolute(start.jar, item.cwd), start.jar, place, computed="$" in start.jar)
        entries = start.classpath or (() if start.jar or not start.main else (".",))
        for entry in entries:
            plain = entry.removesuffix("/*") if entry.endswith("/*") else entry
            folder = plain != entry or not plain.endswith((".jar", ".war"))
            yield Named(
                absolute("." if plain == "*" else plain, item.cwd), entry, place, is_folder=folder,
                computed="$" in entry, optional=True,
            )  # fmt: skip
        yield from _guessed(item, (*_options(facts, start.options), *start.arguments), entries)


def _guessed(item: Started, words: Iterable[str], entries: Sequence[str]) -> Iterator[Named]:
    """What options and arguments may name beside the `entries` of a class path."""
    for word in words:
        for part in _paths_of(word):
            if part not in entries and f"{part}/*" not in entries:
                yield Named(absolute(part, item.cwd), part, item.evidence, optional=True, guessed=True)


def _options(facts: Facts, options: Sequence[str]) -> Iterator[str]:
    yield from options
    for name, value in facts.final.after.env.items():
        if name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTIONS") or name.endswith("_OPTS"):
            yield from value.split()


def _paths_of(word: str) -> Iterator[str]:
    """What in an option or argument may be a path: `-javaagent:/opt/agent.jar=x`, `--config.location=file:./conf/`."""
    for part in re.split(r"[=,:]|(?<=\w)@", word.lstrip("@")):
        if re.fullmatch(r"[\w./-]*[/.][\w./-]+|[\w-]+", part) and not part.startswith("-"):
            yield part


def opened(facts: Facts, stage: Stage, program: Program, folders: Sequence[str]) -> tuple[str, ...] | None:
    """Context paths that the program may open, as the copies of `stage` bring them; None where it lists its folder.

    Named literally in its sources, settings and launch; copied by name for no build; where a path is computed, all data
    beside the sources. `folders` are the context folders of its projects.
    """
    resolve = stage.resolver()
    cwd = facts.final.after.cwd
    kept = dict.fromkeys(
        [
            *facts.launch.scripts.values(),
            *opened_files.copied_by_name(stage, folders, java_projects.is_unread),
            *opened_files.set_up(stage),
        ]
    )
    claims = [*program.sources.needs.reads, *program.settings.reads]
    for claim in claims:
        if claim.value is None:
            continue
        found = stage.source(absolute(claim.value, cwd))
        if found == "" or (found is not None and found in folders and facts.context.is_dir(found)):
            return None
        if found is not None:
            kept[found] = None
    written = [*program.sources.needs.writes, *program.settings.writes]
    made = [claim.value for claim in written if claim.value is not None]
    kept.update(dict.fromkeys(opened_files.folders_of(facts.context, resolve, made, cwd, True)))
    kept.update(dict.fromkeys(opened_files.standing(facts.context, resolve, made, cwd)))
    words = [claim.value or "" for claim in program.sources.texts] + [item.path for item in named(facts)]
    words += _of_variables(facts)
    for word in words:
        found = resolve(absolute(word, cwd))
        if found and found not in folders and not java_projects.is_unread(found):
            kept[found] = None
    if any(claim.value is None for claim in claims):
        kept.update(dict.fromkeys(opened_files.data(facts, stage, folders, java_projects.is_unread)))
    libraries = {name for unit in program.units for name, _ in unit.dependencies}
    read = [path for name, path in tables.toml("java_settings")["reads_beside"].items() if name in libraries]
    kept.update(dict.fromkeys(opened_files.in_work_folder(facts, stage, read)))
    if any(name.startswith("org.springframework.boot:") for name in libraries):
        kept.update(dict.fromkeys((*_settings_beside(facts, stage), *_served(facts, stage))))
    return outermost(kept)


def _of_variables(facts: Facts) -> Iterator[str]:
    """Paths that variables of the image name, which frameworks read: `SPRING_CONFIG_LOCATION=file:/app/conf/`."""
    for step in facts.final.image_steps:
        for value in step.instruction.args[1::3] if step.keyword == "ENV" else ():
            yield from (part for word in value.split() for part in _paths_of(word) if "/" in part)


def _settings_beside(facts: Facts, stage: Stage) -> Iterator[str]:
    root = stage.resolver()(facts.final.after.cwd)
    patterns = tables.toml("java_settings")["beside"]
    for path in facts.context.children(root) if root is not None else ():
        if any(fnmatch.fnmatchcase(posixpath.basename(path), pattern) for pattern in patterns):
            yield path


def _served(facts: Facts, stage: Stage) -> Iterator[str]:
    """The folder of the work folder that Spring Boot's embedded server serves: the first that there is."""
    names = tables.toml("java_projects")["spring_boot"]["folders"]
    found = (stage.resolver()(absolute(name, facts.final.after.cwd)) for name in names)
    yield from [path for path in found if path and facts.context.is_dir(path)][:1]
