"""How a Rust build is split: which programs are handed over, what they read, what stays behind."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.stages import Stage
from dockrefactor.toolchain import Artifact, Blocked, Plan, TreeNeeds
from dockrefactor.toolchains import compiled_data, moved_programs, rust_claims, rust_crates, rust_programs
from dockrefactor.toolchains.moved_programs import Moved
from dockrefactor.toolchains.rust_cargo import Cargo
from dockrefactor.toolchains.rust_programs import UnknownProgram

# the PATH of every image that a program may run on; Rust's own image adds its bin
_STANDARD_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


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
        self.moved: Moved = moved_programs.follow(stage, outputs, self.left_behind)
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
        launched = self._launched()
        if not launched:
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

    def _installed_tool(self) -> Blocked | None:
        """A program of a registry that the container starts: what it needs is not in the context."""
        names = {posixpath.basename(name): at for name, at in self.facts.launch.programs}
        names.update((claim.value, claim.evidence) for item in self.sources for claim in item.programs if claim.value)
        for step in self.stage.steps:
            for placed in step.run.commands if step.run is not None else ():
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

    def _launched(self) -> set[str]:
        """Places of programs that the container starts."""
        found: set[str] = set()
        path = (self.facts.final.after.env.get("PATH") or "").split(":")
        for launch in (self.facts.launch, self.facts.healthcheck):
            for item in launch.started:
                for word in dict.fromkeys((item.program, *item.wrappers, *item.argv)):
                    places = [absolute(word, item.cwd)] if "/" in word else [posixpath.join(one, word) for one in path]
                    found.update([place for place in places if place in self.moved.places][:1])
        return found

    def chosen(self) -> set[str]:
        """Places of programs that the runtime gets: started, named in the sources, or put to a place by the author."""
        found = self._launched() | self.moved.linked
        cwd = self.facts.final.after.cwd
        named = {
            claim.value
            for item in self.sources
            for claim in (*item.literals, *item.programs)
            if claim.value and len(claim.value) < 200
        }
        for place in self.moved.places:
            if (
                place in named
                or posixpath.basename(place) in named
                or any(absolute(text, cwd) == place for text in named if "/" in text)
            ):
                found.add(place)
            if not any(inside(place, build.target) for build in self.builds):
                found.add(place)
        return found

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
        common = posixpath.commonpath([build.root for build in self.builds])
        resolve = self.stage.resolver()
        while common != "/" and resolve(posixpath.dirname(common)) is not None:
            common = posixpath.dirname(common)
        return common

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
            for path in rust_claims.default_paths(facts, build):
                opened.path(path)
        for text in self._texts_of_the_image():
            opened.path(text)
        opened.kept.update(facts.launch.scripts.values())
        for placed, path, gone in compiled_data.taken(self.stage, self.moved.commands, self.left_behind):
            if gone:
                step = next(step for step in self.stage.steps if step.run is not None and placed in step.run.commands)
                says = f"`{placed.command.name}` takes files of the build to another place"
                return Blocked("unknown-effect", facts.at(step.instruction, says))
            opened.path(path)
        if self.source_tree() == "/":
            opened.kept.update(self._named_by_the_author())
        if computed:
            opened.everything()
        return opened.outermost()

    def _texts_of_the_image(self) -> Iterator[str]:
        """Words of the launch and of the environment, which may be paths."""
        for launch in (self.facts.launch, self.facts.healthcheck):
            for item in launch.started:
                for word in item.argv:
                    yield absolute(word.rpartition("=")[2], item.cwd)
        for step in self.stage.steps:
            if step.keyword == "ENV":
                for value in step.instruction.args[1::3]:
                    yield from re.split(r"[:,;\s]", re.sub(r"^\w+:/{0,2}(?=\w)", "", value))

    def _named_by_the_author(self) -> Iterator[str]:
        """Copies of single files and folders other than sources: in the root folder, a copy goes to its own place."""
        for step in self.stage.steps:
            for source, _, is_folder in step.copy.pairs if step.copy is not None else ():
                files = self.facts.context.files(source) if is_folder else [source]
                if source and not any(rust_claims.is_rust_source(path) for path in files):
                    yield source


def tree_needs(facts: Facts, stage: Stage, folder: str) -> TreeNeeds | Blocked | None:
    """What of a folder of a builder the final stage needs."""
    try:
        planner = _Planner(facts, stage)
    except UnknownProgram as unknown:
        return Blocked("unknown-reads", facts.at(unknown.step.instruction, unknown.says))
    here = [path for path in planner.moved.places if inside(path, folder)]
    if not here:
        return None
    launched = [path for path in here if path in planner.chosen()] or here
    root = stage.resolver()(folder)
    opened = planner.opened()
    computed = any(claim.value is None for item in planner.sources for claim in item.reads)
    evidence = tuple(dict.fromkeys(item.package.evidence for item in planner.programs))
    if root is None or opened is None or isinstance(opened, Blocked) or computed:
        return Blocked("unknown-reads", evidence[0])
    built = tuple(posixpath.relpath(path, folder) for path in launched)
    kept = tuple(posixpath.relpath("/" + path, "/" + root) for path in opened if inside("/" + path, "/" + root))
    return TreeNeeds(built, kept, evidence)
