"""Python: what installs bring goes into a virtual environment that both stages have at one path."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.records import replace
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, Toolchain, TreeNeeds
from dockrefactor.toolchains import python_commands, python_services, python_starts, python_variables
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_names import activates, looks_like_python, names
from dockrefactor.toolchains.python_paths import holding
from dockrefactor.toolchains.python_starts import RUNNERS, PythonStart

_SYSTEM_SITE: Final = ("/usr/local/lib/python", "/usr/local/bin")


class Python:
    """The Python toolchain."""

    name = "python"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if activates(argv):
            return Effects(Kind.SETTING, by=self.name)
        if not argv or not looks_like_python(argv[0]):
            return None
        setting = python_commands.poetry_setting(argv)
        if setting is not None or python_commands.parse_tool_setup(argv):
            return Effects(Kind.TOOL_SETUP, programs=(argv[0],), by=self.name, detail=setting)
        install = python_commands.parse_install(argv)
        if install is not None:
            return self._install_effects(install, command, place)
        environment = python_commands.parse_environment(argv)
        if environment is not None:
            return Effects(
                Kind.INSTALL,
                writes=(absolute(environment, place.cwd),),
                programs=(argv[0],),
                by=self.name,
                detail=environment,
            )
        return self._program_effects(argv, place)

    def _install_effects(self, install: PythonInstall, command: Command, place: Place) -> Effects:
        unknown = next((word for word in command.words if not word.known), None)
        if unknown is not None and not re.fullmatch(r"[\w.\[\]-]+[=<>~!]=\$\{?\w+\}?", unknown.text):
            return Effects(Kind.UNKNOWN, by=self.name, why="what it installs is computed")
        writes = {
            "environment": _SYSTEM_SITE,
            "user": ("/root/.local",),
            "project-venv": (absolute(".venv", place.cwd),),
        }.get(install.destination) or (absolute(install.place or ".", place.cwd),)
        base = place.state.env.get("VIRTUAL_ENV")
        if install.destination == "environment" and base:
            writes = (base,)
        if install.editable or (install.installs_project and install.manager == "setup.py"):
            writes = (*writes, place.cwd)
        return Effects(
            Kind.INSTALL, writes=writes, programs=(command.argv[0],), network=True, by=self.name, detail=install
        )

    def _program_effects(self, argv: tuple[str, ...], place: Place) -> Effects | None:
        start = python_starts.parse_start(argv)
        if start is None:
            return None
        if start.kind in RUNNERS:
            return Effects(Kind.UNKNOWN, by=self.name, why=f"`{RUNNERS[start.kind]}` may install")
        if start.kind == "django-manage" and set(start.arguments[:1]) & names("django_files"):
            return Effects(Kind.PROGRAM, writes=(place.cwd,), programs=(argv[0],), by=self.name, detail=start)
        if start.kind == "python-module" and start.target in ("compileall", "pip"):
            return Effects(Kind.PROGRAM, writes=(place.cwd,), programs=(argv[0],), by=self.name, detail=start)
        if start.kind == "django-manage" and start.arguments[:1] == ("migrate",):
            made = (place.cwd, posixpath.join(place.cwd, "db.sqlite3"))
            return Effects(Kind.PROGRAM, writes=made, programs=(argv[0],), by=self.name, detail=start)
        data = python_commands.corpora_folder(argv)
        if data is not None and "NLTK_DATA" not in place.state.env:
            folder = absolute(data.replace("~", place.state.env.get("HOME", "/root"), 1), place.cwd)
            return Effects(
                Kind.PROGRAM, writes=(folder,), programs=(argv[0],), network=True, by=self.name, detail=start
            )
        return Effects(
            Kind.PROGRAM,
            writes=("/",),
            programs=(argv[0],),
            by=self.name,
            detail=start,
            why="a program of the project may write anywhere",
        )

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import python_manifests

        if not isinstance(placed.effects.detail, PythonInstall):
            return None
        install = python_variables.with_variables(placed.effects.detail, placed.command, place.state)
        return python_manifests.install_inputs(install, placed.cwd, place.resolve, place.context)

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        return None

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind is Kind.INSTALL)
        started = [item for item in facts.launch.started if looks_like_python(item.argv[0])]
        base = facts.final.base
        if not found and not started and not (base is not None and base.language == "python"):
            return None
        managers = {
            placed.effects.detail.manager for _, placed in found if isinstance(placed.effects.detail, PythonInstall)
        }
        start = self._start(facts)
        evidence = [facts.at(step.instruction, "installs Python packages") for step, _ in found] or [
            facts.at(facts.final.origin, "the base image is Python's")
        ]
        return Detection(
            "python", ", ".join(sorted(managers)) or "none", start.kind if start else "", tuple(evidence[:1])
        )

    def _start(self, facts: Facts) -> PythonStart | None:
        main = facts.launch.main
        return python_starts.parse_start(main.argv) if main is not None else None

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import (
            python_compilers,
            python_django,
            python_logging,
            python_outputs,
            python_programs,
            python_servers,
            python_system_files,
        )
        from dockrefactor.toolchains.python_packages import packages_needs
        from dockrefactor.toolchains.python_sources import held, image_sources

        found = image_sources(facts)
        cwd = facts.final.after.cwd
        writes = [_in(cwd, held(claim)) for claim in found.writes]
        writes += [_in(cwd, held(claim)) for claim in python_django.written(facts, found)]
        ports = list(found.ports)
        unknown = [("writes-unknown-path", item) for item in found.unreadable]
        home = False
        for item, start in python_starts.started_programs(facts):
            home = home or start.kind == "uv-run"  # which keeps caches there
            folder = absolute(start.folder, item.cwd) if start.folder else item.cwd
            written = (*map(holding, start.writes), *start.scratch)
            writes += [Claim(absolute(path, folder), item.evidence) for path in written]
            ports += [Claim(str(port), item.evidence) for port in start.ports]
            if python_starts.may_install(facts, item, start):
                unknown.append(("installs-at-start", item.evidence))
            unknown += [("drops-privileges-itself", item.evidence)] if start.changes_user else []
            served = python_servers.needs(facts, item, start)
            writes += served.writes
            ports += served.ports
            unknown += served.unknown
        programs_of_packages = python_programs.written(facts)
        writes += programs_of_packages.folders
        home = home or programs_of_packages.home
        unknown += [("writes-unknown-path", evidence) for evidence in programs_of_packages.unknown]
        installed = self._installed(facts)
        packages = packages_needs(facts, installed)
        writes += [_in(cwd, held(claim)) for claim in python_logging.written(facts)]
        writes += (*python_outputs.written(facts), *python_variables.written(facts))
        names = {package.name for item in installed for package in item.packages}
        for evidence, place in python_compilers.compiling(facts):
            home = home or place == "~"
            unknown += [("writes-unknown-path", evidence)] if place == "?" else []
        writes += [Claim(absolute(path, cwd), evidence) for path, evidence in packages.writes]
        programs = [claim for claim in found.programs if claim.value is None or not looks_like_python(claim.value)]
        return RuntimeNeeds(
            programs=(*programs, *packages.programs, *python_services.programs(facts)),
            os_packages=(*packages.os_packages, *python_system_files.packages(facts, names)),
            writes=tuple(writes),
            home=home or packages.home,
            ports=tuple(ports),
            unknown=tuple(unknown),
        )

    def _installed(self, facts: Facts, only: list[Placed] | None = None) -> list[InstallInputs]:
        return [
            _without_development(placed.effects.detail, inputs)
            for stage in facts.contributing
            for step in stage.steps
            if step.run is not None
            for placed in step.run.commands
            if placed.effects.by == self.name and placed.effects.kind is Kind.INSTALL
            if only is None or placed in only
            if (inputs := facts.install_inputs(step, placed, stage)) is not None
        ]

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor import left_behind
        from dockrefactor.toolchains import python_distribution, python_obstacles, python_plan

        base = facts.final.base
        assert base is not None
        installs = facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind is Kind.INSTALL)
        opaque = facts.commands(lambda placed: placed.effects.kind is Kind.UNKNOWN)
        if opaque and not installs:
            step, placed = opaque[0]
            return Blocked("unknown-effect", facts.at(step.instruction, placed.effects.why))
        packaged = base.language != "python"
        if packaged:
            foreign = python_distribution.obstacle(facts, installs, self._installed(facts))
            if foreign is not None:
                return foreign
        own = python_distribution.gain(facts) if packaged else left_behind.gain(facts)
        gain = (own or facts.left_behind) if installs else facts.left_behind
        managers = python_plan.managers(facts, installs) if gain is None and not packaged else ()
        gain = f"{managers[0]} and what it keeps for itself stay behind" if managers else gain
        if gain is None:
            return Plan()
        against = python_obstacles.of_image(facts, installs)
        if installs:
            against = against or python_obstacles.of_packages(facts, installs[0][0], self._installed(facts))
        if against is not None and against.code not in facts.options.assume:
            return against
        plan = python_plan.plan(facts, installs, gain)
        if managers and isinstance(plan, Plan) and not python_plan.leaves(facts, plan, installs, managers[0]):
            return Plan()
        if packaged and isinstance(plan, Plan):
            plan = replace(plan, instead=python_distribution.instead(facts))
        elif isinstance(plan, Plan) and plan.environment:
            plan = self._in_environment(facts, plan, installs)
        if isinstance(plan, Plan) and facts.options.runtime == "alpine":
            plan = self._on_any_libc(facts, plan, installs)
        return replace(plan, assumed=(against,)) if isinstance(plan, Plan) and against is not None else plan

    def _in_environment(self, facts: Facts, plan: Plan, installs: list[tuple[Step, Placed]]) -> Plan | Blocked:
        """`plan`, unless the program asks for what an environment of its own has not."""
        from dockrefactor.toolchains import python_obstacles, python_plan, python_undeclared

        installed = self._installed(facts)
        linked = python_obstacles.absolute_paths(facts, plan, installed)
        if isinstance(linked, Blocked):
            return linked
        undeclared = python_undeclared.obstacle(facts, plan, installs, installed)
        return undeclared or replace(plan, closing=python_plan.links(linked))

    def _on_any_libc(self, facts: Facts, plan: Plan, installs: list[tuple[Step, Placed]]) -> Plan:
        from dockrefactor.toolchains import python_plan, python_portable

        base = facts.final.base
        if base is None or base.language != self.name or base.is_alpine:
            return plan
        kept = [(step, placed) for step, placed in installs if not python_plan.stays_outside(plan, step, placed)]
        inputs = self._installed(facts, [placed for _, placed in kept])
        bound = python_portable.bound(facts, plan, kept, inputs)
        return replace(plan, portable=bound is None, bound=bound)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        return None


def _without_development(install: object, inputs: InstallInputs) -> InstallInputs:
    """`inputs` without the packages that only development asks for, where the command names all that it installs."""
    if not isinstance(install, PythonInstall) or install.development:
        return inputs
    if install.manager not in ("pipenv", "poetry"):
        return inputs
    return replace(inputs, packages=tuple(package for package in inputs.packages if not package.development))


def _in(cwd: str, claim: Claim) -> Claim:
    return Claim(absolute(claim.value, cwd), claim.evidence) if claim.value is not None else claim


TOOLCHAIN: Final[Toolchain] = Python()
