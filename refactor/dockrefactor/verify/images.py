"""What an engine says of an image: its configuration, and the contract between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dockrefactor.contract import BUILD_ONLY_ENV
from dockrefactor.facts import Facts
from dockrefactor.launch_words import does_nothing
from dockrefactor.outcome import Start
from dockrefactor.records import dataclass, replace
from dockrefactor.verify.engine import Engine
from dockrefactor.verify.findings import Finding, Weight, note

# the image configuration that must be equal; Env is compared by the variables that instructions set
CONTRACT: Final = (
    *("Entrypoint", "Cmd", "ExposedPorts", "Volumes", "WorkingDir"),
    *("Labels", "StopSignal", "Healthcheck", "Shell", "OnBuild"),
)
_OWN_LABELS: Final = ("dockrefactor.", "io.buildah.")
_ROOT: Final = ("", "0", "root")


@dataclass(frozen=True, slots=True)
class Configured:
    """An image by its name, with its configuration as `inspect` gives it, its size in bytes and number of layers;
    `architecture` in the engine's words, `""` where it does not say."""

    name: str
    config: Mapping[str, Any]
    size: int
    layers: int
    architecture: str = ""

    @property
    def env(self) -> dict[str, str]:
        return dict(text.partition("=")[::2] for text in self.config.get("Env") or ())

    @property
    def user(self) -> str:
        return str(self.config.get("User") or "")

    @property
    def is_root(self) -> bool:
        return self.user.partition(":")[0] in _ROOT

    def words(self, key: str) -> tuple[str, ...]:
        """A list of the configuration, empty where there is none."""
        return tuple(str(word) for word in self.config.get(key) or ())

    @property
    def ports(self) -> tuple[int, ...]:
        """TCP ports that EXPOSE names."""
        found = [text.partition("/") for text in self.config.get("ExposedPorts") or {}]
        return tuple(
            sorted(int(number) for number, _, protocol in found if protocol in ("", "tcp") and number.isdigit())
        )

    @property
    def healthcheck(self) -> tuple[str, ...]:
        """The words of the health check; empty where there is none."""
        test = (self.config.get("Healthcheck") or {}).get("Test") or ()
        return () if test[:1] == ["NONE"] else tuple(test)


def of_name(engine: Engine, name: str) -> Configured:
    """The configuration of an image. Raises EngineError."""
    found = engine.inspected("image", name)
    if "OCIv1" in found:  # buildah's own form
        image = found["OCIv1"]
        layers = image["rootfs"]["diff_ids"]
        return Configured(name, image["config"], 0, len(layers), str(image.get("architecture") or ""))
    config = dict(found.get("Config") or {})
    # podman keeps it beside the configuration
    config.setdefault("Healthcheck", found.get("HealthCheck") or found.get("Healthcheck"))
    layers = (found.get("RootFS") or {}).get("Layers") or ()
    size, architecture = int(found.get("Size") or 0), str(found.get("Architecture") or "")
    return Configured(name, config, size, len(layers), architecture)


def configuration(image: Configured, names: frozenset[str], known_path: tuple[str, ...]) -> dict[str, object]:
    """What the contract holds of an image: of Env only the variables `names`, of PATH only folders of `known_path`."""
    found: dict[str, object] = {key: image.config.get(key) or None for key in CONTRACT}
    labels = {
        key: value for key, value in (image.config.get("Labels") or {}).items() if not key.startswith(_OWN_LABELS)
    }
    found["Labels"] = labels or None
    if found["WorkingDir"] == "/":
        found["WorkingDir"] = None
    if does_nothing(image.words("Entrypoint")):
        found["Entrypoint"] = None  # the base image's own, which starts the command as it is
    for name in sorted(names - {"PATH"}):
        found[f"Env {name}"] = image.env.get(name)
    if "PATH" in names:
        found["Env PATH"] = [folder for folder in image.env.get("PATH", "").split(":") if folder in known_path]
    return found


def set_names(facts: Facts) -> frozenset[str]:
    """Variables that ENV instructions set, apart from those that only builds read."""
    return (
        frozenset(
            name
            for stage in facts.contributing
            for step in stage.steps
            if step.keyword == "ENV"
            for name in step.instruction.args[::3]
        )
        - BUILD_ONLY_ENV
    )


def restarted(image: Configured, starts: Sequence[Start]) -> Configured:
    """An image's configuration with the starts that a change states, in the very place of the words that they name."""
    config = dict(image.config)
    for start in starts:
        key = start.keyword.capitalize()
        words = tuple(config.get(key) or ())
        at = 0 if start.is_exec else max(len(words) - 1, 0)  # behind the shell
        if words[at:] == start.before:
            config[key] = [*words[:at], *start.after]
    return replace(image, config=config)


def compare(before: Configured, after: Configured, original: Facts, starts: Sequence[Start] = ()) -> list[Finding]:
    """Every point of the runtime contract in which the images differ, and the users; `starts` are accepted."""
    names = set_names(original)
    path = tuple((original.final.after.env.get("PATH") or before.env.get("PATH", "")).split(":"))
    before = restarted(before, starts)
    old, new = configuration(before, names, path), configuration(after, names, path)
    found = [
        note("start", f"{start.keyword}: {_shown(list(start.before))} became {_shown(list(start.after))}, as accepted")
        for start in starts
    ]
    found += [
        Finding("configuration", Weight.DIFFERENCE, f"{key}: {_shown(old[key])} became {_shown(new[key])}")
        for key in old
        if old[key] != new[key]
    ]
    if before.user != after.user:
        found.append(_users(before, after))
    return found


def _users(before: Configured, after: Configured) -> Finding:
    says = f"{before.user or 'root'} became {after.user or 'root'}"
    if after.is_root or not before.is_root:
        return Finding("user", Weight.DIFFERENCE, says)
    return note("user", says)


def _shown(value: object) -> str:
    import json

    return "none" if value is None else json.dumps(value)
