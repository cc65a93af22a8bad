"""Containers of Kubernetes manifests: what they start in an image, and how."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dockrefactor import yaml_text
from dockrefactor.evidence import Evidence
from dockrefactor.neighbour_files import NeighbourFile, table, tables_of, words_of
from dockrefactor.records import dataclass, field

_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
# volumes that hold no files of an earlier container, or that are not written
_GIVEN: Final = ("configMap", "secret", "projected", "downwardAPI", "emptyDir")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a manifest: `image` as written; `entrypoint` what it starts instead of ENTRYPOINT, `arguments`
    instead of CMD; `probes` the commands of its probes and hooks; `user` the id it is run as, None
    where the image says; `volumes` the paths of volumes that keep an earlier container's files; `variables` those that
    it sets; `cwd` where it starts instead of WORKDIR; `privileges` what only root may use."""

    image: str
    entrypoint: tuple[str, ...]
    arguments: tuple[str, ...]
    probes: tuple[tuple[str, ...], ...]
    ports: tuple[int, ...]
    user: int | None
    volumes: tuple[str, ...]
    evidence: Evidence
    variables: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    privileges: str = ""

    @property
    def starts(self) -> tuple[str, ...]:
        """The words that it starts by itself."""
        return (*self.entrypoint, *self.arguments)

    @property
    def command(self) -> tuple[str, ...]:
        """What it starts instead of the image's own, `""` first where only arguments are given."""
        return self.starts if self.entrypoint else (("", *self.arguments) if self.arguments else ())


def containers(file: NeighbourFile) -> Iterator[Container]:
    """The containers that a manifest describes."""
    for document in yaml_text.documents(file.text) or ():
        for pod in _pods(document, 0):
            security = table(pod.get("securityContext"))
            kept = {
                str(volume.get("name"))
                for volume in tables_of(pod.get("volumes"))
                if not any(kind in volume for kind in _GIVEN)
            }
            kept = set() if security.get("fsGroup") is not None else kept
            for key in ("containers", "initContainers"):
                for item in tables_of(pod.get(key)):
                    yield _container(file, item, security, kept)


def _pods(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The pod specifications in a manifest, wherever its kind has them."""
    if depth > 12:
        return
    if isinstance(value, dict):
        if isinstance(value.get("containers"), list):
            yield value
        for inner in value.values():
            yield from _pods(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _pods(inner, depth + 1)


def _container(file: NeighbourFile, item: dict[str, Any], pod: dict[str, Any], kept: set[str]) -> Container:
    own = table(item.get("securityContext"))
    user = own.get("runAsUser", pod.get("runAsUser"))
    command, arguments = words_of(item.get("command")), words_of(item.get("args"))
    hooks = [table(item.get(name)) for name in _PROBES]
    hooks += [table(hook) for hook in table(item.get("lifecycle")).values()]
    probes = (words_of(table(hook.get("exec")).get("command")) for hook in hooks)
    ports = (port.get("containerPort") for port in tables_of(item.get("ports")))
    mounts = [mount for mount in tables_of(item.get("volumeMounts")) if str(mount.get("name")) in kept]
    image, says = str(item.get("image", "")), f"container `{item.get('name', '')}` runs the image"
    return Container(
        image=image,
        entrypoint=command,
        arguments=arguments,
        probes=tuple(words for words in probes if words),
        ports=tuple(port for port in ports if isinstance(port, int)),
        user=user if isinstance(user, int) else None,
        volumes=tuple(str(mount.get("mountPath")) for mount in mounts if not mount.get("readOnly")),
        evidence=Evidence(file.shown, file.line(f"image: {image}"), says),
        variables={str(entry.get("name")): str(entry.get("value", "")) for entry in tables_of(item.get("env"))},
        cwd=str(item.get("workingDir") or ""),
        privileges=_privileges(own),
    )


def _privileges(security: dict[str, Any]) -> str:
    """What a container is given that only root may use, `""` where nothing."""
    if security.get("privileged") is True:
        return "privileged"
    added = table(security.get("capabilities")).get("add")
    return str(added[0]) if isinstance(added, list) and added else ""


def bare(image: str) -> str:
    """An image's own name, without registry, folder, tag or digest: `eu.gcr.io/a/shop:1` -> `shop`."""
    name = posixpath.basename(image.strip("\"' ").partition("@")[0])
    return re.sub(r":[^:]*$", "", name)
