"""One Python source as its calls are read: names, values, and the claims found so far, each with its line.

This module imports libcst: import it only to parse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.python_paths import BESIDE_SOURCE, COMPUTED_END, HERE, TEMPORARY, Value, below
from dockrefactor.toolchains.python_scopes import Names, Scope
from dockrefactor.toolchains.python_values import Evaluator
from dockrefactor.toolchains.python_writers import is_setting

_NO_PATHS: Final = (":memory:", "file:", "sqlite:", "http://", "https://", "s3://", "gs://", "/dev/", "/proc/")


@dataclass(slots=True)
class FileNeeds:
    """The claims of one source file; `reads` holds every path it opens, whether the context has it or not."""

    programs: list[Claim] = field(default_factory=list)
    reads: list[Claim] = field(default_factory=list)
    writes: list[Claim] = field(default_factory=list)
    libraries: list[Claim] = field(default_factory=list)
    ports: list[Claim] = field(default_factory=list)
    settings: list[Claim] = field(default_factory=list)
    folders: list[Claim] = field(default_factory=list)  # that the process goes to


class Reading:
    """A source that is read: what its names mean, and the claims that the calls give."""

    def __init__(self, path: str, module: cst.Module, text: str, variables: Mapping[str, str]) -> None:
        self.path = path
        self.module = module
        self.text = text  # the module would write it anew each time
        self.names = Names(module)
        self.known = Evaluator(path, self.names, variables)
        self.found: list[tuple[str, str | None, str, cst.CSTNode]] = []

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

    def place(self, given: cst.BaseExpression | None, scope: Scope) -> Value | None:
        """A folder that paths are seen from; None where it is computed."""
        if given is None:
            return None
        value = self.known.value(given, scope)
        return TEMPORARY if value is None and is_setting(given, scope) else value  # what sets it says the folder

    def goes_to(self, given: cst.BaseExpression | None, says: str, call: cst.Call, scope: Scope) -> None:
        """Another folder for the process itself."""
        folder = self.place(given, scope)
        if folder is None or not folder.temporary:
            self.note("folders", None if folder is None else folder.context_path, _placed(says, folder), call)

    def path_of(
        self, kind: str, node: cst.BaseExpression | None, says: str, call: cst.CSTNode, scope: Scope,
        doubtful: bool = False, folder: Value | None = HERE,
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
                self.one_path(kind, value, says + end if value is not None else says, call, folder)

    def one_path(
        self, kind: str, value: Value | None, says: str, call: cst.CSTNode, folder: Value | None = HERE
    ) -> None:
        value = value and below(folder, value)
        if value is None:
            if kind != "reads":
                self.note(kind, None, says, call)
            return
        if value.temporary or value.text.startswith(_NO_PATHS) or not (value.text or value.rooted):
            return
        # a number is a file descriptor
        if value.text.isdigit():
            return
        self.note(kind, value.context_path, _placed(says, value), call)

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


def _placed(says: str, value: Value | None) -> str:
    return f"{says}, {BESIDE_SOURCE}" if value is not None and value.rooted else says
