"""What the scripts of a package.json make: followed through other scripts, folders, workspaces and runners."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass, replace
from dockrefactor.toolchains.node_build_steps import NOTHING, BuildOutput, BuildStep, Outputs
from dockrefactor.toolchains.node_build_tools import step_outputs
from dockrefactor.toolchains.node_commands import (
    NodeInstall,
    NodeRun,
    ScriptCommand,
    parse_install,
    parse_run,
    script_commands,
)
from dockrefactor.toolchains.node_package_json import PackageJson, read_package_json, workspace_folders
from dockrefactor.toolchains.node_settings import read_jsonc

MAX_DEPTH: Final = 8
_ENV_TOOLS: Final = frozenset({"cross-env", "cross-env-shell", "env"})
_EMPTY: Final[Mapping[str, str]] = MappingProxyType({})
_ALL: Final = "*"


def build_outputs(context: BuildContext, package: PackageJson, script: str) -> tuple[BuildOutput, ...] | None:
    """What `npm run <script>` makes, its pre and post scripts included; None where that cannot be shown."""
    return _Place(context, package, package, _EMPTY).script(script)


def command_outputs(
    context: BuildContext, package: PackageJson, argv: Sequence[str], environment: Mapping[str, str] = _EMPTY
) -> tuple[BuildOutput, ...] | None:
    """What one build command makes (`npx tsc`, `npm run build`, `ng build`) in the project's own folder.

    A folder that an option names (`npm --prefix web run build`) is that of `package` already. `environment`: the
    variables with which the command runs.
    """
    place = _Place(context, package, package, environment)
    run = parse_run(argv)
    if run is not None and run.prefix and run.script is not None and not run.limited:
        return place.script(run.script, run.arguments)
    return place.command(ScriptCommand("", {}, tuple(argv)), Evidence(package.path, 0, " ".join(argv)))


def unwrapped(command: ScriptCommand) -> tuple[Mapping[str, str], list[str]]:
    """Environment and arguments without `cross-env`, `env`, `exec` and `npx`-like wrappers."""
    environment, argv = dict(command.assignments), list(command.argv)
    while argv:
        if argv[0] in _ENV_TOOLS:
            argv.pop(0)
            while argv and "=" in argv[0] and not argv[0].startswith("-"):
                name, _, value = argv.pop(0).partition("=")
                environment[name] = value
        elif argv[0] in ("exec", "shx") and len(argv) > 1:
            argv.pop(0)
        elif argv[0] in ("dotenv", "dotenvx") and "--" in argv:
            argv = argv[argv.index("--") + 1 :]
        else:
            return environment, argv
    return environment, argv


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a command of a script stands: the package in whose folder it runs, and the project that was started from.

    What the methods give is relative to the folder of `root`.
    """

    context: BuildContext
    root: PackageJson
    package: PackageJson
    environment: Mapping[str, str]
    depth: int = 0

    def script(self, name: str, arguments: Sequence[str] = ()) -> Outputs:
        """What a script of the package makes, with the scripts before and after it."""
        if name not in self.package.scripts or self.depth > MAX_DEPTH:
            return None
        made: list[BuildOutput] = []
        for part in (f"pre{name}", name, f"post{name}"):
            text = self.package.scripts.get(part)
            if text is None:
                continue
            extra = arguments if part == name else ()
            found = self._line(text, self.package.evidence(f"{part}: {text}", "scripts", part), extra, made)
            if found is None:
                return None
            made = found
        return tuple(made)

    def _line(
        self, text: str, evidence: Evidence, arguments: Sequence[str], before: Sequence[BuildOutput]
    ) -> list[BuildOutput] | None:
        """`before` and what the commands of one line make, each of which runs where a `cd` before it leads."""
        commands = script_commands(text)
        if commands is None or any(command.operator == "||" for command in commands):
            return None
        if arguments and commands:
            commands = (*commands[:-1], replace(commands[-1], argv=(*commands[-1].argv, *arguments)))
        made, place = list(before), self
        for command in commands:
            if command.argv[:1] == ("cd",):
                there = place.beside(command.argv[1]) if len(command.argv) == 2 else None
                if there is None:
                    return None
                place = there
                continue
            found = place.command(command, evidence)
            if found is None:
                return None
            made = place.kept(made, command, found)
        return made

    def beside(self, folder: str) -> _Place | None:
        """The place in another folder of the project that holds a package; None for any other."""
        path = posixpath.normpath(posixpath.join(self.package.folder, folder))
        path = "" if path == "." else path
        inside = not self.root.folder or path == self.root.folder or path.startswith(f"{self.root.folder}/")
        package = read_package_json(self.context, path) if inside and not path.startswith(("/", "..")) else None
        return replace(self, package=package) if package is not None else None

    def command(self, command: ScriptCommand, evidence: Evidence) -> Outputs:
        """What one command makes."""
        environment, argv = unwrapped(command)
        if not argv:
            return NOTHING
        here = replace(self, environment={**self.environment, **environment})
        install = parse_install(argv)
        if install is not None:
            return here.install(install, evidence)
        run = parse_run(argv)
        if run is not None:
            if run.package:
                return None
            if run.prefix or run.limited:
                return here.elsewhere(run)
            if run.script is not None and (run.script in self.package.scripts or run.manager == "npm"):
                return replace(here, depth=self.depth + 1).script(run.script, run.arguments)
            argv = [run.script or run.tool or "", *run.arguments]
        tool = re.sub(r"^(\./)?node_modules/\.bin/", "", argv[0])
        if tool in ("run-s", "run-p", "npm-run-all", "npm-run-all2"):
            return here.several(argv[1:])
        if tool == "concurrently":
            return here.beside_each_other(argv[1:], evidence)
        if tool == "turbo":
            return here.turbo(argv[1:])
        if tool == "node" and len(argv) > 1:
            tool, argv = _through_node(argv)
        step = BuildStep(self.context, self.package, tool, tuple(argv[1:]), here.environment, evidence)
        return here.moved(step_outputs(step))

    def moved(self, outputs: Outputs) -> Outputs:
        """Outputs of this place as paths of the project that was started from."""
        folder = posixpath.relpath("/" + self.package.folder, "/" + self.root.folder)
        if outputs is None or folder == ".":
            return outputs
        return tuple(
            replace(
                output,
                paths=tuple(posixpath.normpath(posixpath.join(folder, path)) for path in output.paths),
                between=tuple(posixpath.normpath(posixpath.join(folder, path)) for path in output.between),
                consumed=(),
                entry=None,
                folder=folder,
            )
            for output in outputs
        )

    def install(self, install: NodeInstall, evidence: Evidence) -> Outputs:
        """An install of what a package.json of the project asks for, which runs no script that is not known."""
        place = self.beside(install.prefix) if install.prefix else self
        if place is None or install.global_ or install.named or install.workspaces or place.package.workspaces:
            return None
        if workspace_folders(self.context, place.package):
            return None
        if install.manager == "yarn" and self.context.is_file(posixpath.join(place.package.folder, ".yarnrc.yml")):
            return None  # may keep packages elsewhere
        production = install.production or self.environment.get("NODE_ENV") == "production"
        wanted = place.package.runtime_dependencies() if production else place.package.every_dependency()
        made = BuildOutput(
            ("node_modules",) if wanted else (), install.manager, (evidence,), install=replace(install, prefix=None)
        )
        return place.moved((made,))

    def elsewhere(self, run: NodeRun) -> Outputs:
        """A script that runs in another folder, or in packages of the workspace."""
        place = self.beside(run.prefix) if run.prefix else self
        if place is None or run.script is None:
            return None
        places = place.members(run.workspaces) if run.limited else [place]
        if not places:
            return None
        name = run.script
        everywhere = run.workspaces == (_ALL,)
        found = [
            replace(each, depth=self.depth + 1).script(name, run.arguments)
            for each in places
            if not everywhere or name in each.package.scripts
        ]
        return _together(found)

    def members(self, names: Sequence[str]) -> list[_Place]:
        """The packages of the workspace that go by these names or stand in these folders, `*` for all; else none."""
        found: dict[str, _Place] = {}
        every = [self.beside(posixpath.relpath("/" + path, "/" + self.package.folder)) for path in self._folders()]
        for name in names:
            plain = posixpath.normpath(name)
            chosen = [
                place
                for place in every
                if place is not None
                and (name == _ALL or name == place.package.name or plain == self._inner(place.package.folder))
            ]
            if not chosen:
                return []
            found |= {place.package.folder: place for place in chosen}
        return list(found.values())

    def _folders(self) -> tuple[str, ...]:
        return workspace_folders(self.context, self.package)

    def _inner(self, folder: str) -> str:
        return posixpath.relpath("/" + folder, "/" + self.package.folder)

    def beside_each_other(self, words: Sequence[str], evidence: Evidence) -> Outputs:
        """What concurrently runs: commands as one word each, `npm:x` for scripts.

        https://github.com/open-cli-tools/concurrently#usage
        """
        made: list[Outputs] = []
        skip = False
        for word in words:
            if skip or word.startswith("-"):
                skip = not skip and word in ("-n", "--names", "-c", "--prefix-colors", "-p", "--prefix")
                if not skip and word.startswith("-") and word.partition("=")[0] not in _CONCURRENT_OPTIONS:
                    return None
                continue
            found = re.fullmatch(r"(?:npm|yarn|pnpm|bun):(\S+)", word)
            line = None if found else self._line(word, evidence, (), ())
            made.append(self.several([found[1]]) if found else tuple(line) if line is not None else None)
        return _together(made)

    def turbo(self, words: Sequence[str]) -> Outputs:
        """At most those scripts, and those that they depend on, of every package of the workspace.

        https://turborepo.com/docs/reference/run, https://turborepo.com/docs/reference/configuration#dependson
        """
        named = [word for word in words if not word.startswith("-")]
        named = named[1:] if named[:1] == ["run"] else named
        settings = read_jsonc(self.context, posixpath.join(self.package.folder, "turbo.json"))
        known = all(word.partition("=")[0] in _TURBO_OPTIONS for word in words if word.startswith("-"))
        if not named or settings is None or not known:
            return None
        names = _with_dependencies(settings, named)
        return _together(
            [
                replace(place, depth=self.depth + 1).script(name)
                for place in self.members((_ALL,))
                for name in names
                if name in place.package.scripts
            ]
        )

    def several(self, words: Sequence[str]) -> Outputs:
        """What npm-run-all runs."""
        made: list[Outputs] = []
        for word in words:
            # `run-p type-check "build-only {@}" --`, as Vue's template has it: what was given on is nothing here
            word = re.sub(r"(\s+\{[@*]\})+$", "", word)
            if word in ("-s", "-p", "--serial", "--parallel", "--sequential", "-l", "-c", "--print-label", "--"):
                continue
            head, star, _ = word.partition("*")
            scripts = self.package.scripts
            names = [name for name in scripts if name.startswith(head) and star] if star else [word]
            made += [replace(self, depth=self.depth + 1).script(name) for name in names]
        return _together(made)

    def kept(self, made: list[BuildOutput], command: ScriptCommand, found: Sequence[BuildOutput]) -> list[BuildOutput]:
        """Outputs so far without what `rm` takes away; one output for each tool and folder."""
        argv = unwrapped(command)[1]
        if argv and argv[0] in ("rm", "rimraf", "del", "del-cli", "shx"):
            folder = posixpath.relpath("/" + self.package.folder, "/" + self.root.folder)
            gone = {posixpath.normpath(posixpath.join(folder, word)) for word in argv[1:]}
            made = [output for output in made if not any(_below(path, gone) for path in output.paths)]
        return [*made, *(output for output in found if output not in made)]


_CONCURRENT_OPTIONS: Final = frozenset(
    {"-k", "--kill-others", "--kill-others-on-fail", "-r", "--raw", "-g", "--group", "-n", "--names", "-c"}
    | {"--prefix-colors", "-p", "--prefix", "--no-color"}
)
# switches, and options that are given with `=`
_TURBO_OPTIONS: Final = frozenset(
    {"--filter", "--concurrency", "--output-logs", "--log-order", "--ui", "--force", "--no-cache", "--no-daemon"}
)


def _with_dependencies(settings: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Tasks of turbo.json and those that they depend on, by the names of their scripts."""
    tasks = settings.get("tasks", settings.get("pipeline"))
    rows = tasks.values() if isinstance(tasks, dict) else ()
    after = [
        task for row in rows if isinstance(row, dict) for task in row.get("dependsOn", ()) if isinstance(task, str)
    ]
    return list(dict.fromkeys([*names, *(task.lstrip("^").rpartition("#")[2] for task in after if task[:1] != "$")]))


def _together(found: Sequence[Outputs]) -> Outputs:
    """The outputs of all; None where there is none, or one is not known."""
    if not found:
        return None
    made: dict[BuildOutput, None] = {}
    for outputs in found:
        if outputs is None:
            return None
        made |= dict.fromkeys(outputs)
    return tuple(made)


def _below(path: str, folders: Collection[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _through_node(argv: list[str]) -> tuple[str, list[str]]:
    """`node --max-old-space-size=4096 node_modules/.bin/x` runs x; any other script is not known."""
    rest = [word for word in argv[1:] if not word.startswith("--max")]
    found = re.fullmatch(r"(?:\./)?node_modules/\.bin/([\w.-]+)", rest[0]) if rest else None
    return (found[1], rest) if found else ("node", argv)
