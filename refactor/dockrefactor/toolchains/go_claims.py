"""What Go sources read, write, start and listen on: claims from calls and from plain literals."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from dockrefactor import program_outputs
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds, moved
from dockrefactor.patterns import regex
from dockrefactor.toolchains.go_calls import Use, uses
from dockrefactor.toolchains.go_module import join_path
from dockrefactor.toolchains.go_package import GoPackage, bound_values
from dockrefactor.toolchains.go_syntax import STRINGS, GoFile, literal_text, text_of
from dockrefactor.toolchains.go_values import Text, Values, single

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_LITERAL: Final = 256
_GLOB: Final = regex(r"[*?\[{]")
_ADDRESS: Final = regex(r"(?P<host>[\w.\-]*|\[[0-9a-fA-F:]*\]):(?P<port>\d{1,5})")
_EVERYWHERE: Final = frozenset({"", "0.0.0.0", "[::]"})
_NUMBER: Final = regex(r"\d{2,5}")
# Files that exist to be written, wherever the name stands.
_GROWING: Final = regex(r"(?:\./|/)?[\w][\w./-]*\.(?:db|db3|sqlite|sqlite3|log|pid|sock)")
_INNER_FILE: Final = regex(r"(?:[\w.-]+/)+[\w-][\w.-]*\.\w+")
_FILE_DATABASES: Final = regex(r"sqlite|duckdb")
_WRITING_FLAGS: Final = regex(r"\bO_(?:CREATE?|WRONLY|RDWR|APPEND|TRUNC)\b")
_SHELLS: Final = frozenset({"sh", "bash", "/bin/sh", "/bin/bash"})
_STARTS: Final = frozenset({"Command", "CommandContext"})
_CONSOLE: Final = frozenset({"stdout", "stderr"})


class GoClaims:
    """Collects the claims of a program's packages; `base` is the context folder of the module."""

    def __init__(self, context: BuildContext, base: str, values: Values) -> None:
        self._context = context
        self._base = base
        self._values = values
        self._found: dict[str, dict[tuple[str | None, str, int], Claim]] = {}
        self._config: dict[str, list[tuple[str | None, Evidence]]] = {"config-path": [], "config-name": []}
        self._imports: frozenset[str] = frozenset()
        self._starts_elsewhere = False  # a `cmd.Dir` in the file that is read

    def collect(self, packages: Iterable[GoPackage]) -> SourceNeeds:
        """The needs of all packages together, imports left to the caller."""
        packages = tuple(packages)
        self._imports = frozenset(item.path for package in packages for file in package.files for item in file.imports)
        for package in packages:
            for file in package.files:
                self._starts_elsewhere = b".Dir = " in (file.root.text or b"")
                self._literals(file)
                self._port_numbers(file)
                for use in uses(file):
                    self._use(package, file, use)
        self._configuration()
        kinds = {kind: tuple(claims.values()) for kind, claims in self._found.items()}
        return SourceNeeds(
            programs=kinds.get("program", ()),
            reads=kinds.get("read", ()),
            writes=moved(kinds.get("write", ()), kinds.get("folder", ())),
            libraries=kinds.get("library", ()),
            ports=kinds.get("listen", ()),
            unreadable=tuple(item for package in packages for item in package.unreadable),
        )

    def _add(self, kind: str, value: str | None, evidence: Evidence) -> None:
        claims = self._found.setdefault(kind, {})
        claims.setdefault((value, evidence.path, evidence.line), Claim(value, evidence))

    # --- literals -------------------------------------------------------------------------------------------------

    def _literals(self, file: GoFile) -> None:
        for node in file.nodes("string"):
            text = literal_text(node)
            if not text or len(text) > MAX_LITERAL or (node.parent is not None and node.parent.type == "import_spec"):
                continue
            address = _ADDRESS.fullmatch(text)
            if address is not None and address["host"] in _EVERYWHERE:
                self._port(address["port"], file.evidence(node, f"listens on {text}"))
            if _GROWING.fullmatch(text) and not _is_part(node):
                self._path("write", Text(text, True), file.evidence(node, f"names {text}"))
            self._named_file(text, file.evidence(node, f"names {text}"))

    def _named_file(self, text: str, evidence: Evidence) -> None:
        """A literal that is the name of a file or folder of the context, or of a file that git ignores and another
        clone may have (`secrets/key.json`)."""
        if text.startswith("file://"):
            self._path("read", Text(text.removeprefix("file://"), True), evidence)
        if "\n" in text or "\0" in text or text.startswith(("/", "../")):
            return
        path = _plain(text)
        if path in ("", ".", "..") or path.startswith("../"):
            return
        if self._exists(path) or (
            _INNER_FILE.fullmatch(path) and not _GROWING.fullmatch(path) and self._may_come(path)
        ):
            self._add("read", path, evidence)

    def _exists(self, path: str) -> bool:
        return self._context.exists(join_path(self._base, path)) or self._context.exists(path)

    def _may_come(self, path: str) -> bool:
        return self._context.may_come(join_path(self._base, path)) or self._context.may_come(path)

    def _port_numbers(self, file: GoFile) -> None:
        """Numbers given to something called a port: `port := "8080"`, `flag.Int("port", 8080, …)`."""
        for node in (*file.nodes("binding"), *file.nodes("assignment")):
            for name, value in bound_values(node):
                self._port_number(name, value, file)
        for node in file.nodes("call"):
            arguments = node.child_by_field_name("arguments")
            given = arguments.named_children if arguments is not None else []
            for name_node, value in pairwise(given):
                if name_node.type in STRINGS:
                    self._port_number(literal_text(name_node), value, file)

    def _port_number(self, name: str, value: Node, file: GoFile) -> None:
        number = literal_text(value) if value.type in STRINGS else text_of(value) if value.type == "int_literal" else ""
        if re.search(r"port(?![a-z])", name, re.I) and _NUMBER.fullmatch(number):
            self._port(number, file.evidence(value, f"{name} is {number}"))

    def _port(self, number: str, evidence: Evidence) -> None:
        if 0 < int(number) < 65536:
            self._add("listen", str(int(number)), evidence)

    # --- calls ----------------------------------------------------------------------------------------------------

    def _use(self, package: GoPackage, file: GoFile, use: Use) -> None:
        evidence = file.evidence(use.node, use.name)
        given = [text for node in use.values for text in self._values.elements(package, file, node)]
        if not use.called:
            given = [None]
        elif not use.values:
            if use.rule.without is None:
                return
            given = [Text(use.rule.without, True)]
        others = [single(self._values.texts(package, file, node)) for node in use.arguments]
        act = self._actions()[use.rule.does]
        for text in given:
            if use.rule.computed or (text is not None and text.complete):
                act(text, evidence, others, use)

    def _actions(self) -> dict[str, Callable[[Text | None, Evidence, list[Text | None], Use], None]]:
        return {
            "read": lambda text, evidence, others, use: self._path("read", text, evidence),
            "write": lambda text, evidence, others, use: self._path("write", text, evidence),
            "go-to": self._go_to,
            "program": self._program,
            "library": lambda text, evidence, others, use: self._add("library", _whole(text), evidence),
            "listen": lambda text, evidence, others, use: self._listen(text, evidence),
            "open-file": self._open_file,
            "temporary": self._temporary,
            "database": self._database,
            "network": self._network,
            "config-file": lambda text, evidence, others, use: self._path("read", text, evidence),
            "config-path": self._remember,
            "config-name": self._remember,
        }

    def _path(self, kind: str, text: Text | None, evidence: Evidence) -> None:
        """A claim on a path; a pattern or a computed last part claims the folder that holds it."""
        if text is None:
            return self._add(kind, None, evidence)
        value = text.value
        if kind == "write" and value in _CONSOLE:
            return None
        if text.complete and not _GLOB.search(value):
            path = _plain(value) if value else ""
        else:
            before = _GLOB.split(value)[0]
            path = _plain(posixpath.dirname(before)) if "/" in before else "." if text.complete else ""
        if path in ("", "/") or path == ".." or path.startswith("../"):
            return self._add(kind, None, evidence) if value or not text.complete else None
        return self._add(kind, path, evidence)

    def _go_to(self, text: Text | None, evidence: Evidence, others: list[Text | None], use: Use) -> None:
        self._path("read", text, evidence)
        self._path("folder", text, evidence)

    def _open_file(self, text: Text | None, evidence: Evidence, others: list[Text | None], use: Use) -> None:
        flags = text_of(use.arguments[1]) if len(use.arguments) > 1 else ""
        writes = bool(_WRITING_FLAGS.search(flags))
        if writes or "O_RDONLY" not in flags:
            self._path("write", text, evidence)
        if not writes:
            self._path("read", text, evidence)

    def _temporary(self, text: Text | None, evidence: Evidence, others: list[Text | None], use: Use) -> None:
        if text is None or text.value:
            self._path("write", text, evidence)

    def _database(self, text: Text | None, evidence: Evidence, others: list[Text | None], use: Use) -> None:
        driver = _whole(others[0]) if others else None
        if driver is None and not any(_FILE_DATABASES.search(path) for path in self._imports):
            return
        if driver is not None and not _FILE_DATABASES.search(driver):
            return
        source = text.value if text is not None else ""
        if text is not None and (":memory:" in source or "mode=memory" in source):
            return
        path = source.removeprefix("file:").partition("?")[0]
        known = text is not None and bool(path)
        self._path("write", Text(path, text.complete or "?" in source) if text and known else None, evidence)

    def _network(self, text: Text | None, evidence: Evidence, others: list[Text | None], use: Use) -> None:
        if (others and _whole(others[0])) in ("unix", "unixpacket", "unixgram"):
            self._path("write", text, evidence)
        else:
            self._listen(text, evidence)

    def _listen(self, text: Text | None, evidence: Evidence) -> None:
        address = _ADDRESS.fullmatch(text.value) if text is not None and text.complete else None
        if address is not None:
            self._port(address["port"], evidence)
        elif text is not None and text.complete and text.value in ("", ":http"):
            self._add("listen", "80", evidence)
        else:
            self._add("listen", None, evidence)

    def _program(self, text: Text | None, evidence: Evidence, others: list[Text | None], use: Use) -> None:
        name = _whole(text)
        self._add("program", name or None, evidence)
        if name and use.name.rpartition(".")[2] in _STARTS:
            self._outputs(others[use.rule.argument if isinstance(use.rule.argument, int) else 0 :], evidence, use)
        if name not in _SHELLS:
            return
        script = next((item for item in reversed(others) if item is not None and item.value != "-c"), None)
        whole = len(others) > 0 and others[-1] is not None and others[-1].complete
        for word in _shell_programs(script.value if script is not None and whole else None):
            self._add("program", word, evidence)
        for path in program_outputs.of_line(script.value) if script is not None and whole else ():
            self._output(Text(path, True) if path is not None and "$" not in path else None, evidence)

    def _outputs(self, words: list[Text | None], evidence: Evidence, use: Use) -> None:
        """What a started program writes, where its command line says so."""
        argv = [text.value if text is not None and text.complete else "\0" for text in words]
        whole = not any(node.type == "variadic_argument" for node in use.arguments)
        for found in program_outputs.written(argv, whole):
            if isinstance(found, int):
                self._output(words[found], evidence)
            else:
                self._output(Text(found, True) if found is not None else None, evidence)

    def _output(self, text: Text | None, evidence: Evidence) -> None:
        """A path as a started program sees it: a relative one is not told where the program starts elsewhere."""
        is_seen = text is not None and (text.value.startswith("/") or not self._starts_elsewhere)
        self._path("write", text if is_seen else None, evidence)

    def _remember(self, text: Text | None, evidence: Evidence, others: list[Text | None], use: Use) -> None:
        self._config[use.rule.does].append((_whole(text), evidence))

    def _configuration(self) -> None:
        """Pairs configuration folders with names: `<folder>/<name>.<any>` of the context."""
        names = self._config["config-name"] or [("config", item[1]) for item in self._config["config-path"][:1]]
        for folder, evidence in self._config["config-path"]:
            if folder is None:
                self._add("read", None, evidence)
                continue
            for name, where in names:
                if name is None:
                    self._add("read", None, where)
                for path in self._configuration_files(folder, name):
                    self._add("read", path, evidence)

    def _configuration_files(self, folder: str, name: str | None) -> list[str]:
        plain = _plain(folder)
        if plain.startswith(("/", "$", "..")):
            return [plain]
        here = "" if plain == "." else plain
        found = {
            join_path(here, posixpath.basename(path))
            for base in {join_path(self._base, here) if here else self._base, here}
            for path in self._context.children(base)
            if name is not None and re.fullmatch(re.escape(name) + r"(?:\.\w+)?", posixpath.basename(path))
        }
        return sorted(found)


def _is_part(literal: Node) -> bool:
    """Whether a literal is put together with others: its name alone is then no path."""
    parent = literal.parent
    if parent is not None and parent.type == "argument_list" and parent.parent is not None:
        function = parent.parent.child_by_field_name("function")
        return function is not None and text_of(function).endswith((".Join", ".Sprintf"))
    return parent is not None and parent.type == "binary_expression"


def _plain(path: str) -> str:
    clean = posixpath.normpath(path)
    return "/" + clean.lstrip("/") if clean.startswith("/") else clean


def _whole(text: Text | None) -> str | None:
    return text.value if text is not None and text.complete else None


def _shell_programs(script: str | None) -> list[str | None]:
    """The programs that a `sh -c` line starts; None among them where it is more than plain words."""
    if script is None or re.search(r"[$`(){}<]", script):
        return [None]
    words = [part.split()[0] for part in re.split(r"[;&|\n]+", script) if part.strip()]
    return [word if re.fullmatch(r"[\w./+-]+", word) else None for word in words]
