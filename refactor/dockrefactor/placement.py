"""Which stage each step of a single-stage Dockerfile belongs to, shown from its effects.

The builder keeps what makes artifacts, the runtime what the image is: its launch, its configuration, its accounts and
folders. A step whose effects are unknown has no place: the split is refused.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor import os_packages, package_lists
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.os_packages import Role
from dockrefactor.records import dataclass, field
from dockrefactor.runtime_packages import RuntimePackages, Unplaced
from dockrefactor.stages import Copy, Placed, Step
from dockrefactor.toolchain import Artifact, Blocked, Plan

BUILDING: Final = frozenset({Kind.INSTALL, Kind.BUILD, Kind.PRUNE, Kind.TEST})
OS: Final = frozenset({Kind.OS_UPDATE, Kind.OS_INSTALL, Kind.OS_REMOVE, Kind.OS_CLEAN})
NEUTRAL: Final = frozenset({Kind.QUERY, Kind.SETTING, Kind.OS_CLEAN, Kind.TOOL_SETUP})
SETUP: Final = frozenset({Kind.FILES, Kind.SYSTEM, Kind.ACCOUNTS, Kind.DOWNLOAD})
FINAL_ONLY: Final = frozenset(
    {"CMD", "ENTRYPOINT", "EXPOSE", "VOLUME", "LABEL", "STOPSIGNAL", "HEALTHCHECK", "MAINTAINER", "ONBUILD"}
)


@dataclass(slots=True)
class Slot:
    """Where one step goes. A text of None means: as the author wrote it, with its comments."""

    step: Step
    builder: bool = False
    runtime: bool = False
    builder_text: str | None = None
    runtime_text: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    keeps_comments: bool = True  # whether the runtime's text stands for the whole step


@dataclass(slots=True)
class Placement:
    """All slots, the index of the builder's last one, packages that the runtime needs beyond them, and the owner that the
    copied tree must have."""

    slots: list[Slot]
    last_builder: int
    extra_packages: list[str] = field(default_factory=list)
    owner: str | None = None
    kept_os_packages: list[str] = field(default_factory=list)


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
        self.packages = RuntimePackages(facts, stage.base, runtime)
        self.owner: str | None = None
        self.last = max((at for at, step in enumerate(self.steps) if self._builds(step)), default=-1)

    def place(self) -> Placement | Blocked:
        try:
            for slot in self.slots:
                self._reject_unknown(slot.step)
            self._extend_builder()
            self._check_users()
            for at, slot in enumerate(self.slots):
                self._place(at, slot)
            self._builder_reads()
            self._drop_repeated()
            self.packages.complete()
        except Unplaced as unplaced:
            return unplaced.blocked
        return Placement(self.slots, self.last, self.packages.extra, self.owner, self.packages.kept)

    def _builds(self, step: Step) -> bool:
        return step.run is not None and bool(step.run.kinds & BUILDING)

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
        handed_over = (*(artifact.path for artifact in self.plan.artifacts), *filter(None, [self.plan.tree]))
        for mount in step.run.mounts:
            target = re.search(r"(?:target|dst|destination)=([^,]+)", mount)
            if "type=cache" in mount and target and overlap((absolute(target[1], step.before.cwd),), handed_over):
                raise self.packages.stop("cache-mount-on-output", step, f"a cache mount hides {target[1]}")

    def _extend_builder(self) -> None:
        """Setup that only touches the tree which is copied whole belongs to the builder, also after the last build step."""
        if self.plan.tree is None:
            return
        for at in range(self.last + 1, len(self.steps)):
            step = self.steps[at]
            inner = (
                step.run is not None
                and step.run.kinds <= NEUTRAL | {Kind.FILES}
                and self._in_tree(step)
                and step.run.kinds & {Kind.FILES}
            )
            if inner or (step.copy is not None and step.copy.origin is None and self._in_tree(step)):
                self.last = at

    def _in_tree(self, step: Step) -> bool:
        tree = self.plan.tree
        writes = self._writes(step)
        return tree is not None and bool(writes) and all(inside(path, tree) for path in writes)

    def _writes(self, step: Step) -> tuple[str, ...]:
        if step.copy is not None:
            return step.copy.writes
        if step.run is not None:
            return tuple(
                path
                for placed in step.run.commands
                for path in placed.effects.writes
                if placed.effects.kind not in NEUTRAL
            )
        return ()

    def _check_users(self) -> None:
        """A user set before the last build step owns what the build makes: the copy of the work folder is given to it."""
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
        slot.runtime = any(not self._builds(other.step) for other in used_by)
        slot.builder = not metadata or len(metadata) != len(used_by)

    def _place_copy(self, at: int, slot: Slot, copy: Copy) -> None:
        slot.builder = at <= self.last
        if copy.origin is not None:
            names = {posixpath.basename(path) for path in (*copy.sources, copy.destination)}
            slot.runtime = at > self.last or bool(names & self.packages.wanted.keys()) or not names & _BUILD_TOOLS
            return
        if self.plan.tree is not None and all(inside(path, self.plan.tree) for path in copy.writes):
            slot.runtime = at > self.last
            if copy.owner is not None:
                self._own(slot.step, copy.owner)
            return
        slot.runtime = True
        if self._is_source(copy):
            slot.runtime_text = self._restricted(slot.step, copy)
            slot.runtime = slot.runtime_text != ""

    def _is_source(self, copy: Copy) -> bool:
        """Whether a copy brings sources of which the runtime keeps only what the plan names."""
        tree = self.plan.source_tree
        return (
            tree is not None
            and not (copy.inline or copy.remote or copy.unpacks)
            and all(inside(path, tree) for path in copy.writes)
        )

    def _own(self, step: Step, owner: str) -> None:
        if self.owner is not None and self.owner.partition(":")[0] != owner.partition(":")[0]:
            raise self.packages.stop("ownership-unknown", step, "files of the work folder have several owners")
        self.owner = owner if self.owner is None or ":" in owner else self.owner

    def _restricted(self, step: Step, copy: Copy) -> str:
        """The copy of only those context paths that the plan keeps, `""` where none of them is among its sources."""
        assert self.plan.context_paths is not None
        lines: list[str] = []
        flags = "".join(f" {flag}" for flag in step.instruction.flags)
        for path in self.plan.context_paths:
            pair = next((pair for pair in copy.pairs if pair[0] == "" or inside("/" + path, "/" + pair[0])), None)
            if pair is None:
                continue
            source, target, is_folder = pair
            image_path = (
                posixpath.normpath(posixpath.join(target, posixpath.relpath("/" + path, "/" + source)))
                if is_folder
                else target
            )
            shown = posixpath.relpath(image_path, step.before.cwd)
            relative = inside(image_path, step.before.cwd) and not step.before.from_args
            destination = ("./" + shown if shown != "." else "./") if relative else image_path
            lines.append(
                self.facts.document.typed(
                    f"COPY{flags} {_quoted(path)} {_quoted(destination)}{self.facts.document.newline}"
                )
            )
        return "".join(lines)

    def _place_run(self, at: int, slot: Slot) -> None:
        step = slot.step
        assert step.run is not None
        kinds = step.run.kinds
        if not kinds - NEUTRAL - {Kind.TOOL_SETUP}:
            slot.builder = at <= self.last
            slot.runtime = at > self.last
        elif kinds <= OS | NEUTRAL:
            self._divide_packages(at, slot)
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

    def _divide_packages(self, at: int, slot: Slot) -> None:
        step = slot.step
        slot.builder = at <= self.last
        text = self.packages.of_step(step)
        if text is None:
            slot.runtime = False
            return
        slot.runtime = True
        slot.runtime_text = text if text != self.facts.document.source(step.instruction) else None
        if not slot.builder:
            return
        names = package_lists.packages(step)
        build = [name for name in names if os_packages.role(name, self.base) is not Role.RUNTIME]
        if not build:
            slot.builder = False
        elif len(build) < len(names):
            slot.builder_text = package_lists.retyped(
                self.facts.document, step, lambda name: name in build, (), self.base
            )

    def _place_setup(self, at: int, slot: Slot) -> None:
        """Folders, links, accounts, downloads: the image's own, unless they only touch what the builder hands over."""
        step = slot.step
        assert step.run is not None
        if step.run.kinds & {Kind.OS_INSTALL, Kind.OS_REMOVE}:
            self._setup_with_packages(at, slot)
            return
        chowned = self._chown_of_tree(step)
        if chowned is not None:
            self._own(step, chowned)
            slot.builder = at <= self.last
            return
        if self._in_tree(step):
            slot.builder = at <= self.last
            # the folder itself is made anew in the runtime: by WORKDIR as root's, or here as the user's
            slot.runtime = at > self.last or (self.owner is not None and self.plan.tree in self._writes(step))
            return
        if all(placed.command.name == "mkdir" for placed in step.run.commands) and self._is_made_by_workdir(step):
            slot.builder, slot.runtime = at <= self.last, at > self.last
            return
        missing = self.packages.missing_programs(step)
        if missing and at <= self.last and self._exact(step):
            slot.builder = True
            slot.artifacts = self._as_artifacts(step)
            return
        for program in missing:
            self.packages.want(program, self.facts.at(step.instruction, "runs here"))
        slot.runtime = True

    def _setup_with_packages(self, at: int, slot: Slot) -> None:
        """`apt-get install curl && curl -o x …`: whole in the runtime where it leaves only what the runtime may have."""
        step = slot.step
        names = package_lists.packages(step)
        roles = {os_packages.role(name, self.base) for name in names}
        if at <= self.last and self._exact(step):
            slot.builder = True
            slot.artifacts = self._as_artifacts(step)
            slot.runtime_text = self.packages.of_step(step, generated=True)
            slot.runtime = slot.runtime_text is not None
            return
        if roles & {Role.BUILD, Role.HEADERS} and at <= self.last:
            slot.builder = True
        slot.runtime = True

    def _chown_of_tree(self, step: Step) -> str | None:
        """The owner that a `chown -R` gives to the whole tree that is handed over; None where it is no such step."""
        assert step.run is not None
        acting = [placed for placed in step.run.commands if placed.effects.kind not in NEUTRAL]
        if self.plan.tree is None or len(acting) != 1 or acting[0].command.name != "chown":
            return None
        argv = acting[0].command.argv
        recursive = any(word.startswith("-") and "R" in word for word in argv)
        operands = [word for word in argv[1:] if not word.startswith("-")]
        if not recursive or len(operands) != 2 or acting[0].effects.writes != (self.plan.tree,):
            return None
        return operands[0]

    def _is_made_by_workdir(self, step: Step) -> bool:
        cwds = [other.before.cwd for other in self.steps] + [self.facts.final.after.cwd]
        return all(any(inside(cwd, path) for cwd in cwds) for path in self._writes(step))

    def _exact(self, step: Step) -> bool:
        """Whether what a step leaves are files or folders that can be copied by name."""
        assert step.run is not None
        left = self._left(step)
        return (
            bool(left)
            and all(path.count("/") >= 2 and not inside("/usr/local/bin", path) for path in left)
            and all(placed.effects.kind in {Kind.FILES, Kind.DOWNLOAD} | NEUTRAL | OS for placed in step.run.commands)
        )

    def _left(self, step: Step) -> tuple[str, ...]:
        """Paths that the step writes and does not remove again."""
        assert step.run is not None
        left: list[str] = []
        for placed in step.run.commands:
            if placed.effects.kind not in (Kind.FILES, Kind.DOWNLOAD):
                continue
            for path in placed.effects.writes:
                if placed.effects.removes:
                    left = [item for item in left if not inside(item, path)]
                elif path not in left:
                    left.append(path)
        return tuple(path for path in left if not inside(path, "/tmp"))

    def _as_artifacts(self, step: Step) -> tuple[Artifact, ...]:
        evidence = self.facts.at(step.instruction, "is made here")
        return tuple(Artifact(path, False, evidence) for path in self._left(step))

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
        setup = [
            placed
            for placed in commands
            if (placed.effects.kind in SETUP and not self._handed_over(placed))
            or (placed.effects.kind is Kind.TOOL_INSTALL and self.packages.starts(placed))
        ]
        if not setup:
            slot.runtime_text = (
                self.packages.of_step(step, generated=True) if Kind.OS_INSTALL in step.run.kinds else None
            )
            slot.runtime = slot.runtime_text is not None
            slot.keeps_comments = False
            return
        if step.run.heredoc or step.run.mounts or not all(self._movable(placed) for placed in setup):
            raise self.packages.stop("unknown-effect", step, "it builds and sets up the image in one line")
        if any(placed.effects.kind is Kind.PROGRAM for placed in commands):
            raise self.packages.stop(
                "unknown-effect", step, "it builds, runs the program and sets up the image in one line"
            )
        text = " && ".join(step.run.script.text[placed.command.start : placed.command.end] for placed in setup)
        packages = self.packages.of_step(step, generated=True) if Kind.OS_INSTALL in step.run.kinds else None
        slot.runtime_text = (packages or "") + self.facts.document.typed(f"RUN {text}{self.facts.document.newline}")
        slot.keeps_comments = False
        slot.runtime = True

    def _handed_over(self, placed: Placed) -> bool:
        """Whether what a command leaves comes with the artifacts, or is gone again."""
        tree = self.plan.tree
        return placed.effects.removes or all(
            (tree is not None and inside(path, tree)) or inside(path, "/tmp") or inside(path, "/root")
            or any(inside(path, artifact.path) for artifact in self.plan.artifacts)
            for path in placed.effects.writes
        )  # fmt: skip

    def _movable(self, placed: Placed) -> bool:
        command = placed.command
        at_home = placed.cwd in {step.before.cwd for step in self.steps if step.run and placed in step.run.commands}
        return command.top and not command.conditional and command.depth == 0 and at_home

    def _builder_reads(self) -> None:
        """Setup steps before the last build step stay in the builder too where the build can see what they do."""
        for at, slot in enumerate(self.slots[: self.last]):
            if slot.builder or not slot.runtime or slot.step.run is None:
                continue
            if not slot.step.run.kinds & (SETUP | {Kind.TOOL_INSTALL, Kind.PROGRAM}):
                continue
            later = [other for other in self.slots[at + 1 : self.last + 1] if other.builder]
            touched = tuple(
                path for other in later for path in (*(self._writes(other.step)), other.step.before.cwd) if path != "/"
            )
            accounts = Kind.ACCOUNTS in slot.step.run.kinds and any(
                other.step.keyword == "USER" or (other.step.copy is not None and other.step.copy.owner)
                for other in later
            )
            system = Kind.SYSTEM in slot.step.run.kinds
            if accounts or system or overlap(self._writes(slot.step), touched):
                slot.builder = True

    def _drop_repeated(self) -> None:
        """A manifest copied ahead need not be copied to the runtime when the whole folder follows."""
        for at, slot in enumerate(self.slots[: self.last + 1]):
            if not self._plain_copy(slot) or slot.step.instruction.flag("chown"):
                continue
            for later in self.slots[at + 1 :]:
                if later.runtime and later.step.run is not None:
                    break
                if self._plain_copy(later) and _covers(later.step.copy, slot.step.copy):
                    slot.runtime = False
                    break

    def _plain_copy(self, slot: Slot) -> bool:
        """Whether the runtime has a copy of the context as the author wrote it."""
        copy = slot.step.copy
        return (
            slot.runtime and slot.runtime_text is None and copy is not None and copy.origin is None and bool(copy.pairs)
        )


def _covers(wide: Copy | None, narrow: Copy | None) -> bool:
    """Whether one copy brings all that another brings, to the same places."""
    return (
        wide is not None
        and narrow is not None
        and all(
            any(
                is_folder
                and inside("/" + source, "/" + origin)
                and target == posixpath.normpath(posixpath.join(place, posixpath.relpath("/" + source, "/" + origin)))
                for origin, place, is_folder in wide.pairs
            )
            for source, target, _ in narrow.pairs
        )
    )


_BUILD_TOOLS: Final = frozenset({"uv", "uvx", "composer", "poetry", "cargo", "go", "node", "npm"})


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
