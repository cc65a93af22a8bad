"""Makefiles, as far as they say what a `make` does: variables, rules, and the commands of their recipes.

https://www.gnu.org/software/make/manual/ -- what a conditional may change is taken as possible; functions other than
`$(shell pkg-config …)` stand for nothing, and a recipe that needs their value is not readable.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from dockrefactor import shell
from dockrefactor.commands import of_command
from dockrefactor.effects import Kind, absolute
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.stages import Placed
from dockrefactor.toolchains.c_build import Built, Library, Unreadable
from dockrefactor.toolchains.c_compile import parse_compile
from dockrefactor.toolchains.c_names import compiler

NAMES: Final = ("GNUmakefile", "makefile", "Makefile")
_ASSIGNMENT: Final = regex(r"\s*(?:export\s+|override\s+)*([\w.-]+)\s*(::?=|\?=|\+=|=)\s*(.*)")
_RULE: Final = regex(r"([^\t:=#][^:=#]*):(?!=)\s*([^=;]*?)(?:;(.*))?$")
_REFERENCE: Final = regex(r"\$(?:\(([^()$]*)\)|\{([^{}$]*)\}|([@<^*?+%$])|(\w))")
_DEFAULTS: Final = {
    "CC": "cc", "CXX": "g++", "AR": "ar", "RM": "rm -f", "MAKE": "make", "CPP": "cc -E", "LD": "ld",
    "INSTALL": "install", "DESTDIR": "",
}  # fmt: skip
# programs of recipes that make files beside the sources, or look at them
_QUIET: Final = frozenset({"ar", "ranlib", "strip", "objcopy", "size", "pkg-config", "ld", "as", "nm", "ldd"})
_HOLE: Final = "__COMPUTED__"
# goals of generated Makefiles
INSTALLING: Final = frozenset({"install", "install/strip", "install-strip", "install-exec", "install/local"})


@dataclass(frozen=True, slots=True)
class _Rule:
    targets: tuple[str, ...]
    needs: tuple[str, ...]
    recipe: tuple[str, ...]


@dataclass(slots=True)
class Makefile:
    """One file. `uncertain`: a conditional stands in it."""

    variables: dict[str, str] = field(default_factory=dict)
    rules: list[_Rule] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    uncertain: bool = False

    def expand(self, text: str, automatic: Mapping[str, str] | None = None, depth: int = 0) -> str:
        """`text` with variables replaced; what cannot be told is a hole."""
        while depth < 40 and (match := _REFERENCE.search(text)) is not None:
            depth += 1
            text = text[: match.start()] + self._value(match, automatic or {}) + text[match.end() :]
        return text

    def _value(self, match: re.Match[str], automatic: Mapping[str, str]) -> str:
        name = next(group for group in match.groups() if group is not None)
        if match[3] is not None:
            return "\x01" if name == "$" else automatic.get(name, _HOLE)
        if name.startswith("shell "):
            found = re.match(r"shell\s+pkg-config\s+(.*)", name)
            if found is not None:
                self.packages += [word for word in found[1].split() if not word.startswith("-")]
                return ""
            return _HOLE
        head, colon, _ = name.partition(":")
        if " " in name or colon:
            return _HOLE if not name.startswith(("strip ", "sort ")) else name.partition(" ")[2]
        return self.variables.get(head, _DEFAULTS.get(head, ""))


def parse(text: str, given: Mapping[str, str]) -> Makefile:
    """The variables and rules of a Makefile; `given` are those of the command line."""
    found = Makefile(variables=dict(given))
    rule: tuple[tuple[str, ...], tuple[str, ...], list[str]] | None = None
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if line.startswith("\t"):
            if rule is not None:
                rule[2].append(line.strip())
            continue
        plain = line.partition("#")[0].rstrip()
        word = plain.split()[0] if plain.split() else ""
        if word in ("include", "define"):
            raise Unreadable(f"the Makefile uses `{word}`")
        if word in ("-include", "sinclude"):
            continue
        if word in ("ifeq", "ifneq", "ifdef", "ifndef", "else", "endif"):
            found.uncertain = True
            continue
        assigned = _ASSIGNMENT.fullmatch(plain)
        if assigned is not None:
            _assign(found, given, *assigned.groups())
            continue
        matched = _RULE.fullmatch(plain)
        if matched is not None:
            targets = tuple(found.expand(matched[1]).split())
            rule = (targets, tuple(found.expand(matched[2]).replace(_HOLE, "").split()), [])
            if matched[3]:
                rule[2].append(matched[3].strip())
            found.rules.append(_Rule(rule[0], rule[1], rule[2]))  # type: ignore[arg-type]
    return found


def _assign(found: Makefile, given: Mapping[str, str], name: str, operator: str, value: str) -> None:
    if name in given:
        return
    before = found.variables.get(name)
    if operator == "?=" and before is not None:
        return
    if operator == "+=" or (found.uncertain and before is not None):
        value = f"{before or ''} {value}".strip()
    found.variables[name] = found.expand(value) if operator in (":=", "::=") else value


class MakeReader:
    """Follows the goals of one `make`. `read`: text of the Makefile in an image folder, None where there is none."""

    def __init__(self, read: Callable[[str], str | None], exists: Callable[[str], bool]) -> None:
        self.read = read
        self.exists = exists
        self.programs: list[str] = []
        self.libraries: list[str] = []
        self.moves: list[Placed] = []
        self.static: list[bool] = []
        self.cpp = self.refreshes = False
        self.shared: list[Library] = []
        self.runpaths: list[str] = []
        self.archives: set[str] = set()
        self.depth = 0
        self.patterns = False

    def built(self, folder: str) -> Built:
        own = [name for name in dict.fromkeys(self.libraries) if f"lib{name}.a" not in self.archives]
        return Built(
            tuple(dict.fromkeys(self.programs)), (), tuple(own), tuple(self.moves), (folder,),
            bool(self.static) and all(self.static), self.cpp, tuple(dict.fromkeys(self.shared)),
            tuple(dict.fromkeys(self.runpaths)), self.refreshes,
        )  # fmt: skip

    def follow(self, text: str, folder: str, goals: Sequence[str], given: Mapping[str, str]) -> None:
        """Raises Unreadable."""
        self.depth += 1
        if self.depth > 12:
            raise Unreadable("its Makefiles call each other too often")
        makefile = parse(self._included(text, folder), {"CURDIR": folder, **given})
        wanted = list(goals) or [_first_goal(makefile)]
        seen: set[str] = set()
        while wanted:
            goal = wanted.pop(0)
            if goal in seen:
                continue
            seen.add(goal)
            rules = [rule for rule in makefile.rules if goal in rule.targets]
            for rule in rules:
                wanted[:0] = [need for need in rule.needs if need not in seen]
        for goal in reversed(list(self._in_order(makefile, goals))):
            self._make(makefile, goal, folder)
        # what a pattern makes of the goals is known by now; this is for what else its recipe does
        self.patterns = True
        for rule in makefile.rules:
            if any("%" in target or target.startswith(".") for target in rule.targets):
                self._recipe(makefile, rule.recipe, {"@": _HOLE, "<": "", "^": "", "*": _HOLE}, folder)
        self.patterns = False
        self.libraries += makefile.packages

    def _included(self, text: str, folder: str, depth: int = 0) -> str:
        """The text with the files of the context that it includes by name in the place of the lines that do so."""
        lines: list[str] = []
        for line in text.splitlines():
            words = line.partition("#")[0].split()
            if line.startswith("\t") or words[:1] not in (["include"], ["-include"], ["sinclude"]) or depth > 4:
                lines.append(line)
                continue
            found = [
                self.read(absolute(name, folder)) if re.fullmatch(r"[\w./-]+", name) else None for name in words[1:]
            ]
            if words[0] == "include" and None in found:
                lines.append(line)
            lines += [self._included(inner, folder, depth + 1) for inner in found if inner is not None]
        return "\n".join(lines)

    def _in_order(self, makefile: Makefile, goals: Sequence[str]) -> Iterator[str]:
        """The goals and all that they need, those that need others first."""
        pending = list(goals) or [_first_goal(makefile)]
        order: dict[str, None] = {}
        while pending:
            goal = pending.pop(0)
            order.pop(goal, None)
            order[goal] = None
            if len(order) > 500:
                raise Unreadable("its rules need each other")
            for rule in makefile.rules:
                if goal in rule.targets:
                    pending += [need for need in rule.needs if need != goal and need not in order]
        yield from order

    def _make(self, makefile: Makefile, goal: str, folder: str) -> None:
        rules = [rule for rule in makefile.rules if goal in rule.targets]
        recipes = [rule for rule in rules if rule.recipe]
        needs = " ".join(need for rule in rules for need in rule.needs)
        for rule in recipes:
            first = rule.needs[0] if rule.needs else ""
            self._recipe(makefile, rule.recipe, {"@": goal, "<": first, "^": needs, "?": needs, "+": needs}, folder)
        if not recipes:
            recipes = self._by_pattern(makefile, goal, folder)
        if recipes or "." in posixpath.basename(goal):
            return
        cpp = next((f"{goal}{end}" for end in (".cc", ".cpp") if self.exists(absolute(f"{goal}{end}", folder))), "")
        if (
            (needs.split() and all(need.endswith(".o") for need in needs.split()))
            or cpp
            or self._has_source(goal, folder)
        ):
            compiler = "$(CXX)" if cpp else "$(CC)"
            line = f"{compiler} $(LDFLAGS) {needs or cpp or goal + '.c'} $(LOADLIBES) $(LDLIBS) -o $@"
            self._recipe(makefile, (line,), {"@": goal}, folder)

    def _by_pattern(self, makefile: Makefile, goal: str, folder: str) -> list[_Rule]:
        """The pattern rule that makes a goal, the first whose source is there, after its recipe was followed."""
        found: list[tuple[_Rule, str]] = []
        for rule in makefile.rules:
            for target in rule.targets:
                head, percent, tail = target.partition("%")
                stem = goal[len(head) : len(goal) - len(tail)] if percent else ""
                if stem and goal == head + stem + tail and rule.recipe:
                    found.append((rule, stem))
        sourced = [
            (rule, stem)
            for rule, stem in found
            if rule.needs and self.exists(absolute(rule.needs[0].replace("%", stem), folder))
        ]
        for rule, stem in (sourced or [item for item in found if "." in posixpath.basename(goal)])[:1]:
            needs = [need.replace("%", stem) for need in rule.needs]
            names = {"@": goal, "<": "".join(needs[:1]), "^": " ".join(needs), "*": stem}
            self._recipe(makefile, rule.recipe, names, folder)
            return [rule]
        return []

    def _has_source(self, goal: str, folder: str) -> bool:
        return self.exists(absolute(f"{goal}.c", folder))

    def _recipe(self, makefile: Makefile, recipe: Sequence[str], automatic: Mapping[str, str], folder: str) -> None:
        for line in recipe:
            text = makefile.expand(line.lstrip("@-+ "), automatic).replace("\x01", "$").lstrip("@-+ ")
            script = shell.parse(text, {})
            if script.opaque:
                raise Unreadable(f"its recipe `{line[:40]}` cannot be read")
            cwd = folder
            for command in script.commands:
                if command.name in ("cd", "pushd") and len(command.words) > 1:
                    cwd = absolute(command.words[1].text, cwd)
                    continue
                self._command(makefile, command, cwd)

    def _command(self, makefile: Makefile, command: shell.Command, cwd: str) -> None:
        name = posixpath.basename(command.name)
        for piece in command.pieces:
            if not piece.name.endswith(("pkg-config", "-config")):
                raise Unreadable(f"a recipe runs `{piece.name}` inside a word")
            self.libraries += [word for word in piece.argv[1:] if not word.startswith("-")]
        if compiler(name) is not None:
            self._compiled(makefile, command, cwd)
            return
        if name == "make":
            self._inner(command, cwd)
            return
        effects = of_command(command, cwd)
        if name == "ldconfig":
            self.refreshes = True
        if name == "ld" and {"-shared", "-Bshareable"} & set(command.argv):
            raise Unreadable("its Makefile links a shared library by `ld`", "unknown-library")
        if name == "ar" and len(command.words) > 2:
            self.archives.add(posixpath.basename(command.words[2].text))
        if name in _QUIET or not command.words or effects.kind in (Kind.QUERY, Kind.SETTING):
            return
        if effects.kind not in (Kind.FILES, Kind.SYSTEM, Kind.OS_CLEAN):
            raise Unreadable(f"its Makefile runs `{command.name}`")
        if effects.removes or effects.kind is not Kind.FILES:
            return
        if any(_HOLE in word.text for word in command.words) and name not in ("mkdir", "touch", "rm"):
            raise Unreadable(f"what `{name}` does in a recipe is computed")
        self.moves.append(Placed(command, cwd, effects))

    def _compiled(self, makefile: Makefile, command: shell.Command, cwd: str) -> None:
        read = parse_compile(tuple(word.text for word in command.words))
        if read.opaque:
            raise Unreadable("the compiler reads its options from a file")
        if not read.output:
            self.cpp = self.cpp or read.cpp
            return
        if _HOLE in read.output and self.patterns:
            return
        if _HOLE in read.output:
            raise Unreadable("the name of a program is computed in the Makefile")
        self.libraries += read.libraries
        self.cpp = self.cpp or read.cpp
        self.runpaths += read.runpaths
        if any(word.text.startswith("-Wl,") and not word.known for word in command.words):
            raise Unreadable("what a recipe tells the linker is computed")
        if any("/" in source and ".so" in posixpath.basename(source) for source in read.sources):
            raise Unreadable("a program names a shared library by its path", "unknown-library")
        if read.shared:
            path = absolute(read.output, cwd)
            self.shared.append(Library(path, read.soname or posixpath.basename(path), linked=False))
            return
        self.static.append(read.static and not makefile.uncertain)
        self.programs.append(absolute(read.output, cwd))

    def _inner(self, command: shell.Command, cwd: str) -> None:
        call = parse_call(command.argv)
        if call is None:
            raise Unreadable("an option of a `make` in the Makefile is not known")
        folder = absolute(call.folder, cwd)
        text = self.read(absolute(call.file, folder)) if call.file else self._found(folder)
        if text is None:
            raise Unreadable(f"no Makefile stands in {folder}")
        self.follow(text, folder, call.goals, call.variables)

    def _found(self, folder: str) -> str | None:
        return next((text for name in NAMES if (text := self.read(posixpath.join(folder, name))) is not None), None)


def _first_goal(makefile: Makefile) -> str:
    for rule in makefile.rules:
        for target in rule.targets:
            if "%" not in target and not (target.startswith(".") and "/" not in target):
                return target
    raise Unreadable("the Makefile has no goal")


@dataclass(frozen=True, slots=True)
class MakeCall:
    """A `make` command line: where it works, its file, goals and variables."""

    folder: str
    file: str
    goals: tuple[str, ...]
    variables: Mapping[str, str]

    @property
    def installs(self) -> bool:
        return bool(INSTALLING & set(self.goals))


def parse_call(argv: Sequence[str]) -> MakeCall | None:
    """Reads `make` and `ninja`; None for an option that is not known."""
    folder, file = ".", ""
    goals: list[str] = []
    variables: dict[str, str] = {}
    words = list(argv[1:])
    while words:
        word = words.pop(0)
        if word in ("-C", "--directory") and words:
            folder = absolute(words.pop(0), folder) if folder != "." else words.pop(0)
        elif word.startswith("-C"):
            folder = word[2:]
        elif word in ("-f", "--file") and words:
            file = words.pop(0)
        elif word.startswith("-j") or word == "-l":
            if word in ("-j", "-l") and words and words[0].isdigit():
                words.pop(0)
        elif word in ("-s", "-k", "-B", "-w", "-v", "-i", "--silent", "--no-print-directory", "-jN"):
            continue
        elif word.startswith("-"):
            return None
        elif re.match(r"[\w.]+:?=", word):
            name, _, value = word.partition("=")
            variables[name.rstrip(":")] = value
        elif word and "$" not in word:
            goals.append(word)
    return MakeCall(folder, file, tuple(goals), variables)
