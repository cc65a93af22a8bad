"""Which folder is the build context of a Dockerfile: its own, unless a compose file names it with another, or the
Dockerfile copies what only another has.

Compose files are looked for in the Dockerfile's folder and its parents, up to the repository's root; where none of them
builds it, in the folders directly below these (`infra/docker-compose.yml`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from dockrefactor import yaml_text
from dockrefactor.copied_folder import CopiedFolders
from dockrefactor.evidence import Evidence
from dockrefactor.neighbour_files import inner_folders
from dockrefactor.outcome import Reason as ReasonText
from dockrefactor.outcome import ReasonEnum, Refusal
from dockrefactor.paths import found_dockerfile, is_below, shown
from dockrefactor.records import dataclass

COMPOSE_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_MAX_SIZE: Final = 1_000_000


class Reason(ReasonEnum):
    """Why no build context could be chosen."""

    AMBIGUOUS_CONTEXT = ReasonText(
        "ambiguous-context",
        "Compose files build this Dockerfile with more than one context.",
        "Name the context with --context, or `context` in the configuration.",
    )
    CONTEXT_OUTSIDE = ReasonText(
        "context-outside",
        "A compose file builds this Dockerfile with a context outside the repository.",
        "Name the context with --context, or run dockrefactor from the folder that holds both.",
    )


@dataclass(frozen=True, slots=True)
class _Build:
    """One compose service that builds: real path of the Dockerfile, the context's folder, and where that is said."""

    dockerfile: str
    context: Path
    evidence: Evidence


class BuildFolders:
    """The build context of each Dockerfile of one run; every compose file is read once."""

    def __init__(self) -> None:
        self._cwd = Path.cwd()
        self._builds: dict[Path, tuple[_Build, ...]] = {}
        self._beneath: dict[Path, tuple[_Build, ...]] = {}
        self._repositories: dict[Path, Path | None] = {}
        self._copied = CopiedFolders()

    def of(self, dockerfile: Path, data: bytes) -> Path | Refusal:
        """The context folder of `dockerfile`, whose bytes are `data` (as the path's own folder is written where that is
        the context)."""
        own = dockerfile.parent
        folder = Path(os.path.abspath(own))
        root = self._root(folder)
        real = os.path.realpath(dockerfile)
        above = self._above(folder, root)
        named = _named(real, (build for at in above for build in self._in(at)))
        if not named:
            named = _named(real, (build for at in above for build in self._below(at)))
            copied = self._copied.above(dockerfile, data, root) if not named else None
            if (named or copied) and any(build.dockerfile == real for at in above for build in _in(at, every=True)):
                return own  # what stands above builds it with its own folder, and says no more
            if not named:
                return copied or own
        if len(named) > 1:
            return Refusal(Reason.AMBIGUOUS_CONTEXT, list(named.values())[1].evidence)
        (place, build), *_ = named.items()
        if place == os.path.realpath(own):
            return own
        return build.context if is_below(place, root) else Refusal(Reason.CONTEXT_OUTSIDE, build.evidence)

    def _above(self, folder: Path, root: Path) -> list[Path]:
        """`folder` and what stands above it, up to `root`."""
        found = [folder]
        while found[-1] != root and found[-1].parent != found[-1]:
            found.append(found[-1].parent)
        return found

    def _below(self, folder: Path) -> tuple[_Build, ...]:
        """What the compose files in the folders directly below build; of many Dockerfiles there, they are read once."""
        if folder not in self._beneath:
            inner = map(Path, inner_folders(str(folder)))
            self._beneath[folder] = tuple(build for at in inner for build in self._in(at))
        return self._beneath[folder]

    def _root(self, folder: Path) -> Path:
        """The folder with `.git` at or above `folder`; else the working folder, where that is above; else `folder`."""
        repository = self._repository(folder)
        if repository is not None:
            return repository
        return self._cwd if self._cwd in folder.parents else folder

    def _repository(self, folder: Path) -> Path | None:
        if folder not in self._repositories:
            above = folder.parent
            own = os.path.exists(os.path.join(folder, ".git"))
            self._repositories[folder] = folder if own else self._repository(above) if above != folder else None
        return self._repositories[folder]

    def _in(self, folder: Path) -> tuple[_Build, ...]:
        if folder not in self._builds:
            self._builds[folder] = tuple(_in(folder))
        return self._builds[folder]


def _named(dockerfile: str, builds: Iterable[_Build]) -> dict[str, _Build]:
    """The contexts, by their real paths, with which some of `builds` build a Dockerfile."""
    named: dict[str, _Build] = {}
    for build in builds:
        if build.dockerfile == dockerfile:
            named.setdefault(os.path.realpath(build.context), build)
    return named


def _in(folder: Path, every: bool = False) -> Iterator[_Build]:
    """What the compose files of a folder build with a Dockerfile that they name, or with any."""
    there = _listed(folder)
    for name in COMPOSE_NAMES:
        if name in there:
            yield from _read(folder / name, every)


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: Path, every: bool) -> Iterator[_Build]:
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_SIZE:
            return
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return
    # without this key a service's Dockerfile lies in its context, which is the default here too
    if "dockerfile" not in text and not every:
        return
    data = yaml_text.document(text)
    services = data.get("services") if isinstance(data, dict) else None
    for key, service in services.items() if isinstance(services, dict) else ():
        build = service.get("build") if isinstance(service, dict) else None
        found = _build(str(key), build, path, text)
        if found is not None:
            yield found


def _build(service: str, build: Any, path: Path, text: str) -> _Build | None:
    if isinstance(build, str):
        build = {"context": build}
    if not isinstance(build, dict) or "dockerfile_inline" in build:
        return None
    context, dockerfile = str(build.get("context", ".")), str(build.get("dockerfile", "Dockerfile"))
    # a variable or a remote context cannot be resolved here
    if "$" in context + dockerfile or "://" in context or context.startswith("git@"):
        return None
    folder = Path(os.path.normpath(path.parent / context))
    line = next((number for number, row in enumerate(text.splitlines(), 1) if row.strip().startswith(f"{service}:")), 0)
    says = f"service `{service}` builds it with the context {shown(folder)}"
    return _Build(
        os.path.realpath(found_dockerfile(str(folder / dockerfile))), folder, Evidence(shown(path), line, says)
    )
