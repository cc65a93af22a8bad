"""Everything that one install of a Node project reads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.effects import absolute, upwards
from dockrefactor.evidence import Evidence
from dockrefactor.needs import InstallInputs, LanguagePackage, ResolveImagePath
from dockrefactor.patterns import regex
from dockrefactor.toolchains.node_commands import (
    NodeInstall,
    ScriptCommand,
    bare_name,
    node_facts,
    parse_run,
    script_commands,
)
from dockrefactor.toolchains.node_locks import read_lock
from dockrefactor.toolchains.node_package_json import (
    PackageJson,
    manifest_error,
    read_package_json,
    text_or_none,
    texts,
    workspace_folders,
)

__all__ = [
    "PackageJson",
    "install_inputs",
    "manifest_error",
    "read_package_json",
    "scripts_failing_without_development",
    "workspace_folders",
]

_LOCAL: Final = ("file:", "link:", "portal:", "./", "../", "~/", "/")
_VALUE: Final = regex(r"""[=:\s]["']?(?P<path>\.{0,2}/?[\w.@-]+(?:/[\w.@-]+)+)["']?\s*$""", re.MULTILINE)
_PRISMA_SCHEMAS: Final = ("schema.prisma", "prisma/schema.prisma", "prisma/schema", "prisma.config.ts")
_PRISMA_GENERATORS: Final = frozenset({"prisma-client-js", "prisma-client"})
_PROVIDER: Final = regex(r'^\s*generator\s+\w+\s*\{[^}]*?provider\s*=\s*"([^"]+)"', re.MULTILINE | re.DOTALL)


class _Gathering:
    """Collects the inputs of one install: image paths that the build has copied, and what stays open."""

    def __init__(self, context: BuildContext, resolve: ResolveImagePath) -> None:
        self.context = context
        self.resolve = resolve
        self.files: list[str] = []
        self.folders: list[str] = []
        self.missing: list[str] = []
        self.open_ended: list[Evidence] = []
        self.local: set[str] = set()

    def place(self, image_path: str) -> str | None:
        """The context path that stands at an image path, None where the image has nothing of the context there."""
        path = self.resolve(absolute(image_path, "/"))
        return path if path is not None and self.context.exists(path) else None

    def add(self, image_path: str) -> bool:
        """Note a file or folder where the build has it; whether it has."""
        image_path = absolute(image_path, "/")
        path = self.resolve(image_path)
        if path is None or not self.context.exists(path):
            return False
        (self.folders if self.context.is_dir(path) else self.files).append(image_path)
        return True

    def result(self, packages: tuple[LanguagePackage, ...], locked: bool) -> InstallInputs:
        return InstallInputs(
            files=tuple(dict.fromkeys(self.files)),
            folders=tuple(dict.fromkeys(self.folders)),
            packages=packages,
            locked=locked,
            open_ended=tuple(dict.fromkeys(self.open_ended)),
            missing=tuple(dict.fromkeys(self.missing)),
        )


def install_inputs(install: NodeInstall, cwd: str, resolve: ResolveImagePath, context: BuildContext) -> InstallInputs:
    """Everything that an install in the image folder `cwd` reads; `resolve` says what the build has copied by then."""
    gathering = _Gathering(context, resolve)
    start = posixpath.normpath(posixpath.join(cwd, install.prefix or ""))
    for parent in ("/root", *upwards(start)):
        for name in node_facts()["install"]["settings"][:3]:
            gathering.add(posixpath.join(parent, name))
    named = _named_packages(gathering, install, start)
    if install.global_:
        return gathering.result(named, False)
    folder = _project_folder(gathering, install, start)
    package = None
    if folder is not None:
        manifest = gathering.place(posixpath.join(folder, "package.json"))
        package = read_package_json(context, posixpath.dirname(manifest)) if manifest is not None else None
    if folder is None or package is None:
        _no_manifest(gathering, install, folder, start)
        return gathering.result(named, False)
    return _project_inputs(gathering, install, folder, package, named)


def _named_packages(gathering: _Gathering, install: NodeInstall, folder: str) -> tuple[LanguagePackage, ...]:
    packages = []
    for spec in install.named:
        if spec == "." or spec.startswith((*_LOCAL, "..")) or spec.endswith((".tgz", ".tar.gz")):
            path = posixpath.join(folder, re.sub(r"^(file|link|portal):", "", spec))
            if not gathering.add(path):
                gathering.missing.append(posixpath.normpath(path))
            continue
        name = bare_name(spec)
        version = spec[len(name) + 1 :]
        exact = version if re.fullmatch(r"\d+\.\d+\.\d+[\w.+-]*", version) else None
        packages.append(LanguagePackage(name, exact, Evidence("", 0, f"named by {install.manager} {install.command}")))
    return tuple(packages)


def _no_manifest(gathering: _Gathering, install: NodeInstall, folder: str | None, start: str) -> None:
    path = posixpath.join(folder or start, "package.json")
    place = gathering.place(path) if folder is not None else None
    if place is not None:
        gathering.files.append(path)
        error = manifest_error(gathering.context, posixpath.dirname(place))
        gathering.open_ended.append(error or Evidence(place, 0, "cannot be read"))
    elif not install.named:
        gathering.missing.append(path)


def _project_folder(gathering: _Gathering, install: NodeInstall, start: str) -> str | None:
    """The image folder whose project is installed: the nearest manifest, or the workspace root that it belongs to."""
    nearest = next((at for at in upwards(start) if gathering.place(posixpath.join(at, "package.json"))), None)
    if nearest is None:
        return None
    for folder in list(upwards(nearest))[1:]:
        place = gathering.place(posixpath.join(folder, "package.json"))
        if place is None:
            continue
        root = read_package_json(gathering.context, posixpath.dirname(place))
        if root and any(
            posixpath.join(folder, posixpath.relpath(member, root.folder or ".")) == nearest
            for member in workspace_folders(gathering.context, root)
        ):
            return folder
    return nearest


def _project_inputs(
    gathering: _Gathering, install: NodeInstall, folder: str, package: PackageJson, named: tuple[LanguagePackage, ...]
) -> InstallInputs:
    facts = node_facts()["install"]
    gathering.add(posixpath.join(folder, "package.json"))
    for name in (*facts["settings"], *facts["setting_folders"]):
        gathering.add(posixpath.join(folder, name))
    _named_by_settings(gathering, folder)
    members = _members(gathering, folder, package)
    lock = _lock_file(gathering, install, folder)
    for at, member in ((folder, package), *members):
        _local_dependencies(gathering, at, member)
        _patches(gathering, at, member)
        if not install.ignore_scripts:
            _lifecycle(gathering, at, member)
            _reads_of_packages(gathering, at, member)
    manifests = (package, *(member for _, member in members))
    if lock is None:
        return gathering.result((*_direct_packages(manifests), *named), False)
    packages = read_lock(gathering.context, lock, manifests)
    if packages is None:
        if not posixpath.basename(lock).startswith("bun."):
            gathering.open_ended.append(Evidence(lock, 0, "is a lock file that cannot be read"))
        return gathering.result((*_direct_packages(manifests), *named), False)
    return gathering.result((*packages, *named), not named)


def _named_by_settings(gathering: _Gathering, folder: str) -> None:
    """Files and folders that settings of the managers name: `cafile=./ca.pem`, `yarnPath: tools/yarn.cjs`, a mirror."""
    for name in node_facts()["install"]["settings"]:
        place = gathering.place(posixpath.join(folder, name)) if not name.startswith(".pnp") else None
        for value in _VALUE.findall((gathering.context.read(place) if place else None) or ""):
            path = posixpath.normpath(posixpath.join(folder, value))
            known = any(path.startswith(f"{other}/") for other in gathering.folders)
            if path not in (folder, "/") and not known:
                gathering.add(path)


def _members(gathering: _Gathering, folder: str, package: PackageJson) -> tuple[tuple[str, PackageJson], ...]:
    """Workspace packages that stand in the image, with their image folders; the programs that they offer are linked."""
    members = []
    for path in workspace_folders(gathering.context, package):
        at = posixpath.normpath(posixpath.join(folder, posixpath.relpath(path, package.folder or ".")))
        member = read_package_json(gathering.context, path)
        if gathering.add(posixpath.join(at, "package.json")) and member is not None:
            members.append((at, member))
            for program in member.bin:
                gathering.add(posixpath.join(at, program))
            gathering.add(posixpath.join(at, ".npmrc"))
        elif member is None:
            gathering.open_ended.append(Evidence(posixpath.join(path, "package.json"), 0, "cannot be read"))
    return tuple(members)


def _lock_file(gathering: _Gathering, install: NodeInstall, folder: str) -> str | None:
    """Context path of the lock file that the command reads; all that its manager knows count as inputs."""
    if not install.lockfile:
        return None
    names = [*node_facts()["install"]["locks"][install.manager]]
    if install.manager in ("npm", "yarn", "bun"):  # each takes over what it finds of another's lock
        names += [name for name in ("yarn.lock", "package-lock.json") if name not in names]
    found = [name for name in names if gathering.add(posixpath.join(folder, name))]
    own = [name for name in found if name in node_facts()["install"]["locks"][install.manager]]
    if not own:
        if install.frozen and install.manager != "yarn":
            gathering.missing.append(posixpath.join(folder, names[-1 if install.manager == "pnpm" else 1]))
        return None
    return gathering.place(posixpath.join(folder, own[0]))


def _local_dependencies(gathering: _Gathering, at: str, package: PackageJson) -> None:
    """`file:`, `link:` and `portal:` dependencies, also those of overrides, each as a whole."""
    pnpm = package.document.get("pnpm")
    overrides = [package.document.get("overrides"), package.document.get("resolutions")]
    overrides.append(pnpm.get("overrides") if isinstance(pnpm, dict) else None)
    specs = [*package.every_dependency().items(), *(pair for table in overrides for pair in texts(table).items())]
    for name, spec in specs:
        if not spec.startswith(_LOCAL):
            continue
        path = posixpath.join(at, re.sub(r"^(file|link|portal):", "", spec))
        if spec.startswith("~"):
            gathering.open_ended.append(package.evidence(f"{name} comes from a home folder", name))
        elif not gathering.add(path):
            gathering.missing.append(posixpath.normpath(path))
        else:
            _local_package(gathering, posixpath.normpath(path))


def _local_package(gathering: _Gathering, at: str) -> None:
    """A local dependency brings its own scripts and local dependencies."""
    place = gathering.place(posixpath.join(at, "package.json"))
    local = read_package_json(gathering.context, posixpath.dirname(place)) if place else None
    if local is not None and at not in gathering.local:
        gathering.local.add(at)
        _lifecycle(gathering, at, local)
        _local_dependencies(gathering, at, local)


def _patches(gathering: _Gathering, at: str, package: PackageJson) -> None:
    gathering.add(posixpath.join(at, "patches"))
    pnpm = package.document.get("pnpm")
    patched = texts(pnpm.get("patchedDependencies")) if isinstance(pnpm, dict) else {}
    patched = {**patched, **texts(package.document.get("patchedDependencies"))}
    for path in patched.values():
        if not gathering.add(posixpath.join(at, path)):
            gathering.missing.append(posixpath.normpath(posixpath.join(at, path)))


def _reads_of_packages(gathering: _Gathering, at: str, package: PackageJson) -> None:
    """Files that the install scripts of dependencies read in the project."""
    for name in package.every_dependency():
        for path in node_facts()["packages"].get(name, {}).get("reads_at_install", ()):
            gathering.add(posixpath.join(at, path))
    if {"@prisma/client", "prisma"} & package.every_dependency().keys():
        _prisma_schema(gathering, at, package)
    if "msw" in package.document and "msw" in package.every_dependency():
        gathering.open_ended.append(package.evidence("msw writes its worker into a folder of the project", "msw"))


def _prisma_schema(gathering: _Gathering, at: str, package: PackageJson) -> None:
    settings = package.document.get("prisma")
    named = text_or_none(settings.get("schema")) if isinstance(settings, dict) else None
    for path in (*_PRISMA_SCHEMAS, *([named] if named else [])):
        image_path = posixpath.join(at, path)
        if not gathering.add(image_path):
            continue
        place = gathering.place(image_path) or ""
        if place.endswith("prisma.config.ts"):
            gathering.open_ended.append(Evidence(place, 0, "Prisma's settings are a program"))
        for schema in [place] if gathering.context.is_file(place) else gathering.context.files(place, (".prisma",)):
            for provider in _PROVIDER.findall(gathering.context.read(schema) or ""):
                if provider not in _PRISMA_GENERATORS:
                    line = gathering.context.find_line(schema, provider)
                    gathering.open_ended.append(Evidence(schema, line, f"the generator {provider} may read anything"))


def _lifecycle(gathering: _Gathering, at: str, package: PackageJson) -> None:
    for name in node_facts()["install"]["lifecycle"]:
        text = package.scripts.get(name)
        if text is not None:
            _lifecycle_script(gathering, at, package, name, text, 0)
    if "install" not in package.scripts and gathering.place(posixpath.join(at, "binding.gyp")):
        gathering.add(posixpath.join(at, "binding.gyp"))
        gathering.open_ended.append(Evidence(posixpath.join(package.folder, "binding.gyp"), 0, "node-gyp compiles"))


def _at_install(package: PackageJson, name: str, text: str) -> Evidence:
    return package.evidence(f"the script {name} runs at install: {text}", "scripts", name)


def type_makers(package: PackageJson) -> frozenset[Evidence]:
    """The lifecycle scripts that make nothing but types, for editors and checkers, from the sources that are there."""
    facts = node_facts()["install"]
    found = set()
    for name in facts["lifecycle"]:
        commands = script_commands(package.scripts.get(name, ""))
        if commands and all(
            " ".join(item.argv[:2]) in facts["types"] or item.argv[:1] == ("echo",) for item in commands
        ):
            found.add(_at_install(package, name, package.scripts[name]))
    return frozenset(found)


def _lifecycle_script(gathering: _Gathering, at: str, package: PackageJson, name: str, text: str, depth: int) -> None:
    evidence = _at_install(package, name, text)
    commands = script_commands(text)
    if commands is None or depth > 8:
        gathering.open_ended.append(evidence)
        return
    for command in commands:
        if not _known_command(gathering, at, package, command, depth):
            gathering.open_ended.append(evidence)


def _known_command(gathering: _Gathering, at: str, package: PackageJson, command: ScriptCommand, depth: int) -> bool:
    """Note what one command of a lifecycle script reads; false where it may read anything."""
    argv = list(command.argv)
    if not argv:
        return True
    run = parse_run(argv)
    if run is not None and run.tool is not None:
        argv = [run.tool, *run.arguments]
    elif run is not None and run.script in package.scripts and not run.limited:
        name = run.script or ""
        for part in (f"pre{name}", name, f"post{name}"):
            if part in package.scripts:
                _lifecycle_script(gathering, at, package, part, package.scripts[part], depth + 1)
        return True
    elif run is not None and run.script is not None:
        argv = [run.script, *run.arguments]
    known = node_facts()["install"]["scripts"]
    entry = known.get(" ".join(argv[:2])) or known.get(argv[0])
    if entry is None or (argv[0] == "husky" and len(argv) > 1 and argv[1] not in ("install", ".husky")):
        if argv[0] == "node" and len(argv) > 1:
            gathering.add(posixpath.join(at, argv[1]))
        return False
    for path in (*entry["reads"], *(word for word in argv[1:] if "/" in word)):
        gathering.add(posixpath.join(at, path))
    if entry.get("prisma"):
        _prisma_command(gathering, at, package, argv)
    return True


def _prisma_command(gathering: _Gathering, at: str, package: PackageJson, argv: Sequence[str]) -> None:
    _prisma_schema(gathering, at, package)
    for position, word in enumerate(argv):
        if word.startswith("--schema"):
            path = word.partition("=")[2] or (argv[position + 1] if position + 1 < len(argv) else "")
            if path and not gathering.add(posixpath.join(at, path)):
                gathering.missing.append(posixpath.normpath(posixpath.join(at, path)))


def scripts_failing_without_development(package: PackageJson) -> tuple[Evidence, ...]:
    """Lifecycle scripts that call a development package, so a production install that runs them fails (husky)."""
    found = []
    for name in node_facts()["install"]["lifecycle"]:
        for command in script_commands(package.scripts.get(name, "")) or ():
            tool = command.argv[0] if command.argv else ""
            entry = node_facts()["install"]["scripts"].get(tool, {})
            if entry.get("fails_without_development") and tool in package.dev_dependencies:
                found.append(package.evidence(f"{name} calls {tool}, a development package", "scripts", name))
    return tuple(found)


def _direct_packages(manifests: Sequence[PackageJson]) -> tuple[LanguagePackage, ...]:
    found: dict[str, LanguagePackage] = {}
    for package in manifests:
        for name, spec in package.every_dependency().items():
            exact = spec if re.fullmatch(r"\d+\.\d+\.\d+[\w.+-]*", spec) else None
            development = name not in package.runtime_dependencies()
            earlier = found.get(name)
            if earlier is not None and not earlier.development:
                continue
            keys = ("devDependencies", name) if development else (name,)
            evidence = package.evidence(f"{name} {spec}", *keys)
            found[name] = LanguagePackage(name, exact, evidence, development=development)
    return tuple(found.values())
