"""Ruby: gems go to the bundle's folder, which both stages have at one path; Rails builds assets among the sources."""

from __future__ import annotations

import posixpath

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.tables import toml
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains import ruby_commands
from dockrefactor.toolchains.ruby_commands import BundleInstall, BundleSetting, GemInstall, RubyStart
from dockrefactor.toolchains.ruby_names import looks_like_ruby


class Ruby:
    """The Ruby toolchain."""

    name = "ruby"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if not argv or not looks_like_ruby(argv[0]):
            return None
        programs = (argv[0],)
        install = ruby_commands.parse_install(argv)
        if install is not None:
            return self._install_effects(install, command, place)
        setting = ruby_commands.parse_setting(argv)
        if setting is not None:
            return self._setting_effects(setting, place)
        start = ruby_commands.parse_start(argv)
        if start is not None:
            return self._program_effects(start, argv, place)
        name = posixpath.basename(argv[0])
        if name == "gem":
            return self._gem_effects(argv, place)
        return self._bundle_effects(argv, place, programs)

    def _install_effects(self, install: BundleInstall | GemInstall, command: Command, place: Place) -> Effects:
        from dockrefactor.toolchains import ruby_manifests

        if isinstance(install, GemInstall) and any(
            not word.known and word.text in install.named for word in command.words
        ):
            return Effects(Kind.UNKNOWN, by=self.name, why="what it installs is computed")
        env = place.state.env
        if isinstance(install, GemInstall) and install.elsewhere:
            return Effects(Kind.UNKNOWN, by=self.name, why="where gems go by its options is not followed")
        folders = ruby_commands.gem_folders(place.image, env)
        writes = list(folders)
        if isinstance(install, BundleInstall):
            path = install.path or env.get("BUNDLE_PATH")
            # Bundler remembers the options of an install in the folder of an official image
            remembered = folders if "GEM_HOME" in env else ()
            writes = [*remembered, absolute(path, place.cwd)] if path else [*folders]
            found = ruby_manifests.gemfile_path(install.gemfile or env.get("BUNDLE_GEMFILE"), place.cwd, place.resolve)
            source = place.resolve(found) if found is not None else None
            musl = place.image is not None and place.image.libc == "musl"
            if found and source and not ruby_manifests.is_complete(place.context, source, musl):
                writes.append(ruby_manifests.lock_path(found))
        return Effects(
            Kind.INSTALL, writes=tuple(writes), programs=(command.argv[0],), network=True, by=self.name, detail=install
        )

    def _setting_effects(self, setting: BundleSetting, place: Place) -> Effects:
        """A setting in root's home holds when the program starts too, unless it only concerns installs."""
        has_gemfile = place.resolve(posixpath.join(place.cwd, "Gemfile")) is not None
        table = toml("ruby_commands")["settings_of_builds"]
        passing = setting.name in table or setting.name.startswith(("build.", "mirror.")) or "." in setting.name
        if not ruby_commands.is_global(setting, has_gemfile) or passing:
            return Effects(Kind.TOOL_SETUP, programs=("bundle",), by=self.name, detail=setting)
        return Effects(Kind.SYSTEM, writes=("/root/.bundle",), programs=("bundle",), by=self.name, detail=setting)

    def _gem_effects(self, argv: tuple[str, ...], place: Place) -> Effects:
        verb = argv[1] if len(argv) > 1 else ""
        if verb == "update" and "--system" in argv:
            writes = ("/usr/local/lib/ruby", "/usr/local/bin")
            return Effects(Kind.SYSTEM, writes=writes, programs=("gem",), network=True, by=self.name)
        if verb in toml("ruby_commands")["gem_asks"]:
            return Effects(Kind.TOOL_SETUP, programs=("gem",), by=self.name)
        if verb == "build":
            return Effects(Kind.BUILD, reads=(place.cwd,), writes=(place.cwd,), programs=("gem",), by=self.name)
        return Effects(Kind.UNKNOWN, by=self.name, why=f"what `gem {verb}` changes is not known")

    def _bundle_effects(self, argv: tuple[str, ...], place: Place, programs: tuple[str, ...]) -> Effects:
        verb, _ = ruby_commands.bundle_verb(argv)
        if verb in toml("ruby_commands")["bundle_asks"] or "--version" in argv or "-v" in argv or verb == "config":
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
        if verb == "clean":
            folders = ruby_commands.gem_folders(place.image, place.state.env)
            return Effects(Kind.PRUNE, writes=folders, programs=programs, by=self.name)
        if verb == "binstubs":
            return Effects(Kind.BUILD, writes=(absolute("bin", place.cwd),), programs=programs, by=self.name)
        return Effects(Kind.UNKNOWN, by=self.name, why=f"what `bundle {verb}` changes is not known")

    def _program_effects(self, start: RubyStart, argv: tuple[str, ...], place: Place) -> Effects:
        table = toml("ruby_commands")
        tasks = [word for word in start.arguments if not word.startswith("-") and "=" not in word]
        programs = (argv[0],)
        if start.tool == "ruby" and set(start.arguments) <= {"-v", "--version"}:
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
        if start.tool in table["tests"] or (
            start.tool in ("rails", "rake") and tasks[:1] and tasks[0] in table["tests"]
        ):
            return Effects(Kind.TEST, reads=(place.cwd,), programs=programs, by=self.name)
        if start.tool in ("rails", "rake") and tasks:
            return self._task_effects(tasks, programs, place)
        made = {"bootsnap": ("tmp/cache",), "jekyll": ("_site", ".jekyll-cache"), "middleman": ("build",)}.get(
            start.tool
        )
        if made is not None and tasks[:1] in (["precompile"], ["build"], ["b"]):
            return self._built(made, programs, place)
        why = "a program of the project may write anywhere"
        return Effects(Kind.PROGRAM, writes=("/",), programs=programs, by=self.name, detail=start, why=why)

    def _task_effects(self, tasks: list[str], programs: tuple[str, ...], place: Place) -> Effects:
        known = toml("ruby_commands")["tasks"]
        unknown = next((task for task in tasks if task not in known["builds"] and task not in known["files"]), None)
        if unknown is not None:
            return Effects(Kind.UNKNOWN, by=self.name, why=f"what the task `{unknown}` does is not known")
        enhanced = self._enhanced(tasks, place)
        if enhanced is not None:
            return Effects(Kind.UNKNOWN, by=self.name, why=f"{enhanced} changes what the task does")
        paths = tuple(
            path for task in tasks for path in (*known["builds"].get(task, ()), *known["files"].get(task, ()))
        )
        if any(task in known["builds"] for task in tasks):
            return self._built(paths, programs, place)
        writes = tuple(absolute(path, place.cwd) for path in dict.fromkeys(paths))
        return Effects(Kind.PROGRAM, writes=(place.cwd, *writes), programs=programs, by=self.name)

    def _enhanced(self, tasks: list[str], place: Place) -> str | None:
        """A file of tasks in the context that adds to one of these."""
        root = place.resolve(posixpath.join(place.cwd, "Rakefile"))
        if root is None:
            return None
        folder = posixpath.dirname(root)
        files = [root, *place.context.files(posixpath.join(folder, "lib/tasks"), (".rake",))]
        return next(
            (path for path in files if any(f"{task}" in (place.context.read(path) or "") for task in tasks)), None
        )

    def _built(self, paths: tuple[str, ...], programs: tuple[str, ...], place: Place) -> Effects:
        writes = tuple(absolute(path, place.cwd) for path in dict.fromkeys(paths))
        return Effects(Kind.BUILD, reads=(place.cwd,), writes=writes, programs=programs, by=self.name)

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import ruby_manifests

        detail = placed.effects.detail
        if not isinstance(detail, BundleInstall | GemInstall):
            return None
        return ruby_manifests.install_inputs(detail, placed.cwd, place.resolve, place.context, place.state.env)

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        return None  # Bundler installs in a command of its own

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        started = [item for item in facts.launch.started if looks_like_ruby(item.argv[0])]
        base = facts.final.base
        if not found and not started and not (base is not None and base.language == "ruby"):
            return None
        bundled = any(isinstance(placed.effects.detail, BundleInstall) for _, placed in found)
        starts = [start for item in started if (start := ruby_commands.parse_start(item.argv)) is not None]
        place = (
            facts.at(found[0][0].instruction, "a tool of Ruby runs")
            if found
            else facts.at(facts.final.origin, "the base image is Ruby's")
        )
        return Detection("ruby", "bundler" if bundled else "gem", starts[-1].tool if starts else "", (place,))

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import ruby_needs

        return ruby_needs.needs(facts, self._installed(facts))

    def _installed(self, facts: Facts) -> list[InstallInputs]:
        from dockrefactor.toolchains import ruby_manifests

        found: list[InstallInputs] = []
        for stage in facts.contributing:
            told: dict[str, str] = {}
            for step in stage.steps:
                for placed in step.commands:
                    detail = placed.effects.detail
                    if isinstance(detail, BundleSetting):
                        told[f"BUNDLE_{detail.name.upper()}"] = detail.value
                    elif isinstance(detail, BundleInstall | GemInstall):
                        place = facts.place(step, placed, stage)
                        env = {**place.state.env, **told}
                        found.append(
                            ruby_manifests.install_inputs(detail, placed.cwd, place.resolve, place.context, env)
                        )
        return found

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import ruby_plan

        own: list[tuple[Step, Placed]] = facts.commands(lambda placed: placed.effects.by == self.name)
        return ruby_plan.plan(facts, own, self._installed(facts))

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        return None


TOOLCHAIN = Ruby()
