"""Node.js: install, build and prune in the builder; the work folder goes to the runtime, narrowed where that is shown."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor import os_packages, package_lists
from dockrefactor.effects import Effects, Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.inert import is_inert
from dockrefactor.launch import Started
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.os_packages import Role
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.toolchain import Artifact, Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains import node_commands
from dockrefactor.toolchains.node_commands import NodeInstall, NodeRun
from dockrefactor.toolchains.node_packages import packages_needs, programs_of_package

if TYPE_CHECKING:
    from dockrefactor.toolchains.node_build_tools import BuildOutput
    from dockrefactor.toolchains.node_builds import NodeStart
    from dockrefactor.toolchains.node_manifests import PackageJson

_TESTS: Final = re.compile(r"^(test|lint|check|typecheck|type-check|format|prettier|coverage)(:|$)")
_BUILD_ONLY: Final = (
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb", "tsconfig*.json", "nest-cli.json",
    "webpack.config.*", "vite.config.*", "rollup.config.*", "tsup.config.*", "babel.config.*", "angular.json", "vue.config.js",
    "postcss.config.*", "tailwind.config.*", "next-env.d.ts", ".npmrc", ".yarnrc", ".yarnrc.yml", ".swcrc", "test", "tests",
    "__tests__", "spec", "e2e", "cypress", "docs", "doc", "coverage", "index.html",
)  # fmt: skip


class Node:
    """The Node.js toolchain."""

    name = "node"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if not argv:
            return None
        if node_commands.parse_tool_setup(argv):
            writes = ("/usr/local/bin",) if argv[0] == "corepack" else ()
            return Effects(Kind.TOOL_SETUP, writes=writes, programs=(argv[0],), by=self.name)
        install = node_commands.parse_install(argv)
        if install is not None:
            return self._install(install, command, place)
        if node_commands.parse_prune(argv) or argv[:2] in (("npm", "rebuild"), ("npm", "dedupe")):
            return Effects(Kind.PRUNE, writes=(absolute("node_modules", place.cwd),), programs=(argv[0],), by=self.name)
        run = node_commands.parse_run(argv)
        if run is not None:
            return self._run(run, command, place)
        if argv[0] in _BUILDERS or "node_modules/.bin/" in argv[0]:
            return self._built(command, place, (posixpath.basename(argv[0]), *argv[1:]))
        if argv[0] in ("npm", "yarn", "pnpm", "npx", "bun"):
            return Effects(Kind.UNKNOWN, by=self.name, why=f"`{' '.join(argv[:3])}` may run anything")
        return None

    def _install(self, install: NodeInstall, command: Command, place: Place) -> Effects:
        from dockrefactor.toolchains import node_manifests

        programs = (command.argv[0],)
        if install.global_:
            brought = tuple(name for package in install.named for name in programs_of_package(package))
            return Effects(
                Kind.TOOL_INSTALL, writes=("/usr/local/lib/node_modules", "/usr/local/bin"), programs=(*programs, *brought),
                network=True, by=self.name, detail=install,
            )  # fmt: skip
        cwd = absolute(install.prefix, place.cwd) if install.prefix else place.cwd
        writes = [posixpath.join(cwd, "node_modules")]
        package = self._package(place, cwd)
        if package is not None and package.workspaces:
            writes += [
                posixpath.join(cwd, posixpath.relpath("/" + folder, "/" + package.folder), "node_modules")
                for folder in node_manifests.workspace_folders(place.context, package)
            ]
        if install.named:
            writes.append(posixpath.join(cwd, "package.json"))
        return Effects(
            Kind.INSTALL, writes=tuple(writes), programs=programs, network=True, by=self.name, detail=install
        )

    def _package(self, place: Place, cwd: str) -> PackageJson | None:
        from dockrefactor.toolchains import node_manifests

        path = place.resolve(posixpath.join(cwd, "package.json"))
        return node_manifests.read_package_json(place.context, posixpath.dirname(path)) if path is not None else None

    def _run(self, run: NodeRun, command: Command, place: Place) -> Effects:
        programs = (command.argv[0],)
        if run.script is not None and _TESTS.match(run.script):
            return Effects(Kind.TEST, reads=(place.cwd,), programs=programs, by=self.name)
        return self._built(command, place, command.argv, run.prefix)

    def _built(self, command: Command, place: Place, argv: tuple[str, ...], prefix: str | None = None) -> Effects:
        from dockrefactor.toolchains import node_builds

        cwd = absolute(prefix, place.cwd) if prefix else place.cwd
        package = self._package(place, cwd)
        outputs = node_builds.command_outputs(place.context, package, argv) if package is not None else None
        if outputs is None:
            return Effects(Kind.UNKNOWN, by=self.name, why=f"what `{' '.join(command.argv[:3])}` writes is not known")
        writes = tuple(absolute(path, cwd) for output in outputs for path in output.paths)
        return Effects(
            Kind.BUILD,
            reads=(cwd,),
            writes=writes or (posixpath.join(cwd, "node_modules"),),
            programs=(command.argv[0],),
            by=self.name,
            detail=outputs,
        )

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import node_manifests

        if not isinstance(placed.effects.detail, NodeInstall):
            return None
        return node_manifests.install_inputs(placed.effects.detail, placed.cwd, place.resolve, place.context)

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        started = [item for item in facts.launch.started if item.name in _RUNTIMES]
        base = facts.final.base
        if not found and not started and not (base is not None and base.language in ("javascript", "node")):
            return None
        from dockrefactor.toolchains.node_build_tools import BuildOutput

        managers = {
            placed.effects.detail.manager for _, placed in found if isinstance(placed.effects.detail, NodeInstall)
        }
        frameworks = {
            output.tool
            for _, placed in found
            if isinstance(placed.effects.detail, tuple)
            for output in placed.effects.detail
            if isinstance(output, BuildOutput)
        }
        place = (
            facts.at(found[0][0].instruction, "a Node.js tool runs")
            if found
            else facts.at(facts.final.origin, "the base image is Node.js's")
        )
        return Detection("node", ", ".join(sorted(managers)) or "none", ", ".join(sorted(frameworks)), (place,))

    def _starts(self, facts: Facts) -> Iterator[tuple[Started, NodeStart | None, PackageJson | None]]:
        """Every started command with the package whose scripts it may run, and what that finally runs."""
        from dockrefactor.toolchains import node_builds, node_manifests

        resolve = facts.final.resolver()
        for item in facts.launch.started:
            folder, argv = self._project_of(facts, item)
            path = resolve(posixpath.join(folder, "package.json")) or self._manifest_of_tree(facts, folder)
            package = (
                node_manifests.read_package_json(facts.context, posixpath.dirname(path)) if path is not None else None
            )
            argv, package = self._of_workspace(facts, package, argv)
            yield item, node_builds.follow_start(facts.context, package, argv) if package is not None else None, package

    def _project_of(self, facts: Facts, item: Started) -> tuple[str, tuple[str, ...]]:
        """The image folder of the project, and the command as it reads there (`node /app/x.js` started elsewhere)."""
        script = item.argv[1] if len(item.argv) > 1 and item.name in ("node", "nodejs") else ""
        if not script.startswith("/") or inside(script, item.cwd):
            return item.cwd, item.argv
        resolve = facts.final.resolver()
        folder = posixpath.dirname(script)
        while folder != "/":
            if resolve(posixpath.join(folder, "package.json")) or self._manifest_of_tree(facts, folder):
                return folder, (item.argv[0], posixpath.relpath(script, folder), *item.argv[2:])
            folder = posixpath.dirname(folder)
        return item.cwd, item.argv

    def _of_workspace(
        self, facts: Facts, package: PackageJson | None, argv: tuple[str, ...]
    ) -> tuple[tuple[str, ...], PackageJson | None]:
        """`npm start --workspace x` runs the script of that workspace."""
        from dockrefactor.toolchains import node_manifests

        run = node_commands.parse_run(argv) if package is not None else None
        if package is None or run is None or len(run.workspaces) != 1 or run.script is None:
            return argv, package
        for folder in node_manifests.workspace_folders(facts.context, package):
            member = node_manifests.read_package_json(facts.context, folder)
            if member is not None and run.workspaces[0] in (member.name, folder):
                return (run.manager, "run", run.script, *run.arguments), member
        return argv, package

    def _manifest_of_tree(self, facts: Facts, cwd: str) -> str | None:
        """The package.json that a copy from another stage brings to the work folder."""
        for step in facts.final.steps:
            if step.copy is None or not step.copy.origin:
                continue
            stage = next(
                (
                    stage
                    for stage in facts.stages[:-1]
                    if step.copy.origin.lower() in (stage.name.lower(), str(stage.index))
                ),
                None,
            )
            for source in step.copy.sources if stage is not None else ():
                wanted = (
                    posixpath.join("/", source, "package.json")
                    if not source.endswith("package.json")
                    else posixpath.join("/", source)
                )
                target = step.copy.destination
                if posixpath.join(target, "package.json") == posixpath.join(
                    cwd, "package.json"
                ) or target == posixpath.join(cwd, "package.json"):
                    found = stage.resolver()(posixpath.normpath(wanted)) if stage is not None else None
                    if found is not None:
                        return found
        return None

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import node_sources

        programs: list[Claim] = []
        writes: list[Claim] = []
        ports: list[Claim] = []
        unknown: list[tuple[str, Evidence]] = []
        home = False
        folders: set[str] = set()
        for item, start, package in self._starts(facts):
            if package is not None:
                folders.add(package.folder)
            fetched = self._fetched_manager(facts, item, package)
            if fetched is not None:
                unknown.append(("home-is-root", fetched.evidence))
            if start is None:
                continue
            ports += start.ports
            if start.development_server is not None:
                unknown.append(("development-server", start.development_server.evidence))
            for argv in start.before:
                if node_commands.parse_install(argv) is not None:
                    unknown.append(("installs-at-start", item.evidence))
            programs += [
                Claim(argv[0], item.evidence)
                for argv in (*start.before, start.argv)
                if argv
                and argv[0] not in start.tools
                and argv[0] not in ("node", "cd")
                and "/" not in argv[0]
                and not self._local_tool(facts, package, argv[0])
            ]
            for path in _tool_writes((*start.tools, item.name)):
                home = home or path.startswith("~")
                if not path.startswith("~"):
                    writes.append(Claim(absolute(path, item.cwd), item.evidence))
        cwd = facts.final.after.cwd
        for folder in sorted(folders):
            found = node_sources.read_sources(facts.context, folder, environment=facts.final.after.env)
            programs += found.programs
            ports += found.ports
            writes += [
                Claim(absolute(claim.value, cwd), claim.evidence) if claim.value is not None else claim
                for claim in found.writes
            ]
            unknown += [("writes-unknown-path", evidence) for evidence in found.unreadable]
        packages = packages_needs(facts, self._installed(facts))
        unknown += [("artifacts-in-home", evidence) for evidence in packages.browsers]
        return RuntimeNeeds(
            programs=tuple(claim for claim in (*programs, *packages.programs) if claim.value not in _STARTERS),
            os_packages=packages.os_packages if facts.final.base is not None and facts.final.base.counterpart else (),
            writes=tuple(writes),
            home=home,
            ports=tuple(ports),
            unknown=tuple(unknown),
        )

    def _local_tool(self, facts: Facts, package: PackageJson | None, name: str) -> bool:
        from dockrefactor.toolchains import node_builds

        return package is not None and node_builds.tool_package(facts.context, package, name) is not None

    def _installed(self, facts: Facts) -> list[InstallInputs]:
        return [
            inputs
            for stage in facts.contributing
            for step in stage.steps
            if step.run is not None
            for placed in step.run.commands
            if placed.effects.by == self.name
            and placed.effects.kind is Kind.INSTALL
            and (inputs := self.install_inputs(placed, facts.place(step, placed, stage))) is not None
        ]

    def plan(self, facts: Facts) -> Plan | Blocked:
        base = facts.final.base
        assert base is not None
        if base.language not in ("javascript", "node"):
            return Blocked("unknown-base", facts.at(facts.final.origin, "its Node.js comes from the distribution"))
        installs = facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind is Kind.INSTALL)
        development = self._development_server(facts)
        if development is not None:
            return development
        gain = self._gain(facts, installs) if installs else None
        if gain is None:
            return Plan()
        against = self._against(facts, installs)
        if against is not None:
            return against
        tree = self._tree(facts, installs)
        if tree == "/":
            return self._plan_in_root(facts, installs, gain)
        evidence = tuple(facts.at(step.instruction, "installs packages") for step, _ in installs)
        return Plan(epilogue=self._prune(facts, installs, tree), tree=tree, gain=gain, evidence=evidence)

    def _development_server(self, facts: Facts) -> Blocked | None:
        for _, start, _ in self._starts(facts):
            if start is not None and start.development_server is not None:
                return Blocked("development-server", start.development_server.evidence)
        return None

    def _against(self, facts: Facts, installs: list[tuple[Step, Placed]]) -> Blocked | None:
        for item, start, package in self._starts(facts):
            if start is not None and any(node_commands.parse_install(argv) for argv in start.before):
                return Blocked("needs-build-tool", item.evidence)
            fetched = self._fetched_manager(facts, item, package)
            if fetched is not None:
                return fetched
            if start is None and package is not None and item.name in ("npm", "yarn", "pnpm", "npx") and item.known:
                return Blocked("unreadable-start-script", item.evidence)
        for code, evidence in facts.needs.unknown:
            if code == "artifacts-in-home":
                return Blocked(code, evidence)
        for step, placed in installs:
            inputs = self.install_inputs(placed, facts.place(step, placed, facts.final))
            if inputs is not None and any(facts.final.copied(path) is None for path in inputs.missing):
                return Blocked(
                    "missing-manifest",
                    facts.at(step.instruction, f"{inputs.missing[0]} is not copied from the context"),
                )
        return None

    def _fetched_manager(self, facts: Facts, item: Started, package: PackageJson | None) -> Blocked | None:
        """pnpm, or a Yarn that package.json pins, which corepack fetched to /root/.cache."""
        corepack = facts.commands(lambda placed: placed.command.name == "corepack")
        berry = package is not None and _is_berry(facts, package)
        if berry and not corepack and item.name == "yarn":
            return None
        if corepack and (
            item.name == "pnpm" or (item.name == "yarn" and package is not None and package.package_manager)
        ):
            return Blocked(
                "artifacts-in-home", facts.at(corepack[0][0].instruction, f"corepack keeps {item.name} in /root/.cache")
            )
        return None

    def _gain(self, facts: Facts, installs: list[tuple[Step, Placed]]) -> str | None:
        base = facts.final.base
        assert base is not None
        if base.counterpart:
            return f"the compilers and tools of {base.reference.written} stay behind"
        builds = facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind is Kind.BUILD)
        if builds:
            return "the sources and the packages that only the build needs stay behind"
        for step in facts.final.steps:
            removed = step.run is not None and Kind.OS_REMOVE in step.run.kinds
            for name in package_lists.packages(step):
                if not removed and os_packages.role(name, base) in (Role.BUILD, Role.HEADERS):
                    return f"`{name}` and its like stay behind"
        return None

    def _tree(self, facts: Facts, installs: list[tuple[Step, Placed]]) -> str:
        """The folder that holds the project: the common parent of the installs' folders, outwards to what was copied."""
        folders = [path.rpartition("/")[0] or "/" for _, placed in installs for path in placed.effects.writes[:1]]
        common = posixpath.commonpath(folders)
        targets = [
            target
            for step in facts.final.steps
            if step.copy is not None
            for source, target, is_folder in step.copy.pairs
            if is_folder and inside(common, target)
        ]
        return min([common, *targets], key=len)

    def _plan_in_root(self, facts: Facts, installs: list[tuple[Step, Placed]], gain: str) -> Plan | Blocked:
        """A project in `/`: its folder cannot be copied whole, so each artifact is copied by name."""
        builds = facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind is Kind.BUILD)
        artifacts = {
            path: Artifact(path, True, facts.at(step.instruction, "is made here"))
            for step, placed in (*installs, *builds)
            for path in placed.effects.writes
        }
        for path in artifacts:
            source = facts.final.resolver()(posixpath.dirname(path))
            if source is not None and facts.context.exists(
                posixpath.join(source, posixpath.basename(path)).lstrip("/")
            ):
                return Blocked("context-has-artifacts", Evidence(posixpath.basename(path), 0, "stands in the context"))
        return Plan(epilogue=self._prune(facts, installs, "/"), artifacts=tuple(artifacts.values()), gain=gain)

    def _prune(self, facts: Facts, installs: list[tuple[Step, Placed]], tree: str) -> tuple[str, ...]:
        """The instruction that removes what only the build needed; none where the program may load some of it."""
        if len(installs) != 1 or facts.commands(lambda placed: placed.effects.kind is Kind.PRUNE):
            return ()
        step, placed = installs[0]
        install = placed.effects.detail
        if not isinstance(install, NodeInstall) or install.production or install.named:
            return ()
        package = self._package(facts.place(step, placed, facts.final), placed.cwd)
        if package is None or package.workspaces or not self._prunable(facts, package):
            return ()
        command = node_commands.prune_command(install.manager, _npm_major(facts), _is_berry(facts, package), None)
        if command is None or step.before.env.get("NODE_ENV") == "production":
            return ()
        last = facts.final.after.cwd
        return (f"RUN {command}" if last == placed.cwd else f"RUN cd {placed.cwd} && {command}",)

    def _prunable(self, facts: Facts, package: PackageJson) -> bool:
        from dockrefactor.toolchains import node_builds, node_sources

        development = package.dev_dependencies.keys() - package.runtime_dependencies().keys()
        if not development or {"prisma", "@prisma/client"} & package.every_dependency().keys():
            return False
        runs = False
        for _, start, _ in self._starts(facts):
            if start is None:
                continue
            runs = runs or start.entry is not None or bool(start.tools)
            if any(node_builds.tool_package(facts.context, package, tool) in development for tool in start.tools):
                return False
        if not runs:
            return False
        imported = node_sources.imported_packages(facts.context, package.folder, None)
        return all(claim.value is not None and claim.value not in development for claim in imported)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        builder = facts.stages[stage]
        installs = self._in_stage(builder, Kind.INSTALL)
        builds = self._in_stage(builder, Kind.BUILD)
        if not installs and not builds:
            return None
        package = self._package(facts.place(*(installs or builds)[0], builder), (installs or builds)[0][1].cwd)
        if package is None or package.workspaces:
            return None
        for step, placed in installs:
            inputs = self.install_inputs(placed, facts.place(step, placed, builder))
            linked = inputs is not None and any(
                builder.resolver()(posixpath.join(path, "package.json")) is not None for path in inputs.folders
            )
            if inputs is not None and (inputs.open_ended or linked):
                place = (
                    inputs.open_ended[0] if inputs.open_ended else facts.at(step.instruction, "links a local package")
                )
                return Blocked("unknown-reads", place)
        return _Narrower(self, facts, builder, folder, package).needs(installs, builds)

    def _in_stage(self, stage: Stage, kind: Kind) -> list[tuple[Step, Placed]]:
        return [
            (step, placed)
            for step in stage.steps
            if step.run is not None
            for placed in step.run.commands
            if placed.effects.by == self.name and placed.effects.kind is kind
        ]


class _Narrower:
    """What a program needs of its project's folder."""

    def __init__(self, node: Node, facts: Facts, builder: Stage, folder: str, package: PackageJson) -> None:
        self.node, self.facts, self.builder, self.folder, self.package = node, facts, builder, folder, package

    def needs(
        self, installs: list[tuple[Step, Placed]], builds: list[tuple[Step, Placed]]
    ) -> TreeNeeds | Blocked | None:
        root = self.builder.resolver()(posixpath.join(self.folder, "package.json"))
        if root is None or posixpath.dirname(root) != self.package.folder:
            return None
        outputs = [
            output
            for _, placed in builds
            if isinstance(placed.effects.detail, tuple)
            for output in placed.effects.detail
        ]
        modules = [
            self._relative(path)
            for _, placed in installs
            for path in placed.effects.writes
            if not path.endswith(".json")
        ]
        built = [self._relative(path) for _, placed in builds for path in placed.effects.writes]
        evidence = tuple(item for output in outputs for item in output.evidence)
        local, entries = self._starts()
        if entries is None:
            return Blocked("unknown-reads", self.facts.at(self.builder.origin, "what starts is not followed to a file"))
        if not local and not entries:
            served = self._served(built)
            return TreeNeeds(served, (), evidence) if served else None
        in_output = all(any(inside("/" + entry, "/" + path) for path in built) for entry in entries)
        consumed = {name for output in outputs for name in output.consumed}
        if not builds or (not in_output and not self._framework(outputs)) or not consumed:
            return TreeNeeds(tuple(dict.fromkeys([*modules, *built])), None, evidence)
        kept = self._kept(consumed, built)
        if isinstance(kept, Blocked):
            return kept
        return TreeNeeds(tuple(dict.fromkeys([*modules, *built])), kept, evidence)

    def _relative(self, path: str) -> str:
        return posixpath.relpath(path, self.folder)

    def _framework(self, outputs: list[BuildOutput]) -> bool:
        """Next.js starts from its own output, not from an entry file."""
        return any(output.tool == "next" for output in outputs)

    def _starts(self) -> tuple[bool, list[str] | None]:
        """Whether the project's own packages are used at start, and the files that node runs; None where unknown."""
        from dockrefactor.toolchains import node_builds

        local = False
        entries: list[str] = []
        for item, start, _ in self.node._starts(self.facts):
            if item.name not in _STARTERS and start is None:
                continue
            if start is None:
                return local, None
            if start.entry is not None:
                entries.append(start.entry)
            local = local or any(
                node_builds.tool_package(self.facts.context, self.package, tool) for tool in start.tools
            )
            local = local or item.name in ("npm", "yarn", "pnpm", "npx") or start.entry is not None
        return local, entries

    def _served(self, built: list[str]) -> tuple[str, ...]:
        """Built folders that the launch serves by name, with a tool from elsewhere."""
        words = {word.strip("./") for item in self.facts.launch.started for word in item.argv}
        words |= {
            word.strip("./")
            for step in self.facts.final.steps
            if step.run is not None
            for placed in step.run.commands
            for word in placed.command.argv
        }
        return tuple(path for path in built if path.strip("./") in words)

    def _kept(self, consumed: set[str], built: list[str]) -> tuple[str, ...] | Blocked:
        from dockrefactor.toolchains import node_sources

        context = self.facts.context
        found = node_sources.read_sources(context, self.package.folder, environment=self.facts.final.after.env)
        resolve = self.builder.resolver()
        read = set()
        for claim in found.reads:
            if claim.value is None:
                return Blocked("unknown-reads", claim.evidence)
            read.add(posixpath.normpath(claim.value))
        kept: list[str] = []
        for path in context.children(self.package.folder):
            name = posixpath.relpath("/" + path, "/" + self.package.folder)
            if name in built or name == "node_modules" or resolve(posixpath.join(self.folder, name)) is None:
                continue
            needed = any(inside("/" + item, "/" + name) for item in read)
            if name in consumed and needed:
                return Blocked("unknown-reads", Evidence(path, 0, "is read when the program runs, and compiled"))
            if needed or name == "package.json" or not (name in consumed or is_inert(path) or _is_build_only(name)):
                kept.append(name)
        return tuple(kept)


def _is_build_only(name: str) -> bool:
    import fnmatch

    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _BUILD_ONLY)


def _npm_major(facts: Facts) -> int | None:
    """npm's major version in an official image, by Node's: 6 up to Node 14, 7 or later from 15 on."""
    base = facts.final.base
    match = re.match(r"(\d+)", base.reference.tag) if base is not None else None
    if match is None:
        return 10  # moving tags are newer than Node 15
    return 6 if int(match[1]) < 15 else 10


def _is_berry(facts: Facts, package: PackageJson) -> bool:
    return facts.context.is_file(posixpath.join(package.folder, ".yarnrc.yml"))


def _tool_writes(tools: tuple[str, ...]) -> list[str]:
    table = node_commands.node_facts()["tools"]
    return [path for tool in tools for path in table.get(tool, {}).get("writes", ())]


_RUNTIMES: Final = frozenset({"node", "nodejs", "npm", "npx", "yarn", "pnpm", "pm2-runtime"})
_STARTERS: Final = frozenset(
    {
        "node",
        "nodejs",
        "npm",
        "npx",
        "yarn",
        "pnpm",
        "pm2-runtime",
        "pm2",
        "nodemon",
        "ts-node",
        "tsx",
        "next",
        "serve",
        "http-server",
    }
)
_BUILDERS: Final = frozenset(
    {
        "tsc",
        "nest",
        "ng",
        "vite",
        "webpack",
        "react-scripts",
        "vue-cli-service",
        "esbuild",
        "rollup",
        "tsup",
        "babel",
        "swc",
    }
)
