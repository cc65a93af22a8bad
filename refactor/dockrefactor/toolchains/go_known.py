"""The tables of Go modules: which need cgo or other programs, and which are known to need none."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from dockrefactor import tables
from dockrefactor.records import dataclass

WithoutCgo = Literal["does-not-build", "fails-when-used", "works-differently"]


@dataclass(frozen=True, slots=True)
class ModuleNeeds:
    """A module that needs cgo: in all its packages, or in `packages` (paths below the module).

    `needs_cgo` tells what happens without; `development` and `libraries` are the Debian packages that it is compiled
    against and that it loads at run time (Debian 12 names), empty where it brings its own C sources.
    """

    module: str
    needs_cgo: WithoutCgo
    packages: tuple[str, ...]
    development: tuple[str, ...]
    libraries: tuple[str, ...]
    source: str

    def covers(self, import_path: str) -> bool:
        """Whether an imported package is one of those that need cgo."""
        if not self.packages:
            return _below(import_path, self.module)
        return any(_below(import_path, f"{_major_free(import_path, self.module)}/{name}") for name in self.packages)


@dataclass(frozen=True, slots=True)
class _Tables:
    cgo: tuple[ModuleNeeds, ...]
    programs: dict[str, tuple[str | None, ...]]
    pure: dict[str, str]


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    data = tables.toml("go_modules")
    return _Tables(
        cgo=tuple(
            ModuleNeeds(
                entry["module"],
                entry["needs_cgo"],
                tuple(entry.get("packages", ())),
                tuple(entry.get("development", ())),
                tuple(entry.get("libraries", ())),
                entry["source"],
            )
            for entry in data["cgo"]
        ),
        programs={entry["module"]: tuple(entry["programs"]) or (None,) for entry in data["programs"]},
        pure={**dict.fromkeys(data["pure"]["time_zones"], "time zones"),
              **dict.fromkeys(data["pure"]["no_time_zones"], "no time zones")},
    )  # fmt: skip


def _below(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent + "/")


def _is_major_of(name: str, module: str) -> bool:
    """Whether `name` is the module or a major version of it (`module/v2`)."""
    tail = name.removeprefix(module)
    return name.startswith(module) and (not tail or (tail.startswith("/v") and tail[2:].isdigit()))


def _major_free(import_path: str, module: str) -> str:
    """The module path that an import path begins with: with its major version, where it has one."""
    first = import_path.removeprefix(module + "/").partition("/")[0]
    return f"{module}/{first}" if first.startswith("v") and first[1:].isdigit() else module


def cgo_needs(module: str) -> tuple[ModuleNeeds, ...]:
    """The table's entries for a module path (any major version), empty where it has none."""
    return tuple(entry for entry in _tables().cgo if _is_major_of(module, entry.module))


def started_programs(module: str) -> tuple[str | None, ...]:
    """The programs that a module is known to start, None for one that is chosen at run time."""
    tables = _tables().programs
    return next((programs for name, programs in tables.items() if _is_major_of(module, name)), ())


def proven(module: str) -> str | None:
    """`time zones` or `no time zones` for a module that was read and has no cgo for Linux; None for any other."""
    return _tables().pure.get(module)
