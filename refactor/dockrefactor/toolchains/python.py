"""Python: what installs bring goes into a virtual environment that both stages have at one path."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor import os_packages, package_lists
from dockrefactor.effects import Effects, Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim, InstallInputs, SourceNeeds
from dockrefactor.os_packages import Role
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Step
from dockrefactor.toolchain import Artifact, Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains import python_commands, python_starts
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_packages import packages_needs
from dockrefactor.toolchains.python_starts import PythonStart

ENVIRONMENT: Final = "/opt/venv"
SYSTEM_SITE: Final = ("/usr/local/lib/python", "/usr/local/bin")
_MANAGERS: Final = frozenset({"poetry", "pipenv", "uv", "pdm", "pip-tools", "poetry-plugin-export"})
_MANIFESTS: Final = ("requirements.txt", "pyproject.toml", "setup.py", "Pipfile", "setup.cfg")
_ABSOLUTE: Final = re.compile(
    r"/usr/local/bin/(?!docker-entrypoint)([\w.-]+)|/usr/local/lib/python3?[\d.]*|/(?:site|dist)-packages\b"
)
# https://docs.python.org/3/using/cmdline.html#environment-variables, https://pip.pypa.io/en/stable/topics/configuration/
_STEERING: Final = frozenset(
    {"PYTHONHOME", "PYTHONUSERBASE", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PIP_PYTHON"}
)
_STARTS_PROGRAMS: Final = re.compile(r"subprocess|os\.(system|popen|exec|spawn)|popen|pexpect|shutil\.which|ctypes|__import__")
_RUNNERS: Final = {"uv-run": "uv run", "poetry-run": "poetry run", "pipenv-run": "pipenv run"}
_INERT_SCRIPTS: Final = frozenset({"collectstatic", "compilemessages"})


class Python:
    """The Python toolchain."""

    name = "python"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if not argv or not _looks_like_python(argv[0]):
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
            "environment": SYSTEM_SITE,
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
        if start.kind in _RUNNERS:
            return Effects(Kind.UNKNOWN, by=self.name, why=f"`{_RUNNERS[start.kind]}` may install")
        if start.kind == "django-manage" and set(start.arguments[:1]) & _INERT_SCRIPTS:
            return Effects(Kind.PROGRAM, writes=(place.cwd,), programs=(argv[0],), by=self.name, detail=start)
        if start.kind == "python-module" and start.target in ("compileall", "pip"):
            return Effects(Kind.PROGRAM, writes=(place.cwd,), programs=(argv[0],), by=self.name, detail=start)
        if start.kind == "django-manage" and start.arguments[:1] == ("migrate",):
            made = (place.cwd, posixpath.join(place.cwd, "db.sqlite3"))
            return Effects(Kind.PROGRAM, writes=made, programs=(argv[0],), by=self.name, detail=start)
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
        return python_manifests.install_inputs(placed.effects.detail, placed.cwd, place.resolve, place.context)

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind is Kind.INSTALL)
        started = [item for item in facts.launch.started if _looks_like_python(item.argv[0])]
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

    def _starts(self, facts: Facts) -> Iterator[tuple[Started, PythonStart]]:
        for item in facts.launch.started:
            start = python_starts.parse_start(item.argv)
            while start is not None:
                yield item, start
                start = start.started

    def sources(self, facts: Facts) -> SourceNeeds:
        """What the project's own sources ask of the system."""
        from dockrefactor.toolchains import python_sources

        folders = [source for step in facts.final.steps if step.copy is not None for source, _, _ in step.copy.pairs]
        folders += [
            source
            for stage in facts.contributing[1:]
            for step in stage.steps
            if step.copy is not None
            for source, _, _ in step.copy.pairs
        ]
        wanted = sorted(set(folders))
        return python_sources.read_sources(facts.context, ("",) if "" in wanted else tuple(wanted))

    def needs(self, facts: Facts) -> RuntimeNeeds:
        found = self.sources(facts)
        cwd = facts.final.after.cwd
        writes = [_in(cwd, claim) for claim in found.writes]
        ports = list(found.ports)
        for item, start in self._starts(facts):
            folder = absolute(start.folder, item.cwd) if start.folder else item.cwd
            writes += [Claim(absolute(path, folder), item.evidence) for path in start.writes]
            ports += [Claim(str(port), item.evidence) for port in start.ports]
        unknown = [("writes-unknown-path", item) for item in found.unreadable]
        for item, start in self._starts(facts):
            if start.kind in _RUNNERS and not start.no_sync:
                unknown.append(("installs-at-start", item.evidence))
        packages = packages_needs(facts, self._installed(facts))
        writes += [Claim(absolute(path, cwd), evidence) for path, evidence in packages.writes]
        programs = [claim for claim in found.programs if claim.value is None or not _looks_like_python(claim.value)]
        return RuntimeNeeds(
            programs=(*programs, *packages.programs),
            os_packages=packages.os_packages if facts.final.base is not None and facts.final.base.counterpart else (),
            writes=tuple(writes),
            home=packages.home,
            ports=tuple(ports),
            unknown=tuple(unknown),
        )

    def _installed(self, facts: Facts) -> list[InstallInputs]:
        found: list[InstallInputs] = []
        for stage in facts.contributing:
            for step in stage.steps:
                for placed in step.run.commands if step.run is not None else ():
                    if placed.effects.by == self.name and placed.effects.kind is Kind.INSTALL:
                        inputs = self.install_inputs(placed, facts.place(step, placed, stage))
                        if inputs is not None:
                            found.append(inputs)
        return found

    def plan(self, facts: Facts) -> Plan | Blocked:
        base = facts.final.base
        assert base is not None
        installs = self._install_steps(facts)
        if base.language != "python":
            return Blocked("unknown-base", facts.at(facts.final.origin, "its Python comes from the distribution"))
        opaque = facts.commands(lambda placed: placed.effects.kind is Kind.UNKNOWN)
        if opaque and not installs:
            step, placed = opaque[0]
            return Blocked("unknown-effect", facts.at(step.instruction, placed.effects.why))
        gain = self._gain(facts) if installs else None
        if gain is None:
            return Plan()
        against = self._against(facts, installs)
        if against is not None:
            return against
        inputs = self._installed(facts)
        missing = next((path for item in inputs for path in item.missing), None)
        if missing is not None:
            return Blocked(
                "missing-manifest", facts.at(installs[0][0].instruction, f"{missing} is not copied from the context")
            )
        if base.counterpart:
            unknown = packages_needs(facts, inputs).unknown
            if unknown is not None and "unknown-package" not in facts.options.assume:
                return Blocked("unknown-package", unknown)
        return self._plan(facts, installs, gain)

    def _install_steps(self, facts: Facts) -> list[tuple[Step, Placed]]:
        return facts.commands(lambda placed: placed.effects.by == self.name and placed.effects.kind is Kind.INSTALL)

    def _against(self, facts: Facts, installs: list[tuple[Step, Placed]]) -> Blocked | None:
        for item, start in self._starts(facts):
            if start.kind in _RUNNERS:
                return Blocked(
                    "needs-build-tool",
                    Evidence(
                        item.evidence.path,
                        item.evidence.line,
                        f"`{_RUNNERS[start.kind]}` resolves dependencies when it starts",
                    ),
                )
        if facts.launch.login_shell is not None:
            return Blocked("login-shell", facts.launch.login_shell)
        for step, placed in installs:
            detail = placed.effects.detail
            if isinstance(detail, PythonInstall) and detail.destination == "user":
                return Blocked("artifacts-in-home", facts.at(step.instruction, "pip installs to /root/.local"))
            if (
                isinstance(detail, PythonInstall)
                and detail.manager == "poetry"
                and not self._poetry_in_place(facts, step)
            ):
                return Blocked(
                    "artifacts-in-home", facts.at(step.instruction, "Poetry makes its environment in /root/.cache")
                )
            if (
                isinstance(detail, PythonInstall)
                and detail.manager == "pipenv"
                and detail.destination == "project-venv"
            ):
                if not facts.final.after.env.get("PIPENV_VENV_IN_PROJECT"):
                    return Blocked(
                        "artifacts-in-home", facts.at(step.instruction, "Pipenv makes its environment in /root/.local")
                    )
        return self._inline(facts) or self._environment(facts) or self._libraries(facts) or self._absolute_paths(facts)

    def _inline(self, facts: Facts) -> Blocked | None:
        """Code on the command line of a RUN that may start programs which a smaller image has not."""
        base = facts.final.base
        for step, placed in facts.commands(lambda placed: placed.effects.kind is Kind.PROGRAM):
            start = placed.effects.detail
            code = isinstance(start, PythonStart) and start.kind in ("python-code", "python-shell")
            if code and base is not None and base.counterpart and _STARTS_PROGRAMS.search(placed.command.argv[-1]):
                return Blocked("unknown-effect", facts.at(step.instruction, "its code may start other programs"))
        return None

    def _environment(self, facts: Facts) -> Blocked | None:
        """Variables that take Python or pip away from the virtual environment."""
        for step in facts.final.steps:
            if step.keyword != "ENV":
                continue
            pairs = dict(zip(step.instruction.args[::3], step.instruction.args[1::3], strict=False))
            named = next((name for name in pairs if name in _STEERING), None)
            if named is not None:
                return Blocked("absolute-tool-path", facts.at(step.instruction, f"{named} steers where packages go"))
            if "PATH" in pairs and "PATH" not in re.findall(r"\$\{?(\w+)", pairs["PATH"]):
                return Blocked("absolute-tool-path", facts.at(step.instruction, "PATH is set without what it was"))
        return None

    def _libraries(self, facts: Facts) -> Blocked | None:
        """Libraries that the sources load by name, and modules of Python itself that slim images cannot load."""
        base = facts.final.base
        if base is None or not base.counterpart:
            return None
        found = self.sources(facts)
        for claim in found.libraries:
            if claim.value is None or not re.match(r"(lib)?(c|m|dl|pthread)(\.so.*)?$", claim.value):
                return Blocked("unknown-library", claim.evidence)
        for claim in found.imports:
            if claim.value in ("tkinter", "turtle", "idlelib", "_tkinter"):
                return Blocked("unknown-library", claim.evidence)
        return None

    def _poetry_in_place(self, facts: Facts, step: Step) -> bool:
        return self._poetry_creates_none(facts, step) or self._poetry_in_project(facts, step)

    def _poetry_setting(self, facts: Facts, step: Step, key: str, variable: str) -> str:
        value = step.before.env.get(variable, "")
        for other in facts.final.steps:
            for placed in other.run.commands if other.run is not None else ():
                if (
                    placed.effects.detail
                    and placed.effects.kind is Kind.TOOL_SETUP
                    and isinstance(placed.effects.detail, tuple)
                    and placed.effects.detail[0] == key
                ):
                    value = placed.effects.detail[1]
        return value.lower()

    def _poetry_creates_none(self, facts: Facts, step: Step) -> bool:
        return self._poetry_setting(facts, step, "virtualenvs.create", "POETRY_VIRTUALENVS_CREATE") in ("false", "0")

    def _poetry_in_project(self, facts: Facts, step: Step) -> bool:
        return self._poetry_setting(facts, step, "virtualenvs.in-project", "POETRY_VIRTUALENVS_IN_PROJECT") in (
            "true",
            "1",
        )

    def _absolute_paths(self, facts: Facts) -> Blocked | None:
        """Paths into the image's own Python, which the virtual environment leaves empty."""
        base = facts.final.base
        for item in facts.launch.started:
            if re.fullmatch(r"/usr/(local/)?bin/(python|pip)[\d.]*", item.argv[0]):
                return Blocked("absolute-tool-path", Evidence(item.evidence.path, item.evidence.line, f"starts {item.argv[0]}"))
        texts = [
            (facts.name, step.instruction.start_line, step.instruction.logical)
            for step in facts.final.steps
            if step.keyword in ("CMD", "ENTRYPOINT", "ENV", "HEALTHCHECK", "RUN")
        ]
        scripts = set(facts.launch.scripts.values())
        for path in facts.context.files("", (".sh", ".conf", ".ini", ".service", ".cfg")):
            scripts.add(path)
        for path in scripts:
            text = facts.context.read(path) or ""
            if "/usr/local/" in text or "-packages" in text:
                texts += [(path, number, line) for number, line in enumerate(text.splitlines(), 1)]
        for path, line, text in texts:
            match = _ABSOLUTE.search(text)
            if match is None or (match[1] and (path, match[1]) and self._own_script(facts, match[0])):
                continue
            if base is not None and match[1] and match[1] not in base.programs and self._own_script(facts, match[0]):
                continue
            return Blocked("absolute-tool-path", Evidence(path, line, f"names {match[0]}"))
        return None

    def _own_script(self, facts: Facts, path: str) -> bool:
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

    def _gain(self, facts: Facts) -> str | None:
        base = facts.final.base
        assert base is not None
        if base.counterpart:
            return f"the compilers and headers of {base.reference.written} stay behind"
        for step in facts.final.steps:
            removed = (
                {
                    word.text
                    for placed in step.run.commands
                    if placed.effects.kind is Kind.OS_REMOVE
                    for word in placed.effects.os_packages
                }
                if step.run
                else set()
            )
            for name in package_lists.packages(step):
                if (
                    name not in removed
                    and not self._virtual_removed(step)
                    and os_packages.role(name, base) in (Role.BUILD, Role.HEADERS)
                ):
                    return f"`{name}` and its like stay behind"
        return None

    def _virtual_removed(self, step: Step) -> bool:
        """`apk add --virtual .deps …` that the same RUN deletes again."""
        assert step.run is not None
        argvs = [placed.command.argv for placed in step.run.commands]
        named = {argv[at + 1] for argv in argvs for at, word in enumerate(argv[:-1]) if word in ("--virtual", "-t")}
        removed = {
            word
            for placed in step.run.commands
            if placed.effects.kind is Kind.OS_REMOVE
            for word in placed.command.argv
        }
        return bool(named & removed)

    def _plan(self, facts: Facts, installs: list[tuple[Step, Placed]], gain: str) -> Plan | Blocked:
        environment = False
        artifacts: dict[str, Artifact] = {}
        tree: str | None = None
        for step, placed in installs:
            detail = placed.effects.detail
            evidence = facts.at(step.instruction, "is installed here")
            if isinstance(detail, str):
                path = absolute(detail, placed.cwd)
                artifacts[path] = Artifact(path, True, evidence)
                continue
            assert isinstance(detail, PythonInstall)
            if detail.editable and detail.local_paths:
                tree = placed.cwd
            destination = detail.destination
            if detail.manager == "poetry":
                destination = "environment" if self._poetry_creates_none(facts, step) else "project-venv"
            if destination == "environment" and not self._in_own_environment(step, artifacts):
                environment = environment or not _only_managers(detail)
            elif destination == "project-venv":
                path = absolute(step.before.env.get("UV_PROJECT_ENVIRONMENT", ".venv"), placed.cwd)
                artifacts[path] = Artifact(path, True, evidence)
                foreign = self._foreign_interpreter(facts)
                if foreign is not None:
                    return foreign
            elif destination in ("target", "prefix", "root") and detail.place:
                path = absolute(detail.place, placed.cwd)
                artifacts[path] = Artifact(path, True, evidence)
        for path in artifacts:
            source = facts.final.resolver()(posixpath.dirname(path))
            name = posixpath.join(source or "", posixpath.basename(path))
            if source is not None and facts.context.exists(name):
                return Blocked("context-has-artifacts", Evidence(name, 0, f"would be copied over {path}"))
        return self._assembled(facts, installs, gain, environment, artifacts, tree)

    def _in_own_environment(self, step: Step, artifacts: dict[str, Artifact]) -> bool:
        """Whether the author's own virtual environment is in force: on PATH, made by an earlier command."""
        path = step.before.env.get("PATH", "")
        return (
            any(f"{folder}/bin" in path.split(":") for folder in artifacts)
            or step.before.env.get("VIRTUAL_ENV", "") in artifacts
        )

    def _foreign_interpreter(self, facts: Facts) -> Blocked | None:
        """uv downloads another Python to /root where the project asks for one that the image does not have."""
        base = facts.final.base
        wanted = (facts.context.read(".python-version") or "").strip()
        assert base is not None
        version = base.reference.tag.partition("-")[0]
        if (
            wanted
            and re.match(r"\d+\.\d+", wanted)
            and not (version + ".").startswith(".".join(wanted.split(".")[:2]) + ".")
        ):
            return Blocked(
                "artifacts-in-home", Evidence(".python-version", 1, f"uv downloads Python {wanted} to /root")
            )
        return None

    def _assembled(
        self,
        facts: Facts,
        installs: list[tuple[Step, Placed]],
        gain: str,
        environment: bool,
        artifacts: dict[str, Artifact],
        tree: str | None,
    ) -> Plan:
        prologue: list[str] = []
        runtime: list[str] = []
        before: Step | None = None
        if environment:
            managers = [
                (step, placed.effects.detail)
                for step, placed in installs
                if isinstance(placed.effects.detail, PythonInstall)
            ]
            prologue = [f"RUN python -m venv {ENVIRONMENT}", f"ENV PATH={ENVIRONMENT}/bin:$PATH"]
            if any(detail.manager == "poetry" for _, detail in managers):
                prologue.insert(1, f"ENV VIRTUAL_ENV={ENVIRONMENT}")
            if any(detail.manager == "uv-pip" for _, detail in managers):
                prologue.insert(1, f"ENV UV_PYTHON={ENVIRONMENT}/bin/python")
            runtime = [f"ENV PATH={ENVIRONMENT}/bin:$PATH"]
            first = managers[0]
            if _only_managers(first[1]) and len(managers) > 1 and managers[1][0] is not first[0]:
                before = self._step_after(facts, first[0])
            artifacts = {
                ENVIRONMENT: Artifact(
                    ENVIRONMENT, True, facts.at(installs[0][0].instruction, "the virtual environment")
                ),
                **artifacts,
            }
        return Plan(
            prologue=tuple(prologue),
            prologue_before=before,
            environment=tuple(runtime),
            artifacts=tuple(artifacts.values()),
            tree=tree,
            gain=gain,
            evidence=tuple(facts.at(step.instruction, "installs Python packages") for step, _ in installs),
        )

    def _step_after(self, facts: Facts, step: Step) -> Step | None:
        steps = facts.final.steps
        at = steps.index(step) + 1
        return steps[at] if at < len(steps) else None

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        return None


def _only_managers(install: PythonInstall) -> bool:
    """Whether an install brings nothing but tools that install."""
    return (
        bool(install.named)
        and set(map(_bare, install.named)) <= _MANAGERS
        and not (install.requirement_files or install.local_paths)
    )


def _bare(requirement: str) -> str:
    return re.split(r"[\[=<>~! ;@]", requirement.strip())[0].lower().replace("_", "-")


def _in(cwd: str, claim: Claim) -> Claim:
    return Claim(absolute(claim.value, cwd), claim.evidence) if claim.value is not None else claim


def _looks_like_python(word: str) -> bool:
    name = posixpath.basename(word)
    return bool(re.fullmatch(r"python[\d.]*|pip[\d.]*", name)) or name in _PROGRAMS or name == "manage.py"


_PROGRAMS: Final = frozenset(
    {"poetry", "pipenv", "uv", "uvx", "pdm", "virtualenv", "gunicorn", "uvicorn", "hypercorn", "daphne", "waitress-serve", "flask",
     "celery", "streamlit", "fastapi", "django-admin", "alembic", "pytest", "uwsgi"}
)  # fmt: skip

__all__ = ["Python", "inside"]
