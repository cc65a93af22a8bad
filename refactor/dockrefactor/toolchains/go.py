"""Go: modules, vendored and workspace builds; a static program where no cgo is shown, else one for the same libc."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor.context import BuildContext, outermost
from dockrefactor.effects import Effects, Kind, absolute, in_image, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import STANDARD_PATH
from dockrefactor.inert import is_inert
from dockrefactor.needs import Claim, InstallInputs
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.tables import toml
from dockrefactor.toolchain import (
    Artifact,
    Blocked,
    CommandEdit,
    Detection,
    Plan,
    RuntimeNeeds,
    Toolchain,
    TreeNeeds,
    started_by_tool,
)
from dockrefactor.toolchains import go_module
from dockrefactor.toolchains.go_build import parse_go_build
from dockrefactor.toolchains.tag_versions import tag_version

if TYPE_CHECKING:
    from dockrefactor.toolchains.go_programs import Program

# https://go.dev/doc/go1.11#modules, https://go.dev/doc/go1.13#modules
_FIRST_WITH_MODULES: Final = (1, 11)
_MODULES_EVERYWHERE: Final = (1, 13)


class Go:
    """The Go toolchain."""

    name = "go"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if not argv or posixpath.basename(argv[0]) != "go" or len(argv) < 2:
            return None
        verb = argv[1]
        programs = ("go",)
        if verb in ("build", "install"):
            return self._build_effects(command, place)
        if argv[1:3] == ("mod", "download"):
            return Effects(Kind.INSTALL, writes=("/go/pkg",), programs=programs, network=True, by=self.name)
        if verb == "mod":
            return Effects(Kind.BUILD, writes=(place.cwd,), programs=programs, network=True, by=self.name)
        if (
            verb == "get"
            and "-d" in argv
            and all(word.startswith("-") or word.endswith("...") or word == "." for word in argv[2:])
        ):
            return Effects(
                Kind.BUILD, reads=(place.cwd,), writes=("/go/pkg",), programs=programs, network=True, by=self.name
            )
        if verb == "get":
            return Effects(Kind.BUILD, writes=(place.cwd, "/go"), programs=programs, network=True, by=self.name)
        if verb in toml("go_commands")["checks"]:
            return Effects(Kind.TEST, reads=(place.cwd,), programs=programs, by=self.name)
        if verb in toml("go_commands")["settings"]:
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
        return Effects(Kind.UNKNOWN, programs=programs, by=self.name, why=f"`go {verb}` may run anything")

    def _build_effects(self, command: Command, place: Place) -> Effects:
        build = parse_go_build(command.argv)
        if build is None:
            return Effects(Kind.UNKNOWN, by=self.name, why="a flag of this build is not known")
        cwd = absolute(build.folder, place.cwd) if build.folder else place.cwd
        if any("@" in package for package in build.packages):
            return Effects(
                Kind.TOOL_INSTALL, writes=("/go/bin",), programs=("go",), network=True, by=self.name, detail=build
            )
        writes: tuple[str, ...] = (absolute(build.output, cwd),) if build.output else (cwd,)
        if build.kind == "install":
            writes = ("/go/bin",)
        return Effects(
            Kind.BUILD, reads=(cwd,), writes=writes, programs=("go",), network=True, by=self.name, detail=build
        )

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        found = self._root(place, placed.cwd)
        if found is None:
            return InstallInputs(missing=(posixpath.join(placed.cwd, "go.mod"),))
        root, folder = found
        files = tuple(
            in_image(path, root, folder) for path in go_module.module_inputs(place.context, self._member(place, root))
        )
        module = go_module.read_module(place.context, root)
        # an image may have put the parts of a repository together in another way
        apart = [item.manifest(folder) for item in (module.elsewhere if module is not None else ())]
        there = [path for path in apart if place.resolve(path) is not None]
        return InstallInputs(
            files=(*files, *there),
            locked=place.context.is_file(posixpath.join(root, "go.sum")),
            missing=tuple(path for path in apart if path not in there),
        )

    def _root(self, place: Place, cwd: str) -> tuple[str, str] | None:
        """The module or workspace that `cwd` lies in: its context folder, and its image folder."""
        folder = cwd
        while True:
            for name in ("go.mod", "go.work"):
                found = place.resolve(posixpath.join(folder, name))
                if found is not None:
                    return posixpath.dirname(found), folder
            if folder == "/":
                return None
            folder = posixpath.dirname(folder)

    def _member(self, place: Place, root: str) -> str:
        if place.context.is_file(posixpath.join(root, "go.mod")):
            return root
        return (go_module.read_workspace(place.context, root) or (root,))[0]

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        """`go build` downloads what it needs: an install of its own, `go mod download`, can stand before the sources.

        Returns (image paths of the manifests, the instruction), None where there is nothing to download ahead.
        """
        assert step.run is not None
        builds = [
            placed
            for placed in step.run.commands
            if placed.effects.by == self.name and placed.effects.kind in (Kind.BUILD, Kind.TEST)
        ]
        if not builds or builds[0].cwd != step.before.cwd or _ignores_modules(stage, step) is not None:
            return None
        place = facts.place(step, builds[0], stage)
        inputs = self.install_inputs(builds[0], place)
        if inputs is None or inputs.missing or getattr(builds[0].effects.detail, "mod", None) == "vendor":
            return None
        context_folder, _ = self._root(place, step.before.cwd) or ("", "")
        if go_module.is_vendored(facts.context, context_folder):
            return None
        if not go_module.requires_anything(facts.context, self._member(place, context_folder)):
            return None
        return inputs.files, "RUN go mod download"

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        base = facts.final.base
        if found:
            return Detection("go", "go modules", "", (facts.at(found[0][0].instruction, "a go command runs"),))
        if base is not None and base.language == "go":
            return Detection("go", "go modules", "", (facts.at(facts.final.origin, "the base image is Go's"),))
        return None

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import go_programs

        try:
            programs = [item for stage in facts.contributing for item in go_programs.programs(facts, stage)]
        except go_programs.UnknownProgram as unknown:
            place = facts.at(unknown.step.instruction, unknown.says)
            return RuntimeNeeds(unknown=(("writes-unknown-path", place),))
        packages: list[tuple[str, Evidence]] = []
        for item in programs:
            if item.read.uses_tls:
                packages.append(("ca-certificates", item.module.evidence))
            if item.read.uses_timezones:
                packages.append(("tzdata", item.module.evidence))
            # elsewhere the libraries have other names, and are those of the author's own packages
            for module in item.read.cgo_modules if facts.final.base is None or not facts.final.base.is_rpm else ():
                packages.extend((library, item.module.evidence) for library in module.libraries)
        return RuntimeNeeds(
            programs=tuple(claim for item in programs for claim in item.read.needs.programs),
            os_packages=tuple(dict(packages).items()),
            writes=tuple(self._absolute(claim, facts) for item in programs for claim in item.read.needs.writes),
            ports=tuple(claim for item in programs for claim in item.read.needs.ports),
        )

    def _absolute(self, claim: Claim, facts: Facts) -> Claim:
        return Claim(absolute(claim.value, facts.final.after.cwd), claim.evidence) if claim.value is not None else claim

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import go_programs, go_starts

        started = facts.launch.main
        if started is not None and started.argv[:2] == ("go", "run"):
            return started_by_tool(
                started, "`go run` compiles when it starts", lambda: go_starts.direct(facts, started)
            )
        try:
            programs = list(go_programs.programs(facts, facts.final))
        except go_programs.UnknownProgram as unknown:
            return Blocked(unknown.code, facts.at(unknown.step.instruction, unknown.says))
        if not programs:
            return Blocked(
                "unknown-toolchain", facts.at(facts.final.origin, "no `go build` or `go install` makes a program")
            )
        for item in programs:
            says = _ignores_modules(facts.final, item.step)
            if says is not None:
                return Blocked("old-language-version", facts.at(item.step.instruction, says))
        return self._plan(facts, programs)

    def _plan(self, facts: Facts, programs: list[Program]) -> Plan:
        static, evidence = self._static(facts, programs)
        prologue, edits = self._without_cgo(programs) if static else ((), ())
        artifacts = {
            item.output: Artifact(item.output, False, facts.at(item.step.instruction, "is built here"))
            for item in programs
        }
        tree = self._module_folder(facts, programs)
        opened = self._opened(facts, programs)
        named = {item.argv[0] for item in facts.launch.started}
        outside = dict.fromkeys(
            posixpath.dirname(path)
            for path in artifacts
            if posixpath.basename(path) in named and posixpath.dirname(path) not in STANDARD_PATH
        )
        return Plan(
            prologue=prologue,
            environment=tuple(f"ENV PATH={folder}:$PATH" for folder in outside),
            artifacts=tuple(artifacts.values()),
            context_paths=opened,
            source_tree=tree if opened is not None else None,
            opened=self._bounded(facts, programs),
            edits=edits,
            static=static,
            gain="the compiler and the sources stay behind",
            evidence=evidence,
        )

    def _without_cgo(self, programs: list[Program]) -> tuple[tuple[str, ...], tuple[CommandEdit, ...]]:
        """What turns cgo off: an instruction before all builds where one cannot be edited, edits of the others."""
        prologue: tuple[str, ...] = ()
        edits: dict[tuple[int, int], CommandEdit] = {}
        for item in programs:
            if item.cgo_setting == "0":
                continue
            assert item.step.run is not None
            if item.step.run.heredoc or item.step.instruction.json:
                prologue = ("ENV CGO_ENABLED=0",)
            else:
                edits[item.step.instruction.index, item.at] = CommandEdit(item.step, item.at, "CGO_ENABLED=0 ")
        return prologue, tuple(edits.values())

    def _module_folder(self, facts: Facts, programs: list[Program]) -> str:
        """The image folder in which the module (or workspace) stands."""
        folders = [item.placed.cwd for item in programs]
        common = posixpath.commonpath(folders)
        resolve = facts.final.resolver()
        while common != "/" and resolve(posixpath.dirname(common)) is not None:
            common = posixpath.dirname(common)
        return common

    def _static(self, facts: Facts, programs: list[Program]) -> tuple[bool, tuple[Evidence, ...]]:
        """Whether every program may be linked statically, and why (not).

        Red Hat's Go has the cryptography of OpenSSL through cgo: it is not turned off there.
        https://github.com/golang-fips/go
        """
        evidence: list[Evidence] = []
        static = True
        base = facts.final.base
        for item in programs:
            setting = item.cgo_setting
            if setting == "0":
                evidence.append(Evidence(item.module.evidence.path, 0, "CGO_ENABLED=0 is set"))
            elif setting or item.build.needs_cgo or (base is not None and base.is_rpm):
                static = False
            elif item.read.cgo or item.read.unproven:
                static = False
                evidence.extend(item.read.cgo)
                evidence.extend(
                    Evidence(
                        module.evidence.path, module.evidence.line, f"whether {module.name} needs cgo is not known"
                    )
                    for module in item.read.unproven
                )
            else:
                evidence.append(
                    Evidence(
                        item.module.evidence.path,
                        item.module.evidence.line,
                        "no cgo in the module and its requirements",
                    )
                )
        return static, tuple(dict.fromkeys(evidence))

    def _opened(self, facts: Facts, programs: list[Program]) -> tuple[str, ...] | None:
        """Context paths that the programs open at run time: those that they name, all data where a path is computed.

        None where they open the work folder itself.
        """
        from dockrefactor.toolchains.opened_files import folders_of

        resolve = facts.final.resolver()
        cwd = facts.final.after.cwd
        kept: set[str] = set()
        computed = False
        for item in programs:
            for claim in item.read.needs.reads:
                if claim.value is None:
                    computed = True
                    continue
                found = facts.final.source(absolute(claim.value, cwd))
                if found == "":
                    return None
                if found is not None:
                    kept.add(found)
                else:
                    kept.update(folders_of(facts.context, resolve, [claim.value], cwd, False))
            made = [claim.value for claim in item.read.needs.writes if claim.value is not None]
            kept.update(folders_of(facts.context, resolve, made, cwd, True))
        for path in facts.launch.scripts.values():
            kept.add(path)
        if computed or facts.launch.scripts:
            kept.update(self._data(facts, programs))
        return outermost(kept)

    def _bounded(self, facts: Facts, programs: list[Program]) -> tuple[str, ...] | None:
        """All image paths that the programs open, None where one is computed or something else is started too."""
        claims = [claim for item in programs for claim in (*item.read.needs.reads, *item.read.needs.writes)]
        outputs = {item.output for item in programs}
        names = {*outputs, *map(posixpath.basename, outputs)}
        alone = all(started.argv[0] in names for started in facts.launch.started)
        if facts.launch.scripts or not alone or any(claim.value is None for claim in claims):
            return None
        return tuple(absolute(claim.value, facts.final.after.cwd) for claim in claims if claim.value is not None)

    def _data(self, facts: Facts, programs: list[Program]) -> Iterator[str]:
        """Entries of the context that are neither sources of Go nor known to be inert."""
        compiled = {folder for item in programs for folder in item.read.packages}
        for path in facts.context.children(""):
            name = posixpath.basename(path)
            if name.endswith((".go", ".mod", ".sum", ".work")) or name == "vendor" or is_inert(path):
                continue
            if facts.context.is_dir(path) and _is_code(facts.context, path):
                continue
            if path not in compiled:
                yield path

    def build_reads(self, facts: Facts, stage: Stage, placed: Placed) -> tuple[str, ...] | None:
        """See `Registered.build_reads`."""
        from dockrefactor.toolchains import go_programs

        return go_programs.build_reads(facts, stage, placed)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        from dockrefactor.toolchains import go_programs

        built_in = facts.stages[stage]
        try:
            programs = list(go_programs.programs(facts, built_in))
        except go_programs.UnknownProgram as unknown:
            return Blocked("unknown-reads", facts.at(unknown.step.instruction, unknown.says))
        here = [item for item in programs if inside(item.output, folder)]
        if not here:
            return None
        root = built_in.resolver()(folder)
        opened = self._opened(facts, here)
        computed = any(claim.value is None for item in here for claim in item.read.needs.reads)
        if root is None or opened is None or computed:
            return Blocked("unknown-reads", here[0].module.evidence)
        built = tuple(posixpath.relpath(item.output, folder) for item in here)
        kept = tuple(posixpath.relpath("/" + path, "/" + root) for path in opened if inside("/" + path, "/" + root))
        return TreeNeeds(built, kept, tuple(item.module.evidence for item in here))


def _ignores_modules(stage: Stage, step: Step) -> str | None:
    """Why go.mod is not looked at where a step runs (https://go.dev/ref/mod#mod-commands); None where it is."""
    version = tag_version(stage.base, "go")
    environment = step.before.env
    setting = environment.get("GO111MODULE", "auto")
    if setting == "off":
        return "GO111MODULE=off: go.mod is not looked at"
    if version is None or version >= _MODULES_EVERYWHERE:
        return None
    if version >= _FIRST_WITH_MODULES:
        sources = posixpath.join(environment.get("GOPATH", "/go"), "src")
        if setting == "on" or (setting == "auto" and not inside(step.before.cwd, sources)):
            return None
    return f"Go {version[0]}.{version[1]} does not look at go.mod in {step.before.cwd}"


def _is_code(context: BuildContext, folder: str) -> bool:
    """Whether a folder holds sources of Go and notes beside them, no texts that a program may show."""
    files = list(context.files(folder))
    places = {posixpath.dirname(file) for file in files if file.endswith(".go")}
    return all(
        file.endswith(".go") or is_inert(file) or (file.endswith(".md") and posixpath.dirname(file) in places)
        for file in files
    )


TOOLCHAIN: Final[Toolchain] = Go()
