"""The lock files of Python's package managers: every package with its version, source and purpose."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from dockrefactor.evidence import Evidence
from dockrefactor.needs import LanguagePackage
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.python_requirements import Gathering, canonical, installs_on_linux

_LOCK_NAME: Final = regex(r'^name = "([^"]+)"', re.MULTILINE)

Edge = tuple[str, str]
"""A package's normalised name and the marker on the way to it, "" where there is none."""


@dataclass(frozen=True, slots=True)
class Roots:
    """What a project asks for itself: `main` by its own and chosen groups, `development` by the others."""

    main: tuple[Edge, ...] = ()
    development: tuple[Edge, ...] = ()


@lru_cache(maxsize=16)
def parse_toml(text: str) -> Mapping[str, Any] | None:
    """The table of a TOML text, None where it is none. The result is shared: it is only read."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def tables(value: object) -> list[dict[str, Any]]:
    """The tables in a list of a manifest, nothing where it is no such list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def table(value: object) -> dict[str, Any]:
    """A table of a manifest, an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def strings(value: object) -> list[str]:
    """The strings in a list of a manifest."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _name(entry: Mapping[str, Any]) -> str:
    return canonical(str(entry.get("name", "")))


def _native(filenames: Iterable[str]) -> bool | None:
    """Whether a package's wheels for Linux have compiled parts; None where it has no such wheel."""
    wheels = [name for name in filenames if name.endswith(".whl")]
    if any("linux" in name.rsplit("-", 1)[-1] for name in wheels):
        return True
    return False if any(name.endswith("-none-any.whl") for name in wheels) else None


def _reach(graph: Mapping[str, Sequence[Edge]], roots: Iterable[Edge], linux: bool) -> set[str]:
    """Names that are reached from `roots`; with `linux`, not over edges that never hold there."""
    seen: set[str] = set()
    pending = list(roots)
    while pending:
        name, marker = pending.pop()
        if name not in seen and not (linux and marker and not installs_on_linux(marker)):
            seen.add(name)
            pending += graph.get(name, ())
    return seen


def _purposes(graph: Mapping[str, Sequence[Edge]], roots: Roots) -> tuple[set[str], set[str]]:
    """Names that only development asks for, and names that only other platforms ask for."""
    main = _reach(graph, roots.main, True)
    development = _reach(graph, roots.development, True)
    anywhere = _reach(graph, (*roots.main, *roots.development), False)
    return development - main, anywhere - main - development


def _lines(text: str) -> dict[str, int]:
    """The line of each package's name in a TOML lock file."""
    lines: dict[str, int] = {}
    number, last = 1, 0
    for match in _LOCK_NAME.finditer(text):
        number += text.count("\n", last, match.start())
        last = match.start()
        lines.setdefault(canonical(match[1]), number)
    return lines


def _file_name(entry: Mapping[str, Any]) -> str:
    place = entry.get("file") or entry.get("url") or entry.get("path") or ""
    return posixpath.basename(str(place).partition("#")[0])


def _version(entry: Mapping[str, Any]) -> str | None:
    version = entry.get("version")
    return version if isinstance(version, str) else None


def _lock_document(gathering: Gathering, found: tuple[str, str]) -> Mapping[str, Any] | None:
    """The tables of a lock file, whose context path and text `found` gives; noted where it cannot be read."""
    path, text = found
    document = parse_toml(text)
    if document is None:
        gathering.unsure(Evidence(path, 0, "not readable as TOML"))
    return document


def _graph(
    packages: Sequence[Mapping[str, Any]], edges: Callable[[Mapping[str, Any]], Iterable[Edge]]
) -> dict[str, list[Edge]]:
    """What each package of a lock asks for; a name locked in several versions asks for all that they do."""
    graph: dict[str, list[Edge]] = {}
    for entry in packages:
        graph.setdefault(_name(entry), []).extend(edges(entry))
    return graph


# --- poetry.lock


def read_poetry_lock(gathering: Gathering, found: tuple[str, str], roots: Roots, selected: Sequence[str]) -> bool:
    """Notes the packages of a poetry.lock; false where it cannot be read. `selected`: groups chosen by name."""
    path, text = found
    document = _lock_document(gathering, found)
    if document is None:
        return False
    packages = tables(document.get("package"))
    only_development, elsewhere = _purposes(_graph(packages, _poetry_edges), roots)
    lines = _lines(text)
    old_files = table(table(document.get("metadata")).get("files"))
    for entry in packages:
        name = _name(entry)
        if name in elsewhere or not _poetry_on_linux(entry):
            continue
        evidence = Evidence(path, lines.get(name, 0), "locked")
        _note_poetry_source(gathering, entry, evidence)
        files = tables(entry.get("files")) or tables(old_files.get(str(entry.get("name"))))
        development = _poetry_development(entry, selected, name in only_development)
        native = _native(_file_name(file) for file in files)
        gathering.packages.append(LanguagePackage(name, _version(entry), evidence, native, development))
    return True


def _poetry_edges(entry: Mapping[str, Any]) -> Iterator[Edge]:
    for name, wanted in table(entry.get("dependencies")).items():
        for option in wanted if isinstance(wanted, list) else [wanted]:
            yield canonical(name), str(table(option).get("markers", ""))


def _poetry_on_linux(entry: Mapping[str, Any]) -> bool:
    markers = entry.get("markers", "")
    if isinstance(markers, str):
        return installs_on_linux(markers)
    groups = strings(entry.get("groups"))
    by_group = table(markers)
    return any(installs_on_linux(str(by_group.get(group, ""))) for group in groups or by_group)


def _poetry_development(entry: Mapping[str, Any], selected: Sequence[str], only_development: bool) -> bool:
    groups = strings(entry.get("groups"))
    if groups:
        wanted = {"main", *selected} - {"dev"}
        return not wanted.intersection(groups)
    category = entry.get("category")
    return category == "dev" if isinstance(category, str) else only_development


def _note_poetry_source(gathering: Gathering, entry: Mapping[str, Any], evidence: Evidence) -> None:
    kind = table(entry.get("source")).get("type")
    if kind in ("git", "url"):
        gathering.unsure(Evidence(evidence.path, evidence.line, "installed from an address"))


def poetry_local_sources(found: tuple[str, str]) -> Iterator[tuple[str, bool]]:
    """(path relative to the project, whether it is a folder) of the local packages of a poetry.lock."""
    for entry in tables((parse_toml(found[1]) or {}).get("package")):
        source = table(entry.get("source"))
        if source.get("type") in ("directory", "file") and isinstance(source.get("url"), str):
            yield source["url"], source["type"] == "directory"


# --- uv.lock


@dataclass(frozen=True, slots=True)
class UvSource:
    """A local package of a uv.lock: `kind` is `editable`, `directory`, `virtual` or `path` (an archive)."""

    kind: str
    path: str
    member: bool


def read_uv_lock(gathering: Gathering, found: tuple[str, str], selected: Sequence[str]) -> bool:
    """Notes the packages of a uv.lock but the project and its members; false where it cannot be read."""
    path, text = found
    document = _lock_document(gathering, found)
    if document is None:
        return False
    packages = tables(document.get("package"))
    only_development, elsewhere = _purposes(_graph(packages, _uv_edges), _uv_roots(packages, selected))
    lines = _lines(text)
    for entry in packages:
        name, source = _name(entry), table(entry.get("source"))
        if name in elsewhere or _uv_local(source) is not None:
            continue
        evidence = Evidence(path, lines.get(name, 0), "locked")
        if "git" in source or "url" in source:
            gathering.unsure(Evidence(path, evidence.line, "installed from an address"))
        native = _native(_file_name(wheel) for wheel in tables(entry.get("wheels")))
        gathering.packages.append(LanguagePackage(name, _version(entry), evidence, native, name in only_development))
    return True


def _uv_edges(entry: Mapping[str, Any]) -> Iterator[Edge]:
    optional = table(entry.get("optional-dependencies")).values()
    for group in (entry.get("dependencies"), *optional):
        for wanted in tables(group):
            yield _name(wanted), str(wanted.get("marker", ""))


def _uv_roots(packages: Sequence[Mapping[str, Any]], selected: Sequence[str]) -> Roots:
    """The project and its members are the roots; their development groups count as such unless chosen by name."""
    main: list[Edge] = []
    development: list[Edge] = []
    for entry in packages:
        if _uv_local(table(entry.get("source"))) is None:
            continue
        main.append((_name(entry), ""))
        for group, wanted in table(entry.get("dev-dependencies")).items():
            chosen = main if group in selected and group != "dev" else development
            chosen += [(_name(item), str(item.get("marker", ""))) for item in tables(wanted)]
    return Roots(tuple(main), tuple(development))


def _uv_local(source: Mapping[str, Any]) -> tuple[str, str] | None:
    for kind in ("editable", "directory", "virtual", "path"):
        place = source.get(kind)
        if isinstance(place, str):
            return kind, place
    return None


def uv_local_sources(found: tuple[str, str]) -> Iterator[UvSource]:
    """The local packages of a uv.lock, the project itself (`.`) included."""
    document = parse_toml(found[1]) or {}
    members = {canonical(name) for name in strings(table(document.get("manifest")).get("members"))}
    for entry in tables(document.get("package")):
        local = _uv_local(table(entry.get("source")))
        if local is not None:
            yield UvSource(*local, member=_name(entry) in members)


# --- Pipfile.lock


def read_pipfile_lock(gathering: Gathering, found: tuple[str, str], selected: Sequence[str]) -> bool:
    """Notes the packages of a Pipfile.lock, its local ones as folders; false where it cannot be read."""
    path, text = found
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        gathering.unsure(Evidence(path, 0, "not readable as JSON"))
        return False
    lines = {canonical(match[1]): number for number, match in _json_keys(text)}
    for category, packages in document.items():
        if category == "_meta":
            continue
        development = category != "default" and (category not in selected or category == "develop")
        for name, wanted in table(packages).items():
            evidence = Evidence(path, lines.get(canonical(name), 0), "locked")
            _note_pipfile_entry(gathering, name, table(wanted), evidence, development)
    return True


def _json_keys(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*"([^"]+)":\s*\{', line)
        if match is not None:
            yield number, match


def _note_pipfile_entry(
    gathering: Gathering, name: str, wanted: Mapping[str, Any], evidence: Evidence, development: bool
) -> None:
    if not installs_on_linux(str(wanted.get("markers", ""))):
        return
    place = wanted.get("path") or wanted.get("file")
    if isinstance(place, str) and "://" not in place:
        gathering.folders[gathering.image_path(place)] = None
        return
    if place or any(key in wanted for key in ("git", "hg", "svn", "bzr")):
        gathering.unsure(Evidence(evidence.path, evidence.line, "installed from an address"))
    version = wanted.get("version")
    pinned = re.fullmatch(r"===?\s*(\S+)", version) if isinstance(version, str) else None
    gathering.packages.append(
        LanguagePackage(canonical(name), pinned[1] if pinned else None, evidence, development=development)
    )
