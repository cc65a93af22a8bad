"""Node.js: install, build and prune in the builder; the runtime gets the work folder, narrowed where that is shown."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.patterns import regex
from dockrefactor.records import replace
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, Toolchain, TreeNeeds
from dockrefactor.toolchains import node_commands
from dockrefactor.toolchains.node_commands import NodeInstall, NodeRun
from dockrefactor.toolchains.node_names import programs_that
from dockrefactor.toolchains.node_packages import programs_of_package

if TYPE_CHECKING:
    from dockrefactor.toolchains.node_build_steps import BuildOutput

# what npm takes for a folder or a packed package of this machine: https://docs.npmjs.com/cli/commands/npm-install
_LOCAL: Final = regex(r"file:|[./~]|(?!https?:).*\.(tgz|tar|tar\.gz)$")
_TESTS: Final = regex(r"^(test|lint|check|typecheck|type-check|format|prettier|coverage)(:|$)")


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
        if argv[0] in programs_that("build") or "node_modules/.bin/" in argv[0]:
            return self._built(command, place, (posixpath.basename(argv[0]), *argv[1:]))
        if argv[0] in ("npm", "yarn", "pnpm", "npx", "bun"):
            return Effects(Kind.UNKNOWN, by=self.name, why=f"`{' '.join(argv[:3])}` may run anything")
        return None

    def _install(self, install: NodeInstall, command: Command, place: Place) -> Effects:
        from dockrefactor.toolchains.node_package_json import package_at, workspace_folders

        programs = (command.argv[0],)
        if install.global_ and (not install.named or any(map(_LOCAL.match, install.named))):
            says = f"`{' '.join(command.argv[:4])}` installs the project itself"
            return Effects(Kind.UNKNOWN, programs=programs, by=self.name, why=says)
        if install.global_:
            brought = tuple(name for package in install.named for name in programs_of_package(package))
            return Effects(
                Kind.TOOL_INSTALL,
                writes=("/usr/local/lib/node_modules", "/usr/local/bin"),
                programs=(*programs, *brought),
                network=True,
                by=self.name,
                detail=install,
            )
        cwd = absolute(install.prefix, place.cwd) if install.prefix else place.cwd
        writes = [posixpath.join(cwd, "node_modules")]
        package = package_at(place, cwd)
        if package is not None and package.workspaces:
            writes += [
                posixpath.join(cwd, posixpath.relpath("/" + folder, "/" + package.folder), "node_modules")
                for folder in workspace_folders(place.context, package)
            ]
        if install.named:
            writes.append(posixpath.join(cwd, "package.json"))
        return Effects(
            Kind.INSTALL, writes=tuple(writes), programs=programs, network=True, by=self.name, detail=install
        )

    def _run(self, run: NodeRun, command: Command, place: Place) -> Effects:
        programs = (command.argv[0],)
        if run.script is not None and _TESTS.match(run.script):
            return Effects(Kind.TEST, reads=(place.cwd,), programs=programs, by=self.name)
        return self._built(command, place, command.argv, run.prefix)

    def _built(self, command: Command, place: Place, argv: tuple[str, ...], prefix: str | None = None) -> Effects:
        from dockrefactor.toolchains import node_builds
        from dockrefactor.toolchains.node_package_json import package_at

        cwd = absolute(prefix, place.cwd) if prefix else place.cwd
        package = package_at(place, cwd)
        outputs = None
        if package is not None:
            given = {name: word.text if word is not None else "" for name, word in command.assignments}
            environment = {**place.state.env, **given}
            outputs = node_builds.command_outputs(place.context, package, argv, environment)
        if outputs is None or not self._are_here(outputs, place, cwd):
            return Effects(Kind.UNKNOWN, by=self.name, why=f"what `{' '.join(command.argv[:3])}` writes is not known")
        writes = tuple(absolute(path, cwd) for output in outputs for path in output.written)
        return Effects(
            Kind.BUILD,
            reads=(cwd,),
            writes=writes or (posixpath.join(cwd, "node_modules"),),
            programs=(command.argv[0],),
            network=any(output.install is not None for output in outputs),
            by=self.name,
            detail=outputs,
        )

    def _are_here(self, outputs: Iterable[BuildOutput], place: Place, cwd: str) -> bool:
        """Whether other packages of the project stand in the image as in the context, and what scripts install of them
        is known to the last script that an install runs."""
        from dockrefactor.toolchains.node_package_json import package_at

        root = package_at(place, cwd)
        for output in outputs:
            there = package_at(place, posixpath.join(cwd, output.folder))
            if root is None or there is None or there.folder != posixpath.join(root.folder, output.folder).rstrip("/"):
                return False
            if output.install is not None and _script_inputs(output, place, cwd).open_ended:
                return False
        return True

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import node_manifests

        if not isinstance(placed.effects.detail, NodeInstall):
            return None
        return node_manifests.install_inputs(placed.effects.detail, placed.cwd, place.resolve, place.context)

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        return None

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        started = [item for item in facts.launch.started if item.name in programs_that("run")]
        base = facts.final.base
        if not found and not started and not (base is not None and base.language in ("javascript", "node")):
            return None
        from dockrefactor.toolchains.node_build_steps import BuildOutput

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

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import node_needs

        return node_needs.needs(facts, self._installed(facts))

    def _installed(self, facts: Facts) -> list[InstallInputs]:
        found = []
        for stage in facts.contributing:
            for step, placed in self._commands(stage):
                inputs = facts.install_inputs(step, placed, stage) if placed.effects.kind is Kind.INSTALL else None
                found += [inputs] if inputs is not None else []
                if placed.effects.kind is Kind.BUILD and isinstance(placed.effects.detail, tuple):
                    place = facts.place(step, placed, stage)
                    outputs = [output for output in placed.effects.detail if output.install is not None]
                    found += [_script_inputs(output, place, placed.effects.reads[0]) for output in outputs]
        return found

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import node_plan, node_portable

        own = facts.commands(lambda placed: placed.effects.by == self.name)
        installs = _of_kind(own, Kind.INSTALL)
        plan = node_plan.plan(facts, installs, _of_kind(own, Kind.BUILD))
        base = facts.final.base
        if isinstance(plan, Blocked) or facts.options.runtime != "alpine" or base is None or not base.language:
            return plan
        if plan.gain is None or base.is_alpine:
            return plan
        bound = node_portable.bound(facts, plan, installs, self._installed(facts))
        return replace(plan, portable=bound is None, bound=bound)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        from dockrefactor.toolchains import node_tree

        builder = facts.stages[stage]
        own = self._commands(builder)
        return node_tree.tree_needs(facts, builder, folder, _of_kind(own, Kind.INSTALL), _of_kind(own, Kind.BUILD))

    def _commands(self, stage: Stage) -> list[tuple[Step, Placed]]:
        return [
            (step, placed)
            for step in stage.steps
            if step.run is not None
            for placed in step.run.commands
            if placed.effects.by == self.name
        ]


def _script_inputs(output: BuildOutput, place: Place, cwd: str) -> InstallInputs:
    """What the install reads that a script of the project in the image folder `cwd` runs."""
    from dockrefactor.toolchains import node_manifests

    assert output.install is not None
    folder = posixpath.normpath(posixpath.join(cwd, output.folder))
    return node_manifests.install_inputs(output.install, folder, place.resolve, place.context)


def _of_kind(commands: list[tuple[Step, Placed]], kind: Kind) -> list[tuple[Step, Placed]]:
    return [(step, placed) for step, placed in commands if placed.effects.kind is kind]


TOOLCHAIN: Final[Toolchain] = Node()
