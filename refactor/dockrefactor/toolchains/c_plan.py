"""How a build of C or C++ is split: which programs and installed files are handed over, and what they need."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim
from dockrefactor.stages import Placed, Stage
from dockrefactor.toolchain import Artifact, Blocked, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains import c_linked, c_shared, compiled_data, compiled_plan
from dockrefactor.toolchains.c_build import Made, is_for_builds
from dockrefactor.toolchains.c_names import compiler
from dockrefactor.toolchains.c_programs import CBuild, UnknownBuild, builds
from dockrefactor.toolchains.c_sources import CSources, is_c_source, read_sources
from dockrefactor.toolchains.moved_programs import FOLDERS, Follower

# programs of recipes whose output is redirected to the file that they install
_PRINTING: Final = frozenset({"sed", "cat", "echo", "printf", "awk"})


def _beside(follower: Follower, move: Placed, outside: Sequence[str]) -> Iterator[Made]:
    """The files that a recipe of a Makefile puts into the build's own folders."""
    name = move.command.name
    written = move.effects.writes[-1:] if name in ("mv", "ln") else move.effects.writes
    for path in written if not move.effects.removes and name != "chmod" else ():
        if path in outside:
            continue
        if name == "mkdir":
            follower.folders.add(path)
            yield Made(path, empty=True)
            continue
        into = path in follower.folders or path in FOLDERS or move.command.argv[-1].endswith("/")
        if name in ("cp", "install", "mv") and into and move.effects.reads:
            yield from (Made(posixpath.join(path, posixpath.basename(source))) for source in move.effects.reads)
        else:
            yield Made(path)


def plan(facts: Facts) -> Plan | Blocked:
    """The split of the final stage, or the first thing that is not shown."""
    for step, placed in facts.commands(lambda placed: placed.effects.kind is Kind.UNKNOWN):
        return Blocked("unknown-effect", facts.at(step.instruction, placed.effects.why))
    try:
        return _Planner(facts, facts.final).plan()
    except UnknownBuild as unknown:
        return Blocked(unknown.code, facts.at(unknown.step.instruction, unknown.says))


class _Planner:
    """Raises UnknownBuild."""

    def __init__(self, facts: Facts, stage: Stage) -> None:
        self.facts = facts
        self.stage = stage
        self.builds = builds(facts, stage)
        self.roots = [item.placed.cwd for item in self.builds]
        self.left_behind = tuple(dict.fromkeys(self._left_behind()))
        self.installed: dict[str, CBuild] = {}
        self.beside: list[tuple[CBuild, Made]] = []
        self.links: dict[str, str] = {}
        self.own_libraries = {library.path for item in self.builds for library in item.built.shared}
        self.follower = self._follow()
        self.places = self.follower.places
        self.sources = sources_of(facts, self.builds)

    def _left_behind(self) -> Iterator[str]:
        """Folders that hold nothing but what the build makes."""
        works = {step.before.cwd for step in self.stage.steps} | {self.stage.after.cwd}
        resolve = self.stage.resolver()
        for item in self.builds:
            folders = [*item.built.writes, *(posixpath.dirname(path) for path in item.built.programs)]
            yield from (
                folder
                for folder in folders
                if folder not in FOLDERS and folder not in works and resolve(folder) is None
            )

    def _follow(self) -> Follower:
        by_command = {id(item.placed): item for item in self.builds}
        tree = compiled_plan.source_tree(self.stage, self.roots) if self.roots else "/"
        follower = Follower(self.stage, self.left_behind, "" if tree == "/" else tree)
        for step in self.stage.steps:
            follower.copied(step)
            for placed in step.commands:
                built = by_command.get(id(placed))
                if built is None:
                    follower.take(placed)
                    continue
                follower.places.update((path, path) for path in built.built.programs)
                follower.places.update((library.path, library.path) for library in built.built.shared)
                follower.places.update((target, source) for target, source in built.copied)
                self.installed.update(dict.fromkeys(built.built.installed, built))
                for move in built.built.moves:
                    self._recipe(follower, built, move)
        return follower

    def _recipe(self, follower: Follower, build: CBuild, move: Placed) -> None:
        """A file command of a Makefile: it moves a program, works beside the sources, or installs a file."""
        before = len(follower.own)
        follower.take(move)
        outside = [path for path in move.effects.writes if not any(inside(path, one) for one in build.built.writes)]
        self.beside += [(build, item) for item in _beside(follower, move, outside)]
        if len(follower.own) > before or not outside:
            return
        if move.command.name == "mkdir" or (move.command.name == "install" and "-d" in move.command.argv):
            follower.folders.update(outside)
            self.installed.update((path, build) for path in outside if path not in FOLDERS and path.count("/") > 1)
            return
        if move.command.name == "ln":
            self._link(follower, build, move)
            return
        if move.command.name == "chmod" and all(path in self.installed for path in outside):
            return
        if move.command.name in _PRINTING and move.command.redirects:
            self.installed.update(dict.fromkeys(outside, build))
            return
        if move.command.name not in ("cp", "install"):
            says = f"what `{move.command.name}` of the Makefile leaves is not followed"
            raise UnknownBuild("unknown-effect", build.step, says)
        for path in outside:
            into = path in follower.folders or path in FOLDERS or move.command.argv[-1].endswith("/")
            names = [posixpath.join(path, posixpath.basename(source)) for source in move.effects.reads]
            self.installed.update((name, build) for name in (names if into else [path]))

    def _link(self, follower: Follower, build: CBuild, move: Placed) -> None:
        """A symbolic link that a recipe makes beside a library, or to a program."""
        words = [word.text for word in move.command.words[1:] if not word.text.startswith("-")]
        place = move.effects.writes[-1]
        if len(words) != 2 or place in FOLDERS or place in follower.folders:
            raise UnknownBuild("unknown-effect", build.step, "which link a recipe of the Makefile makes is not told")
        target = absolute(words[0], posixpath.dirname(place))
        if target not in follower.places and target not in self.links:
            raise UnknownBuild("unknown-effect", build.step, f"what the Makefile's link {place} leads to is not told")
        if follower.places.get(self.links.get(target, target)) in self.own_libraries:
            self.links[place] = self.links.get(target, target)
        else:
            self.installed[place] = build

    def plan(self) -> Plan | Blocked:
        facts = self.facts
        if not any(item.built.programs or item.copied for item in self.builds):
            return Blocked(
                "unknown-toolchain", facts.at(facts.final.origin, "nothing that is compiled here is a program")
            )
        for obstacle in self._obstacles():
            return obstacle
        if not compiled_plan.launched(facts, self.places):
            says = "the container starts none of the programs that are built"
            return Blocked("unknown-toolchain", facts.at(facts.final.origin, says))
        opened = self.opened()
        if isinstance(opened, Blocked):
            return opened
        made = self.made()
        if isinstance(made, Blocked):
            return made
        chosen = sorted(self.chosen())
        shared = c_shared.find(facts, self.stage, self.builds, self.places, self.links, chosen)
        if isinstance(shared, Blocked):
            return shared
        keeps = any(compiler(claim.value or "") for item in self.sources for claim in item.programs)
        others = [
            path
            for path in self.installed
            if (keeps or not is_for_builds(path))
            and not any(other != path and inside(other, path) for other in (*self.installed, *chosen))
        ]
        return Plan(
            artifacts=(
                *(Artifact(path, False, self._built_at(path)) for path in chosen),
                *(Artifact(path, False, self._installed_at(path)) for path in others),
                *(Artifact(path, False, self._linked_at(build)) for path, build in shared.files),
                *made,
            ),
            context_paths=opened,
            source_tree=compiled_plan.source_tree(self.stage, self.roots) if opened is not None else None,
            own=(*self.follower.own, *shared.own),
            closing=shared.closing,
            static=self._is_static(),
            gain="the compiler and the sources stay behind",
            evidence=tuple(facts.at(item.step.instruction, "builds a program") for item in self.builds[:1]),
        )

    def _is_static(self) -> bool:
        """Whether the programs run on an image of any distribution. In Red Hat's family libraries that are linked
        statically look for certificates where others have none."""
        base = self.stage.base
        static = all(item.built.static for item in self.builds if item.built.programs or item.copied)
        return static and not (base is not None and base.is_rpm)

    def _built_at(self, path: str) -> Evidence:
        built = self.places[path]
        item = next(item for item in self.builds if built in item.built.programs or (path, built) in item.copied)
        return self.facts.at(item.step.instruction, "is built here")

    def _linked_at(self, build: CBuild) -> Evidence:
        return self.facts.at(build.step.instruction, "is linked here")

    def _installed_at(self, path: str) -> Evidence:
        return self.facts.at(self.installed[path].step.instruction, "is installed here")

    def _obstacles(self) -> Iterator[Blocked]:
        """What of the programs' needs is not known."""
        facts = self.facts
        base = facts.final.base
        for item in self.builds:
            if item.source is None:
                says = "what it compiles does not come from the context"
                yield Blocked("manifest-missing", facts.at(item.step.instruction, says))
            if (
                base is not None
                and base.is_rpm
                and (item.built.shared or any("/lib" in path for path in self.installed))
            ):
                says = "where its libraries are installed and looked for on this distribution is not known"
                yield Blocked("unknown-library", facts.at(item.step.instruction, says))
            newer = c_linked.of_newer_compiler(base, item) if base is not None else ""
            if newer:
                says = f"the image's own {newer} is newer than that of its distribution"
                yield Blocked("unknown-library", facts.at(item.step.instruction, says))
            linked = [] if item.built.static else c_linked.libraries(facts, self.stage, item)
            if isinstance(linked, Blocked):
                yield linked
        renamed = compiled_plan.unknown_on_ubuntu(facts, self.stage)
        if renamed is not None:
            yield renamed
        full = base is not None and base.variant == "full" and bool(base.packages)
        for sources in self.sources:
            for claim in sources.loads:
                yield Blocked("unknown-library", claim.evidence)
            for claim in sources.programs:
                if claim.value is None and full:
                    at = Evidence(claim.evidence.path, claim.evidence.line, "the name of a started program is computed")
                    yield Blocked("unknown-library", at)

    def chosen(self) -> set[str]:
        """Places of programs that the runtime gets: started, named in the sources, or put to a place by the author."""
        cwd = self.facts.final.after.cwd
        found = compiled_plan.startable(self.facts, self.places) | (self.follower.linked & self.places.keys())
        texts = [claim.value for item in self.sources for claim in (*item.literals, *item.programs)]
        found |= compiled_plan.named(self.places, texts, cwd)
        built = {path for item in self.builds for path in item.built.programs}
        found |= {place for place in self.places if place not in built}
        return {place for place in found if self.places[place] not in self.own_libraries}

    def opened(self) -> tuple[str, ...] | Blocked | None:
        """Context paths that the programs open at run time; None where they open the work folder itself."""
        facts = self.facts
        opened = compiled_data.Opened(facts, self.stage, facts.final.after.cwd, is_c_source)
        for item in self.sources:
            if any(claim.value in (".", "./", "") for claim in item.reads):
                return None
            for claim in (*item.literals, *item.reads):
                opened.path(claim.value or "", self.roots if (claim.value or "").startswith("/") else ())
            for claim in item.writes:
                opened.written(claim.value or "")
        tree = compiled_plan.source_tree(self.stage, self.roots)
        compiled_plan.open_image_texts(facts, self.stage, opened, is_c_source, tree)
        own = tuple(self.follower.own)
        blocked = compiled_plan.taken_from_the_build(facts, self.stage, own, self.left_behind, opened)
        if blocked is not None:
            return blocked
        if facts.launch.scripts or self.computes():
            opened.everything()
        return opened.outermost()

    def made(self) -> tuple[Artifact, ...] | Blocked:
        """Files that the builds make beside what they compile, and that the program may open."""
        facts = self.facts
        words = [claim.value or "" for item in self.sources for claim in (*item.literals, *item.reads, *item.writes)]
        words += [word for item in facts.launch.started for word in item.argv]
        words += [value for step in self.stage.steps if step.keyword == "ENV" for value in step.instruction.args[1::3]]
        anything = self.computes() or bool(facts.launch.scripts)
        found = [*((build, item) for build in self.builds for item in build.built.made), *self.beside]
        chosen: dict[str, Artifact] = {}
        empty: dict[str, Artifact] = {}
        for build, item in found:
            if not self._may_be_opened(item, words, anything):
                continue
            if not item.certain:
                says = f"whether and where the build makes `{posixpath.basename(item.path) or 'a file'}` is not told"
                return Blocked("unknown-effect", facts.at(build.step.instruction, says))
            (empty if item.empty else chosen)[item.path] = Artifact(
                item.path, False, facts.at(build.step.instruction, "is made here")
            )
        inner = {path for path in chosen if any(path != other and inside(path, other) for other in chosen)}
        filled = {path for path in empty if any(inside(other, path) for other in (*self.places, *chosen))}
        return tuple(
            artifact for path, artifact in {**empty, **chosen}.items() if path not in inner and path not in filled
        )

    def _may_be_opened(self, item: Made, words: Sequence[str], anything: bool) -> bool:
        path = item.path
        if is_c_source(path) or path.endswith((".pc", ".in", ".d")) or path in self.places:
            return False
        if self.stage.resolver()(path) is not None:
            return False  # the context has it too
        if item.empty:
            cwd = self.facts.final.after.cwd
            return not inside(cwd, path) and any(inside(absolute(word, cwd), path) for word in words if word)
        name = posixpath.basename(path)
        return anything or not name or "$" in name or any(name in word for word in words)

    def computes(self) -> bool:
        return any(claim.value is None for item in self.sources for claim in item.reads)


def sources_of(facts: Facts, found: tuple[CBuild, ...]) -> list[CSources]:
    folders = dict.fromkeys(item.source for item in found if item.source is not None)
    return [read_sources(facts.context, folder) for folder in folders]


def needs(facts: Facts) -> RuntimeNeeds:
    """What all programs that the final stage's builds make may ask for."""
    packages: dict[str, Evidence] = {}
    found: list[CBuild] = []
    for stage in facts.contributing:
        try:
            here = builds(facts, stage)
        except UnknownBuild:
            continue
        found += here
        for item in here:
            linked = [] if item.built.static else c_linked.libraries(facts, stage, item)
            if not isinstance(linked, Blocked):
                packages.update(linked)
    sources = sources_of(facts, tuple(found))
    cwd = facts.final.after.cwd
    return RuntimeNeeds(
        programs=tuple(claim for item in sources for claim in item.programs),
        os_packages=tuple(packages.items()),
        writes=tuple(
            Claim(absolute(claim.value, cwd), claim.evidence) if claim.value is not None else claim
            for item in sources
            for claim in item.writes
        ),
        ports=tuple(claim for item in sources for claim in item.ports),
    )


def tree_needs(facts: Facts, stage: Stage, folder: str) -> TreeNeeds | Blocked | None:
    """What of a folder of a builder the final stage needs."""
    try:
        planner = _Planner(facts, stage)
    except UnknownBuild as unknown:
        return Blocked("unknown-reads", facts.at(unknown.step.instruction, unknown.says))
    evidence = tuple(facts.at(item.step.instruction, "builds a program") for item in planner.builds)
    if planner.own_libraries or planner.made():
        return Blocked("unknown-reads", evidence[0])
    return compiled_plan.tree_needs(
        stage, folder, planner.places, planner.chosen, planner.opened, planner.computes(), evidence
    )
