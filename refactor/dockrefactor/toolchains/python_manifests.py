"""The complete list of what an install of Python packages reads, from the manifests and lock files of the context."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import COMMAND, InstallInputs, ResolveImagePath
from dockrefactor.patterns import regex
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_locks import (
    parse_toml,
    poetry_local_sources,
    read_pipfile_lock,
    read_poetry_lock,
    read_uv_lock,
    strings,
    table,
    uv_local_sources,
)
from dockrefactor.toolchains.python_projects import (
    add_poetry_dependencies,
    add_project,
    add_table_dependency,
    poetry_groups,
    poetry_roots,
    poetry_tables,
)
from dockrefactor.toolchains.python_requirements import (
    Gathering,
    add_any,
    add_compiled,
    add_find_links,
    read_requirement_files,
)
from dockrefactor.toolchains.python_steering import is_steered

# uv takes requirements from these too
_MANIFESTS: Final = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "pylock.toml"})
# settings of pip and uv that name files, folders or how packages are made
_STEERS: Final = regex(r"constraint|requirement|find.links|binary|override|target|prefix|root\s*=|user\s*=|editable")
_COMMAND: Final = Evidence(COMMAND, 0, "named by the install command")


def install_inputs(install: PythonInstall, cwd: str, resolve: ResolveImagePath, context: BuildContext) -> InstallInputs:
    """All that `install` reads when it runs in the absolute image path `cwd`.

    Packages of development groups are listed and marked whether the install takes them or not (`install.development`
    says that). `hash`ed requirement files and lock files make it `locked`.
    """
    folder = posixpath.normpath(posixpath.join(cwd, install.folder or ""))
    gathering = Gathering(folder, resolve, context)
    if "$" in folder:
        gathering.unsure(Evidence(COMMAND, 0, f"the install's folder is made at build time: {folder}"))
    for path in install.settings:
        _settings(gathering, path)
    for value in install.no_binary:
        add_compiled(gathering, value)
    readers = {"poetry": _poetry, "pipenv": _pipenv, "uv-sync": _uv}
    reader = readers.get(install.manager, _pip)
    return gathering.result(reader(gathering, install))


def _pip(gathering: Gathering, install: PythonInstall) -> bool:
    """pip, `uv pip` and setup.py; whether all packages are known."""
    for place in install.find_links:
        add_find_links(gathering, place, _COMMAND)
    manifests = [file for file in install.requirement_files if posixpath.basename(file) in _MANIFESTS]
    listed = tuple(file for file in install.requirement_files if file not in manifests)
    projects = read_requirement_files(gathering, listed, install.constraint_files, _COMMAND)
    for path in install.local_paths:
        # what the command line calls a path may be a bare folder name after -e
        spelled = path if path.startswith(("/", ".")) or "/" in path else f"./{path}"
        project = add_any(gathering, spelled, _COMMAND)
        if project is not None:
            projects.append(project)
    for text in (*install.named, *install.from_url):
        add_any(gathering, text, _COMMAND)
    if install.groups:
        gathering.unsure(Evidence(COMMAND, 0, "dependency groups of pyproject.toml are installed"))
        gathering.file(gathering.image_path("pyproject.toml"))
    _uv_settings(gathering, install.manager)
    known = bool(listed) and not projects and not manifests
    for folder, extras in dict.fromkeys(projects):
        add_project(gathering, folder, (*extras, *install.extras))
    for file in manifests:
        gathering.file(gathering.image_path(file))
        gathering.unsure(Evidence(COMMAND, 0, f"requirements are taken from {file}"))
    return known and (gathering.hashed or install.complete)


def _settings(gathering: Gathering, path: str) -> None:
    """A file of settings that a variable names; one that is not of the context is the image's own."""
    found = gathering.text(gathering.image_path(path), required=False)
    steers = is_steered if path.endswith("pip.conf") else _STEERS.search
    if found is not None and steers(found[1]):
        gathering.unsure(Evidence(found[0], 0, "its settings name further files, or where packages go"))


def _uv_settings(gathering: Gathering, manager: str) -> None:
    """Every uv command reads the settings of the project it runs in."""
    if manager.startswith("uv"):
        for name in ("uv.toml", ".python-version", "pyproject.toml"):
            gathering.file(gathering.image_path(name), required=False)


def _manifest(gathering: Gathering, folder: str = "") -> tuple[str, Mapping[str, Any]] | None:
    """The context path and the table of a folder's pyproject.toml."""
    found = gathering.text(gathering.image_path("pyproject.toml", folder))
    if found is None:
        return None
    document = parse_toml(found[1])
    if document is None:
        gathering.unsure(Evidence(found[0], 0, "not readable as TOML"))
        return None
    return found[0], document


def _poetry(gathering: Gathering, install: PythonInstall) -> bool:
    manifest = _manifest(gathering)
    document = manifest[1] if manifest else {}
    settings = table(table(document.get("tool")).get("poetry"))
    gathering.file(gathering.image_path("poetry.toml"), required=False)
    if install.installs_project and settings.get("package-mode") is not False:
        gathering.folders[gathering.cwd] = None
    lock = gathering.text(gathering.image_path("poetry.lock"), required=False)
    if install.path_dependencies:
        _poetry_paths(gathering, document, lock)
    groups = install.groups
    if install.without_groups and not install.only_groups:
        groups = poetry_groups(document, install.without_groups, groups)
    locked = lock is not None and read_poetry_lock(gathering, lock, poetry_roots(document, groups), groups)
    if not locked and manifest is not None:
        add_poetry_dependencies(gathering, manifest[0], document, groups)
    return locked


def _poetry_paths(gathering: Gathering, document: Mapping[str, Any], lock: tuple[str, str] | None) -> None:
    places: dict[str, bool | None] = {}
    for _, wanted, _ in poetry_tables(document):
        for option in wanted if isinstance(wanted, list) else [wanted]:
            place = table(option).get("path")
            if isinstance(place, str):
                places[place] = None
    if lock is not None:
        places.update(poetry_local_sources(lock))
    for place, kind in places.items():
        path = gathering.image_path(place)
        if kind is False or (kind is None and re.search(r"\.(?:whl|zip|tar\.gz|tgz)$", place)):
            gathering.file(path)
        else:
            gathering.folders[path] = None


def _pipenv(gathering: Gathering, install: PythonInstall) -> bool:
    if install.requirement_files or install.named or install.from_url or install.local_paths:
        _pip(gathering, install)
        gathering.unsure(Evidence(COMMAND, 0, "pipenv changes its own manifest"))
    required = not install.requirement_files
    manifest = gathering.text(gathering.image_path("Pipfile"), required=required)
    lock = gathering.text(gathering.image_path("Pipfile.lock"), required=install.locked)
    document = (parse_toml(manifest[1]) if manifest else None) or {}
    if manifest and not document:
        gathering.unsure(Evidence(manifest[0], 0, "not readable as TOML"))
    for category in ("packages", "dev-packages", *install.groups):
        for wanted in table(document.get(category)).values():
            place = table(wanted).get("path")
            if isinstance(place, str):
                gathering.folders[gathering.image_path(place)] = None
    if lock is not None and read_pipfile_lock(gathering, lock, install.groups):
        return True
    if manifest is not None:
        for category in ("packages", "dev-packages"):
            _pipfile_names(gathering, manifest[0], table(document.get(category)), category != "packages")
    return False


def _pipfile_names(gathering: Gathering, path: str, wanted: Mapping[str, Any], development: bool) -> None:
    for name, value in wanted.items():
        add_table_dependency(gathering, path, name, value, development)


def _uv(gathering: Gathering, install: PythonInstall) -> bool:
    manifest = _manifest(gathering)
    _uv_settings(gathering, install.manager)
    lock = gathering.text(gathering.image_path("uv.lock"), required=install.locked)
    document = manifest[1] if manifest else {}
    if manifest is not None:
        _uv_members(gathering, manifest[0], document)
        for source in table(_uv_table(document).get("sources")).values():
            _uv_source(gathering, install, source)
        if _uv_builds(document, install):
            gathering.folders[gathering.cwd] = None
    for local in uv_local_sources(lock) if lock else ():
        _uv_local(gathering, install, local.kind, local.path, local.member)
    if lock is not None and read_uv_lock(gathering, lock, install.groups):
        return True
    if manifest is not None:
        add_poetry_dependencies(gathering, manifest[0], document, install.groups)
    return False


def _uv_table(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return table(table(document.get("tool")).get("uv"))


def _uv_builds(document: Mapping[str, Any], install: PythonInstall) -> bool:
    """Whether uv builds the project: to install it, or for dependencies that only its build tells."""
    dynamic = strings(table(document.get("project")).get("dynamic"))
    if not install.locked and {"dependencies", "optional-dependencies"}.intersection(dynamic):
        return True
    packaged = _uv_table(document).get("package")
    is_package = packaged if isinstance(packaged, bool) else "build-system" in document
    return install.installs_project and is_package


def _uv_source(gathering: Gathering, install: PythonInstall, source: object) -> None:
    for option in source if isinstance(source, list) else [source]:
        place = table(option).get("path")
        if isinstance(place, str):
            kind = "path" if re.search(r"\.(?:whl|zip|tar\.gz|tgz)$", place) else "directory"
            _uv_local(gathering, install, kind, place, member=False)


def _uv_local(gathering: Gathering, install: PythonInstall, kind: str, place: str, member: bool) -> None:
    path = gathering.image_path(place)
    if path == gathering.cwd:
        return
    if kind == "path":
        gathering.file(path)
        return
    installed = install.workspace if member else install.path_dependencies
    # with a frozen lock, what is not installed need not even be there
    gathering.file(posixpath.join(path, "pyproject.toml"), required=installed and member)
    if installed and kind != "virtual":
        gathering.folders[path] = None


def _uv_members(gathering: Gathering, manifest: str, document: Mapping[str, Any]) -> None:
    """Notes the manifests of the members that the context has, by the patterns of the workspace."""
    workspace = table(_uv_table(document).get("workspace"))
    patterns = strings(workspace.get("members"))
    excluded = strings(workspace.get("exclude"))
    root = posixpath.dirname(manifest)
    for folder in _matching(gathering.context, root, patterns) if patterns else ():
        if not any(fnmatchcase(folder, pattern) for pattern in excluded):
            gathering.file(gathering.image_path(posixpath.join(folder, "pyproject.toml")), required=False)


def _matching(context: BuildContext, root: str, patterns: list[str]) -> Iterator[str]:
    """Folders below `root`, relative to it, whose pyproject.toml a workspace pattern can mean."""
    for path in context.files(root, ("pyproject.toml",)):
        folder = posixpath.dirname(posixpath.relpath(path, root or "."))
        if folder and any(fnmatchcase(folder, posixpath.normpath(pattern)) for pattern in patterns):
            yield folder
