"""Makes the container run as an ordinary user, with a numeric or well-known account.

An account that the base image has is used (`node`, distroless' 65532); else one is created with the distribution's own
tool and a fixed id. Folders that the program writes to are given to it by `COPY --chown`, and themselves by a chown.
The user is not added where the program needs root, or where it cannot be shown that it does not: low ports, daemons
that start as root, entrypoints that drop privileges themselves, writes to places that are not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockrefactor import (
    accounts,
    closed_files,
    image,
    launch_words,
    launches,
    own_programs,
    ownership,
    permissions,
    port_settings,
    privileges,
    program_sources,
    reachability,
    tables,
    user_lines,
)
from dockrefactor.effects import CACHES, Kind, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.stages import Copy, Placed, starts_base_server
from dockrefactor.text import Edit, insertion


class Reasons(ReasonEnum):
    """Why no user is added."""

    USER_SET = Reason("user-set", "The final stage sets a user already.", "Nothing.")
    KEEP = Reason("user-kept", "You asked to leave users alone (--user keep).", "Nothing.")
    PRIVILEGED_PORT = Reason(
        "privileged-port",
        "The program listens on a port below 1024, which older engines and many clusters refuse to ordinary users.",
        "Listen on a port above 1023, or accept it with --assume privileged-port.",
        liftable=True,
    )
    DROPS_PRIVILEGES = Reason(
        "drops-privileges-itself",
        "The start script or the server changes to an ordinary user itself.",
        "Nothing: it must start as root.",
    )
    ROOT_DAEMON = Reason(
        "root-daemon",
        "The container starts a daemon that needs root.",
        "Start the program itself instead of the daemon.",
    )
    NEEDS_ROOT = Reason(
        "needs-root",
        "The program does what only root may.",
        "Where a capability, a group or the system allows it, accept it with --assume needs-root.",
        liftable=True,
    )
    DOCKER_SOCKET = Reason(
        "docker-socket", "A compose file mounts the engine's socket, which belongs to root.", "Nothing."
    )
    INSTALLS_AT_START = Reason(
        "installs-at-start",
        "The container installs or builds when it starts, and writes where only root may.",
        "Install in a RUN.",
    )
    WRITES_SYSTEM = Reason(
        "writes-system-folder",
        "The program writes to a folder of the system (or to `/`, where no WORKDIR is set), which belongs to root.",
        "Set a WORKDIR of its own, or write below one.",
    )
    WRITES_UNKNOWN = Reason(
        "writes-unknown-path",
        "The program writes to a path that it computes, so who must own it cannot be shown.",
        "If those paths are mounted or below the work folder, accept it with --assume writes-unknown-path.",
        liftable=True,
    )
    UNREADABLE_LAUNCH = Reason(
        "unreadable-start-script",
        "What the container starts cannot be followed to its end.",
        "Write the start script as plain commands.",
    )
    UNKNOWN_BASE = Reason(
        "unknown-base",
        "Nothing is known of the base image, its users and its tools.",
        "Use an official image, or set USER by hand.",
    )
    UNKNOWN_EFFECT = Reason(
        "unknown-effect",
        "A command may make files that only root can read or that the program must write.",
        "Replace it by commands whose effects are known.",
    )
    UNKNOWN_TOOLCHAIN = Reason(
        "unknown-toolchain",
        "What the program does is not known, so where it writes cannot be shown.",
        "Set USER by hand.",
    )
    NO_LAUNCH = Reason("no-launch", "Neither CMD nor ENTRYPOINT says what runs.", "Add a CMD.")
    LAUNCH_MISSING = Reason("launch-missing", "The original cannot start.", "Correct CMD or ENTRYPOINT first.")
    HOME_IS_ROOT = Reason(
        "home-is-root",
        "The program needs files of /root, which no other user may enter.",
        "Install to a fixed path outside /root.",
    )
    ACCOUNT_CONFLICT = Reason(
        "account-conflict", "The account that --user names is taken.", "Name another, or the image's own without an id."
    )
    NO_SHELL = Reason(
        "no-shell-to-own",
        "The program writes to a folder, and an image without a shell cannot give it away.",
        "Use a base image with a shell, or copy an empty folder with --chown.",
    )
    VOLUME = Reason(
        "volume-outside",
        "A compose file or manifest mounts a volume or folder whose files an earlier container wrote as root.",
        "If its files may be given to the new user, accept it with --assume volume-outside.",
        liftable=True,
    )
    GITHUB_ACTION = Reason(
        "github-action", "GitHub runs this image as an action, which must write as root.", "Nothing."
    )
    DEVELOPMENT_SERVER = Reason(
        "development-server", "A development server writes beside the sources.", "Build the files and serve them."
    )
    COMPOSE = Reason(
        "compose-development",
        "A compose file mounts the sources over this image for development.",
        "Set `user:` in the compose file first, then accept it with --assume compose-development.",
        liftable=True,
    )
    DEVCONTAINER = Reason(
        "devcontainer",
        "A development container is built of this Dockerfile, and people install and write in it as root.",
        "Name a stage for development as `target`, or set `remoteUser` in devcontainer.json.",
        liftable=True,
    )
    UNREADABLE_FILES = Reason(
        "unreadable-files",
        "A file of the context may be read by its owner only.",
        "Give it ordinary permissions (chmod a+r).",
    )


# a browser below /root/.cache is as far from an ordinary user as from another stage
_ALSO_CALLED = {"artifacts-in-home": "home-is-root"}


def run(facts: Facts) -> Outcome:
    """The user, or the first reason against it."""
    unneeded = _unneeded(facts)
    if unneeded is not None:
        return unneeded
    facts = facts.everywhere(by_user=True)
    assumed: list[Refusal] = []
    for found in _against(facts):
        if not found.reason.reason.liftable or found.reason.reason.code not in facts.options.assume:
            return found
        assumed.append(found)
    return _add(facts, tuple(assumed))


def _unneeded(facts: Facts) -> Outcome | None:
    if facts.options.user == "keep":
        return Unneeded(Reasons.KEEP, facts.at(facts.final.origin, "--user keep"))
    last = facts.final.last("USER")
    stage = facts.final
    if last is not None:
        return Unneeded(Reasons.USER_SET, facts.at(last.instruction, f"USER {last.instruction.value}"))
    if stage.after.user and stage.after.user not in ("root", "0"):
        return Unneeded(Reasons.USER_SET, facts.at(stage.origin, f"the stage beneath sets USER {stage.after.user}"))
    if stage.base is not None and stage.base.user and stage.base.user.partition(":")[0] not in ("root", "0"):
        return Unneeded(Reasons.USER_SET, facts.at(stage.origin, f"the base image runs as {stage.base.user}"))
    return None


def _against(facts: Facts) -> Iterator[Refusal]:
    """All that stands against an ordinary user."""
    for check in (
        *(_base, _account, _launch, _program, _neighbours, _services, _privileges, _steps, _root_home, _ports, _writes),
        _files,
    ):
        yield from check(facts)


def _base(facts: Facts) -> Iterator[Refusal]:
    stage = facts.final
    if starts_base_server(stage):
        says = f"`{stage.written_base}` starts its own server"
        yield Refusal(Reasons.DROPS_PRIVILEGES, facts.at(stage.origin, says))
    elif stage.written_base is None or stage.base is None or (not stage.base.users and not stage.base.package_manager):
        yield Refusal(Reasons.UNKNOWN_BASE, facts.at(stage.origin, f"`{stage.written_base or stage.origin.value}`"))
    elif not (stage.base.users or accounts.can_create(facts)):
        yield Refusal(Reasons.UNKNOWN_BASE, facts.at(stage.origin, f"`{stage.written_base}` has no tool for accounts"))
    elif facts.document.escape == "`" or image.is_windows(stage.written_base):
        yield Refusal(Reasons.UNKNOWN_BASE, facts.at(stage.origin, "Windows"))


def _account(facts: Facts) -> Iterator[Refusal]:
    conflict = accounts.conflict(facts)
    if conflict:
        yield Refusal(Reasons.ACCOUNT_CONFLICT, facts.at(facts.final.origin, conflict))


def _launch(facts: Facts) -> Iterator[Refusal]:
    launch = facts.launch
    if launch.one_string is not None:
        yield Refusal(Reasons.LAUNCH_MISSING, launch.one_string)
    if launch.empty:
        nothing = facts.at(facts.final.origin, "no CMD and no ENTRYPOINT")
        yield Refusal(Reasons.NO_LAUNCH, launch.waiting or nothing)
    for place in reachability.missing_files(facts):
        yield Refusal(Reasons.LAUNCH_MISSING, place)
    if launch.drops is not None:
        yield Refusal(Reasons.DROPS_PRIVILEGES, launch.drops)
    for item in launch.started:
        found = None if own_programs.is_built_here(facts.final, item) else _needs_root(item)
        if found is not None:
            yield found


def _needs_root(item: Started) -> Refusal | None:
    """What stands against an ordinary user in one command of the launch."""
    place = item.evidence
    if item.name in tables.toml("launches")["root_daemons"]:
        return Refusal(Reasons.ROOT_DAEMON, Evidence(place.path, place.line, f"`{item.name}` starts as root"))
    if item.name in tables.toml("launches")["needs_root"] or launch_words.installs(item.argv):
        says = f"`{' '.join(item.argv[:3])}`"
        return Refusal(Reasons.INSTALLS_AT_START, Evidence(place.path, place.line, says))
    return None


def _program(facts: Facts) -> Iterator[Refusal]:
    """Whether it is known what the program does."""
    for place in facts.launch.unreadable:
        yield Refusal(Reasons.UNREADABLE_LAUNCH, place)
    yield from (Refusal(Reasons.WRITES_UNKNOWN, place) for place in program_sources.unseen(facts))
    if not facts.toolchains:
        yield Refusal(Reasons.UNKNOWN_TOOLCHAIN, facts.at(facts.final.origin, "no known language"))
    for code, evidence in facts.needs.unknown:
        code = _ALSO_CALLED.get(code, code)
        member = next((member for member in Reasons if member.reason.code == code), None)
        if member is not None:
            yield Refusal(member, evidence)


def _privileges(facts: Facts) -> Iterator[Refusal]:
    return (Refusal(Reasons.NEEDS_ROOT, place) for place in privileges.wanted(facts))


def _neighbours(facts: Facts) -> Iterator[Refusal]:
    found = facts.neighbours
    if found.action is not None:
        yield Refusal(Reasons.GITHUB_ACTION, found.action)
    for place in found.broken:
        yield Refusal(Reasons.COMPOSE, place)
    for build in found.builds:
        if build.develops:
            yield Refusal(Reasons.DEVCONTAINER, build.evidence)
    for container in found.containers:
        if container.volumes and container.user is None:
            yield Refusal(Reasons.VOLUME, container.evidence)
        if container.privileges and container.user is None:
            yield _privileged(container.evidence, container.privileges)


def _services(facts: Facts) -> Iterator[Refusal]:
    """What compose files give to the containers of the image."""
    for service in facts.services:
        if service.user:
            continue
        if service.socket:
            yield Refusal(Reasons.DOCKER_SOCKET, service.evidence)
        if service.privileges:
            yield _privileged(service.evidence, service.privileges)
        if launches.is_mounted(facts.final, service):
            yield Refusal(Reasons.COMPOSE, service.evidence)
        elif service.volumes or service.mounts:
            yield Refusal(Reasons.VOLUME, service.evidence)


def _privileged(place: Evidence, what: str) -> Refusal:
    """A container is given what only root uses: an ordinary user has no capability, and no device of another group."""
    return Refusal(Reasons.NEEDS_ROOT, Evidence(place.path, place.line, f"its container is given `{what}`"))


def _steps(facts: Facts) -> Iterator[Refusal]:
    """RUN steps of the final stage leave files that others may read."""
    for step in facts.final.image_steps:
        if step.keyword == "ONBUILD":
            yield Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, "builds on this image may need root"))
        if step.copy is not None and _replaces_accounts(facts, step.copy):
            yield Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, "it may bring accounts and closed files"))
        if step.run is None:
            continue
        if step.run.opaque:
            yield Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, step.run.opaque))
        for placed in step.run.commands:
            found = _command(placed)
            if found is not None:
                yield Refusal(found[0], facts.at(step.instruction, found[1]))


def _replaces_accounts(facts: Facts, copy: Copy) -> bool:
    """Whether a copy from an image that is not of this file may replace the system's accounts."""
    own = {name for stage in facts.stages for name in (stage.name.lower(), str(stage.index)) if name}
    foreign = bool(copy.origin) and (copy.origin or "").lower() not in own
    return foreign and (inside("/etc", copy.destination) or inside(copy.destination, "/etc"))


def _command(placed: Placed) -> tuple[Reasons, str] | None:
    """What stands against an ordinary user in one command of a RUN."""
    effects = placed.effects
    if effects.kind is Kind.UNKNOWN or (effects.kind is Kind.PROGRAM and "/" in effects.writes):
        return Reasons.UNKNOWN_EFFECT, effects.why or f"what `{placed.command.name}` does is not known"
    harmless = effects.removes or effects.kind in (Kind.OS_CLEAN, Kind.TOOL_SETUP)
    kept = [path for path in effects.writes if not any(inside(path, cache) for cache in CACHES)]
    if any(inside(path, "/root") for path in kept) and not harmless:
        return Reasons.HOME_IS_ROOT, "it writes to /root"
    if placed.command.name == "chmod" and permissions.takes_away(placed.command.argv):
        return Reasons.UNKNOWN_EFFECT, "it takes permissions from others"
    return None


def _root_home(facts: Facts) -> Iterator[Refusal]:
    """What the final stage keeps in root's home folder, which no other user may enter."""
    for step in facts.final.image_steps:
        if step.copy is not None and inside(step.copy.destination, "/root"):
            yield Refusal(Reasons.HOME_IS_ROOT, facts.at(step.instruction, "it copies to /root"))
    if inside(facts.final.after.cwd, "/root"):
        workdir = facts.final.last("WORKDIR")
        place = workdir.instruction if workdir else facts.final.origin
        yield Refusal(Reasons.HOME_IS_ROOT, facts.at(place, "the work folder is in /root"))
    if inside(facts.final.after.env.get("HOME", "/home"), "/root"):
        yield Refusal(Reasons.HOME_IS_ROOT, facts.at(facts.final.origin, "HOME is /root"))


def _ports(facts: Facts) -> Iterator[Refusal]:
    for step in facts.final.image_steps:
        if step.keyword != "EXPOSE":
            continue
        for word in step.instruction.args:
            number = word.partition("/")[0].partition("-")[0]
            if number.isdigit() and int(number) < 1024:
                yield Refusal(Reasons.PRIVILEGED_PORT, facts.at(step.instruction, f"port {number}"))
    for port, place in port_settings.named(facts):
        if 0 < port < 1024:
            yield Refusal(Reasons.PRIVILEGED_PORT, place)
    for port, place in facts.ports:
        if 0 < port < 1024:
            yield Refusal(Reasons.PRIVILEGED_PORT, Evidence(place.path, place.line, f"port {port} of the container"))
    for claim in facts.needs.ports:
        if claim.value and claim.value.isdigit() and 0 < int(claim.value) < 1024:
            yield Refusal(Reasons.PRIVILEGED_PORT, claim.evidence)


def _writes(facts: Facts) -> Iterator[Refusal]:
    for claim in ownership.written_paths(facts):
        if claim.value is None:
            yield Refusal(Reasons.WRITES_UNKNOWN, claim.evidence)
        elif inside(claim.value, "/root"):
            yield Refusal(Reasons.HOME_IS_ROOT, claim.evidence)
        elif ownership.is_systems(claim.value, facts.final.after.cwd):
            yield Refusal(Reasons.WRITES_SYSTEM, claim.evidence)
    given = ownership.owned(facts)
    base = facts.final.base
    if base is not None and not base.shell and (given.tree or given.folders):
        yield Refusal(Reasons.NO_SHELL, ownership.written_paths(facts)[0].evidence)
    if facts.final.after.cwd == "/" and given.tree:
        yield Refusal(Reasons.WRITES_SYSTEM, ownership.written_paths(facts)[0].evidence)
    yield from (Refusal(Reasons.WRITES_SYSTEM, claim.evidence) for claim in ownership.in_root_folder(facts))


def _files(facts: Facts) -> Iterator[Refusal]:
    return (Refusal(Reasons.UNREADABLE_FILES, place) for place in closed_files.closed(facts))


def _add(facts: Facts, assumed: tuple[Refusal, ...]) -> Outcome:
    account = accounts.choose(facts)
    given = ownership.owned(facts)
    edits = [*_base_edit(facts), *user_lines.chowns(facts, account.owner, given)]
    position = user_lines.user_position(facts)
    early, rest = user_lines.before_volumes(facts, account.owner, given, position)
    edits += early
    folders = ownership.handover(facts, rest, account.owner)
    newline, typed = facts.document.newline, facts.document.typed
    if account.creation:
        edits.append(insertion(user_lines.creation_position(facts), typed(account.creation)))
    text = (typed(f"RUN {' && '.join(folders)}{newline}") if folders else "") + typed(f"USER {account.user}{newline}")
    prefix = "" if facts.document.text[:position].endswith("\n") else newline
    if prefix:  # the file ends without one
        text = text.rstrip("\r\n")
    edits.append(insertion(position, prefix + text))
    return Change(tuple(edits), f"the container runs as {account.user}, not as root", assumptions=assumed)


def _base_edit(facts: Facts) -> list[Edit]:
    """Distroless images have the ordinary user as a tag of their own."""
    base = facts.final.base
    assert base is not None
    written = facts.final.origin.args[0] == base.reference.written
    if base.counterpart != "nonroot" or not written or facts.options.user or facts.final.last("WORKDIR") is None:
        return []  # the other tag has another work folder
    smaller = image.counterpart(base)
    span = facts.final.origin.words[0].span
    return [Edit(span, smaller.reference.written)] if smaller is not None else []


TRANSFORM = Transform("add-user", run, Reasons)
