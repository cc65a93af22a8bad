"""Which release of its distribution an image stands on, as its tag and the tables say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.patterns import regex

SUITES: Final = ("stretch", "buster", "bullseye", "bookworm", "trixie", "forky")
UNLISTED: Final = "unlisted"
"""The release of an image of which the tables list others, but not this one: mostly it is older than they are."""
_VERSION: Final = regex(r"\d+(?:\.\d+)*")

_Row = Mapping[str, Any]


def suite_of(tag: str) -> str:
    """The Debian suite that a tag names, `""` where it names none."""
    return next((part for part in tag.split("-") if part in SUITES), "")


def numbered(version: str) -> tuple[int, ...]:
    """The numbers of a version, to be compared."""
    return tuple(int(part) for part in version.split("."))


def release(family: _Row, repository: str, tag: str) -> tuple[str, str, str]:
    """(Debian suite that cannot change, suite of today, Alpine release of today) of a tag; `""` where there is none.

    The first is `UNLISTED` where the tables say something of other versions alone. In place of the suite, images of Red
    Hat's family have their own release.
    """
    if not set(tables.toml("images")["ubuntu_releases"]).isdisjoint(tag.split("-")):
        return "", "", ""  # what the family's table says is true of its Debian images
    named, version = suite_of(tag), tag.partition("-")[0]
    row = family.get("releases", {}).get(version) or next(_published(repository, version), (version, None))[1]
    listed: Mapping[str, _Row] = {}
    if row is None:
        listed = {**dict(_published(repository)), **family.get("releases", {})}
        row = _beside(family, listed, version)
    alpine = re.search(r"alpine([\d.]+)", tag)
    today = named or str(row.get("debian") or row.get("rpm") or family.get("rpm_release", ""))
    settled = named or (today if row.get("settled") or "rpm_release" in family else "")
    if not today and any(other.get("debian") for other in listed.values()):
        settled = UNLISTED
    return settled, today, alpine[1] if alpine else str(row.get("alpine", ""))


def _beside(family: _Row, listed: Mapping[str, _Row], version: str) -> _Row:
    """What is known beneath a version that no table lists; empty where that is nothing."""
    if any(version in variant.get("parts", ()) for variant in family.get("variants", {}).values()):
        return listed.get("latest", {})  # `python:slim`
    line = next((row for row in _lines(version) if row in listed), "")
    if line and family.get("one_release_a_line"):
        return listed[line]
    return _of_newer(listed, line, version)


def _lines(version: str) -> list[str]:
    """3.12.4 -> 3.12, 3"""
    parts = version.split(".")
    return [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]


def _of_newer(listed: Mapping[str, _Row], line: str, version: str) -> _Row:
    """The row of a line (`""`: of all), for a version that came after all that are listed of it."""
    others = [numbered(tag) for tag in listed if _VERSION.fullmatch(tag) and tag.startswith(f"{line}." if line else "")]
    newer = _VERSION.fullmatch(version) is not None and bool(others) and numbered(version) > max(others)
    row = listed.get(line or "latest", {})
    return {**row, "settled": False} if newer and not row.get("settled") else {}


def _published(*key: str) -> Iterator[tuple[str, _Row]]:
    """(version tag, what is beneath it) by `data/image_releases.tsv`, of a repository or one version of it."""
    for _, tag, debian, alpine, settled in tables.rows("image_releases.tsv", "\t".join(key)):
        yield tag, {"debian": debian.strip("-"), "alpine": alpine.strip("-"), "settled": settled == "yes"}
