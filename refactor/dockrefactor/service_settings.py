"""Programs that settings of services name: what starts several programs is told by them which these are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex

if TYPE_CHECKING:
    from dockrefactor.facts import Facts

_WORD: Final = regex(r"[A-Za-z0-9_./+-]+")
# the lines that start programs: of supervisor's settings; of cron's tables and of the scripts of runit and s6
_SERVICE: Final = regex(r"\s*command\s*[=:](.*)")
_TASK: Final = regex(r"\s*([^#\s].*)")
_SUPERVISED: Final = ("[program:", "[eventlistener:")


def programs(facts: Facts) -> Iterator[Claim]:
    """The programs; of a line of settings every word may be one: what is no program asks for nothing."""
    started = {item.name for item in facts.launch.started}
    if "supervisord" in started:
        yield from _of_lines(facts, _SERVICE, lambda path: path.endswith((".conf", ".ini", ".cfg")), _SUPERVISED)
    if started & {"cron", "crond"}:
        yield from _of_lines(facts, _TASK, lambda path: "cron" in path.lower())
    if started & {"init", "runsvdir", "s6-svscan"}:
        yield from _of_lines(facts, _TASK, lambda path: posixpath.basename(path) in ("run", "up"))


def _of_lines(
    facts: Facts, line: re.Pattern[str], is_read: Callable[[str], bool], marks: tuple[str, ...] = ("",)
) -> Iterator[Claim]:
    """The words of the lines of the context's files that are read and hold one of `marks`."""
    for path in filter(is_read, facts.context.files()):
        text = facts.context.read(path) or ""
        for number, content in enumerate(text.splitlines() if any(mark in text for mark in marks) else (), 1):
            found = line.match(content)
            for word in _WORD.findall(found[1]) if found is not None else ():
                yield Claim(word, Evidence(path, number, "a service starts it"))
