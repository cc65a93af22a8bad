"""What stands in one project file: .csproj, .fsproj, Directory.Build.props and their kin.

Read by defusedxml, which refuses entities and document types: project files need neither.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.evidence import Evidence
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PROJECTS: Final = (".csproj", ".fsproj", ".vbproj")
SOLUTIONS: Final = (".sln", ".slnx", ".slnf")
# the usual way to import the file of the same name of a folder further above
_ABOVE: Final = regex(
    r"\$\(\[MSBuild\]::GetPathOfFileAbove\(\s*'?(?P<name>[\w.]+)'?\s*,\s*'?\$\(MSBuildThisFileDirectory\)\.\./?'?\s*\)\)"
)
MAYBE: Final = "$(…)"
"""Before the value of a property that is set on a condition."""


@dataclass(frozen=True, slots=True)
class Project:
    """One project file at the context path `path`; `properties` are those that are set once and plainly, by name.

    `references` are context paths of other projects, `packages` names of NuGet packages, `frameworks` framework
    references, `imports` files that it imports by plain paths; `open_ended` where it names files that cannot be told;
    `commands` are the first words of what its build executes, as they are written.
    """

    path: str
    sdk: str
    properties: dict[str, str]
    references: tuple[str, ...]
    packages: tuple[str, ...]
    frameworks: tuple[str, ...]
    imports: tuple[str, ...]
    open_ended: tuple[Evidence, ...]
    commands: tuple[str, ...] = ()

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


def nearest(context: BuildContext, folder: str, name: str) -> str | None:
    """The context path of the file of that name in a context folder or the nearest above it."""
    while True:
        path = posixpath.join(folder, name)
        if context.is_file(path):
            return path
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def read_alone(context: BuildContext, path: str) -> Project | None:
    """What stands in the project file at a context path; None where there is none, or it is no XML that may be read."""
    return context.once((read_alone, path), lambda: _read(context, path))


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
    for group in root.iter():
        if _tag(group) == "PropertyGroup":
            sure = "Condition" not in group.attrib and any(group is item for item in root)
            for item in group:
                value = (item.text or "").strip()
                properties[_tag(item)] = value if sure and "Condition" not in item.attrib else f"{MAYBE}{value}"
    folder = posixpath.dirname(path)
    references: list[str] = []
    imports: list[str] = []
    open_ended: list[Evidence] = []
    sdk = root.attrib.get("Sdk", "")
    for item in root.iter():
        name, given = _tag(item), (item.attrib.get("Include") or item.attrib.get("Project") or "").replace("\\", "/")
        if name == "ProjectReference" and given:
            found = beside(folder, given)
            references.append(found) if found is not None else open_ended.append(_at(context, path, given))
        elif name == "Import" and "Sdk" not in item.attrib and given:
            above = _ABOVE.fullmatch(given)
            found = nearest(context, posixpath.dirname(folder), above["name"]) if above else beside(folder, given)
            if found is not None:
                imports.append(found)
            elif above is None:
                open_ended.append(_at(context, path, given))
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
        tuple(
            word for item in root.iter() if _tag(item) == "Exec" for word in _commands(item.attrib.get("Command", ""))
        ),
    )


def _commands(line: str) -> list[str]:
    """The first words of the commands in a line."""
    return [part.split()[0].strip("\"'") for part in re.split(r"&&|[|;&\n]", line) if part.strip()]


def _included(root: Element, name: str) -> tuple[str, ...]:
    return tuple(item.attrib["Include"] for item in root.iter() if _tag(item) == name and "Include" in item.attrib)


def _at(context: BuildContext, path: str, given: str) -> Evidence:
    return Evidence(path, context.find_line(path, given.rpartition("/")[2]), f"names {given}")


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def beside(folder: str, given: str) -> str | None:
    """The context path that a project names; None where it is computed or leads out of the context."""
    plain = re.sub(r"\$\((?:MSBuildThisFileDirectory|MSBuildProjectDirectory|ProjectDir)\)/?", "", given)
    joined = posixpath.normpath(posixpath.join(folder or ".", plain))
    if "$(" in plain or "*" in plain or plain.startswith("/") or joined == ".." or joined.startswith("../"):
        return None
    return normalise(joined)
