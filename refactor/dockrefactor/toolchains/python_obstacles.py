"""What stands against a split of a Python image: things that a virtual environment or a smaller image would break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Blocked, Plan, started_by_tool
from dockrefactor.toolchains import (
    python_compilers,
    python_environments,
    python_extensions,
    python_sources,
    python_steering,
    python_system_files,
    python_versions,
)
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_files import python_files
from dockrefactor.toolchains.python_names import names
from dockrefactor.toolchains.python_packages import packages_needs
from dockrefactor.toolchains.python_starts import RUNNERS, PythonStart, may_install, started_programs
from dockrefactor.toolchains.tag_versions import NEWEST, tag_version

_ABSOLUTE: Final = regex(
    r"/usr/local/bin/(?!docker-entrypoint)([\w.-]+)|/usr/local/lib/python3?[\d.]*"
    r"|(?:/[\w./-]*)?/(?:site|dist)-packages\b"
)
# what only starts when the container does: a link in the runtime is there for it
_STARTING: Final = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
_STARTS_PROGRAMS: Final = regex(
    r"subprocess|os\.(system|popen|exec|spawn)|popen|pexpect|shutil\.which|ctypes|__import__"
)
_CRON: Final = frozenset({"cron", "crond", "/usr/sbin/cron", "/usr/sbin/crond", "/etc/init.d/cron"})
_PYTHON: Final = regex(r"python|\.(?:py|sh)\b|manage|flask|celery|\bcd\b|\brun\b")
_TASK: Final = regex(rf"[\s\d*@/,-].*(?:{_PYTHON.pattern})")
# a text of a source that names what is in the image's own Python
_IN_SOURCE: Final = regex(
    r"""["'][^"']*/usr/local/(?:bin/(?:(?:python|pip)[\d.]*\b|(?P<script>[\w-]+))|lib/python\d)"""
)
# /usr/local/bin ahead of what PATH was, and what sets PATH anew
_FIRST: Final = regex(
    r"""(?:\bENV\s+PATH\s+|(?<![${])\bPATH["']?\]?\s*[=:]\s*)(?!["']?\$\{?PATH)[^\s$]*/usr/local/bin(?![\w/.-])"""
    r"""|(?:^|[\s;&])(?:\.|source)\s+/etc/(?:profile|environment)\b"""
)
# what setuptools, poetry and hatch call files that are installed below the prefix
_DATA_FILES: Final = regex(r"\bdata_files\b|\bdata-files\b|\bshared-data\b")
_OUTSIDE: Final = regex(r"""["']/(?:etc|lib|opt|srv|usr|var)\b""")
_SHARED: Final = regex(r"/usr/local/(?:etc|share|var|libexec)/[\w.-]+")
_TEXTS: Final = ("CMD", "ENTRYPOINT", "ENV", "HEALTHCHECK", "RUN")
_SETTINGS: Final = (".sh", ".conf", ".ini", ".service", ".cfg")


def of_image(facts: Facts, installs: list[tuple[Step, Placed]]) -> Blocked | None:
    """The first obstacle but those of the packages themselves; `installs` are Python's, of all contributing stages."""
    return (
        _old(facts)
        or _launch(facts)
        or _homes(facts, installs)
        or _inline_code(facts)
        or _extensions(facts)
        or _data_files(facts, installs)
        or _variables(facts)
        or _libraries(facts)
        or _compilers(facts)
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
        linking = python_extensions.linking(facts, installed)
        if linking is not None:
            return Blocked("unknown-library", linking)
        unknown = packages_needs(facts, installed).unknown
        return Blocked("unknown-package", unknown) if unknown is not None else None
    return None


def _old(facts: Facts) -> Blocked | None:
    """A Python whose virtual environments, where it makes any, have no pip."""
    found = tag_version(facts.final.base, "python")
    if found is None or found[:2] >= python_versions.FIRST_WITH_ENVIRONMENTS:
        return None
    named = [str(number) for number in found if number != NEWEST]
    says = f"Python {'.'.join(named)} makes no virtual environments with a pip of their own"
    return Blocked("old-language-version", facts.at(facts.final.origin, says))


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
    """An install that ends in root's home, which another account cannot read, or leaves packages beside it."""
    for step, placed in installs:
        detail = placed.effects.detail
        says = _home(facts, step, detail) if isinstance(detail, PythonInstall) else None
        if says is not None:
            return Blocked("artifacts-in-home", facts.at(step.instruction, says))
        # https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-src
        if "PIP_SRC" in step.before.env or any(word.startswith("--src") for word in placed.command.argv):
            return Blocked(
                "unknown-effect", facts.at(step.instruction, "sources of packages lie in a folder of their own")
            )
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


def _data_files(facts: Facts, installs: list[tuple[Step, Placed]]) -> Blocked | None:
    """Files that the project's own install puts outside of its packages, by a path that an environment has not.

    https://docs.python.org/3.11/distutils/setupscript.html#installing-additional-files
    """
    if not any(_is_own(placed.effects.detail) for _, placed in installs):
        return None
    names = ("setup.py", "setup.cfg", "pyproject.toml")
    texts = {path: facts.context.read(path) or "" for path in facts.context.files("", names)}
    recipes = {path: text for path, text in texts.items() if _DATA_FILES.search(text)}
    for path, text in recipes.items():
        if _OUTSIDE.search(text):
            return Blocked("unknown-effect", Evidence(path, 0, "its data files may lie outside of the environment"))
    if not recipes:
        return None
    for path, number, line in _lines(facts, "/usr/local/"):
        found = _SHARED.search(line)
        if found is not None and not _is_made(facts, found[0]):
            says = f"names {found[0]}, where data files of the project may lie"
            return Blocked("absolute-tool-path", Evidence(path, number, says))
    return None


def _is_own(install: object) -> bool:
    return isinstance(install, PythonInstall) and bool(install.installs_project or install.local_paths)


def _is_made(facts: Facts, path: str) -> bool:
    """Whether a step of the author's puts something at a path."""
    copied = (item for step in facts.final.steps if step.copy is not None for item in step.copy.writes)
    run = (item for step in facts.final.steps for placed in step.commands for item in placed.effects.writes)
    return any(inside(path, item) or inside(item, path) for item in (*copied, *run) if item.startswith("/usr/local/"))


def _lines(facts: Facts, word: str) -> Iterator[tuple[str, int, str]]:
    """(path, line, text) of instructions that start the program, start scripts and sources, of lines with a word."""
    for step in facts.final.steps:
        if step.keyword in _TEXTS and word in step.instruction.logical:
            yield facts.name, step.instruction.start_line, step.instruction.logical
    yield from _rows(facts, sorted({*facts.launch.scripts.values(), *python_files(facts)}), (word,))


def _rows(facts: Facts, paths: Iterable[str], words: tuple[str, ...]) -> Iterator[tuple[str, int, str]]:
    """(path, line, text) of all lines of the files that have one of the words."""
    for path in paths:
        text = facts.context.read(path) or ""
        for number, line in enumerate(text.splitlines() if any(word in text for word in words) else (), 1):
            yield path, number, line


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


def absolute_paths(facts: Facts, plan: Plan, installed: list[InstallInputs]) -> Blocked | tuple[str, ...]:
    """What of the image's own Python is named by its path, which the virtual environment of `plan` leaves empty: the
    programs of packages that a link in the runtime stands for, or the first thing of which none can."""
    names_of = {package.name for item in installed for package in item.packages}
    for item in facts.launch.started:
        if re.fullmatch(r"/usr/(local/)?bin/(python|pip)[\d.]*", item.argv[0]):
            says = f"starts {item.argv[0]}"
            return Blocked("absolute-tool-path", Evidence(item.evidence.path, item.evidence.line, says))
    against = _task(facts) or _search_path(facts) or _script(facts)
    if against is not None:
        return Blocked("absolute-tool-path", against)
    linked: dict[str, None] = {}
    for path, line, text, starting in _texts(facts):
        for match in _ABSOLUTE.finditer(text):
            if match[1] and _own_program(facts, match[0]):
                continue
            if any(inside(match[0], item.path) for item in plan.artifacts):
                continue
            script = _console_scripts().get(match[1] or "")
            if not starting or script not in names_of:
                return Blocked("absolute-tool-path", Evidence(path, line, f"names {match[0]}"))
            linked[match[1]] = None
    return tuple(linked)


def _search_path(facts: Facts) -> Evidence | None:
    """What finds the image's own Python ahead of the virtual environment, which is first on PATH."""
    sudo = next((item for item in facts.launch.started if "sudo" in (item.program, *item.wrappers)), None)
    if sudo is not None:
        return Evidence(sudo.evidence.path, sudo.evidence.line, "sudo has a PATH of its own")
    for path, line, text, _ in _texts(facts):
        if _FIRST.search(text):
            return Evidence(path, line, "PATH leads to the image's own Python first")
    return None


def _script(facts: Facts) -> Evidence | None:
    """A script of the context that a source starts, and that names its interpreter by another path than PATH's."""
    resolve = facts.final.resolver()
    for claim in python_sources.image_sources(facts).programs:
        if claim.value and "/" in claim.value:
            found = resolve(absolute(claim.value, facts.final.after.cwd))
            text = (facts.context.read(found) or "") if found is not None else ""
            if re.match(r"#!\s*/usr/(?:local/)?bin/python", text):
                return Evidence(found or "", 1, "its first line names an interpreter by its path")
    return None


def _task(facts: Facts) -> Evidence | None:
    """A task of cron's that may start Python: cron gives it another PATH than the image's.

    https://manpages.debian.org/bookworm/cron/crontab.5.en.html
    """
    started = next((item for item in facts.launch.started if _CRON.intersection(item.argv)), None)
    if started is None:
        return None
    listed = [path for path in facts.context.files() if "cron" in path.lower()]
    for path in listed:
        for number, line in enumerate((facts.context.read(path) or "").splitlines(), 1):
            if _TASK.match(line):
                return Evidence(path, number, "cron starts it with a PATH of its own")
    for step in facts.final.steps:
        if step.keyword == "RUN" and "cron" in step.instruction.logical and _PYTHON.search(step.instruction.logical):
            return facts.at(step.instruction, "cron starts it with a PATH of its own")
    if listed:
        return None
    return Evidence(started.evidence.path, started.evidence.line, "what cron starts is not known")


def _texts(facts: Facts) -> Iterator[tuple[str, int, str, bool]]:
    """(path, line, text, whether the container starts by it) of all that may name such a path: instructions, start
    scripts, settings of services."""
    for step in facts.final.steps:
        if step.keyword in _TEXTS:
            yield facts.name, step.instruction.start_line, step.instruction.logical, step.keyword in _STARTING
        elif step.copy is not None and "/usr/local/lib/" in step.copy.destination + "/":
            yield facts.name, step.instruction.start_line, step.copy.destination, False
    settings = sorted({*facts.launch.scripts.values(), *facts.context.files("", _SETTINGS)})
    words = ("/usr/local/", "-packages", "/etc/profile", "/etc/environment")
    yield from ((path, number, line, True) for path, number, line in _rows(facts, settings, words))
    yield from _source_texts(facts)


def _source_texts(facts: Facts) -> Iterator[tuple[str, int, str, bool]]:
    """The same of the sources."""
    for path, number, line in _rows(facts, python_files(facts), ("/usr/local/",)):
        found = _IN_SOURCE.search(line)
        if found is None:
            if _FIRST.search(line):
                yield path, number, line, False
        elif not found["script"] or found["script"] in _console_scripts():
            yield path, number, line, True


def _console_scripts() -> dict[str, str]:
    """Program -> the package that brings it."""
    found: dict[str, str] = tables.toml("python_names")["console_scripts"]
    return found


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
