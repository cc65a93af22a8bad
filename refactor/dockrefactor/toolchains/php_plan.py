"""How a PHP build is split: what it is worth, and what goes to the runtime, which has the same base image."""

from __future__ import annotations

import posixpath

from dockrefactor import left_behind
from dockrefactor.effects import Kind, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.records import replace
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Artifact, Blocked, Plan
from dockrefactor.toolchains import php_distribution
from dockrefactor.toolchains.php_commands import ComposerInstall

_Commands = list[tuple[Step, Placed]]


def plan(facts: Facts, own: _Commands) -> Plan | Blocked:
    """See `Toolchain.plan`; `own` are PHP's commands of all contributing stages."""
    base = facts.final.base
    assert base is not None
    packaged = base.language != "php"
    foreign = php_distribution.obstacle(facts, own) if packaged else None
    if foreign is not None:
        return foreign
    unknown = next(((step, placed) for step, placed in own if placed.effects.kind is Kind.UNKNOWN), None)
    if unknown is not None:
        return Blocked("unknown-effect", facts.at(unknown[0].instruction, unknown[1].effects.why))
    making = [(step, placed) for step, placed in own if placed.effects.kind in (Kind.INSTALL, Kind.BUILD)]
    gain = (_left_behind(facts, packaged) or _composer(facts)) if making else None
    gain = gain or facts.left_behind
    if gain is None:
        return Plan()
    against = _obstacle(facts, making)
    if against is not None:
        return against
    plan = _assembled(facts, making, gain)
    return replace(plan, instead=php_distribution.instead(facts)) if packaged and isinstance(plan, Plan) else plan


def _left_behind(facts: Facts, packaged: bool) -> str | None:
    return php_distribution.gain(facts) if packaged else left_behind.gain(facts)


def _composer(facts: Facts) -> str | None:
    """Composer, where a step brings it into the image."""
    for step in facts.final.steps:
        names = {posixpath.basename(path) for path in step.copy.sources} if step.copy and step.copy.origin else set()
        brought = step.run is not None and any(
            placed.effects.kind is Kind.TOOL_INSTALL and "composer" in placed.effects.writes[0]
            for placed in step.run.commands
        )
        if "composer" in names or brought:
            return "Composer stays behind"
    return None


def _obstacle(facts: Facts, making: _Commands) -> Blocked | None:
    """A start that installs, a manifest that is not there, or a program that Composer puts into root's home."""
    for item in facts.launch.started:
        if item.name == "composer" or item.argv[:2] == ("php", "composer.phar"):
            says = f"`{' '.join(item.argv[:3])}` runs Composer when it starts"
            return Blocked("needs-build-tool", Evidence(item.evidence.path, item.evidence.line, says))
    for step, placed in making:
        inputs = facts.install_inputs(step, placed, facts.final) if placed.effects.kind is Kind.INSTALL else None
        if inputs is not None and any(facts.final.copied(path) is None for path in inputs.missing):
            says = f"{inputs.missing[0]} is not copied from the context"
            return Blocked("manifest-missing", facts.at(step.instruction, says))
    return None


def _assembled(facts: Facts, making: _Commands, gain: str) -> Plan | Blocked:
    outside: dict[str, Artifact] = {}
    inner: list[tuple[Step, Placed, str]] = []
    for step, placed in making:
        for path in placed.effects.writes:
            if _is_systems(path):
                outside[path] = Artifact(path, True, facts.at(step.instruction, "is compiled here"))
            else:
                inner.append((step, placed, path))
    evidence = tuple(facts.at(step.instruction, "builds for PHP") for step, _ in making)
    vendor = {path for _, placed, path in inner if isinstance(placed.effects.detail, ComposerInstall)}
    alone = len(vendor) == len({path for _, _, path in inner}) <= 1 and not any(
        _in_context(facts, path) for path in vendor
    )
    if alone and not _programs(facts):
        folder = {path: Artifact(path, True, facts.at(inner[0][0].instruction, "is installed here")) for path in vendor}
        return Plan(artifacts=tuple({**outside, **folder}.values()), gain=gain, evidence=evidence)
    tree = _tree(facts, [path for _, _, path in inner])
    if tree == "/":
        step, _, path = inner[0]
        return Blocked("context-has-artifacts", facts.at(step.instruction, f"it writes {path} among the sources in /"))
    return Plan(artifacts=tuple(outside.values()), tree=tree, gain=gain, evidence=evidence)


def _is_systems(path: str) -> bool:
    return inside(path, "/usr/local/lib/php") or inside(path, "/usr/local/etc/php")


def _in_context(facts: Facts, path: str) -> bool:
    """Whether the context has something that a copy would put over what an install makes at `path`."""
    return facts.final.copied(path) is not None


def _programs(facts: Facts) -> bool:
    """Whether programs of the project run in the build and write among the sources before its end."""
    last = max(
        (
            at
            for at, step in enumerate(facts.final.steps)
            if step.run is not None and step.run.kinds & {Kind.INSTALL, Kind.BUILD}
        ),
        default=-1,
    )
    return any(step.run is not None and Kind.PROGRAM in step.run.kinds for step in facts.final.steps[: last + 1])


def _tree(facts: Facts, paths: list[str]) -> str:
    """The folder of the project: that of the installs, outwards to what was copied."""
    folders = [posixpath.dirname(path) for path in paths] or [facts.final.after.cwd]
    common = posixpath.commonpath(folders)
    targets = [
        target
        for step in facts.final.steps
        if step.copy is not None and step.copy.origin is None
        for _, target, is_folder in step.copy.pairs
        if is_folder and inside(common, target)
    ]
    return min([common, *targets], key=len)
