"""Projects and solutions: what they build, which others they include, and what a restore of them reads."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor import tables
from dockrefactor.context import BuildContext
from dockrefactor.effects import absolute, in_image
from dockrefactor.evidence import Evidence
from dockrefactor.inert import is_inert
from dockrefactor.needs import InstallInputs
from dockrefactor.toolchains import dotnet_files, dotnet_inherited
from dockrefactor.toolchains.dotnet_commands import Call
from dockrefactor.toolchains.dotnet_files import PROJECTS, SOLUTIONS, Project, beside

# files that MSBuild and NuGet look for in a project's folder and above it
_INHERITED: Final = (
    "directory.build.props",
    "directory.build.targets",
    "directory.packages.props",
    "nuget.config",
    "global.json",
)


def named_path(target: str, cwd: str) -> str:
    """The image path of what a command of `dotnet` names, its work folder where that is nothing."""
    return absolute(target.replace("\\", "/"), cwd) if target else cwd


def named_folder(target: str, cwd: str) -> str:
    """The image folder in which what a command names stands."""
    path = named_path(target, cwd)
    return posixpath.dirname(path) if path.endswith((*PROJECTS, *SOLUTIONS)) else path


def read(context: BuildContext, path: str) -> Project | None:
    """The project file at a context path, with what it inherits; None where there is none that can be read."""
    own = dotnet_files.read_alone(context, path)
    return context.once((read, path), lambda: dotnet_inherited.merged(context, own)) if own is not None else None


def outputs(project: Project, call: Call, cwd: str, top: str) -> list[str] | None:
    """The image folders in which a call leaves what it makes of a project, whose context folder `top` is what the call
    names; None where one is computed."""
    here = in_image(project.folder, top, named_folder(call.target, cwd))
    given = dict(call.properties)
    if "--artifacts-path" in call.options:
        given["ArtifactsPath"] = absolute(call.options["--artifacts-path"], cwd)
    found = dotnet_inherited.outputs(project, given, call.does == "downloads")
    return [absolute(folder, here) for folder in found] if found is not None else None


def in_solution(context: BuildContext, path: str) -> tuple[str, ...]:
    """The context paths of the projects that a solution lists."""
    text = context.read(path) or ""
    folder = posixpath.dirname(path)
    named = re.findall(r"\"([^\"]+\.(?:cs|fs|vb|dc|sh)proj)\"", text)
    return tuple(
        dict.fromkeys(found for item in named if (found := beside(folder, item.replace("\\", "/"))) is not None)
    )


def targets(context: BuildContext, folder: str) -> tuple[str, ...]:
    """The solutions of a context folder or, where there are none, its projects: what `dotnet` takes without a name."""
    files = [path for path in context.children(folder) if context.is_file(path)]
    solutions = tuple(path for path in files if path.endswith(SOLUTIONS))
    return solutions or tuple(path for path in files if path.endswith(PROJECTS))


def closure(context: BuildContext, path: str) -> list[Project] | None:
    """The projects that a project or solution stands for, with all that they reference; None where one is missing."""
    pending = list(in_solution(context, path)) if path.endswith(SOLUTIONS) else [path]
    found: dict[str, Project] = {}
    while pending:
        here = pending.pop(0)
        if here in found or here.endswith((".dcproj", ".shproj")):
            continue
        project = read(context, here)
        if project is None:
            return None
        found[here] = project
        pending += project.references
    return list(found.values())


def restore_files(context: BuildContext, path: str) -> tuple[tuple[str, ...], tuple[Evidence, ...]] | None:
    """(context files that a restore reads, why there may be more); None where a project is missing."""
    projects = closure(context, path)
    if projects is None:
        return None
    files = [path] if path.endswith(SOLUTIONS) else []
    if path.endswith(SOLUTIONS):
        files += [item for item in in_solution(context, path) if context.is_file(item)]
    open_ended: list[Evidence] = []
    for project in projects:
        files.append(project.path)
        open_ended += project.open_ended
        files += [item for item in project.imports if context.is_file(item)]
        files += [item for item in context.children(project.folder) if item.endswith("packages.lock.json")]
        here = project.folder
        while True:
            files += [item for item in context.children(here) if posixpath.basename(item).lower() in _INHERITED]
            if not here:
                break
            here = posixpath.dirname(here)
    for file in list(dict.fromkeys(files)):
        if file.lower().endswith((".props", ".targets")):
            included = dotnet_files.read_alone(context, file)
            if included is None:
                open_ended.append(Evidence(file, 0, "cannot be read"))
            else:
                files += [item for item in included.imports if context.is_file(item)]
                open_ended += included.open_ended
        if posixpath.basename(file).lower() == "nuget.config" and _has_local_source(context.read(file) or ""):
            open_ended.append(Evidence(file, 0, "names a folder with packages"))
    return tuple(dict.fromkeys(files)), tuple(open_ended)


def _has_local_source(text: str) -> bool:
    section = re.search(r"<packageSources>(.*?)</packageSources>", text, re.S)
    values = re.findall(r"value\s*=\s*\"([^\"]+)\"", section[1]) if section else []
    return any(not value.startswith(("http:", "https:")) for value in values)


def inputs(context: BuildContext, path: str | None, folder: str, root: str, named: str) -> InstallInputs:
    """What a restore of the context file `path` reads, where the context folder `folder` stands at `root`."""
    if path is None:
        return InstallInputs(missing=(named,))
    found = restore_files(context, path)
    if found is None:
        return InstallInputs(files=(), open_ended=(Evidence(path, 0, "a project of it is not in the build context"),))
    files, open_ended = found
    images = tuple(in_image(file, folder, root) for file in files)
    return InstallInputs(files=images, open_ended=open_ended)


def is_unread(path: str) -> bool:
    """Whether an entry of a project is read by its build at most, by its name."""
    name = posixpath.basename(path).lower()
    return is_inert(path) or any(fnmatch.fnmatchcase(name, item) for item in tables.toml("dotnet")["unread"]["names"])


def is_hosted(project: Project) -> bool:
    """Whether a program reads settings and serves files of its work folder: of the web or worker SDK, or by a host."""
    hosted = ("microsoft.extensions.hosting", "microsoft.extensions.configuration")
    if project.is_web or project.sdk.lower() == "microsoft.net.sdk.worker":
        return True
    return any(name.lower().startswith(hosted) for name in project.packages)


def needs_aspnet(context: BuildContext, project: Project) -> bool:
    """Whether the program needs ASP.NET Core, or may (a package or an import that is not known may bring it)."""
    plain = tables.toml("dotnet")["packages"]["plain"]
    for item in closure(context, project.path) or [project]:
        if item.is_web or item.open_ended or item.sdk.lower() == "microsoft.net.sdk.razor":
            return True
        if "Microsoft.AspNetCore.App" in item.frameworks:
            return True
        if any(not any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in plain) for name in item.packages):
            return True
    return False


def copies_packages(project: Project) -> bool:
    """Whether a build puts what packages bring beside the program: since .NET Core 3, unless it is told not to."""
    said = project.properties.get("CopyLocalLockFileAssemblies", "").lower()
    framework = project.properties.get("TargetFramework", "")
    return said in ("", "true") and re.match(r"netcoreapp[12]\.|$|.*\$\(", framework) is None


def of_assembly(projects: list[Project], name: str) -> Iterator[Project]:
    """The projects whose assembly has that name."""
    return (item for item in projects if item.assembly == name)
