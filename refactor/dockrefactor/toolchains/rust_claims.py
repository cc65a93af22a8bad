"""What the programs of a Rust build ask of the image that runs them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim
from dockrefactor.stages import Stage
from dockrefactor.tables import toml
from dockrefactor.toolchain import Blocked, RuntimeNeeds
from dockrefactor.toolchains import rust_crates
from dockrefactor.toolchains.rust_crates import Crates
from dockrefactor.toolchains.rust_programs import RustBuild, UnknownProgram, builds, is_static
from dockrefactor.toolchains.rust_sources import RustSources, read_sources

_FILES: Final = frozenset(
    {"Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", "rustfmt.toml", ".rustfmt.toml",
     "clippy.toml", ".clippy.toml", "deny.toml", "Cross.toml", "release.toml"}
)  # fmt: skip


def needs(facts: Facts) -> RuntimeNeeds:
    """What all programs that the final stage's builds make may ask for."""
    found: list[tuple[Stage, RustBuild]] = []
    unknown: list[tuple[str, Evidence]] = []
    for stage in facts.contributing:
        try:
            found += [(stage, build) for build in builds(facts, stage)]
        except UnknownProgram as error:
            unknown.append(("writes-unknown-path", facts.at(error.step.instruction, error.says)))
    sources = [item for _, build in found for item in sources_of(facts, build)]
    packages: dict[str, Evidence] = {}
    for stage, build in found:
        packages.update(_packages(facts, stage, build))
    cwd = facts.final.after.cwd
    writes = [claim for item in sources for claim in item.writes]
    return RuntimeNeeds(
        programs=tuple(claim for item in sources for claim in item.programs),
        os_packages=tuple(packages.items()),
        writes=(*(_absolute(claim, cwd) for claim in writes), *_databases(facts)),
        home=any(item.home for item in sources),
        ports=tuple(claim for item in sources for claim in item.ports),
        unknown=tuple(unknown),
    )


def _packages(facts: Facts, stage: Stage, build: RustBuild) -> Iterator[tuple[str, Evidence]]:
    crates = crates_of(facts, build)
    words = frozenset(word for item in sources_of(facts, build) for word in item.words)
    linked = () if is_static(facts, build) else rust_crates.libraries(facts, stage, crates)
    if not isinstance(linked, Blocked):
        yield from linked
    yield from rust_crates.data_packages(facts, stage, crates, words)


def sources_of(facts: Facts, build: RustBuild) -> list[RustSources]:
    """The sources of every local package that a build compiles."""
    env = {**facts.final.after.env}
    return [read_sources(facts.context, package.folder, env, build.release) for package in build.packages]


def crates_of(facts: Facts, build: RustBuild) -> Crates:
    return rust_crates.used_crates(facts, build.workspace.folder, build.workspace.members, build.packages)


def _absolute(claim: Claim, cwd: str) -> Claim:
    return Claim(absolute(claim.value, cwd), claim.evidence) if claim.value is not None else claim


def _databases(facts: Facts) -> Iterator[Claim]:
    """SQLite files that variables of the image name, in the spelling of sqlx."""
    import re

    for step in facts.final.steps:
        if step.keyword != "ENV":
            continue
        for value in step.instruction.args[1::3]:
            match = re.fullmatch(r"sqlite:(?://)?(?!/?:memory:)([^?$]+)(?:\?.*)?", value)
            if match is not None and not match[1].startswith("//"):
                yield Claim(absolute(match[1], facts.final.after.cwd), facts.at(step.instruction, "a SQLite file"))


def default_paths(facts: Facts, build: RustBuild) -> tuple[str, ...]:
    """Paths in the work folder that crates open by themselves."""
    return rust_crates.read_paths(crates_of(facts, build))


def names_files_by_stem(facts: Facts, build: RustBuild) -> bool:
    """Whether a crate opens files that are named without their extension."""
    return bool(crates_of(facts, build).names & set(toml("rust_crates")["stems"]))


def is_rust_source(path: str) -> bool:
    """Whether only cargo reads a file of the context."""
    name = posixpath.basename(path)
    return name.endswith(".rs") or name in _FILES or "/.cargo/" in f"/{path}" or name == ".cargo"
