"""How a Node.js build is split: what stands against it, what it is worth, and what goes to the runtime."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dockrefactor import left_behind, os_packages
from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import LanguagePackage
from dockrefactor.patterns import regex
from dockrefactor.records import replace
from dockrefactor.source_copies import outermost_copied
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Artifact, Blocked, Plan
from dockrefactor.toolchains import node_builds, node_commands, node_distribution, node_launch, node_tree
from dockrefactor.toolchains.node_build_steps import BuildOutput
from dockrefactor.toolchains.node_commands import NodeInstall, bare_name
from dockrefactor.toolchains.node_package_json import PackageJson, package_at, workspace_folders
from dockrefactor.toolchains.tag_versions import tag_version

_Commands = list[tuple[Step, Placed]]
# https://nodejs.org/api/cli.html#node_optionsoptions
_PRELOADS: Final = regex(r"""(?:-r|--require|--import|--loader|--experimental-loader)[=\s]+["']?([\w@./-]+)""")
_OPTIONS: Final = regex(r"""\bNODE_OPTIONS=(?:\\?"[^"]*"|'[^']*'|\S+)""")
# releases of distributions whose own npm is the sixth or older
_NPM_6 = frozenset({"buster", "bionic", "focal", "el6", "el7", "el8", "al2"})


def plan(facts: Facts, installs: _Commands, builds: _Commands) -> Plan | Blocked:
    """See `Toolchain.plan`; `installs` and `builds` are Node's commands of all contributing stages."""
    base = facts.final.base
    assert base is not None
    packaged = base.language not in ("javascript", "node")
    foreign = node_distribution.obstacle(facts) if packaged else None
    if foreign is not None:
        return foreign
    development = _development_server(facts)
    if development is not None:
        return development
    instead = node_distribution.instead(facts, _packages(facts, installs)) if packaged else {}
    gain = (_gain(facts, builds, instead) or facts.left_behind) if installs else None
    if gain is None:
        return Plan()
    against = _start_obstacle(facts) or _install_obstacle(facts, installs)
    if against is not None:
        return against
    unknown = _unknown_tool(facts)
    if unknown is not None and unknown.code not in facts.options.assume:
        return unknown
    assumed = (unknown,) if unknown is not None else ()
    tree = _tree(facts, installs)
    if tree == "/":
        in_root = _plan_in_root(facts, installs, builds, gain)
        return replace(in_root, instead=instead, assumed=assumed) if isinstance(in_root, Plan) else in_root
    for step, placed in builds:
        if not all(inside(path, tree) for path in placed.effects.writes):
            return Blocked("unknown-effect", facts.at(step.instruction, f"it builds outside of {tree}"))
    evidence = tuple(facts.at(step.instruction, "installs packages") for step, _ in installs)
    epilogue = _prune(facts, installs)
    return Plan(epilogue=epilogue, tree=tree, gain=gain, evidence=evidence, instead=instead, assumed=assumed)


def _unknown_tool(facts: Facts) -> Blocked | None:
    """A program that the runtime installs anew (`npm install -g x`), where only the larger image may compile it."""
    base = facts.final.base
    if base is None or not base.counterpart:
        return None
    table = node_commands.node_facts()
    known = {name for row in table["tools"].values() for name in row.get("packages", ())}
    known.update(table["install"]["pure_tools"])
    needs = (claim.value for claim in facts.needs.programs if claim.value)
    started = {posixpath.basename(name) for name in (*(name for name, _ in facts.launch.programs), *needs)}
    for step, placed in facts.commands(lambda placed: placed.effects.kind is Kind.TOOL_INSTALL):
        detail = placed.effects.detail
        programs = {posixpath.basename(name).partition("@")[0] for name in placed.effects.programs[1:]}
        if not isinstance(detail, NodeInstall) or (programs and programs.isdisjoint(started)):
            continue
        for name in map(bare_name, detail.named):
            if name not in known:
                says = f"whether `{name}` is compiled when it is installed is not known"
                return Blocked("unknown-package", facts.at(step.instruction, says))
    return None


def _packages(facts: Facts, installs: _Commands) -> list[PackageJson]:
    found = [package_at(facts.place(step, placed, facts.final), placed.cwd) for step, placed in installs]
    return [package for package in found if package is not None]


def _development_server(facts: Facts) -> Blocked | None:
    for _, start, _ in node_launch.starts(facts):
        if start is not None and start.development_server is not None:
            return Blocked("development-server", start.development_server.evidence)
    return None


def _start_obstacle(facts: Facts) -> Blocked | None:
    """A start that installs, that needs a manager from root's home, or that cannot be followed."""
    for item, start, package in node_launch.starts(facts):
        if start is not None and any(node_commands.parse_install(argv) for argv in start.before):
            return Blocked("needs-build-tool", item.evidence)
        fetched = node_launch.fetched_manager(facts, item, package)
        if fetched is not None:
            return fetched
        if start is None and package is not None and item.name in ("npm", "yarn", "pnpm", "npx") and item.known:
            says = f"what `{' '.join(item.argv[:5])}` starts is not followed"
            return Blocked("unreadable-start-script", Evidence(item.evidence.path, item.evidence.line, says))
    return None


def _install_obstacle(facts: Facts, installs: _Commands) -> Blocked | None:
    """A package that keeps something in root's home, or a manifest that does not come from the context."""
    for code, evidence in facts.needs.unknown:
        if code == "artifacts-in-home":
            return Blocked(code, evidence)
    for step, placed in installs:
        inputs = facts.install_inputs(step, placed, facts.final)
        if inputs is not None and any(facts.final.copied(path) is None for path in inputs.missing):
            return Blocked(
                "manifest-missing", facts.at(step.instruction, f"{inputs.missing[0]} is not copied from the context")
            )
    return None


def _gain(facts: Facts, builds: _Commands, instead: Mapping[str, tuple[str, ...]]) -> str | None:
    """What the runtime is rid of; None where it would be the same as the builder."""
    base = facts.final.base
    assert base is not None
    if not base.language and not builds:
        return node_distribution.gain(facts, bool(instead))
    if base.language and base.counterpart:
        return f"the compilers and tools of {base.reference.written} stay behind"
    if builds:
        return "the sources and the packages that only the build needs stay behind"
    return left_behind.build_packages(facts)


def _tree(facts: Facts, installs: _Commands) -> str:
    """The folder that holds the project: the common parent of the installs' folders, outwards to what was copied."""
    folders = [path.rpartition("/")[0] or "/" for _, placed in installs for path in placed.effects.writes[:1]]
    common = posixpath.commonpath(folders)
    return outermost_copied(facts.final.steps, common)


def _plan_in_root(facts: Facts, installs: _Commands, builds: _Commands, gain: str) -> Plan | Blocked:
    """A project in `/`: its folder cannot be copied whole, so each artifact is copied by name."""
    artifacts = {
        path: Artifact(path, True, facts.at(step.instruction, "is made here"))
        for step, placed in (*installs, *builds)
        for path in placed.effects.writes
    }
    for path in artifacts:
        source = facts.final.resolver()(posixpath.dirname(path))
        if source is not None and facts.context.exists(posixpath.join(source, posixpath.basename(path)).lstrip("/")):
            return Blocked("context-has-artifacts", Evidence(posixpath.basename(path), 0, "stands in the context"))
    return Plan(epilogue=_prune(facts, installs), artifacts=tuple(artifacts.values()), gain=gain)


def _prune(facts: Facts, installs: _Commands) -> tuple[str, ...]:
    """The instruction that removes what only the build needed; none where the program may load some of it."""
    if len(installs) != 1 or facts.commands(lambda placed: placed.effects.kind is Kind.PRUNE):
        return ()
    step, placed = installs[0]
    install = placed.effects.detail
    if not isinstance(install, NodeInstall) or install.production or install.named:
        return ()
    package = package_at(facts.place(step, placed, facts.final), placed.cwd)
    if package is None or workspace_folders(facts.context, package):
        return ()
    inputs = facts.install_inputs(step, placed, facts.final)
    if not _prunable(facts, package, inputs.packages if inputs is not None else ()):
        return ()
    command = node_commands.prune_command(
        install.manager, _npm_major(facts), node_launch.is_berry(facts, package), None
    )
    if command is None or step.before.env.get("NODE_ENV") == "production":
        return ()
    last = facts.final.after.cwd
    return (f"RUN {command}" if last == placed.cwd else f"RUN cd {placed.cwd} && {command}",)


def _prunable(facts: Facts, package: PackageJson, installed: Sequence[LanguagePackage]) -> bool:
    """Whether the package has development dependencies, and nothing that starts can load one of them, nor one of those
    among `installed` that come with them alone."""
    from dockrefactor.toolchains import node_imports

    development = package.dev_dependencies.keys() - package.runtime_dependencies().keys()
    if not development or {"prisma", "@prisma/client"} & package.every_dependency().keys():
        return False
    runs = False
    for _, start, _ in node_launch.starts(facts):
        if start is None:
            continue
        runs = runs or start.entry is not None or bool(start.tools)
        if any(node_builds.tool_package(facts.context, package, tool) in development for tool in start.tools):
            return False
        if any(node_commands.node_facts()["tools"].get(tool, {}).get("loads_named") for tool in start.tools):
            return False
        if any(name in development for tool in start.tools for name in _loaded(facts, package, tool)):
            return False
    by_name = {*node_commands.node_facts()["builds"]["loaded_by_name"], *_preloaded(facts, package)}
    if not runs or not development.isdisjoint(by_name):
        return False
    if _bundled(facts):
        return True
    helpers = node_imports.inserted_packages(facts.context, package.folder)
    imported = node_imports.imported_packages(facts.context, package.folder)
    kept = {item.name for item in installed if not item.development}
    development |= {item.name for item in installed if item.development} - kept
    development = development - set(node_commands.node_facts()["builds"]["build_settings"])
    if helpers & development or not all(claim.value and claim.value not in development for claim in imported):
        return False
    return not node_imports.names_any(facts.context, package.folder, development)


def _preloaded(facts: Facts, package: PackageJson) -> Iterator[str]:
    """The packages that NODE_OPTIONS names: of the image, of its containers, of scripts, or by npm's settings."""
    from dockrefactor.toolchains.node_imports import package_of

    given = [facts.final.after.env, *(variables for variables, _ in facts.given_variables)]
    texts = [variables.get("NODE_OPTIONS", "") for variables in given]
    texts.append(facts.context.read(posixpath.join(package.folder, ".npmrc")) or "")
    texts += (found[0] for script in package.scripts.values() for found in _OPTIONS.finditer(script))
    words = (word for text in texts for word in _PRELOADS.findall(text))
    yield from (name for word in words if (name := package_of(word)) is not None)


def _bundled(facts: Facts) -> bool:
    """Whether all that starts lies in outputs that load no other package than those under `dependencies`."""
    outputs = [
        posixpath.relpath(absolute(path, placed.effects.reads[0]), facts.final.after.cwd)
        for _, placed in facts.commands(lambda placed: placed.effects.kind is Kind.BUILD)
        if isinstance(placed.effects.detail, tuple)
        for output in placed.effects.detail
        if isinstance(output, BuildOutput) and output.bundles
        for path in output.paths
    ]
    entries = [start.entry for _, start, _ in node_launch.starts(facts) if start is not None]
    return bool(entries) and all(entry is not None and node_tree.is_made(entry, outputs) for entry in entries)


def _loaded(facts: Facts, package: PackageJson, tool: str) -> list[str]:
    """Packages that a tool loads at start for a settings file of the project (`next.config.ts`: typescript)."""
    table = node_commands.node_facts()["tools"].get(tool, {}).get("loads", {})
    return [name for file, name in table.items() if facts.context.is_file(posixpath.join(package.folder, file))]


def _npm_major(facts: Facts) -> int | None:
    """npm's major version in an official image, by Node's: 6 up to Node 14, 7 or later from 15 on; in a distribution 6
    up to Debian 10, Ubuntu 20.04 and RHEL 8, of which later ones take the same options."""
    base = facts.final.base
    if base is not None and not base.language:
        return 6 if os_packages.release_name(base) in _NPM_6 else 10
    version = tag_version(base, "javascript")
    return 6 if version is not None and version[0] < 15 else 10
