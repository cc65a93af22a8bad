"""What JavaScript and TypeScript sources need of the system that runs them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from dockrefactor import program_outputs
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds, moved
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.node_commands import node_facts
from dockrefactor.toolchains.node_components import component_files, script_of
from dockrefactor.toolchains.node_syntax import (
    FILE_FOLDER,
    HOLE,
    UNKNOWN,
    SourceFile,
    Value,
    arguments,
    member_name,
    property_of,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

QUOTED: Final = regex(
    r"""(?P<before>\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)?(?P<q>['"`])(?P<text>[\w@./-]{1,200})(?P=q)"""
)
# `src/routes/*.ts`: the folder before the pattern; what a bundler resolves when it builds is none
_PATTERN: Final = regex(
    r"""(?P<before>\bmeta\.glob(?:Eager)?\s*\(\s*\[?\s*)?(?P<q>['"`])(?P<text>[\w@./-]+)/[^'"`/\n]*\*[^'"`\n]*(?P=q)"""
)
_PATH: Final = regex(rf"[\w./{FILE_FOLDER}{HOLE}-]*/[\w.{HOLE}-]*\.\w{{2,5}}")
_SOCKET: Final = regex(r"[\w./-]+\.sock(et)?")
_PORT: Final = regex(r"\d{1,5}")
_ASSIGNMENT: Final = regex(r"[A-Za-z_]\w*=\S*\s+")


@dataclass(slots=True)
class _Found:
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    unreadable: list[Evidence] = field(default_factory=list)

    def add(self, what: str, value: str | None, evidence: Evidence) -> None:
        self.claims.setdefault(what, []).append(Claim(value, evidence))

    def of(self, what: str) -> tuple[Claim, ...]:
        return tuple(dict.fromkeys(self.claims.get(what, ())))

    def written(self) -> tuple[Claim, ...]:
        """What calls write, and what else is written by its name."""
        calls = self.of("write")
        known = {posixpath.normpath(claim.value) for claim in calls if claim.value}
        named: dict[str | None, Claim] = {}
        for claim in self.of("named"):
            named.setdefault(claim.value, claim)
        found = (*calls, *(claim for claim in named.values() if claim.value not in known))
        return moved(found, self.of("folder"))


@cache
def _rules() -> Mapping[tuple[str, str], tuple[Mapping[str, Any], ...]]:
    rules: dict[tuple[str, str], tuple[Mapping[str, Any], ...]] = {}
    for rule in node_facts()["calls"]:
        modules = rule["module"] if isinstance(rule["module"], list) else [rule["module"]]
        for place in ((module, member) for module in modules for member in rule["members"]):
            rules[place] = (*rules.get(place, ()), rule)
    return rules


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    facts = node_facts()["sources"]
    triggers = re.compile("|".join(re.escape(word) for word in facts["triggers"]))
    written = re.compile(facts["written_files"], re.MULTILINE)
    return re.compile(facts["test_files"]), re.compile(facts["build_files"]), triggers, written


def source_files(context: BuildContext, folder: str, roots: Sequence[str] | None = None) -> Iterator[str]:
    """Context paths of the runtime sources below `folder`: no tests, stories, declarations or settings of build tools.

    `roots` are context paths (files or folders) that replace `folder`; a file among them is read whatever its name.
    """
    facts = node_facts()["sources"]
    suffixes = tuple(facts["suffixes"])
    kinds = ("test_folders", "browser_folders", "manager_folders")
    unread = frozenset((*(name for kind in kinds for name in facts[kind]), "node_modules"))
    tests, builds, *_ = _patterns()
    for root in [folder] if roots is None else roots:
        if context.is_file(root):
            yield root
            continue
        for path in context.files(root, suffixes):
            inner = path.removeprefix(f"{root}/" if root else "")
            name = posixpath.basename(path)
            if unread.isdisjoint(inner.split("/")[:-1]) and not tests.search(name) and not builds.match(name):
                yield path


def read_sources(
    context: BuildContext,
    folder: str,
    roots: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> SourceNeeds:
    """What the project's sources need; paths built on the source's own folder are relative to `folder`.

    `roots`: context paths to read instead of the whole folder. Where an environment variable may replace a path or
    program, the default and an unknown claim are both given; a path with an unknown end counts as its known folder.
    `environment`: variables that the image sets. `imports` stays empty: see `node_imports`.
    """
    variables = tuple(sorted(environment.items())) if environment is not None else None
    key = (read_sources, folder, tuple(roots) if roots is not None else None, variables)
    return context.once(key, lambda: _read_sources(context, folder, roots, environment))


def _read_sources(
    context: BuildContext, folder: str, roots: Sequence[str] | None, environment: Mapping[str, str] | None
) -> SourceNeeds:
    found = _Found()
    # what stands between the fences of a page runs in the server
    pages = component_files(context, folder, ".astro") if roots is None else ()
    for path in (*source_files(context, folder, roots), *pages):
        text = context.read(path)
        if text is not None and path.endswith(".astro"):
            text = script_of(path, text)
        if text is None:
            found.unreadable.append(Evidence(path, 0, "cannot be read as text"))
            continue
        _named_paths(context, folder, path, text, found)
        _written_files(path, text, found)
        if not _patterns()[2].search(text):
            continue
        source = SourceFile(path, text, environment)
        if source.broken:
            found.unreadable.append(Evidence(path, 0, "cannot be parsed"))
            continue
        reading = _Reading(source, folder, found)
        for call in source.calls:
            reading.call(call)
        for pair in source.pairs:
            reading.option(pair)
        reading.processes_elsewhere()
    for name in node_facts()["sources"]["settings_files"] if roots is None else ():
        _written_files(posixpath.join(folder, name), context.read(posixpath.join(folder, name)) or "", found)
    return SourceNeeds(
        programs=found.of("program"),
        reads=found.of("read"),
        writes=found.written(),
        libraries=found.of("library"),
        ports=found.of("port"),
        unreadable=tuple(found.unreadable),
    )


def _named_paths(context: BuildContext, folder: str, path: str, text: str, found: _Found) -> None:
    """Any string that names something of the project counts as read: a folder handed on under another name."""
    patterns = _PATTERN.finditer(text) if "*" in text else ()
    for match in (*QUOTED.finditer(text), *patterns):
        plain = posixpath.normpath(match["text"])
        if match["before"] or plain.startswith((".", "/", "@")):
            continue
        if context.exists(posixpath.join(folder, plain)):
            line = text.count("\n", 0, match.start()) + 1
            found.add("read", plain, Evidence(path, line, f"names {plain}"))


def _written_files(path: str, text: str, found: _Found) -> None:
    """Logs and databases by the endings of their names: whatever opens them writes to them."""
    for match in _patterns()[3].finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.add("named", posixpath.normpath(match["path"]), Evidence(path, line, f"names {match['path']}"))


def _is_database(source: SourceFile, pair: Node, key: str) -> bool:
    """Whether a property names the file of a database: beside another that says of which kind it is, or within one."""
    for row in node_facts()["sources"]["database_files"]:
        if row["key"] != key or pair.parent is None:
            continue
        outer = pair.parent.parent
        if "within" in row and outer is not None and outer.type == "pair":
            return bool(words(outer.child_by_field_name("key")).strip("'\"") == row["within"])
        beside = property_of(pair.parent, row.get("beside", ""))
        if beside is not None and source.value(beside).text in row["values"]:
            return True
    return False


class _Reading:
    """Turns the calls of one source into claims."""

    def __init__(self, source: SourceFile, folder: str, found: _Found) -> None:
        self.source = source
        self.folder = folder
        self.found = found
        self._starts_processes = False

    def processes_elsewhere(self) -> None:
        """A file that loads child_process and calls nothing of it hands it on: what is started is not known."""
        for specifier, line, only_types in self.source.loads():
            if specifier in ("child_process", "node:child_process") and not only_types and not self._starts_processes:
                self.found.add("program", None, Evidence(self.source.path, line, "hands child_process on"))

    def call(self, call: Node) -> None:
        function = call.child_by_field_name("function") or call.child_by_field_name("constructor")
        name, target = member_name(call), self.source.target(function)
        if target is not None and target[0] == "child_process" and target[1] not in ("", "()"):
            self._starts_processes = True
        if name == "listen":
            self._listen(call)
        elif name in ("serve", "startStandaloneServer"):
            self._serve(call)
        elif name == "set" and words(function).endswith(".set"):
            self._set(call)
        method = name if function is not None and function.type == "member_expression" else ""
        for rule in self._rules_for(target, method):
            self._apply(rule, call, f"calls {words(function)[:60]}")

    def option(self, pair: Node) -> None:
        """A property that names what is written; a switch of the same name (`autoSchemaFile: true`) names nothing."""
        key, node = words(pair.child_by_field_name("key")).strip("'\""), pair.child_by_field_name("value")
        is_database = node is not None and _is_database(self.source, pair, key)
        if node is None or not (is_database or key in node_facts()["sources"]["written_properties"]):
            return
        path = self._plain(self.source.value(node).text)
        evidence = Evidence(self.source.path, pair.start_point[0] + 1, f"sets {key}")
        if (path is None and is_database) or (path is not None and not re.match(r"/tmp(/|$)|:memory:", path)):
            self.found.add("named", path, evidence)

    def _rules_for(self, target: tuple[str, str] | None, name: str) -> tuple[Mapping[str, Any], ...]:
        rules = _rules()
        if target is not None:
            module, member = target
            own = (*rules.get((module, member), ()), *(rules.get(("fs", member), ()) if module == "fs-extra" else ()))
            if own:
                return own
        return rules.get(("*", name), ()) if name else ()

    def _apply(self, rule: Mapping[str, Any], call: Node, says: str) -> None:
        evidence = Evidence(self.source.path, call.start_point[0] + 1, says)
        given, at, key = arguments(call), rule.get("at", 0), rule.get("key")
        node = given[at] if at < len(given) else None
        if key is not None:
            text = self.source.value(node).text if node is not None else ""
            if node is not None and node.type == "string" and text.startswith("sqlite:"):
                self.found.add("write", text.removeprefix("sqlite:"), evidence)
                return
            node = property_of(node, key)
            if node is None and "default" in rule:
                self.found.add(rule["what"], rule["default"], evidence)
        if node is None:
            if key is None and "default" in rule and not given:
                self.found.add(rule["what"], rule["default"], evidence)
            return
        if rule["what"] == "program" and node.type == "array" and node.named_children:
            node = node.named_children[0]  # `Bun.spawn(["git", "log"])`
        callback = node.type in ("arrow_function", "function_expression", "function", "method_definition")
        if rule.get("only_paths") and not _PATH.fullmatch(self.source.value(node).text):
            return
        value = self._callback_value(node) if callback else None
        self._claim(rule["what"], value or self.source.value(node), node, given, evidence)

    def _callback_value(self, function: Node) -> Value:
        """The path that a callback hands on as `done(null, path)`."""
        for call in self.source.calls:
            given = arguments(call)
            inside = function.start_byte <= call.start_byte and call.end_byte <= function.end_byte
            if inside and len(given) == 2 and words(given[0]) in ("null", "undefined"):
                return self.source.value(given[1])
        return UNKNOWN

    def _claim(self, what: str, value: Value, node: Node, given: list[Node], evidence: Evidence) -> None:
        if what == "command":
            self._command(value, given, evidence)
        elif what == "program":
            self._program(value, given, evidence)
        elif what == "library":
            self.found.add(what, value.text if value.known else None, evidence)
        else:
            self._path(what, value, given, evidence)

    def _command(self, value: Value, given: list[Node], evidence: Evidence) -> None:
        for part in re.split(r"\|\||&&|[|;&\n]", value.text):
            head = part.strip()
            while _ASSIGNMENT.match(head):
                head = _ASSIGNMENT.sub("", head, count=1)
            word = head.split()[0].strip("\"'") if head.split() else ""
            if word:
                self.found.add("program", None if HOLE in word or "$" in word else word, evidence)
        if value.varies and value.known:
            self.found.add("program", None, evidence)
        for path in program_outputs.of_line(value.text):
            self._output(path, given, evidence)

    def _outputs(self, name: Value, given: list[Node], evidence: Evidence) -> None:
        """What a started program writes, where its arguments say so."""
        if given[1].type in ("object", "arrow_function", "function_expression", "function"):
            return
        items = given[1].named_children if given[1].type == "array" else []
        whole = given[1].type == "array" and not any(item.type == "spread_element" for item in items)
        words_given = [name.text, *(self.source.value(item).text for item in items if item.type != "spread_element")]
        for path in program_outputs.of_words(words_given, whole):
            self._output(path, given, evidence)

    def _output(self, path: str | None, given: list[Node], evidence: Evidence) -> None:
        """A path as a started program sees it, which starts in the call's `cwd`."""
        folder = next((node for item in given if (node := property_of(item, "cwd")) is not None), None)
        if path is None:
            self.found.add("write", None, evidence)
        elif folder is None or path.startswith("/"):
            self._path("write", Value(path), [], evidence)
        else:
            self._path("write", Value(f"{self.source.value(folder).text}/{path}"), [], evidence)

    def _program(self, value: Value, given: list[Node], evidence: Evidence) -> None:
        self.found.add("program", value.text if value.known else None, evidence)
        if value.known and value.varies:
            self.found.add("program", None, evidence)
        if len(given) > 1:
            self._outputs(value, given, evidence)
        if value.text in ("sh", "bash", "/bin/sh", "/bin/bash") and len(given) > 1 and given[1].type == "array":
            words_given = [self.source.value(item) for item in given[1].named_children]
            for option, command in pairwise(words_given):
                if option.text in ("-c", "-lc"):
                    self._command(command, given, evidence)

    def _path(self, what: str, value: Value, given: list[Node], evidence: Evidence) -> None:
        text = value.text
        root = property_of(given[1], "root") if len(given) > 1 else None
        if root is not None:
            text = f"{self.source.value(root).text}/{text}"
        path = self._plain(text)
        if path is not None and (path in (":memory:", "/dev/null") or re.match(r"/tmp(/|$)|https?:|data:", path)):
            return
        self.found.add(what, path, evidence)
        if path is not None and value.varies:
            self.found.add(
                what, None, Evidence(evidence.path, evidence.line, "an environment variable may name another")
            )

    def _plain(self, text: str) -> str | None:
        """A path as the source means it, relative to the project folder where it starts at the source's own folder."""
        if HOLE in text:
            text = text[: text.index(HOLE)].rpartition("/")[0]
            if not text.strip(f"./{FILE_FOLDER}"):
                return None
        if FILE_FOLDER not in text:
            return posixpath.normpath(text) if text else None
        inner = text[text.rindex(FILE_FOLDER) + 1 :]
        at = posixpath.normpath(posixpath.join(posixpath.dirname(self.source.path) or ".", inner.lstrip("/") or "."))
        return posixpath.relpath(at, self.folder or ".")

    def _set(self, call: Node) -> None:
        given = arguments(call)
        if len(given) != 2 or self.source.value(given[0]).text != "views":
            return
        evidence = Evidence(self.source.path, call.start_point[0] + 1, "sets the folder of the views")
        for node in given[1].named_children if given[1].type == "array" else [given[1]]:
            self._path("read", self.source.value(node), [], evidence)

    def _listen(self, call: Node) -> None:
        given = arguments(call)
        if not given or given[0].type in ("arrow_function", "function_expression", "function"):
            return
        node = property_of(given[0], "port") if given[0].type == "object" else given[0]
        if node is not None:
            self._port(node, call)

    def _serve(self, call: Node) -> None:
        for given in arguments(call):
            node = property_of(property_of(given, "listen") or given, "port")
            if node is not None:
                self._port(node, call)

    def _port(self, node: Node, call: Node) -> None:
        value = self.source.value(node)
        evidence = Evidence(self.source.path, call.start_point[0] + 1, f"listens on {words(node)[:60]}")
        if _PORT.fullmatch(value.text):
            self.found.add("port", value.text, evidence)
        elif _SOCKET.fullmatch(value.text):
            self.found.add("write", value.text, evidence)
        elif not value.known:
            self.found.add("port", None, evidence)
