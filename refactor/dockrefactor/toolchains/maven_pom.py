"""Maven's `pom.xml` as data: one file, and a project with what it inherits from the parents that the context has.

Read by defusedxml, which refuses entities and document types: a pom needs neither.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.evidence import Evidence
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST_PARENTS: Final = 12
_PROPERTY: Final = regex(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin of a build: `goals` of its executions, and every value of its configurations by the element's name."""

    name: str
    goals: tuple[str, ...]
    settings: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Dependency:
    """`group:artifact` with its scope, `compile` where none is given."""

    name: str
    scope: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Pom:
    """One `pom.xml`, its texts as written; `parent_path` is the context path of the parent's pom that the file names
    (or Maven's default), whether it is there or not; `profiles` hold the same for each profile."""

    path: str
    group: str
    artifact: str
    version: str
    packaging: str
    parent: str
    parent_path: str
    modules: tuple[str, ...]
    properties: Mapping[str, str]
    final_name: str
    directory: str
    plugins: tuple[Plugin, ...]
    managed: tuple[Plugin, ...]
    dependencies: tuple[Dependency, ...]
    profiles: Mapping[str, Pom]
    active: bool = False
    parent_version: str = ""
    extensions: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A pom with what it inherits. `files` are the context paths that say it, its own first; `outside` names the parent
    that the context does not have, `""` where there is none or it is all there, and `above` is where that would be."""

    pom: Pom
    folder: str
    artifact: str
    version: str | None
    packaging: str
    final_name: str | None
    output: str
    plugins: Mapping[str, Plugin]
    dependencies: tuple[Dependency, ...]
    modules: tuple[str, ...]
    files: tuple[str, ...]
    outside: str
    properties: Mapping[str, str]
    above: str = ""

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.pom.path, 0, f"project {self.artifact}")


def read(context: BuildContext, path: str) -> Pom | None:
    """The pom at a context path; None where there is none, or it is no XML that may be read."""
    return context.once((read, path), lambda: _read(context, path))


def _read(context: BuildContext, path: str) -> Pom | None:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    text = context.read(path)
    if text is None:
        return None
    try:
        # ElementTree takes no text with an encoding declaration but as bytes
        root = fromstring(text.encode("utf-8"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return _Reader(context, path).pom(root) if _tag(root) == "project" else None


class _Reader:
    def __init__(self, context: BuildContext, path: str) -> None:
        self.context = context
        self.path = path

    def pom(self, root: Element) -> Pom:
        parent = _child(root, "parent")
        build = _child(root, "build")
        named = _text(parent, "relativePath", "../pom.xml") if parent is not None else ""
        parent_path = ""
        if parent is not None and named:
            parent_path = _beside(posixpath.dirname(self.path), named)
            if parent_path and self.context.is_dir(parent_path):
                parent_path = f"{parent_path}/pom.xml" if parent_path else "pom.xml"
        plugins = _child(build, "plugins")
        managed = _child(_child(build, "pluginManagement"), "plugins")
        listed = _child(root, "properties")
        activation = _child(root, "activation")
        return Pom(
            path=self.path,
            group=_text(root, "groupId") or _text(parent, "groupId"),
            artifact=_text(root, "artifactId"),
            version=_text(root, "version") or _text(parent, "version"),
            packaging=_text(root, "packaging"),
            parent=f"{_text(parent, 'groupId')}:{_text(parent, 'artifactId')}" if parent is not None else "",
            parent_path=parent_path,
            modules=tuple(
                (item.text or "").strip() for item in _children(_child(root, "modules"), "module") if item.text
            ),
            properties={_tag(item): (item.text or "").strip() for item in (listed if listed is not None else ())},
            final_name=_text(build, "finalName"),
            directory=_text(build, "directory"),
            plugins=tuple(map(_plugin, _children(plugins, "plugin"))),
            managed=tuple(map(_plugin, _children(managed, "plugin"))),
            dependencies=tuple(self._dependencies(root)),
            profiles={_text(item, "id"): self.pom(item) for item in _children(_child(root, "profiles"), "profile")},
            parent_version=_text(parent, "version"),
            active=_text(activation, "activeByDefault") == "true",
            extensions=_child(build, "extensions") is not None,
        )

    def _dependencies(self, root: Element) -> Iterator[Dependency]:
        for item in _children(_child(root, "dependencies"), "dependency"):
            name = _text(item, "artifactId")
            line = self.context.find_line(self.path, f"<artifactId>{name}</artifactId>")
            says = f"depends on {_text(item, 'groupId')}:{name}"
            yield Dependency(
                f"{_text(item, 'groupId')}:{name}", _text(item, "scope") or "compile", Evidence(self.path, line, says)
            )


def _plugin(element: Element) -> Plugin:
    executions = _children(_child(element, "executions"), "execution")
    goals = tuple((goal.text or "").strip() for item in executions for goal in _children(_child(item, "goals"), "goal"))
    settings: dict[str, list[str]] = {}
    for holder in (element, *executions):
        configuration = _child(holder, "configuration")
        for item in configuration.iter() if configuration is not None else ():
            settings.setdefault(_tag(item), []).append((item.text or "").strip())
    return Plugin(_text(element, "artifactId"), goals, {name: tuple(values) for name, values in settings.items()})


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: Element | None, name: str) -> Element | None:
    return next((item for item in element if _tag(item) == name), None) if element is not None else None


def _children(element: Element | None, name: str) -> list[Element]:
    return [item for item in element if _tag(item) == name] if element is not None else []


def _text(element: Element | None, name: str, default: str = "") -> str:
    child = _child(element, name)
    return (child.text or "").strip() if child is not None else default


def _beside(folder: str, name: str) -> str:
    """The context path of `name` as seen from `folder`; `""` where it leads out of the context."""
    joined = posixpath.normpath(posixpath.join(folder or ".", name))
    return "" if name.startswith("/") or joined == ".." or joined.startswith("../") else normalise(joined)


def project(
    context: BuildContext, path: str, profiles: Sequence[str] = (), properties: Mapping[str, str] | None = None
) -> Project | None:
    """The project whose pom lies at a context path, with these profiles and properties of the command line."""
    own = read(context, path)
    if own is None:
        return None
    chain, outside = [own], ""
    while chain[-1].parent and len(chain) < _MOST_PARENTS:
        above = read(context, chain[-1].parent_path) if chain[-1].parent_path else None
        if above is None or f"{above.group}:{above.artifact}" != chain[-1].parent:
            outside = chain[-1].parent
            break
        chain.append(above)
    layers = [layer for pom in chain for layer in (*_active(pom, profiles), pom)]
    return _merged(own, chain, layers, outside, properties or {})


def _active(pom: Pom, wanted: Sequence[str]) -> list[Pom]:
    """The profiles in force: those asked for, else those that are active by default."""
    names = {name.lstrip("+?") for name in wanted if not name.startswith(("!", "-"))}
    asked = [body for name, body in pom.profiles.items() if name in names]
    off = {name.lstrip("!-") for name in wanted if name.startswith(("!", "-"))}
    return asked or [body for name, body in pom.profiles.items() if body.active and name not in off]


def _merged(own: Pom, chain: Sequence[Pom], layers: Sequence[Pom], outside: str, given: Mapping[str, str]) -> Project:
    known: dict[str, str] = {}
    for layer in reversed(layers):
        known.update(layer.properties)
    known.update(given)
    version = next((pom.version for pom in chain if pom.version), "")
    known.update({"project.artifactId": own.artifact, "project.version": version, "project.groupId": own.group})
    known.setdefault("project.name", own.artifact)
    for name in ("artifactId", "version", "groupId"):
        known.setdefault(name, known[f"project.{name}"])
        known.setdefault(f"pom.{name}", known[f"project.{name}"])
    folder = posixpath.dirname(own.path)
    known.setdefault("project.basedir", ".")
    known.setdefault("basedir", ".")
    known["project.build.directory"] = "target"
    directory = next((layer.directory for layer in layers if layer.directory), "target")
    plugins: dict[str, Plugin] = {}
    for layer in reversed(layers):
        for item in layer.managed:
            plugins[f"managed {item.name}"] = _joined(plugins.get(f"managed {item.name}"), item)
    for layer in reversed(layers):
        for item in layer.plugins:
            plugins[item.name] = _joined(plugins.get(item.name) or plugins.get(f"managed {item.name}"), item)
    used = {name: item for name, item in plugins.items() if not name.startswith("managed ")}
    name = next((layer.final_name for layer in layers if layer.final_name), "")
    resolved = expand(version, known)
    default = f"{own.artifact}-{resolved}" if resolved else None
    known["project.build.finalName"] = (expand(name, known) if name else default) or ""
    return Project(
        pom=own,
        folder=folder,
        artifact=own.artifact,
        version=resolved,
        packaging=expand(own.packaging, known) or "jar",
        final_name=expand(name, known) if name else default,
        output=expand(directory, known) or "target",
        plugins=used,
        dependencies=tuple(item for layer in layers for item in layer.dependencies),
        modules=tuple(dict.fromkeys(module for layer in _own_layers(own, layers) for module in layer.modules)),
        files=tuple(pom.path for pom in chain),
        outside=outside,
        properties=known,
        above=chain[-1].parent_path if outside else "",
    )


def _own_layers(own: Pom, layers: Sequence[Pom]) -> list[Pom]:
    """The pom itself and its profiles: modules are not inherited."""
    return list(layers[: layers.index(own) + 1])


def _joined(first: Plugin | None, second: Plugin) -> Plugin:
    if first is None:
        return second
    settings = {**first.settings, **second.settings}
    return replace(second, goals=(*first.goals, *second.goals), settings=settings)


def expand(text: str, known: Mapping[str, str]) -> str | None:
    """`text` with `${…}` replaced; None where one of them is not known."""
    for _ in range(8):
        names = _PROPERTY.findall(text)
        if not names:
            return text
        if any(name not in known for name in names):
            return None
        text = _PROPERTY.sub(lambda match: known[match[1]], text)
    return None


def reactor(
    context: BuildContext, path: str, profiles: Sequence[str] = (), properties: Mapping[str, str] | None = None
) -> list[Project] | None:
    """The project at a context path with all its modules, itself first; None where one of them cannot be read."""
    found: list[Project] = []
    pending = [path]
    seen: set[str] = set()
    while pending:
        here = pending.pop(0)
        if here in seen:
            continue
        seen.add(here)
        item = project(context, here, profiles, properties)
        if item is None:
            return None
        found.append(item)
        for module in item.modules:
            place = _beside(item.folder, module)
            pending.append(place if place.endswith(".xml") else f"{place}/pom.xml")
    return found
