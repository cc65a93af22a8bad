"""Project files, solutions and what they include: .csproj, .fsproj, Directory.Build.props, nuget.config and their kin.

Read by defusedxml, which refuses entities and document types: project files need neither.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dockrefactor import tables
from dockrefactor.context import BuildContext, normalise
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.inert import is_inert
from dockrefactor.needs import InstallInputs
from dockrefactor.records import dataclass

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PROJECTS: Final = (".csproj", ".fsproj", ".vbproj")
SOLUTIONS: Final = (".sln", ".slnx", ".slnf")
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


def in_image(folder: str, named: str, top: str) -> str:
    """The image path of a project's context folder, where the context folder `top` is the image's `named`."""
    return posixpath.normpath(posixpath.join(named, posixpath.relpath("/" + folder, "/" + top)))


@dataclass(frozen=True, slots=True)
class Project:
    """One project file at the context path `path`; `properties` are those that are set once and plainly, by name.

    `references` are context paths of other projects, `packages` names of NuGet packages, `frameworks` framework
    references, `imports` files that it imports by plain paths; `open_ended` where it names files that cannot be told.
    """

    path: str
    sdk: str
    properties: dict[str, str]
    references: tuple[str, ...]
    packages: tuple[str, ...]
    frameworks: tuple[str, ...]
    imports: tuple[str, ...]
    open_ended: tuple[Evidence, ...]

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    @property
    def assembly(self) -> str | None:
        """The name of its assembly, None where it is computed."""
        own = posixpath.splitext(posixpath.basename(self.path))[0]
        name = self.properties.get("AssemblyName", own).replace("$(MSBuildProjectName)", own)
        return None if "$(" in name else name

    @property
    def is_web(self) -> bool:
        return self.sdk.lower() in ("microsoft.net.sdk.web", "microsoft.net.sdk.blazorwebassembly")


def read(context: BuildContext, path: str) -> Project | None:
    """The project file at a context path; None where there is none, or it is no XML that may be read."""
    return context.once((read, path), lambda: _read(context, path))


def _root(context: BuildContext, path: str) -> Element | None:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    text = context.read(path)
    if text is None:
        return None
    try:
        # ElementTree takes no text with an encoding declaration but as bytes
        root: Element = fromstring(text.encode("utf-8"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _read(context: BuildContext, path: str) -> Project | None:
    root = _root(context, path)
    if root is None or _tag(root) != "Project":
        return None
    properties: dict[str, str] = {}
    for group in root:
        if _tag(group) == "PropertyGroup":
            for item in group:
                name = _tag(item)
                plain = "Condition" not in item.attrib and "Condition" not in group.attrib
                value = (item.text or "").strip()
                properties[name] = value if plain else f"$(…){value}"
    folder = posixpath.dirname(path)
    references: list[str] = []
    imports: list[str] = []
    open_ended: list[Evidence] = []
    sdk = root.attrib.get("Sdk", "")
    for item in root.iter():
        name, given = _tag(item), (item.attrib.get("Include") or item.attrib.get("Project") or "").replace("\\", "/")
        if name == "ProjectReference" and given:
            found = _beside(folder, given)
            references.append(found) if found is not None else open_ended.append(_at(context, path, given))
        elif name == "Import" and "Sdk" not in item.attrib and given:
            found = _beside(folder, given)
            imports.append(found) if found is not None else open_ended.append(_at(context, path, given))
        elif name == "Sdk" and item.attrib.get("Name"):
            sdk = sdk or item.attrib["Name"]
        elif name == "Reference" and any(_tag(child) == "HintPath" for child in item):
            open_ended.append(_at(context, path, given))
    return Project(
        path,
        sdk.partition("/")[0],
        properties,
        tuple(references),
        _included(root, "PackageReference"),
        _included(root, "FrameworkReference"),
        tuple(imports),
        tuple(open_ended),
    )


def _included(root: Element, name: str) -> tuple[str, ...]:
    return tuple(item.attrib["Include"] for item in root.iter() if _tag(item) == name and "Include" in item.attrib)


def _at(context: BuildContext, path: str, given: str) -> Evidence:
    return Evidence(path, context.find_line(path, given.rpartition("/")[2]), f"names {given}")


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _beside(folder: str, given: str) -> str | None:
    """The context path that a project names; None where it is computed or leads out of the context."""
    plain = re.sub(r"\$\((?:MSBuildThisFileDirectory|MSBuildProjectDirectory|ProjectDir)\)/?", "", given)
    joined = posixpath.normpath(posixpath.join(folder or ".", plain))
    if "$(" in plain or "*" in plain or plain.startswith("/") or joined == ".." or joined.startswith("../"):
        return None
    return normalise(joined)


def in_solution(context: BuildContext, path: str) -> tuple[str, ...]:
    """The context paths of the projects that a solution lists."""
    text = context.read(path) or ""
    folder = posixpath.dirname(path)
    named = re.findall(r"\"([^\"]+\.(?:cs|fs|vb|dc|sh)proj)\"", text)
    return tuple(
        dict.fromkeys(found for item in named if (found := _beside(folder, item.replace("\\", "/"))) is not None)
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
            included = _read(context, file)
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
    images = tuple(
        posixpath.normpath(posixpath.join(root, posixpath.relpath("/" + file, "/" + folder))) for file in files
    )
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
    """Whether the program needs ASP.NET Core, or may (a package that is not known may bring it)."""
    plain = tables.toml("dotnet")["packages"]["plain"]
    for item in closure(context, project.path) or [project]:
        if item.is_web or "Microsoft.AspNetCore.App" in item.frameworks:
            return True
        if any(not any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in plain) for name in item.packages):
            return True
    return False


def of_assembly(projects: list[Project], name: str) -> Iterator[Project]:
    """The projects whose assembly has that name."""
    return (item for item in projects if item.assembly == name)
