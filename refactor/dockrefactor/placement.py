"""Which stage each step of a single-stage Dockerfile belongs to, shown from its effects.

The builder keeps what makes artifacts, the runtime what the image is: its launch, its configuration, its accounts and
folders. A step whose effects are unknown has no place: the split is refused.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor import (
    fetched_programs,
    fresh_lists,
    placement_review,
    roles,
    source_copies,
    standing_files,
    tables,
)
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.package_steps import PackageSteps, artifacts_of
from dockrefactor.runtime_packages import RuntimePackages
from dockrefactor.slots import Placement, Slot
from dockrefactor.stages import Copy, Step
from dockrefactor.step_effects import (
    BUILDING,
    NEUTRAL,
    OS,
    SETUP,
    adds_repository,
    builds,
    is_exact,
    is_handed_over,
    is_in_tree,
    is_movable,
    is_own,
    made_by_copies,
    new_owner,
    owner_given,
    remakes,
    with_removals,
    writes,
)
from dockrefactor.toolchain import Blocked, BlockedError, Plan

FINAL_ONLY: Final = frozenset(
    {"CMD", "ENTRYPOINT", "EXPOSE", "VOLUME", "LABEL", "STOPSIGNAL", "HEALTHCHECK", "MAINTAINER", "ONBUILD"}
)


def place(facts: Facts, plan: Plan, runtime: Image) -> Placement | Blocked:
    """A place for every step of the final stage, or the first step that has none."""
    return _Placer(facts, plan, runtime).place()


class _Placer:
    def __init__(self, facts: Facts, plan: Plan, runtime: Image) -> None:
        self.facts = facts
        self.plan = plan
        self.runtime = runtime
        stage = facts.final
        assert stage.base is not None
        self.base = stage.base
        self.steps = stage.steps
        self.slots = [Slot(step) for step in self.steps]
        self.packages = RuntimePackages(facts, stage.base, runtime, plan.instead)
        self.owner: str | None = None
        makes = [step for step, _ in plan.overlays]
        self.last = max((at for at, step in enumerate(self.steps) if builds(step) or step in makes), default=-1)

    def place(self) -> Placement | Blocked:
        try:
            for slot in self.slots:
                self._reject_unknown(slot.step)
            self._extend_builder()
            self._check_users()
            for at, slot in enumerate(self.slots):
                self._place(at, slot)
            placement_review.keep_what_builds_see(self.slots, self.last)
            placement_review.drop_headers(self.slots, self.last)
            placement_review.restore_packages(self.slots, self.last, self.packages.brought_by)
            standing_files.restore_packages(self.slots, self.last)
            self._takes_from_tree()
            placement_review.drop_repeated(self.slots, self.last)
            placement_review.drop_removed(self.slots)
            started = (word for item in self.facts.launch.started for word in item.argv)
            placement_review.drop_temporary(self.slots, self.last, started)
            placement_review.drop_idle_workdirs(self.slots, self.last, self.plan.handed_over)
            fetched_programs.check(self.facts, self.slots, self.packages, self.runtime)
            self.packages.complete()
            standing_files.check(self.slots, self.packages, self.base, self.runtime)
            self._join_packages()
            if self.packages.kept or self.packages.extra:
                placement_review.keep_frontend(self.slots)
            else:
                placement_review.drop_idle_cleaning(self.slots)
            fresh_lists.keep(self.facts.document, self.slots)
        except BlockedError as error:
            return error.blocked
        return Placement(self.slots, self.last, self.packages.extra, self.owner, self.packages.kept)

    def _join_packages(self) -> None:
        """What the runtime lacks goes into the author's own install, where that is the first thing that runs there."""
        slot = next((slot for slot in self.slots[: self.last + 1] if slot.runtime and slot.step.run is not None), None)
        if slot is None or not self.packages.extra or any(map(adds_repository, self.steps)):
            return
        slot.runtime_text = self.packages.joined(slot.step) or slot.runtime_text

    def _reject_unknown(self, step: Step) -> None:
        if step.copy is not None and (not step.copy.known and not step.copy.inline):
            raise self.packages.stop("unknown-effect", step, "its paths are computed")
        if step.run is None:
            return
        if step.run.opaque:
            raise self.packages.stop("unreadable-shell", step, step.run.opaque)
        for placed in step.run.commands:
            if placed.effects.kind is Kind.UNKNOWN:
                raise self.packages.stop(
                    "unknown-effect", step, placed.effects.why or f"what `{placed.command.name}` does is not known"
                )
            if "/?" in placed.effects.writes or placed.cwd == "/?":
                raise self.packages.stop("unknown-effect", step, "it works in a computed folder")
        handed_over = self.plan.handed_over
        for mount in step.run.mounts:
            target = re.search(r"(?:target|dst|destination)=([^,]+)", mount)
            if "type=cache" in mount and target and overlap((absolute(target[1], step.before.cwd),), handed_over):
                raise self.packages.stop("cache-mount-on-output", step, f"a cache mount hides {target[1]}")

    def _extend_builder(self) -> None:
        """Setup that only touches what is handed over belongs to the builder, even after the last build; so does what
        moves the artifacts."""
        for at in range(self.last + 1, len(self.steps)):
            run = self.steps[at].run
            if run is not None and any(is_own(placed, self.plan) for placed in run.commands):
                self.last = at
        tree = self.plan.tree
        for at in range(self.last + 1, len(self.steps)) if self.last >= 0 else ():
            step = self.steps[at]
            inner = (
                step.run is not None
                and step.run.kinds <= NEUTRAL | {Kind.FILES}
                and self._is_handed_over(step)
                and step.run.kinds & {Kind.FILES}
            )
            if inner or (step.copy is not None and step.copy.origin is None and is_in_tree(step, tree)):
                self.last = at

    def _is_handed_over(self, step: Step) -> bool:
        """Whether a step writes in what the runtime copies from the builder, and nowhere else."""
        written = writes(step)
        return bool(written) and all(any(inside(path, item) for item in self.plan.handed_over) for path in written)

    def _check_users(self) -> None:
        """A user set before the last build step owns what the build makes: the work folder's copy is given to it."""
        for step in self.steps[: self.last + 1]:
            if step.keyword != "USER" or step.instruction.args[0] in ("root", "0", "root:root", "0:0"):
                continue
            if self.plan.tree is None or "$" in step.instruction.args[0]:
                raise self.packages.stop("user-before-build", step, f"the build runs as {step.instruction.args[0]}")
            self._own(step, step.instruction.args[0])

    def _place(self, at: int, slot: Slot) -> None:
        step = slot.step
        if at > self.last and step.run is None and step.copy is None:
            slot.runtime = True
        elif step.copy is not None:
            self._place_copy(at, slot, step.copy)
        elif step.run is not None:
            self._place_run(at, slot)
        else:
            self._place_setting(slot)

    def _place_setting(self, slot: Slot) -> None:
        step = slot.step
        if step.keyword in FINAL_ONLY:
            slot.runtime = True
            return
        slot.builder = slot.runtime = True
        if step.keyword == "ENV" and set(step.instruction.args[::3]) <= {"DEBIAN_FRONTEND", "CGO_ENABLED"}:
            slot.runtime = False
        if step.keyword == "ARG":
            self._place_argument(slot)

    def _place_argument(self, slot: Slot) -> None:
        """An ARG goes where its name is used; a build may also read it from its environment."""
        names = [word.partition("=")[0] for word in slot.step.instruction.args]
        pattern = re.compile(rf"\$\{{?({'|'.join(map(re.escape, names))})\b")
        used_by = [other for other in self.slots if pattern.search(other.step.instruction.logical)]
        metadata = [other for other in used_by if other.step.keyword in FINAL_ONLY]
        slot.runtime = any(not builds(other.step) for other in used_by)
        slot.builder = not metadata or len(metadata) != len(used_by)

    def _place_copy(self, at: int, slot: Slot, copy: Copy) -> None:
        slot.builder = at <= self.last
        if copy.origin is not None:
            slot.runtime = at > self.last or not self._is_build_tool(copy)
            return
        if self.plan.tree is not None and all(inside(path, self.plan.tree) for path in copy.writes):
            slot.runtime = at > self.last
            if copy.owner is not None:
                self._own(slot.step, copy.owner)
            return
        whole = [artifact.path for artifact in self.plan.artifacts if artifact.whole]
        if copy.writes and all(any(inside(path, folder) for folder in whole) for path in copy.writes):
            slot.runtime = at > self.last
            return
        slot.runtime = True
        if source_copies.brings_sources(copy, self.plan.source_tree):
            assert self.plan.context_paths is not None
            kept = self.plan.context_paths
            placed = any(step.keyword == "WORKDIR" for step in self.facts.final.steps[:at])
            document, context = self.facts.document, self.facts.context
            slot.runtime_text = source_copies.restricted(document, context, slot.step, copy, kept, placed)
            slot.runtime = slot.runtime_text != ""

    def _is_build_tool(self, copy: Copy) -> bool:
        """Whether a copy from an image brings a program of builds, or a part of one, that nothing starts."""
        table = tables.toml("build_tools")
        parts: dict[str, list[str]] = table["copied_parts"]
        names = {posixpath.basename(path) for path in (*copy.sources, copy.destination)}
        users = names | {user for name in names for user in parts.get(name, ())}
        return not names.isdisjoint({*table["copied"], *parts}) and users.isdisjoint(self.packages.wanted)

    def _own(self, step: Step, owner: str) -> None:
        if self.owner is not None and self.owner.partition(":")[0] != owner.partition(":")[0]:
            raise self.packages.stop("ownership-unknown", step, "files of the work folder have several owners")
        self.owner = owner if self.owner is None or ":" in owner else self.owner

    def _installs(self) -> PackageSteps:
        return PackageSteps(self.facts, self.packages, self.slots, self.last, self.runtime)

    def _place_run(self, at: int, slot: Slot) -> None:
        step = slot.step
        assert step.run is not None
        kinds = step.run.kinds
        if Kind.OS_FILES in kinds:
            self._installs().place_files(at, slot)
        elif adds_repository(step):
            self._installs().place_repository(at, slot)
        elif not kinds - NEUTRAL - {Kind.TOOL_SETUP}:
            slot.builder = at <= self.last
            # what asks or sets up a tool that stays behind leaves nothing in the runtime
            slot.runtime = at > self.last and not self.packages.lacks(step)
        elif kinds <= OS | NEUTRAL:
            self._installs().divide(at, slot)
        elif kinds <= BUILDING | NEUTRAL:
            slot.builder = True
        elif kinds <= BUILDING | NEUTRAL | OS:
            slot.builder = True
            slot.runtime_text = self.packages.of_step(step, generated=True)
            slot.runtime = slot.runtime_text is not None
        elif kinds <= SETUP | NEUTRAL | OS:
            self._place_setup(at, slot)
        elif kinds <= {Kind.PROGRAM} | SETUP | NEUTRAL:
            self._place_program(at, slot)
        elif kinds <= {Kind.TOOL_INSTALL} | NEUTRAL:
            slot.runtime = any(
                self.packages.starts(placed) for placed in step.run.commands if placed.effects.kind is Kind.TOOL_INSTALL
            )
            slot.builder = at <= self.last and not slot.runtime
        else:
            self._place_mixed(at, slot)

    def _place_setup(self, at: int, slot: Slot) -> None:
        """Folders, links, accounts, downloads: the image's own, unless they only touch what the builder hands over."""
        step = slot.step
        assert step.run is not None
        if any(is_own(placed, self.plan) for placed in step.run.commands):
            self._place_mixed(at, slot)
            return
        if step.run.kinds & {Kind.OS_INSTALL, Kind.OS_REMOVE}:
            self._installs().place_setup(at, slot)
            return
        chowned = new_owner(step, self.plan.tree)
        if chowned is not None:
            self._own(step, chowned)
            slot.builder = at <= self.last
            self._own_folder(at, slot, chowned)
            return
        tools = at <= self.last and all(roles.is_builders_tool(self.facts, path) for path in writes(step) or ("",))
        if tools or any(step is making for making, _ in self.plan.overlays):
            slot.builder = True
            return
        if at <= self.last and not is_in_tree(step, self.plan.tree) and self._is_handed_over(step):
            slot.builder = True
            return
        if is_in_tree(step, self.plan.tree):
            slot.builder = at <= self.last
            # the folder itself is made anew in the runtime: by WORKDIR as root's, or here as the user's
            tree = self.plan.tree
            remade = self.owner is not None or remakes(step, tree if self._stands(at, tree or "") else None)
            slot.runtime = at > self.last or (remade and tree in writes(step))
            return
        copied = all(made_by_copies(placed, self.plan, self.steps) for placed in step.run.commands)
        if copied or (
            all(placed.command.name == "mkdir" for placed in step.run.commands) and self._is_made_by_workdir(step)
        ):
            slot.builder, slot.runtime = at <= self.last, at > self.last
            return
        missing = self.packages.missing_programs(step)
        if missing and at <= self.last and is_exact(step) and not standing_files.is_changed(step):
            slot.builder = True
            slot.artifacts = artifacts_of(self.facts, step)
            return
        for program in missing:
            self.packages.want(program, self.facts.at(step.instruction, "runs here"))
        slot.runtime = True

    def _own_folder(self, at: int, slot: Slot, owner: str) -> None:
        """The work folder itself is made anew in the runtime, and given to its owner: a copy gives what is in it."""
        folder = self.plan.tree
        assert folder is not None
        there = self._stands(at, folder)
        text = f"RUN {'' if there else f'mkdir -p {folder} && '}chown {owner} {folder}{self.facts.document.newline}"
        slot.runtime_text = (slot.runtime_text or "") + self.facts.document.typed(text)
        slot.runtime = True
        slot.keeps_comments = False

    def _stands(self, at: int, folder: str) -> bool:
        """Whether a work folder is made in or below a folder before a step."""
        return any(inside(other.step.before.cwd, folder) for other in self.slots[: at + 1])

    def _is_made_by_workdir(self, step: Step) -> bool:
        cwds = [other.before.cwd for other in self.steps] + [self.facts.final.after.cwd]
        return all(any(inside(cwd, path) for cwd in cwds) for path in writes(step))

    def _place_program(self, at: int, slot: Slot) -> None:
        step = slot.step
        if self.plan.tree is not None:
            slot.builder, slot.runtime = at <= self.last, at > self.last
            return
        for program in self.packages.missing_programs(step):
            self.packages.want(program, self.facts.at(step.instruction, "runs here"))
        slot.runtime = True

    def _place_mixed(self, at: int, slot: Slot) -> None:
        """A build and a setup in one RUN: the builder runs all of it, the runtime what concerns the image."""
        step = slot.step
        assert step.run is not None
        commands = step.run.commands
        slot.builder = True
        owner = next(filter(None, (owner_given(placed, self.plan.tree) for placed in commands)), None)
        if owner is not None:
            self._own(step, owner)
        setup = [
            placed
            for placed in commands
            if (
                placed.effects.kind in SETUP
                and not is_handed_over(placed, self.plan)
                and not made_by_copies(placed, self.plan, self.steps)
            )
            or (placed.effects.kind is Kind.TOOL_INSTALL and self.packages.starts(placed))
        ]
        programs = [
            placed
            for placed in commands
            if placed.effects.kind is Kind.PROGRAM and not is_handed_over(placed, self.plan)
        ]
        if programs and (setup or commands[-len(programs) :] != tuple(programs)):
            raise self.packages.stop(
                "unknown-effect", step, "it builds, runs the program and sets up the image in one line"
            )
        # what the program makes stands among the sources, which the runtime takes from the context: it runs there
        setup = setup or programs
        setup = standing_files.with_gone(self.slots, at, with_removals(commands, setup), self.plan, self.packages)
        if not setup:
            slot.runtime_text = (
                self.packages.of_step(step, generated=True) if Kind.OS_INSTALL in step.run.kinds else None
            )
            slot.runtime = slot.runtime_text is not None
            slot.keeps_comments = False
            if owner is not None:
                self._own_folder(at, slot, owner)
            return
        if step.run.heredoc or step.run.mounts or not all(is_movable(placed, self.steps) for placed in setup):
            raise self.packages.stop("unknown-effect", step, "it builds and sets up the image in one line")
        text = " && ".join(step.run.script.text[placed.command.start : placed.command.end] for placed in setup)
        packages = self.packages.of_step(step, generated=True) if Kind.OS_INSTALL in step.run.kinds else None
        slot.runtime_text = (packages or "") + self.facts.document.typed(f"RUN {text}{self.facts.document.newline}")
        slot.keeps_comments = False
        slot.runtime = True

    def _takes_from_tree(self) -> None:
        """Setup that the runtime repeats stands before the copies from the builder: it takes nothing from there."""
        for slot in self.slots[: self.last + 1] if self.plan.handed_over else ():
            if not slot.runtime or slot.step.run is None:
                continue
            for placed in slot.step.run.commands:
                if placed.effects.kind is not Kind.FILES or placed.command.name in ("ln", "mkdir"):
                    continue
                touched = (*placed.effects.reads, *placed.effects.writes)
                taken = next(
                    (item for item in self.plan.handed_over if any(inside(path, item) for path in touched)), None
                )
                if not is_handed_over(placed, self.plan) and taken is not None:
                    says = f"`{placed.command.name}` takes files of {taken} to another place"
                    raise self.packages.stop("unknown-effect", slot.step, says)
