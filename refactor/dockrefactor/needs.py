"""What a dependency install reads and what a program's sources need at run time: one vocabulary for all languages."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass, replace

COMMAND = "<command>"
"""The path of evidence that the command itself gives; where that stands is known to who asks."""

ResolveImagePath = Callable[[str], str | None]
"""Absolute image path -> the context path whose copy stands there at this point of the build, None where none does."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A value found in a source file; `value` is None where the source computes it."""

    value: str | None
    evidence: Evidence


def moved(claims: Iterable[Claim], folders: Iterable[Claim]) -> tuple[Claim, ...]:
    """Claims on paths of a program that may go to `folders` first: the relative ones again, from each of these."""
    found = dict.fromkeys(claims)
    for claim in tuple(found):
        if claim.value is None or claim.value.startswith("/"):
            continue
        for folder in folders:
            path = None if folder.value is None else posixpath.join(folder.value, claim.value)
            place = claim.evidence
            says = f"{place.says}, from the folder of {folder.evidence.path}:{folder.evidence.line}"
            found[Claim(path, Evidence(place.path, place.line, says))] = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SourceNeeds:
    """What sources ask of the system that runs them.

    `programs`: names or paths of processes started; `reads`, `writes`: file or folder paths as the source spells them
    (relative ones are relative to the process's working directory); `libraries`: shared libraries loaded by name;
    `ports`: decimal TCP ports listened on; `imports`: top-level modules or packages; `settings`: paths that are written
    only where something else holds, which their toolchain knows; `unreadable`: files that could not be parsed.
    """

    programs: tuple[Claim, ...] = ()
    reads: tuple[Claim, ...] = ()
    writes: tuple[Claim, ...] = ()
    libraries: tuple[Claim, ...] = ()
    ports: tuple[Claim, ...] = ()
    imports: tuple[Claim, ...] = ()
    settings: tuple[Claim, ...] = ()
    unreadable: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguagePackage:
    """A third-party package that an install brings: normalised `name`, exact `version` where one is pinned."""

    name: str
    version: str | None
    evidence: Evidence
    native: bool | None = None  # the lock file's word on install scripts or compiled parts, None where it has none
    development: bool = False


@dataclass(frozen=True, slots=True)
class InstallInputs:
    """Everything that one dependency install reads, as absolute image paths.

    `files`: single files; `folders`: folders read whole (a local project, an editable install); `packages`: what it
    brings (all of it where `locked`, else the names that the manifest gives); `open_ended`: why the list may be
    incomplete, empty when it is complete; `missing`: files that the command names and the context does not have;
    `compiled`: names of packages that are built of their sources even where wheels exist, `:all:` for every one.
    """

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    packages: tuple[LanguagePackage, ...] = ()
    locked: bool = False
    open_ended: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    compiled: frozenset[str] = frozenset()

    def said_by(self, at: Callable[[str], Evidence]) -> InstallInputs:
        """The same, with the place of the command where the command itself (`COMMAND`) is the evidence."""
        if not any(
            item.path == COMMAND for item in (*self.open_ended, *(package.evidence for package in self.packages))
        ):
            return self
        return replace(
            self,
            open_ended=tuple(at(item.says) if item.path == COMMAND else item for item in self.open_ended),
            packages=tuple(
                replace(item, evidence=at(item.evidence.says)) if item.evidence.path == COMMAND else item
                for item in self.packages
            ),
        )
