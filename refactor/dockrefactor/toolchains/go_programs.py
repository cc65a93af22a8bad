"""The programs that the `go build` and `go install` commands of a stage make: of which packages, and where they go."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.facts import Facts
from dockrefactor.needs import ResolveImagePath
from dockrefactor.records import dataclass
from dockrefactor.stages import Placed, Stage, Step
from dockrefactor.toolchains import go_module
from dockrefactor.toolchains.go_build import GoBuild, default_output_name
from dockrefactor.toolchains.go_module import GoModule

if TYPE_CHECKING:
    from dockrefactor.toolchains.go_sources import GoProgram

# folders that every image with a Go compiler has, so that `-o` of such a name puts the program into it
_FOLDERS: Final = ("/usr/local/bin", "/usr/bin", "/bin", "/go/bin")


@dataclass(frozen=True, slots=True)
class Program:
    """One program that a build command makes: `at` is the command's index in its step, `package` the context folder of
    its main package, `output` its absolute image path."""

    step: Step
    at: int
    build: GoBuild
    module: GoModule
    package: str
    output: str
    read: GoProgram

    @property
    def placed(self) -> Placed:
        """The command that builds it."""
        assert self.step.run is not None
        return self.step.run.commands[self.at]

    @property
    def cgo_setting(self) -> str:
        """CGO_ENABLED as the command sees it, `""` where it is not set."""
        for name, word in self.placed.command.assignments:
            if name == "CGO_ENABLED" and word is not None:
                return word.text
        return self.step.before.env.get("CGO_ENABLED", "")


class UnknownProgram(Exception):
    """It cannot be told what a command builds: the reason code, the step that it stands in, and why."""

    def __init__(self, code: str, step: Step, says: str) -> None:
        self.code, self.step, self.says = code, step, says


@dataclass(frozen=True, slots=True)
class _BuildCommand:
    """A build where it stands: `cwd` is the folder that it works in, `resolve` sees the files that are there then."""

    facts: Facts
    step: Step
    build: GoBuild
    cwd: str
    resolve: ResolveImagePath


def programs(facts: Facts, stage: Stage) -> Iterator[Program]:
    """Every program that a stage builds, in the order of its commands; raises `UnknownProgram`."""
    for position, step in enumerate(stage.steps):
        if step.run is None:
            continue
        for at, placed in enumerate(step.run.commands):
            build = placed.effects.detail
            if isinstance(build, GoBuild) and placed.effects.kind is Kind.BUILD:
                cwd = absolute(build.folder, placed.cwd) if build.folder else placed.cwd
                yield from _of_command(_BuildCommand(facts, step, build, cwd, stage.resolver(position)), at, placed)


def build_reads(facts: Facts, stage: Stage, placed: Placed) -> tuple[str, ...] | None:
    """The image paths that a build compiles or embeds; None where they cannot be listed: with C, whose headers may lie
    anywhere, with patterns of packages, or with the state of the repository, which Go writes into its programs."""
    build = placed.effects.detail
    if not isinstance(build, GoBuild) or facts.context.exists(".git"):
        return None
    if any(package.endswith("...") for package in build.packages) or {"overlay", "toolexec"} & dict(build.flags).keys():
        return None
    try:
        made = [program for program in programs(facts, stage) if program.placed is placed]
    except UnknownProgram:
        return None
    if not made or any(program.read.cgo or program.read.needs.unreadable for program in made):
        return None
    paths: list[str] = []
    for program in made:
        paths += go_module.module_inputs(facts.context, program.module.folder)
        vendor = go_module.vendor_folder(facts.context, program.module.folder)
        paths += [vendor] if vendor is not None else []
        for folder in program.read.packages:
            paths += [path for path in facts.context.children(folder) if not facts.context.is_dir(path)]
        for claim in program.read.embeds:
            if claim.value is None:
                return None
            paths.append(re.split(r"/[^/]*[*?\[]", "/" + claim.value)[0].lstrip("/"))
    copies = [step.copy for step in stage.image_steps if step.copy is not None and step.copy.origin is None]
    return tuple(place for path in dict.fromkeys(paths) for copy in copies for place in copy.places_of(path))


def _of_command(command: _BuildCommand, at: int, placed: Placed) -> Iterator[Program]:
    from dockrefactor.toolchains import go_sources

    facts, step, build = command.facts, command.step, command.build
    if not all(
        word.known
        for word in placed.command.words
        if not word.text.startswith("-") and "$" in word.text and "=" not in word.text and " " not in word.text
    ):
        raise UnknownProgram("unknown-effect", step, "what is built is computed")
    module = _module(command)
    packages = _packages(command, module)
    for package, name in packages:
        read = go_sources.read_program(
            facts.context,
            module,
            package,
            build.tags,
            environment=facts.final.after.env,
            arguments=_arguments(facts),
        )
        output = _output(command, name, len(packages))
        if output is not None:
            yield Program(step, at, build, module, package, output, read)


def _arguments(facts: Facts) -> tuple[str, ...] | None:
    """What the started program gets on its command line; None where that is not known."""
    main = facts.launch.main
    if any(main is None or other.argv[1:] != main.argv[1:] for other in facts.launch.mains):
        return None
    return main.argv[1:] if main is not None and main.known else None


def _module(command: _BuildCommand) -> GoModule:
    """The module that the command works in: the nearest go.mod outwards, or a member of the nearest workspace."""
    context, folder = command.facts.context, command.cwd
    while True:
        found = command.resolve(posixpath.join(folder, "go.mod"))
        module = go_module.read_module(context, posixpath.dirname(found)) if found is not None else None
        if module is not None:
            return go_module.as_placed(module, folder, command.resolve)
        workspace = command.resolve(posixpath.join(folder, "go.work"))
        if workspace is not None:
            for member in go_module.read_workspace(context, posixpath.dirname(workspace)) or ():
                module = go_module.read_module(context, member)
                if module is not None:
                    return module
        if folder == "/":
            raise UnknownProgram("manifest-missing", command.step, "no go.mod in the build context stands there")
        folder = posixpath.dirname(folder)


def _packages(command: _BuildCommand, module: GoModule) -> list[tuple[str, str]]:
    """(context folder, default program name) of each main package that the command compiles."""
    found: list[tuple[str, str]] = []
    for package in command.build.packages or (".",):
        if package.endswith(".go"):
            path = command.resolve(absolute(package, command.cwd))
            if path is None:
                raise UnknownProgram("manifest-missing", command.step, f"`{package}` is not in the build context")
            found.append((posixpath.dirname(path), posixpath.basename(package).removesuffix(".go")))
        elif package.endswith("..."):
            found += _below(command, package, module)
        else:
            found.append(_one_package(command, package, module))
    files = [package for package in command.build.packages if package.endswith(".go")]
    return found[:1] if len(files) > 1 else found


def _below(command: _BuildCommand, pattern: str, module: GoModule) -> list[tuple[str, str]]:
    """The main packages that a pattern such as `./cmd/...` means."""
    from dockrefactor.toolchains import go_sources

    base = command.resolve(absolute(pattern.removesuffix("...").rstrip("/") or ".", command.cwd))
    return [
        (folder, default_output_name(module, folder))
        for folder in go_sources.main_packages(command.facts.context, module)
        if base is not None and inside("/" + folder, "/" + base)
    ]


def _one_package(command: _BuildCommand, package: str, module: GoModule) -> tuple[str, str]:
    context = command.facts.context
    folder: str | None
    if package == module.path or package.startswith(module.path + "/"):
        inner = package.removeprefix(module.path).lstrip("/") or "."
        folder = posixpath.normpath(posixpath.join(module.folder, inner))
        folder = "" if folder == "." else folder
    else:
        place = absolute(package, command.cwd)
        folder = command.resolve(place)
        if folder is None:
            folder = _copied_file_by_file(command, place, module)
    if folder is None or not context.is_dir(folder):
        raise UnknownProgram("manifest-missing", command.step, f"the package `{package}` is not in the build context")
    return folder, default_output_name(_owner(command.facts, folder, module), folder)


def _copied_file_by_file(command: _BuildCommand, place: str, module: GoModule) -> str | None:
    """The module's own folder where `place` gets all its sources one by one (`COPY *.go ./`), else None."""
    context = command.facts.context
    if command.resolve(posixpath.join(place, "go.mod")) != posixpath.join(module.folder, "go.mod"):
        return None
    children = context.children(module.folder)
    sources = [path for path in children if path.endswith(".go") and not path.endswith("_test.go")]
    copied = all(command.resolve(posixpath.join(place, posixpath.basename(path))) == path for path in sources)
    return module.folder if sources and copied else None


def _owner(facts: Facts, folder: str, module: GoModule) -> GoModule:
    """The module that a folder belongs to: another member of the workspace, perhaps."""
    here = folder
    while True:
        found = go_module.read_module(facts.context, here)
        if found is not None:
            return found
        if not here:
            return module
        here = posixpath.dirname(here)


def _output(command: _BuildCommand, name: str, count: int) -> str | None:
    """Where one of `count` programs goes; None where the command keeps none."""
    build, cwd, env = command.build, command.cwd, command.step.before.env
    if build.kind == "install":
        folder = env.get("GOBIN") or posixpath.join(env.get("GOPATH", "/go"), "bin")
        return posixpath.join(folder, name)
    if build.output is None:
        return posixpath.join(cwd, name) if count == 1 else None
    target = absolute(build.output, cwd)
    if target == "/dev/null":
        return None
    is_folder = build.output.endswith("/") or build.output in (".", "..") or count > 1
    return posixpath.join(target, name) if is_folder or target in (cwd, *_FOLDERS) else target
