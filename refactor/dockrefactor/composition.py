"""The text of a split: what leaves its place, what is inserted between the stages, and nothing else touched."""

from __future__ import annotations

from typing import Final

from dockrefactor import package_lists
from dockrefactor.document import Document
from dockrefactor.effects import Kind, overlap
from dockrefactor.records import dataclass
from dockrefactor.slots import Placement, Slot
from dockrefactor.source_copies import replaced_by_build
from dockrefactor.stages import Copy, Stage, Step
from dockrefactor.step_effects import OS
from dockrefactor.text import Edit, Span, insertion
from dockrefactor.toolchain import Artifact, Plan

# what stands above the packages that the runtime installs
_HEAD: Final = frozenset({"ARG", "ENV", "LABEL", "MAINTAINER", "SHELL"})
# where files may change what a package manager installs, or how
_SYSTEM: Final = ("/bin", "/etc", "/lib", "/root", "/sbin", "/tmp", "/usr/bin", "/usr/lib", "/usr/local", "/var")


@dataclass(frozen=True, slots=True)
class Names:
    """How the two stages are called."""

    builder: str
    runtime: str


def free_names(stage: Stage, targets: frozenset[str]) -> Names:
    """`builder` and `runtime`. A name that the only stage has stays with the final image, which others may build by it;
    unless it says that the stage is a builder and none of `targets`, which compose files build, is it."""
    # a name of an image, or of a further context, stays what it is
    taken = {step.copy.origin.lower() for step in stage.steps if step.copy is not None and step.copy.origin}
    builder = _first_free(("builder", "build", "build-stage"), taken | {stage.name.lower()})
    if not stage.name:
        return Names(builder, _first_free(("runtime", "final", "run"), taken))
    says_builder = stage.name.lower() in ("build", "builder", "build-env", "compile")
    if says_builder and stage.name not in targets:
        return Names(stage.name, _first_free(("runtime", "final", "run"), taken))
    return Names(builder, stage.name)


def _first_free(names: tuple[str, ...], taken: set[str]) -> str:
    return next((name for name in names if name not in taken), f"{names[0]}-of-this-file")


def edits(
    document: Document, stage: Stage, plan: Plan, placement: Placement, runtime_base: str, packages: str,
    targets: frozenset[str],
) -> tuple[Edit, ...]:  # fmt: skip
    """The edits that split `stage`; `packages` is an instruction that installs what the runtime lacks, or `""`;
    `targets` are the stages that compose files build by name."""
    composer = _Composer(document, stage, plan, placement, runtime_base, packages, free_names(stage, targets))
    return composer.edits()


def _only_installs(slot: Slot) -> bool:
    """Whether all that a step does in the runtime is to install packages of the distribution."""
    run = slot.step.run
    if run is None or run.mounts:
        return False
    if slot.runtime_text is not None and package_lists.is_plain(slot.runtime_text):
        return slot.runtime_text.upper().count("RUN ") == 1
    return run.kinds <= OS | {Kind.SETTING} and bool(run.kinds & {Kind.OS_INSTALL, Kind.OS_UPDATE})


def _is_of_the_program(copy: Copy | None) -> bool:
    """Whether a copy of the context writes where no package manager looks."""
    return copy is not None and copy.origin is None and bool(copy.writes) and not overlap(copy.writes, _SYSTEM)


class _Composer:
    def __init__(
        self, document: Document, stage: Stage, plan: Plan, placement: Placement, runtime_base: str, packages: str,
        names: Names,
    ) -> None:  # fmt: skip
        self.document = document
        self.stage = stage
        self.plan = plan
        self.placement = placement
        self.runtime_base = runtime_base
        self.packages = packages
        self.newline = document.newline
        self.names = names

    def edits(self) -> tuple[Edit, ...]:
        cut = self.placement.last_builder
        builder, rest = self.placement.slots[: cut + 1], self.placement.slots[cut + 1 :]
        found = [*self._origin(), *self._prefixes()]
        gone = [slot.step.instruction for slot in builder if not slot.builder]
        gone += [slot.step.instruction for slot in rest if not slot.runtime]
        found += [Edit(span, "") for span in self.document.removals(gone)]
        for slot in builder:
            found.extend(self._in_builder(slot))
        last = self.stage.steps[cut].instruction
        found.append(insertion(last.span.end, self._between(builder, last.span.end)))
        found.extend(self._in_place(slot) for slot in rest if slot.runtime and slot.runtime_text is not None)
        return tuple(found)

    def _origin(self) -> list[Edit]:
        origin = self.stage.origin
        found: list[Edit] = []
        if self.stage.name != self.names.builder and self.stage.name:
            found.append(Edit(origin.words[2].span, self.names.builder))
        if not self.stage.name:
            found.append(
                insertion(
                    origin.words[0].span.end,
                    f" {'AS' if origin.keyword_span.of(self.document.text).isupper() else 'as'} {self.names.builder}",
                )
            )
        if self.plan.prologue:
            text = "".join(self.document.typed(line) + self.newline for line in self.plan.prologue)
            if self.plan.prologue_before is not None:
                at = self.document.with_comments(self.plan.prologue_before.instruction).start
            else:
                at = origin.span.end
                text = (self.newline if self._blank_after_from() else "") + text
            found.append(insertion(at, self._line_end(at) + text))
        return found

    def _blank_after_from(self) -> bool:
        """Whether the author leaves a blank line below FROM."""
        following = self.document.gaps[self.stage.origin.index + 1].of(self.document.text)
        return following.lstrip(" \t").startswith(("\n", "\r"))

    def _line_end(self, offset: int) -> str:
        """A line end where the text before `offset` has none (the last line of a file)."""
        return "" if self.document.text[:offset].endswith("\n") else self.newline

    def _prefixes(self) -> list[Edit]:
        found: list[Edit] = []
        for edit in self.plan.edits:
            assert edit.step.run is not None
            command = edit.step.run.commands[edit.at].command
            if edit.step.run.heredoc:
                continue
            offset = edit.step.instruction.offset(edit.step.instruction.value_start + command.start)
            found.append(insertion(offset, edit.prefix))
        return found

    def _in_builder(self, slot: Slot) -> list[Edit]:
        instruction = slot.step.instruction
        if slot.builder and slot.builder_text is not None:
            return [Edit(instruction.span, slot.builder_text)]
        return []

    def _in_place(self, slot: Slot) -> Edit:
        text = slot.runtime_text or ""
        if not slot.step.instruction.span.of(self.document.text).endswith("\n"):
            text = text.rstrip("\r\n")
        return Edit(slot.step.instruction.span, text)

    def _between(self, builder: list[Slot], end: int) -> str:
        """The builder's last lines, then the runtime stage up to the first step that stays in its place."""
        newline = self.newline
        out = [self._line_end(end)]
        out += [self.document.typed(line) + newline for line in self.plan.epilogue]
        flags = "".join(f"{flag} " for flag in self.stage.origin.flags)
        out += [newline, self.document.typed(f"FROM {flags}{self.runtime_base} AS {self.names.runtime}{newline}")]
        out += [newline] if self._blank_after_from() else []
        moved = [slot for slot in builder if slot.runtime]
        body: list[str] = []
        early = self._early_arguments(moved)
        body += [self._text(slot) for slot in early]
        body += [self.document.typed(line) + newline for line in self.plan.environment]
        packages = self.packages
        late = self._made_over_copies(builder)
        copies = self._artifact_copies(tuple(artifact for _, artifact in late))
        placed = False
        first_copy: int | None = None
        for slot in builder:
            if slot in early:
                continue
            if first_copy is not None and slot.runtime and _only_installs(slot):
                body.insert(first_copy, self._text(slot))
                first_copy += 1
                continue
            overlays = self._overlays(slot)
            copied = slot.runtime and slot.step.copy is not None and slot.step.copy.origin is None
            if packages and slot.runtime and slot.step.keyword not in _HEAD:
                body.append(packages)
                packages = ""
            if copied and _is_of_the_program(slot.step.copy):
                first_copy = len(body) if first_copy is None else first_copy
            elif slot.runtime and slot.step.keyword != "WORKDIR":
                first_copy = None
            if self.plan.tree is None and not placed and (copied or overlays):
                body += copies
                placed = True
            # what a line goes on to do with what it built is done after the copy
            body += overlays
            if slot.runtime:
                text = self._text(slot)
                body.append(newline + text if self._stands_apart(slot) and body else text)
            body += [self._copied(artifact) for step, artifact in late if step is slot.step]
        if packages:
            body.append(packages)
        if not placed:
            body += copies
        body += [self.document.typed(line) + newline for line in self.plan.closing]
        out += body
        return "".join(out)

    def _early_arguments(self, moved: list[Slot]) -> list[Slot]:
        """ARG and LABEL at the head of the stage stay ahead of the environment that the plan adds."""
        head: list[Slot] = []
        for slot in moved:
            if slot.step.keyword not in ("ARG", "LABEL", "MAINTAINER"):
                break
            head.append(slot)
        return head

    def _stands_apart(self, slot: Slot) -> bool:
        """Whether a blank line stands before the step in the original."""
        gap = self.document.gaps[slot.step.instruction.index]
        block = self.document.with_comments(slot.step.instruction)
        return Span(gap.start, block.start).of(self.document.text).strip(" \t\r") != "" and slot.keeps_comments

    def _text(self, slot: Slot) -> str:
        document = self.document
        said = slot.keeps_comments and not slot.drops_comments
        comments = document.comment_block(slot.step.instruction).of(document.text) if said else ""
        text = slot.runtime_text if slot.runtime_text is not None else document.source(slot.step.instruction)
        return comments + text + ("" if text.endswith("\n") else self.newline)

    def _made_over_copies(self, builder: list[Slot]) -> list[tuple[Step, Artifact]]:
        """The artifacts that stand below a copy of the context, which may hold an older one of them."""
        repeated = [slot.step for slot in builder if slot.runtime]
        kept = self.plan.context_paths
        found: list[tuple[Step, Artifact]] = []
        for artifact in self._artifacts():
            step = replaced_by_build(self.stage.steps, self.stage.context, artifact.path, kept)
            if step is not None and any(step is other for other in repeated):
                found.append((step, artifact))
        return found

    def _artifacts(self) -> list[Artifact]:
        inner = f"{self.plan.tree}/" if self.plan.tree is not None else None
        artifacts = (*self.plan.artifacts, *(item for slot in self.placement.slots for item in slot.artifacts))
        return [item for item in artifacts if inner is None or not item.path.startswith(inner)]

    def _copied(self, item: Artifact) -> str:
        source = self.document.typed(f"COPY --from={self.names.builder}")
        return f"{source} {item.path} {item.target or item.path}{self.newline}"

    def _artifact_copies(self, late: tuple[Artifact, ...]) -> list[str]:
        source = self.document.typed(f"COPY --from={self.names.builder}")
        lines: list[str] = []
        if self.plan.tree is not None:
            owner = f" --chown={self.placement.owner}" if self.placement.owner else ""
            inside_it = self.plan.tree == self._cwd_at_cut()
            lines.append(f"{source}{owner} {self.plan.tree} {'./' if inside_it else self.plan.tree}{self.newline}")
        return [*lines, *(self._copied(item) for item in self._artifacts() if item not in late)]

    def _overlays(self, slot: Slot) -> list[str]:
        """Copies of what another language built in a step, below the sources that it may lie among."""
        return [self._copied(artifact) for step, artifact in self.plan.overlays if step is slot.step]

    def _cwd_at_cut(self) -> str:
        """The work folder of the runtime stage where they are inserted; `""` where its WORKDIR is not repeated."""
        steps = self.stage.steps
        folders = [
            slot for slot in self.placement.slots[: self.placement.last_builder + 1] if slot.step.keyword == "WORKDIR"
        ]
        if folders and not folders[-1].runtime:
            return ""
        cut = self.placement.last_builder + 1
        return steps[cut].before.cwd if cut < len(steps) else self.stage.after.cwd
