"""Which stage the steps belong to that install packages of the distribution, and what of them each stage keeps."""

from __future__ import annotations

from dockrefactor import fetched_scripts, os_packages, package_files, package_lists, standing_files
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.os_packages import Role
from dockrefactor.runtime_packages import RuntimePackages
from dockrefactor.slots import Slot
from dockrefactor.stages import Step
from dockrefactor.step_effects import NEUTRAL, OS, SETUP, is_exact, is_movable, left
from dockrefactor.toolchain import Artifact


class PackageSteps:
    """Places such steps of the final stage; `last` is the index of the last step that builds."""

    def __init__(self, facts: Facts, packages: RuntimePackages, slots: list[Slot], last: int, runtime: Image) -> None:
        assert facts.final.base is not None
        self.facts = facts
        self.packages = packages
        self.slots = slots
        self.last = last
        self.base = facts.final.base
        self.runtime = runtime
        self.steps = facts.final.steps

    def place_files(self, at: int, slot: Slot) -> None:
        """A package that the step has as a file may hold anything: the step stays whole, in both stages."""
        unchanged = self.runtime.reference == self.base.reference and not self.packages.dropped
        against = package_files.obstacle(self.slots, at, self.base, self.runtime, unchanged)
        if against is not None:
            raise self.packages.stop(against[0], slot.step, against[1])
        slot.builder = at <= self.last
        slot.runtime = True
        self.packages.keep_whole(slot.step)

    def place_repository(self, at: int, slot: Slot) -> None:
        """A source of packages, or its key, is there before anything is installed from it: the step stays whole in the
        runtime, unless all that it installs is for builds."""
        step = slot.step
        assert step.run is not None
        if not step.run.kinds <= SETUP | OS | NEUTRAL:
            raise self.packages.stop("unknown-effect", step, "it adds a source of packages and builds in one line")
        slot.builder = at <= self.last
        names = package_lists.packages(step)
        slot.runtime = not names or not slot.builder or self.packages.keeps_any(step)
        setup = self._sources_alone(step) if slot.runtime and slot.builder and names else None
        if setup is not None:
            packages = self.packages.of_step(step, generated=True) or ""
            slot.runtime_text = self.facts.document.typed(f"RUN {setup}{self.facts.document.newline}") + packages
        elif slot.runtime:
            self.packages.keep_whole(step)

    def _sources_alone(self, step: Step) -> str | None:
        """The commands of a step that add sources, where an install of our own can follow; None where it cannot."""
        assert step.run is not None
        commands = step.run.commands
        installs = [at for at, placed in enumerate(commands) if placed.effects.kind is Kind.OS_INSTALL]
        setup = [(at, placed) for at, placed in enumerate(commands) if placed.effects.kind in SETUP]
        options = {word.partition("=")[0] for at in installs for word in commands[at].command.argv}
        given = {name for at in installs for name, _ in commands[at].command.assignments} - {"DEBIAN_FRONTEND"}
        if options & {"-t", "--target-release", "--default-release", "-o"} or given:
            return None
        if self.packages.missing_programs(step):
            return None
        if (
            step.run.heredoc
            or step.run.mounts
            or not all(at < installs[0] and is_movable(one, self.steps) for at, one in setup)
        ):
            return None
        return " && ".join(step.run.script.text[one.command.start : one.command.end] for _, one in setup)

    def divide(self, at: int, slot: Slot) -> None:
        """`apt-get install …` alone: each stage installs what it has use for."""
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
        # what the author says of packages that build is not said of the libraries that they leave
        slot.drops_comments = bool(names) and not any(name in self.packages.kept for name in names)
        build = [name for name in names if not self.packages.is_only_runtime(name)]
        assert step.run is not None
        if Kind.TOOL_SETUP in step.run.kinds:  # settings of what builds (`npm config set`) stay with it
            return
        if not build and not (self.base.is_rpm and package_lists.has_upgrade(step)):
            slot.builder = False
        elif len(build) < len(names) and self._may_shorten(step, build):
            slot.builder_text = package_lists.retyped(
                self.facts.document, step, lambda name: name in build, (), self.base
            )

    def _may_shorten(self, step: Step, names: list[str]) -> bool:
        """Whether the builder's step can install only `names`."""
        if fetched_scripts.packages(step):
            return False
        return not self.base.is_rpm or package_lists.fits(step, lambda name: name in names, ())

    def place_setup(self, at: int, slot: Slot) -> None:
        """`apt-get install curl && curl -o x …`: whole in the runtime where it leaves what the runtime may have."""
        step = slot.step
        names = package_lists.packages(step)
        roles_of = {os_packages.role(name, self.base) for name in names}
        exact = is_exact(step) and not standing_files.is_changed(step)
        if at <= self.last and (exact or fetched_scripts.packages(step)):
            slot.builder = True
            slot.artifacts = artifacts_of(self.facts, step) if exact else ()
            slot.runtime_text = self.packages.of_step(step, generated=True)
            slot.runtime = slot.runtime_text is not None
            return
        if roles_of & {Role.BUILD, Role.HEADERS} and at <= self.last:
            if self.base.is_rpm:  # where the runtime is the same image, it would be rid of nothing
                raise self.packages.stop(
                    "unknown-effect", step, "it installs compilers and sets up the image in one line"
                )
            slot.builder = True
        elif not all(map(self.packages.is_only_runtime, names)):
            slot.builder = at <= self.last
        slot.runtime = True


def artifacts_of(facts: Facts, step: Step) -> tuple[Artifact, ...]:
    """What a step leaves, as the runtime takes it from the builder."""
    evidence = facts.at(step.instruction, "is made here")
    return tuple(Artifact(path, False, evidence) for path in left(step))
