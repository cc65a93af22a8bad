"""How an Elixir build is split: the release goes to the runtime, and what the program opens besides it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.inert import is_inert
from dockrefactor.launch import Started
from dockrefactor.needs import Claim, InstallInputs, SourceNeeds
from dockrefactor.stages import Placed, Step
from dockrefactor.tables import toml
from dockrefactor.toolchain import Artifact, Blocked, Plan, RuntimeNeeds, started_by_tool
from dockrefactor.toolchains import elixir_sources, elixir_starts
from dockrefactor.toolchains.elixir import MixRelease
from dockrefactor.toolchains.elixir_names import looks_like_elixir
from dockrefactor.toolchains.opened_files import folders_of

_Commands = list[tuple[Step, Placed]]
# entries of a project that are compiled into the release, or that only builds and tests read
_COMPILED = frozenset(
    {"lib", "src", "config", "deps", "_build", "test", "assets", "rel", "mix.exs", "mix.lock", "apps", "priv"}
)


def _releases(own: _Commands) -> list[tuple[Step, MixRelease]]:
    return [(step, placed.effects.detail) for step, placed in own if isinstance(placed.effects.detail, MixRelease)]


def _sources(facts: Facts) -> SourceNeeds:
    """The needs of the sources that the build compiles; relative paths start at the folder of the launch."""
    return elixir_sources.read_sources(facts.context, dict.fromkeys(_files(facts)))


def _files(facts: Facts) -> Iterator[str]:
    for stage in facts.contributing:
        for step in stage.steps:
            for source, _, is_folder in step.copy.pairs if step.copy is not None else ():
                yield from filter(_is_source, facts.context.files(source) if is_folder else (source,))


def _is_source(path: str) -> bool:
    """Whether a file of the context is compiled into the program, or a template of it."""
    *folders, name = path.split("/")
    apart = {"test", "deps", "_build", "migrations"} & set(folders)
    return name.endswith((".ex", ".exs", ".eex", ".heex")) and not apart and name not in ("mix.exs", ".formatter.exs")


def _installed(facts: Facts) -> list[InstallInputs]:
    """What the installs of all contributing stages read."""
    return [
        inputs
        for stage in facts.contributing
        for step in stage.steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.by == "elixir" and placed.effects.kind is Kind.INSTALL
        if (inputs := facts.install_inputs(step, placed, stage)) is not None
    ]


def needs(facts: Facts, own: _Commands) -> RuntimeNeeds:
    """See `Toolchain.needs`; `own` are Elixir's commands of all contributing stages."""
    found = _sources(facts)
    cwd = facts.final.after.cwd
    writes = [Claim(absolute(item.value, cwd), item.evidence) if item.value else item for item in found.writes]
    writes += _release_folders(facts, own)
    names = {package.name: package for item in _installed(facts) for package in item.packages}
    table = toml("elixir_mix")
    programs = [
        Claim(program, names[name].evidence)
        for name in table["programs"]
        if name in names
        for program in table["programs"][name]
    ]
    client = next((names[name] for name in table["clients"] if name in names), None)
    base = facts.final.base
    certificates = client is not None and base is not None and base.ca_certificates and bool(base.counterpart)
    return RuntimeNeeds(
        programs=(*found.programs, *programs),
        os_packages=(("ca-certificates", client.evidence),) if certificates and client is not None else (),
        writes=tuple(writes),
        ports=found.ports,
        unknown=(
            *(("writes-unknown-path", place) for place in found.unreadable),
            *(("installs-at-start", item.evidence) for item in facts.launch.started if looks_like_elixir(item.argv[0])),
        ),
    )


def _release_folders(facts: Facts, own: _Commands) -> list[Claim]:
    """A release writes to the folder `tmp` in its own when it starts, wherever a copy has put it."""
    paths = [release.path for _, release in _releases(own) if release.path is not None]
    names = {posixpath.basename(path) for path in paths}
    found: list[Claim] = []
    for item in facts.launch.started:
        place = absolute(item.argv[0], item.cwd)
        if posixpath.basename(posixpath.dirname(place)) == "bin" and item.name in names:
            root = posixpath.dirname(posixpath.dirname(place))
            says = "a release writes to its own folder"
            found.append(Claim(posixpath.join(root, "tmp"), Evidence(item.evidence.path, item.evidence.line, says)))
    return list(dict.fromkeys(found))


def plan(facts: Facts, own: _Commands) -> Plan | Blocked:
    """See `Toolchain.plan`; `own` are Elixir's commands of all contributing stages."""
    base = facts.final.base
    assert base is not None
    if base.language != "elixir":
        return Blocked("unknown-base", facts.at(facts.final.origin, "its Elixir comes from the distribution"))
    for item in facts.launch.started:
        if looks_like_elixir(item.argv[0]):
            says = f"`{' '.join(item.argv[:2])}` compiles when it starts"
            return _started_by_mix(facts, item, says)
    unknown = next(((step, placed) for step, placed in own if placed.effects.kind is Kind.UNKNOWN), None)
    if unknown is not None:
        return Blocked("unknown-effect", facts.at(unknown[0].instruction, unknown[1].effects.why))
    releases = _releases(own)
    if not releases:
        return Blocked("unknown-toolchain", facts.at(facts.final.origin, "no `mix release` makes a program"))
    against = _obstacle(facts, releases)
    if against is not None and against.code not in facts.options.assume:
        return against
    return _assembled(facts, releases, (against,) if against is not None else ())


def _started_by_mix(facts: Facts, item: Started, says: str) -> Blocked:
    return started_by_tool(item, says, lambda: elixir_starts.direct(facts, item))


def _obstacle(facts: Facts, releases: list[tuple[Step, MixRelease]]) -> Blocked | None:
    for step, release in releases:
        if release.path is None:
            return Blocked("unknown-effect", facts.at(step.instruction, "the folder of the release is not known"))
        for other in facts.final.steps:
            for placed in other.commands:
                touched = (*placed.effects.reads, *placed.effects.writes)
                if placed.effects.kind is Kind.FILES and overlap(touched, (release.path,)):
                    says = f"`{placed.command.name}` takes files of the release to another place"
                    return Blocked("unknown-effect", facts.at(other.instruction, says))
    installed = _installed(facts)
    missing = next((path for item in installed for path in item.missing), None)
    if missing is not None:
        return Blocked("manifest-missing", facts.at(releases[0][0].instruction, f"{missing} is not copied"))
    base = facts.final.base
    if base is None or not base.counterpart:
        return None
    known = toml("elixir_mix")["native"]
    for package in (package for item in installed for package in item.packages):
        if package.native and package.name not in known:
            says = f"whether `{package.name}` needs system libraries is not known"
            return Blocked("unknown-package", Evidence(package.evidence.path, package.evidence.line, says))
    return None


def _assembled(facts: Facts, releases: list[tuple[Step, MixRelease]], assumed: tuple[Blocked, ...]) -> Plan:
    artifacts = {
        release.path: Artifact(release.path, True, facts.at(step.instruction, "is made here"))
        for step, release in releases
        if release.path is not None
    }
    return Plan(
        artifacts=tuple(artifacts.values()),
        context_paths=_opened(facts),
        source_tree=_project_folder(facts, releases),
        gain="the compiler, the sources and the dependencies stay behind",
        evidence=tuple(facts.at(step.instruction, "makes the release") for step, _ in releases),
        assumed=assumed,
    )


def _project_folder(facts: Facts, releases: list[tuple[Step, MixRelease]]) -> str:
    return posixpath.commonpath([step.before.cwd for step, _ in releases])


def _opened(facts: Facts) -> tuple[str, ...]:
    """Context paths that the running program opens: those named, and all data where a path is computed."""
    resolve = facts.final.resolver()
    cwd = facts.final.after.cwd
    kept = set(facts.launch.scripts.values())
    found = _sources(facts)
    for claim in found.reads:
        source = resolve(absolute(claim.value, cwd)) if claim.value is not None else None
        if source:
            kept.add(source)
    if any(claim.value is None for claim in found.reads) or kept:
        kept |= {
            path
            for path in facts.context.children("")
            if posixpath.basename(path) not in _COMPILED and not is_inert(path) and not path.endswith((".ex", ".exs"))
        }
    made = [claim.value for claim in found.writes if claim.value is not None]
    kept.update(folders_of(facts.context, resolve, made, cwd, True))
    return tuple(
        sorted(path for path in kept if not any(other != path and inside("/" + path, "/" + other) for other in kept))
    )
