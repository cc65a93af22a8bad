"""The account that a container runs as: one that the image has, one that the Dockerfile makes, or a new one."""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import tables
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.records import dataclass

# ids above 10000 do not meet those of a host's own users
UID: Final = 10001
NAMES: Final = ("app", "service", "runner")


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
    create = f"adduser -D -u {uid}" if base.is_alpine else f"useradd --create-home --uid {uid}"
    return Account(uid, f"{uid}:{uid}", f"RUN {create} {name}{facts.document.newline}")


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
    key = "alpine" if base is not None and base.is_alpine else "debian"
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
        for placed in step.run.commands if step.run is not None else ():
            command = placed.command
            if command.name not in ("useradd", "adduser") or command.conditional or not command.words[-1].known:
                continue
            homeless = {"--no-create-home", "-H", "-M"} & set(command.argv)
            with_home = command.name == "adduser" or {"-m", "--create-home"} & set(command.argv)
            name = command.words[-1].text
            if with_home and not homeless and re.fullmatch(r"[a-z_][a-z0-9_-]*", name):
                return name
    return None
