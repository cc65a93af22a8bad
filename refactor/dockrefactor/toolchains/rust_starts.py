"""`cargo run` as the start of the program that `cargo build` makes with the same options, where both run the same.

On Unix, cargo replaces itself by the program, in the folder where it was called; what the program has besides are
cargo's variables: https://doc.rust-lang.org/cargo/reference/environment-variables.html
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Step
from dockrefactor.toolchain import DirectStart, NoDirectStartError, Rewording
from dockrefactor.toolchains import rust_crates, rust_manifests
from dockrefactor.toolchains.rust_cargo import SHORT_VALUED, VALUED, Cargo, parse_cargo
from dockrefactor.toolchains.rust_manifests import Binary, RustPackage, Workspace

# options by which cargo starts no program of the workspace, or reads more than its files
_OTHER: Final = ("config", "example", "unstable", "folder", "lockfile-path")
# variables that cargo sets for what it runs, where the compiler does not replace them
_CARGOS_VARIABLES: Final = regex(r'(?<!env!\()"(?:CARGO(?:_[A-Z_]+)?|OUT_DIR|LD_LIBRARY_PATH)"')
# variables that no build reads
_OF_PROGRAMS: Final = frozenset(
    {"HOST", "PORT", "ROCKET_ADDRESS", "ROCKET_PORT", "ROCKET_PROFILE", "RUST_BACKTRACE", "RUST_LOG", "TZ"}
)
_BUILDS_A_LIBRARY: Final = regex(r"rustc-link-(?:search|arg)|dylib=")


@dataclass(frozen=True, slots=True)
class _Words:
    """A call of `cargo run`: the words before the program's arguments, those of them that are options, what they say,
    and the arguments."""

    count: int
    options: tuple[str, ...]
    cargo: Cargo
    arguments: tuple[str, ...]


def direct(facts: Facts, item: Started) -> DirectStart:
    """The direct start of what `cargo run` compiles and starts. Raises NoDirectStartError."""
    words = _read(item.argv)
    if words is None or item.cwd != facts.final.after.cwd:
        raise NoDirectStartError("what it compiles is not known")
    folder, workspace = _workspace(facts, item.cwd, words.cargo)
    packages = _packages(workspace, words.cargo, folder)
    binary = _binary(packages, words.cargo)
    _check_settings(facts, workspace)
    _check_sources(facts, workspace)
    _check_crates(facts, workspace, packages)
    program = posixpath.join(_output(facts, workspace, words.cargo, item.cwd), binary.name)
    if inside(program, item.cwd):  # as cargo calls it
        program = posixpath.relpath(program, item.cwd)
    several = sum(len(package.binaries) for package in packages) > 1 and not words.cargo.has("bin")
    named = ("--bin", binary.name) if several else ()
    build = ("cargo", "build", *words.options, *named)
    builds = () if _is_built(facts, words.cargo, item.cwd) else (f"RUN {shlex.join(build)}",)
    return DirectStart((Rewording(item, words.count, (program,)),), builds)


def _read(argv: Sequence[str]) -> _Words | None:
    """The words of `cargo run`; None where one is not known or asks for something else."""
    if len(argv) < 2 or argv[1] not in ("run", "r"):
        return None
    at = 2
    while at < len(argv) and argv[at].startswith("-") and argv[at] != "--":
        word = argv[at]
        takes_next = word.removeprefix("--") in VALUED if word.startswith("--") else word[1:] in SHORT_VALUED
        at += 2 if takes_next else 1
    options = tuple(argv[2:at])
    end = at + 1 if at < len(argv) and argv[at] == "--" else at
    cargo = parse_cargo(("build", *options))
    if cargo is None or cargo.operands or any(cargo.has(name) for name in _OTHER):
        return None
    return _Words(min(end, len(argv)), options, cargo, tuple(argv[end:]))


def _workspace(facts: Facts, cwd: str, cargo: Cargo) -> tuple[str, Workspace]:
    """(context folder of the manifest that cargo starts from, its workspace)."""
    written = cargo.value("manifest-path")
    folder = absolute(posixpath.dirname(written), cwd) if written else cwd
    found = facts.final.resolver()(posixpath.join(folder, rust_manifests.MANIFEST))
    workspace = rust_manifests.workspace_of(facts.context, posixpath.dirname(found)) if found is not None else None
    if found is None or workspace is None or workspace.missing:
        raise NoDirectStartError(
            f"no Cargo.toml of the build context stands in {folder}, or one of its workspace lacks"
        )
    return posixpath.dirname(found), workspace


def _packages(workspace: Workspace, cargo: Cargo, folder: str) -> tuple[RustPackage, ...]:
    names = cargo.values("package")
    if names:
        return tuple(item for item in map(workspace.named, names) if item is not None)
    if folder != workspace.folder:
        return tuple(item for item in workspace.members if item.folder == folder)
    return workspace.default


def _binary(packages: Sequence[RustPackage], cargo: Cargo) -> Binary:
    """The one program that cargo chooses."""
    found = [binary for package in packages for binary in package.binaries]
    names = cargo.values("bin") or tuple(
        str(package.table["package"]["default-run"])
        for package in packages
        if "default-run" in package.table["package"] and len(found) > 1
    )
    if names:
        found = [binary for binary in found if binary.name in names]
    if len(found) != 1 or (found[0].required_features and not cargo.has("all-features")):
        raise NoDirectStartError("which program of the workspace it starts is not known")
    return found[0]


def _check_settings(facts: Facts, workspace: Workspace) -> None:
    """Raises where settings of cargo give the program variables or another program to run it by."""
    configuration = workspace.configuration
    targets = configuration.get("target", {})
    runners = [item for item in targets.values() if isinstance(item, dict) and "runner" in item]
    env = facts.final.after.env
    if "env" in configuration or runners or any(re.fullmatch(r"CARGO_TARGET_\w+_RUNNER", name) for name in env):
        raise NoDirectStartError("cargo's settings give the program variables, or a program to run it by")


def _check_sources(facts: Facts, workspace: Workspace) -> None:
    for path in sorted(facts.context.files(workspace.folder, (".rs",))):
        text = facts.context.read(path) or ""
        pattern = _BUILDS_A_LIBRARY if posixpath.basename(path) == "build.rs" else _CARGOS_VARIABLES
        found = pattern.search(text)
        if found is not None:
            raise NoDirectStartError(f"{path} has `{found[0]}`, which may need what cargo sets for the program")


def _check_crates(facts: Facts, workspace: Workspace, packages: tuple[RustPackage, ...]) -> None:
    table = tables.toml("rust_crates")
    crates = rust_crates.used_crates(facts, workspace.folder, workspace.members, packages)
    asking = sorted(crates.names & set(table["asks_cargo"]))
    if asking:
        raise NoDirectStartError(f"{asking[0]} asks for what cargo sets for the program")
    for name, answer in table["asks_a_server"].items():
        prepared = any(facts.context.exists(posixpath.join(workspace.folder, path)) for path in answer["prepared"])
        if name not in crates.names or prepared:
            continue
        macros = re.compile(rf"\b(?:{'|'.join(answer['macros'])})!\s*\(")
        if any(
            macros.search(facts.context.read(path) or "") for path in facts.context.files(workspace.folder, (".rs",))
        ):
            raise NoDirectStartError(f"{name} asks the database while the program is compiled")


def _output(facts: Facts, workspace: Workspace, cargo: Cargo, cwd: str) -> str:
    """The image folder that the program is made in."""
    env = facts.final.after.env
    section = workspace.configuration.get("build", {})
    named = cargo.value("target-dir") or env.get("CARGO_TARGET_DIR") or env.get("CARGO_BUILD_TARGET_DIR")
    triple = cargo.value("target") or env.get("CARGO_BUILD_TARGET") or section.get("target") or ""
    if "target-dir" in section or not isinstance(triple, str):
        raise NoDirectStartError("cargo's settings name another folder")
    manifest = posixpath.join(workspace.folder, rust_manifests.MANIFEST)
    resolve = facts.final.resolver()
    above = [cwd, *(cwd[:at] or "/" for at in range(len(cwd) - 1, -1, -1) if cwd[at] == "/")]
    root = next((place for place in above if resolve(posixpath.join(place, rust_manifests.MANIFEST)) == manifest), None)
    if root is None:
        raise NoDirectStartError("where its workspace stands is not known")
    folder = absolute(named, cwd) if named else posixpath.join(root, "target")
    return posixpath.join(folder, triple, cargo.profile_folder)


def _is_built(facts: Facts, asked: Cargo, cwd: str) -> bool:
    """Whether the last build of the stage makes the program with the same options, of the same sources."""
    steps: Sequence[Step] = facts.final.steps
    for step in reversed(steps):
        if step.copy is not None and any(inside(path, cwd) or inside(cwd, path) for path in step.copy.writes):
            return False
        for placed in reversed(step.commands):
            cargo = placed.effects.detail
            if isinstance(cargo, Cargo) and placed.effects.kind is Kind.BUILD and cargo.verb == "build":
                return placed.cwd == cwd and cargo.flags == asked.flags and not placed.command.assignments
            if overlap(placed.effects.writes, (cwd,)) or placed.effects.kind is Kind.UNKNOWN:
                return False
        if step.keyword in ("ARG", "SHELL") or (step.keyword == "ENV" and not _of_the_program(step)):
            return False
    return False


def _of_the_program(step: Step) -> bool:
    return set(step.instruction.args[0::3]) <= _OF_PROGRAMS
