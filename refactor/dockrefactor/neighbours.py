"""Files beside a Dockerfile that use its image: compose files, read for what contradicts a change."""

from __future__ import annotations

import itertools
import os
import posixpath
from typing import Any, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass

COMPOSE_NAMES: Final = (
    "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml",
    "docker-compose.override.yml", "docker-compose.override.yaml", "compose.override.yaml",
    "docker-compose.dev.yml", "docker-compose.dev.yaml", "compose.dev.yaml",
    "compose.override.yml", "compose.dev.yml",
)  # fmt: skip


_MOST_FOLDERS: Final = 6
# what a service can say that matters here, and what can bring it from elsewhere or spell it otherwise
_TELLING: Final = (
    "command", "entrypoint", "user", "volumes", "target", "health", "extends", "include", "docker.sock", "\\", "<<",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """A compose service that builds this Dockerfile, in a file with any word of `_TELLING`.

    `mounts` are container paths of bind mounts of the context; `volumes` those of named volumes.
    """

    name: str
    command: tuple[str, ...]
    mounts: tuple[str, ...]
    volumes: tuple[str, ...]
    target: str
    user: str
    evidence: Evidence
    socket: bool = False


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`services`: compose services that build the Dockerfile; `action`: an `action.yml` that runs it on GitHub."""

    services: tuple[Service, ...] = ()
    action: Evidence | None = None
    broken: tuple[Evidence, ...] = ()


def read(context: BuildContext, dockerfile: str) -> Neighbours:
    """What the context's own compose files and action file say of `dockerfile`."""
    return context.once((read, dockerfile), lambda: _read(context, dockerfile))


def _read(context: BuildContext, dockerfile: str) -> Neighbours:
    services: list[Service] = []
    broken: list[Evidence] = []
    for folder, name in itertools.product(_repository_folders(context.root), COMPOSE_NAMES):
        shown = os.path.relpath(os.path.join(folder, name), context.root)
        text = (context.read(name) if shown == name else None) or _plain_text(folder, name)
        # the parser takes long to import
        if text is None or not any(word in text for word in _TELLING):
            continue
        data = _yaml(text)
        if not isinstance(data, dict):
            broken.append(Evidence(shown, 0, "cannot be read as YAML"))
            continue
        for key, service in (data.get("services") or {}).items() if isinstance(data.get("services"), dict) else ():
            if isinstance(service, dict) and _builds(service.get("build"), folder, context.root, dockerfile):
                services.append(_service(str(key), service, shown, text))
    action = None
    for name in ("action.yml", "action.yaml"):
        text = context.read(name) or _plain_text(context.root, name)
        if text and "using:" in text and "docker" in text.partition("using:")[2][:20]:
            action = Evidence(name, text[: text.index("using:")].count("\n") + 1, "GitHub runs this image as an action")
    return Neighbours(tuple(services), action, tuple(broken))


def _repository_folders(root: str | os.PathLike[str]) -> tuple[str, ...]:
    """The context and the folders above it up to the repository's own; the context alone outside of a repository."""
    folders = [os.path.abspath(root)]
    while not os.path.exists(os.path.join(folders[-1], ".git")):
        above = os.path.dirname(folders[-1])
        if above == folders[-1] or len(folders) > _MOST_FOLDERS:
            return (folders[0],)
        folders.append(above)
    return tuple(folders)


def _plain_text(folder: str | os.PathLike[str], name: str) -> str | None:
    """The ignore file often keeps compose files out of the context; they still say how the image is used."""
    path = os.path.join(folder, name)
    if not os.path.isfile(path) or os.path.islink(path) or os.path.getsize(path) > 1_000_000:
        return None
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def _yaml(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _builds(build: Any, folder: str, root: str | os.PathLike[str], dockerfile: str) -> bool:
    """Whether a service's `build`, in a compose file of `folder`, names the context `root` and the Dockerfile."""
    if not isinstance(build, str | dict):
        return False
    context = build if isinstance(build, str) else str(build.get("context", "."))
    named = "Dockerfile" if isinstance(build, str) else str(build.get("dockerfile", "Dockerfile"))
    here = os.path.normpath(os.path.join(folder, context)) == os.path.abspath(root)
    return here and posixpath.basename(named) == posixpath.basename(dockerfile)


def _service(key: str, service: dict[str, Any], name: str, text: str) -> Service:
    line = next((number for number, row in enumerate(text.splitlines(), 1) if row.strip().startswith(f"{key}:")), 0)
    mounts: list[str] = []
    volumes: list[str] = []
    socket = False
    for item in service.get("volumes") or ():
        source, target = _volume(item)
        socket = socket or "docker.sock" in source
        (mounts if source.startswith((".", "/", "~", "$")) else volumes).append(target)
    build = service.get("build")
    target = str(build.get("target") or "") if isinstance(build, dict) else ""
    return Service(
        name=key,
        command=_words(service.get("command")) or _words(service.get("entrypoint")),
        mounts=tuple(mounts),
        volumes=tuple(volumes),
        target=target,
        user=str(service.get("user") or ""),
        evidence=Evidence(name, line, f"service `{key}` builds this Dockerfile"),
        socket=socket,
    )


def _volume(item: Any) -> tuple[str, str]:
    if isinstance(item, dict):
        return str(item.get("source") or ""), str(item.get("target") or "")
    parts = str(item).split(":")
    return (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(word) for word in value)
    return tuple(str(value).split()) if value else ()
