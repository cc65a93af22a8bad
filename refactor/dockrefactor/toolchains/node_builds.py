"""What the start command of a Node project finally runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace
from dockrefactor.toolchains.node_build_scripts import MAX_DEPTH, build_outputs, command_outputs, unwrapped
from dockrefactor.toolchains.node_build_steps import BuildOutput
from dockrefactor.toolchains.node_commands import ScriptCommand, node_facts, parse_run, script_commands
from dockrefactor.toolchains.node_manifests import PackageJson

__all__ = ["BuildOutput", "NodeStart", "build_outputs", "command_outputs", "follow_start", "tool_package"]

_NODE_VALUED: Final = frozenset(
    {"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--title", "--env-file"}
)
_NODE_LOADERS: Final = frozenset({"-r", "--require", "--import", "--loader", "--experimental-loader"})
_SAY: Final = frozenset({"echo", "printf", "true", ":"})
_SCRIPT_ENDINGS: Final = (".js", ".cjs", ".mjs", ".json", ".node", "/index.js")
_SCRIPT_LIKE: Final = regex(r"(^\.{0,2}/|/|\.[cm]?[jt]sx?$)")


@dataclass(frozen=True, slots=True)
class NodeStart:
    """What a start command finally runs.

    `argv`: the last command; `entry`: the script that node runs, relative to the project folder; `tools`: programs of
    packages (or packages that node preloads) used on the way; `environment`: variables that the scripts set;
    `development_server`: set where the command compiles or watches at run time; `ports`: decimal ports in options.
    """

    argv: tuple[str, ...]
    entry: str | None
    tools: tuple[str, ...]
    development_server: Claim | None
    ports: tuple[Claim, ...]
    production: bool
    evidence: tuple[Evidence, ...]
    environment: Mapping[str, str]
    before: tuple[tuple[str, ...], ...] = ()  # other commands of the scripts that run first


def follow_start(context: BuildContext, package: PackageJson, argv: Sequence[str]) -> NodeStart | None:
    """Follow a start command through package.json's scripts; None where one of its steps is not understood."""
    key = (follow_start, package.path, tuple(argv))
    return context.once(key, lambda: _follow_start(context, package, argv))


def _follow_start(context: BuildContext, package: PackageJson, argv: Sequence[str]) -> NodeStart | None:
    walk = _Walk(context, package)
    if not walk.command(ScriptCommand("", {}, tuple(argv)), Evidence(package.path, 0, " ".join(argv)), 0):
        return None
    return walk.result()


class _Walk:
    """The commands that a start runs, in order, with the tools and ports met on the way."""

    def __init__(self, context: BuildContext, package: PackageJson) -> None:
        self.context = context
        self.package = package
        self.commands: list[tuple[str, ...]] = []
        self.entries: list[str | None] = []
        self.tools: list[str] = []
        self.servers: list[Claim] = []
        self.ports: list[Claim] = []
        self.evidence: list[Evidence] = []
        self.environment: dict[str, str] = {}

    def result(self) -> NodeStart | None:
        if not self.commands:
            return None
        return NodeStart(
            argv=self.commands[-1],
            entry=self.entries[-1],
            tools=tuple(dict.fromkeys(self.tools)),
            development_server=self.servers[0] if self.servers else None,
            ports=tuple(dict.fromkeys(self.ports)),
            production=not self.servers,
            evidence=tuple(dict.fromkeys(self.evidence)),
            environment=dict(self.environment),
            before=tuple(self.commands[:-1]),
        )

    def script(self, name: str, arguments: Sequence[str], depth: int) -> bool:
        scripts = dict(self.package.scripts)
        if name == "start" and self.context.is_file(posixpath.join(self.package.folder, "server.js")):
            scripts.setdefault("start", "node server.js")
        if name not in scripts or depth > MAX_DEPTH:
            return False
        ends = 0  # where the commands of the script itself end
        for part in (f"pre{name}", name, f"post{name}"):
            text = scripts.get(part)
            commands = script_commands(text) if text is not None else ()
            if commands is None or any(command.operator == "||" for command in commands):
                return False
            evidence = self.package.evidence(f"{part}: {text}", "scripts", part)
            if commands:
                self.evidence.append(evidence)
            for position, command in enumerate(commands):
                extra = arguments if part == name and position == len(commands) - 1 else ()
                if not self.command(replace(command, argv=(*command.argv, *extra)), evidence, depth):
                    return False
            ends = len(self.commands) if part != f"post{name}" else ends
        self._put_first(ends)
        return True

    def _put_first(self, start: int) -> None:
        """What runs after the program counts as run before it: the last command is the program."""
        self.commands[:] = [*self.commands[start:], *self.commands[:start]]
        self.entries[:] = [*self.entries[start:], *self.entries[:start]]

    def command(self, command: ScriptCommand, evidence: Evidence, depth: int) -> bool:
        environment, argv = unwrapped(command)
        self.environment |= environment
        if command.argv and command.argv[0] in ("cross-env", "cross-env-shell", "dotenv", "dotenvx", "shx"):
            self.tools.append(command.argv[0])
        if not argv or argv[0] in _SAY:
            return True
        if argv[0] == "node" and argv[1:2] == ["--run"] and len(argv) > 2:
            return self.script(argv[2], argv[3:], depth + 1)
        run = parse_run(argv)
        if run is None:
            return self._program(argv, evidence)
        if run.limited or run.prefix:
            return False
        default_start = run.script == "start" and run.manager in ("npm", "pnpm")
        if run.script is not None and (run.script in self.package.scripts or default_start or run.manager == "npm"):
            return self.script(run.script, run.arguments, depth + 1)
        return self._program([run.script or run.tool or "", *run.arguments], evidence)

    def _program(self, argv: Sequence[str], evidence: Evidence) -> bool:
        name = argv[0]
        if posixpath.basename(name) in ("node", "nodejs"):
            return self._node(argv, evidence)
        tool = re.sub(r"^(\./)?node_modules/\.bin/", "", name)
        facts: Mapping[str, Any] = node_facts()["tools"].get(tool, {})
        if not facts and tool_package(self.context, self.package, tool) is None:
            return False
        self.tools.append(tool)
        self.commands.append((tool, *argv[1:]))
        self.entries.append(self._tool_entry(tool, argv[1:]) if facts.get("runs_script") else None)
        if tool == "nest" and argv[1:2] == ["start"]:
            self.entries[-1] = self._nest_entry()
        self._note_server(tool, facts, argv, evidence)
        for port in _ports(argv, facts):
            self.ports.append(Claim(port, evidence))
        return True

    def _note_server(self, tool: str, facts: Mapping[str, Any], argv: Sequence[str], evidence: Evidence) -> None:
        first = next((word for word in argv[1:] if not word.startswith("-")), "")
        develops = facts.get("development_server", False) or first in facts.get("development_commands", ())
        if not first and facts.get("development_without_command"):
            develops = True
        if develops or any(word in ("--watch", "--hot", "--reload") for word in argv[1:]):
            self.servers.append(Claim(" ".join((tool, first)).strip(), evidence))

    def _node(self, argv: Sequence[str], evidence: Evidence) -> bool:
        rest, entry = list(argv[1:]), None
        while rest and entry is None:
            word = rest.pop(0)
            option, equals, value = word.partition("=")
            if option in ("-e", "--eval", "-p", "--print", "--test", "-"):
                return False
            if option.startswith("--watch"):
                self.servers.append(Claim("node --watch", evidence))
            if option in _NODE_VALUED:
                value = value if equals else (rest.pop(0) if rest else "")
                if option in _NODE_LOADERS and not value.startswith("."):
                    self.tools.append(_package_part(value))
            elif not word.startswith("-"):
                entry = word
        if entry is None:
            return False
        if found := re.search(r"(?:^|/)node_modules/\.bin/([\w.-]+)$", entry):
            return self._program([found[1], *rest], evidence)
        self.commands.append(tuple(argv))
        self.entries.append(self.resolve(entry))
        return True

    def resolve(self, entry: str) -> str:
        """The file that node runs for a script path; with `.js` where only the build makes it."""
        path = posixpath.normpath(entry)
        here = posixpath.join(self.package.folder, path)
        if path == ".":
            main = posixpath.normpath(self.package.main or "index.js")
            return self.resolve(main) if main != "." else "index.js"
        if self.context.is_file(here):
            return path
        for ending in _SCRIPT_ENDINGS:
            if self.context.is_file(here + ending):
                return path + ending
        return path if re.search(r"\.[cm]?[jt]sx?$", path) else f"{path}.js"

    def _tool_entry(self, tool: str, arguments: Sequence[str]) -> str | None:
        scripts = [word for word in arguments if not word.startswith("-") and _SCRIPT_LIKE.search(word)]
        if not scripts:
            main = self.package.main
            return self.resolve(main) if tool == "nodemon" and main is not None and not arguments else None
        if "ecosystem" in scripts[0] or scripts[0].endswith((".json", ".config.js", ".config.cjs")):
            text = self.context.read(posixpath.join(self.package.folder, scripts[0])) or ""
            found = re.findall(r"""\bscript["']?\s*:\s*(["'])([^"']+)\1""", text)
            return self.resolve(found[0][1]) if len(found) == 1 else None
        return self.resolve(scripts[0])

    def _nest_entry(self) -> str | None:
        made = command_outputs(self.context, self.package, ("nest", "build"))
        entry = made[0].entry if made else None
        return self.resolve(entry) if entry else None


def _package_part(specifier: str) -> str:
    parts = specifier.split("/")
    return "/".join(parts[:2]) if specifier.startswith("@") else parts[0]


def _ports(argv: Sequence[str], facts: Mapping[str, Any]) -> list[str]:
    options = facts.get("port_options", ["--port"])
    found = []
    for word, following in zip(argv, [*argv[1:], ""], strict=False):
        name, equals, value = word.partition("=")
        value = value if equals else following
        number = re.fullmatch(r"(?:tcp://[\w.]+:)?(\d{1,5})", value)
        if name in options and number:
            found.append(number[1])
    default = facts.get("default_port")
    return found or ([str(default)] if default else [])


def tool_package(context: BuildContext, package: PackageJson, tool: str) -> str | None:
    """The dependency that gives a program of node_modules/.bin; None where none of the dependencies is known to."""
    dependencies = package.every_dependency()
    candidates = [*node_facts()["tools"].get(tool, {}).get("packages", ()), tool]
    return next((name for name in candidates if name in dependencies), None)
