"""The stage that a compose service builds, written into the text of its file; every other byte stays.

Only plain entries are edited: a service of the file itself, without anchors, and read again afterwards as what it was
but for its target.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dockrefactor import yaml_text
from dockrefactor.neighbour_files import table
from dockrefactor.text import Edit, Span, apply

if TYPE_CHECKING:
    from yaml import MappingNode, Node


def targeted(text: str, services: Sequence[str], target: str) -> str | None:
    """`text` with `build.target` of these services set to `target`; None where one of them is not plain."""
    edits: list[Edit] = []
    for service in services:
        found = _service(text, service)
        edit = _edit(text, *found, target) if found is not None else None
        if edit is None:
            return None
        edits.append(edit)
    after = apply(text, edits)
    return after if _says(after) == _wanted(text, services, target) else None


def _says(text: str) -> Any:
    return yaml_text.document(text)


def _wanted(text: str, services: Sequence[str], target: str) -> Any:
    """What the file must say afterwards."""
    data = _says(text)
    for name in services:
        service = data["services"][name]
        build = service.get("build")
        service["build"] = {**({"context": build} if isinstance(build, str) else build or {}), "target": target}
    return data


def _service(text: str, name: str) -> tuple[Node, MappingNode] | None:
    """The key and the value of a service that is written out in the file; None where anchors or tags have a part."""
    import yaml

    if not isinstance(table(table(_says(text)).get("services")).get(name), dict):
        return None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        found = _pair(_pair(root, "services")[1], name)
        marks = (yaml.AnchorToken, yaml.AliasToken, yaml.TagToken)
        noted = [token for token in yaml.scan(text, Loader=yaml.SafeLoader) if isinstance(token, marks)]
    except (yaml.YAMLError, ValueError, RecursionError, LookupError):
        return None
    key, node = found
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return None
    if any(key.start_mark.index <= token.start_mark.index < node.end_mark.index for token in noted):
        return None
    return key, node


def _pair(node: Node | None, name: str) -> tuple[Node, Node]:
    """The key and the value of that name. Raises LookupError."""
    from yaml import MappingNode

    pairs = node.value if isinstance(node, MappingNode) else ()
    found = next(((key, value) for key, value in pairs if key.value == name), None)
    if found is None:
        raise LookupError(name)
    return found


def _edit(text: str, key: Node, service: MappingNode, target: str) -> Edit | None:
    newline = "\r\n" if "\r\n" in text else "\n"
    flow = bool(service.flow_style)
    at = service.start_mark.column
    inner = at + max(at - key.start_mark.column, 1)
    build = next((pair for pair in service.value if pair[0].value == "build"), None)
    if build is not None:
        return _in_build(text, build, target, newline, None if flow else inner)
    first = service.value[0][0].start_mark.index
    if flow:
        return Edit(Span(first, first), f"build: {{target: {target}}}, ")
    return Edit(Span(first, first), _block(inner, newline, (f"target: {target}",)) + newline + " " * at)


def _in_build(text: str, pair: tuple[Node, Node], target: str, newline: str, inner: int | None) -> Edit | None:
    """The edit of a service's `build`; `inner` is the column of what stands below it, None where braces hold it."""
    import yaml

    key, value = pair
    start, end = value.start_mark.index, value.end_mark.index
    written = text[start:end]
    if isinstance(value, yaml.MappingNode) and value.value:
        return _in_mapping(text, value, target, newline)
    if not isinstance(value, yaml.ScalarNode) or not value.value or value.style in ("|", ">") or "\n" in written:
        return None
    if inner is None:
        return Edit(Span(start, end), f"{{context: {written}, target: {target}}}")
    lines = (f"context: {written}", f"target: {target}")
    # what follows on the line, a comment, stays beside the folder
    commented = bool(text[end:].partition("\n")[0].strip())
    return Edit(Span(key.start_mark.index, end), _block(inner, newline, lines[::-1] if commented else lines))


def _in_mapping(text: str, build: MappingNode, target: str, newline: str) -> Edit | None:
    """The edit of a build that is written as a mapping: another target, or one behind what says where it is built."""
    import yaml

    keys = {key.value: value for key, value in build.value}
    if "target" in keys:
        old = keys["target"]
        plain = isinstance(old, yaml.ScalarNode) and old.style not in ("|", ">")
        return Edit(Span(old.start_mark.index, old.end_mark.index), target) if plain else None
    if build.flow_style:
        last = build.value[-1][1].end_mark.index
        return Edit(Span(last, last), f", target: {target}")
    first = build.value[0][0].start_mark
    places = [value for name, value in keys.items() if name in ("context", "dockerfile")]
    if not places or not isinstance(places[-1], yaml.ScalarNode) or places[-1].style in ("|", ">"):
        return Edit(Span(first.index, first.index), f"target: {target}{newline}{' ' * first.column}")
    end = text.find("\n", places[-1].end_mark.index)
    end = len(text) if end < 0 else end - text[:end].endswith("\r")
    return Edit(Span(end, end), f"{newline}{' ' * first.column}target: {target}")


def _block(column: int, newline: str, lines: tuple[str, ...]) -> str:
    """A `build` with its lines below it."""
    return "build:" + "".join(f"{newline}{' ' * column}{line}" for line in lines)
