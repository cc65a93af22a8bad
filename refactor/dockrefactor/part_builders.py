"""Parts a builder in which two languages build into one stage for each, which are built side by side.

Only where the parts are shown to be independent: neither reads or writes what the other writes, nothing else happens
between them, and the final stage takes each folder from one of them. Where all that one part reads is known, what the
other builds for it is copied between them. Both keep the original's base image; a change of one part leaves the other
in the cache.
"""

from __future__ import annotations

import posixpath
import re

from dockrefactor import fetched_scripts, os_packages, package_lists, roles
from dockrefactor.document import Document
from dockrefactor.effects import Kind, absolute, inside, overlap
from dockrefactor.facts import Facts
from dockrefactor.launch_words import builtins
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.step_effects import OS
from dockrefactor.text import Edit, Span, insertion
from dockrefactor.toolchain import Registered

_QUIET = frozenset({Kind.SETTING, Kind.QUERY})
# where both may put programs of their own: each stage has such folders
_OF_PROGRAMS = ("/usr/local/bin", "/usr/local/lib")
_SETTINGS = frozenset({"ENV", "ARG", "WORKDIR", "SHELL", "USER"})


class _Dependent(Exception):
    """The parts are not shown to be independent."""


def parted(facts: Facts) -> tuple[Edit, ...]:
    """The edits that part the builder of a file that was split; none where one builder does all, or must."""
    only_building = {toolchain.name for toolchain in facts.only_building}
    for stage in facts.stages[:-1] if only_building else ():
        names = {name for step in stage.steps for name in _makers(step)}
        aside = names & only_building
        if len(names) != 2 or len(aside) != 1 or not _is_plain_builder(facts, stage):
            continue
        try:
            return _Parter(facts, stage, next(iter(aside))).edits()
        except _Dependent:
            return ()
    return ()


def _makers(step: Step) -> set[str]:
    """The languages that a step builds or installs for."""
    commands = step.commands
    return {placed.effects.by for placed in commands if placed.effects.by}


def _is_plain_builder(facts: Facts, stage: Stage) -> bool:
    """Whether nothing but copies of the final stage uses a stage, and it builds on an image."""
    if not stage.name or stage.base_stage is not None or stage.name in facts.neighbours.targets:
        return False
    return not any(
        other.base_stage == stage.index
        or any(step.copy is not None and step.copy.stage is stage for step in other.steps)
        for other in facts.stages[:-1]
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one part does: the steps that are its own, and the paths that it reads and writes; `built` are those that a
    build makes, each with its step; `exact` says that it reads nothing else."""

    steps: tuple[Step, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    built: tuple[tuple[str, Step], ...] = ()
    exact: bool = False


class _Parter:
    def __init__(self, facts: Facts, stage: Stage, aside: str) -> None:
        self.facts = facts
        self.stage = stage
        self.aside = aside
        self.mixed: list[Step] = []
        self.owners = {step.instruction.index: self._owner(step) for step in stage.steps if step.run is not None}

    def edits(self) -> tuple[Edit, ...]:
        moved, staying = self._part(True), self._part(False)
        if not staying.steps:
            raise _Dependent("one part alone")
        if overlap(_made(staying), (*moved.reads, *moved.writes)):
            raise _Dependent("it reads or writes what the other part makes")
        passed = self._passed(moved, staying)
        self._prove_programs(moved)
        handed = self._handed_over(moved)
        name = self._free(f"{self.aside}-builder")
        document = self.facts.document
        gone = self._gone(moved, staying, handed)
        edits = [Edit(span, "") for span in document.removals(step.instruction for step in gone)]
        edits += [self._renamed(step, name) for step in handed]
        edits += [self._without_tools(step) for step in self.mixed]
        for path, step in passed:
            line = document.typed(f"COPY --from={name}") + f" {path} {path}{document.newline}"
            edits.append(insertion(document.with_comments(step.instruction).end, line))
        start = document.with_comments(self.stage.origin).start
        edits.append(insertion(start, self._text(name, moved, staying)))
        return tuple(edits)

    def _passed(self, moved: _Part, staying: _Part) -> list[tuple[str, Step]]:
        """What the part that moves builds and the other reads, each with the step that makes it."""
        made = _made(moved)
        if overlap(made, staying.writes):
            raise _Dependent("both write the same")
        read = {path for path in made if overlap((path,), staying.reads)}
        passed = [(path, step) for path, step in moved.built if path in read]
        if read and not (staying.exact and read <= {path for path, _ in passed}):
            raise _Dependent("it reads what the other part makes")
        return passed

    def _prove_programs(self, moved: _Part) -> None:
        """Every program that the moved part runs is in the base image, or comes with a step that moves or is shared."""
        base = self.stage.base
        have = set(base.programs | builtins()) if base is not None else set()
        for step in self.stage.steps:
            mine = step in moved.steps
            if mine and step.copy is not None:
                have.update(map(posixpath.basename, (*step.copy.sources, step.copy.destination)))
            if step.run is None or not (mine or self.owners[step.instruction.index] is None):
                continue
            for placed in step.run.commands:
                needed = posixpath.basename(placed.command.name)
                if mine and placed.effects.by and needed not in have:
                    raise _Dependent(f"nothing shows that `{needed}` is there without the other part")
                have.update(map(posixpath.basename, (*placed.effects.writes, *placed.effects.programs)))
                if base is not None:
                    have.update(*(os_packages.programs_of(word.text, base) for word in placed.effects.os_packages))
            have |= {"npm", "npx"} if fetched_scripts.packages(step) else set()

    def _gone(self, moved: _Part, staying: _Part, handed: list[Step]) -> list[Step]:
        """The steps that the part that stays has no use for: those that move, and idle copies and work folders."""
        gone = [
            step
            for step in self.stage.steps
            if step in moved.steps
            or (
                step.copy is not None
                and step.copy.origin is None
                and not self._is_read(step, staying)
                and not self._is_taken(step, handed)
            )
        ]
        used = [step for step in self.stage.steps if (step.run or step.copy) and step not in gone]
        last = max((self.stage.steps.index(step) for step in used), default=-1)
        return [*gone, *(step for step in self.stage.steps[last + 1 :] if step.keyword == "WORKDIR")]

    def _without_tools(self, step: Step) -> Edit:
        """The install of packages for both, without what only the part that moves builds by."""
        base, document = self.stage.base, self.facts.document
        assert base is not None
        text = package_lists.retyped(document, step, lambda name: not self._is_tool(name), (), base)
        return Edit(step.instruction.span, text or document.source(step.instruction))

    def _is_read(self, step: Step, part: _Part) -> bool:
        assert step.copy is not None
        shared = tuple(
            path
            for other in self.stage.steps
            if other.run is not None and self.owners[other.instruction.index] is None
            for placed in other.run.commands
            if placed.effects.kind not in OS | _QUIET
            for path in (*placed.effects.reads, *placed.effects.writes)
        )
        return overlap(step.copy.writes, (*part.reads, *shared))

    def _is_taken(self, step: Step, handed: list[Step]) -> bool:
        """Whether the final stage copies from the stage what the step puts there; `handed` come from the other."""
        assert step.copy is not None
        sources = tuple(
            absolute(path, "/")
            for other in self.facts.final.steps
            if other.copy is not None and other.copy.stage is self.stage and other not in handed
            for path in other.copy.sources
        )
        return overlap(step.copy.writes, sources)

    def _owner(self, step: Step) -> bool | None:
        """True for the part that moves, False for the other, None for both."""
        assert step.run is not None
        if step.run.opaque or step.run.kinds & {Kind.UNKNOWN, Kind.PROGRAM}:
            raise _Dependent("what it does is not known")
        makers = _makers(step)
        if len(makers) > 1:
            raise _Dependent("it builds for both")
        if makers:
            return makers == {self.aside}
        if step.run.kinds <= OS | _QUIET:
            names = package_lists.packages(step)
            tools = [self._is_tool(name) for name in names]
            if any(tools) and not all(tools):
                if fetched_scripts.packages(step) or self.stage.base is None:
                    raise _Dependent("it installs packages for both")
                self.mixed.append(step)
            return True if tools and all(tools) else None
        written = [path for placed in step.run.commands for path in placed.effects.writes]
        if written and all(roles.is_builders_tool(self.facts, path) for path in written):
            return True
        if any(_makers(other) for other in self.stage.steps[: self.stage.steps.index(step)]):
            raise _Dependent("it may touch what both make")
        return None

    def _is_tool(self, package: str) -> bool:
        base = self.stage.base
        brought = os_packages.programs_of(package, base) if base is not None else ()
        return any(roles.is_builders_tool(self.facts, program) for program in brought)

    def _part(self, moves: bool) -> _Part:
        steps: list[Step] = []
        reads: list[str] = []
        writes: list[str] = []
        built: list[tuple[str, Step]] = []
        exact = True
        for step in self.stage.steps:
            if step.copy is not None and step.copy.origin and self._brings_tools(step) == moves:
                steps.append(step)
            if step.run is None or self.owners[step.instruction.index] is not moves:
                continue
            steps.append(step)
            for placed in step.run.commands:
                known = self._reads(step, placed)
                tests = placed.effects.kind is Kind.TEST
                exact = exact and not tests and (known is not None or not placed.effects.reads)
                reads += placed.effects.reads if known is None else known
                reads += [placed.cwd] if tests else []
                if placed.effects.kind not in OS | _QUIET:
                    writes += placed.effects.writes
                if placed.effects.kind is Kind.BUILD:
                    built += [(path, step) for path in placed.effects.writes]
        return _Part(tuple(steps), tuple(reads), tuple(writes), tuple(built), exact)

    def _brings_tools(self, step: Step) -> bool:
        assert step.copy is not None
        return any(roles.is_builders_tool(self.facts, path) for path in step.copy.sources) or any(
            path.endswith("/node_modules") for path in step.copy.sources
        )

    def _reads(self, step: Step, placed: Placed) -> list[str] | None:
        """All that a command reads; None where that may be anything in what its effects name."""
        inputs = self.facts.install_inputs(step, placed, self.stage) if placed.effects.kind is Kind.INSTALL else None
        if inputs is None:
            exact = self._exact_reads(placed) if placed.effects.kind is Kind.BUILD else None
            return None if exact is None else list(exact)
        if inputs.open_ended:
            raise _Dependent("what it reads cannot be listed")
        return [*inputs.files, *inputs.folders, *placed.effects.reads]

    def _exact_reads(self, placed: Placed) -> tuple[str, ...] | None:
        """What a build reads, where its language can tell that from the sources."""
        for toolchain in self.facts.known_toolchains:
            if toolchain.name == placed.effects.by and isinstance(toolchain, Registered):
                return toolchain.build_reads(self.facts, self.stage, placed)
        return None

    def _handed_over(self, moved: _Part) -> list[Step]:
        """The copies of the final stage that take what the moved part makes, and nothing else."""
        found: list[Step] = []
        for step in self.facts.final.steps:
            if step.copy is None or step.copy.stage is not self.stage:
                continue
            sources = tuple(absolute(path, "/") for path in step.copy.sources)
            inner = [any(inside(path, made) for made in moved.writes) for path in sources]
            if all(inner):
                found.append(step)
            elif any(inner) or overlap(sources, moved.writes):
                raise _Dependent("it takes what both parts make")
        return found

    def _renamed(self, step: Step, name: str) -> Edit:
        span = step.instruction.span
        found = re.search(r"--from=(\S+)", span.of(self.facts.document.text))
        assert found is not None
        return Edit(Span(span.start + found.start(1), span.start + found.end(1)), name)

    def _text(self, name: str, moved: _Part, staying: _Part) -> str:
        """The new stage: the steps of the moved part, and those of both up to its last."""
        document = self.facts.document
        origin = self.stage.origin
        flags = "".join(f"{flag} " for flag in origin.flags)
        lines = [document.typed(f"FROM {flags}{origin.args[0]} AS {name}") + document.newline]
        last = max(self.stage.steps.index(step) for step in moved.steps)
        steps = self.stage.steps[: last + 1]
        lines += [
            _source(document, step) for step in steps if step in moved.steps or self._is_shared(step, moved, staying)
        ]
        return "".join(lines) + document.newline

    def _is_shared(self, step: Step, moved: _Part, staying: _Part) -> bool:
        if step.run is not None:
            return self.owners[step.instruction.index] is None
        if step.copy is not None:
            return step.copy.origin is None and self._is_read(step, moved)
        foreign = step.keyword == "ENV" and any(path in step.instruction.value for path in staying.writes)
        return step.keyword in _SETTINGS and not foreign

    def _free(self, name: str) -> str:
        taken = {stage.name.lower() for stage in self.facts.stages}
        while name in taken:
            name += "2"
        return name


def _made(part: _Part) -> tuple[str, ...]:
    """What a part writes, its programs left out."""
    return tuple(path for path in part.writes if not any(inside(path, folder) for folder in _OF_PROGRAMS))


def _source(document: Document, step: Step) -> str:
    text = document.with_comments(step.instruction).of(document.text)
    return text if text.endswith("\n") else text + document.newline
