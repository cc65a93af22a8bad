"""Services of compose files as compose sees them: with the services that they extend, the files that these and
`include` name, and the values of variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dockrefactor import neighbour_files, yaml_text
from dockrefactor.neighbour_files import NeighbourFile, is_main, table, tables_of
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

# how often one service may extend another, and a file include another
_MOST_EXTENDED: Final = 4
_VARIABLE: Final = regex(r"\$(?:(\$)|\{(\w+)(?:(:?[-+?])((?:[^{}]|\{[^{}]*\})*))?\}|([A-Za-z_]\w*))")
_ASSIGNED: Final = regex(r"""^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=[ \t]*("[^"\n]*"|'[^'\n]*'|[^\n#]*)""", re.MULTILINE)
# keys of a service whose entries are joined with those of what it extends
_LISTS: Final = ("volumes", "ports", "devices", "cap_add", "env_file")


@dataclass(frozen=True, slots=True)
class Written:
    """A service of a file: `said` is all that holds for it, `build` what it builds with (None where nothing does),
    `folder` where the paths of that count from; `joins` says that a main file has a service of that name too."""

    name: str
    file: NeighbourFile
    said: Mapping[str, Any]
    build: Mapping[str, Any] | None
    folder: str
    joins: bool = False


def services(files: Sequence[NeighbourFile], root: str) -> tuple[list[Written], list[NeighbourFile]]:
    """The services of compose files and of those that they include, and the files that cannot be read; `root` is the
    absolute path of the build context."""
    reader = _Reader(root)
    pending = list(files)
    known = {file.shown for file in files}
    for file in pending:  # it grows while files include others
        for other in reader.included(file) if len(pending) < len(files) + 20 else ():
            if other.shown not in known:
                known.add(other.shown)
                pending.append(other)
    mains = {file.folder: file for file in pending if is_main(file)}
    found: list[Written] = []
    for file in pending:
        main = mains.get(file.folder)
        found += reader.written(file, main if main is not file else None)
    return found, reader.broken


def variables_of(text: str) -> dict[str, str]:
    """The variables that a file of `NAME=value` lines sets."""
    return {found[1]: found[2].strip().strip("\"'") for found in _ASSIGNED.finditer(text)}


class _Reader:
    def __init__(self, root: str) -> None:
        self.root = root
        self.broken: list[NeighbourFile] = []
        self._documents: dict[str, dict[str, Any]] = {}

    def document(self, file: NeighbourFile) -> dict[str, Any]:
        """What a file says, with the values of variables; empty where it cannot be read."""
        known = self._documents.get(file.shown)
        if known is not None:
            return known
        documents = yaml_text.documents(file.text)
        data = documents[0] if documents else None
        if not isinstance(data, dict):
            self.broken.append(file)
            data = {}
        if "$" in file.text:
            beside = neighbour_files.named(self.root, file.folder, ".env")
            data = table(_with_values(data, variables_of(beside.text) if beside is not None else {}, {}))
        self._documents[file.shown] = data
        return data

    def services(self, file: NeighbourFile) -> dict[str, dict[str, Any]]:
        found = table(self.document(file).get("services"))
        return {str(key): item for key, item in found.items() if isinstance(item, dict)}

    def included(self, file: NeighbourFile) -> Iterator[NeighbourFile]:
        """The files that `include` names, each with its own folder, or the one that is named for it."""
        listed = self.document(file).get("include")
        for item in listed if isinstance(listed, list) else ():
            said = item if isinstance(item, dict) else {"path": item}
            for path in _entries(said.get("path")):
                found = neighbour_files.named(self.root, file.folder, path) if isinstance(path, str) else None
                if found is not None:
                    yield found

    def written(self, file: NeighbourFile, main: NeighbourFile | None) -> Iterator[Written]:
        above = self.services(main) if main is not None else {}
        for key in self.services(file):
            said, folder = self._said(file, key, 0)
            build = _build_of(said)
            if key in above and main is not None:
                whole, place = self._said(main, key, 0)
                base = _build_of(whole)
                if base is None:
                    said = {**whole, **said, **_joined(whole, said)}
                else:
                    folder = folder if build is not None and "context" in build else place
                    build = {**base, **(build or {})}
            yield Written(key, file, said, build, folder, key in above)

    def _said(self, file: NeighbourFile, key: str, depth: int) -> tuple[dict[str, Any], str]:
        """What a service says with what it extends, and the folder that the paths of its build count from."""
        service = self.services(file).get(key, {})
        extended = service.get("extends")
        if not isinstance(extended, dict):
            extended = {"service": extended}
        place: NeighbourFile | None = file
        if isinstance(extended.get("file"), str):
            place = neighbour_files.named(self.root, file.folder, extended["file"])
        name = extended.get("service")
        if not isinstance(name, str) or place is None or depth > _MOST_EXTENDED:
            return service, file.folder
        above, folder = self._said(place, name, depth + 1)
        base, own = _build_of(above), _build_of(service)
        said = {**above, **service, **_joined(above, service)}
        if base is not None:
            said["build"] = {**base, **(own or {})}
        return said, file.folder if base is None or "context" in (own or {}) else folder


def _build_of(service: Mapping[str, Any]) -> dict[str, Any] | None:
    build = service.get("build")
    if isinstance(build, str):
        return {"context": build}
    return build if isinstance(build, dict) else None


def _joined(above: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that a service adds to those of another."""
    found: dict[str, Any] = {}
    for key in _LISTS:
        both = [*_entries(above.get(key)), *_entries(own.get(key))]
        if both:
            found[key] = both
    if "environment" in above and "environment" in own:
        found["environment"] = {**environment(above), **environment(own)}
    return found


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """The variables that a service sets by `environment`: a mapping, or a list of `NAME=value`."""
    said = service.get("environment")
    if isinstance(said, dict):
        return {str(name): str(value) for name, value in said.items() if value is not None}
    pairs = (str(item).partition("=") for item in _entries(said))
    return {name: value for name, equals, value in pairs if equals}


def variables(written: Written, root: str) -> dict[str, str]:
    """The variables that a service gives to its container: those of its files, and its own."""
    found: dict[str, str] = {}
    listed = _entries(written.said.get("env_file"))
    named = [item["path"] if isinstance(item, dict) and "path" in item else item for item in listed]
    for name in named:
        file = neighbour_files.named(root, written.file.folder, name) if isinstance(name, str) else None
        found |= variables_of(file.text) if file is not None else {}
    return {**found, **environment(written.said)}


def privileges(service: Mapping[str, Any]) -> str:
    """What a service gives to its container that only root may use, `""` where nothing."""
    if service.get("privileged") is True:
        return "privileged"
    added = [*_entries(service.get("cap_add")), *_entries(service.get("devices"))]
    if added:
        return str(added[0])
    listed = next(tables_of(service.get("devices")), None)
    return str(listed.get("source", "a device")) if listed is not None else ""


def _with_values(value: Any, known: Mapping[str, str], done: dict[int, Any]) -> Any:
    """A parsed file with variables replaced by what `.env` gives, else by their defaults; others stay as written.

    `done` maps what was begun to its result: aliases share it, and may hold themselves.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, known), value) if "$" in value else value
    if not isinstance(value, dict | list) or id(value) in done:
        return done.get(id(value), value)
    if isinstance(value, dict):
        table_made = done[id(value)] = {}
        table_made.update((key, _with_values(item, known, done)) for key, item in value.items())
        return table_made
    list_made = done[id(value)] = []
    list_made.extend(_with_values(item, known, done) for item in value)
    return list_made


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    """https://docs.docker.com/reference/compose-file/interpolation/"""
    if found[1]:
        return "$"
    name, operator, word = found[2] or found[5], found[3] or "", found[4] or ""
    if operator.endswith("+"):
        return word if name in known else ""
    if known.get(name) or (name in known and not operator.startswith(":")):
        return known[name]
    return _VARIABLE.sub(lambda inner: _value(inner, known), word) if operator.endswith("-") else found[0]
