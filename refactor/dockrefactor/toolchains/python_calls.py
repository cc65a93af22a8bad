"""What the calls of one Python source do: processes, files, libraries and ports, each with its line.

The functions are named in `data/python_calls.toml`. This module imports libcst: import it only to parse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from dockrefactor import program_outputs
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.program_outputs import ASSIGNMENT, CARRIERS
from dockrefactor.records import dataclass, field
from dockrefactor.tables import toml
from dockrefactor.toolchains import python_ports
from dockrefactor.toolchains.python_paths import COMPUTED_END, Value
from dockrefactor.toolchains.python_scopes import Names, Scope, argument, unquoted, walk
from dockrefactor.toolchains.python_shell_lines import INTERPRETER, UNKNOWN_PIECE, command_words
from dockrefactor.toolchains.python_values import Evaluator
from dockrefactor.toolchains.python_writers import Row, is_setting, methods

BESIDE_SOURCE: Final = "placed beside the source file"
"""Ends the evidence of a path placed by `__file__`: it is relative to the context, not to the process's folder."""
DATABASE: Final = "SQLite database address"
UPLOAD: Final = "a model's field of files"

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


@cache
def _single() -> frozenset[str]:
    return frozenset(_calls()["single"]["names"])


@dataclass(slots=True)
class FileNeeds:
    """The claims of one source file; `reads` holds every path it opens, whether the context has it or not."""

    programs: list[Claim] = field(default_factory=list)
    reads: list[Claim] = field(default_factory=list)
    writes: list[Claim] = field(default_factory=list)
    libraries: list[Claim] = field(default_factory=list)
    ports: list[Claim] = field(default_factory=list)
    settings: list[Claim] = field(default_factory=list)


def read_calls(path: str, text: str, variables: Mapping[str, str]) -> FileNeeds:
    """The claims of the source `text` at a context path; `variables` are those that the image sets.

    Raises libcst.ParserSyntaxError or RecursionError where it cannot be read.
    """
    module = cst.parse_module(text)
    reader = _Reader(path, module, text, variables)
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
    return reader.placed()


class _Reader:
    def __init__(self, path: str, module: cst.Module, text: str, variables: Mapping[str, str]) -> None:
        self.path = path
        self.module = module
        self.text = text  # the module would write it anew each time
        self.names = Names(module)
        self.known = Evaluator(path, self.names, variables)
        self.found: list[tuple[str, str | None, str, cst.CSTNode]] = []
        self.methods = methods(self.names.modules(), text)

    def note(self, kind: str, value: str | None, says: str, node: cst.CSTNode) -> None:
        self.found.append((kind, value, says, node))

    def placed(self) -> FileNeeds:
        """The claims with their lines; positions are looked up only where there are claims."""
        needs = FileNeeds()
        if not self.found:
            return needs
        positions = MetadataWrapper(self.module, unsafe_skip_copy=True).resolve(PositionProvider)
        seen: set[tuple[str, str | None, int]] = set()
        for kind, value, says, node in self.found:
            line = positions[node].start.line if node in positions else 0
            if (kind, value, line) in seen:
                continue
            seen.add((kind, value, line))
            getattr(needs, kind).append(Claim(value, Evidence(self.path, line, says)))
        return needs

    # --- calls

    def call(self, node: cst.Call, scope: Scope) -> None:
        for full in self._candidates(node.func):
            if self._by_name(full, node, scope):
                return
        if isinstance(node.func, cst.Attribute):
            self._method(node, node.func, scope)
        for port, name in python_ports.listened(node, scope, self.names, self.known):
            self.note("ports", port, f"{name}()", node)

    def _candidates(self, function: cst.BaseExpression) -> list[str]:
        full = self.names.full(function)
        if full is None:
            return []
        return [full, *self.names.starred(full)] if "." not in full else [full]

    def _by_name(self, full: str, node: cst.Call, scope: Scope) -> bool:
        tables = _calls()
        if full in tables["programs"]:
            position, keyword = tables["programs"][full]
            self._program(argument(node, position, keyword), full, node, scope)
            if full.endswith("create_subprocess_exec"):
                words = [item.value for item in node.args if item.keyword is None and not item.star]
                self._outputs(words, full, node, scope, not any(item.star for item in node.args))
        elif full in tables["libraries"]:
            position, keyword = tables["libraries"][full]
            self._library(argument(node, position, keyword), full, node, scope)
        elif full.startswith("sh.") and full.count(".") == 1 and self.names.aliases.get("sh", "sh") == "sh":
            self._sh(full, node)
        else:
            return self._file_by_name(full, node, scope)
        return True

    def _file_by_name(self, full: str, node: cst.Call, scope: Scope) -> bool:
        tables = _calls()
        if full in tables["opens"]:
            self._open(full, node, scope)
        elif full == "os.open":
            self._low_level_open(node, scope)
        elif full in tables["writes"]:
            self._written(Row.of(tables["writes"][full]), full, node, scope)
        elif full in tables["work_folder"]:
            if tables["work_folder"][full] not in self.text:
                self.note("writes", ".", full, node)
        elif full in tables["uploads"]["fields"]:
            if argument(node, 3, "storage") is None:
                self.note("settings", ".", UPLOAD, node)
        elif full in tables["reads"]:
            position, keyword = tables["reads"][full]
            self._path("reads", argument(node, position, keyword), full, node, scope)
        else:
            return False
        return True

    def _sh(self, full: str, node: cst.Call) -> None:
        imported = "sh" in self.names.aliases or full in self.names.aliases.values()
        if imported:
            self.note("programs", full.removeprefix("sh.").replace("_", "-"), full, node)

    def _library(self, node: cst.BaseExpression | None, full: str, call: cst.Call, scope: Scope) -> None:
        if node is None or (isinstance(node, cst.Name) and node.value == "None"):
            return
        value = self.known.value(node, scope)
        self.note("libraries", None if value is None else value.context_path, full, call)

    def _method(self, node: cst.Call, function: cst.Attribute, scope: Scope) -> None:
        name = function.attr.value
        rows = self.methods.get(name, ())
        if rows:
            for row in rows:
                self._written(row, f".{name}()", node, scope)
        elif name in _PATH_WRITES and (name not in ("mkdir", "touch") or self._is_path(function.value, scope)):
            self._path("writes", function.value, f".{name}()", node, scope)
        elif name in _PATH_READS:
            self._path("reads", function.value, f".{name}()", node, scope)
        elif name == "dlopen":  # https://cffi.readthedocs.io/en/stable/cdef.html#ffi-dlopen
            self._library(argument(node, 0, "libpath"), ".dlopen()", node, scope)
        elif name == "open" and self._is_path(function.value, scope):
            mode = self._mode(argument(node, 0, "mode"), scope)
            self._path("reads" if mode is False else "writes", function.value, ".open()", node, scope)

    def _written(self, row: Row, says: str, node: cst.Call, scope: Scope) -> None:
        given = row.argument(node)
        if given is not None:
            self._path("writes", given, says, node, scope, doubtful=row.doubtful)
        elif row.default is not None and not any(item.star for item in node.args):
            self.note("writes", row.default, says, node)

    def _is_path(self, node: cst.BaseExpression, scope: Scope) -> bool:
        if "pathlib" in " ".join(self.names.aliases.values()):
            return not (isinstance(node, cst.Name) and node.value in self.names.aliases)
        return self.known.value(node, scope) is not None

    # --- processes

    def _program(
        self, node: cst.BaseExpression | None, full: str, call: cst.Call, scope: Scope, depth: int = 0,
        is_whole: bool = True,
    ) -> None:  # fmt: skip
        if node is None or depth > 6:
            self.note("programs", None, full, call)
            return
        if isinstance(node, cst.Name) and self.known.value(node, scope) is None:
            bound = scope.lookup(node.value)
            grows = re.search(rf"\b{node.value}\s*(?:\+=|\.(?:append|extend|insert)\()", self.text) is not None
            for value, where in bound:
                self._program(value, full, call, where, depth + 1, is_whole and not grows)
            if bound:
                return
        if isinstance(node, cst.IfExp):
            self._program(node.body, full, call, scope, depth + 1, is_whole)
            self._program(node.orelse, full, call, scope, depth + 1, is_whole)
            return
        words = self._words(node)
        if words is not None:
            self._word_list(words, full, call, scope, depth)
            plain = [item.value for item in words if not isinstance(item, cst.StarredElement)]
            self._outputs(plain, full, call, scope, is_whole and len(plain) == len(words))
            return
        if isinstance(node, cst.BinaryOperation) and self._list_like(node.left, scope):
            self._program(node.left, full, call, scope, depth + 1, is_whole=False)
            return
        self._line(self._split_string(node), full, call, scope)

    def _words(self, node: cst.BaseExpression) -> list[cst.BaseElement] | None:
        return list(node.elements) if isinstance(node, cst.List | cst.Tuple) else None

    def _list_like(self, node: cst.BaseExpression, scope: Scope) -> bool:
        if isinstance(node, cst.Name):
            return any(value is not None and self._list_like(value, where) for value, where in scope.lookup(node.value))
        if isinstance(node, cst.BinaryOperation):
            return self._list_like(node.left, scope)
        return isinstance(node, cst.List | cst.Tuple)

    def _split_string(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """`shlex.split("git status")` and `"git status".split()` -> the string."""
        if not isinstance(node, cst.Call):
            return node
        if self.names.full(node.func) == "shlex.split":
            return argument(node, 0, "s") or node
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "split" and not node.args:
            return node.func.value
        return node

    def _word_list(self, words: list[cst.BaseElement], full: str, call: cst.Call, scope: Scope, depth: int) -> None:
        if not words:
            self.note("programs", None, full, call)
            return
        if isinstance(words[0], cst.StarredElement):
            self._program(words[0].value, full, call, scope, depth + 1)
            return
        first = self.known.shell_text(words[0].value, scope)
        if first == INTERPRETER:
            return
        self.note("programs", None if UNKNOWN_PIECE in first or INTERPRETER in first else first, full, call)
        second = self.known.value(words[1].value, scope) if len(words) > 2 else None
        if first in _SHELLS and second is not None and second.text in ("-c", "-lc", "-ec", "-xc"):
            self._line(words[2].value, full, call, scope)
        elif first in CARRIERS:
            rest = next((item for item in words[1:] if not self._is_option(item, scope)), None)
            if rest is not None:
                text = self.known.shell_text(rest.value, scope)
                self.note("programs", None if UNKNOWN_PIECE in text else text, full, call)

    def _outputs(
        self, words: list[cst.BaseExpression], full: str, call: cst.Call, scope: Scope, is_whole: bool
    ) -> None:
        """What a started program writes, where its command line says so."""
        argv = [self.known.shell_text(word, scope) for word in words]
        for item in program_outputs.written(argv, is_whole):
            says = f"`{argv[0]}`, started by {full}"
            if isinstance(item, int):
                self._path("writes", words[item], says, call, scope)
            else:
                self._text_written(item, says, call)

    def _text_written(self, text: str | None, says: str, call: cst.Call) -> None:
        """A path of a command line; of one that ends in what is computed, the folder that is known."""
        if text is not None and UNKNOWN_PIECE in text:
            head = text.partition(UNKNOWN_PIECE)[0].rpartition("/")[0]
            text, says = (head or None), f"{says}, {COMPUTED_END}"
        self._one_path("writes", Value(text) if text else None, says, call)

    def _is_option(self, item: cst.BaseElement, scope: Scope) -> bool:
        text = self.known.shell_text(item.value, scope)
        return text.startswith("-") or ASSIGNMENT.match(text) is not None

    def _line(self, node: cst.BaseExpression, full: str, call: cst.Call, scope: Scope) -> None:
        text = self.known.shell_text(node, scope)
        if full in _single():
            if text != INTERPRETER:
                self.note("programs", None if UNKNOWN_PIECE in text or INTERPRETER in text else text, full, call)
            return
        for word in command_words(text):
            self.note("programs", word, full, call)
        for path in program_outputs.of_line(text):
            self._text_written(path, f"what {full} starts", call)

    # --- files

    def _mode(self, node: cst.BaseExpression | None, scope: Scope) -> bool | None:
        """Whether a mode writes; None where it is computed."""
        if node is None:
            return False
        value = self.known.value(node, scope)
        return None if value is None else any(letter in value.text.partition(":")[0] for letter in "wax+")

    def _open(self, full: str, node: cst.Call, scope: Scope) -> None:
        position, mode_at = _calls()["opens"][full]
        keyword = {"open": "file", "aiofiles.open": "file", "io.open": "file", "anyio.open_file": "file"}
        path = argument(node, position, keyword.get(full, "filename" if full != "tarfile.open" else "name"))
        mode = self._mode(argument(node, mode_at, "mode"), scope)
        self._path("reads" if mode is False else "writes", path, full, node, scope)

    def _low_level_open(self, node: cst.Call, scope: Scope) -> None:
        flags = argument(node, 1, "flags")
        code = "" if flags is None else self.module.code_for_node(flags)
        writes = any(flag in code for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND"))
        self._path("writes" if writes else "reads", argument(node, 0, "path"), "os.open", node, scope)

    def _path(
        self, kind: str, node: cst.BaseExpression | None, says: str, call: cst.CSTNode, scope: Scope,
        doubtful: bool = False,
    ) -> None:  # fmt: skip
        if node is None or (isinstance(node, cst.Name) and node.value == "None"):
            return
        full = self.names.full(node) or ""
        if full in ("sys.stdout", "sys.stderr", "os.devnull", "sys.stdin") or self._in_memory(node, scope):
            return
        several = scope.lookup(node.value) if isinstance(node, cst.Name) else []
        for expression, where in several if len(several) > 1 else ((node, scope),):
            value, end = self.known.value(expression, where), ""
            if value is None and kind != "reads" and expression is not None:
                if is_setting(expression, where):
                    continue  # what sets it says the folder
                value, end = self.known.head(expression, where), f", {COMPUTED_END}"
            if value is not None or not doubtful:
                self._one_path(kind, value, says + end if value is not None else says, call)

    def _one_path(self, kind: str, value: Value | None, says: str, call: cst.CSTNode) -> None:
        if value is None:
            if kind != "reads":
                self.note(kind, None, says, call)
            return
        if value.temporary or value.text.startswith(_NO_PATHS) or not (value.text or value.rooted):
            return
        # a number is a file descriptor
        if value.text.isdigit():
            return
        self.note(kind, value.context_path, f"{says}, {BESIDE_SOURCE}" if value.rooted else says, call)

    def _in_memory(self, node: cst.BaseExpression, scope: Scope) -> bool:
        if isinstance(node, cst.Name):
            bound = scope.lookup(node.value)
            return bool(bound) and all(
                value is not None and not isinstance(value, cst.Name) and self._in_memory(value, where)
                for value, where in bound
            )
        if isinstance(node, cst.Call):
            name = (self.names.full(node.func) or "").rpartition(".")[2]
            return name in ("BytesIO", "StringIO", "HttpResponse")
        return False

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
            self._path("writes", entries["NAME"], "Django's SQLite database", entries["NAME"], scope)
        if "LOCATION" in entries and self._text(entries.get("BACKEND"), scope).endswith("FileBasedCache"):
            self._path("writes", entries["LOCATION"], "Django's file cache", entries["LOCATION"], scope)
        if "filename" in entries and ("class" in entries or "()" in entries):
            self._path("writes", entries["filename"], "logging handler", entries["filename"], scope)
        for name in _calls()["settings"]["names"]:
            if name in entries:
                self._path("writes", entries[name], name, entries[name], scope)

    def _text(self, node: cst.BaseExpression | None, scope: Scope) -> str:
        value = self.known.value(node, scope)
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
                self._path("writes", node.value, name or "", node, scope)
            elif name in _calls()["settings"]["commands"]:
                self._path("settings", node.value, name or "", node, scope)
            elif name in _calls()["settings"]["switches"]:
                value, folder = _calls()["settings"]["switches"][name]
                if self._text(node.value, scope) == value:
                    self.note("writes", folder, name or "", node)

    def database_address(self, node: cst.BaseExpression, scope: Scope) -> None:
        """`sqlite:///app.db`, also where its path is joined to it."""
        value = self.known.value(node, scope)
        if value is None or not _SQLITE.match(value.text):
            return
        # Tortoise ORM writes a relative path after two slashes
        place = re.sub(r"^sqlite(?:\+\w+)?:///?", "", value.text).partition("?")[0]
        if value.rooted:
            place = "/" + place.lstrip("/")
        if place:
            self._one_path("writes", Value(place, value.rooted), DATABASE, node)
