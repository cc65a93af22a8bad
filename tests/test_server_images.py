"""Dockerfiles that give a server's image its settings, and start nothing of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Refusal, Unneeded
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import add_user, split_stages


def _facts(folder: Path, text: str) -> Facts:
    for name in ("site.conf", "index.js"):
        (folder / name).write_text("")
    return Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")


@pytest.mark.parametrize(
    ("base", "against_user"),
    [
        ("nginx:1.28", add_user.Reasons.ROOT_DAEMON),
        ("nginx:alpine", add_user.Reasons.ROOT_DAEMON),
        ("mysql:8.0", add_user.Reasons.DROPS_PRIVILEGES),
        ("docker.io/library/postgres:16-alpine", add_user.Reasons.DROPS_PRIVILEGES),
    ],
)
def test_settings_of_a_server_leave_nothing_behind(tmp_path: Path, base: str, against_user: add_user.Reasons) -> None:
    facts = _facts(tmp_path, f"FROM {base}\nCOPY site.conf /etc/site.conf\nEXPOSE 8080\n")
    split, user = split_stages.run(facts), add_user.run(facts)
    assert isinstance(split, Unneeded)
    assert split.reason is split_stages.Reasons.NOTHING_TO_LEAVE_BEHIND
    assert isinstance(user, Refusal)
    assert user.reason is against_user


def test_steps_that_only_move_files_leave_nothing_behind(tmp_path: Path) -> None:
    text = (
        "FROM nginx:1.28\nRUN rm /etc/nginx/conf.d/default.conf && mkdir -p /srv\nCOPY site.conf /etc/nginx/conf.d/\n"
    )
    assert isinstance(split_stages.run(_facts(tmp_path, text)), Unneeded)
    installing = text.replace("mkdir -p /srv", "apt-get update && apt-get install -y gcc")
    assert isinstance(split_stages.run(_facts(tmp_path, installing)), Refusal)


@pytest.mark.parametrize("more", ["RUN make\n", "CMD node index.js\n", "ENTRYPOINT node index.js\n"])
def test_of_a_database_with_more_in_it_nothing_is_known(tmp_path: Path, more: str) -> None:
    outcome = split_stages.run(_facts(tmp_path, "FROM mysql:8.0\nCOPY . /srv\n" + more))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is split_stages.Reasons.UNKNOWN_BASE


def test_a_program_without_a_step_has_a_smaller_image(tmp_path: Path) -> None:
    outcome = split_stages.run(_facts(tmp_path, "FROM node:22\nCOPY . /srv\nCMD node /srv/index.js\n"))
    assert not (isinstance(outcome, Unneeded) and outcome.at.says == "no step builds or installs")
