"""How a Python build is split: what it is worth, the virtual environment, and the artifacts that the runtime copies."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.records import dataclass, field
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Artifact, Blocked, Plan
from dockrefactor.toolchains import python_distribution, python_environments, python_interpreters, python_versions
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_names import names
from dockrefactor.toolchains.python_starts import RUNNERS, may_install, started_programs

ENVIRONMENT: Final = "/opt/venv"
_UV: Final = "/usr/local/bin/uv"


@dataclass(slots=True)
class _Layout:
    """Where the installs put things. `environment`: some go into the image's own Python, so one must be made for them;
    `artifacts` by path; `tree`: the folder of an editable install, None where there is none; `shares`: where the author
    makes an environment that takes from the image's own Python."""

    environment: bool = False
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    tree: str | None = None
    shares: Evidence | None = None

    def add(self, path: str, evidence: Evidence) -> None:
        self.artifacts[path] = Artifact(path, True, evidence)


def managers(facts: Facts, installs: list[tuple[Step, Placed]]) -> tuple[str, ...]:
    """The managers of projects that the image has and the container does not start, or only as the user may lift."""
    if any(start.kind in RUNNERS and not may_install(facts, item, start) for item, start in started_programs(facts)):
        return ()
    brought = {name for _, placed in installs for name in _managers(placed)}
    return tuple(sorted((brought | _from_elsewhere(facts)) & names("project_managers")))


def _from_elsewhere(facts: Facts) -> set[str]:
    """The programs that come from other images, and by scripts of their own."""
    copies = [step.copy for step in facts.final.steps if step.copy is not None and step.copy.origin]
    scripts = facts.commands(lambda placed: placed.effects.kind is Kind.TOOL_INSTALL)
    return {
        *(posixpath.basename(source) for copy in copies if copy.stage is None for source in copy.sources),
        *(program for _, placed in scripts for program in placed.effects.programs[1:]),
    }


def leaves(facts: Facts, plan: Plan, installs: list[tuple[Step, Placed]], manager: str) -> bool:
    """Whether the runtime of a plan is without a manager."""
    outside = {name for step, placed in installs for name in left_outside(plan, step, placed)}
    return manager in outside | _from_elsewhere(facts)


def plan(facts: Facts, installs: list[tuple[Step, Placed]], gain: str) -> Plan | Blocked:
    """The split, once nothing stands against it; `installs` are Python's installs of all contributing stages."""
    layout = _Layout()
    for step, placed in installs:
        foreign = _take(layout, facts, step, placed)
        if foreign is not None:
            return foreign
    for path in layout.artifacts:
        source = facts.final.resolver()(posixpath.dirname(path))
        name = posixpath.join(source or "", posixpath.basename(path))
        if source is not None and facts.context.exists(name):
            return Blocked("context-has-artifacts", Evidence(name, 0, f"would be copied over {path}"))
    if layout.environment and layout.shares is not None:
        return Blocked("absolute-tool-path", layout.shares)
    return _assembled(facts, installs, gain, layout)


def _take(layout: _Layout, facts: Facts, step: Step, placed: Placed) -> Blocked | None:
    """Adds what one install makes to the layout."""
    detail = placed.effects.detail
    evidence = facts.at(step.instruction, "is installed here")
    if isinstance(detail, PythonInstall) and _is_started(facts, detail):
        # a program of one file, which needs nothing of the Python that it was installed into
        layout.artifacts[_UV] = Artifact(_UV, False, evidence)
    if isinstance(detail, str):  # the author's own virtual environment
        if "--system-site-packages" in placed.command.argv:
            layout.shares = facts.at(step.instruction, "it takes the packages of the image's own Python")
        layout.add(absolute(detail, placed.cwd), evidence)
        return python_interpreters.foreign(facts, step, placed)
    assert isinstance(detail, PythonInstall)
    if detail.editable and detail.local_paths:
        layout.tree = placed.cwd
    destination = python_environments.destination(facts, step, detail)
    active = python_environments.active(step, placed)
    if active is not None and active not in layout.artifacts:
        return Blocked("unknown-effect", facts.at(step.instruction, f"nothing shows how {active} was made"))
    if destination == "environment" and active is None and not _in_own_environment(step, layout):
        if detail.manager == "pip" and python_distribution.is_managed(facts):
            return Blocked("install-refused", facts.at(step.instruction, f"`{placed.command.name}` installs there"))
        layout.environment = layout.environment or not _only_managers(detail)
    elif destination == "project-venv":
        layout.add(absolute(step.before.env.get("UV_PROJECT_ENVIRONMENT", ".venv"), placed.cwd), evidence)
        return python_interpreters.foreign(facts, step, placed)
    elif destination in ("target", "prefix", "root") and detail.place:
        layout.add(absolute(detail.place, placed.cwd), evidence)
    return None


def _in_own_environment(step: Step, layout: _Layout) -> bool:
    """Whether the author's own virtual environment is in force: on PATH, made by an earlier command."""
    path = step.before.env.get("PATH", "")
    return (
        any(f"{folder}/bin" in path.split(":") for folder in layout.artifacts)
        or step.before.env.get("VIRTUAL_ENV", "") in layout.artifacts
    )


def _assembled(facts: Facts, installs: list[tuple[Step, Placed]], gain: str, layout: _Layout) -> Plan | Blocked:
    evidence = tuple(facts.at(step.instruction, "installs Python packages") for step, _ in installs)
    artifacts = tuple(layout.artifacts.values())
    if not layout.environment:
        return Plan(artifacts=artifacts, tree=layout.tree, gain=gain, evidence=evidence)
    base = facts.final.base
    if base is not None and base.language != "python" and base.is_alpine:
        step = next(step for step, _ in installs)
        says = "its Python comes from the distribution, and pip puts packages among the distribution's own"
        return Blocked("unknown-base", facts.at(step.instruction, says))
    if base is not None and base.language != "python":
        local = python_distribution.artifact(facts.at(installs[0][0].instruction, "pip installs there"))
        inside_it = [item for path, item in layout.artifacts.items() if not inside(path, local.path)]
        return Plan(artifacts=(local, *inside_it), tree=layout.tree, gain=gain, evidence=evidence)
    own = Artifact(ENVIRONMENT, True, facts.at(installs[0][0].instruction, "the virtual environment"))
    pips = [
        (step, placed.effects.detail) for step, placed in installs if isinstance(placed.effects.detail, PythonInstall)
    ]
    own_python = next((step for step, _ in pips if "UV_PYTHON" in step.before.env), None)
    if own_python is not None and any(detail.manager == "uv-pip" for _, detail in pips):
        return Blocked("absolute-tool-path", facts.at(own_python.instruction, "UV_PYTHON steers where packages go"))
    shares = any(detail.bare for _, detail in pips)
    return Plan(
        prologue=_prologue({detail.manager for _, detail in pips}, python_versions.pip_variable(base), shares),
        prologue_before=_after_managers(facts, pips),
        environment=(f"ENV PATH={ENVIRONMENT}/bin:$PATH",),
        artifacts=tuple({ENVIRONMENT: own, **layout.artifacts}.values()),
        tree=layout.tree,
        gain=gain,
        evidence=evidence,
    )


def _prologue(managers: set[str], pip_variable: str, shares: bool) -> tuple[str, ...]:
    """The instructions that make the virtual environment and tell the managers of it; `pip_variable`: see there;
    `shares`: what the image's own Python has to build with (setuptools, wheel) is seen there."""
    same_pip = f" && {ENVIRONMENT}/bin/pip install pip==${pip_variable}" if pip_variable else ""
    return (
        f"RUN python -m venv {'--system-site-packages ' if shares else ''}{ENVIRONMENT}{same_pip}",
        *([f"ENV UV_PYTHON={ENVIRONMENT}/bin/python"] if "uv-pip" in managers else []),
        *([f"ENV VIRTUAL_ENV={ENVIRONMENT}"] if "poetry" in managers else []),
        f"ENV PATH={ENVIRONMENT}/bin:$PATH",
    )


def links(programs: tuple[str, ...]) -> tuple[str, ...]:
    """The instruction that puts programs of the virtual environment where those of the image's own Python are."""
    if not programs:
        return ()
    sources = " ".join(f"{ENVIRONMENT}/bin/{name}" for name in programs)
    return (f"RUN ln -s {sources} /usr/local/bin/",)


def stays_outside(plan: Plan, step: Step, placed: Placed) -> bool:
    """Whether an install brings nothing but managers, and not into what the runtime gets."""
    detail = placed.effects.detail
    if not isinstance(detail, PythonInstall) or not _only_managers(detail):
        return False
    made = any(item.path == ENVIRONMENT for item in plan.artifacts)
    ahead = plan.prologue_before is not None and step.instruction.index < plan.prologue_before.instruction.index
    return not made or ahead


def left_outside(plan: Plan, step: Step, placed: Placed) -> tuple[str, ...]:
    """The managers that an install brings, and that the runtime does not get."""
    return _managers(placed) if stays_outside(plan, step, placed) else ()


def _managers(placed: Placed) -> tuple[str, ...]:
    """The managers that an install brings, where it brings nothing else."""
    detail = placed.effects.detail
    return tuple(map(_bare, detail.named)) if isinstance(detail, PythonInstall) and _only_managers(detail) else ()


def _after_managers(facts: Facts, pips: list[tuple[Step, PythonInstall]]) -> Step | None:
    """The step behind an install of nothing but managers, which belong into the image's own Python; None: none is."""
    first, install = pips[0]
    if not _only_managers(install) or len(pips) < 2 or pips[1][0] is first:
        return None
    steps = facts.final.steps
    at = steps.index(first) + 1
    return steps[at] if at < len(steps) else None


def _only_managers(install: PythonInstall) -> bool:
    """Whether an install brings nothing but tools that install."""
    return (
        bool(install.named)
        and set(map(_bare, install.named)) <= names("managers")
        and not (install.requirement_files or install.local_paths)
    )


def _is_started(facts: Facts, install: PythonInstall) -> bool:
    """Whether the container starts the uv that an install brings."""
    started = any(start.kind == "uv-run" for _, start in started_programs(facts))
    return started and install.destination == "environment" and "uv" in map(_bare, install.named)


def _bare(requirement: str) -> str:
    return re.split(r"[\[=<>~! ;@]", requirement.strip())[0].lower().replace("_", "-")
