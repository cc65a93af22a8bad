"""How a Java build is split: the archives that the launch names on a JRE, with the files that the program opens."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence

from dockrefactor import image, reachability
from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.launch import Started
from dockrefactor.records import dataclass, replace
from dockrefactor.source_copies import outermost_copied
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.step_effects import COPYING
from dockrefactor.toolchain import Artifact, Blocked, BlockedError, Plan, TreeNeeds, started_by_tool
from dockrefactor.toolchains import (
    java_commands,
    java_distribution,
    java_files,
    java_images,
    java_needs,
    opened_files,
)
from dockrefactor.toolchains.java_files import Named
from dockrefactor.toolchains.java_needs import Program
from dockrefactor.toolchains.java_projects import Unit

_GAIN = "the build tool, the compiler and the sources stay behind"
# where the JDKs of different images stand
_HOMES = ("/usr/local/openjdk", "/opt/java", "/usr/lib/jvm", "/docker-java-home", "/opt/openjdk")


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the builds of a stage make: `folders` of projects, `made` files and folders by name, `units` of projects;
    `tree` is the work folder where classes are made beside their sources; `put` is what a step puts into a folder of
    `made`, by name, `*` where a pattern says it."""

    folders: tuple[str, ...]
    made: tuple[str, ...]
    units: tuple[Unit, ...]
    tree: str | None
    root: str
    evidence: Evidence
    put: tuple[tuple[str, str], ...] = ()


def plan(facts: Facts) -> Plan | Blocked:
    """See `Toolchain.plan`."""
    try:
        return _plan(facts)
    except BlockedError as error:
        return error.blocked


def _plan(facts: Facts) -> Plan:
    for item in facts.launch.started:
        build = java_commands.parse(item.argv)
        if build is not None:
            raise BlockedError(_builds_at_start(facts, item, build))
    builds = _builds(facts.final)
    if not builds:
        return Plan()
    base = facts.final.base
    packaged = base is not None and not base.language
    moving = java_distribution.obstacle(facts) if packaged else None
    if moving is not None:
        raise BlockedError(moving)
    outputs = _outputs(facts, facts.final, builds)
    elsewhere = opened_files.taken_elsewhere(facts, facts.final, "java", (*outputs.folders, *outputs.made))
    if elsewhere is not None:
        raise BlockedError(elsewhere)
    program = java_needs.program(facts)
    artifacts = _artifacts(facts, outputs)
    opened = java_files.opened(facts, facts.final, program, [unit.folder for unit in outputs.units])
    if outputs.tree is not None:
        opened = None
    else:
        beside = [artifact.path for artifact in artifacts]
        free = opened_files.beside_artifacts(facts, facts.final, opened, beside, outputs.folders)
        if isinstance(free, Blocked):
            raise BlockedError(free)
        opened = free
    left = _left_in_output(facts, outputs, program, [artifact.path for artifact in artifacts])
    if left is not None:
        raise _stop("ambiguous-artifact", left)
    # where Java is a package, the runtime is the base image's own counterpart
    choices = list(_choices(facts, program, bool(opened))) if not packaged else []
    says = next((choice.says for choice in choices[:1] if choice.says), "")
    evidence = [outputs.evidence, *(artifact.evidence for artifact in artifacts)]
    if says:
        evidence.append(facts.at(facts.final.origin, says))
    if base is not None and any("mvn-entrypoint" in word for word in base.entrypoint):
        evidence.append(
            facts.at(facts.final.origin, "the entrypoint of the base image prepares Maven's settings alone")
        )
    return Plan(
        artifacts=tuple(artifacts),
        tree=outputs.tree,
        context_paths=opened,
        source_tree=outermost_copied(facts.final.steps, outputs.root) if opened is not None else None,
        gain="the compiler stays behind" if outputs.tree is not None else _GAIN,
        evidence=tuple(dict.fromkeys(evidence)),
        instead=java_distribution.instead(facts, program) if packaged else {},
        runtimes=tuple(dict.fromkeys(choice.written for choice in choices)),
    )


def _builds_at_start(facts: Facts, item: Started, build: java_commands.Build) -> Blocked:
    from dockrefactor.toolchains import gradle_starts, java_starts

    starts = gradle_starts if build.tool == "gradle" else java_starts
    says = f"`{' '.join(item.argv[:2])}` builds and starts the program"
    return started_by_tool(item, says, lambda: starts.direct(facts, item, build))


def _stop(code: str, evidence: Evidence) -> BlockedError:
    return BlockedError(Blocked(code, evidence))


def _builds(stage: Stage) -> list[tuple[Step, Placed]]:
    return [
        (step, placed)
        for step in stage.steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.by == "java" and placed.effects.kind is Kind.BUILD
    ]


def _outputs(facts: Facts, stage: Stage, builds: Sequence[tuple[Step, Placed]]) -> Outputs:
    works = java_needs.works(facts, stage)
    tools = [(step, placed) for step, placed in builds if isinstance(placed.effects.detail, java_commands.Build)]
    if len(works) < len(tools):
        name = tools[len(works)][1].command.name
        says = f"what `{name}` reads is not in the build context, or elsewhere in it than the image has it"
        raise _stop("manifest-missing", facts.at(tools[len(works)][0].instruction, says))
    compilations = [
        (placed, placed.effects.detail)
        for _, placed in builds
        if isinstance(placed.effects.detail, java_commands.Compilation)
    ]
    tree = next((placed.cwd for placed, item in compilations if item.output in ("", ".", "./")), None)
    if tree == "/":
        raise _stop("ambiguous-artifact", facts.at(stage.origin, "classes are made in the root of the file system"))
    units = tuple(unit for item in works for unit in item.units)
    folders = tuple(unit.output for unit in units)
    roots = [item.root for item in works] + [placed.cwd for placed, _ in compilations]
    made = tuple(
        path
        for _, placed in builds
        if not isinstance(placed.effects.detail, java_commands.Build) and not placed.effects.removes
        for path in placed.effects.writes
        if path != tree and posixpath.basename(path) not in ("mvnw", "gradlew")
    )
    evidence = works[0].evidence if works else facts.at(builds[0][0].instruction, "compiles the program")
    put = tuple((path, name) for _, placed in builds for path, name in _put(placed) if path in made)
    return Outputs(folders, made, units, tree, _common(roots or [builds[0][1].cwd]), evidence, put)


def _put(placed: Placed) -> Iterator[tuple[str, str]]:
    """Where a command carries what was built, and what, by name."""
    words = [word for word in placed.command.words[1:] if not word.text.startswith("-")]
    for path in placed.effects.writes if placed.command.name in COPYING else ():
        for word in words[:-1]:
            is_plain = word.known and not word.glob and not word.text.endswith(("/", "/."))
            yield path, posixpath.basename(word.text) if is_plain else "*"


def _common(paths: Sequence[str]) -> str:
    return posixpath.commonpath(paths)


def _artifacts(facts: Facts, outputs: Outputs) -> list[Artifact]:
    """What the builder hands over: what the launch names of the builds' outputs, and what a step put aside."""
    found: dict[str, Artifact] = {}
    cwds = {step.before.cwd for step in facts.final.steps} | {facts.final.after.cwd}
    for path in outputs.made:
        if path not in cwds and not any(inside(path, folder) for folder in outputs.folders):
            found[path] = Artifact(path, False, Evidence(facts.name, 0, f"{path} is made by the build"))
    for item in java_files.named(facts):
        for path in _brought(facts, outputs, item):
            if not any(inside(path, known) for known in found):
                says = f"`{item.word}` is what it starts" if not item.optional else f"`{item.word}` is named"
                found[path] = Artifact(path, False, replace(item.evidence, says=says))
    if not found and outputs.tree is None:
        main = facts.launch.main
        place = main.evidence if main is not None else facts.at(facts.final.origin, "no launch")
        raise _stop("ambiguous-artifact", replace(place, says="names nothing that the build makes"))
    return list(found.values())


def _brought(facts: Facts, outputs: Outputs, item: Named) -> Iterator[str]:
    """What the runtime takes for a word of the launch, with what a step puts beside it, which it may need."""
    built = item.computed or any(inside(item.path, place) for place in outputs.folders)
    put = [] if built else [one for one in outputs.put if one[0] != item.path and inside(item.path, one[0])]
    among = next((path for path, name in put if absolute(name, path) != item.path), None)
    yield from [among] if among is not None else _of_builder(facts, outputs, item)


def _of_builder(facts: Facts, outputs: Outputs, item: Named) -> Iterator[str]:
    """The paths of the builder that a word of the launch means."""
    if item.computed:
        raise _stop("ambiguous-artifact", replace(item.evidence, says=f"`{item.word}` is computed when it starts"))
    folder = next((place for place in outputs.folders if inside(item.path, place)), None)
    by_name = any(inside(item.path, path) for path in outputs.made)
    if folder is None and not by_name:
        if outputs.tree is None or not inside(item.path, outputs.tree):
            _check(facts, item)
        return
    if item.guessed and folder is not None and not item.path.endswith((".jar", ".war")):
        if "/" in item.word:
            says = f"whether the build or the program makes `{item.word}` is not known"
            raise _stop("ambiguous-artifact", replace(item.evidence, says=says))
        return
    if _is_started_there(facts, item, folder):
        yield facts.final.after.cwd  # the program is started in what the build makes, and may open whatever is there
        return
    packed = next((unit for unit in outputs.units if unit.quarkus and unit.output == folder), None)
    if packed is not None and item.path.endswith("-runner.jar") and posixpath.dirname(item.path) == folder:
        yield from _packed_by_quarkus(facts, packed, item)
        return
    if "*" in item.path and not item.is_folder:
        yield _one_of(facts, outputs, item)
        return
    unit = next((unit for unit in outputs.units if posixpath.dirname(item.path) == unit.libraries), None)
    if unit is None or not item.path.endswith((".jar", ".war")):
        yield _whole(item, folder)
        return
    name = posixpath.basename(item.path)
    if unit.archives.certain and name not in unit.archives.names and not by_name:
        says = f"the build makes {', '.join(unit.archives.names) or 'no archive'}, not {name}"
        raise _stop("launch-missing", replace(item.evidence, says=says))
    if unit.companions is None:
        raise _stop("ambiguous-artifact", replace(item.evidence, says=f"the manifest of {name} names other archives"))
    yield item.path
    yield from unit.companions


def _is_started_there(facts: Facts, item: Named, folder: str | None) -> bool:
    """Whether the program is started in what the build makes, and may look there for more than is named."""
    cwd = facts.final.after.cwd
    started_there = folder is not None and inside(cwd, folder) and inside(item.path, cwd)
    return started_there and (cwd != folder or _opens_beside(facts))


def _packed_by_quarkus(facts: Facts, unit: Unit, item: Named) -> Iterator[str]:
    """The archive that Quarkus makes beside or in place of its folder, with its libraries."""
    names = [name for name in unit.archives.names if name.endswith("-runner.jar")]
    if unit.quarkus not in ("uber-jar", "legacy-jar"):
        made = "a folder" if unit.quarkus == "fast-jar" else "what is not told"
        code = "launch-missing" if unit.quarkus == "fast-jar" else "ambiguous-artifact"
        raise _stop(code, replace(item.evidence, says=f"Quarkus makes {made}, not `{posixpath.basename(item.path)}`"))
    path = item.path
    if "*" in path:
        matching = [name for name in names if fnmatch.fnmatchcase(name, posixpath.basename(path))]
        if len(matching) != 1 or not facts.launch.shell:
            raise _stop("ambiguous-artifact", replace(item.evidence, says=f"`{item.word}` may mean more than one file"))
        path = posixpath.join(unit.output, matching[0])
    yield path
    if unit.quarkus == "legacy-jar":
        yield posixpath.join(unit.output, "lib")


def _left_in_output(facts: Facts, outputs: Outputs, program: Program, brought: Sequence[str]) -> Evidence | None:
    """A file of a build's output folder that the program names, and that no artifact brings."""
    read = [*program.sources.needs.reads, *program.settings.reads]
    for claim in (*read, *(item for item in program.sources.texts if item.value and "/" in item.value)):
        path = absolute(claim.value, facts.final.after.cwd) if claim.value else ""
        inner = any(path != folder and inside(path, folder) for folder in outputs.folders if path)
        if inner and not any(inside(path, place) for place in brought):
            return replace(claim.evidence, says=f"whether the build or the program makes `{claim.value}` is not known")
    return None


def _opens_beside(facts: Facts) -> bool:
    """Whether the program opens files by paths that begin in its work folder, or by computed ones."""
    program = java_needs.program(facts)
    claims = [*program.sources.needs.reads, *program.settings.reads]
    return any(claim.value is None or not claim.value.startswith("/") for claim in claims)


def _check(facts: Facts, item: Named) -> None:
    """Raises where the launch names a file that nothing can have put there."""
    if not item.optional and not reachability.may_exist(facts, facts.final, item.path):
        says = f"`{item.word}` is started, and nothing puts it there"
        raise _stop("launch-missing", replace(item.evidence, says=says))


def _one_of(facts: Facts, outputs: Outputs, item: Named) -> str:
    """The one archive that a pattern of the launch means."""
    folder, pattern = posixpath.split(item.path)
    unit = next((unit for unit in outputs.units if unit.libraries == folder), None)
    matching = unit.archives.matching(pattern) if unit is not None else []
    if not facts.launch.shell:
        raise _stop("launch-missing", replace(item.evidence, says=f"no shell replaces the pattern in `{item.word}`"))
    if unit is None or not unit.archives.certain or len(matching) != 1 or unit.companions != ():
        says = f"`{item.word}` may mean " + (" or ".join(matching) or "more than one file")
        raise _stop("ambiguous-artifact", replace(item.evidence, says=says))
    return posixpath.join(folder, matching[0])


def _whole(item: Named, folder: str | None) -> str:
    """A path of the output folder with what belongs to it: an archive in a folder of its own has libraries there."""
    if folder is None or item.path == folder:
        return item.path
    if item.is_script:  # DIST/bin/name starts DIST/lib
        return posixpath.dirname(posixpath.dirname(item.path))
    above = posixpath.dirname(item.path)
    if item.is_folder or above == folder or not item.path.endswith(".jar"):
        return item.path
    return above


def _choices(facts: Facts, program: Program, copies: bool) -> Iterator[java_images.Choice]:
    """Images to run on, the smallest first; the base image itself last."""
    base = facts.final.base
    assert base is not None
    needs_jdk = java_needs.compiles(program, facts)
    drawing = java_needs.draws(program)
    for choice in java_images.smaller(base, needs_jdk is not None):
        runtime = image.known(choice.written)
        if runtime is None or (choice.bare and drawing is not None):
            continue
        if runtime.family != base.family and not _may_change(facts, program, base, runtime, copies):
            continue
        yield choice
    yield java_images.Choice(base.reference.written, "")


def _may_change(facts: Facts, program: Program, base: Image, runtime: Image, copies: bool) -> bool:
    """Whether the program runs the same way on the image of another family."""
    words = [word for item in facts.launch.started for word in (*item.argv, *item.wrappers)]
    words += [value for value in facts.final.after.env.values() if "*" not in value]
    own = set(base.env.values())
    if any(home in word for word in words if word not in own for home in _HOMES):
        return False
    if base.workdir != runtime.workdir and not any(
        step.keyword == "WORKDIR" and step.instruction.args[0].startswith("/") for step in facts.final.steps
    ):
        return False
    theirs = {user.name for user in base.users}
    owners = {(step.copy.owner or "").partition(":")[0] for step in facts.final.steps if step.copy is not None}
    if copies and owners & theirs:
        return False
    if "USE_SYSTEM_CA_CERTS" in facts.final.after.env and base.entrypoint != runtime.entrypoint:
        return False
    # the locale that formats numbers and dates by default
    return base.env.get("LANG", "en_US.UTF-8") == runtime.env.get("LANG") or not program.sources.localised


def tree_needs(facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
    """See `Toolchain.tree_needs`."""
    builder = facts.stages[stage]
    builds = _builds(builder)
    copy = next((step.copy for step in facts.final.steps if _takes(step, builder, folder)), None)
    if not builds or copy is None:
        return None
    try:
        outputs = _outputs(facts, builder, builds)
        if outputs.tree is not None:
            return None
        paths = [
            posixpath.relpath(path, folder)
            for item in java_files.named(facts)
            for path in _brought(facts, outputs, item.moved(copy.destination, folder))
            if inside(path, folder)
        ]
    except BlockedError as unplanned:
        return Blocked("unknown-reads", unplanned.blocked.evidence)
    program = java_needs.program(facts)
    opened = java_files.opened(facts, builder, program, [unit.folder for unit in outputs.units])
    root = builder.resolver()(folder)
    left = _left_in_output(facts, outputs, program, [posixpath.join(folder, path) for path in paths])
    if not paths or opened is None or root is None or left is not None:
        return Blocked("unknown-reads", outputs.evidence)
    kept = tuple(posixpath.relpath("/" + path, "/" + root) for path in opened if inside("/" + path, "/" + root))
    return TreeNeeds(tuple(dict.fromkeys(paths)), kept, (outputs.evidence,))


def _takes(step: Step, builder: Stage, folder: str) -> bool:
    return (
        step.copy is not None
        and step.copy.stage is builder
        and any(absolute(source, "/") == folder for source in step.copy.sources)
    )
