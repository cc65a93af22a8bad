"""Everything that one install of Composer reads and writes, by composer.json."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from dockrefactor.context import BuildContext
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.needs import InstallInputs, ResolveImagePath
from dockrefactor.records import dataclass
from dockrefactor.tables import toml
from dockrefactor.toolchains.php_commands import ComposerInstall


@dataclass(frozen=True, slots=True)
class Manifest:
    """A composer.json: `folder` is that of the project in the image, `path` its context path."""

    folder: str
    path: str
    data: Mapping[str, Any]

    def table(self, *keys: str) -> Mapping[str, Any]:
        found: Any = self.data
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def vendor(self) -> str:
        """The image path of the folder of installed packages."""
        named = self.table("config").get("vendor-dir")
        return absolute(named if isinstance(named, str) else "vendor", self.folder)

    @property
    def required(self) -> frozenset[str]:
        return frozenset({*self.table("require"), *self.table("require-dev")})


def manifest(install: ComposerInstall, cwd: str, resolve: ResolveImagePath, context: BuildContext) -> Manifest | None:
    """The composer.json in force; None where the build has none that can be read."""
    folder = absolute(install.folder, cwd)
    path = resolve(posixpath.join(folder, "composer.json"))
    text = context.read(path) if path is not None else None
    if path is None or text is None:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return Manifest(folder, path, data) if isinstance(data, dict) else None


def scripts(found: Manifest) -> Iterator[str]:
    """The commands of the scripts that an install runs, those named by others included."""
    named = found.table("scripts")
    pending = [str(event) for event in toml("php_commands")["events"]]
    seen: set[str] = set()
    while pending:
        name = pending.pop(0)
        if name in seen or name not in named:
            continue
        seen.add(name)
        entry = named[name]
        commands = list(entry) if isinstance(entry, list | dict) else [entry]
        others = [command[1:] for command in map(str, commands) if command.startswith("@") and command[1:] in named]
        pending += others
        yield from (command for command in map(str, commands) if command[1:] not in others)


def script_writes(found: Manifest) -> tuple[tuple[str, ...], str | None]:
    """(what the scripts of an install write, the first command of which that is not known)."""
    known: Mapping[str, list[str]] = toml("php_commands")["scripts"]
    writes: list[str] = []
    for command in scripts(found):
        rule = next((rule for rule in known if command.startswith(rule)), None)
        if rule is None:
            return tuple(writes), command
        writes += [absolute(path, found.folder) for path in known[rule]]
    return tuple(dict.fromkeys(writes)), None


def install_inputs(
    install: ComposerInstall, cwd: str, resolve: ResolveImagePath, context: BuildContext
) -> InstallInputs:
    """Everything that an install in the image folder `cwd` reads."""
    found = manifest(install, cwd, resolve, context)
    path = posixpath.join(absolute(install.folder, cwd), "composer.json")
    if found is None:
        place = resolve(path)
        if place is None:
            return InstallInputs(missing=(path,))
        return InstallInputs(files=(path,), open_ended=(Evidence(place, 0, "cannot be read"),))
    beside = [posixpath.join(found.folder, name) for name in ("composer.lock", "auth.json", "symfony.lock")]
    files = [path, *(item for item in beside if resolve(item) is not None)]
    folders, open_ended = _folders(install, found, context)
    named = [absolute(folder, found.folder) for folder in folders]
    inner = [item for item in named if resolve(item) is not None]
    missing = [item for item in named if resolve(item) is None]
    single = [item for item in inner if (source := resolve(item)) is not None and not context.is_dir(source)]
    return InstallInputs(
        files=(*files, *single),
        folders=tuple(item for item in inner if item not in single),
        locked=any(item.endswith("composer.lock") for item in files),
        open_ended=tuple(open_ended),
        missing=tuple(missing),
    )


def _folders(install: ComposerInstall, found: Manifest, context: BuildContext) -> tuple[list[str], list[Evidence]]:
    """(folders and files below the project that the install reads, why there may be more)."""
    folders: list[str] = []
    open_ended: list[Evidence] = []

    def object_to(word: str, says: str) -> None:
        open_ended.append(Evidence(found.path, context.find_line(found.path, word), says))

    repositories = found.data.get("repositories")
    entries = repositories.values() if isinstance(repositories, dict) else repositories or ()
    places = [
        str(entry.get("url", ""))
        for entry in entries
        if isinstance(entry, dict) and entry.get("type") in ("path", "artifact")
    ]
    folders += [place.split("*")[0].rstrip("/") if "*" in place else place for place in places]
    for name in sorted(found.required & set(toml("php_commands")["among_sources"])):
        object_to(name, f"{name} reads or writes among the sources")
    if install.scripts:
        first = next(scripts(found), None)
        if first is not None:
            object_to(first[:30].replace("\\", "\\\\"), f"the script `{first[:40]}` runs after the install")
    if not install.autoloader:
        return folders, open_ended
    for section in ("autoload", "autoload-dev"):
        folders += [str(item) for item in found.table(section).get("classmap") or ()]
    config = found.table("config")
    optimised = install.optimised or config.get("optimize-autoloader") or config.get("classmap-authoritative")
    if optimised and found.table("autoload").keys() & {"psr-4", "psr-0"}:
        object_to('"autoload"', "the optimised autoloader lists the classes of the sources")
    return folders, open_ended
