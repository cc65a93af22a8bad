"""Elixir: Mix projects and umbrellas; a release, with the Erlang that it brings, is what the runtime gets."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.records import dataclass
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.tables import toml
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains.elixir_names import looks_like_elixir

if TYPE_CHECKING:
    from dockrefactor.toolchains.elixir_project import Project


@dataclass(frozen=True, slots=True)
class MixRelease:
    """`mix release`: `path` is the folder that it makes, None where its name is not known."""

    path: str | None


@dataclass(frozen=True, slots=True)
class MixInstall:
    """Tasks that fetch or compile dependencies; `compiles` reads the configuration too."""

    compiles: bool


class Elixir:
    """The Elixir toolchain."""

    name = "elixir"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if not argv or not looks_like_elixir(argv[0]):
            return None
        name = posixpath.basename(argv[0])
        if name != "mix":
            if set(argv[1:]) & {"--version", "-v"}:
                return Effects(Kind.TOOL_SETUP, programs=(argv[0],), by=self.name)
            return Effects(Kind.UNKNOWN, by=self.name, why=f"what `{name}` runs is not known")
        tasks = _tasks(argv[1:])
        parts = [self._task(task, command, place) for task in tasks]
        unknown = next((part for part in parts if part.kind is Kind.UNKNOWN), None)
        if unknown is not None or not parts:
            return unknown or Effects(Kind.UNKNOWN, by=self.name, why="`mix` runs the project's default task")
        return _joined(parts)

    def _task(self, task: tuple[str, ...], command: Command, place: Place) -> Effects:
        table = toml("elixir_mix")
        verb = task[0]
        if verb in table["setup"]:
            return Effects(Kind.TOOL_SETUP, writes=("/root/.mix",), programs=("mix",), network=True, by=self.name)
        if verb in table["tests"]:
            return Effects(Kind.TEST, reads=(place.cwd,), programs=("mix",), by=self.name)
        project = self._project(place)
        if project is None:
            return Effects(Kind.UNKNOWN, by=self.name, why="there is no mix.exs that can be read")
        alias = project.aliases(verb)
        known = {**table["installs"], **table["builds"]}
        if alias is not None and (verb not in known or verb.startswith(("deps.", "compile"))):
            return Effects(Kind.UNKNOWN, by=self.name, why=f"what the alias `{verb}` does is not known")
        if alias is not None and not _is_plain(alias, known, project):
            return Effects(Kind.UNKNOWN, by=self.name, why=f"what the alias `{verb}` does is not known")
        if verb == "release":
            path = self._release(project, task[1:], command, place)
            writes = (absolute("_build", place.cwd), *([path] if path is not None else []))
            return Effects(
                Kind.BUILD, reads=(place.cwd,), writes=writes, programs=("mix",), by=self.name, detail=MixRelease(path)
            )
        if verb in table["installs"]:
            writes = tuple(absolute(path, place.cwd) for path in table["installs"][verb])
            detail = MixInstall(verb != "deps.get")
            # what it compiles was fetched before
            return Effects(
                Kind.INSTALL,
                writes=writes,
                programs=("mix",),
                network=verb != "deps.compile",
                by=self.name,
                detail=detail,
            )
        if verb in table["builds"]:
            writes = tuple(absolute(path, place.cwd) for path in table["builds"][verb])
            return Effects(Kind.BUILD, reads=(place.cwd,), writes=writes, programs=("mix",), by=self.name)
        return Effects(Kind.UNKNOWN, by=self.name, why=f"what `mix {verb}` does is not known")

    def _project(self, place: Place) -> Project | None:
        from dockrefactor.toolchains import elixir_project

        manifest = place.resolve(posixpath.join(place.cwd, "mix.exs"))
        return elixir_project.read(place.context, manifest) if manifest is not None else None

    def _release(self, project: Project, words: tuple[str, ...], command: Command, place: Place) -> str | None:
        """The folder of the release: the one named, the only one that is defined, or the application's own."""
        path = next((words[at + 1] for at, word in enumerate(words[:-1]) if word == "--path"), None)
        path = next((word.partition("=")[2] for word in words if word.startswith("--path=")), path)
        if path is not None:
            return absolute(path, place.cwd)
        named = [word for word in words if not word.startswith("-")]
        releases = project.releases
        name = named[0] if named else (releases[0] if len(releases) == 1 else None)
        if name is None and not releases and project.apps_path is None:
            name = project.app
        assigned = {key: word.text if word is not None else "" for key, word in command.assignments}
        environment = assigned.get("MIX_ENV") or place.state.env.get("MIX_ENV") or "dev"
        if re.search(r"releases:(?:.|\n)*?\bpath:", project.text) or not name:
            return None
        build = place.state.env.get("MIX_BUILD_PATH") or absolute(f"_build/{environment}", place.cwd)
        return posixpath.join(build, "rel", name)

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import elixir_project

        if not isinstance(placed.effects.detail, MixInstall):
            return None
        cwd = placed.cwd
        manifest = place.resolve(posixpath.join(cwd, "mix.exs"))
        project = elixir_project.read(place.context, manifest) if manifest is not None else None
        if project is None:
            return InstallInputs(missing=(posixpath.join(cwd, "mix.exs"),))
        projects = {cwd: project}
        folders: list[str] = []
        if project.apps_path is not None:
            apps = absolute(project.apps_path, cwd)
            source = place.resolve(apps)
            for folder in place.context.children(source) if source is not None else ():
                inner = elixir_project.read(place.context, posixpath.join(folder, "mix.exs"))
                if inner is not None:
                    projects[posixpath.join(apps, posixpath.basename(folder))] = inner
        files: list[str] = []
        open_ended = []
        for folder, item in projects.items():
            named, more = elixir_project.reads(item)
            open_ended += more
            names = ("mix.exs", *(("mix.lock", ".tool-versions") if folder == cwd else ()), *named)
            paths = [absolute(name, folder) for name in names if name != ".tool-versions"]
            files += [path for path in paths if place.resolve(path) is not None]
            folders += [absolute(path, folder) for path in item.dependency_folders()]
        config = absolute("config", cwd)
        if placed.effects.detail.compiles and place.resolve(config) is not None:
            folders.append(config)
        return InstallInputs(
            files=tuple(dict.fromkeys(files)),
            folders=tuple(dict.fromkeys(path for path in folders if path not in projects)),
            packages=elixir_project.packages(place.context, project),
            locked=posixpath.join(cwd, "mix.lock") in files,
            open_ended=tuple(open_ended),
        )

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        return None  # dependencies are fetched in a command of their own

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        started = [item for item in facts.launch.started if looks_like_elixir(item.argv[0])]
        base = facts.final.base
        if not found and not started and not (base is not None and base.language == "elixir"):
            return None
        released = any(isinstance(placed.effects.detail, MixRelease) for _, placed in found)
        place = (
            facts.at(found[0][0].instruction, "a tool of Elixir runs")
            if found
            else facts.at(facts.final.origin, "the base image is Elixir's")
        )
        return Detection("elixir", "mix", "release" if released else "", (place,))

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import elixir_plan

        return elixir_plan.needs(facts, self._own(facts))

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import elixir_plan

        return elixir_plan.plan(facts, self._own(facts))

    def _own(self, facts: Facts) -> list[tuple[Step, Placed]]:
        return facts.commands(lambda placed: placed.effects.by == self.name)

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        return None


def _tasks(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The tasks of a command line: `mix do a, b` and `mix do a + b` run several."""
    if not words or words[0] != "do":
        return [words] if words else []
    found: list[list[str]] = [[]]
    for word in words[1:]:
        if word == "+":
            found.append([])
            continue
        found[-1].append(word.rstrip(","))
        if word.endswith(","):
            found.append([])
    return [tuple(task) for task in found if task]


def _is_plain(alias: str, known: dict[str, object], project: Project) -> bool:
    """Whether an alias runs nothing but tasks that are known."""
    if not alias.startswith(("[", '"')):
        return False
    tasks = [text.split()[0] for text in re.findall(r'"([^"]+)"', alias) if text.split()]
    return bool(tasks) and alias.count('"') // 2 == len(tasks) and all(task in known for task in tasks)


def _joined(parts: list[Effects]) -> Effects:
    """What several tasks of one command do: the sort of the one that makes most."""
    order = (Kind.BUILD, Kind.INSTALL, Kind.TEST, Kind.TOOL_SETUP)
    first = min(parts, key=lambda part: order.index(part.kind))
    installs = [part.detail for part in parts if isinstance(part.detail, MixInstall)]
    detail = first.detail
    if first.kind is Kind.INSTALL:
        detail = MixInstall(any(item.compiles for item in installs))
    return Effects(
        first.kind,
        reads=tuple(path for part in parts for path in part.reads),
        writes=tuple(path for part in parts if part.kind is not Kind.TOOL_SETUP for path in part.writes)
        or first.writes,
        programs=("mix",),
        network=any(part.network for part in parts),
        by=first.by,
        detail=detail,
    )


TOOLCHAIN = Elixir()
