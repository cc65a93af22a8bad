"""Gemfile.lock: the gems that Bundler installs, for which platforms, and what each requires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

_SPEC: Final = regex(r" {4}(\S+) \(([^)]+)\)")
_NEED: Final = regex(r" {6}(\S+)")
_DEPENDENCY: Final = regex(r" {2}([^\s!(]+)")
_PLATFORM: Final = regex(r"-((?:x86_64|aarch64|arm64|arm|x86|i\d86|java|universal|x64)\b.*)$")


@dataclass(frozen=True, slots=True)
class LockedGem:
    """One line of `specs:`: `platform` is `""` for the gem's source, `origin` the section (`GEM`, `GIT`, `PATH`)."""

    name: str
    version: str
    platform: str
    origin: str
    needs: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: `gems` by name, one entry a platform; `dependencies` are what the Gemfile names,
    `folders` where gems of the project lie, as written."""

    gems: Mapping[str, tuple[LockedGem, ...]]
    platforms: tuple[str, ...]
    dependencies: frozenset[str]
    folders: tuple[str, ...] = ()
    names_ruby: bool = False

    def closure(self, names: frozenset[str]) -> frozenset[str]:
        """The gems of `names` and all that they require."""
        found: set[str] = set()
        pending = [name for name in names if name in self.gems]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += [need for gem in self.gems[name] for need in gem.needs if need in self.gems]
        return frozenset(found)

    def covers(self, musl: bool) -> bool:
        """Whether Bundler installs from it on Linux (amd64) without adding a platform to it."""
        own = ("x86_64-linux-musl",) if musl else ("x86_64-linux", "x86_64-linux-gnu")
        return "ruby" in self.platforms or any(platform in own for platform in self.platforms)

    def compiled_ahead(self, name: str, musl: bool) -> bool:
        """Whether a gem compiled for Linux (amd64) is locked, so that nothing is compiled in the build."""
        own = ("x86_64-linux-musl", "x86_64-linux") if musl else ("x86_64-linux", "x86_64-linux-gnu")
        return any(gem.platform in own for gem in self.gems.get(name, ()))


def read(text: str) -> Lock | None:
    """The lock file of that text; None where it is none."""
    section = ""
    specs: list[tuple[str, str, str, str, list[str], int]] = []
    platforms: list[str] = []
    dependencies: list[str] = []
    folders: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line.startswith(" "):
            if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
                return None
            section = line.strip()
        elif found := _SPEC.match(line):
            platform = _PLATFORM.search(found[2])
            version = found[2][: platform.start()] if platform else found[2]
            specs.append((found[1], version, platform[1] if platform else "", section, [], number))
        elif (found := _NEED.match(line)) and specs:
            specs[-1][4].append(found[1])
        elif section == "PATH" and line.startswith("  remote: "):
            folders.append(line.removeprefix("  remote: ").strip())
        elif section == "PLATFORMS" and line.strip():
            platforms.append(line.strip())
        elif section == "DEPENDENCIES" and (found := _DEPENDENCY.match(line)):
            dependencies.append(found[1])
    if not platforms:
        return None
    gems: dict[str, tuple[LockedGem, ...]] = {}
    for name, version, shown, origin, needs, number in specs:
        gems[name] = (*gems.get(name, ()), LockedGem(name, version, shown, origin, tuple(needs), number))
    return Lock(gems, tuple(platforms), frozenset(dependencies), tuple(folders), "\nRUBY VERSION" in text)
