"""What the calls of one Python source do: processes, files, libraries and ports, each with its line.

The functions are named in `data/python_calls.toml`. This module imports libcst: import it only to parse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import libcst as cst

from dockrefactor.patterns import regex
from dockrefactor.tables import toml
from dockrefactor.toolchains import python_ports
from dockrefactor.toolchains.python_paths import DATABASE, UPLOAD, Value
from dockrefactor.toolchains.python_processes import Processes
from dockrefactor.toolchains.python_reading import FileNeeds, Reading
from dockrefactor.toolchains.python_scopes import Scope, argument, unquoted, walk
from dockrefactor.toolchains.python_writers import Row, methods

BESIDE_SOURCE: Final = "placed beside the source file"
"""Ends the evidence of a path placed by `__file__`: it is relative to the context, not to the process's folder."""

_SQLITE: Final = regex(r"sqlite(?:\+\w+)?://(?:/|$|[\w.]+\Z)")
_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "/bin/sh", "/bin/bash", "/usr/bin/bash"})
_PATH_WRITES: Final = frozenset({"write_text", "write_bytes", "mkdir", "touch"})
_PATH_READS: Final = frozenset({"read_text", "read_bytes"})
_READ: Final = frozenset(
    {cst.Call, cst.Dict, cst.Assign, cst.AnnAssign, cst.SimpleString, cst.FormattedString, cst.BinaryOperation}
)
_NO_PATHS: Final = (":memory:", "file:", "sqlite:", "http://", "https://", "s3://", "gs://", "/dev/", "/proc/")


@cache
def _calls() -> Mapping[str, Any]:
    return toml("python_calls")


def read_calls(path: str, text: str, variables: Mapping[str, str]) -> FileNeeds:
    """The claims of the source `text` at a context path; `variables` are those that the image sets.

    Raises libcst.ParserSyntaxError or RecursionError where it cannot be read.
    """
    module = cst.parse_module(text)
    reading = Reading(path, module, text, variables)
    reader = _Reader(reading)
    for node, scope in walk(module):
        if type(node) not in _READ:
            continue
        if isinstance(node, cst.Call):
            reader.call(node, scope)
        elif isinstance(node, cst.Dict):
            reader.settings_dict(node, scope)
        elif isinstance(node, cst.Assign | cst.AnnAssign):
            reader.setting(node, scope)
        elif isinstance(node, cst.SimpleString | cst.FormattedString | cst.BinaryOperation):
            reader.database_address(node, scope)
    return reading.placed()


class _Reader:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.processes = Processes(reading)
        self.methods = methods(reading.names.modules(), reading.text)
        self._acts: Mapping[str, Callable[[str, cst.Call, Scope, Any], None]] = {
            "programs": self._start,
            "opens": self._open,
            "writes": self._write,
            "folders": self._go_to,
            "work_folder": self._write_to_work_folder,
            "reads": self._read,
            "libraries": self._load,
        }

    # --- calls

    def call(self, node: cst.Call, scope: Scope) -> None:
        for full in self._candidates(node.func):
            if self._by_name(full, node, scope):
                return
        if isinstance(node.func, cst.Attribute):
            self._method(node, node.func, scope)
        for port, name in python_ports.listened(node, scope, self.reading.names, self.reading.known):
            self.reading.note("ports", port, f"{name}()", node)

    def _candidates(self, function: cst.BaseExpression) -> list[str]:
        full = self.reading.names.full(function)
        if full is None:
            return []
        return [full, *self.reading.names.starred(full)] if "." not in full else [full]

    def _by_name(self, full: str, node: cst.Call, scope: Scope) -> bool:
        tables = _calls()
        for table, act in self._acts.items():
            if full in tables[table]:
                act(full, node, scope, tables[table][full])
                return True
        if full == "os.open":
            self._low_level_open(node, scope)
        elif full in tables["uploads"]["fields"]:
            if argument(node, 3, "storage") is None:
                self.reading.note("settings", ".", UPLOAD, node)
        elif full.startswith("sh.") and full.count(".") == 1 and self.reading.names.aliases.get("sh", "sh") == "sh":
            self._sh(full, node)
        else:
            return False
        return True

    def _start(self, full: str, node: cst.Call, scope: Scope, place: tuple[int, str]) -> None:
        self.processes.program(argument(node, *place), full, node, scope)
        if full.endswith("create_subprocess_exec"):
            words = [item.value for item in node.args if item.keyword is None and not item.star]
            self.processes.outputs(words, full, node, scope, not any(item.star for item in node.args))

    def _write(self, full: str, node: cst.Call, scope: Scope, place: Any) -> None:
        self._written(Row.of(place), full, node, scope)

    def _write_to_work_folder(self, full: str, node: cst.Call, scope: Scope, unless: str) -> None:
        if unless not in self.reading.text:
            self.reading.note("writes", ".", full, node)

    def _read(self, full: str, node: cst.Call, scope: Scope, place: tuple[int, str]) -> None:
        self.reading.path_of("reads", argument(node, *place), full, node, scope)

    def _load(self, full: str, node: cst.Call, scope: Scope, place: tuple[int, str]) -> None:
        self._library(argument(node, *place), full, node, scope)

    def _go_to(self, full: str, node: cst.Call, scope: Scope, place: tuple[int, str]) -> None:
        self.reading.goes_to(argument(node, *place), full, node, scope)

    def _sh(self, full: str, node: cst.Call) -> None:
        imported = "sh" in self.reading.names.aliases or full in self.reading.names.aliases.values()
        if imported:
            self.reading.note("programs", full.removeprefix("sh.").replace("_", "-"), full, node)

    def _library(self, node: cst.BaseExpression | None, full: str, call: cst.Call, scope: Scope) -> None:
        if node is None or (isinstance(node, cst.Name) and node.value == "None"):
            return
        value = self.reading.known.value(node, scope)
        self.reading.note("libraries", None if value is None else value.context_path, full, call)

    def _method(self, node: cst.Call, function: cst.Attribute, scope: Scope) -> None:
        name = function.attr.value
        rows = self.methods.get(name, ())
        if rows:
            for row in rows:
                self._written(row, f".{name}()", node, scope)
        elif name in _PATH_WRITES and (name not in ("mkdir", "touch") or self._is_path(function.value, scope)):
            self.reading.path_of("writes", function.value, f".{name}()", node, scope)
        elif name in _PATH_READS:
            self.reading.path_of("reads", function.value, f".{name}()", node, scope)
        elif name == "dlopen":  # https://cffi.readthedocs.io/en/stable/cdef.html#ffi-dlopen
            self._library(argument(node, 0, "libpath"), ".dlopen()", node, scope)
        elif name == "open" and self._is_path(function.value, scope):
            mode = self._mode(argument(node, 0, "mode"), scope)
            self.reading.path_of("reads" if mode is False else "writes", function.value, ".open()", node, scope)

    def _written(self, row: Row, says: str, node: cst.Call, scope: Scope) -> None:
        given = row.argument(node)
        if given is not None:
            self.reading.path_of("writes", given, says, node, scope, doubtful=row.doubtful)
        elif row.default is not None and not any(item.star for item in node.args):
            self.reading.note("writes", row.default, says, node)

    def _is_path(self, node: cst.BaseExpression, scope: Scope) -> bool:
        if "pathlib" in " ".join(self.reading.names.aliases.values()):
            return not (isinstance(node, cst.Name) and node.value in self.reading.names.aliases)
        return self.reading.known.value(node, scope) is not None

    # --- files

    def _mode(self, node: cst.BaseExpression | None, scope: Scope) -> bool | None:
        """Whether a mode writes; None where it is computed."""
        if node is None:
            return False
        value = self.reading.known.value(node, scope)
        return None if value is None else any(letter in value.text.partition(":")[0] for letter in "wax+")

    def _open(self, full: str, node: cst.Call, scope: Scope, place: tuple[int, int]) -> None:
        position, mode_at = place
        keyword = {"open": "file", "aiofiles.open": "file", "io.open": "file", "anyio.open_file": "file"}
        path = argument(node, position, keyword.get(full, "filename" if full != "tarfile.open" else "name"))
        mode = self._mode(argument(node, mode_at, "mode"), scope)
        self.reading.path_of("reads" if mode is False else "writes", path, full, node, scope)

    def _low_level_open(self, node: cst.Call, scope: Scope) -> None:
        flags = argument(node, 1, "flags")
        code = "" if flags is None else self.reading.module.code_for_node(flags)
        writes = any(flag in code for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND"))
        self.reading.path_of("writes" if writes else "reads", argument(node, 0, "path"), "os.open", node, scope)

    # --- settings

    def settings_dict(self, node: cst.Dict, scope: Scope) -> None:
        """Django's DATABASES and CACHES, and handlers of logging's dictConfig."""
        entries: dict[str, cst.BaseExpression] = {}
        for element in node.elements:
            key = unquoted(element.key) if isinstance(element, cst.DictElement) else None
            if key is not None:
                entries[key] = element.value
        engine = self._text(entries.get("ENGINE"), scope)
        if "NAME" in entries and "sqlite" in engine:
            self.reading.path_of("writes", entries["NAME"], "Django's SQLite database", entries["NAME"], scope)
        if "LOCATION" in entries and self._text(entries.get("BACKEND"), scope).endswith("FileBasedCache"):
            self.reading.path_of("writes", entries["LOCATION"], "Django's file cache", entries["LOCATION"], scope)
        if "filename" in entries and ("class" in entries or "()" in entries):
            self.reading.path_of("writes", entries["filename"], "logging handler", entries["filename"], scope)
        for name in _calls()["settings"]["names"]:
            if name in entries:
                self.reading.path_of("writes", entries[name], name, entries[name], scope)

    def _text(self, node: cst.BaseExpression | None, scope: Scope) -> str:
        value = self.reading.known.value(node, scope)
        return "" if value is None else value.text

    def setting(self, node: cst.Assign | cst.AnnAssign, scope: Scope) -> None:
        """`MEDIA_ROOT = …` and `app.config["UPLOAD_FOLDER"] = …`."""
        targets = [target.target for target in node.targets] if isinstance(node, cst.Assign) else [node.target]
        for target in targets:
            name = target.value if isinstance(target, cst.Name) else None
            if isinstance(target, cst.Subscript) and len(target.slice) == 1:
                index = target.slice[0].slice
                name = unquoted(index.value) if isinstance(index, cst.Index) else None
            if name in _calls()["settings"]["names"]:
                self.reading.path_of("writes", node.value, name or "", node, scope)
            elif name in _calls()["settings"]["commands"]:
                self.reading.path_of("settings", node.value, name or "", node, scope)
            elif name in _calls()["settings"]["switches"]:
                value, folder = _calls()["settings"]["switches"][name]
                if self._text(node.value, scope) == value:
                    self.reading.note("writes", folder, name or "", node)

    def database_address(self, node: cst.BaseExpression, scope: Scope) -> None:
        """`sqlite:///app.db`, also where its path is joined to it."""
        value = self.reading.known.value(node, scope)
        if value is None or not _SQLITE.match(value.text):
            return
        # Tortoise ORM writes a relative path after two slashes
        place = re.sub(r"^sqlite(?:\+\w+)?:///?", "", value.text).partition("?")[0]
        if value.rooted:
            place = "/" + place.lstrip("/")
        if place:
            self.reading.one_path("writes", Value(place, value.rooted), DATABASE, node)
