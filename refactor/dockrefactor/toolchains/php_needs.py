"""What a PHP program asks of the image that runs it: by its start, its framework and its sources."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator

from dockrefactor import foreign_programs
from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim
from dockrefactor.tables import toml
from dockrefactor.toolchain import RuntimeNeeds
from dockrefactor.toolchains import php_sources
from dockrefactor.toolchains.php_names import looks_like_php


def needs(facts: Facts) -> RuntimeNeeds:
    """See `Toolchain.needs`."""
    files = list(_copied(facts))
    cwd = facts.final.after.cwd
    sources = php_sources.read_sources(
        facts.context, ((path, inner) for path, inner in files if php_sources.is_source(inner))
    )
    writes = [_in(cwd, claim) for claim in sources.writes]
    frameworks = toml("php_sources")["frameworks"]
    for path, inner in files:
        for name, written in frameworks.items():
            if inner == name or inner.endswith("/" + name):
                root = absolute(inner.removesuffix(name).rstrip("/") or ".", cwd)
                writes += [
                    Claim(absolute(item, root), Evidence(path, 0, f"its framework writes {item}")) for item in written
                ]
    ports = [
        Claim(found[1], item.evidence)
        for item in facts.launch.started
        if looks_like_php(item.argv[0])
        for word in item.argv[1:]
        if (found := re.search(r"^(?:-S)?(?:[\w.\[\]:]*:|--port=)(\d+)$", word)) is not None
    ]
    started = (*sources.programs, *_of_packages(facts, files))
    programs = [claim for claim in started if claim.value is None or not looks_like_php(claim.value)]
    return RuntimeNeeds(
        programs=tuple(programs),
        writes=tuple(writes),
        ports=tuple(ports),
        unknown=tuple(("writes-unknown-path", place) for place in (*sources.unreadable, *_unread(facts))),
    )


def _unread(facts: Facts) -> Iterator[Evidence]:
    """The started programs of packages, whose code nobody reads here."""
    for item in facts.launch.started:
        if item.known and not item.conditional and (name := _unread_program(facts, item)):
            yield Evidence(item.evidence.path, item.evidence.line, f"what `{name}` writes is not known")


def _unread_program(facts: Facts, item: Started) -> str:
    """The program of which nothing is known that a command starts, `""` for none."""
    if not looks_like_php(item.argv[0]):
        return "" if foreign_programs.is_known(facts, item, item.argv, "php") else item.name
    script = _script(item.argv)
    return script if script and facts.final.resolver()(absolute(script, item.cwd)) is None else ""


def _script(argv: tuple[str, ...]) -> str:
    """The file of code that PHP runs, `""` where it runs none, or serves a folder."""
    if "vendor/bin/" in argv[0] or argv[0].endswith(".phar"):
        return argv[0]
    words = iter(argv[1:]) if posixpath.basename(argv[0]) == "php" else iter(())
    for word in words:
        if word in ("-d", "-c"):
            next(words, None)
        elif word in ("-r", "-S", "-t", "-a", "-i", "-m", "-v"):
            break
        elif not word.startswith("-"):
            return word
    return ""


def _of_packages(facts: Facts, files: list[tuple[str, str]]) -> Iterator[Claim]:
    """The programs that the packages of a lock file start; those for development are left out."""
    table = toml("php_sources")["packages"]
    for path, inner in files:
        if posixpath.basename(inner) != "composer.lock" or "/vendor/" in f"/{inner}":
            continue
        text = facts.context.read(path) or ""
        try:
            packages = json.loads(text).get("packages", ())
        except (ValueError, AttributeError, RecursionError):
            continue
        names = [str(item.get("name")) for item in packages if isinstance(item, dict)]
        for name in names:
            for program in table.get(name, ()):
                yield Claim(program, Evidence(path, facts.context.find_line(path, name), f"{name} starts `{program}`"))


def _in(cwd: str, claim: Claim) -> Claim:
    return Claim(absolute(claim.value, cwd), claim.evidence) if claim.value is not None else claim


def _copied(facts: Facts) -> Iterator[tuple[str, str]]:
    """(context path, path from the work folder) of every file that a stage copies; other places by their own path."""
    cwd = facts.final.after.cwd
    for stage in facts.contributing:
        for step in stage.steps:
            for source, target, is_folder in step.copy.pairs if step.copy is not None else ():
                for path in facts.context.files(source) if is_folder else (source,):
                    place = absolute(posixpath.relpath("/" + path, "/" + source), target) if is_folder else target
                    yield path, posixpath.relpath(place, cwd) if inside(place, cwd) else place
