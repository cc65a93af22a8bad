"""Makes the container run as an ordinary user, with a numeric or well-known account.

An account that the base image has is used (`node`, distroless' 65532); else one is created with the distribution's own
tool and a fixed id. Folders that the program writes to are given to it: by `COPY --chown`, never by a recursive chown in a
layer of its own. The user is not added where the program needs root, or where it cannot be shown that it does not: low
ports, daemons that start as root, entrypoints that drop privileges themselves, writes to places that are not known.
"""

from __future__ import annotations

import posixpath
import re
import stat
from dataclasses import dataclass

from dockrefactor import image, reachability
from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.launch import Launch
from dockrefactor.needs import Claim
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.stages import Step
from dockrefactor.text import Edit, insertion

NAME, UID = "app", 10001


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
        "The start script changes to an ordinary user itself.",
        "Nothing: it must start as root.",
    )
    ROOT_DAEMON = Reason(
        "root-daemon",
        "The container starts a daemon that needs root.",
        "Start the program itself instead of the daemon.",
    )
    DOCKER_SOCKET = Reason(
        "docker-socket", "A compose file mounts the engine's socket, which belongs to root.", "Nothing."
    )
    INSTALLS_AT_START = Reason(
        "installs-at-start",
        "The container installs or builds when it starts, and writes where only root may.",
        "Install in a RUN.",
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
    NO_SHELL = Reason(
        "no-shell-to-own",
        "The program writes to a folder, and an image without a shell cannot give it away.",
        "Use a base image with a shell, or copy an empty folder with --chown.",
    )
    VOLUME = Reason(
        "volume-outside",
        "A compose file mounts a volume or folder whose files an earlier container wrote as root.",
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
    UNREADABLE_FILES = Reason(
        "unreadable-files",
        "A file of the context may be read by its owner only.",
        "Give it ordinary permissions (chmod a+r).",
    )


def run(facts: Facts) -> Outcome:
    """The user, or the first reason against it."""
    return _unneeded(facts) or _against(facts) or _add(facts)


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


def _against(facts: Facts) -> Outcome | None:
    for check in (_base, _launch, _neighbours, _steps, _ports, _writes, _files):
        found = check(facts)
        if found is not None and not (
            found.reason.reason.liftable and found.reason.reason.code in facts.options.assume
        ):
            return found
    return None


def _base(facts: Facts) -> Refusal | None:
    stage = facts.final
    if stage.written_base is None or stage.base is None or (not stage.base.users and not stage.base.package_manager):
        return Refusal(Reasons.UNKNOWN_BASE, facts.at(stage.origin, f"`{stage.written_base or stage.origin.value}`"))
    if facts.document.escape == "`" or image.is_windows(stage.written_base):
        return Refusal(Reasons.UNKNOWN_BASE, facts.at(stage.origin, "Windows"))
    return None


def _launch(facts: Facts) -> Refusal | None:
    launch = facts.launch
    if launch.one_string is not None:
        return Refusal(Reasons.LAUNCH_MISSING, launch.one_string)
    if launch.empty:
        return Refusal(Reasons.NO_LAUNCH, facts.at(facts.final.origin, "no CMD and no ENTRYPOINT"))
    missing = reachability.missing_files(facts)
    if missing:
        return Refusal(Reasons.LAUNCH_MISSING, missing[0])
    if launch.drops is not None:
        return Refusal(Reasons.DROPS_PRIVILEGES, launch.drops)
    for item in launch.started:
        if item.name in _ROOT_DAEMONS:
            return Refusal(
                Reasons.ROOT_DAEMON, Evidence(item.evidence.path, item.evidence.line, f"`{item.name}` starts as root")
            )
        if item.name in _INSTALLERS or _installs(item.argv):
            return Refusal(
                Reasons.INSTALLS_AT_START,
                Evidence(item.evidence.path, item.evidence.line, f"`{' '.join(item.argv[:3])}`"),
            )
    if launch.unreadable:
        return Refusal(Reasons.UNREADABLE_LAUNCH, launch.unreadable[0])
    if not facts.toolchains:
        return Refusal(Reasons.UNKNOWN_TOOLCHAIN, facts.at(facts.final.origin, "no known language"))
    for code, evidence in facts.needs.unknown:
        member = next((member for member in Reasons if member.reason.code == code), None)
        if member is not None and not (member.reason.liftable and code in facts.options.assume):
            return Refusal(member, evidence)
    return None


_ROOT_DAEMONS = frozenset(
    [
        "cron",
        "crond",
        "sshd",
        "supervisord",
        "apache2",
        "apachectl",
        "apache2ctl",
        "apache2-foreground",
        "httpd",
        "nginx",
        "postgres",
        "mysqld",
        "mariadbd",
        "dockerd",
        "containerd",
        "systemd",
        "init",
        "runsvdir",
        "s6-svscan",
        "haproxy",
        "named",
        "dnsmasq",
        "openvpn",
        "squid",
        "vsftpd",
        "service",
        "rsyslogd",
    ]
)
_INSTALLERS = frozenset(
    {
        "apt-get",
        "apt",
        "apk",
        "yum",
        "dnf",
        "useradd",
        "adduser",
        "groupadd",
        "mount",
        "iptables",
        "sysctl",
        "chown",
        "ldconfig",
        "update-ca-certificates",
    }
)


def _installs(argv: tuple[str, ...]) -> bool:
    if not argv:
        return False
    name = posixpath.basename(argv[0])
    words = set(argv[1:3])
    return (
        name in ("pip", "pip3", "npm", "yarn", "pnpm", "poetry", "pipenv", "bundle", "go", "cargo")
        and bool(words & {"install", "ci", "add", "sync", "run-script-install"})
        and not words & {"run", "start"}
    ) or (name == "go" and argv[1:2] == ("run",))


def _neighbours(facts: Facts) -> Refusal | None:
    found = facts.neighbours
    if found.action is not None:
        return Refusal(Reasons.GITHUB_ACTION, found.action)
    for service in found.services:
        if service.user:
            continue
        if service.socket:
            return Refusal(Reasons.DOCKER_SOCKET, service.evidence)
        cwd = facts.final.after.cwd
        if any(inside(cwd, path.rstrip("/") or "/") for path in service.mounts if path):
            return _unless_assumed(facts, Refusal(Reasons.COMPOSE, service.evidence))
        if service.volumes or service.mounts:
            return _unless_assumed(facts, Refusal(Reasons.VOLUME, service.evidence))
    return None


def _unless_assumed(facts: Facts, refusal: Refusal) -> Refusal | None:
    return None if refusal.reason.reason.code in facts.options.assume else refusal


def _steps(facts: Facts) -> Refusal | None:
    """RUN steps of the final stage (and of the stages it builds on) leave files that others may read."""
    stages = [facts.final]
    while stages[-1].base_stage is not None:
        stages.append(facts.stages[stages[-1].base_stage])
    for stage in stages:
        for step in stage.steps:
            if step.run is None:
                continue
            if step.run.opaque:
                return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, step.run.opaque))
            for placed in step.run.commands:
                effects = placed.effects
                if effects.kind is Kind.UNKNOWN:
                    return Refusal(
                        Reasons.UNKNOWN_EFFECT,
                        facts.at(step.instruction, effects.why or f"what `{placed.command.name}` does is not known"),
                    )
                if (
                    any(inside(path, "/root") for path in effects.writes)
                    and effects.kind not in (Kind.OS_CLEAN, Kind.TOOL_SETUP)
                    and not effects.removes
                ):
                    return Refusal(Reasons.HOME_IS_ROOT, facts.at(step.instruction, "it writes to /root"))
                if effects.kind is Kind.PROGRAM and "/" in effects.writes:
                    return Refusal(Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, effects.why))
                if effects.kind is Kind.FILES and placed.command.name == "chmod" and _takes_away(placed.command.argv):
                    return Refusal(
                        Reasons.UNKNOWN_EFFECT, facts.at(step.instruction, "it takes permissions from others")
                    )
    if any(
        inside(path, "/root")
        for step in facts.final.steps
        if step.copy is not None
        for path in (step.copy.destination,)
    ):
        copy = next(
            step for step in facts.final.steps if step.copy is not None and inside(step.copy.destination, "/root")
        )
        return Refusal(Reasons.HOME_IS_ROOT, facts.at(copy.instruction, "it copies to /root"))
    if inside(facts.final.after.cwd, "/root"):
        workdir = facts.final.last("WORKDIR")
        return Refusal(
            Reasons.HOME_IS_ROOT,
            facts.at(workdir.instruction if workdir else facts.final.origin, "the work folder is in /root"),
        )
    if inside(facts.final.after.env.get("HOME", "/home"), "/root"):
        return Refusal(Reasons.HOME_IS_ROOT, facts.at(facts.final.origin, "HOME is /root"))
    return None


def _takes_away(argv: tuple[str, ...]) -> bool:
    mode = next((word for word in argv[1:] if not word.startswith("-") or re.fullmatch(r"-[rwx]+", word)), "")
    if re.fullmatch(r"[0-7]{3,4}", mode):
        return int(mode[-1]) & 4 == 0
    return bool(re.search(r"(^|,)[ao]*o[ao]*[-=]|(^|,)a?-[rwx]|go[-=]", mode))


def _ports(facts: Facts) -> Refusal | None:
    for step in facts.final.steps:
        if step.keyword != "EXPOSE":
            continue
        for word in step.instruction.args:
            number = word.partition("/")[0].partition("-")[0]
            if number.isdigit() and int(number) < 1024:
                return Refusal(Reasons.PRIVILEGED_PORT, facts.at(step.instruction, f"port {number}"))
    for claim in facts.needs.ports:
        if claim.value and claim.value.isdigit() and 0 < int(claim.value) < 1024:
            return Refusal(Reasons.PRIVILEGED_PORT, claim.evidence)
    return None


@dataclass(frozen=True, slots=True)
class _Owned:
    """Folders that the user must own: `tree` where the work folder itself is written to."""

    tree: bool
    folders: tuple[str, ...]


def _written_paths(facts: Facts) -> list[Claim]:
    found = [claim for claim in facts.needs.writes]
    for item in facts.launch.started:
        found += [Claim(None if path == "?" else path, item.evidence) for path in item.writes]
        if item.name in ("mkdir", "touch", "cp", "mv", "ln", "tee", "rm", "sed"):
            operands = [word for word in item.argv[1:] if not word.startswith("-")]
            last = operands[-1:] if item.name in ("cp", "mv", "ln", "sed") else operands
            if item.name == "sed" and not any(word.startswith("-i") for word in item.argv):
                continue
            found += [Claim(absolute(word, item.cwd) if "$" not in word else None, item.evidence) for word in last]
    for step in facts.final.steps:
        if step.keyword == "ENV":
            for path in re.findall(r"sqlite(?:\+\w+)?:///(/?[^\s\"'?]+)", step.instruction.value):
                found.append(Claim(absolute(path, facts.final.after.cwd), facts.at(step.instruction, "a SQLite file")))
        if step.keyword == "VOLUME":
            evidence = facts.at(step.instruction, "a volume")
            found += [
                Claim(absolute(path, step.before.cwd) if "$" not in path else None, evidence)
                for path in step.instruction.args
            ]
    return found


def _writes(facts: Facts) -> Refusal | None:
    for claim in _written_paths(facts):
        if claim.value is None:
            return Refusal(Reasons.WRITES_UNKNOWN, claim.evidence)
        if inside(claim.value, "/tmp") or inside(claim.value, "/var/tmp") or inside(claim.value, "/dev"):
            continue
        if any(
            inside(claim.value, folder)
            for folder in ("/etc", "/usr", "/bin", "/sbin", "/lib", "/boot", "/proc", "/sys", "/root", "/opt/venv")
        ):
            code = Reasons.HOME_IS_ROOT if inside(claim.value, "/root") else Reasons.INSTALLS_AT_START
            return Refusal(code, claim.evidence)
    owned = _owned(facts)
    if facts.final.base is not None and not facts.final.base.shell and (owned.tree or owned.folders):
        return Refusal(Reasons.NO_SHELL, next(claim.evidence for claim in _written_paths(facts)))
    if facts.final.after.cwd == "/" and _owned(facts).tree:
        return Refusal(Reasons.WRITES_UNKNOWN, next(claim.evidence for claim in _written_paths(facts)))
    return None


def _owned(facts: Facts) -> _Owned:
    """What the user must own, from what the program writes."""
    cwd = facts.final.after.cwd
    tree = False
    folders: list[str] = []
    for claim in _written_paths(facts):
        if claim.value is None or any(inside(claim.value, folder) for folder in ("/tmp", "/var/tmp", "/dev")):
            continue
        if inside(claim.value, cwd):
            tree = True
        else:
            folders.append(claim.value)
    named = [path if _is_folder(facts, path) else posixpath.dirname(path) for path in folders]
    return _Owned(tree, tuple(dict.fromkeys(path for path in named if path not in ("/", "/home"))))


def _is_folder(facts: Facts, path: str) -> bool:
    """Whether a written path is a folder: a volume, one that a step makes, or one without an extension."""
    for step in facts.final.steps:
        if step.keyword == "VOLUME" and path in step.instruction.args:
            return True
        if step.run is not None and any(
            path in placed.effects.writes and placed.command.name == "mkdir" for placed in step.run.commands
        ):
            return True
    return "." not in posixpath.basename(path)


def _files(facts: Facts) -> Refusal | None:
    """Files of the context that only their owner may read stay unreadable for the user."""
    for step in facts.final.steps:
        if step.copy is None or step.copy.owner or step.instruction.flag("chmod"):
            continue
        for source, _, is_folder in step.copy.pairs:
            entries = facts.context.walk(source) if is_folder else filter(None, [facts.context.entry(source)])
            for entry in entries:
                bits = stat.S_IROTH | (stat.S_IXOTH if entry.is_dir else 0)
                if not entry.is_link and entry.mode & bits != bits:
                    return Refusal(
                        Reasons.UNREADABLE_FILES, Evidence(entry.path, 0, f"mode {stat.S_IMODE(entry.mode):04o}")
                    )
    return None


@dataclass(frozen=True, slots=True)
class _Account:
    """The user: what USER and --chown say, and the instruction that creates it, `""` where the image has it."""

    user: str
    owner: str
    creation: str


def _account(facts: Facts) -> _Account:
    base = facts.final.base
    assert base is not None
    newline = facts.document.newline
    wanted, _, number = facts.options.user.partition(":")
    existing = base.users[0] if base.users else None
    if wanted and existing is not None and wanted == existing.name:
        return _Account(existing.name, existing.name, "")
    if not wanted and existing is not None:
        user = str(existing.uid) if not base.shell else existing.name
        return _Account(
            user, f"{existing.uid}:{existing.gid}" if not base.shell else f"{existing.name}:{existing.name}", ""
        )
    name, uid = wanted or NAME, number or str(UID)
    made = _made_account(facts)
    if made is not None and not wanted:
        return _Account(made, made, "")
    if base.is_alpine:
        creation = f"RUN adduser -D -u {uid} {name}{newline}"
    else:
        creation = f"RUN useradd --create-home --uid {uid} {name}{newline}"
    return _Account(uid, f"{uid}:{uid}", creation)


def _made_account(facts: Facts) -> str | None:
    """An account that the Dockerfile creates and never uses."""
    for step in facts.final.steps:
        for placed in step.run.commands if step.run is not None else ():
            if (
                placed.command.name in ("useradd", "adduser")
                and placed.command.words[-1].known
                and not placed.command.conditional
            ):
                name = placed.command.words[-1].text
                if (
                    re.fullmatch(r"[a-z_][a-z0-9_-]*", name)
                    and "--no-create-home" not in placed.command.argv
                    and "-H" not in placed.command.argv
                ):
                    return name
    return None


def _add(facts: Facts) -> Outcome:
    account = _account(facts)
    owned = _owned(facts)
    edits = [*_base_edit(facts), *_chowns(facts, account, owned)]
    position = _user_position(facts)
    folders = _folder_commands(facts, account, owned)
    newline = facts.document.newline
    creation_at, lead = _creation_position(facts)
    late = folders and creation_at > position
    if account.creation:
        edits.append(insertion(creation_at, lead + facts.document.typed(account.creation)))
    typed = facts.document.typed
    text = (typed(f"RUN {' && '.join(folders)}{newline}") if folders else "") + typed(f"USER {account.user}{newline}")
    assert not late
    prefix = "" if facts.document.text[:position].endswith("\n") else newline
    if not facts.document.text[position:]:
        text = text.rstrip("\r\n")
    edits.append(insertion(position, prefix + text))
    return Change(tuple(edits), f"the container runs as {account.user}, not as root")


def _base_edit(facts: Facts) -> list[Edit]:
    """Distroless images have the ordinary user as a tag of their own."""
    base = facts.final.base
    assert base is not None
    if base.counterpart != "nonroot" or facts.final.origin.args[0] != base.reference.written or facts.options.user:
        return []
    smaller = image.counterpart(base)
    span = facts.final.origin.words[0].span
    return [Edit(span, smaller.reference.written)] if smaller is not None else []


def _first_copy(facts: Facts) -> Step | None:
    return next((step for step in facts.final.steps if step.copy is not None), None)


def _creation_position(facts: Facts) -> tuple[int, str]:
    """Where the account is created: before the first COPY (so that the layer stays in the cache), after what precedes it."""
    document = facts.document
    steps = facts.final.steps
    copy_at = next((at for at, step in enumerate(steps) if step.copy is not None), None)
    run_at = max((at for at, step in enumerate(steps[:copy_at]) if step.run is not None), default=None)
    if run_at is not None:
        return document.with_comments(steps[run_at].instruction).end, ""
    if copy_at is not None:
        at = copy_at
        while at > 0 and steps[at - 1].keyword == "WORKDIR":
            at -= 1
        return document.with_comments(steps[at].instruction).start, ""
    return document.with_comments(steps[0].instruction).start if steps else facts.final.origin.span.end, ""


_TAIL = frozenset(
    {
        "CMD",
        "ENTRYPOINT",
        "EXPOSE",
        "HEALTHCHECK",
        "STOPSIGNAL",
        "LABEL",
        "VOLUME",
        "ENV",
        "ARG",
        "MAINTAINER",
        "ONBUILD",
        "SHELL",
    }
)


def _user_position(facts: Facts) -> int:
    """Before the settings that end the stage, after its last RUN, COPY or WORKDIR."""
    document = facts.document
    at = len(facts.final.steps)
    while at > 0 and facts.final.steps[at - 1].keyword in _TAIL:
        at -= 1
    if at == len(facts.final.steps):
        return document.with_comments(facts.final.steps[-1].instruction).end
    return document.with_comments(facts.final.steps[at].instruction).start


def _chowns(facts: Facts, account: _Account, owned: _Owned) -> list[Edit]:
    """`--chown` on the copies into folders that the program writes to."""
    cwd = facts.final.after.cwd
    edits: list[Edit] = []
    for step in facts.final.steps:
        if step.copy is None or step.copy.owner is not None:
            continue
        target = step.copy.destination
        into_tree = owned.tree and cwd != "/" and inside(target, cwd)
        if into_tree or any(inside(target, folder) for folder in owned.folders):
            edits.append(insertion(step.instruction.value_span.start, f"--chown={account.owner} "))
    return edits


def _folder_commands(facts: Facts, account: _Account, owned: _Owned) -> list[str]:
    """Commands that make and give away the written folders themselves; what is in them was copied with its owner."""
    base = facts.final.base
    assert base is not None
    if not base.shell:
        return []
    folders = [*([facts.final.after.cwd] if owned.tree and facts.final.after.cwd != "/" else []), *owned.folders]
    if not folders:
        return []
    made = _made_inside(facts, folders)
    recursive = "-R " if made else ""
    commands = []
    fresh = [folder for folder in owned.folders]
    if fresh:
        commands.append(f"mkdir -p {' '.join(fresh)}")
    commands.append(f"chown {recursive}{account.owner} {' '.join(folders)}")
    return commands


def _made_inside(facts: Facts, folders: list[str]) -> bool:
    """Whether RUN steps of the final stage write into a folder that is given away (they belong to root then)."""
    return any(
        inside(path, folder) and path != folder
        for step in facts.final.steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.kind in (Kind.FILES, Kind.PROGRAM, Kind.BUILD, Kind.INSTALL, Kind.DOWNLOAD)
        and not placed.effects.removes
        for path in placed.effects.writes
        for folder in folders
    )


def explain_launch(launch: Launch) -> str:
    """The programs that a launch starts, for messages."""
    return ", ".join(item.name for item in launch.started)


TRANSFORM = Transform("add-user", run, Reasons)
