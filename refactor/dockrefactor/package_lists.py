"""A RUN that installs packages of the distribution, typed again for another set of packages.

The author's lines stay as they are: words are taken out, added in their place, and a comment above a package's line
goes with it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from dockrefactor import fetched_scripts, rpm_managers
from dockrefactor.document import Document
from dockrefactor.effects import Kind
from dockrefactor.image import Image
from dockrefactor.shell import Command
from dockrefactor.stages import Step

_PLAIN = frozenset({Kind.OS_UPDATE, Kind.OS_INSTALL, Kind.OS_CLEAN, Kind.SETTING, Kind.QUERY})


def packages(step: Step) -> tuple[str, ...]:
    """The packages that the step's commands install, as written."""
    if step.run is None:
        return ()
    return tuple(
        word.text
        for placed in step.run.commands
        if placed.effects.kind is Kind.OS_INSTALL
        for word in placed.effects.os_packages
    )


def recommends(step: Step) -> bool:
    """Whether the author's install brings the packages that apt recommends beside those named."""
    assert step.run is not None
    installs = [placed for placed in step.run.commands if placed.effects.kind is Kind.OS_INSTALL]
    return any("--no-install-recommends" not in placed.command.argv for placed in installs)


def plain_install(
    names: Sequence[str], image: Image, document: Document, recommended: bool = False, like: Command | None = None
) -> str:
    """A RUN of our own that installs `names`, cleaning up after itself; with the manager and options of the install
    `like` in Red Hat's family."""
    newline = document.newline
    if image.is_alpine:
        return document.typed(f"RUN apk add --no-cache {' '.join(names)}{newline}")
    if image.is_rpm:
        manager = rpm_managers.called(like) if like is not None else image.package_manager
        options = [word.text for word in rpm_managers.options(like)] if like is not None else []
        listed = " ".join(("-y", *map(shlex.quote, (*options, *names))))
        return document.typed(f"RUN {manager} install {listed} && {manager} clean all{newline}")
    escape = document.escape
    without = "" if recommended else " --no-install-recommends"
    listed = "".join(f"        {name} {escape}{newline}" for name in names)
    return document.typed(
        f"RUN apt-get update && apt-get install -y{without} {escape}{newline}{listed}"
        f"    && rm -rf /var/lib/apt/lists/*{newline}"
    )


def model(step: Step, keep: Callable[[str], bool]) -> Command | None:
    """The first install of yum's kind in a step that brings a package for which `keep` holds, or any."""
    found = _of_rpm(step)
    return next((one for one, names in found if any(map(keep, names))), found[0][0] if found else None)


def is_divisible(step: Step, keep: Callable[[str], bool]) -> bool:
    """Whether the packages for which `keep` holds may be installed by a command of our own: by names alone, and all of
    them from the same repositories. Always outside Red Hat's family."""
    found = [command for command, names in _of_rpm(step) if any(map(keep, names))]
    if not all(map(rpm_managers.is_plain_install, found)):
        return False
    if not all(word.known for command in found for word in rpm_managers.options(command)):
        return False
    return len({tuple(word.text for word in rpm_managers.options(command)) for command in found}) < 2


def _of_rpm(step: Step) -> list[tuple[Command, list[str]]]:
    """The installs of a step by yum and its like, with the packages of each."""
    return [
        (placed.command, [word.text for word in placed.effects.os_packages])
        for placed in step.commands
        if placed.effects.kind is Kind.OS_INSTALL and placed.effects.os_packages and rpm_managers.is_of(placed.command)
    ]


def is_plain(text: str) -> bool:
    """Whether a RUN is one of our own: apt's fetches the lists and removes them again."""
    apt = re.match(r"(?i:RUN) apt-get update && apt-get install -y", text) and text.rstrip().endswith("/lists/*")
    others = r"(?i:RUN) (?:apk add --no-cache [^\n&|;]*|(\S+) install -y [^\n&|;]* && \1 clean all)\r?\n?$"
    return bool(apt) or re.match(others, text) is not None


def has_upgrade(step: Step) -> bool:
    """Whether a step upgrades the packages of the image."""
    return step.run is not None and any(placed.effects.why == "upgrade" for placed in step.run.commands)


def upgrades(step: Step) -> str | None:
    """The commands of a step that upgrade the image and clean up, one after the other; None where they cannot be taken
    apart from the others."""
    assert step.run is not None
    kept = [
        placed.command
        for placed in step.run.commands
        if placed.effects.kind in (Kind.OS_UPDATE, Kind.OS_CLEAN) or placed.effects.why == "upgrade"
    ]
    if step.run.heredoc or not all(one.top and not one.conditional and one.depth == 0 for one in kept):
        return None
    return " && ".join(step.run.script.text[one.start : one.end] for one in kept)


def retyped(
    document: Document, step: Step, keep: Callable[[str], bool], added: Sequence[str], image: Image
) -> str | None:
    """The step's text with only the packages for which `keep` holds, and `added`; None where none are left.

    Where the author's commands do not fit any more (one would install nothing, or packages are removed again), a plain
    install of our own.
    """
    if step.run is None:
        return None
    wanted = [name for name in packages(step) if keep(name)]
    total = [*wanted, *(name for name in added if name not in wanted)]
    if not total:
        return None
    others = [name for name in added if name not in wanted]
    if not fits(step, keep, others):
        return plain_install(total, image, document, bool(wanted) and recommends(step), model(step, keep))
    return _Retyper(document, step, keep, others).text()


def fits(step: Step, keep: Callable[[str], bool], added: Sequence[str]) -> bool:
    """Whether the author's commands still fit where only the packages for which `keep` holds are installed, and `added`
    in the place of the others."""
    assert step.run is not None
    installs = [
        placed
        for placed in step.run.commands
        if placed.effects.kind is Kind.OS_INSTALL and placed.effects.why != "upgrade"
    ]
    if step.run.kinds - _PLAIN or fetched_scripts.packages(step) or step.run.heredoc or not installs:
        return False
    cut = [one for one in installs if not all(keep(word.text) for word in one.effects.os_packages)]
    emptied = [one for one in cut if not any(keep(word.text) for word in one.effects.os_packages)]
    if not installs[0].effects.os_packages or any(one is not installs[0] for one in emptied):
        return False
    of_rpm = [one.command for one in cut if rpm_managers.is_of(one.command)]
    # yum takes no empty list, and groups are named otherwise than packages
    return all(map(rpm_managers.is_plain_install, of_rpm)) and (not emptied or bool(added) or not of_rpm)


class _Retyper:
    def __init__(self, document: Document, step: Step, keep: Callable[[str], bool], added: list[str]) -> None:
        self.document = document
        self.step = step
        assert step.run is not None
        words = [
            word
            for placed in step.run.commands
            if placed.effects.kind is Kind.OS_INSTALL
            for word in placed.effects.os_packages
        ]
        start = step.instruction.value_start
        spans = [step.instruction.source_span(start + word.start, start + word.end) for word in words]
        self.dropped = [span for word, span in zip(words, spans, strict=True) if not keep(word.text)]
        self.kept = [span for word, span in zip(words, spans, strict=True) if keep(word.text)]
        self.added = added

    def text(self) -> str:
        """The retyped instruction, line by line."""
        span = self.step.instruction.span
        out: list[str] = []
        first = self.document.line_of(span.start)
        for number in range(first, self.document.line_of(max(span.end - 1, span.start)) + 1):
            line = self.document.line_span(number)
            text, emptied, alone = self._line(line.start, line.end)
            if emptied or alone:
                while out and out[-1].lstrip().startswith("#"):
                    out.pop()
            if text:
                out.append(text)
        return self._ended(out)

    def _line(self, start: int, end: int) -> tuple[str, bool, bool]:
        """The line without dropped words; the added ones in the place of the first dropped, or after the last kept.

        Then whether nothing of it is left, and whether nothing of the author's packages is left on it.
        """
        source = self.document.text
        parts: list[str] = []
        at = start
        dropped = [span for span in self.dropped if start <= span.start < end]
        for span in dropped:
            begin = span.start
            while begin > at and source[begin - 1] in " \t":
                begin -= 1
            parts.append(source[at:begin])
            if self.added:
                parts.append(source[begin : span.start] + " ".join(self.added))
                self.added = []
            at = span.end
        last = self.kept[-1] if self.kept else None
        if self.added and not self.dropped and last is not None and start <= last.start < end:
            parts.append(source[at : last.end] + "".join(f" {name}" for name in self.added))
            at = last.end
            self.added = []
        parts.append(source[at:end])
        text = "".join(parts)
        emptied = bool(dropped) and not text.strip().rstrip(self.document.escape).strip()
        own = source[start:end].strip().rstrip(self.document.escape).split()
        alone = bool(dropped) and len(own) == len(dropped)
        return ("" if emptied else text), emptied, alone

    def _ended(self, lines: list[str]) -> str:
        """The lines, the last of them without a continuation where the dropped ones had ended the instruction."""
        while lines and lines[-1].lstrip().startswith("#"):
            lines.pop()
        last = lines[-1]
        body = last.rstrip()
        if body.endswith(self.document.escape):
            tail = self.document.newline
            lines[-1] = body[: -len(self.document.escape)].rstrip() + tail
        return "".join(lines)
