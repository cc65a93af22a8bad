"""What a project takes from other files: Directory.Build.props and .targets of a folder above, and what they import.

MSBuild takes the nearest of each name, before and after the project's own lines.
https://learn.microsoft.com/visualstudio/msbuild/customize-by-directory
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.patterns import regex
from dockrefactor.records import replace
from dockrefactor.stages import Place
from dockrefactor.toolchains import dotnet_files
from dockrefactor.toolchains.dotnet_files import MAYBE, Project

BEFORE: Final = "Directory.Build.props"
AFTER: Final = "Directory.Build.targets"
_VARIABLE: Final = regex(r"\$\((\w+)\)")
# where a build leaves what it makes, instead of `bin`; the last also what a restore does
_OUTPUTS: Final = ("BaseOutputPath", "OutputPath", "OutDir", "PublishDir", "ArtifactsPath")


def merged(context: BuildContext, own: Project) -> Project:
    """The project with all that it inherits: its properties are what MSBuild knows in the end."""
    before = list(_files(context, dotnet_files.nearest(context, own.folder, BEFORE)))
    after = list(_files(context, dotnet_files.nearest(context, own.folder, AFTER)))
    imported = [file for path in own.imports for file in _files(context, path)]
    ordered = [*before, *imported, own, *after]
    others = [file for file in ordered if file is not own]
    properties: dict[str, str] = {}
    for file in ordered:
        here = posixpath.relpath("/" + file.folder, "/" + own.folder)
        for name, value in file.properties.items():
            properties[name] = _expanded(value, properties, own, here)
    if properties.get("UseArtifactsOutput", "").lower() == "true" and "ArtifactsPath" not in properties:
        top = before[-1].folder if before else own.folder
        properties["ArtifactsPath"] = posixpath.join(posixpath.relpath("/" + top, "/" + own.folder), "artifacts")
    return replace(
        own,
        sdk=own.sdk or next((file.sdk for file in others if file.sdk), ""),
        properties=properties,
        references=(*own.references, *(path for file in others for path in file.references if context.is_file(path))),
        packages=tuple(name for file in ordered for name in file.packages),
        frameworks=tuple(name for file in ordered for name in file.frameworks),
        commands=tuple(word for file in ordered for word in file.commands),
        open_ended=(*own.open_ended, *(place for file in others for place in file.open_ended)),
    )


def _files(context: BuildContext, path: str | None) -> Iterator[Project]:
    """What stands in a file and those that it imports, the innermost first."""
    pending, seen, found = [path] if path is not None else [], set[str](), list[Project]()
    while pending:
        here = pending.pop()
        file = dotnet_files.read_alone(context, here) if here not in seen else None
        seen.add(here)
        if file is not None:
            found.append(file)
            pending += file.imports
    return reversed(found)


def _expanded(value: str, known: Mapping[str, str], own: Project, here: str) -> str:
    """A value with the names in it replaced; paths of files become relative to the project's folder."""
    places = {"MSBuildThisFileDirectory": f"{here}/", "MSBuildProjectDirectory": ".", "ProjectDir": "./"}
    name = posixpath.splitext(posixpath.basename(own.path))[0]
    words = {"AssemblyName": name, **known, **places, "MSBuildProjectName": name, "ProjectName": name}
    return _VARIABLE.sub(lambda found: words.get(found[1], found[0]), value)


def stray(place: Place, project: Project, folder: str) -> str | None:
    """The name of a file above a project that does not stand there in the image as it does in the build context."""
    for name in (BEFORE, AFTER):
        above = folder
        while (there := place.resolve(posixpath.join(above, name))) is None and above != "/":
            above = posixpath.dirname(above)
        if there != dotnet_files.nearest(place.context, project.folder, name):
            return name
    return None


def outputs(project: Project, given: Mapping[str, str], restored: bool) -> tuple[str, ...] | None:
    """The folders in which a build of a project leaves what it makes, relative to the project's folder or absolute;
    `given` are properties of the command line, `restored` whether it is a restore alone. None where one is computed."""
    said = {**project.properties, **given}
    found = ["obj"] if restored else ["bin", "obj"]
    names = _OUTPUTS[-1:] if restored else _OUTPUTS
    for value in filter(None, (said.get(name, "").replace("\\", "/") for name in names)):
        plain, computed, _ = value.removeprefix(MAYBE).partition("$(")
        folder = posixpath.dirname(plain) if computed else plain.rstrip("/")
        if not folder:
            return None
        found.append(folder)
    return tuple(dict.fromkeys(found))
