"""How a Rust build is split: which programs are handed over, what they read, what stays behind."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.effects import inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.stages import Stage
from dockrefactor.toolchain import Artifact, Blocked, Plan, TreeNeeds
from dockrefactor.toolchains import (
    compiled_data,
    compiled_plan,
    moved_programs,
    rust_claims,
    rust_crates,
    rust_programs,
    rust_scripts,
)
from dockrefactor.toolchains.moved_programs import Moved
from dockrefactor.toolchains.rust_cargo import Cargo
from dockrefactor.toolchains.rust_programs import UnknownProgram

_OF_A_PACKAGE = ("src", "tests", "benches", "examples", "build.rs", "Cargo.toml")


def plan(facts: Facts) -> Plan | Blocked:
    """The split of the final stage, or the first thing that is not shown."""
    try:
        return _Planner(facts, facts.final).plan()
    except UnknownProgram as unknown:
        return Blocked(unknown.code, facts.at(unknown.step.instruction, unknown.says))


class _Planner:
    """Raises UnknownProgram."""

    def __init__(self, facts: Facts, stage: Stage) -> None:
        self.facts = facts
        self.stage = stage
        self.builds = list(rust_programs.builds(facts, stage))
        self.programs = list(rust_programs.programs(facts, stage))
        self.left_behind = tuple(dict.fromkeys(self._left_behind()))
        outputs = [(item.build.placed, item.output) for item in self.programs]
        tree = self.source_tree() if self.builds else "/"
        self.moved: Moved = moved_programs.follow(stage, outputs, self.left_behind, "" if tree == "/" else tree)
        self.sources = [item for build in self.builds for item in rust_claims.sources_of(facts, build)]

    def _left_behind(self) -> Iterator[str]:
        for build in self.builds:
            yield from (build.target, posixpath.join(build.root, "Cargo.lock"), posixpath.join(build.root, ".cargo"))
            for package in build.workspace.members:
                folder = build.image_folder(package)
                yield from (posixpath.join(folder, name) for name in _OF_A_PACKAGE)
        yield from ("/usr/local/cargo/registry", "/usr/local/cargo/git", "/root/.cargo")

    def plan(self) -> Plan | Blocked:
        facts = self.facts
        if not self.programs:
            return Blocked("unknown-toolchain", facts.at(facts.final.origin, "no cargo command makes a program"))
        assumed: list[Blocked] = []
        for obstacle in self._obstacles():
            if obstacle.code != "unknown-package" or obstacle.code not in facts.options.assume:
                return obstacle
            assumed.append(obstacle)
        chosen = self.chosen()
        if not compiled_plan.launched(facts, self.moved.places):
            says = "the container starts none of the programs that are built"
            return Blocked("unknown-toolchain", facts.at(facts.final.origin, says))
        opened = self.opened()
        if isinstance(opened, Blocked):
            return opened
        static = all(rust_programs.is_static(facts, build) for build in self.builds)
        return Plan(
            artifacts=tuple(self._artifact(path) for path in sorted(chosen)),
            context_paths=opened,
            source_tree=self.source_tree() if opened is not None else None,
            own=self.moved.commands,
            static=static,
            gain="the compiler and the sources stay behind",
            evidence=tuple(dict.fromkeys(program.package.evidence for program in self.programs)),
            assumed=tuple(assumed),
        )

    def _obstacles(self) -> Iterator[Blocked]:
        """What of the programs' needs is not known."""
        facts = self.facts
        base = facts.final.base
        for build in self.builds:
            if rust_programs.links_more(build):
                at = facts.at(build.step.instruction, "its flags link libraries of their own")
                yield Blocked("unknown-library", at)
            if not rust_programs.is_static(facts, build):
                linked = rust_crates.libraries(facts, self.stage, rust_claims.crates_of(facts, build))
                if isinstance(linked, Blocked):
                    yield linked
        renamed = compiled_plan.unknown_on_ubuntu(facts, self.stage)
        if renamed is not None:
            yield renamed
        full = base is not None and base.variant == "full" and (base.counterpart or base.counterpart_image)
        for item in self.sources:
            for claim in item.loads:
                yield Blocked("unknown-library", claim.evidence)
            for claim in item.programs:
                if claim.value is None and full:
                    at = Evidence(claim.evidence.path, claim.evidence.line, "the name of a started program is computed")
                    yield Blocked("unknown-library", at)
        tool = self._installed_tool()
        if tool is not None:
            yield tool
        yield from self.left_by_scripts()

    def left_by_scripts(self) -> Iterator[Blocked]:
        """Files of build scripts that a program may open."""
        for build in self.builds:
            sources = rust_claims.sources_of(self.facts, build)
            for package in build.packages:
                left = rust_scripts.needed(self.facts.context, package, sources)
                if left is not None:
                    says = f"{left.says}: the program may need what a build script leaves"
                    yield Blocked("ambiguous-artifact", Evidence(left.path, left.line, says))

    def _installed_tool(self) -> Blocked | None:
        """A program of a registry that the container starts: what it needs is not in the context."""
        names = {posixpath.basename(name): at for name, at in self.facts.launch.programs}
        names.update((claim.value, claim.evidence) for item in self.sources for claim in item.programs if claim.value)
        for step in self.stage.steps:
            for placed in step.commands:
                cargo = placed.effects.detail
                if not isinstance(cargo, Cargo) or cargo.verb != "install" or cargo.has("path"):
                    continue
                stems = [word.partition("@")[0] for word in cargo.operands] + list(cargo.values("bin"))
                for stem in stems:
                    started = next((name for name in (stem, stem.removesuffix("-cli")) if name in names), None)
                    if started is not None or cargo.has("git"):
                        says = f"what `{started or 'it'}` needs when it runs is not known"
                        return Blocked("unknown-library", self.facts.at(step.instruction, says))
        return None

    def chosen(self) -> set[str]:
        """Places of programs that the runtime gets: started, named in the sources, or put to a place by the author."""
        places = self.moved.places
        found = compiled_plan.startable(self.facts, places) | self.moved.linked
        texts = [claim.value for item in self.sources for claim in (*item.literals, *item.programs)]
        found |= compiled_plan.named(places, texts, self.facts.final.after.cwd)
        built = [build.target for build in self.builds]
        return found | {place for place in places if not any(inside(place, folder) for folder in built)}

    def _artifact(self, path: str) -> Artifact:
        built = self.moved.places[path]
        program = next(item for item in self.programs if item.output == built)
        evidence = self.facts.at(program.build.step.instruction, "is built here")
        folder, name = posixpath.split(path)
        home = folder in (f"{rust_programs.CARGO_HOME}/bin", "/root/.cargo/bin")
        by_path = any(path in item.argv or path == item.program for item in self.facts.launch.started)
        written = any(folder in step.instruction.logical for step in self.stage.steps if step.keyword == "ENV")
        return Artifact(path, False, evidence, f"/usr/local/bin/{name}" if home and not by_path and not written else "")

    def source_tree(self) -> str:
        """The image folder in which the workspace stands."""
        return compiled_plan.source_tree(self.stage, [build.root for build in self.builds])

    def opened(self) -> tuple[str, ...] | Blocked | None:
        """Context paths that the programs open at run time; None where they open the work folder itself."""
        facts = self.facts
        opened = compiled_data.Opened(facts, self.stage, facts.final.after.cwd, rust_claims.is_rust_source)
        computed = bool(facts.launch.scripts)
        for build in self.builds:
            folders = [build.image_folder(package) for package in build.packages]
            stems = rust_claims.names_files_by_stem(facts, build)
            for item in rust_claims.sources_of(facts, build):
                computed = computed or any(claim.value is None for claim in item.reads)
                if any(claim.value in (".", "./", "") for claim in item.reads):
                    return None
                for claim in (*item.literals, *item.reads):
                    opened.path(claim.value or "", folders)
                    if stems and claim.value:
                        opened.stem(claim.value)
                for claim in item.writes:
                    opened.written(claim.value or "")
            for path in rust_claims.default_paths(facts, build):
                opened.path(path)
        compiled_plan.open_image_texts(facts, self.stage, opened, rust_claims.is_rust_source, self.source_tree())
        own = self.moved.commands
        blocked = compiled_plan.taken_from_the_build(facts, self.stage, own, self.left_behind, opened)
        if blocked is not None:
            return blocked
        if computed:
            opened.everything()
        return opened.outermost()


def tree_needs(facts: Facts, stage: Stage, folder: str) -> TreeNeeds | Blocked | None:
    """What of a folder of a builder the final stage needs."""
    try:
        planner = _Planner(facts, stage)
    except UnknownProgram as unknown:
        return Blocked("unknown-reads", facts.at(unknown.step.instruction, unknown.says))
    left = next(planner.left_by_scripts(), None)
    if left is not None:
        return Blocked("unknown-reads", left.evidence)
    computed = any(claim.value is None for item in planner.sources for claim in item.reads)
    evidence = tuple(dict.fromkeys(item.package.evidence for item in planner.programs))
    return compiled_plan.tree_needs(
        stage, folder, planner.moved.places, planner.chosen, planner.opened, computed, evidence
    )
