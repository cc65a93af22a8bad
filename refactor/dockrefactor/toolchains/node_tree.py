"""What of a project's folder a Node.js program needs when it runs, shown from its build, its start and its sources."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.inert import is_inert
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.toolchain import Blocked, TreeNeeds
from dockrefactor.toolchains import node_builds, node_launch, node_manifests
from dockrefactor.toolchains.node_commands import node_facts
from dockrefactor.toolchains.node_names import programs_that
from dockrefactor.toolchains.node_package_json import PackageJson, package_at, workspace_folders

if TYPE_CHECKING:
    from dockrefactor.toolchains.node_build_steps import BuildOutput

# a settings file that is code, and takes more of the project with it
_LOADS_LOCAL: Final = regex(r"""(?:\bfrom|\brequire\(|\bimport\(?)\s*['"]\.|\breadFile|\bfs\b""")

_Commands = list[tuple[Step, Placed]]


def tree_needs(
    facts: Facts, builder: Stage, folder: str, installs: _Commands, builds: _Commands
) -> TreeNeeds | Blocked | None:
    """See `Toolchain.tree_needs`; `installs` and `builds` are Node's commands of the stage `builder`."""
    if not installs and not builds:
        return None
    step, placed = (installs or builds)[0]
    package = package_at(facts.place(step, placed, builder), placed.cwd)
    if package is None or workspace_folders(facts.context, package):
        return None
    unbounded = _unbounded_install(facts, builder, installs, package)
    if unbounded is not None:
        return unbounded
    root = builder.resolver()(posixpath.join(folder, "package.json"))
    if root is None or posixpath.dirname(root) != package.folder:
        return None
    return _Narrower(facts, builder, folder, package).needs(installs, builds)


def _unbounded_install(facts: Facts, builder: Stage, installs: _Commands, package: PackageJson) -> Blocked | None:
    """An install that reads files nobody can list, or that links a package of the project itself."""
    for step, placed in installs:
        inputs = facts.install_inputs(step, placed, builder)
        if inputs is None:
            continue
        unknown = [item for item in inputs.open_ended if item not in node_manifests.type_makers(package)]
        if unknown:
            return Blocked("unknown-reads", unknown[0])
        if any(builder.resolver()(posixpath.join(path, "package.json")) is not None for path in inputs.folders):
            return Blocked("unknown-reads", facts.at(step.instruction, "links a local package"))
    return None


class _Narrower:
    """Narrows `folder`, the image folder of `package`, which the stage `builder` fills."""

    def __init__(self, facts: Facts, builder: Stage, folder: str, package: PackageJson) -> None:
        self.facts, self.builder, self.folder, self.package = facts, builder, folder, package

    def needs(self, installs: _Commands, builds: _Commands) -> TreeNeeds | Blocked | None:
        outputs: list[BuildOutput] = [
            output
            for _, placed in builds
            if isinstance(placed.effects.detail, tuple)
            for output in placed.effects.detail
        ]
        modules = [path for path in self._written(installs) if not path.endswith(".json")]
        built = self._built(builds)
        if any(path.startswith("..") for path in built):
            return Blocked("unknown-reads", self.facts.at(builds[0][0].instruction, "it builds outside of the folder"))
        evidence = tuple(item for output in outputs for item in output.evidence)
        local, entries = self._starts()
        if entries is None:
            return Blocked("unknown-reads", self.facts.at(self.builder.origin, "what starts is not followed to a file"))
        if not local and not entries:
            served = self._served(built)
            return TreeNeeds(served, (), evidence) if served else None
        consumed = {name for output in outputs for name in output.consumed}
        made = tuple(dict.fromkeys([*modules, *built]))
        if (
            not builds
            or not consumed
            or self._compiles_at_start()
            or not (all(is_made(entry, built) for entry in entries) or _starts_from_output(outputs))
        ):
            return TreeNeeds(made, None, evidence)
        kept = self._kept(consumed, built)
        return kept if isinstance(kept, Blocked) else TreeNeeds(made, kept, evidence)

    def _written(self, commands: _Commands) -> list[str]:
        """What the commands write, relative to the folder."""
        return [posixpath.relpath(path, self.folder) for _, placed in commands for path in placed.effects.writes]

    def _built(self, builds: _Commands) -> list[str]:
        """What the builds write, without what only they, and the tools that they are, read again."""
        written = self._written(builds)
        tools = {tool for _, start, _ in node_launch.starts(self.facts) if start is not None for tool in start.tools}
        between = [
            posixpath.relpath(absolute(path, placed.effects.reads[0]), self.folder)
            for _, placed in builds
            if isinstance(placed.effects.detail, tuple)
            for output in placed.effects.detail
            if not tools & {output.tool, *programs_that("build")}
            for path in output.between
        ]
        return [path for path in written if path not in between]

    def _starts(self) -> tuple[bool, list[str] | None]:
        """Whether the project's own packages are used at start, and the files that node runs; None where unknown."""
        local = False
        entries: list[str] = []
        for item, start, _ in node_launch.starts(self.facts):
            if item.name not in programs_that("start") and start is None:
                continue
            if start is None:
                return local, None
            if start.entry is not None:
                entries.append(start.entry)
            local = local or any(
                node_builds.tool_package(self.facts.context, self.package, tool) for tool in start.tools
            )
            local = local or item.name in ("npm", "yarn", "pnpm", "npx") or start.entry is not None
        return local, entries

    def _compiles_at_start(self) -> bool:
        """Whether a started command reads the sources again, as a compiler does."""
        return any(
            argv[:1] and argv[0] in programs_that("build") and argv[1:2] != ("preview",)
            for _, start, _ in node_launch.starts(self.facts)
            if start is not None
            for argv in (*start.before, start.argv)
        )

    def _served(self, built: list[str]) -> tuple[str, ...]:
        """Built folders that the launch serves by name, with a tool from elsewhere."""
        words = {word.strip("./") for item in self.facts.launch.started for word in item.argv}
        words |= {
            word.strip("./")
            for step in self.facts.final.steps
            if step.run is not None
            for placed in step.run.commands
            for word in placed.command.argv
        }
        return tuple(path for path in built if path.strip("./") in words)

    def _kept(self, consumed: set[str], built: list[str]) -> tuple[str, ...] | Blocked:
        """The context's entries that stay: all but those that the build alone reads, or nothing reads."""
        read = self._read_at_run_time()
        if isinstance(read, Blocked):
            return read
        resolve = self.builder.resolver()
        settings, manager = self._settings(), self._manager()
        kept: list[str] = []
        for path in self.facts.context.children(self.package.folder):
            name = posixpath.relpath("/" + path, "/" + self.package.folder)
            if name in built or name == "node_modules" or resolve(posixpath.join(self.folder, name)) is None:
                continue
            needed = name in manager or any(inside("/" + item, "/" + name) for item in read)
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in settings):
                if _LOADS_LOCAL.search(self.facts.context.read(path) or ""):
                    return Blocked("unknown-reads", Evidence(path, 0, "loads other files of the project at start"))
                needed = True
            if name in consumed and needed:
                return Blocked("unknown-reads", Evidence(path, 0, "is read when the program runs, and compiled"))
            if needed or name == "package.json" or not (name in consumed or is_inert(path) or _is_build_only(name)):
                kept.append(name)
        return tuple(sorted((*kept, *self._elsewhere(read, {*built, "node_modules"}))))

    def _elsewhere(self, read: set[str], made: set[str]) -> Iterator[str]:
        """Files that the program reads, git ignores and this clone lacks, such as `.env`, and that are not `made`."""
        loads = not self.package.every_dependency().keys().isdisjoint(node_facts()["sources"]["variable_loaders"])
        for name in sorted(read | ({".env"} if loads else set())):
            path = posixpath.join(self.package.folder, name)
            brought = self.builder.source(posixpath.join(self.folder, name)) == path
            own = "." in posixpath.basename(name) and not any(inside("/" + name, "/" + item) for item in made)
            if brought and own and not self.facts.context.exists(path):
                yield name

    def _settings(self) -> set[str]:
        """Names of the settings files that the started tools read (`vite preview`: `vite.config.*`)."""
        table = node_facts()["tools"]
        tools = {tool for _, start, _ in node_launch.starts(self.facts) if start is not None for tool in start.tools}
        return {pattern for tool in tools for pattern in table.get(tool, {}).get("settings", ())}

    def _manager(self) -> frozenset[str]:
        """What a package manager that stands in the project, and starts the program, reads of it."""
        berry = node_launch.is_berry(self.facts, self.package)
        started = berry and any(item.name == "yarn" for item, _, _ in node_launch.starts(self.facts))
        return frozenset({".yarn", ".yarnrc.yml", "yarn.lock"} if started else ())

    def _read_at_run_time(self) -> set[str] | Blocked:
        """The paths that the sources open, relative to the folder."""
        from dockrefactor.toolchains import node_sources

        found = node_sources.read_sources(
            self.facts.context, self.package.folder, environment=self.facts.final.after.env
        )
        read: set[str] = set()
        for claim in found.reads:
            if claim.value is None:
                return Blocked("unknown-reads", claim.evidence)
            read.add(posixpath.normpath(claim.value))
        return read


def is_made(entry: str, built: list[str]) -> bool:
    """Whether an entry file lies in what the build made; `node build` runs the index of that folder."""
    return entry.removesuffix(".js") in built or any(inside("/" + entry, "/" + path) for path in built)


def _starts_from_output(outputs: list[BuildOutput]) -> bool:
    """Next.js starts from its own output, not from an entry file."""
    return any(output.tool == "next" for output in outputs)


def _is_build_only(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in node_facts()["work_folder"]["build_only"])
