"""The image that runs a Java program in place of the one that built it (`data/java_images.toml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dockrefactor import image, tables
from dockrefactor.image import Image
from dockrefactor.records import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """An image to run on; `says` what is worth telling, `bare` that it has no libraries for fonts and windows."""

    written: str
    says: str
    bare: bool = False


def smaller(base: Image, compiles: bool) -> Iterator[Choice]:
    """Images without the build tool (and, unless the program `compiles`, without the compiler) of the same vendor and
    major version as `base`, the smallest first."""
    reference = base.reference
    if reference.digest:
        return
    for rule in _rules(base.family):
        match = re.fullmatch(rule["tag"], reference.tag)
        if match is None or ("majors" in rule and match["java"] not in rule["majors"]):
            continue
        groups = match.groupdict()
        if "jre" in rule and not compiles:
            yield from _known(rule["jre"].format(**groups), base, rule.get("says", "").format(**groups), rule)
        if "jdk" in rule:
            yield from _known(rule["jdk"].format(**groups), base, "", {})
        return


def _rules(family: str) -> list[Mapping[str, Any]]:
    table = tables.toml("java_images")
    return list(table[family]) if family in table else []


def _known(written: str, base: Image, says: str, rule: Mapping[str, Any]) -> Iterator[Choice]:
    found = image.known(_spelled(written, base))
    if found is not None and found.libc == base.libc and "java" in found.programs:
        yield Choice(found.reference.written, says, bool(rule.get("bare")))


def _spelled(written: str, base: Image) -> str:
    """`written` as the author spells the registry: docker.io/library/maven -> docker.io/library/eclipse-temurin."""
    prefix = base.reference.written.partition(base.family)[0] if base.family in base.reference.written else ""
    return prefix + written
