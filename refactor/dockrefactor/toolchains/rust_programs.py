"""The programs that the `cargo` commands of a stage make: from which packages, and where they end up."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from dockrefactor.effects import Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import ResolveImagePath
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.toolchains import rust_manifests
from dockrefactor.toolchains.rust_cargo import Cargo
from dockrefactor.toolchains.rust_manifests import RustPackage, Workspace

CARGO_HOME: Final = "/usr/local/cargo"
_STATIC: Final = regex(r"target-feature[= ]*\S*\+crt-static")
_DYNAMIC: Final = regex(r"target-feature[= ]*\S*-crt-static")
_LINKS: Final = regex(r"prefer-dynamic|(?:^|\s)-l\s*\w|link-args?=|link-dead-code=dylib")


@dataclass(frozen=True, slots=True)
class RustBuild:
    """A cargo command where it stands: `cwd` is the folder of its manifest, `root` the image folder of its workspace,
    `target` the folder that it writes to, `triple` the platform it names (`""` for the machine's own)."""

    step: Step
    placed: Placed
    cargo: Cargo
    workspace: Workspace
    built: tuple[RustPackage, ...]
    root: str
    target: str
    triple: str
    flags: str

    @property
    def env(self) -> Mapping[str, str]:
        return environment(self.step, self.placed)

    def image_folder(self, package: RustPackage) -> str:
        """Where the package stands in the image."""
        return absolute(posixpath.relpath("/" + package.folder, "/" + self.workspace.folder), self.root)

    @property
    def packages(self) -> tuple[RustPackage, ...]:
        """The packages that are compiled: those asked for, and the local ones that they need."""
        by_folder = {member.folder: member for member in self.workspace.members}
        found: dict[str, RustPackage] = {}
        pending = [package.folder for package in self.built]
        while pending:
            folder = pending.pop()
            if folder not in found and folder in by_folder:
                found[folder] = by_folder[folder]
                pending += by_folder[folder].paths
        # `dep.workspace = true` names a path in the root manifest: then all members may take part
        inherits = any("workspace" in str(package.table.get("dependencies", {})) for package in found.values())
        return self.workspace.members if inherits else tuple(found.values())

    @property
    def release(self) -> bool:
        return self.cargo.is_release


@dataclass(frozen=True, slots=True)
class RustProgram:
    """One program: `output` is its absolute image path."""

    build: RustBuild
    package: RustPackage
    name: str
    output: str


class UnknownProgram(Exception):
    """It cannot be told what a command builds: the reason code, the step that it stands in, and why."""

    def __init__(self, code: str, step: Step, says: str) -> None:
        self.code, self.step, self.says = code, step, says


def environment(step: Step, placed: Placed) -> dict[str, str]:
    """The variables that a command sees, as far as they are known."""
    env = {**{name: value for name, value in step.before.args.items() if value}, **step.before.env}
    env.update((name, word.text) for name, word in placed.command.assignments if word is not None and word.known)
    return env


def builds(facts: Facts, stage: Stage) -> Iterator[RustBuild]:
    """Every build of a stage, in the order of its commands. Raises UnknownProgram."""
    for position, step in enumerate(stage.steps):
        for placed in step.commands:
            cargo = placed.effects.detail
            if isinstance(cargo, Cargo) and placed.effects.kind is Kind.BUILD and cargo.verb in ("build", "install"):
                if cargo.verb == "install" and not cargo.has("path"):
                    continue
                yield read_build(facts, step, placed, stage.resolver(position))


def read_build(facts: Facts, step: Step, placed: Placed, resolve: ResolveImagePath) -> RustBuild:
    """One command with the workspace that it builds in. Raises UnknownProgram."""
    cargo = placed.effects.detail
    assert isinstance(cargo, Cargo)
    if any("$" in word.text and not word.known for word in placed.command.words):
        raise UnknownProgram("unknown-effect", step, "what is built is computed")
    folder, found = _manifest(cargo, placed, resolve, step)
    context_folder = posixpath.dirname(found)
    workspace = rust_manifests.workspace_of(facts.context, context_folder)
    if workspace is None:
        raise UnknownProgram("manifest-missing", step, f"{found} cannot be read")
    if workspace.missing:
        raise UnknownProgram("manifest-missing", step, f"{workspace.missing[0]} is not in the build context")
    root = absolute(posixpath.relpath("/" + workspace.folder, "/" + context_folder), folder)
    env = environment(step, placed)
    section = workspace.configuration.get("build", {})
    triple = cargo.value("target") or env.get("CARGO_BUILD_TARGET") or section.get("target") or ""
    if not isinstance(triple, str):
        raise UnknownProgram("unknown-effect", step, "it builds for several targets")
    return RustBuild(
        step, placed, cargo, workspace, _selected(cargo, workspace, context_folder, step), root,
        _target(cargo, placed, env, section, root), triple, _flags(env, workspace),
    )  # fmt: skip


def _manifest(cargo: Cargo, placed: Placed, resolve: ResolveImagePath, step: Step) -> tuple[str, str]:
    """(image folder, context path) of the manifest that a command starts from: named, or the nearest outwards."""
    written = cargo.value("manifest-path") if cargo.verb != "install" else None
    folder = absolute(posixpath.dirname(written), placed.cwd) if written else placed.cwd
    if cargo.verb == "install":
        folder = absolute(cargo.value("path") or ".", placed.cwd)
    while True:
        found = resolve(posixpath.join(folder, rust_manifests.MANIFEST))
        if found is not None:
            return folder, found
        if written or cargo.verb == "install" or folder == "/":
            raise UnknownProgram("manifest-missing", step, "no Cargo.toml in the build context stands there")
        folder = posixpath.dirname(folder)


def _target(cargo: Cargo, placed: Placed, env: Mapping[str, str], section: Mapping[str, object], root: str) -> str:
    named = cargo.value("target-dir") or env.get("CARGO_TARGET_DIR") or env.get("CARGO_BUILD_TARGET_DIR")
    if named:
        return absolute(named, placed.cwd)
    configured = section.get("target-dir")
    return absolute(configured if isinstance(configured, str) else "target", root)


def _flags(env: Mapping[str, str], workspace: Workspace) -> str:
    """The compiler's flags from the environment and the configuration, as one text."""
    section = workspace.configuration.get("build", {})
    targets = workspace.configuration.get("target", {})
    tables = [section, *(item for item in targets.values() if isinstance(item, dict))]
    configured = [table.get("rustflags", "") for table in tables]
    texts = [" ".join(map(str, item)) if isinstance(item, list) else str(item) for item in configured]
    named = [value for name, value in env.items() if "RUSTFLAGS" in name]
    return " ".join([*named, *texts])


def _selected(cargo: Cargo, workspace: Workspace, folder: str, step: Step) -> tuple[RustPackage, ...]:
    names = cargo.values("package")
    if names:
        found = [workspace.named(name) for name in names]
        if None in found:
            raise UnknownProgram("manifest-missing", step, f"no package {names[found.index(None)]} in the workspace")
        return tuple(item for item in found if item is not None)
    if cargo.has("workspace") or cargo.has("all"):
        return workspace.members
    own = next((member for member in workspace.members if member.folder == folder), None)
    if own is not None and folder != workspace.folder:
        return (own,)
    return workspace.default


def programs(facts: Facts, stage: Stage) -> Iterator[RustProgram]:
    """Every program that a stage builds. Raises UnknownProgram."""
    found: dict[str, RustProgram] = {}
    for build in builds(facts, stage):
        for package in build.built:
            for name in _names(build, package):
                output = posixpath.join(_folder(build), name)
                found[output] = RustProgram(build, package, name, output)
    yield from found.values()


def _names(build: RustBuild, package: RustPackage) -> Iterator[str]:
    """The programs of a package that a command builds."""
    cargo = build.cargo
    asked = set(cargo.values("bin"))
    yield from (f"examples/{name}" for name in cargo.values("example"))
    selects = any(cargo.has(name) for name in ("lib", "examples", "tests", "benches", "example", "test", "bench"))
    if selects and not (asked or cargo.has("bins")):
        return
    for binary in package.binaries:
        if not asked or binary.name in asked:
            yield binary.name


def _folder(build: RustBuild) -> str:
    if build.cargo.verb == "install":
        root = build.cargo.value("root") or build.env.get("CARGO_INSTALL_ROOT") or build.env.get("CARGO_HOME")
        return posixpath.join(absolute(root, build.placed.cwd) if root else "/root/.cargo", "bin")
    return posixpath.join(build.target, build.triple, build.cargo.profile_folder)


def is_static(facts: Facts, build: RustBuild) -> bool:
    """Whether the C library is linked into the program: musl's by default, glibc's on request.

    https://doc.rust-lang.org/reference/linkage.html#static-and-dynamic-c-runtimes
    """
    base = facts.final.base
    if _DYNAMIC.search(build.flags):
        return False
    if _STATIC.search(build.flags):
        return True
    # the distribution's own compiler on Alpine links dynamically
    own = base is not None and base.libc == "musl" and base.language == "rust" and not build.triple
    return "-musl" in build.triple or own


def links_more(build: RustBuild) -> bool:
    """Whether flags name libraries of their own."""
    return _LINKS.search(build.flags) is not None
