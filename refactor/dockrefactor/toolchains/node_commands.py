"""What one Node package manager command is: an install, a script run, a prune, or a harmless setting.

Every function takes the argument vector of one shell command (split, quotes removed) and answers None or False for
anything that it does not know for certain. Options are read by the tables `[manager.*]` of `node_packages.toml`.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace
from dockrefactor.toolchains.node_names import Manager, managers

_PRODUCTION: Final = frozenset({"production", "prod", "P", "p"})
_FROZEN: Final = frozenset({"frozen-lockfile", "immutable"})
_OPERATORS: Final = frozenset({"&&", "||", ";"})
_ASSIGNMENT: Final = regex(r"[A-Za-z_][A-Za-z0-9_]*=")


@cache
def node_facts() -> Mapping[str, Any]:
    """The table of facts about Node packages and tools, `data/node_packages.toml`."""
    return tables.toml("node_packages")


@dataclass(frozen=True, slots=True)
class NodeInstall:
    """One install command: `command` is its canonical name (`install`, `ci`, `add`, `focus`), `named` its packages.

    `prefix` is the folder that an option names instead of the working directory; `workspaces` the workspaces or
    filters that limit it; `lockfile` is false where the command refuses to read one (`--no-package-lock`).
    """

    manager: Manager
    command: str
    production: bool = False
    ignore_scripts: bool = False
    global_: bool = False
    named: tuple[str, ...] = ()
    prefix: str | None = None
    frozen: bool = False
    workspaces: tuple[str, ...] = ()
    lockfile: bool = True


@dataclass(frozen=True, slots=True)
class NodeRun:
    """A run of a package.json `script`, or of a `tool` (a package's program); exactly one of the two is set.

    `yarn x`, `pnpm x` and `bun x` give `script="x"` and run the program `x` where package.json has no such script.
    `workspaces` holds names or filters, `*` for all of them; `package` is what `npx -p` or `dlx -p` installs first.
    """

    manager: Manager
    script: str | None = None
    tool: str | None = None
    arguments: tuple[str, ...] = ()
    prefix: str | None = None
    workspaces: tuple[str, ...] = ()
    package: str | None = None
    downloads: bool = False  # dlx, npx and bunx fetch a tool that is not installed

    @property
    def limited(self) -> bool:
        """Whether it runs in workspaces instead of the folder's own package."""
        return bool(self.workspaces)


@dataclass(frozen=True, slots=True)
class _Options:
    """Options by their bare name with the values given, and the words that are no option, in order."""

    values: Mapping[str, tuple[str | None, ...]]
    words: tuple[str, ...]
    after_dashes: tuple[str, ...]

    def on(self, *names: str) -> bool:
        """Whether one of the switches is on; `--x=false` and `--no-x` turn it off."""
        return any(value not in ("false", "no-") for name in names for value in self.values.get(name, ()))

    def last(self, *names: str) -> str | None:
        found = [value for name in names for value in self.values.get(name, ()) if value is not None]
        return found[-1] if found else None

    def all(self, *names: str) -> tuple[str, ...]:
        return tuple(value for name in names for value in self.values.get(name, ()) if value is not None)


def _read_options(manager: Manager, arguments: Sequence[str], stop_after: int | None = None) -> _Options | None:
    """Options and words; everything behind the word number `stop_after` counts as a word. None: an unknown option."""
    table = node_facts()["manager"][manager]
    valued, switches = frozenset(table["valued"]), frozenset(table["switches"])
    values: dict[str, tuple[str | None, ...]] = {}
    words: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return _Options(values, tuple(words), tuple(rest))
        if not word.startswith("-") or word == "-":
            words.append(word)
            if stop_after is not None and len(words) >= stop_after:
                return _Options(values, (*words, *rest), ())
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not _known_option(word, name, table):
            return None
        if equals:
            given: str | None = value
        elif name in valued:
            if not rest:
                return None
            given = rest.pop(0)
        else:
            negated = name.startswith("no-") and name not in switches
            name, given = (name[3:], "no-") if negated else (name, None)
        values[name] = (*values.get(name, ()), given)
    return _Options(values, tuple(words), ())


def _known_option(word: str, name: str, table: Mapping[str, Any]) -> bool:
    if any(plain in table[kind] for plain in (name, name.removeprefix("no-")) for kind in ("valued", "switches")):
        return True
    return bool(table["unknown_are_switches"]) and (word.startswith("--") or len(name) == 1)


def _manager_of(argv: Sequence[str]) -> Manager | None:
    return managers("manager").get(posixpath.basename(argv[0])) if argv else None


def parse_install(argv: Sequence[str]) -> NodeInstall | None:
    """The install that this command is, None where it is none or has an option that is not known."""
    manager = _manager_of(argv)
    if manager is None:
        return None
    options = _read_options(manager, argv[1:])
    if options is None or (manager == "bun" and not options.words):
        return None
    words = list(options.words)
    is_global = options.on("global", "g") or options.last("location") == "global"
    if manager == "yarn" and words[:1] == ["global"]:
        is_global, words = True, words[1:]
    if manager == "yarn" and words[:2] == ["workspaces", "focus"]:
        return _install(manager, "focus", options, tuple(words[2:]), False)
    if not words and (manager != "yarn" or is_global or options.on("version", "v", "help", "h")):
        return None
    word = words[0] if words else "install"
    command = node_facts()["manager"][manager]["install"].get(word)
    if command is None:
        return None
    return _install(manager, command, options, tuple(words[1:]), is_global)


def _install(manager: Manager, command: str, options: _Options, named: tuple[str, ...], is_global: bool) -> NodeInstall:
    omitted = options.all("omit", "only", "without")
    kept = options.all("include", "also")
    production = options.on("production", "prod", "P" if manager == "pnpm" else "production")
    production = production or "dev" in options.all("omit") or "production" in omitted or "prod" in omitted
    focus = command == "focus"
    return NodeInstall(
        manager=manager,
        command=command,
        production=production and not ({"dev", "development"} & set(kept)),
        ignore_scripts=options.on("ignore-scripts") or options.last("mode") == "skip-build",
        global_=is_global,
        named=() if focus else named,
        prefix=options.last("prefix", "cwd", "dir", "C"),
        frozen=command == "ci" or options.on(*_FROZEN),
        workspaces=named if focus else _workspaces(options),
        lockfile=not _off(options, "package-lock", "lockfile", "shrinkwrap"),
    )


def _off(options: _Options, *names: str) -> bool:
    return any(value in ("false", "no-") for name in names for value in options.values.get(name, ()))


def _workspaces(options: _Options) -> tuple[str, ...]:
    named = options.all("workspace", "w", "filter", "F")
    everything = options.on("workspaces", "ws", "recursive", "r")
    return named or (("*",) if everything else ())


def parse_run(argv: Sequence[str]) -> NodeRun | None:
    """The script or tool that this command runs, None where it runs neither."""
    if not argv:
        return None
    runner = managers("runner").get(posixpath.basename(argv[0]))
    if runner is not None:
        return _tool_run(runner, argv[1:], downloads=True)
    manager = _manager_of(argv)
    if manager == "npm":
        return _npm_run(argv[1:])
    return _other_run(manager, argv[1:]) if manager is not None else None


def _npm_run(arguments: Sequence[str]) -> NodeRun | None:
    options = _read_options("npm", arguments)
    if options is None or not options.words:
        return None
    command, *rest = options.words
    if command in ("exec", "x"):
        return _tool_run("npm", [word for word in arguments if word != command or word in rest], downloads=True)
    facts = node_facts()["manager"]["npm"]
    script = facts["script_commands"].get(command)
    if script is None:
        if command not in facts["run"] or not rest:
            return None
        script, rest = rest[0], rest[1:]
    return NodeRun(
        "npm",
        script=script,
        arguments=(*rest, *options.after_dashes),
        prefix=options.last("prefix", "C"),
        workspaces=_workspaces(options),
    )


def _other_run(manager: Manager, arguments: Sequence[str]) -> NodeRun | None:
    """yarn, pnpm and bun hand everything behind the script's name to the script."""
    options = _read_options(manager, arguments, stop_after=1)
    if options is None or not options.words:
        return None
    prefix, workspaces = options.last("cwd", "dir", "C"), _workspaces(options)
    command, *rest = options.words
    facts = node_facts()["manager"][manager]
    if manager == "yarn" and command == "workspace" and len(rest) >= 2:
        inner = _other_run("yarn", rest[1:])
        return _placed(inner, prefix, (rest[0],)) if inner else None
    if command in facts["tool"]:
        tool = _tool_run(manager, rest, downloads=command in ("dlx", "x"))
        return _placed(tool, prefix, workspaces) if tool else None
    if command in facts["run"]:
        inner_options = _read_options(manager, rest, stop_after=1)
        if inner_options is None or not inner_options.words:
            return None
        command, *rest = inner_options.words
        workspaces = workspaces or _workspaces(inner_options)
    elif command in facts["own"] or command in facts["install"]:
        return None
    if rest[:1] == ["--"]:
        rest = rest[1:]
    return NodeRun(manager, script=command, arguments=tuple(rest), prefix=prefix, workspaces=workspaces)


def _placed(run: NodeRun, prefix: str | None, workspaces: tuple[str, ...]) -> NodeRun:
    return replace(run, prefix=prefix, workspaces=workspaces or run.workspaces)


def _tool_run(manager: Manager, arguments: Sequence[str], downloads: bool) -> NodeRun | None:
    rest, package = list(arguments), None
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        name, equals, value = flag.lstrip("-").partition("=")
        if name in ("p", "package"):
            if not equals and not rest:
                return None
            package = value if equals else rest.pop(0)
        elif name == "no-install" or flag == "--no":
            downloads = False
        elif flag not in ("-y", "--yes", "-q", "--quiet", "--silent", "--bun", "--prefer-offline", "--"):
            return None
    if not rest:
        return None
    tool, *tail = rest
    if tail[:1] == ["--"]:
        tail = tail[1:]
    name = bare_name(tool)
    return NodeRun(
        manager,
        tool=posixpath.basename(name) if name.startswith("@") else name,
        arguments=tuple(tail),
        package=package or (tool if tool != posixpath.basename(name) else None),
        downloads=downloads,
    )


def bare_name(spec: str) -> str:
    """`express@4` -> `express`, `@nestjs/cli@10` -> `@nestjs/cli`; paths and addresses stay as they are."""
    if spec.startswith((".", "/")) or ":" in spec.partition("@")[0]:
        return spec
    return spec[:at] if (at := spec.find("@", 1)) > 0 else spec


def parse_tool_setup(argv: Sequence[str]) -> bool:
    """Whether the command only sets or prints something of the tools and leaves the project's folder alone.

    `corepack enable` and `corepack prepare` are among them: they provide `yarn` and `pnpm`, which a later stage that
    starts with one of these needs too.
    """
    if not argv:
        return False
    name, arguments = posixpath.basename(argv[0]), list(argv[1:])
    if name in ("node", "npm", "npx", "yarn", "pnpm", "corepack", "bun") and arguments in (["-v"], ["--version"]):
        return True
    while arguments and arguments[0] in ("-g", "--global", "--silent", "-s"):
        arguments.pop(0)
    return any(
        arguments[: len(harmless)] == harmless
        for harmless in (entry.split() for entry in node_facts()["setup"].get(name, ()))
    )


def parse_prune(argv: Sequence[str]) -> bool:
    """Whether the command takes packages out of an installed project (`npm prune`, `pnpm prune --prod`)."""
    manager = _manager_of(argv)
    if manager not in ("npm", "pnpm"):
        return False
    options = _read_options(manager, argv[1:])
    return options is not None and options.words == ("prune",)


def prune_command(
    manager: Manager, npm_major: int | None, yarn_berry: bool, yarn_major: int | None = None
) -> str | None:
    """The shell command that leaves only production packages in `node_modules`; None where no sound one is known.

    Not for a pnpm workspace, which `pnpm prune` does not reach (https://pnpm.io/cli/prune).
    Each keeps built folders and compiled addons and needs no terminal; none runs the project's lifecycle scripts but
    Yarn 4's, which runs preinstall and postinstall again. An unknown `npm_major` or Yarn other than 1 and 4: None.
    """
    if manager == "npm":
        if npm_major is None:
            return None
        option = "--omit=dev" if npm_major >= 7 else "--production"
        return f"npm prune {option} --ignore-scripts"
    commands: Mapping[str, str] = node_facts()["prune"]
    if manager == "yarn" and yarn_berry:
        return commands.get(f"yarn-{yarn_major}")
    return commands.get(manager)


@dataclass(frozen=True, slots=True)
class ScriptCommand:
    """One command of a package.json script: the operator before it (`""` for the first), assignments, arguments."""

    operator: str
    assignments: Mapping[str, str]
    argv: tuple[str, ...]


def script_commands(text: str) -> tuple[ScriptCommand, ...] | None:
    """The commands of a package.json script, None where it holds more shell than `&&`, `||` and `;` between words."""
    if any(sign in text for sign in ("$", "`", "\n")):
        return None
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        return None
    commands: list[ScriptCommand] = []
    operator, words = "", list[str]()
    for token in [*tokens, ";"]:
        if token in _OPERATORS:
            if words:
                commands.append(_script_command(operator, words))
            elif token != ";":
                return None
            operator, words = token, []
        elif token and set(token) <= set("();<>|&"):
            return None
        else:
            words.append(token)
    return tuple(commands)


def _script_command(operator: str, words: Sequence[str]) -> ScriptCommand:
    assignments: dict[str, str] = {}
    rest = list(words)
    while rest and _ASSIGNMENT.match(rest[0]):
        name, _, value = rest.pop(0).partition("=")
        assignments[name] = value
    return ScriptCommand(operator, assignments, tuple(rest))
