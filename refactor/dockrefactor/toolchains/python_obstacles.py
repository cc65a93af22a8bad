"""What stands against a split of a Python image: things that a virtual environment or a smaller image would break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.effects import Kind
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Blocked, started_by_tool
from dockrefactor.toolchains import (
    python_compilers,
    python_environments,
    python_sources,
    python_steering,
    python_system_files,
)
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_names import names
from dockrefactor.toolchains.python_packages import packages_needs
from dockrefactor.toolchains.python_starts import RUNNERS, PythonStart, may_install, started_programs

_ABSOLUTE: Final = re.compile(
    r"/usr/local/bin/(?!docker-entrypoint)([\w.-]+)|/usr/local/lib/python3?[\d.]*|/(?:site|dist)-packages\b"
)
_STARTS_PROGRAMS: Final = re.compile(
    r"subprocess|os\.(system|popen|exec|spawn)|popen|pexpect|shutil\.which|ctypes|__import__"
)
_TEXTS: Final = ("CMD", "ENTRYPOINT", "ENV", "HEALTHCHECK", "RUN")
_SETTINGS: Final = (".sh", ".conf", ".ini", ".service", ".cfg")


def of_image(facts: Facts, installs: list[tuple[Step, Placed]]) -> Blocked | None:
    """The first obstacle but those of the packages themselves; `installs` are Python's, of all contributing stages."""
    base = facts.final.base
    environment = base is not None and base.language == "python"
    return (
        _launch(facts)
        or _homes(facts, installs)
        or _inline_code(facts)
        or _extensions(facts)
        or _variables(facts)
        or _libraries(facts)
        or _compilers(facts)
        or (_absolute_paths(facts) if environment else None)
    )


def of_packages(facts: Facts, first: Step, installed: list[InstallInputs]) -> Blocked | None:
    """A manifest that does not come from the context, or a package whose libraries a smaller image may not have.

    `installed` is what the installs read, `first` the step of the first of them.
    """
    missing = next((path for item in installed for path in item.missing), None)
    if missing is not None:
        return Blocked("manifest-missing", facts.at(first.instruction, f"{missing} is not copied from the context"))
    base = facts.final.base
    if base is not None and base.counterpart:
        unknown = packages_needs(facts, installed).unknown
        return Blocked("unknown-package", unknown) if unknown is not None else None
    return None


def _launch(facts: Facts) -> Blocked | None:
    """A start that installs first, or that reads root's profile."""
    for item, start in started_programs(facts):
        if may_install(facts, item, start):
            return _runner(facts, item, start)
    if facts.launch.login_shell is not None:
        return Blocked("login-shell", facts.launch.login_shell)
    return None


def _runner(facts: Facts, item: Started, start: PythonStart) -> Blocked:
    from dockrefactor.toolchains import python_direct

    says = f"`{RUNNERS[start.kind]}` resolves dependencies when it starts"
    return started_by_tool(item, says, lambda: python_direct.direct(facts))


def _homes(facts: Facts, installs: list[tuple[Step, Placed]]) -> Blocked | None:
    """An install that ends in root's home, which another account cannot read."""
    for step, placed in installs:
        detail = placed.effects.detail
        says = _home(facts, step, detail) if isinstance(detail, PythonInstall) else None
        if says is not None:
            return Blocked("artifacts-in-home", facts.at(step.instruction, says))
    return None


def _home(facts: Facts, step: Step, install: PythonInstall) -> str | None:
    if install.destination == "user":
        return "pip installs to /root/.local"
    if install.manager == "poetry" and not python_environments.poetry_in_place(facts, step):
        return "Poetry makes its environment in /root/.cache"
    pipenv = install.manager == "pipenv" and install.destination == "project-venv"
    if pipenv and not facts.final.after.env.get("PIPENV_VENV_IN_PROJECT"):
        return "Pipenv makes its environment in /root/.local"
    return None


def _inline_code(facts: Facts) -> Blocked | None:
    """Code on the command line of a RUN that may start programs which a smaller image has not."""
    base = facts.final.base
    if base is None or not base.counterpart:
        return None
    for step, placed in facts.commands(lambda placed: placed.effects.kind is Kind.PROGRAM):
        start = placed.effects.detail
        code = isinstance(start, PythonStart) and start.kind in ("python-code", "python-shell")
        if code and _STARTS_PROGRAMS.search(placed.command.argv[-1]):
            return Blocked("unknown-effect", facts.at(step.instruction, "its code may start other programs"))
    return None


def _extensions(facts: Facts) -> Blocked | None:
    """A build of the project's own extensions among its sources, which the runtime takes from the context."""
    for step, placed in facts.commands(lambda placed: placed.effects.kind is Kind.PROGRAM):
        start = placed.effects.detail
        builds = not {"build", "build_clib", "build_ext"}.isdisjoint(placed.command.argv)
        if builds and isinstance(start, PythonStart) and (start.target or "").rpartition("/")[2] == "setup.py":
            return Blocked("unknown-effect", facts.at(step.instruction, "it compiles extensions among the sources"))
    return None


def _variables(facts: Facts) -> Blocked | None:
    """Variables and settings that take Python or pip away from the virtual environment."""
    steering = python_steering.steering(facts)
    if steering is not None:
        return Blocked("absolute-tool-path", steering)
    for step in facts.final.steps:
        if step.keyword != "ENV":
            continue
        pairs = dict(zip(step.instruction.args[::3], step.instruction.args[1::3], strict=False))
        if "PATH" in pairs and "PATH" not in re.findall(r"\$\{?(\w+)", pairs["PATH"]):
            return Blocked("absolute-tool-path", facts.at(step.instruction, "PATH is set without what it was"))
    return None


def _libraries(facts: Facts) -> Blocked | None:
    """Libraries that the sources load by name, and modules of Python itself that slim images cannot load."""
    base = facts.final.base
    found = python_sources.image_sources(facts)
    if base is not None and base.is_alpine:
        # it asks the compiler or the linker there, which have no list of libraries to ask
        return next((Blocked("unknown-library", item.evidence) for item in found.libraries if _is_searched(item)), None)
    if base is None or not base.counterpart:
        return None
    for claim in found.libraries:
        if claim.value in facts.options.covered:
            continue
        if claim.value is None or not re.match(r"(lib)?(c|m|dl|pthread)(\.so.*)?$", claim.value):
            return Blocked("unknown-library", claim.evidence)
    for claim in found.imports:
        if claim.value in names("needs_tk"):
            return Blocked("unknown-library", claim.evidence)
    return None


def _is_searched(claim: Claim) -> bool:
    return claim.evidence.says == "ctypes.util.find_library" and claim.value is not None


def _compilers(facts: Facts) -> Blocked | None:
    """Sources that need a compiler when they run, or its headers."""
    found = next((evidence for evidence, _ in python_compilers.compiling(facts)), None)
    found = found or python_system_files.building(facts)
    return Blocked("needs-build-tool", found) if found is not None else None


def _absolute_paths(facts: Facts) -> Blocked | None:
    """Paths into the image's own Python, which the virtual environment leaves empty."""
    for item in facts.launch.started:
        if re.fullmatch(r"/usr/(local/)?bin/(python|pip)[\d.]*", item.argv[0]):
            says = f"starts {item.argv[0]}"
            return Blocked("absolute-tool-path", Evidence(item.evidence.path, item.evidence.line, says))
    for path, line, text in _texts(facts):
        match = _ABSOLUTE.search(text)
        if match is not None and not (match[1] and _own_program(facts, match[0])):
            return Blocked("absolute-tool-path", Evidence(path, line, f"names {match[0]}"))
    return None


def _texts(facts: Facts) -> Iterator[tuple[str, int, str]]:
    """(path, line, text) of all that may name such a path: instructions, start scripts, settings of services."""
    for step in facts.final.steps:
        if step.keyword in _TEXTS:
            yield facts.name, step.instruction.start_line, step.instruction.logical
    for path in sorted({*facts.launch.scripts.values(), *facts.context.files("", _SETTINGS)}):
        text = facts.context.read(path) or ""
        if "/usr/local/" in text or "-packages" in text:
            for number, line in enumerate(text.splitlines(), 1):
                yield path, number, line


def _own_program(facts: Facts, path: str) -> bool:
    """Whether the author puts a file of the context at that path, or fetches it there."""
    if facts.final.resolver()(path) is not None:
        return True
    return any(
        path in placed.effects.writes
        for step in facts.final.steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.kind in (Kind.FILES, Kind.DOWNLOAD)
    )
