"""Installs that read nothing of the build context or of other stages, and that a copy above them has done again all the
same."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from dockrefactor import install_order, moved_copies, os_packages, tables
from dockrefactor.effects import Kind, absolute, in_image, inside, overlap, upwards
from dockrefactor.facts import Facts
from dockrefactor.install_order import Install
from dockrefactor.needs import InstallInputs
from dockrefactor.os_packages import Role
from dockrefactor.stages import Placed, Stage, Step

_INSTALLS: Final = frozenset({Kind.OS_INSTALL, Kind.TOOL_INSTALL, Kind.INSTALL})
# what may read or change any file that was copied
_OPEN: Final = frozenset({Kind.BUILD, Kind.PROGRAM, Kind.TEST, Kind.OS_FILES, Kind.PRUNE, Kind.UNKNOWN})
_BESIDE_SYSTEM: Final = ("/boot", "/root")  # kernels, and settings of installs
_OF_PROJECTS: Final = ("/usr/src", "/usr/app", "/var/app", "/root/app", "/root/src")
_OF_EXTENSIONS: Final = "/usr/src/php"  # what PHP's images compile extensions of
_WEB_ROOT: Final = "/var/www"  # a server's package puts a page of its own there
# packages of distributions leave this to the author: https://www.debian.org/doc/debian-policy/ch-opersys.html#site-specific-programs
_LOCAL: Final = ("/usr/local/bin", "/usr/local/sbin")
# what installs of global tools look for in the folder that they run in, and above it
_SETTINGS: Final = (".npmrc", ".yarnrc", ".yarnrc.yml", "NuGet.Config", "NuGet.config", "nuget.config", "global.json")
_NO_SERVERS: Final = frozenset({Role.BUILD, Role.HEADERS, Role.TOOL})


def may_wait(stage: Stage) -> bool:
    """Whether an install stands below a copy of what changes, whatever it reads."""
    changing = (at for at, step in enumerate(stage.steps) if _is_own(step) or _is_made(step))
    return any(_installs(step) for step in stage.steps[next(changing, len(stage.steps)) :])


def waiting(facts: Facts, stage: Stage) -> Iterator[tuple[Install, list[int]]]:
    """The installs that may as well stand above the copies before them, with the positions of these copies; the lowest
    install first."""
    for at in range(len(stage.steps) - 1, 0, -1):
        if not _installs(stage.steps[at]):
            continue
        read = _inputs(facts, stage, at)
        own = {
            place
            for place, step in enumerate(stage.steps[:at])
            if step.copy is not None and install_order.brings_more(facts, step.copy, read)
        }
        made = {place for place, step in enumerate(stage.steps[:at]) if _is_made(step)}
        found = Install(at, _end(stage, at), InstallInputs())
        for copies in (sorted(own | made), sorted(own)):
            if copies and _is_free(facts, stage, found, copies):
                yield found, copies
                break


def _is_own(step: Step) -> bool:
    return step.copy is not None and step.copy.origin is None


def _is_made(step: Step) -> bool:
    """Whether a step copies what another stage of the file makes, which changes with the sources."""
    return step.copy is not None and step.copy.stage is not None


def _installs(step: Step) -> bool:
    return any(placed.effects.kind in _INSTALLS for placed in step.commands)


def _inputs(facts: Facts, stage: Stage, before: int) -> InstallInputs:
    """All that the installs above the step `before` read: copies of that alone are where they belong."""
    found = [
        inputs
        for step in stage.steps[:before]
        for placed in step.commands
        if placed.effects.kind is Kind.INSTALL and (inputs := facts.install_inputs(step, placed, stage)) is not None
    ]
    return InstallInputs(
        tuple(path for inputs in found for path in inputs.files),
        tuple(path for inputs in found for path in inputs.folders),
    )


def _end(stage: Stage, at: int) -> int:
    """The last of the steps that only clean up behind the install `at`."""
    while at + 1 < len(stage.steps):
        run = stage.steps[at + 1].run
        if run is None or not run.kinds <= {Kind.OS_CLEAN}:
            break
        at += 1
    return at


def _is_free(facts: Facts, stage: Stage, found: Install, copies: Sequence[int]) -> bool:
    """Whether nothing from the first of the copies to the end of the install reads or changes what they bring."""
    between = range(copies[0] + 1, found.last + 1)
    copied = [copy for at in (*copies, *between) if (copy := stage.steps[at].copy) is not None]
    if not all(copy.known or copy.inline for copy in copied):
        return False
    if any(_reads(facts, stage, at) for at in between):
        return False
    if moved_copies.blocked_between(facts, stage, found, copies, through=True) is not None:
        return False
    if any(_touches(stage.steps[other], stage.steps[at]) for at in copies for other in between if other not in copies):
        return False
    commands = [placed for at in between for placed in stage.steps[at].commands]
    targets = (path for at in copies for path in _targets(facts, stage.steps[at]))
    return all(_is_left_alone(stage, path, commands) for path in targets)


def _is_left_alone(stage: Stage, path: str, commands: Sequence[Placed]) -> bool:
    """Whether no package that the commands install puts a file at `path`, or finds a program or settings there."""
    if path == "/":
        return False
    if inside(path, _OF_EXTENSIONS):
        return False
    system = (*tables.toml("system_places")["system"], *_BESIDE_SYSTEM)
    if not _is_within(path, system) or _is_within(path, _OF_PROJECTS):
        return True
    if inside(path, _WEB_ROOT):
        return all(_puts_no_page(stage, word.text) for placed in commands for word in placed.effects.os_packages)
    name = posixpath.basename(path)
    starts = any(name in (placed.command.name, *placed.effects.programs) for placed in commands)
    tools = any(placed.effects.kind is Kind.TOOL_INSTALL for placed in commands)
    return posixpath.dirname(path) in _LOCAL and not (starts or tools or os_packages.is_systems(name))


def _reads(facts: Facts, stage: Stage, at: int) -> bool:
    """Whether a command of the step reads something that was copied, or may."""
    step = stage.steps[at]
    for placed in step.commands:
        if placed.effects.kind in _OPEN:
            return True
        if placed.effects.kind is Kind.TOOL_INSTALL and _has_settings(stage, at, placed.cwd):
            return True
        if placed.effects.kind is Kind.INSTALL:
            inputs = facts.install_inputs(step, placed, stage)
            if inputs is None or inputs.files or inputs.folders or inputs.missing or inputs.open_ended:
                return True
    return _installs(step) and bool(install_order.named(facts, stage, at, None))


def _has_settings(stage: Stage, at: int, cwd: str) -> bool:
    resolve = stage.resolver(at)
    return any(resolve(posixpath.join(folder, name)) is not None for folder in upwards(cwd) for name in _SETTINGS)


def _touches(step: Step, moved: Step) -> bool:
    """Whether a step names what a copy brings; of what another stage made, whether it copies to there or installs a
    language's packages, either of which may read or change it."""
    there = moved_copies.written(moved)
    words = ((word.text.partition("*")[0], placed.cwd) for placed in step.commands for word in placed.command.words)
    if any("/" in word and overlap((absolute(word, cwd),), there) for word, cwd in words):
        return True
    installs = any(placed.effects.kind is Kind.INSTALL for placed in step.commands)
    return _is_made(moved) and (installs or overlap(moved_copies.written(step), there))


def _targets(facts: Facts, step: Step) -> Iterator[str]:
    """The image paths of all files that a copy brings, or of what holds them."""
    assert step.copy is not None
    if _is_made(step):
        yield from moved_copies.written(step)
    for source, target, is_folder in step.copy.pairs:
        if is_folder:
            inner = (entry.path for entry in facts.context.walk(source) if not entry.is_dir)
            yield from (in_image(path, source, target) for path in inner)
        else:
            yield target


def _is_within(path: str, folders: Sequence[str]) -> bool:
    return any(inside(path, folder) for folder in folders)


def _puts_no_page(stage: Stage, package: str) -> bool:
    """Whether a package is known to be no server, and to bring none."""
    if stage.base is None:
        return False
    return package.startswith("lib") or os_packages.role(package, stage.base) in _NO_SERVERS
