"""What the commands that a container starts finally run: the package whose scripts they use, and its manager."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains import node_builds, node_commands
from dockrefactor.toolchains.node_builds import NodeStart
from dockrefactor.toolchains.node_outside import ENDINGS
from dockrefactor.toolchains.node_package_json import PackageJson, read_package_json, workspace_folders


def starts(facts: Facts) -> Iterator[tuple[Started, NodeStart | None, PackageJson | None]]:
    """Every started command with what it finally runs and the package whose scripts it may run, None where unknown."""
    resolve = facts.final.resolver()
    for item in facts.launch.started:
        folder, argv = _project_of(facts, item)
        path = resolve(posixpath.join(folder, "package.json"))
        package = read_package_json(facts.context, posixpath.dirname(path)) if path is not None else None
        argv, package = _of_workspace(facts, package, argv)
        yield item, node_builds.follow_start(facts.context, package, argv) if package is not None else None, package


def _project_of(facts: Facts, item: Started) -> tuple[str, tuple[str, ...]]:
    """The image folder of the project, and the command as it reads there (`node /app/x.js` started elsewhere)."""
    script = item.argv[1] if len(item.argv) > 1 and item.name in ("node", "nodejs") else ""
    if not script.startswith("/") or inside(script, item.cwd):
        return item.cwd, item.argv
    resolve = facts.final.resolver()
    folder = posixpath.dirname(script)
    while folder != "/":
        if resolve(posixpath.join(folder, "package.json")):
            return folder, (item.argv[0], posixpath.relpath(script, folder), *item.argv[2:])
        folder = posixpath.dirname(folder)
    return item.cwd, item.argv


def _of_workspace(
    facts: Facts, package: PackageJson | None, argv: tuple[str, ...]
) -> tuple[tuple[str, ...], PackageJson | None]:
    """`npm start --workspace x` runs the script of that workspace."""
    run = node_commands.parse_run(argv) if package is not None else None
    if package is None or run is None or len(run.workspaces) != 1 or run.script is None:
        return argv, package
    for folder in workspace_folders(facts.context, package):
        member = read_package_json(facts.context, folder)
        if member is not None and run.workspaces[0] in (member.name, folder):
            return (run.manager, "run", run.script, *run.arguments), member
    return argv, package


def scripts(facts: Facts, item: Started) -> tuple[str, ...]:
    """The context paths of the scripts that a command names, by the way that node looks one up."""
    words = [absolute(word, item.cwd) for word in item.argv[1:] if not word.startswith("-")]
    candidates = [word + ending for word in words for ending in ENDINGS]
    found = map(facts.final.resolver(), candidates)
    return tuple(dict.fromkeys(path for path in found if path is not None and facts.context.is_file(path)))


def fetched_manager(facts: Facts, item: Started, package: PackageJson | None) -> Blocked | None:
    """pnpm, or a Yarn that package.json pins, which corepack fetched to /root/.cache, or Yarn's Plug'n'Play."""
    corepack = facts.commands(lambda placed: placed.command.name == "corepack")
    berry = package is not None and is_berry(facts, package)
    if berry and package is not None and not _links_modules(facts, package):
        place = Evidence(posixpath.join(package.folder, ".yarnrc.yml"), 0, "Yarn's Plug'n'Play keeps packages in /root")
        return Blocked("artifacts-in-home", place)
    if berry and not corepack and item.name == "yarn":
        return None
    if corepack and (item.name == "pnpm" or (item.name == "yarn" and package is not None and package.package_manager)):
        return Blocked(
            "artifacts-in-home", facts.at(corepack[0][0].instruction, f"corepack keeps {item.name} in /root/.cache")
        )
    return None


def _links_modules(facts: Facts, package: PackageJson) -> bool:
    """Whether Yarn, if it is what installs, makes a folder `node_modules`, which only a setting lets Yarn 2 do."""
    if not facts.commands(lambda placed: placed.command.name == "yarn" and placed.effects.kind is Kind.INSTALL):
        return True
    text = facts.context.read(posixpath.join(package.folder, ".yarnrc.yml")) or ""
    linker = re.search(r"^nodeLinker:\s*[\"']?([\w-]+)", text, re.MULTILINE)
    set_to = facts.final.after.env.get("YARN_NODE_LINKER", linker[1] if linker is not None else "pnp")
    return set_to in ("node-modules", "pnpm")


def is_berry(facts: Facts, package: PackageJson) -> bool:
    """Whether the project uses Yarn 2 or later, by the settings that only those read."""
    return facts.context.is_file(posixpath.join(package.folder, ".yarnrc.yml"))
