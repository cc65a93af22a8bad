"""Whether what a container launches is there: every path that the launch names, by a stated proof."""

from __future__ import annotations

import posixpath

from dockrefactor import os_packages
from dockrefactor.effects import Effects, Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import STANDARD_PATH
from dockrefactor.launch import Started
from dockrefactor.launch_words import SHELLS, builtins
from dockrefactor.stages import Stage, Step

_INTERPRETERS = {
    "python": (".py",), "python3": (".py",), "node": (".js", ".cjs", ".mjs"), "sh": (".sh",), "bash": (".sh",),
}  # fmt: skip
_SYSTEM = (
    "/bin", "/sbin", "/usr", "/lib", "/lib64", "/etc", "/proc", "/dev", "/sys", "/run", "/var", "/tmp", "/opt/venv",
    "/go", "/root",
)  # fmt: skip


def missing_files(facts: Facts, conditional: bool = False) -> list[Evidence]:
    """Files that the launch names and that nothing in the Dockerfile can have made, with the place that names them;
    with those of commands that may not run where `conditional`."""
    stage = facts.final
    certain = [item for item in facts.launch.started if conditional or not item.conditional]
    found = [place for item in certain for path, place in absent(facts, item) if not _is_mounted(facts, path)]
    for paths, evidence in facts.needs.entries:
        if not any(may_exist(facts, stage, path) or _is_mounted(facts, path) for path in paths):
            found.append(Evidence(evidence.path, evidence.line, f"{evidence.says}, and nothing puts it there"))
    return found


def absent(facts: Facts, item: Started) -> list[tuple[str, Evidence]]:
    """The image paths that a command runs and that nothing in the Dockerfile can have made."""
    at = item.evidence
    return [
        (path, Evidence(at.path, at.line, f"`{word}` is started, and nothing puts it there"))
        for path, word in (_named(item) if item.known else ())
        if not may_exist(facts, facts.final, path)
    ]


def _is_mounted(facts: Facts, path: str) -> bool:
    """Whether a compose file puts a folder of the host where `path` is."""
    return any(inside(path, mount) for service in facts.services for mount in service.mounts)


def _named(item: Started) -> list[tuple[str, str]]:
    """(image path, word) of the files that a command runs."""
    argv = item.argv
    if not argv:
        return []
    found: list[tuple[str, str]] = []
    if "/" in argv[0] and argv[0] not in SHELLS:
        found.append((absolute(argv[0], item.cwd), argv[0]))
    if " " in argv[0].strip() or ("=" in argv[0] and "/" not in argv[0].partition("=")[0]):
        found.append((absolute(argv[0], item.cwd), argv[0]))
    suffixes = _INTERPRETERS.get(item.name, ())
    script = next((word for word in argv[1:] if not word.startswith("-")), "")
    options = [word for word in argv[1:] if word.startswith("-")]
    plain = all(option in ("-u", "-O", "-OO", "-B", "-I", "-e", "-x", "-ex", "-eux") for option in options)
    if suffixes and plain and script.endswith(suffixes) and "$" not in script:
        found.append((absolute(script, item.cwd), script))
    return found


def may_exist(facts: Facts, stage: Stage, path: str) -> bool:
    """Whether a file can be at `path`: copied from the context, left by a command, or part of the system."""
    if stage.resolver()(path) is not None or stage.base_stage is not None or stage.base is None:
        return True
    systems = any(inside(path, folder) for folder in _SYSTEM) and not _in_work_folder(stage, path)
    if facts.context.truncated or systems:
        return True
    return any(_may_make(facts, step, path) for step in stage.steps)


def _may_make(facts: Facts, step: Step, path: str) -> bool:
    """Whether a step can have put a file at `path`."""
    handed = _handed_over(facts, step, path)
    if handed is not None:
        return handed
    copy = step.copy
    if copy is not None:
        listed = copy.origin is None and not (copy.unpacks or copy.remote or copy.inline)
        return not copy.known or (not listed and inside(path, copy.destination))
    if step.run is None:
        return False
    return bool(step.run.opaque) or any(_may_leave(placed.effects, path) for placed in step.run.commands)


def _may_leave(effects: Effects, path: str) -> bool:
    """Whether a command can have left a file at `path`."""
    if effects.kind in (Kind.UNKNOWN, Kind.PROGRAM):
        return True
    if effects.kind in (Kind.BUILD, Kind.INSTALL) and not effects.writes:
        return True
    return not effects.removes and any(inside(path, item) for item in effects.writes if item != "/")


def _handed_over(facts: Facts, step: Step, path: str) -> bool | None:
    """Whether a copy from another stage brings `path`; None where the step is no such copy, or not of that path."""
    copy = step.copy
    if copy is None or copy.stage is None or not copy.known or not inside(path, copy.destination):
        return None
    for source in copy.sources:
        folder = absolute(source, "/")
        inner = posixpath.relpath(path, copy.destination)
        below, beside = (posixpath.join(place, inner) for place in (folder, posixpath.dirname(folder)))
        for candidate in {folder, posixpath.normpath(below), beside}:
            if inside(candidate, folder) and may_exist(facts, copy.stage, candidate):
                return True
    return False


def _in_work_folder(stage: Stage, path: str) -> bool:
    cwd = stage.after.cwd
    return cwd.count("/") >= 2 and inside(path, cwd)


def unproved_programs(facts: Facts) -> list[Evidence]:
    """Programs that the launch or the health check names and whose presence in the final image has no proof.

    A proof is: part of the base image, of an installed package, brought by a step of the stage, copied to a folder of
    PATH, or a script of the context there.
    """
    stage = facts.final
    if stage.base is None or stage.base_stage is not None:
        return []
    brought = _brought(facts, stage)
    if brought is None:
        return []
    have = stage.base.programs | builtins() | brought | frozenset(facts.options.covered)
    found: list[Evidence] = []
    for name, evidence in (*facts.launch.programs, *facts.healthcheck.programs):
        if "/" in name or "$" in name or name in have:
            continue
        if stage.last("ENTRYPOINT") is None and name in stage.base.entrypoint:
            continue
        found.append(Evidence(evidence.path, evidence.line, f"nothing shows that `{name}` is in the final image"))
    return found


def _activated(facts: Facts) -> list[str]:
    """The folders that the launch itself puts on PATH: `. venv/bin/activate`."""
    return [
        posixpath.dirname(absolute(item.argv[1], item.cwd))
        for item in facts.launch.started
        if len(item.argv) == 2 and item.argv[0] in SHELLS and item.argv[1].endswith("/bin/activate")
    ]


def _brought(facts: Facts, stage: Stage) -> frozenset[str] | None:
    """Programs that the steps of a stage bring; None where a language's install may bring any name."""
    assert stage.base is not None
    found: set[str] = set()
    folders = [folder for folder in (stage.after.env.get("PATH") or "").split(":") if folder] or list(STANDARD_PATH)
    folders += _activated(facts)
    for step in stage.steps:
        if step.copy is not None:
            copied = step.copy.destination
            if step.copy.origin is not None and copied != "/" and any(inside(folder, copied) for folder in folders):
                return None
            if any(folder not in STANDARD_PATH and inside(folder, copied) for folder in folders):
                return None
            if posixpath.dirname(copied) in folders:
                found.add(posixpath.basename(copied))
            if copied in folders:
                found.update(posixpath.basename(path) for path in step.copy.sources)
            found.update(
                posixpath.basename(target) for _, target, _ in step.copy.pairs if posixpath.dirname(target) in folders
            )
        for placed in step.commands:
            effects = placed.effects
            if effects.kind in (Kind.INSTALL, Kind.UNKNOWN, Kind.BUILD):
                return None
            found.update(posixpath.basename(path) for path in effects.writes)
            if effects.kind is Kind.TOOL_INSTALL:
                found.update(posixpath.basename(name) for name in effects.programs)
            for word in effects.os_packages:
                found |= os_packages.programs_of(word.text, stage.base)
                if os_packages.role(word.text, stage.base) is os_packages.Role.UNKNOWN:
                    found.add(os_packages.bare(word.text))
    return frozenset(found)
