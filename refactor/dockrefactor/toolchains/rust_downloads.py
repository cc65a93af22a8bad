"""Downloading crates ahead of the sources: what `cargo fetch` reads, and the instruction that runs it.

Cargo reads no manifest without a source file of the package, so an empty one stands there until the real one is
copied over it. Nothing is compiled from it, so cargo never takes it for the program.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dockrefactor.context import normalise
from dockrefactor.document import Document
from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.toolchains import rust_manifests
from dockrefactor.toolchains.rust_cargo import Cargo
from dockrefactor.toolchains.rust_manifests import MANIFEST, RustPackage
from dockrefactor.toolchains.rust_programs import RustBuild, UnknownProgram, read_build

_LONGEST: Final = 120


def inputs(placed: Placed, place: Place) -> InstallInputs:
    """What an author's own `cargo fetch` reads: manifests, and sources in so far as their names say what there is."""
    found = place.resolve(posixpath.join(placed.cwd, MANIFEST))
    if found is None:
        return InstallInputs(missing=(posixpath.join(placed.cwd, MANIFEST),))
    folder = posixpath.dirname(found)
    workspace = rust_manifests.workspace_of(place.context, folder)
    if workspace is None:
        return InstallInputs(open_ended=(Evidence(found, 0, "cannot be read"),))
    files = tuple(absolute(posixpath.relpath("/" + path, "/" + folder), placed.cwd) for path in workspace.files)
    names = Evidence(found, 0, "cargo looks for the source files of each package")
    return InstallInputs(files=files, locked=workspace.locked, open_ended=(names,))


def ahead(facts: Facts, stage: Stage, step: Step, placed: Placed) -> tuple[tuple[str, ...], str] | None:
    """(image paths of the manifests, the instruction) for a build, None where nothing can be downloaded ahead."""
    cargo = placed.effects.detail
    if not isinstance(cargo, Cargo) or placed.cwd != step.before.cwd or cargo.verb in ("clean", "vendor", "update"):
        return None
    if cargo.verb == "install" and not (cargo.has("path") and cargo.has("locked")):
        return None  # it looks for newer crates than those of the lock file
    assert step.run is not None
    if any("type=cache" in mount for mount in step.run.mounts):
        return None  # the author's cache may hide what a layer holds
    position = stage.steps.index(step)
    try:
        build = read_build(facts, step, placed, stage.resolver(position))
    except UnknownProgram:
        return None
    if not _downloads(facts, build):
        return None
    targets = [_image_path(build, path) for member in build.workspace.members for path in _needed(member)]
    resolve = stage.resolver()
    if not targets or not all(resolve(path) is not None for path in targets):
        return None
    if any(path is None for path in map(_first_target, build.workspace.members)):
        return None
    files = tuple(_image_path(build, path) for path in build.workspace.files)
    return files, _instruction(facts.document, cargo, placed, build, targets)


def _instruction(document: Document, cargo: Cargo, placed: Placed, build: RustBuild, targets: list[str]) -> str:
    shown = [posixpath.relpath(path, placed.cwd) if inside(path, placed.cwd) else path for path in targets]
    folders = dict.fromkeys(posixpath.dirname(path) for path in shown if posixpath.dirname(path))
    toolchain = [word for word in placed.command.argv[1:2] if word.startswith("+")]
    named = cargo.value("manifest-path") if cargo.verb != "install" else cargo.value("path")
    manifest = named if cargo.verb != "install" else posixpath.join(named or ".", MANIFEST)
    options = [
        *toolchain,
        "fetch",
        *(["--locked"] if build.workspace.locked else []),
        *([f"--manifest-path {manifest}"] if manifest and posixpath.normpath(manifest) != MANIFEST else []),
    ]
    made = [f"mkdir -p {' '.join(folders)}"] if folders else []
    commands = [*made, f"touch {' '.join(shown)}", f"cargo {' '.join(options)}"]
    line = f"RUN {' && '.join(commands)}"
    return line if len(line) <= _LONGEST else "RUN " + f" {document.escape}{document.newline}    && ".join(commands)


def _downloads(facts: Facts, build: RustBuild) -> bool:
    """Whether the build needs crates from elsewhere."""
    sources = build.workspace.configuration.get("source", {})
    if any("replace-with" in item for item in sources.values() if isinstance(item, dict)):
        return False  # vendored
    crates = rust_manifests.locked_crates(facts.context, build.workspace.folder)
    if crates is not None:
        return any(not crate.local for crate in crates)
    return any(member.dependencies for member in build.workspace.members)


def _image_path(build: RustBuild, path: str) -> str:
    return absolute(posixpath.relpath("/" + path, "/" + build.workspace.folder), build.root)


def _first_target(member: RustPackage) -> str | None:
    return member.targets[0] if member.targets else None


def _needed(member: RustPackage) -> Iterator[str]:
    """Context paths of the files that cargo looks for when it reads a manifest: one target, and those named there."""
    first = _first_target(member)
    found = dict.fromkeys([first] if first is not None else [])
    if "bin" in member.table or "default-run" in member.table["package"]:
        found.update(dict.fromkeys(binary.source for binary in member.binaries))
    if "lib" in member.table:
        found.update(dict.fromkeys(path for path in member.targets[:1]))
    for kind, folder in (("example", "examples"), ("test", "tests"), ("bench", "benches")):
        rows = member.table.get(kind, ())
        for row in rows if isinstance(rows, list) else ():
            written = row.get("path", f"{folder}/{row.get('name', '')}.rs")
            found[normalise(posixpath.join(member.folder, str(written)))] = None
    yield from found
