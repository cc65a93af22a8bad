"""Splits a single-stage Dockerfile into a builder and a runtime stage.

The builder keeps the original base image and everything that makes artifacts. The runtime stands on the image's own
slim counterpart (the same libc and distribution release), and gets the artifacts, the sources that the program reads,
the libraries that compiled packages link, and the original's whole configuration: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL,
HEALTHCHECK, USER, WORKDIR are the author's own lines. Where one language runs and another only builds, each gets a
builder of its own if neither reads what the other makes.

A program that links the C library needs the release that it was built on. Where the base image's tag may move to
another (`golang:1`, `rust:latest`), the builder gets the tag that names the release of today (`golang:1-trixie`).

With `--runtime alpine`, what needs no C library (a static program, pure Python, JavaScript without addons) runs on
Alpine.

With `--dev-stage`, compose services that people develop in keep the original as a stage of its own, `dev`, which their
compose files then name as `build.target`, in the same diff. A service that only starts another program needs none where
the runtime gets all that was installed and all sources.

A container that starts through a build tool (`mvn spring-boot:run`, `go run`, `mix phx.server`, `uv run`) needs that
tool when it runs. Where the builder can make what the tool starts, and nothing stands against starting that alone, the
reason says what CMD or ENTRYPOINT would become, and `--assume direct-start` splits the file so.

What goes where is shown from the effects of every command. Where a command's effects, a base image, a package or a
library is not known, the file stays as it is and the reason names the line.
"""

from __future__ import annotations

from dockrefactor import (
    composition,
    development,
    direct_start,
    image,
    joint_plan,
    package_lists,
    part_builders,
    portability,
    preservation,
    program_sources,
    reachability,
    roles,
    runtime_images,
    setup_files,
    work_folders,
)
from dockrefactor.effects import Kind, inside
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.records import replace
from dockrefactor.stages import Stage, starts_base_server
from dockrefactor.text import Edit, apply, edits_between
from dockrefactor.toolchain import Artifact, Blocked, Plan


class Reasons(ReasonEnum):
    """Why a file is not split."""

    ALREADY_MULTI_STAGE = Reason(
        "already-multi-stage", "The file has several stages.", "Nothing: the other transforms still apply."
    )
    NOTHING_TO_LEAVE_BEHIND = Reason(
        "nothing-to-leave-behind",
        "Builder and runtime would be the same: nothing is compiled, and the base image has no smaller counterpart.",
        "Nothing: a split would only add lines.",
    )
    UNKNOWN_BASE = Reason(
        "unknown-base",
        "Nothing is known of the base image, so nothing can be shown of a smaller one.",
        "Use an official image, or propose facts about yours for data/images.toml.",
    )
    UNRESOLVED_BASE = Reason(
        "unresolved-base",
        "The base image is given by a build argument without a default.",
        "Give the argument a default value before FROM.",
    )
    DIGEST = Reason(
        "pinned-digest",
        "The base image is pinned by digest, and the digest of its counterpart cannot be known without the registry.",
        "Pin by tag, or write the runtime stage by hand.",
    )
    WINDOWS = Reason("windows", "Windows images and shells are not handled.", "Nothing.")
    ONBUILD = Reason(
        "onbuild", "The image is a base for other builds (ONBUILD).", "Nothing: its users rely on its contents."
    )
    UNREADABLE_SHELL = Reason(
        "unreadable-shell",
        "A RUN cannot be read as POSIX shell commands.",
        "Write the step as plain commands joined by `&&`, or move it to a script that the context holds.",
    )
    UNKNOWN_EFFECT = Reason(
        "unknown-effect",
        "A command may write anywhere, so what the runtime needs of it cannot be shown.",
        "Replace the command by ones whose effects are known, or split by hand.",
    )
    UNKNOWN_TOOLCHAIN = Reason(
        "unknown-toolchain", "No known language builds here.", "Nothing: the other transforms still apply."
    )
    SEVERAL_TOOLCHAINS = Reason(
        "several-toolchains",
        "More than one language runs in the container.",
        "Run each part in a container of its own, or build each in a stage of its own first.",
    )
    NOT_AN_APPLICATION = Reason(
        "not-an-application",
        "Nothing of a program is copied from the build context: the image is a tool or an environment.",
        "Where the build context is another folder, name it with --context.",
    )
    NO_LAUNCH = Reason(
        "no-launch",
        "Neither CMD nor ENTRYPOINT says what runs, so what it needs cannot be shown.",
        "Add a CMD, or split by hand.",
    )
    LAUNCH_MISSING = Reason(
        "launch-missing",
        "The original cannot start: what it launches is not there, or the exec form is one string.",
        "Correct CMD or ENTRYPOINT first.",
    )
    UNREADABLE_LAUNCH = Reason(
        "unreadable-start-script",
        "What the container starts cannot be followed to its end.",
        "Write the start script as plain commands.",
    )
    NEEDS_BUILD_TOOL = Reason(
        "needs-build-tool",
        "The container builds or resolves dependencies when it starts.",
        "Build in a RUN, and start the result.",
    )
    DIRECT_START = Reason(
        "direct-start",
        "The container starts through a build tool, which compiles or installs first; what it starts then can be "
        "started itself, by another CMD.",
        "Accept the other CMD (or ENTRYPOINT) with --assume direct-start: the program is built in the builder stage, "
        "and the container starts what was built, with the same arguments, in the same folder. What the build tool "
        "does before the program, what it prints, and how it passes on signals and exit codes is gone.",
        liftable=True,
    )
    DEVELOPMENT_SERVER = Reason(
        "development-server",
        "The container starts a development server, which needs the whole build environment.",
        "Build the files and serve them, then run this again.",
    )
    MISSING_MANIFEST = Reason(
        "manifest-missing",
        "A file that the build names is not in the build context.",
        "Add it to the context (look at .dockerignore), or name the context with --context.",
    )
    UNKNOWN_LIBRARY = Reason(
        "unknown-library",
        "Which package holds a library or program at run time is not known.",
        "Install the runtime package by name, or propose it for the data tables.",
    )
    UNKNOWN_PACKAGE = Reason(
        "unknown-package",
        "Whether a language package needs system libraries is not known.",
        "If it installs from a wheel or is pure code, accept it with --assume unknown-package.",
        liftable=True,
    )
    UNDECLARED_PACKAGE = Reason(
        "undeclared-package",
        "The program imports a package that no manifest names: it came along with a tool that only the build needs.",
        "Name the package in the manifest.",
    )
    ABSOLUTE_TOOL_PATH = Reason(
        "absolute-tool-path",
        "A path into the language's installation is named literally and would not exist in a virtual environment.",
        "Name the program alone and let PATH find it.",
    )
    ARTIFACTS_IN_HOME = Reason(
        "artifacts-in-home",
        "The build leaves what the program needs in a home folder.",
        "Install to a fixed path outside /root.",
    )
    LOGIN_SHELL = Reason(
        "login-shell",
        "A login shell sets PATH anew and would lose the artifacts' folder.",
        "Start it without a login shell.",
    )
    CACHE_MOUNT = Reason(
        "cache-mount-on-output",
        "A cache mount covers the folder of an artifact, so it is not in the image.",
        "Mount the cache elsewhere, or copy the artifact out in the same RUN.",
    )
    RELEASE = Reason(
        "unknown-release",
        "The program links the C library, and the release of the base image's distribution may change under its tag.",
        "Name the release in the tag (golang:1.23-bookworm, rust:1.85-bookworm), or link the program statically.",
    )
    INSTALL_REFUSED = Reason(
        "install-refused",
        "The original does not build: pip of this release installs nothing into the distribution's Python (PEP 668).",
        "Install into a virtual environment, or pass --break-system-packages.",
    )
    ARCHIVED_RELEASE = Reason(
        "archived-release",
        "The smaller image lacks a package, and the distribution's servers no longer carry its release.",
        "Move to an image of a release that is still carried.",
    )
    OLD_VERSION = Reason(
        "old-language-version",
        "The language's tools work here in an older way than the one that is known of them.",
        "Move to a version that is still maintained, or split by hand.",
    )
    USER_BEFORE_BUILD = Reason(
        "user-before-build", "The build runs as another user than root.", "Set USER after the build."
    )
    OWNERSHIP = Reason(
        "ownership-unknown", "Files of the work folder have several owners.", "Give the folder one owner."
    )
    COMPOSE = Reason(
        "compose-development",
        "A compose file mounts files over this image's work folder, or starts a program in it, and nothing shows that "
        "this works without what only the build needs.",
        "Keep the image for development as a stage of its own, which the compose file then names: --dev-stage. "
        "Where a file cannot be edited, name another target in it, then split.",
        liftable=True,
    )
    RUNTIME_FAMILY = Reason(
        "runtime-family",
        "What is built here is not shown to run on the family of images that --runtime names: "
        "it links another C library, or needs a shell or packages.",
        "Leave --runtime out, or build a static program. Packages of Python and Node run on Alpine where the table of "
        "packages or a lock file shows that none is compiled.",
    )
    DEVCONTAINER = Reason(
        "devcontainer",
        "A development container is built of this Dockerfile, and needs the whole build environment.",
        "Name a stage for development as `target` in devcontainer.json.",
        liftable=True,
    )
    COMMAND_ELSEWHERE = Reason(
        "command-elsewhere",
        "A Makefile, workflow or manifest starts another program in this image, which may need what the build needs.",
        "Run it in a stage of its own (`--target`), or accept it with --assume command-elsewhere.",
        liftable=True,
    )
    COMPUTED_PATH = Reason(
        "computed-path", "The work folder depends on a build argument.", "Write the folder literally, or as ENV."
    )
    AMBIGUOUS_ARTIFACT = Reason(
        "ambiguous-artifact",
        "Which of the files that the build makes the program needs cannot be told.",
        "Name the file exactly in CMD or ENTRYPOINT instead of by a pattern.",
    )
    BASE_IMAGE_PORT = Reason(
        "base-image-port",
        "The image to run on makes the program listen on another port than the image that builds it.",
        "Set ASPNETCORE_URLS, or accept the other port with --assume base-image-port.",
        liftable=True,
    )
    CONTEXT_ARTIFACTS = Reason(
        "context-has-artifacts",
        "The build context holds a folder that the build makes too, and it is not ignored.",
        "Name the folder in .dockerignore.",
    )


# kinds of commands that only handle what the image and the copies bring
_HANDLING = frozenset({Kind.ACCOUNTS, Kind.FILES, Kind.QUERY, Kind.SETTING})
_BY_CODE = {member.reason.code: member for member in Reasons}


def run(facts: Facts) -> Outcome:
    """The split, or the first reason against it."""
    guarded = _guard(facts)
    if guarded is not None:
        return guarded
    found = facts.toolchains
    if not found:
        if _makes_nothing(facts.final):
            return Unneeded(Reasons.NOTHING_TO_LEAVE_BEHIND, facts.at(facts.final.origin, "no step builds or installs"))
        says = "no manifest and no build command of a known language"
        return Refusal(Reasons.UNKNOWN_TOOLCHAIN, facts.at(facts.final.origin, says))
    plan = found[0].plan(facts) if len(found) == 1 else joint_plan.plan(facts)
    if isinstance(plan, Blocked):
        return _started_directly(facts, plan) if plan.start is not None else _refuse(plan)
    if plan.gain is None:
        return Unneeded(
            Reasons.NOTHING_TO_LEAVE_BEHIND, facts.at(facts.final.origin, "builder and runtime would be the same")
        )
    for against in (*_contradicted(facts, plan), *_elsewhere(facts, plan)):
        if against.reason.reason.code not in facts.options.assume:
            return against
    return _split(facts, _with_kept_files(facts, plan))


def _makes_nothing(stage: Stage) -> bool:
    """Whether no step builds, installs or fetches anything."""
    runs = [step.run for step in stage.steps if step.run is not None]
    return all(not run.opaque and run.kinds <= _HANDLING for run in runs)


def _started_directly(facts: Facts, blocked: Blocked) -> Outcome:
    """The split of the file that starts the program itself, where the user accepts that."""
    assert blocked.start is not None
    found = direct_start.restarted(facts, blocked.start)
    if found is None:
        return _refuse(blocked)
    refusal = Refusal(Reasons.DIRECT_START, replace(blocked.evidence, says=found.says))
    if Reasons.DIRECT_START.reason.code not in facts.options.assume:
        return refusal
    after = facts.of_text(found.text)
    outcome = run(after)
    if isinstance(outcome, Change):
        if outcome.compose_files:
            says = "the stage that services develop in would start otherwise, too"
            return Refusal(Reasons.COMPOSE, replace(blocked.evidence, says=says))
        text = apply(after.document.text, outcome.edits)
        return Change(
            edits_between(facts.document.text, text),
            outcome.why,
            tuple(found.before(place, facts.name) for place in outcome.evidence),
            (refusal, *(found.refusal(item, facts.name) for item in outcome.assumptions)),
            starts=(*found.starts, *outcome.starts),
        )
    return replace(outcome, at=found.before(outcome.at, facts.name))


def _with_kept_files(facts: Facts, plan: Plan) -> Plan:
    """The plan, with the files that the user's settings name among what the runtime takes from the builder."""
    have = [artifact.path for artifact in plan.artifacts] + ([plan.tree] if plan.tree is not None else [])
    wanted = [path for path in facts.options.runtime_files if not any(inside(path, other) for other in have)]
    told = facts.options.told("runtime-files")
    return replace(plan, artifacts=(*plan.artifacts, *(Artifact(path, False, told) for path in wanted)))


def _guard(facts: Facts) -> Outcome | None:
    stage = facts.final
    origin = stage.origin
    if len(facts.stages) > 1:
        return Unneeded(Reasons.ALREADY_MULTI_STAGE, facts.at(origin, f"{len(facts.stages)} stages"))
    written = origin.args[0] if origin.args else ""
    if facts.document.escape == "`" or image.is_windows(written):
        return Refusal(Reasons.WINDOWS, facts.at(origin, "Windows"))
    onbuild = stage.last("ONBUILD")
    if onbuild is not None:
        return Refusal(Reasons.ONBUILD, facts.at(onbuild.instruction, "ONBUILD"))
    if stage.written_base is None:
        return Refusal(Reasons.UNRESOLVED_BASE, facts.at(origin, f"`{written}` has no default"))
    if not any(step.copy is not None and step.copy.origin is None for step in stage.steps):
        return Refusal(Reasons.NOT_AN_APPLICATION, facts.at(origin, "no COPY from the context"))
    if _makes_nothing(stage) and starts_base_server(stage):
        says = f"`{stage.written_base}` starts its own server, and no step builds or installs"
        return Unneeded(Reasons.NOTHING_TO_LEAVE_BEHIND, facts.at(origin, says))
    if stage.base is None:
        return Refusal(Reasons.UNKNOWN_BASE, facts.at(origin, f"`{stage.written_base}` is not known"))
    if stage.after.from_args:
        workdir = stage.last("WORKDIR")
        return Refusal(Reasons.COMPUTED_PATH, facts.at(workdir.instruction if workdir else origin, "depends on an ARG"))
    return _guard_launch(facts) or _guard_neighbours(facts)


def _guard_launch(facts: Facts) -> Outcome | None:
    launch = facts.launch
    if launch.one_string is not None:
        return Refusal(Reasons.LAUNCH_MISSING, launch.one_string)
    if launch.empty:
        return _guard_neighbours(facts) or Refusal(
            Reasons.NO_LAUNCH, launch.waiting or facts.at(facts.final.origin, "no CMD and no ENTRYPOINT")
        )
    missing = reachability.missing_files(facts)
    if missing:
        return Refusal(Reasons.LAUNCH_MISSING, missing[0])
    if launch.unreadable:
        return Refusal(Reasons.UNREADABLE_LAUNCH, launch.unreadable[0])
    unseen = next(program_sources.unseen(facts), None)
    return Refusal(Reasons.NOT_AN_APPLICATION, unseen) if unseen is not None else None


def _guard_neighbours(facts: Facts) -> Outcome | None:
    found = _contradicted(facts)
    return next((item for item in found if item.reason.reason.code not in facts.options.assume), None)


def _contradicted(facts: Facts, plan: Plan | None = None) -> list[Refusal]:
    """Compose files that need what the builder holds, as far as that shows without a plan, or that cannot be read."""
    places = list(facts.neighbours.broken)
    places += [development.why(facts, service) for service in _developed(facts, plan).left]
    developing = [build.evidence for build in facts.neighbours.builds if build.develops]
    return [
        *(Refusal(Reasons.COMPOSE, place) for place in places),
        *(Refusal(Reasons.DEVCONTAINER, place) for place in developing),
    ]


def _developed(facts: Facts, plan: Plan | None) -> development.Kept:
    """The compose services that need the original's image, and how it is kept for them."""
    return development.keep(facts, development.needing(facts, plan))


def _elsewhere(facts: Facts, plan: Plan) -> list[Refusal]:
    """A program of the language that other files start in the image, where the runtime is rid of anything."""
    if plan.tree is None and plan.context_paths is None and not plan.static:
        return []  # all that was installed, and all sources
    place = roles.used_elsewhere(facts)
    return [Refusal(Reasons.COMMAND_ELSEWHERE, place)] if place is not None else []


def _refuse(blocked: Blocked) -> Refusal:
    return Refusal(_BY_CODE[blocked.code], blocked.evidence)


def _split(facts: Facts, plan: Plan) -> Outcome:
    refusal: Outcome | None = None
    for runtime in runtime_images.candidates(facts, plan):
        plan, placed = setup_files.place(facts, plan, runtime)
        if not isinstance(placed, Blocked):
            placed = preservation.lost(facts, plan, placed) or placed
        if isinstance(placed, Blocked):
            refusal = refusal or _refuse(placed)
            continue
        if runtime_images.is_too_small(facts, plan, placed, runtime) or runtime_images.is_foreign(
            facts, placed, runtime
        ):
            continue
        other = portability.obstacle(facts, placed, runtime) if plan.portable else None
        if other is not None:
            return Refusal(Reasons.RUNTIME_FAMILY, other)
        packages = (
            package_lists.plain_install(placed.extra_packages, runtime, facts.document) if placed.extra_packages else ""
        )
        targets = facts.neighbours.targets
        written = runtime_images.spelled(facts, runtime)
        if written is None:
            return Refusal(
                Reasons.UNRESOLVED_BASE,
                facts.at(facts.final.origin, "a build argument names the image, and its counterpart cannot follow it"),
            )
        kept = _developed(facts, plan)
        full = work_folders.kept(facts, plan, placed, runtime)
        edits = _parted(facts, composition.edits(facts.document, facts.final, full, placed, written, packages, targets))
        if kept.name:
            after = development.with_stage(facts.document, facts.final, kept.name, apply(facts.document.text, edits))
            edits = edits_between(facts.document.text, after)
        against = (*_contradicted(facts, plan), *_elsewhere(facts, plan))
        assumed = (*against, *(_refuse(blocked) for blocked in plan.assumed))
        return Change(edits, plan.gain or "", plan.evidence, assumed, compose_files=kept.files)
    if refusal is not None:
        return refusal
    base = facts.final.base
    assert base is not None
    if facts.options.runtime != "auto":
        says = f"`{base.reference.written}` on {facts.options.runtime}"
        if plan.bound is not None:
            return Refusal(Reasons.RUNTIME_FAMILY, plan.bound)
        return Refusal(Reasons.RUNTIME_FAMILY, facts.at(facts.final.origin, says))
    if base.reference.digest:
        return Refusal(Reasons.DIGEST, facts.at(facts.final.origin, base.reference.digest[:19]))
    return _pinned(facts, base)


def _pinned(facts: Facts, base: Image) -> Outcome:
    """The split of the file whose base image is named with the release that it stands on."""
    origin = facts.final.origin
    says = f"`{base.reference.written}` may move to another release"
    pinned = image.pinned(base)
    if pinned is None or origin.args[0] != base.reference.written:
        return Refusal(Reasons.RELEASE, facts.at(origin, says))
    after = facts.of_text(apply(facts.document.text, (Edit(origin.words[0].span, pinned.reference.written),)))
    outcome = run(after)
    if not isinstance(outcome, Change):
        return outcome
    text = apply(after.document.text, outcome.edits)
    evidence = (facts.at(origin, f"{says} than {base.newest_release}, which it names now"), *outcome.evidence)
    return replace(outcome, edits=edits_between(facts.document.text, text), evidence=evidence)


def _parted(facts: Facts, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits of the split, and where two languages build independently, one builder for each."""
    if not facts.only_building:
        return edits
    split = facts.of_text(apply(facts.document.text, edits))
    further = part_builders.parted(split)
    if not further:
        return edits
    return edits_between(facts.document.text, apply(split.document.text, further))


TRANSFORM = Transform("split-stages", run, Reasons)
