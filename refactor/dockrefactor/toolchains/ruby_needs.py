"""What a Ruby program asks of the image that runs it: by its start, its sources and its gems."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from dockrefactor import foreign_programs
from dockrefactor.context import BuildContext
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim, InstallInputs, SourceNeeds
from dockrefactor.tables import toml
from dockrefactor.toolchain import RuntimeNeeds
from dockrefactor.toolchains import ruby_manifests, ruby_sources
from dockrefactor.toolchains.ruby_commands import RubyStart, parse_start
from dockrefactor.toolchains.ruby_gems import GemsNeeds, gems_needs


def starts(facts: Facts) -> list[tuple[Started, RubyStart]]:
    """The launch's commands that are Ruby's."""
    return [(item, start) for item in facts.launch.started if (start := parse_start(item.argv)) is not None]


def packages(facts: Facts, installed: Sequence[InstallInputs]) -> GemsNeeds:
    """What the installed gems need."""
    return gems_needs(installed, facts.final.base, facts.document.text)


def sources(facts: Facts) -> SourceNeeds:
    """What the sources need that stand in the final image; paths are relative to its work folder."""
    return ruby_sources.read_sources(facts.context, _sources(facts), facts.final.after.env)


def _sources(facts: Facts) -> Iterator[tuple[str, str]]:
    """(context path, path from the work folder) of every file of Ruby that a stage copies."""
    cwd = facts.final.after.cwd
    started = frozenset(facts.launch.scripts.values())
    for stage in facts.contributing:
        for step in stage.steps:
            for source, target, is_folder in step.copy.pairs if step.copy is not None else ():
                for path in facts.context.files(source) if is_folder else (source,):
                    place = absolute(posixpath.relpath("/" + path, "/" + source), target) if is_folder else target
                    inner = posixpath.relpath(place, cwd)
                    if ruby_sources.is_source(inner) or (path in started and _is_ruby(facts.context, path)):
                        yield path, inner


def _is_ruby(context: BuildContext, path: str) -> bool:
    return re.match(r"#!.*\bruby\b", context.read(path) or "") is not None


def needs(facts: Facts, installed: Sequence[InstallInputs]) -> RuntimeNeeds:
    """See `Toolchain.needs`; `installed` is what the installs of all contributing stages read."""
    cwd = facts.final.after.cwd
    read, gems = sources(facts), packages(facts, installed)
    writes = [_in(cwd, claim) for claim in (*read.writes, *gems.writes)]
    ports = list(read.ports)
    for item, start in starts(facts):
        writes += [Claim(absolute(path, item.cwd), item.evidence) for path in _written(start, gems)]
        ports += [Claim(port, item.evidence) for port in _ports(start.arguments)]
        fixed = toml("ruby_sources")["started_ports"].get(start.tool)
        if fixed is not None:
            ports.append(Claim(facts.final.after.env.get(fixed["variable"], fixed["port"]), item.evidence))
    writes += _lock_file(facts)
    return RuntimeNeeds(
        programs=(*read.programs, *_gemspecs(facts, installed), *gems.programs),
        os_packages=_libraries(facts, gems),
        writes=tuple(writes),
        ports=tuple(ports),
        unknown=tuple(("writes-unknown-path", place) for place in (*read.unreadable, *_unread(facts))),
    )


def _unread(facts: Facts) -> Iterator[Evidence]:
    """The started programs of gems of which no table says what they write."""
    known = {*toml("ruby_commands")["quiet"], *toml("ruby_sources")["started_writes"]}
    for item, start in starts(facts):
        if "/" not in start.tool and not start.tool.endswith(".rb") and start.tool not in known:
            place = item.evidence
            yield Evidence(place.path, place.line, f"what `{start.tool}` writes is not known")
    for item in facts.launch.started:
        if (
            item.known
            and parse_start(item.argv) is None
            and not foreign_programs.is_known(facts, item, item.argv, "ruby")
        ):
            place = item.evidence
            yield Evidence(place.path, place.line, f"what `{item.name}` writes is not known")


def _in(cwd: str, claim: Claim) -> Claim:
    return Claim(absolute(claim.value, cwd), claim.evidence) if claim.value is not None else claim


def _written(start: RubyStart, gems: GemsNeeds) -> tuple[str, ...]:
    table = toml("ruby_sources")["started_writes"]
    found: tuple[str, ...] = tuple(table.get(start.tool, ()))
    # whichever server starts it, Rails keeps caches, process ids and logs in its folder
    return found or (tuple(table["rails"]) if "railties" in gems.names else ())


def _ports(arguments: tuple[str, ...]) -> Iterator[str]:
    """The ports that a server is told to listen on."""
    for at, word in enumerate(arguments):
        value = arguments[at + 1] if at + 1 < len(arguments) else ""
        if word in ("-p", "--port", "-b", "--bind", "-l", "--listen"):
            found = re.search(r"(?:^|:)(\d+)$", value)
        else:
            found = re.match(r"(?:-p|--port=|(?:-b|--bind=|-l)\S*:)(\d+)$", word)
        if found is not None:
            yield found[1]


def _lock_file(facts: Facts) -> list[Claim]:
    """A lock file that does not name this platform is written anew whenever the program starts."""
    cwd = facts.final.after.cwd
    resolve = facts.final.resolver()
    place = ruby_manifests.gemfile_path(facts.final.after.env.get("BUNDLE_GEMFILE"), cwd, resolve)
    source = resolve(place) if place is not None else None
    if place is None or source is None or facts.final.base is None:
        return []
    if ruby_manifests.is_complete(facts.context, source, facts.final.base.libc == "musl"):
        return []
    path = ruby_manifests.lock_path(place)
    return [Claim(path, Evidence(source, 0, "Bundler completes its lock file when the program starts"))]


def _gemspecs(facts: Facts, installed: Sequence[InstallInputs]) -> Iterator[Claim]:
    """Programs that the gemspec of a gem in the context runs: Bundler reads it again whenever the program starts."""
    resolve = facts.final.resolver()
    for item in installed:
        for path in (*item.files, *item.folders):
            source = resolve(path)
            for spec in _specifications(facts.context, source) if source is not None else ():
                if re.search(r"`\s*git |popen\(\s*%?w?\W*git\b", facts.context.read(spec) or ""):
                    yield Claim("git", Evidence(spec, facts.context.find_line(spec, "git"), "asks git for its files"))


def _specifications(context: BuildContext, path: str) -> list[str]:
    found = context.children(path) if context.is_dir(path) else [path]
    return [item for item in found if item.endswith(".gemspec")]


def _libraries(facts: Facts, gems: GemsNeeds) -> tuple[tuple[str, Evidence], ...]:
    """The libraries that the base image of the build has, and a smaller one has not; others were never linked."""
    base = facts.final.base
    if base is None or not base.counterpart:
        return ()
    there = {re.sub(r"t64$", "", name) for name in base.packages}
    listed = "libpq5" in there  # the libraries of an older release are not listed
    return tuple(
        (name, evidence)
        for name, evidence in gems.os_packages.items()
        if not listed or re.sub(r"t64$", "", name) in there
    )
