"""Which packages of the distribution the runtime stage installs.

What the author's lists say, less what only builds need, and what the base image of the build has and that of the
runtime has not.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Final

from dockrefactor import (
    development,
    fetched_scripts,
    os_packages,
    own_programs,
    package_lists,
    roles,
    rpm_managers,
    tables,
)
from dockrefactor.effects import Kind
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.launch_words import builtins
from dockrefactor.needs import Claim
from dockrefactor.os_packages import Role
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Step
from dockrefactor.step_effects import BUILDING, NEUTRAL, OS, adds_repository
from dockrefactor.toolchain import Blocked, BlockedError

# what compiled C++ and Fortran links besides libc, where the distribution's base has it not (apt itself brings C++'s);
# OpenMP, atomics and quad precision are linked only on request
LANGUAGE_LIBRARIES: Final = frozenset({"libgcc", "libstdc++", "libgfortran", "libgfortran5"})
# programs that check the certificates of the servers they ask
TLS_CLIENTS: Final = frozenset({"curl", "wget", "git"})


# sources that builds and developers start, or that do without what they start (versioneer's)
_BESIDE_PROGRAM: Final = regex(r"(?:^|/)(?:(?:setup|versioneer|_version|noxfile|fabfile)\.py$|node_modules/|docs?/)")


class RuntimePackages:
    """Gathers, step by step, the packages that the runtime needs.

    `kept` are those that retyped steps of the author install there, `extra` those for which an install of our own is
    needed.
    """

    def __init__(
        self, facts: Facts, base: Image, runtime: Image, instead: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """`instead`: see `Plan`."""
        self.facts = facts
        self.base = base
        self.runtime = runtime
        self.instead = instead or {}
        self.kept: list[str] = []
        self.extra: list[str] = []
        self.dropped: set[str] = set()
        self.typed: list[tuple[Step, list[str], list[str]]] = []  # steps with what they keep and what is added there
        self.wanted = self._wanted_programs()
        self.foreign = frozenset(name for step in facts.final.steps for name in fetched_scripts.packages(step))

    def _wanted_programs(self) -> dict[str, Evidence]:
        """Programs that must be found when the container runs."""
        wanted: dict[str, Evidence] = {}
        launch, check = self.facts.launch, self.facts.healthcheck
        others = (*self.facts.neighbours.programs, *development.started(self.facts))
        started = (*launch.started, *check.started)
        built = {item.argv[0] for item in started if own_programs.is_built_here(self.facts.final, item)}
        for name, evidence in (*launch.programs, *check.programs, *others):
            if name not in built:
                wanted.setdefault(posixpath.basename(name), evidence)
        for claim in self.facts.needs.programs:
            if claim.value:
                wanted.setdefault(posixpath.basename(claim.value), claim.evidence)
        starts = tables.toml("os_packages")["starts"]
        for name, evidence in list(wanted.items()):
            for other in starts.get(name, ()):
                wanted.setdefault(other, evidence)
        return wanted

    def stop(self, code: str, step: Step, says: str) -> BlockedError:
        return BlockedError(Blocked(code, self.facts.at(step.instruction, says)))

    def of_step(self, step: Step, generated: bool = False) -> str | None:
        """The install of what the runtime needs of a step's packages; None where it needs nothing.

        The author's lines without what only builds need, or (`generated`) an install of our own. Raises BlockedError.
        """
        assert step.run is not None
        names = package_lists.packages(step)
        upgrades = package_lists.has_upgrade(step)
        if upgrades and not (names and self.base.is_rpm):
            return self._upgrade(step, names)
        removed = _removed(step)
        kept = [name for name in names if name not in removed and self._keeps(name, step)]
        self.dropped.update(os_packages.bare(name) for name in names if name not in kept)
        foreign = self.foreign.intersection(map(os_packages.bare, kept))
        if foreign:
            raise self.stop("unknown-library", step, f"`{min(foreign)}` comes from a repository that a script adds")
        left = [library for name in names for library in self._left_behind(name, step)]
        there = os_packages.provided((*kept, *self.kept))
        added = [name for name in dict.fromkeys(left) if not os_packages.provided([name]) <= there]
        self.kept.extend([*kept, *added])
        document = self.facts.document
        fits = not self.base.is_rpm or package_lists.fits(step, lambda name: name in kept, added)
        if fits and not generated:
            self.typed.append((step, kept, added))
            return package_lists.retyped(document, step, lambda name: name in kept, added, self.runtime)
        if not package_lists.is_divisible(step, lambda name: name in kept):
            raise self.stop("unknown-effect", step, "what it installs cannot be installed in parts")
        recommended = bool(kept) and package_lists.recommends(step)
        total = [*kept, *added]
        like = package_lists.model(step, lambda name: name in kept)
        text = package_lists.plain_install(total, self.runtime, document, recommended, like) if total else None
        return self._upgrades_alone(step) + (text or "") if upgrades else text

    def _upgrades_alone(self, step: Step) -> str:
        """The part of a step that upgrades the image. Raises BlockedError."""
        commands = package_lists.upgrades(step)
        if commands is None:
            raise self.stop("unknown-effect", step, "it upgrades the packages of the base image")
        return self.facts.document.typed(f"RUN {commands}{self.facts.document.newline}")

    def keeps_any(self, step: Step) -> bool:
        """Whether the runtime has use for a package that a step installs. Raises BlockedError."""
        removed = _removed(step)
        names = [name for name in package_lists.packages(step) if name not in removed]
        there = {"ca-certificates"} if self.runtime.ca_certificates else set()
        kept = [name for name in names if name not in there]
        kept = [name for name in kept if self._keeps(name, step) or self._left_behind(name, step)]
        if not kept:
            self.dropped.update(map(os_packages.bare, names))
        return bool(kept)

    def keep_whole(self, step: Step) -> None:
        """See that a step can be repeated in the runtime as it is. Raises BlockedError."""
        assert step.run is not None
        roles_of = {os_packages.role(name, self.base) for name in package_lists.packages(step)}
        if self.base.is_rpm and Role.BUILD in roles_of:
            raise self.stop("unknown-effect", step, "it adds a source of packages and installs in one line")
        self.kept.extend(package_lists.packages(step))
        files = [placed for placed in step.run.commands if placed.effects.kind is Kind.OS_FILES]
        self.kept.extend(word.text for placed in files for word in placed.command.words[1:] if word.text[:1] != "-")
        for program in self.missing_programs(step):
            self.want(program, self.facts.at(step.instruction, "runs here"))
        lacking = self.missing_programs(step)
        if lacking:
            raise self.stop("unknown-library", step, f"the runtime has no `{lacking[0]}`, which runs here")
        if self.base.ca_certificates and not self.runtime.ca_certificates and "ca-certificates" not in self.kept:
            self.extra = list(dict.fromkeys((*self.extra, "ca-certificates")))

    def _is_covered(self, name: str) -> bool:
        """Whether the user says that what a package leaves for the runtime is among other packages."""
        return os_packages.bare(name) in self.facts.options.covered

    def _upgrade(self, step: Step, names: tuple[str, ...]) -> str:
        """An upgrade of the whole image is made in both stages, where the step does nothing else."""
        assert step.run is not None
        package_kinds = {Kind.OS_UPDATE, Kind.OS_INSTALL, Kind.OS_CLEAN, Kind.OS_REMOVE, Kind.QUERY, Kind.SETTING}
        if names or not step.run.kinds <= package_kinds:
            raise self.stop("unknown-effect", step, "it upgrades the packages of the base image")
        return self.facts.document.source(step.instruction)

    def _keeps(self, name: str, step: Step) -> bool:
        """Whether the runtime installs a package under its own name."""
        if not name or "$" in name:
            raise self.stop("unknown-library", step, "a package name is computed")
        if self._is_covered(name):
            return False
        role = os_packages.role(name, self.base)
        brought = os_packages.programs_of(name, self.base)
        used = bool(brought & self.wanted.keys())
        if (successors := self._successors(name)) is not None:
            return os_packages.bare(name) in successors
        if any(roles.is_builders_tool(self.facts, program) for program in brought):
            return used
        if role in (Role.BUILD, Role.HEADERS):
            return used
        if role is Role.TOOL:
            return used or any(claim.value is None for claim in self.facts.needs.programs)
        return True

    def _successors(self, name: str) -> tuple[str, ...] | None:
        """What stands for a package of tools in the runtime; None where the package itself does, or what it starts is
        not known."""
        found = self.instead.get(os_packages.bare(name))
        if found is None:
            return None
        brought = os_packages.programs_of(name, self.base)
        kept = {program for other in found for program in os_packages.programs_of(other, self.base)}
        return None if (brought - kept) & (self.wanted.keys() | self._named_by_setup()) else found

    def _named_by_setup(self) -> set[str]:
        """Words of commands that set up the image, which the runtime repeats."""
        return {
            posixpath.basename(word)
            for step in self.facts.final.steps
            for placed in step.commands
            if placed.effects.kind not in BUILDING | NEUTRAL | OS
            for word in placed.command.argv
        }

    def lacks(self, step: Step) -> bool:
        """Whether a step names a program of a package that the runtime has not."""
        assert step.run is not None
        gone = {program for name in self.dropped for program in os_packages.programs_of(name, self.base)}
        gone -= self.runtime.programs | self._brought()
        words = {posixpath.basename(word) for placed in step.run.commands for word in placed.command.argv}
        return bool(words & gone)

    def is_only_runtime(self, name: str) -> bool:
        """Whether the builder has no use for a package."""
        brought = os_packages.programs_of(name, self.base)
        builds = any(roles.is_builders_tool(self.facts, program) for program in brought)
        # in an image without a language, builds run or load the languages' packages
        loaded = not self.base.language and os_packages.is_of_language(name, self.base)
        called = frozenset(tables.toml("build_tools")["called_by_builds"])
        runtime = os_packages.role(name, self.base) is Role.RUNTIME
        named = {
            posixpath.basename(placed.command.name)
            for step in self.facts.final.steps
            if step.run is not None and step.run.kinds & BUILDING
            for placed in step.run.commands
        }
        return runtime and not builds and not loaded and called.isdisjoint(brought) and named.isdisjoint(brought)

    def brought_by(self, step: Step) -> frozenset[str]:
        """The programs of the packages that a step installs and that the builder has no use for."""
        names = filter(self.is_only_runtime, package_lists.packages(step))
        return frozenset(program for name in names for program in os_packages.programs_of(name, self.base))

    def _left_behind(self, name: str, step: Step) -> tuple[str, ...]:
        """Libraries that what was built with a package links."""
        if self._is_covered(name):
            return ()
        successors = self._successors(name)
        if successors is not None:
            return successors
        role = os_packages.role(name, self.base)
        if role is Role.HEADERS:
            found = os_packages.libraries(name, self.base)
            if found is None:
                raise self.stop("unknown-library", step, f"what `{name}` leaves for the runtime is not known")
            return found
        if role is not Role.BUILD or name in _removed(step):
            return ()
        languages = os_packages.left_behind(name, self.base)
        linked = LANGUAGE_LIBRARIES
        if self.base.is_rpm and any(toolchain.name == "python" for toolchain in self.facts.toolchains):
            linked = linked | {"libgomp"}  # an old pip compiles packages for which there are wheels
        return tuple(item for item in languages if item in linked and item not in self.runtime.packages)

    def missing_programs(self, step: Step) -> list[str]:
        """Programs that a step runs and the runtime image has not."""
        assert step.run is not None
        needed = {name for placed in step.run.commands for name in placed.effects.programs}
        have = self.runtime.programs | builtins() | self._brought()
        return sorted(name for name in needed if name not in have and not name.startswith("/"))

    def _brought(self) -> frozenset[str]:
        names = (*self.kept, *self.extra)
        return frozenset(program for name in names for program in os_packages.programs_of(name, self.runtime))

    def starts(self, placed: Placed) -> bool:
        """Whether the container starts a tool that a command installs."""
        names = {posixpath.basename(name).partition("@")[0] for name in placed.effects.programs[1:]}
        return not names or bool(names & self.wanted.keys())

    def want(self, program: str, evidence: Evidence, certificates: bool = True) -> None:
        """See that the runtime has a program which the base image of the build has. Raises BlockedError.

        `certificates`: a program that asks other servers gets the certificates to check them by.
        """
        if program not in self.base.programs:
            self._keep_tool(program)
            return  # else the build brings it itself, or it is not there today either
        package = os_packages.package_of(program, self.runtime)
        if package is None and program in self.facts.options.covered:
            return
        if package is None:
            says = f"`{program}` is not in {self.runtime.reference.written}"
            code = "archived-release" if self._is_closed() else "unknown-library"
            raise BlockedError(Blocked(code, Evidence(evidence.path, evidence.line, says)))
        self.extra.append(package)
        if program in TLS_CLIENTS and self.base.ca_certificates and not self.runtime.ca_certificates and certificates:
            self.extra.append("ca-certificates")
        self.extra = list(dict.fromkeys(self.extra))

    def _keep_tool(self, program: str) -> None:
        """See that the runtime has a program of a package of the author's that stayed behind. Raises BlockedError."""
        for step in self.facts.final.steps:
            for name in package_lists.packages(step):
                if os_packages.bare(name) not in self.dropped or name in self.extra:
                    continue
                if program in os_packages.programs_of(name, self.base):
                    if self.base.is_rpm and self._chooses(step):
                        raise self.stop("unknown-library", step, f"where `{name}` comes from is told by options")
                    self.extra.append(name)
                    if program in TLS_CLIENTS and not self.runtime.ca_certificates:
                        self.extra.append("ca-certificates")
                    self.extra = list(dict.fromkeys(self.extra))
                    return

    def _chooses(self, step: Step) -> bool:
        """Whether a step says by options, or an earlier one by a repository, where packages come from."""
        assert step.run is not None
        options = any(
            rpm_managers.chooses(placed.command)
            for placed in step.run.commands
            if placed.effects.kind is Kind.OS_INSTALL
        )
        return options or any(
            adds_repository(other) or "epel-release" in package_lists.packages(other)
            for other in self.facts.final.steps
        )

    def complete(self) -> None:
        """Add packages for what the base image of the build has and the runtime's has not. Raises BlockedError."""
        there = {"ca-certificates": self.runtime.ca_certificates, "tzdata": self.runtime.tzdata}
        listed = os_packages.provided((*self.kept, *self.extra, *self.runtime.packages))
        for name, _ in self.facts.needs.os_packages:
            own = os_packages.provided([name])
            if not (own <= listed or there.get(name)) and self._had(name):
                self.extra.append(name)
                listed |= own
        have = self._brought() | self.runtime.programs
        computed = next(filter(_is_computed, self.facts.needs.programs), None)
        if computed is not None and not self.base.programs <= have:
            place = computed.evidence
            says = f"{place.says}: which program it starts is computed, and the runtime has fewer"
            raise BlockedError(Blocked("unknown-library", Evidence(place.path, place.line, says)))
        for program, evidence in self.wanted.items():
            if program in have:
                continue
            if program not in self.base.programs:
                self.extra += self._came_along(program)
                continue
            self.want(program, evidence, self._needs_certificates(program))
        beside = [other for name in self.extra for other in os_packages.beside(name, self.runtime)]
        self.extra = list(dict.fromkeys((*self.extra, *beside)))
        if self.extra and self._is_closed():
            says = f"`{self.extra[0]}` can no longer be installed in {self.runtime.reference.written}"
            raise BlockedError(Blocked("archived-release", self.facts.at(self.facts.final.origin, says)))

    def joined(self, step: Step) -> str | None:
        """The author's install of `step` with what the runtime lacks beside it, which then needs no install of its own;
        None where it has options or commands that these would not be installed with."""
        kept, added = next(((kept, added) for one, kept, added in self.typed if one is step), ([], []))
        if not (kept or added) or self.base.is_rpm or package_lists.recommends(step):
            return None
        total = [*added, *self.extra]
        if not package_lists.fits(step, lambda name: name in kept, total):
            return None
        self.kept.extend(self.extra)
        self.extra.clear()
        document = self.facts.document
        return package_lists.retyped(document, step, lambda name: name in kept, total, self.runtime)

    def _is_closed(self) -> bool:
        """Whether nothing can be installed in the runtime: its release is archived, and no step of the author's shows
        that the file turns to the archive."""
        return not os_packages.is_carried(self.runtime) and not any(map(package_lists.packages, self.facts.final.steps))

    def _came_along(self, program: str) -> list[str]:
        """The package of a program that came along with one which stays behind."""
        along = {other for name in self.dropped for other in os_packages.pulled(name, self.base)}
        if self.base.is_rpm:
            brings = [name for name in sorted(along) if program in os_packages.programs_of(name, self.base)]
            return brings[:1]
        package = os_packages.package_of(program, self.runtime)
        return [package] if package in along and package not in self.extra else []

    def _had(self, library: str) -> bool:
        """Whether the original may have a library: of its base image, where the runtime has another, or of what came
        along with packages that stay behind."""
        return self.runtime.reference != self.base.reference or any(
            os_packages.role(name, self.base) is not Role.BUILD or library in os_packages.left_behind(name, self.base)
            for name in self.dropped
        )

    def _needs_certificates(self, program: str) -> bool:
        """Whether a client may ask other servers: all but a health check over plain HTTP."""
        checks = [item for item in self.facts.healthcheck.started if item.name == program]
        plain = all(not any(word.startswith("https:") for word in item.argv) for item in checks)
        started = any(program in (item.name, item.program) for item in self.facts.launch.started)
        in_sources = any(
            claim.value and posixpath.basename(claim.value) == program for claim in self.facts.needs.programs
        )
        return not (checks and plain) or started or in_sources


def _removed(step: Step) -> set[str]:
    """Packages that a step removes again."""
    assert step.run is not None
    return {
        word.text
        for placed in step.run.commands
        if placed.effects.kind is Kind.OS_REMOVE
        for word in placed.effects.os_packages
    }


def _is_computed(claim: Claim) -> bool:
    """Whether the program may be any that the image has."""
    return claim.value is None and not _BESIDE_PROGRAM.search(claim.evidence.path)
