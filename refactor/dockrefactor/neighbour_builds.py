"""Builds of an image by other files than compose's, and how these use it: bake and skaffold files, workflows,
Makefiles, development containers."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator

from dockrefactor import yaml_text
from dockrefactor.evidence import Evidence
from dockrefactor.neighbour_commands import DockerCommand, docker_commands
from dockrefactor.neighbour_files import NeighbourFile, json_with_comments, table, tables_of, words_of
from dockrefactor.paths import found_dockerfile
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

_BLOCK = regex(r'^\s*target\s+"([^"]+)"\s*\{', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Build:
    """A build of the Dockerfile: `target` is the stage that it names, `""` for the last; `names` what it calls the
    image; `develops` that people work inside of the container."""

    target: str
    names: tuple[str, ...]
    evidence: Evidence
    develops: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The Dockerfile that is asked for: `context` is its context's absolute path, `dockerfile` its path from there."""

    context: str
    dockerfile: str

    def is_meant(self, folder: str, context: str, dockerfile: str) -> bool:
        """Whether a build in `folder` with this context and Dockerfile builds it; a computed path may be any.

        Compose and bake name the Dockerfile from the context, the engine's own command and workflows from the folder.
        """
        computed = "$" in context or "://" in context
        place = os.path.normpath(os.path.join(folder, context))
        if not computed and place != self.context:
            return False
        if computed or "$" in dockerfile:
            own_name, name = posixpath.basename(self.dockerfile), posixpath.basename(dockerfile)
            return "$" in dockerfile or name == own_name or (name, own_name) == ("Dockerfile", "dockerfile")
        own = os.path.normpath(os.path.join(self.context, self.dockerfile))
        named = (os.path.normpath(os.path.join(start, dockerfile)) for start in (place, folder))
        return own in map(found_dockerfile, named)


def builds(file: NeighbourFile, place: Place) -> Iterator[Build]:
    """The builds of that Dockerfile in one file."""
    match file.kind:
        case "bake":
            found = _bake_json(file) if file.shown.endswith(".json") else _bake_hcl(file)
            yield from (build for arguments, build in found if place.is_meant(file.folder, *arguments))
        case "skaffold":
            yield from _skaffold(file, place)
        case "devcontainer":
            yield from _devcontainer(file, place)
        case "workflow" | "make":
            for command in commands(file):
                if command.verb == "build":
                    yield from _built(file, command, place)
            if "build-push-action" in file.text:
                yield from _workflow(file, place)


def commands(file: NeighbourFile) -> Iterator[DockerCommand]:
    """The commands of the engine in a Makefile or workflow."""
    yield from docker_commands(file.text) if file.kind in ("workflow", "make") else ()


def _built(file: NeighbourFile, command: DockerCommand, place: Place) -> Iterator[Build]:
    context = command.operands[-1] if command.operands else "."
    named = (command.values("-f", "--file") or ("Dockerfile",))[-1]
    if place.is_meant(file.folder, context, named):
        target = (command.values("--target") or ("",))[-1]
        evidence = Evidence(file.shown, command.line, "builds this Dockerfile")
        yield Build(target, command.values("-t", "--tag"), evidence)


def _bake_hcl(file: NeighbourFile) -> Iterator[tuple[tuple[str, str], Build]]:
    for found in _BLOCK.finditer(file.text):
        body = file.text[found.end() : _end_of_block(file.text, found.end())]
        context = _hcl_value(body, "context") or "."
        evidence = Evidence(file.shown, file.text.count("\n", 0, found.start(1)) + 1, f"target `{found[1]}` builds it")
        tags = re.search(r"^\s*tags\s*=\s*\[([^\]]*)\]", body, re.MULTILINE)
        names = tuple(re.findall(r'"([^"]+)"', tags[1])) if tags else ()
        arguments = (context, _hcl_value(body, "dockerfile") or "Dockerfile")
        yield arguments, Build(_hcl_value(body, "target") or "", names, evidence)


def _end_of_block(text: str, start: int) -> int:
    depth = 1
    for sign in re.finditer(r'"(?:[^"\\\n]|\\.)*"|[{}]', text[start:]):
        depth += {"{": 1, "}": -1}.get(sign[0], 0)
        if depth == 0:
            return start + sign.start()
    return len(text)


def _hcl_value(body: str, name: str) -> str | None:
    """The value of an attribute; `$` where it is computed."""
    found = re.search(rf"^\s*{name}\s*=\s*(.*)$", body, re.MULTILINE)
    literal = re.match(r'"([^"]*)"\s*(?:#.*)?$', found[1].strip()) if found else None
    return (literal[1] if literal else "$") if found else None


def _bake_json(file: NeighbourFile) -> Iterator[tuple[tuple[str, str], Build]]:
    for name, target in table(table(json_with_comments(file.text)).get("target")).items():
        entry = table(target)
        evidence = Evidence(file.shown, file.line(f'"{name}"'), f"target `{name}` builds it")
        arguments = (str(entry.get("context", ".")), str(entry.get("dockerfile", "Dockerfile")))
        yield arguments, Build(str(entry.get("target") or ""), words_of(entry.get("tags")), evidence)


def _skaffold(file: NeighbourFile, place: Place) -> Iterator[Build]:
    for document in yaml_text.documents(file.text) or ():
        for artifact in tables_of(table(table(document).get("build")).get("artifacts")):
            docker = table(artifact.get("docker"))
            if "docker" not in artifact and {"jib", "buildpacks", "bazel", "ko", "custom", "kaniko"} & artifact.keys():
                continue
            context, named = str(artifact.get("context", ".")), str(docker.get("dockerfile", "Dockerfile"))
            if place.is_meant(file.folder, context, named):
                image = str(artifact.get("image", ""))
                evidence = Evidence(file.shown, file.line(f"image: {image}"), f"artifact `{image}` builds it")
                yield Build(str(docker.get("target") or ""), (image,), evidence, "sync" in artifact)


def _devcontainer(file: NeighbourFile, place: Place) -> Iterator[Build]:
    data = table(json_with_comments(file.text))
    build = table(data.get("build"))
    named = build.get("dockerfile") or data.get("dockerFile")
    if not isinstance(named, str):
        return
    context = str(build.get("context") or data.get("context") or ".")
    path = os.path.normpath(os.path.join(file.folder, named))
    own = os.path.normpath(os.path.join(place.context, place.dockerfile))
    if path == own and place.is_meant(file.folder, context, named):
        line = file.line("ockerfile") or file.line("dockerFile")
        evidence = Evidence(file.shown, line, "a development container is built of it")
        yield Build(str(build.get("target") or ""), (), evidence, not build.get("target"))


def _workflow(file: NeighbourFile, place: Place) -> Iterator[Build]:
    for document in yaml_text.documents(file.text) or ():
        for job in table(table(document).get("jobs")).values():
            for step in tables_of(table(job).get("steps")):
                given = table(step.get("with"))
                if not str(step.get("uses", "")).startswith("docker/build-push-action"):
                    continue
                context = str(given.get("context", "."))
                context = "." if re.fullmatch(r"\$\{\{\s*github\.workspace\s*\}\}", context) else context
                named = str(given.get("file", "Dockerfile"))
                if place.is_meant(file.folder, context, named):
                    target = str(given.get("target") or "")
                    line = file.line(f"target: {target}") if target else file.line("build-push-action")
                    names = tuple(re.split(r"[\s,]+", str(given.get("tags") or "").strip()))
                    yield Build(target, names, Evidence(file.shown, line, "a workflow builds it"))
