"""Whether a build failed because something could not be fetched, which is nobody's Dockerfile's fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from dockrefactor import tables
from dockrefactor.patterns import regex

# "#8 12.3 text" as BuildKit prints it: the step's number, the time, what the step said
_PRINTED: Final = regex(r"#(?P<number>\d+) (?:[\d.]+ )?(?P<text>.*)")
_FAILED: Final = regex(r"#(?P<number>\d+) ERROR: ", re.MULTILINE)
_EXIT: Final = regex(r"(?:exit code:|exit status) (?P<code>\d+)\s*$")
_WARNING: Final = regex(r"\s*WARNING: ")
_PODMAN_STEP: Final = regex(r"(?:\[\d+/\d+\] )?STEP \d+")


def failure(lines: Sequence[str]) -> str:
    """The line of a failed build's output that tells of a download that failed; the empty string where none does."""
    table = tables.toml("verify")["network"]
    said = failed_step(lines)[-table["lines"] :]
    # a warning tells of what is tried again
    found = [line for line in said if not _WARNING.match(line) and _says().search(line)]
    for first, then in table["retried"].items():
        if any(re.search(then, line) for line in said):
            found += [line for line in said if re.search(first, line)]
    for line in said:
        # the step's own command line stands beside its exit code
        code = _EXIT.search(line)
        for program, codes in table["exits"].items():
            if code is not None and int(code["code"]) in codes and re.search(rf"\b{program}\b", line):
                found.append(line)
    return found[-1].strip() if found else ""


def failed_step(lines: Sequence[str]) -> list[str]:
    """What the step that failed said: all, where it cannot be told which one did."""
    numbers = {match["number"] for line in lines if (match := _FAILED.match(line))}
    if numbers:
        printed = [match for line in lines if (match := _PRINTED.match(line))]
        return [match["text"] for match in printed if match["number"] in numbers]
    begins = [at for at, line in enumerate(lines) if _PODMAN_STEP.match(line)]
    return [line.rstrip("\n") for line in lines[begins[-1] if begins else 0 :]]


@cache
def _says() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in _patterns()))


def _patterns() -> list[str]:
    found: list[str] = tables.toml("verify")["network"]["says"]
    return found
