"""PHP: extensions compiled in the image, packages that Composer installs, command-line programs, Apache and FPM."""

from __future__ import annotations

import posixpath
import re

from dockrefactor.effects import Effects, Kind, absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.shell import Command
from dockrefactor.stages import Place, Placed, Stage, Step
from dockrefactor.tables import toml
from dockrefactor.toolchain import Blocked, Detection, Plan, RuntimeNeeds, TreeNeeds
from dockrefactor.toolchains import php_commands
from dockrefactor.toolchains.php_commands import ComposerInstall, ConsoleCommand, ExtensionInstall
from dockrefactor.toolchains.php_names import looks_like_php

EXTENSIONS = ("/usr/local/lib/php/extensions", "/usr/local/etc/php/conf.d")


class Php:
    """The PHP toolchain."""

    name = "php"

    def effects(self, command: Command, place: Place) -> Effects | None:
        argv = command.argv
        if not argv or not looks_like_php(argv[0]):
            return None
        words = php_commands.composer_words(argv)
        if words is not None:
            return self._composer(words, command, place)
        extensions = php_commands.parse_extensions(argv)
        if extensions is not None:
            return self._extensions(extensions, command)
        name = posixpath.basename(argv[0])
        if name in ("docker-php-source", "phpize") or (name in ("pecl", "pear") and "install" not in argv):
            return Effects(Kind.TOOL_SETUP, programs=(name,), by=self.name)
        if name == "pear":
            return Effects(Kind.INSTALL, writes=("/usr/local/lib/php",), programs=(name,), by=self.name)
        if name == "install-php-extensions":
            writes = ("/usr/local", "/usr/lib", "/etc", "/var")
            return Effects(Kind.SYSTEM, writes=writes, programs=(name,), network=True, by=self.name)
        return self._program(argv, place)

    def _extensions(self, found: ExtensionInstall, command: Command) -> Effects:
        name = posixpath.basename(command.argv[0])
        if name == "docker-php-ext-configure":
            return Effects(Kind.TOOL_SETUP, programs=(name,), by=self.name)
        if any(not word.known for word in command.words) and name.startswith("docker"):
            known = all(re.match(r"-j|\$\(nproc\)", word.text) for word in command.words if not word.known)
            if not known:
                return Effects(Kind.UNKNOWN, by=self.name, why="which extensions it builds is computed")
        # what it compiles is in the image already, or named: no file of the context is read
        return Effects(Kind.INSTALL, writes=EXTENSIONS, programs=(name,), by=self.name, detail=found)

    def _composer(self, words: tuple[str, ...], command: Command, place: Place) -> Effects:
        programs = (command.argv[0],)
        verb, operands, folder = php_commands.composer_verb(words)
        install = php_commands.parse_composer(words)
        if install is not None:
            return self._install(install, command, place)
        if not verb or verb in toml("php_commands")["composer_asks"] or "--version" in words or "-V" in words:
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
        if verb == "config" and ({"-g", "--global"} & set(words)):
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
        if verb == "global" and operands[:1] in (("require",), ("config",)):
            tools = toml("php_commands")["composer_tools"]
            named = [re.split(r"[:=^]", word)[0] for word in operands[1:]]
            if operands[0] == "config" or all(name in tools for name in named):
                return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
            started = tuple(posixpath.basename(name) for name in named)
            return Effects(
                Kind.TOOL_INSTALL,
                writes=("/root/.composer",),
                programs=(*programs, *started),
                by=self.name,
                network=True,
            )
        if verb in ("dump-autoload", "dumpautoload", "dump"):
            return self._dump(words, absolute(folder, place.cwd), programs, place)
        return Effects(Kind.UNKNOWN, by=self.name, why=f"what `composer {verb}` changes is not known")

    def _dump(self, words: tuple[str, ...], folder: str, programs: tuple[str, ...], place: Place) -> Effects:
        from dockrefactor.toolchains import php_composer

        install = ComposerInstall("install", folder, scripts="--no-scripts" not in words)
        found = php_composer.manifest(install, place.cwd, place.resolve, place.context)
        if found is None:
            return Effects(Kind.UNKNOWN, by=self.name, why="there is no composer.json that can be read")
        writes, unknown = php_composer.script_writes(found) if install.scripts else ((), None)
        if unknown is not None:
            return Effects(Kind.UNKNOWN, by=self.name, why=f"what the script `{unknown[:50]}` does is not known")
        return Effects(Kind.BUILD, reads=(folder,), writes=(found.vendor, *writes), programs=programs, by=self.name)

    def _install(self, install: ComposerInstall, command: Command, place: Place) -> Effects:
        from dockrefactor.toolchains import php_composer

        folder = absolute(install.folder, place.cwd)
        found = php_composer.manifest(install, place.cwd, place.resolve, place.context)
        writes = [found.vendor if found is not None else posixpath.join(folder, "vendor")]
        if found is not None and install.scripts:
            written, unknown = php_composer.script_writes(found)
            if unknown is not None:
                return Effects(Kind.UNKNOWN, by=self.name, why=f"what the script `{unknown[:50]}` does is not known")
            writes += written
        if install.verb != "install":
            writes.append(posixpath.join(folder, "composer.lock"))
        if install.named:
            writes.append(posixpath.join(folder, "composer.json"))
        if found is not None and found.required & set(toml("php_commands")["among_sources"]):
            writes.append(folder)
        return Effects(
            Kind.INSTALL, writes=tuple(writes), programs=(command.argv[0],), network=True, by=self.name, detail=install
        )

    def _program(self, argv: tuple[str, ...], place: Place) -> Effects:
        programs = (argv[0],)
        target = php_commands.installed_composer(argv, place.cwd)
        if target is not None:
            brought = (*programs, posixpath.basename(target))
            return Effects(Kind.TOOL_INSTALL, writes=(target,), programs=brought, network=True, by=self.name)
        fetched = php_commands.fetched_installer(argv)
        if fetched is not None:
            path = absolute(fetched, place.cwd)
            return Effects(Kind.DOWNLOAD, writes=(path,), programs=programs, network=True, by=self.name)
        removed = php_commands.checks_installer(argv)
        if removed:
            paths = tuple(absolute(path, place.cwd) for path in removed)
            return Effects(Kind.FILES, writes=paths, programs=programs, by=self.name, removes=True)
        if removed is not None or set(argv[1:]) & {"-v", "--version", "-m", "-i", "--ini"}:
            return Effects(Kind.TOOL_SETUP, programs=programs, by=self.name)
        if any(posixpath.basename(word) in toml("php_commands")["tests"] for word in argv[:2]):
            return Effects(Kind.TEST, reads=(place.cwd,), programs=programs, by=self.name)
        return self._console(argv, place)

    def _console(self, argv: tuple[str, ...], place: Place) -> Effects:
        programs = (argv[0],)
        console = php_commands.parse_console(argv, place.cwd)
        rule = toml("php_commands")["console"].get(console.tool, {}).get(console.command) if console else None
        if console is None or rule is None:
            why = "a program of the project may write anywhere"
            return Effects(Kind.PROGRAM, writes=("/",), programs=programs, by=self.name, detail=console, why=why)
        paths = tuple(absolute(path, console.folder) for path in rule)
        # what it fills is a database, which may be elsewhere; else files that the program reads
        data = console.command.startswith(("migrate", "db:", "doctrine:"))
        kind = Kind.PROGRAM if data else Kind.BUILD
        return Effects(kind, reads=(console.folder,), writes=paths, programs=programs, by=self.name, detail=console)

    def install_inputs(self, placed: Placed, place: Place) -> InstallInputs | None:
        from dockrefactor.toolchains import php_composer

        detail = placed.effects.detail
        if isinstance(detail, ExtensionInstall):
            return InstallInputs()
        if not isinstance(detail, ComposerInstall):
            return None
        return php_composer.install_inputs(detail, placed.cwd, place.resolve, place.context)

    def manifest_install(self, facts: Facts, stage: Stage, step: Step) -> tuple[tuple[str, ...], str] | None:
        return None  # Composer installs in a command of its own

    def detect(self, facts: Facts) -> Detection | None:
        found = facts.commands(lambda placed: placed.effects.by == self.name)
        started = [item for item in facts.launch.started if looks_like_php(item.argv[0])]
        base = facts.final.base
        if not found and not started and not (base is not None and base.language == "php"):
            return None
        composer = any(isinstance(placed.effects.detail, ComposerInstall) for _, placed in found)
        consoles = {
            placed.effects.detail.tool for _, placed in found if isinstance(placed.effects.detail, ConsoleCommand)
        }
        framework = {"artisan": "laravel", "console": "symfony"}
        place = (
            facts.at(found[0][0].instruction, "a tool of PHP runs")
            if found
            else facts.at(facts.final.origin, "the base image is PHP's")
        )
        names = ", ".join(sorted(framework[tool] for tool in consoles))
        return Detection("php", "composer" if composer else "none", names, (place,))

    def needs(self, facts: Facts) -> RuntimeNeeds:
        from dockrefactor.toolchains import php_needs

        return php_needs.needs(facts)

    def plan(self, facts: Facts) -> Plan | Blocked:
        from dockrefactor.toolchains import php_plan

        return php_plan.plan(facts, facts.commands(lambda placed: placed.effects.by == self.name))

    def tree_needs(self, facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
        return None


TOOLCHAIN = Php()
