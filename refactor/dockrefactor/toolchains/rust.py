"""Rust: cargo's programs on a slim image of the same release, or on one without a C library where they are static.

The sources are downloaded ahead by `cargo fetch`, never compiled ahead with an empty main file: a copy keeps the old
times of the sources, by which cargo would take the empty program for the newer one and ship it.
"""

from __future__ import annotations

import posixpath
from functools import partial
from typing import TYPE_CHECKING, Final

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.needs import InstallInputs
from dockrefactor.tables import toml
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds, started_by_tool
from dockrefactor.toolchains.rust_cargo import Cargo, parse_cargo

if TYPE_CHECKING:
    from dockrefactor.facts import Facts
    from dockrefactor.shell import Command
    from dockrefactor.stages import Place, Placed, Stage, Step

CARGO_HOME: Final = "/usr/local/cargo"


class Rust:
    """The Rust toolchain."""

    name = "rust"

    def effects(self, command: Command, place: Place) -> Effects | None:
        name = posixpath.basename(command.name)
        if name == "rustup":
            return self._rustup(command)
        if name != "cargo":
            return None
        cargo = parse_cargo(command.argv[1:])
        if cargo is None or cargo.has("config"):
            if command.argv[1:] in (("--version",), ("-V",), ("-vV",)):
                return Effects(Kind.TOOL_SETUP, programs=("cargo",), by=self.name)
            return Effects(Kind.UNKNOWN, by=self.name, why="an option of this cargo command is not known")
        return self._cargo(cargo, place)

    def _rustup(self, command: Command) -> Effects:
        if command.argv[1:2] and command.argv[1] in toml("rust_commands")["rustup"]:
            return Effects(Kind.TOOL_SETUP, programs=("rustup",), network=True, by=self.name)
        return Effects(Kind.UNKNOWN, by=self.name, why=f"`{' '.join(command.argv[:2])}` may run anything")

    def _cargo(self, cargo: Cargo, place: Place) -> Effects:
        home = place.state.env.get("CARGO_HOME", "/root/.cargo")
        programs = ("cargo",)
        table = toml("rust_commands")
        if cargo.verb in ("build", "install"):
            target = cargo.value("target-dir") or place.state.env.get("CARGO_TARGET_DIR") or "target"
            written = absolute(target, place.cwd)
            if cargo.verb == "install":
                written = posixpath.join(absolute(cargo.value("root") or home, place.cwd), "bin")
            return Effects(
                Kind.BUILD, reads=(place.cwd,), writes=(written,), programs=programs, network=True, by=self.name,
                detail=cargo,
            )  # fmt: skip
        if cargo.verb == "fetch":
            writes = (posixpath.join(home, "registry"), posixpath.join(home, "git"))
            return Effects(Kind.INSTALL, writes=writes, programs=programs, network=True, by=self.name, detail=cargo)
        if cargo.verb in table["checks"]:
            return Effects(Kind.TEST, reads=(place.cwd,), programs=programs, network=True, by=self.name, detail=cargo)
        if cargo.verb == "clean":
            gone = (absolute(place.state.env.get("CARGO_TARGET_DIR") or "target", place.cwd),)
            return Effects(Kind.BUILD, writes=gone, programs=programs, by=self.name, detail=cargo)
        if cargo.verb in table["changes"]:
            return Effects(Kind.BUILD, writes=(place.cwd,), programs=programs, network=True, by=self.name, detail=cargo)
        if cargo.verb in table["settings"]:
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
        return Effects(Kind.UNKNOWN, programs=programs, by=self.name, why=f"`cargo {cargo.verb}` may run anything")

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import rust_downloads

        return rust_downloads.inputs(placed, place)

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        """`cargo build` downloads what it needs: `cargo fetch` can stand before the sources.

        Returns (image paths of the manifests, the instruction), None where there is nothing to download ahead.
        """
        assert step.run is not None
        for placed in step.run.commands:
            if placed.effects.by == self.name and placed.effects.kind in (Kind.BUILD, Kind.TEST):
                from dockrefactor.toolchains import rust_downloads

                return rust_downloads.ahead(facts, stage, step, placed)
        return None

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        base = facts.final.base
        if found:
            return Detection("rust", "cargo", "", (facts.at(found[0][0].instruction, "a cargo command runs"),))
        if base is not None and base.language == "rust":
            return Detection("rust", "cargo", "", (facts.at(facts.final.origin, "the base image is Rust's"),))
        return None

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import rust_claims

        return rust_claims.needs(facts)

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import rust_plan

        for started in facts.launch.started:
            if started.name in ("cargo", "rustc", "cargo-watch"):
                from dockrefactor.toolchains import rust_starts

                says = f"`{' '.join(started.argv[:2])}` compiles when it starts"
                return started_by_tool(started, says, partial(rust_starts.direct, facts, started))
        return rust_plan.plan(facts)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        if not any(
            placed.effects.by == self.name
            for step in facts.stages[stage].steps
            if step.run is not None
            for placed in step.run.commands
        ):
            return None
        from dockrefactor.toolchains import rust_plan

        return rust_plan.tree_needs(facts, facts.stages[stage], folder)


TOOLCHAIN: Final = Rust()
