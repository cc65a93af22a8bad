"""package.json as data, and the packages of a workspace."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from dockrefactor import yaml_text
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass, field

if TYPE_CHECKING:
    from dockrefactor.stages import Place


@dataclass(frozen=True, slots=True)
class PackageJson:
    """One package.json: `folder` is the context folder that holds it (`""` for the root)."""

    folder: str
    name: str | None = None
    main: str | None = None
    type: str | None = None
    scripts: Mapping[str, str] = field(default_factory=dict)
    dependencies: Mapping[str, str] = field(default_factory=dict)
    dev_dependencies: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    workspaces: tuple[str, ...] = ()
    package_manager: str | None = None
    engines: Mapping[str, str] = field(default_factory=dict)
    bin: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def path(self) -> str:
        return posixpath.join(self.folder, "package.json")

    def line_of(self, *keys: str) -> int:
        """1-based line of a key, given from the outside inwards (`"scripts", "build"`); 0 where it is not found."""
        position = 0
        for key in keys:
            found = re.compile(rf'"{re.escape(key)}"\s*:').search(self.text, position)
            if found is None:
                return 0
            position = found.start()
        return self.text.count("\n", 0, position) + 1 if keys else 0

    def evidence(self, says: str, *keys: str) -> Evidence:
        return Evidence(self.path, self.line_of(*keys), says)

    def runtime_dependencies(self) -> Mapping[str, str]:
        """What a production install brings directly: dependencies and optional dependencies."""
        return {**self.dependencies, **self.optional}

    def every_dependency(self) -> Mapping[str, str]:
        return {**self.dev_dependencies, **self.dependencies, **self.optional}


def package_at(place: Place, folder: str) -> PackageJson | None:
    """The package.json that stands in an image folder when a command runs; None as for `read_package_json`."""
    path = place.resolve(posixpath.join(folder, "package.json"))
    return read_package_json(place.context, posixpath.dirname(path)) if path is not None else None


def read_package_json(context: BuildContext, folder: str) -> PackageJson | None:
    """The package.json of a context folder; None where there is none or it is broken (see `manifest_error`)."""
    return context.once((read_package_json, folder), lambda: _read_package_json(context, folder))


def _read_package_json(context: BuildContext, folder: str) -> PackageJson | None:
    text = context.read(posixpath.join(folder, "package.json"))
    document = _parse_object(text)
    if text is None or document is None:
        return None
    workspaces = document.get("workspaces")
    if isinstance(workspaces, dict):
        workspaces = workspaces.get("packages")
    programs = document.get("bin")
    return PackageJson(
        folder=folder.strip("/"),
        name=text_or_none(document.get("name")),
        main=text_or_none(document.get("main")),
        type=text_or_none(document.get("type")),
        scripts=texts(document.get("scripts")),
        dependencies=texts(document.get("dependencies")),
        dev_dependencies=texts(document.get("devDependencies")),
        optional=texts(document.get("optionalDependencies")),
        workspaces=tuple(item for item in workspaces if isinstance(item, str)) if isinstance(workspaces, list) else (),
        package_manager=text_or_none(document.get("packageManager")),
        engines=texts(document.get("engines")),
        bin=(programs,) if isinstance(programs, str) else tuple(texts(programs).values()),
        document=document,
        text=text,
    )


def manifest_error(context: BuildContext, folder: str) -> Evidence | None:
    """Why a package.json that is there cannot be used; None where it is absent or sound."""
    path = posixpath.join(folder, "package.json")
    if not context.exists(path):
        return None
    text = context.read(path)
    if text is None:
        return Evidence(path, 0, "cannot be read as text")
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        return Evidence(path, getattr(error, "lineno", 0), "is not valid JSON")
    return None if isinstance(document, dict) else Evidence(path, 1, "is not a JSON object")


def _parse_object(text: str | None) -> Mapping[str, Any] | None:
    try:
        document = json.loads(text) if text is not None else None
    except (json.JSONDecodeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def text_or_none(value: object) -> str | None:
    """The value where it is text."""
    return value if isinstance(value, str) else None


def texts(value: object) -> Mapping[str, str]:
    """The entries of a mapping whose values are texts."""
    if not isinstance(value, dict):
        return {}
    return {key: item for key, item in value.items() if isinstance(item, str)}


def workspace_folders(context: BuildContext, root: PackageJson) -> tuple[str, ...]:
    """Context folders of the workspaces' packages, from package.json or pnpm-workspace.yaml."""
    patterns = [*root.workspaces, *_pnpm_patterns(context, root.folder)]
    if not patterns:
        return ()
    prefix = f"{root.folder}/" if root.folder else ""
    found = []
    for path in context.files(root.folder, ("package.json",)):
        folder = posixpath.dirname(path)
        if posixpath.basename(path) == "package.json" and folder != root.folder:
            inner = folder.removeprefix(prefix)
            if _chosen(inner, patterns) and "node_modules" not in inner.split("/"):
                found.append(folder)
    return tuple(sorted(found))


def workspace_members(context: BuildContext, folders: Iterable[str]) -> tuple[str, ...]:
    """Context folders of the workspaces' packages on which the packages in `folders` depend, and these in turn."""
    found: dict[str, None] = {}
    pending = list(folders)
    while pending:
        package = read_package_json(context, pending.pop())
        if package is None:
            continue
        named = package.dependencies.keys() | package.optional.keys()
        for folder in _siblings(context, package.folder) if named else ():
            member = read_package_json(context, folder)
            if member is not None and member.name in named and folder not in found and folder != package.folder:
                found[folder] = None
                pending.append(folder)
    return tuple(sorted(found))


def _siblings(context: BuildContext, folder: str) -> tuple[str, ...]:
    """The packages of the workspaces that a package belongs to, or gathers."""
    above = folder
    while True:
        root = read_package_json(context, above)
        members = workspace_folders(context, root) if root is not None else ()
        if members and (above == folder or folder in members):
            return members
        if not above:
            return ()
        above = posixpath.dirname(above)


def _pnpm_patterns(context: BuildContext, folder: str) -> list[str]:
    text = context.read(posixpath.join(folder, "pnpm-workspace.yaml"))
    if text is None:
        return []
    documents = yaml_text.documents(text)
    if documents is None:
        return ["**"]
    document = documents[0] if documents else None
    packages = document.get("packages") if isinstance(document, dict) else None
    return [item for item in packages if isinstance(item, str)] if isinstance(packages, list) else []


def _chosen(folder: str, patterns: Sequence[str]) -> bool:
    chosen = False
    for pattern in patterns:
        plain = posixpath.normpath(pattern.lstrip("!"))
        if _glob(folder.split("/"), plain.split("/")):
            chosen = not pattern.startswith("!")
    return chosen


def _glob(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_glob(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _glob(parts[1:], pattern[1:])
