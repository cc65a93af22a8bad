"""What a Node.js program asks of the image that runs it: by its start command, its sources and its packages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from dockrefactor import grafts, port_settings
from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.records import dataclass, field
from dockrefactor.toolchain import RuntimeNeeds
from dockrefactor.toolchains import node_builds, node_commands, node_launch, node_outside, node_ports, node_sources
from dockrefactor.toolchains.node_builds import NodeStart
from dockrefactor.toolchains.node_names import looks_like_node, programs_that
from dockrefactor.toolchains.node_package_json import PackageJson, workspace_members
from dockrefactor.toolchains.node_packages import packages_needs

# start what follows with other variables, and read nothing else
_TRANSPARENT: Final = frozenset({"cross-env", "cross-env-shell", "dotenv", "dotenvx", "shx"})
_ENDINGS: Final = (".json", ".node")


@dataclass(slots=True)
class _Found:
    """What was found up to now; the fields are those of `RuntimeNeeds`."""

    programs: list[Claim] = field(default_factory=list)
    writes: list[Claim] = field(default_factory=list)
    ports: list[Claim] = field(default_factory=list)
    entries: list[tuple[tuple[str, ...], Evidence]] = field(default_factory=list)
    unknown: list[tuple[str, Evidence]] = field(default_factory=list)
    home: bool = False


def needs(facts: Facts, installed: Iterable[InstallInputs]) -> RuntimeNeeds:
    """See `Toolchain.needs`; `installed` is what the installs of all contributing stages read."""
    found = _Found()
    installed = tuple(installed)
    builds = any(item.open_ended for item in installed)  # a script of the project, which an install runs
    folders = _of_starts(found, facts, builds)
    members = _started_members(facts)
    for folder in sorted(folders):
        _of_sources(found, facts, folder, members.get(folder))
        for path in node_outside.sources(facts.context, folder):
            _of_outside(found, facts, path)
    for folder in workspace_members(facts.context, sorted(folders)):
        if not any(inside("/" + folder, "/" + other) for other in folders):
            for path in node_sources.source_files(facts.context, folder):
                _of_outside(found, facts, path)
    suffixes = tuple(node_commands.node_facts()["sources"]["suffixes"])
    for path in grafts.sources(facts, suffixes, tuple(folders)):
        if next(node_sources.source_files(facts.context, posixpath.dirname(path), (path,)), None) is not None:
            _of_outside(found, facts, path)
    packages = packages_needs(facts, installed)
    found.unknown += [("artifacts-in-home", evidence) for evidence in packages.browsers]
    found.writes += [_in_work_folder(facts, claim) for claim in packages.writes]
    starters = programs_that("start")
    return RuntimeNeeds(
        programs=tuple(claim for claim in (*found.programs, *packages.programs) if claim.value not in starters),
        os_packages=(*packages.os_packages, *_by_signs(facts, folders)),
        writes=tuple(found.writes),
        home=found.home,
        ports=tuple(found.ports),
        entries=tuple(found.entries),
        unknown=tuple(found.unknown),
    )


def _of_starts(found: _Found, facts: Facts, builds: bool) -> set[str]:
    """What the started commands need, and the context folders of their projects; `builds`: an install may build too."""
    folders: set[str] = set()
    for item, start, package in node_launch.starts(facts):
        if package is not None:
            folders.add(package.folder)
            if item.name == "yarn" and node_launch.is_berry(facts, package):  # which notes what it resolved
                found.writes.append(Claim(absolute(".yarn", item.cwd), item.evidence))
                found.home = True
        elif len(item.argv) > 1:
            alone = node_launch.scripts(facts, item)
            folders |= {posixpath.dirname(path) for path in alone}
            # a compiler of its own needs no project
            if not alone and looks_like_node(item.argv[0]) and item.name not in programs_that("build"):
                says = f"nothing of what `{' '.join(item.argv[:3])}` runs is in the build context"
                place = Evidence(item.evidence.path, item.evidence.line, says)
                found.unknown.append(("writes-unknown-path", place))
        fetched = node_launch.fetched_manager(facts, item, package)
        if fetched is not None:
            found.unknown.append(("home-is-root", fetched.evidence))
        if start is not None:
            _of_start(found, facts, item, start, package)
            found.entries += _entries(facts, item, start, package) if not builds else ()
        elif package is not None and item.known and item.name in programs_that("run"):
            found.unknown.append(("unreadable-start-script", item.evidence))
    return folders


def _by_signs(facts: Facts, folders: Iterable[str]) -> list[tuple[str, Evidence]]:
    """The packages of the system, certificates and a font, that the settings or the sources show to be used."""
    texts = [(f"{name}={value}", facts.at(facts.final.origin, name)) for name, value in facts.final.after.env.items()]
    for item, _, package in node_launch.starts(facts):
        scripts = package.scripts.values() if package is not None else ()
        texts.append((" ".join((*item.argv, *scripts)), item.evidence))
    for folder in sorted(folders):
        sources = node_sources.source_files(facts.context, folder)
        texts += [(facts.context.read(path) or "", Evidence(path, 0, "it is used here")) for path in sources]
    found: list[tuple[str, Evidence]] = []
    for name, signs in node_commands.node_facts()["signs"].items():
        places = [evidence for text, evidence in texts if any(sign in text for sign in signs)]
        found += [(name, places[0])] if places else []
    return found


def _of_start(found: _Found, facts: Facts, item: Started, start: NodeStart, package: PackageJson | None) -> None:
    found.ports += start.ports
    found.ports += [
        Claim(value, item.evidence)
        for name, value in start.environment.items()
        if port_settings.port_of(name, value) is not None
    ]
    if start.development_server is not None and not _only_restarts(facts, item, start):
        found.unknown.append(("development-server", start.development_server.evidence))
    found.unknown += [
        ("installs-at-start", item.evidence) for argv in start.before if node_commands.parse_install(argv) is not None
    ]
    found.programs += [
        Claim(argv[0], item.evidence)
        for argv in (*start.before, start.argv)
        if argv
        and argv[0] not in start.tools
        and argv[0] not in ("node", "cd")
        and "/" not in argv[0]
        and not (package is not None and node_builds.tool_package(facts.context, package, argv[0]) is not None)
    ]
    if package is not None:
        found.writes += _built_at_start(facts, item, start, package)
    rows = node_commands.node_facts()
    brought = {name for tool in (*start.tools, item.name) for name in rows["tools"].get(tool, {}).get("packages", ())}
    for name in sorted(brought):
        found.programs += [
            Claim(program, item.evidence) for program in rows["packages"].get(name, {}).get("programs", ())
        ]
    for name in _unknown_programs(start):
        place = Evidence(item.evidence.path, item.evidence.line, f"what `{name}` writes is not known")
        found.unknown.append(("writes-unknown-path", place))
    variables = {**facts.final.after.env, **start.environment}
    words = (*item.argv, *start.argv, *variables.get("NODE_OPTIONS", "").split())
    found.writes += [Claim(absolute(path, item.cwd), item.evidence) for path in _option_writes(words)]
    for path in _tool_writes((*start.tools, item.name), variables):
        if path.startswith("~"):
            found.home = True
        else:
            found.writes.append(Claim(absolute(path, item.cwd), item.evidence))


def _unknown_programs(start: NodeStart) -> list[str]:
    """The programs of packages on the way of which no table says what they write."""
    facts = node_commands.node_facts()
    called = [argv[0] for argv in (*start.before, start.argv) if argv and argv[0] in start.tools]
    return [name for name in called if name not in facts["tools"] and name not in facts["quiet"]["programs"]]


def _built_at_start(facts: Facts, item: Started, start: NodeStart, package: PackageJson) -> Iterator[Claim]:
    """What commands make that build before the program starts, None where that is not known."""
    for argv in filter(None, start.before):
        outputs = node_builds.command_outputs(facts.context, package, argv)
        if outputs is None and argv[0] in programs_that("build"):
            yield Claim(None, item.evidence)
        for output in outputs or ():
            place = output.evidence[0] if output.evidence else item.evidence
            yield from (Claim(absolute(path, item.cwd), place) for path in output.written)


def _only_restarts(facts: Facts, item: Started, start: NodeStart) -> bool:
    """Whether a compose file starts the program under a tool that only watches its sources."""
    table = node_commands.node_facts()["tools"]
    servers = [tool for tool in start.tools if table.get(tool, {}).get("development_server")]
    elsewhere = any(item.evidence.path == service.evidence.path for service in facts.services)
    return elsewhere and bool(servers) and all(table[tool].get("only_restarts") for tool in servers)


def _entries(
    facts: Facts, item: Started, start: NodeStart, package: PackageJson | None
) -> list[tuple[tuple[str, ...], Evidence]]:
    """Where the script that plain node runs may be, by the way that it looks one up: as named, with an ending, a folder
    (which `stem` stands for).

    https://nodejs.org/api/modules.html#all-together
    """
    if start.entry is None or start.before or item.conditional or not item.known or set(start.tools) - _TRANSPARENT:
        return []
    if package is None or facts.final.resolver()(posixpath.join(item.cwd, "package.json")) != package.path:
        return []
    if posixpath.basename(start.argv[0]) not in ("node", "nodejs"):
        return []
    path = absolute(start.entry, item.cwd)
    stem = path.removesuffix(".js")
    evidence = Evidence(item.evidence.path, item.evidence.line, f"`{start.entry}` is started")
    return [((path, stem, *(stem + ending for ending in _ENDINGS)), evidence)]


def _tool_writes(tools: tuple[str, ...], variables: Mapping[str, str]) -> list[str]:
    table = node_commands.node_facts()["tools"]
    rows = [table[tool] for tool in tools if tool in table]
    return [variables.get(row.get("moved_by", ""), path) for row in rows for path in row.get("writes", ())]


def _option_writes(words: Sequence[str]) -> Iterator[str]:
    """The folders in which Node's own options make files (`--cpu-prof`), as written."""
    values: dict[str, str] = {}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        values[name] = value if equals else following
    for option, row in node_commands.node_facts()["options"].items():
        if option in values:
            yield next((values[name] for name in row["folders"] if name in values), ".")


def _started_members(facts: Facts) -> dict[str, str]:
    """Context folders of packages of a workspace that a manager starts from above, with the image folders that their
    programs then work in. https://docs.npmjs.com/cli/v10/using-npm/workspaces#running-commands-in-the-context-of-workspaces
    """
    found = {}
    for item, _, package in node_launch.starts(facts):
        above = facts.final.resolver()(posixpath.join(item.cwd, "package.json"))
        root = "/" + posixpath.dirname(above or "")
        if package is not None and above not in (None, package.path) and inside("/" + package.folder, root):
            found[package.folder] = absolute(posixpath.relpath("/" + package.folder, root), item.cwd)
    return found


def _of_sources(found: _Found, facts: Facts, folder: str, place: str | None) -> None:
    """What the sources in a context folder need; their relative paths start at the container's work folder, or at the
    folder `place`.
    """
    read = node_sources.read_sources(facts.context, folder, environment=facts.final.after.env)
    found.programs += read.programs
    found.ports += [*read.ports, *node_ports.set_ports(facts.context, folder, read.ports, facts.final.after.env)]
    found.writes += [_in_work_folder(facts, claim) for claim in read.writes]
    if place is not None:
        found.writes += [
            Claim(absolute(claim.value, place), claim.evidence) for claim in read.writes if claim.value is not None
        ]
    found.unknown += [("writes-unknown-path", evidence) for evidence in read.unreadable]


def _of_outside(found: _Found, facts: Facts, path: str) -> None:
    """What a source beside the project needs: where its relative paths start cannot be told."""
    folder = posixpath.dirname(path)
    read = node_sources.read_sources(facts.context, folder, (path,), environment=facts.final.after.env)
    found.programs += read.programs
    found.ports += read.ports
    found.unknown += [("writes-unknown-path", evidence) for evidence in read.unreadable]
    for claim in read.writes:
        if claim.value is not None and claim.value.startswith("/"):
            found.writes.append(claim)
        else:
            found.unknown.append(("writes-unknown-path", claim.evidence))


def _in_work_folder(facts: Facts, claim: Claim) -> Claim:
    """A claim on a path as the container sees it."""
    if claim.value is None:
        return claim
    return Claim(absolute(claim.value, facts.final.after.cwd), claim.evidence)
