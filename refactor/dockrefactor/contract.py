"""The runtime contract: what the engine sees of the final image agrees before and after, else nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from dockrefactor import launch_words, reachability
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.outcome import Reason as ReasonText
from dockrefactor.outcome import ReasonEnum, Start
from dockrefactor.records import dataclass
from dockrefactor.stages import Stage

# build-only by their documentation: they may stay behind in the builder
BUILD_ONLY_ENV: Final = frozenset({"DEBIAN_FRONTEND", "DEBCONF_NONINTERACTIVE_SEEN", "CGO_ENABLED"})
_LAST_WINS: Final = ("ENTRYPOINT", "CMD", "STOPSIGNAL", "HEALTHCHECK")


class Reason(ReasonEnum):
    """Why a result was thrown away."""

    CONTRACT = ReasonText(
        "contract",
        "The result would not have the original's runtime configuration.",
        "Report this file: it is a defect of dockrefactor, which kept the original.",
    )


@dataclass(frozen=True, slots=True)
class Objection:
    """One point in which the result differs: `point` names it, `before` and `after` give both sides."""

    point: str
    before: str
    after: str
    at: Evidence

    def __str__(self) -> str:
        return f"{self.point}: {self.before!r} became {self.after!r}"


@lru_cache(maxsize=2)  # the original is compared with every step
def configuration(facts: Facts) -> dict[str, str]:
    """The image configuration that the final stage and all that it builds on set, as comparable strings."""
    chain: list[Stage] = []
    stage: Stage | None = facts.final
    while stage is not None:
        chain.insert(0, stage)
        stage = facts.stages[stage.base_stage] if stage.base_stage is not None else None
    found: dict[str, str] = {}
    exposed: set[str] = set()
    volumes: set[str] = set()
    onbuild: list[str] = []
    labels: dict[str, str] = {}
    computed = False
    for stage in chain:
        for step in stage.steps:
            instruction = step.instruction
            if step.keyword in _LAST_WINS:
                found[step.keyword] = _as_said(instruction.json, instruction.args, instruction.flags)
            elif step.keyword == "EXPOSE":
                exposed.update(instruction.args)
            elif step.keyword == "VOLUME":
                volumes.update(instruction.args)
            elif step.keyword == "ONBUILD":
                onbuild.append(instruction.value)
            elif step.keyword == "LABEL":
                labels.update(zip(instruction.args[::3], instruction.args[1::3], strict=False))
                computed = computed or "$" in instruction.value
            elif step.keyword == "SHELL":
                found["SHELL"] = str(instruction.args)
            elif step.keyword == "MAINTAINER":
                found["MAINTAINER"] = str(instruction.args)
    found["EXPOSE"] = str(sorted(exposed))
    found["VOLUME"] = str(sorted(volumes))
    found["ONBUILD"] = str(onbuild)
    found["WORKDIR"] = facts.final.after.cwd
    found["LABEL"] = str(sorted((_computed_labels(facts) if computed else labels).items()))
    return found


def _as_said(json: bool, args: tuple[str, ...], flags: tuple[str, ...] = ()) -> str:
    return f"{json} {args} {flags}"


def _restarted(found: Mapping[str, str], starts: Sequence[Start]) -> dict[str, str]:
    """A configuration with the starts that a change states: each replaces the very words that it names, and no more."""
    now = dict(found)
    for start in starts:
        if now.get(start.keyword) == _as_said(start.is_exec, start.before):
            now[start.keyword] = _as_said(start.is_exec, start.after)
    return now


def _computed_labels(facts: Facts) -> Mapping[str, str]:
    """Labels with the values of their variables, as dockerfile-parse gives them."""
    try:
        return dict(facts.document.parser.labels)
    except (ValueError, IndexError):
        # dockerfile-parse gives up on a LABEL without a value: compare the words instead
        return {step.instruction.value: "" for step in facts.final.steps if step.keyword == "LABEL"}


def set_environment(facts: Facts) -> dict[str, str]:
    """Variables that ENV instructions of the final stage (and the stages beneath it) set, with their final values."""
    names = {
        name
        for stage in facts.stages
        if stage is facts.final or facts.final.base_stage is not None
        for step in stage.steps
        if step.keyword == "ENV"
        for name in step.instruction.args[::3]
    }
    values = facts.final.after.env
    return {name: values.get(name, "?") for name in names - BUILD_ONLY_ENV}


def _path_agrees(before: str, after: str) -> bool:
    """PATH may gain folders, in any place; what it had stays in its order."""
    rest = [folder for folder in after.split(":") if folder in before.split(":")]
    return rest == [folder for folder in before.split(":") if folder]


def compare(original: Facts, result: Facts, starts: Sequence[Start] = ()) -> tuple[Objection, ...]:
    """Every point of the contract in which `result` differs from `original` but for the `starts` that it states."""
    at = result.at(result.final.origin, "the final stage")
    before, after = _restarted(configuration(original), starts), configuration(result)
    found = [
        Objection(point, before.get(point, ""), after.get(point, ""), at)
        for point in sorted({*before, *after})
        if before.get(point, "") != after.get(point, "")
    ]
    old, new = set_environment(original), set_environment(result)
    for name in sorted({*old, *(new.keys() - {"PATH"})}):
        was, now = old.get(name, ""), new.get(name, result.final.after.env.get(name, ""))
        if was != now and not (name == "PATH" and _path_agrees(was, now)):
            found.append(Objection(f"ENV {name}", was, now, at))
    found.extend(_inherited(original, result, at))
    found.extend(_unreachable(original, result))
    return tuple(found)


def _unreachable(original: Facts, result: Facts) -> list[Objection]:
    """What the launch names and the final image cannot be shown to have, where its base or its stages changed."""
    if len(original.stages) == len(result.stages) and original.final.written_base == result.final.written_base:
        return []
    absent = reachability.missing_files(original, conditional=True)
    lost = [item for item in reachability.missing_files(result, conditional=True) if item not in absent]
    lost += reachability.unproved_programs(result)
    return [Objection("reachability", "there", item.says, item) for item in lost]


def _inherited(original: Facts, result: Facts, at: Evidence) -> list[Objection]:
    """ENTRYPOINT and CMD that come from the base image, and the arguments that later instructions expand."""
    found: list[Objection] = []
    old, new = original.final.base, result.final.base
    if old is None or new is None or old.reference == new.reference:
        return found
    # an entrypoint that only hands over to an explicit command changes nothing when both have the command
    alike = all(launch_words.does_nothing(base.entrypoint) for base in (old, new)) and original.final.last("CMD")
    if original.final.last("ENTRYPOINT") is None and old.entrypoint != new.entrypoint and not alike:
        found.append(Objection("inherited ENTRYPOINT", str(old.entrypoint), str(new.entrypoint), at))
    if original.final.last("CMD") is None and original.final.last("ENTRYPOINT") is None and old.cmd != new.cmd:
        found.append(Objection("inherited CMD", str(old.cmd), str(new.cmd), at))
    return found
