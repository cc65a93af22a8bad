"""The account that a container runs as: one that the image has, one that the Dockerfile makes, or a new one."""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import os_packages, package_lists, rpm_managers, tables
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.records import dataclass
from dockrefactor.shell import Command

# ids above 10000 do not meet those of a host's own users
UID: Final = 10001
NAMES: Final = ("app", "service", "runner")
# the package of useradd in Red Hat's family, which its small images are without
_TOOLS: Final = "shadow-utils"


@dataclass(frozen=True, slots=True)
class Account:
    """What USER and `--chown` say, and the instruction that creates the account, `""` where the image has it."""

    user: str
    owner: str
    creation: str


def choose(facts: Facts) -> Account:
    """The account for the final stage, as `--user` asks; its base image must be known."""
    base = facts.final.base
    assert base is not None
    wanted, _, number = facts.options.user.partition(":")
    existing = base.users[0] if base.users else None
    if existing is not None and wanted in ("", existing.name):
        if not base.shell:
            return Account(str(existing.uid), f"{existing.uid}:{existing.gid}", "")
        if base.user_variable:
            return Account(f"${base.user_variable}", f"{existing.name}:{existing.name}", "")
        return Account(existing.name, f"{existing.name}:{existing.name}", "")
    made = _made_here(facts) if not wanted else None
    if made is not None:
        return Account(made, made, "")
    if wanted and not number and wanted in _system_users(facts):
        return Account(wanted, wanted, "")
    words = _account_words(facts)
    free = next(str(uid) for uid in range(UID, UID + 1000) if str(uid) not in words)
    name, uid = wanted or _free_name(facts), number or free
    return Account(uid, f"{uid}:{uid}", f"RUN {_creation(facts, name, uid)}{facts.document.newline}")


def _creation(facts: Facts, name: str, uid: str) -> str:
    """The command line that makes an account."""
    base = facts.final.base
    assert base is not None
    if base.is_alpine:
        return f"adduser -D -u {uid} {name}"
    create = f"useradd --create-home --uid {uid} {name}"
    if "useradd" in base.programs or _has_tools(facts):
        return create
    manager = _manager(facts) or base.package_manager
    return f"{manager} install -y {_TOOLS} && {create} && {manager} clean all"


def can_create(facts: Facts) -> bool:
    """Whether the image has a tool for accounts, or the file itself shows that the package of one can be installed."""
    base = facts.final.base
    if base is None:
        return False
    if base.programs & {"useradd", "adduser"}:
        return True
    return base.is_rpm and bool(_manager(facts))


def _manager(facts: Facts) -> str:
    """The package manager by which the file itself installs in the final stage's image, `""` where none does."""
    base = facts.final.base
    own = [stage for stage in facts.stages if stage.base == base] if base is not None else []
    found = (
        placed.command.name
        for stage in own
        for step in stage.image_steps
        for placed in step.commands
        if placed.effects.kind is Kind.OS_INSTALL and placed.command.name in rpm_managers.MANAGERS
    )
    return next(found, "")


def _has_tools(facts: Facts) -> bool:
    """Whether the package of the tools is installed before anything is copied, which is where the account is made."""
    steps = facts.final.image_steps
    copied = next((at for at, step in enumerate(steps) if step.copy is not None), len(steps))
    return any(_TOOLS in map(os_packages.bare, package_lists.packages(step)) for step in steps[:copied])


def conflict(facts: Facts) -> str | None:
    """Why the account that `--user` names cannot be made (another has its name or its id); None where it can."""
    base = facts.final.base
    wanted, _, number = facts.options.user.partition(":")
    if base is None or not wanted:
        return None
    for user in base.users:
        if user.name == wanted and number not in ("", str(user.uid)):
            return f"{base.reference.written} has {wanted} with the id {user.uid}"
        if user.name != wanted and number == str(user.uid):
            return f"{base.reference.written} has the id {number} for {user.name}"
    if number and (wanted in _system_users(facts) or int(number) < 1000):
        return f"{wanted}:{number} is taken by the distribution"
    if ({wanted, number} - {""}) & _account_words(facts):
        return "the Dockerfile makes that account itself"
    return None


def _system_users(facts: Facts) -> frozenset[str]:
    """Accounts that the distribution beneath the base image has."""
    base = facts.final.base
    key = os_packages.family(base) if base is not None else "debian"
    return frozenset(tables.toml("images")["bases"][key]["system_users"])


def _account_words(facts: Facts) -> set[str]:
    """Every word of the commands that make users and groups."""
    return {
        word
        for step in facts.final.image_steps
        if step.run is not None
        for placed in step.run.commands
        if placed.effects.kind is Kind.ACCOUNTS
        for word in placed.command.argv
    }


def _free_name(facts: Facts) -> str:
    taken = _account_words(facts)
    return next((name for name in NAMES if name not in taken), "dockrefactor")


def _made_here(facts: Facts) -> str | None:
    """An account with a home folder that the Dockerfile creates and never uses."""
    for step in facts.final.image_steps:
        for placed in step.commands:
            command = placed.command
            if command.name not in ("useradd", "adduser") or command.conditional or not command.words[-1].known:
                continue
            name = command.words[-1].text
            if _has_home(facts, command) and re.fullmatch(r"[a-z_][a-z0-9_-]*", name):
                return name
    return None


def _has_home(facts: Facts, command: Command) -> bool:
    """Whether a `useradd` or `adduser` makes a home folder. In Red Hat's family both are the same program, which makes
    one for all but accounts of the system (login.defs(5): CREATE_HOME)."""
    words = set(command.argv)
    base = facts.final.base
    if words & {"--no-create-home", "-H", "-M"}:
        return False
    if words & {"-m", "--create-home"}:
        return True
    if base is not None and base.is_rpm:
        return not any(word == "--system" or re.match(r"-[a-z]*r", word) for word in words)
    return command.name == "adduser"
