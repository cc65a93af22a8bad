"""`uv run X`, `poetry run X` and `pipenv run X` as X itself, by the environment that the build has made.

These runners put the environment's programs first on PATH and start X; what they install, load or look up besides
stands against it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final

from dockrefactor.effects import absolute
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import DirectStart, NoDirectStartError, Rewording
from dockrefactor.toolchains import python_environments, python_starts
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_locks import parse_toml, strings, table
from dockrefactor.toolchains.python_options import Options, read_options
from dockrefactor.toolchains.python_starts import RUNNERS, PythonStart

_MANAGERS: Final[Mapping[str, str]] = {"uv-run": "uv-sync", "poetry-run": "poetry", "pipenv-run": "pipenv"}
# options of `uv run` that leave what it starts, and where, as it is
_HARMLESS: Final = frozenset(
    {"--no-dev", "--dev", "--frozen", "--locked", "--no-sync", "-q", "--quiet", "-v", "--verbose", "--extra", "--group",
     "--no-group", "--no-default-groups", "--all-extras", "--all-groups", "--module", "-n", "--no-cache", "--offline",
     "--no-progress", "--compile-bytecode"}
)  # fmt: skip
# variables by which the runners take other settings, files or folders
_STEERING: Final = (
    "UV_ENV_FILE",
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_CONFIG_FILE",
    "PIPENV_PIPFILE",
    "PIPENV_CUSTOM_VENV_NAME",
)


def direct(facts: Facts) -> DirectStart:
    """The direct start of all that runners start in CMD and ENTRYPOINT. Raises NoDirectStartError."""
    rewordings: list[Rewording] = []
    folders: dict[str, None] = {}
    for item in facts.launch.started:
        start = python_starts.parse_start(item.argv)
        if start is None or start.kind not in RUNNERS:
            continue
        step, placed, install = _install(facts, start)
        if item.cwd != placed.cwd or start.folder is not None or start.layered:
            raise NoDirectStartError("it does not run in the folder of the project")
        _check(facts, item, start, install)
        rewordings.append(_reworded(item, start))
        folder = _environment(facts, step, placed, install)
        if folder is not None:
            folders[posixpath.join(folder, "bin")] = None
    have = facts.final.after.env.get("PATH", "").split(":")
    missing = [folder for folder in folders if folder not in have]
    if not rewordings or len(folders) > 1 or any(folder in have[1:] for folder in folders):
        raise NoDirectStartError("which environment it uses is not known")
    return DirectStart(tuple(rewordings), environment=tuple(f"ENV PATH={folder}:$PATH" for folder in missing))


def _install(facts: Facts, start: PythonStart) -> tuple[Step, Placed, PythonInstall]:
    """The last install by the runner's own manager, which makes the environment what it is."""
    for step in reversed(facts.final.steps):
        for placed in reversed(step.commands):
            detail = placed.effects.detail
            if isinstance(detail, PythonInstall) and detail.manager == _MANAGERS[start.kind]:
                return step, placed, detail
    raise NoDirectStartError("no step of the build makes the environment")


def _environment(facts: Facts, step: Step, placed: Placed, install: PythonInstall) -> str | None:
    """The folder of the environment; None for the image's own Python."""
    if python_environments.destination(facts, step, install) == "environment":
        if install.manager != "poetry":
            raise NoDirectStartError("the runner makes an environment of its own when it starts")
        return None
    if install.manager == "poetry" and not python_environments.poetry_in_place(facts, step):
        raise NoDirectStartError("Poetry makes its environment in /root/.cache")
    if install.manager == "pipenv" and not facts.final.after.env.get("PIPENV_VENV_IN_PROJECT"):
        raise NoDirectStartError("Pipenv makes its environment in /root/.local")
    named = step.before.env.get("UV_PROJECT_ENVIRONMENT", ".venv") if install.manager == "uv-sync" else ".venv"
    return absolute(named, placed.cwd)


def _check(facts: Facts, item: Started, start: PythonStart, install: PythonInstall) -> None:
    env = facts.final.after.env
    steering = next((name for name in _STEERING if name in env), None)
    if steering is not None or install.folder is not None or not (item.known or _head_known(item, start)):
        raise NoDirectStartError(f"{steering or 'its words'} may steer what it starts")
    if "VIRTUAL_ENV" in env or _asks_for_environment(facts):
        raise NoDirectStartError("the program may look at VIRTUAL_ENV, which the runner sets")
    manifest = _manifest(facts, item.cwd, "Pipfile" if start.kind == "pipenv-run" else "pyproject.toml")
    if start.kind == "uv-run":
        _check_uv(facts, item, start, install, manifest)
    elif start.kind == "poetry-run":
        _check_poetry(start, install, manifest)
    else:
        _check_pipenv(facts, item, start, manifest)


def _head_known(item: Started, start: PythonStart) -> bool:
    """Whether the words that go are literal, whatever the program's own arguments are."""
    head = item.argv[: len(item.argv) - len(start.inner) + 1]
    return all("$" not in word and "`" not in word for word in head)


def _asks_for_environment(facts: Facts) -> bool:
    files = facts.context.files("", (".py", ".sh"))
    return any("VIRTUAL_ENV" in (facts.context.read(path) or "") for path in files)


def _manifest(facts: Facts, cwd: str, name: str) -> Mapping[str, Any]:
    found = facts.final.resolver()(posixpath.join(cwd, name))
    document = parse_toml(facts.context.read(found) or "") if found is not None else None
    if document is None:
        raise NoDirectStartError(f"{name} is not in the build context")
    return document


def _check_uv(
    facts: Facts, item: Started, start: PythonStart, install: PythonInstall, manifest: Mapping[str, Any]
) -> None:
    leading = read_options("uv", item.argv[1:], mixed=False)
    options = read_options("uv run", leading.positional[1:], mixed=False) if leading is not None else None
    if leading is None or leading.given or options is None or any(name not in _HARMLESS for name, _ in options.given):
        raise NoDirectStartError("an option of `uv run` may change what it starts")
    found = facts.final.resolver()(absolute(start.inner[0], item.cwd))
    if "://" in start.inner[0] or (found is not None and facts.context.is_dir(found)):
        raise NoDirectStartError(f"`{start.inner[0]}` is no program")
    if python_starts.has_own_packages(facts, item, start):
        raise NoDirectStartError("the script names packages of its own")
    if python_starts.may_install(facts, item, start) and not options.has("--no-sync"):
        _check_uv_sync(facts, options, install, manifest)


def _check_uv_sync(facts: Facts, options: Options, install: PythonInstall, manifest: Mapping[str, Any]) -> None:
    """`uv run` would find all that it wants in the environment already."""
    tool = table(table(manifest.get("tool")).get("uv"))
    groups = table(manifest.get("dependency-groups"))
    is_package = "build-system" in manifest if "package" not in tool else bool(tool["package"])
    develops = not (options.has("--no-dev", "--no-default-groups") or "dev" in options.values("--no-group"))
    develops = develops and not facts.final.after.env.get("UV_NO_DEV")
    more = develops and not install.development and ("dev" in groups or "dev-dependencies" in tool)
    more = more or not set(options.values("--extra")) <= set(install.extras)
    more = more or not set(options.values("--group")) - {"dev"} <= set(install.groups)
    if more or options.has("--all-extras", "--all-groups") or "default-groups" in tool or install.only_groups:
        raise NoDirectStartError("`uv run` installs more than the build did")
    if is_package and not install.installs_project:
        raise NoDirectStartError("`uv run` installs the project, and the build did not")
    if table(tool.get("workspace")) or not (install.workspace and install.path_dependencies):
        raise NoDirectStartError("`uv run` installs members of the workspace")


def _check_poetry(start: PythonStart, install: PythonInstall, manifest: Mapping[str, Any]) -> None:
    tool = table(table(manifest.get("tool")).get("poetry"))
    scripts = {**table(tool.get("scripts")), **table(table(manifest.get("project")).get("scripts"))}
    if start.inner[0] in scripts and not install.installs_project:
        raise NoDirectStartError(f"`{start.inner[0]}` is a script of the project, which the build does not install")
    plugins = " ".join([*table(tool.get("requires-plugins")), *strings(tool.get("requires-plugins"))])
    if re.search("dotenv", plugins):
        raise NoDirectStartError("a plugin of Poetry loads variables when it starts")


def _check_pipenv(facts: Facts, item: Started, start: PythonStart, manifest: Mapping[str, Any]) -> None:
    if start.inner[0] in table(manifest.get("scripts")):
        raise NoDirectStartError(f"`{start.inner[0]}` is a script of the Pipfile")
    if facts.final.resolver()(posixpath.join(item.cwd, ".env")) is not None:
        raise NoDirectStartError("Pipenv loads variables of .env when it starts")


def _reworded(item: Started, start: PythonStart) -> Rewording:
    """The command without its runner; `uv run x.py` starts Python with the script."""
    inner = start.inner
    for words in ((), ("python",), ("python", "-m")):
        rest = inner[len(words) :]
        if inner[: len(words)] == words and rest and item.argv[-len(rest) :] == rest:
            return Rewording(item, len(item.argv) - len(rest), words)
    raise NoDirectStartError("its words cannot be told apart")
