"""Cargo's files in a build context: `Cargo.toml` with its workspace, `Cargo.lock`, `.cargo/config.toml`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass, field

MANIFEST: Final = "Cargo.toml"
LOCK: Final = "Cargo.lock"
CONFIGURATIONS: Final = (".cargo/config.toml", ".cargo/config")
TOOLCHAIN_FILES: Final = ("rust-toolchain.toml", "rust-toolchain")


@dataclass(frozen=True, slots=True)
class Binary:
    """A program of a package: its `name` and the context path of its main file."""

    name: str
    source: str
    required_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RustPackage:
    """A `Cargo.toml` with a `[package]`. `folder` is its context folder; `targets` the context paths of the main files
    of its library and programs; `paths` the context folders of local dependencies."""

    name: str
    folder: str
    binaries: tuple[Binary, ...]
    targets: tuple[str, ...]
    paths: tuple[str, ...]
    table: Mapping[str, Any]
    evidence: Evidence

    @property
    def dependencies(self) -> frozenset[str]:
        """Names of the crates that the manifest asks for, renames undone, builds' and tests' own left out."""
        return frozenset(
            str(value.get("package", name)) if isinstance(value, dict) else name
            for name, value in _dependencies(self.table, ("dependencies",))
        )


@dataclass(frozen=True, slots=True)
class Workspace:
    """A root: its context `folder`, its members (the root package among them), those built by default, and the
    manifests and configuration that every command in it reads (`files`, context paths)."""

    folder: str
    members: tuple[RustPackage, ...]
    default: tuple[RustPackage, ...]
    files: tuple[str, ...]
    locked: bool
    configuration: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def named(self, name: str) -> RustPackage | None:
        """The member that a `--package` names."""
        plain = name.partition("@")[0].partition("#")[0]
        return next((item for item in self.members if item.name == plain), None)


@dataclass(frozen=True, slots=True)
class LockedCrate:
    """One package of Cargo.lock; `local` where it has no source (a member of the workspace)."""

    name: str
    version: str
    dependencies: tuple[str, ...]
    local: bool
    line: int


def read_toml(context: BuildContext, path: str) -> Mapping[str, Any] | None:
    """A TOML file of the context; None where it is absent or cannot be read."""
    return context.once((read_toml, path), lambda: _read_toml(context, path))


def _read_toml(context: BuildContext, path: str) -> Mapping[str, Any] | None:
    import tomllib

    text = context.read(path)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def read_package(context: BuildContext, folder: str) -> RustPackage | None:
    """The package whose manifest stands in the context folder `folder`."""
    path = normalise(posixpath.join(folder, MANIFEST))
    table = read_toml(context, path)
    package = table.get("package") if table is not None else None
    if table is None or not isinstance(package, dict) or not isinstance(package.get("name"), str):
        return None
    name = str(package["name"])
    binaries = tuple(_binaries(context, folder, name, table))
    library = _library(context, folder, table)
    targets = (*((library,) if library else ()), *(item.source for item in binaries))
    paths = tuple(
        normalise(posixpath.join(folder, str(value["path"])))
        for _, value in _dependencies(table, ("dependencies", "build-dependencies", "dev-dependencies"))
        if isinstance(value, dict) and isinstance(value.get("path"), str)
    )
    return RustPackage(name, folder, binaries, targets, paths, table, Evidence(path, 1, f"the package {name}"))


def _dependencies(table: Mapping[str, Any], kinds: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    places = [table, *(item for item in _tables(table.get("target")).values() if isinstance(item, dict))]
    for place in places:
        for kind in kinds:
            yield from _tables(place.get(kind)).items()


def _tables(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _library(context: BuildContext, folder: str, table: Mapping[str, Any]) -> str | None:
    library = table.get("lib")
    written = library.get("path") if isinstance(library, dict) else None
    path = normalise(posixpath.join(folder, written if isinstance(written, str) else "src/lib.rs"))
    return path if context.is_file(path) else None


def _binaries(context: BuildContext, folder: str, name: str, table: Mapping[str, Any]) -> Iterator[Binary]:
    """The programs of a package, by https://doc.rust-lang.org/cargo/reference/cargo-targets.html."""
    found = dict(_found_binaries(context, folder, name)) if table["package"].get("autobins", True) else {}
    used: set[str] = set()
    for item in table.get("bin", ()) if isinstance(table.get("bin"), list) else ():
        called = str(item.get("name", ""))
        written = item.get("path")
        inferred = found.get(called) or (found.get(name) if called == name else None)
        path = normalise(posixpath.join(folder, written)) if isinstance(written, str) else inferred
        if path is None:
            path = normalise(posixpath.join(folder, "src/main.rs"))
        used.add(path)
        features = item.get("required-features", ())
        yield Binary(called, path, tuple(map(str, features)) if isinstance(features, list) else ())
    yield from (Binary(called, path) for called, path in found.items() if path not in used)


def _found_binaries(context: BuildContext, folder: str, name: str) -> Iterator[tuple[str, str]]:
    main = normalise(posixpath.join(folder, "src/main.rs"))
    if context.is_file(main):
        yield name, main
    for path in context.children(normalise(posixpath.join(folder, "src/bin"))):
        called = posixpath.basename(path)
        if called.endswith(".rs"):
            yield called.removesuffix(".rs"), path
        elif context.is_file(posixpath.join(path, "main.rs")):
            yield called, posixpath.join(path, "main.rs")


def workspace_of(context: BuildContext, folder: str) -> Workspace | None:
    """The workspace that the package (or virtual manifest) in the context folder `folder` belongs to."""
    return context.once((workspace_of, folder), lambda: _workspace_of(context, folder))


def _workspace_of(context: BuildContext, folder: str) -> Workspace | None:
    table = read_toml(context, normalise(posixpath.join(folder, MANIFEST)))
    if table is None:
        return None
    root = _root(context, folder, table)
    root_table = read_toml(context, normalise(posixpath.join(root, MANIFEST))) or {}
    declared = _tables(root_table.get("workspace"))
    own = read_package(context, root)
    members: dict[str, RustPackage] = {root: own} if own is not None else {}
    missing: list[str] = []
    for pattern in declared.get("members", ()) if isinstance(declared.get("members"), list) else ():
        for path in _expanded(context, root, str(pattern)):
            if not any(fnmatchcase(path, normalise(posixpath.join(root, str(item)))) for item in _excluded(declared)):
                _add(context, path, members, missing)
    pending = [path for item in members.values() for path in item.paths]
    while pending:  # path dependencies inside the root are members too, and those outside are read all the same
        path = pending.pop()
        if path not in members:
            added = _add(context, path, members, missing)
            pending += added.paths if added is not None else ()
    files = [normalise(posixpath.join(item, MANIFEST)) for item in dict.fromkeys([root, *members])]
    lock = normalise(posixpath.join(root, LOCK))
    files += [lock] if context.is_file(lock) else []
    extra = (*CONFIGURATIONS, *TOOLCHAIN_FILES)
    files += [path for name in extra if context.is_file(path := normalise(posixpath.join(root, name)))]
    default = declared.get("default-members")
    named = tuple(
        member
        for pattern in (default if isinstance(default, list) else ())
        for path in _expanded(context, root, str(pattern))
        if (member := members.get(path)) is not None
    )
    everything = tuple(members.values())
    configuration = next(
        (found for name in CONFIGURATIONS if (found := read_toml(context, normalise(posixpath.join(root, name))))), {}
    )
    return Workspace(
        root,
        everything,
        named or ((own,) if own is not None else everything),
        tuple(files),
        context.is_file(lock),
        configuration,
        tuple(missing),
    )


def _add(context: BuildContext, folder: str, members: dict[str, RustPackage], missing: list[str]) -> RustPackage | None:
    found = read_package(context, folder)
    if found is None:
        missing.append(normalise(posixpath.join(folder, MANIFEST)))
    else:
        members.setdefault(folder, found)
    return found


def _root(context: BuildContext, folder: str, table: Mapping[str, Any]) -> str:
    """The folder of the nearest manifest outwards that has a `[workspace]` with this package, else its own."""
    if "workspace" in table:
        return folder
    written = _tables(table.get("package")).get("workspace")
    if isinstance(written, str):
        return normalise(posixpath.join(folder, written))
    here = folder
    while here:
        here = posixpath.dirname(here)
        above = read_toml(context, normalise(posixpath.join(here, MANIFEST)))
        if above is not None and "workspace" in above:
            relative = posixpath.relpath("/" + folder, "/" + here)
            excluded = any(fnmatchcase(relative, str(item)) for item in _excluded(_tables(above["workspace"])))
            return folder if excluded else here
    return folder


def _excluded(declared: Mapping[str, Any]) -> list[Any]:
    found = declared.get("exclude", [])
    return found if isinstance(found, list) else []


def _expanded(context: BuildContext, root: str, pattern: str) -> Iterator[str]:
    """The folders that a pattern of `members` names; a plain one stands for itself, there or not."""
    if not any(char in pattern for char in "*?["):
        yield normalise(posixpath.join(root, pattern))
        return
    found = [root]
    for part in normalise(pattern).split("/"):
        found = [
            path
            for folder in found
            for path in context.children(folder)
            if context.is_dir(path) and fnmatchcase(posixpath.basename(path), part)
        ]
    yield from (path for path in found if context.is_file(posixpath.join(path, MANIFEST)))


def locked_crates(context: BuildContext, root: str) -> tuple[LockedCrate, ...] | None:
    """The packages of the lock file in the context folder `root`; None without one that can be read."""
    path = normalise(posixpath.join(root, LOCK))
    return context.once((locked_crates, path), lambda: _locked_crates(context, path))


def _locked_crates(context: BuildContext, path: str) -> tuple[LockedCrate, ...] | None:
    table = read_toml(context, path)
    if table is None or not isinstance(table.get("package", []), list):
        return None
    text = context.read(path) or ""
    lines = {row[8:-1]: number for number, row in enumerate(text.splitlines(), 1) if row.startswith('name = "')}
    return tuple(
        LockedCrate(
            str(item.get("name", "")),
            str(item.get("version", "")),
            tuple(str(other).partition(" ")[0] for other in item.get("dependencies", ())),
            "source" not in item,
            lines.get(str(item.get("name", "")), 1),
        )
        for item in table.get("package", [])
        if isinstance(item, dict)
    )
