"""What else than its own ENTRYPOINT and CMD starts an image."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document, ownership
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change, Refusal
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import add_user, split_stages

BUILT = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"
MANIFEST = "spec:\n  containers:\n  - image: shop\n    command: [npm]\n    args: [start]\n"
MAKE = "build:\n\tdocker build -t shop .\n"


def _facts(folder: Path, files: dict[str, str], text: str = BUILT) -> Facts:
    sources = {"package.json": '{"scripts": {"start": "node server.js"}}', "server.js": "setInterval(() => 0, 9)\n"}
    for name, content in {**sources, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")


KNOWN = {
    "a service": {"compose.yml": "services:\n  web: {build: ., command: npm start}\n"},
    "an override file": {
        "compose.yml": "services:\n  web: {build: ., ports: ['3000']}\n",
        "compose.override.yml": "services:\n  web: {command: [npm, start]}\n",
    },
    "a service by the image's name": {
        "compose.yml": "services:\n  web: {build: ., image: shop, entrypoint: [npm, start]}\n"
        "  again: {image: shop, command: npm start}\n",
    },
    "a manifest": {"k8s/web.yaml": MANIFEST, "Makefile": MAKE},
    "a Procfile": {"Procfile": "# processes\nweb: npm start\n"},
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_launch_is_given_by(name: str, tmp_path: Path) -> None:
    facts = _facts(tmp_path, KNOWN[name])
    assert {item.argv for item in facts.launch.started} == {("npm", "start")}
    assert isinstance(split_stages.run(facts), Change)
    assert isinstance(add_user.run(facts), Change)


def test_a_launch_is_given_by_a_service_that_mounts_the_images_own_sources(tmp_path: Path) -> None:
    text = "services:\n  web: {build: ., command: npm start, volumes: ['.:/app']}\n"
    facts = _facts(tmp_path, {"compose.yml": text})
    assert {item.argv for item in facts.launch.started} == {("npm", "start")}
    assert isinstance(split_stages.run(facts), Change)


UNKNOWN = {
    "a service leaves it to the image": {
        "compose.yml": "services:\n  web: {build: ., command: npm start}\n  shell: {build: ., tty: true}\n",
    },
    "a manifest leaves it to the image": {
        "compose.yml": "services:\n  web: {build: ., image: shop, command: npm start}\n",
        "k8s/web.yaml": "spec:\n  containers:\n  - image: shop\n    ports: [{containerPort: 3000}]\n",
    },
    "only another image is started": {"compose.yml": "services:\n  web: {image: nginx, command: npm start}\n"},
    "a Procfile stands elsewhere": {"web/Procfile": "web: npm start\n"},
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_no_launch_is_given_where(name: str, tmp_path: Path) -> None:
    facts = _facts(tmp_path, UNKNOWN[name])
    split, user = split_stages.run(facts), add_user.run(facts)
    assert isinstance(split, Refusal)
    assert split.reason is split_stages.Reasons.NO_LAUNCH
    assert isinstance(user, Refusal)
    assert user.reason is add_user.Reasons.NO_LAUNCH


def test_a_service_that_mounts_other_sources_is_for_development(tmp_path: Path) -> None:
    text = "services:\n  web: {build: ., command: npm start, volumes: ['./src:/app']}\n"
    outcome = split_stages.run(_facts(tmp_path, {"compose.yml": text}))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is split_stages.Reasons.COMPOSE


@pytest.mark.parametrize("beside", ["redis-server --daemonize yes", "./agent", "git -C /data pull", "perl sweep.pl"])
def test_nobody_knows_what_a_program_beside_the_main_one_writes(tmp_path: Path, beside: str) -> None:
    outcome = add_user.run(_facts(tmp_path, {"agent": "\x7fELF"}, BUILT + f"CMD {beside} & npm start\n"))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is add_user.Reasons.WRITES_UNKNOWN


@pytest.mark.parametrize("beside", ["curl -f http://db:80", "redis-cli ping", "pg_isready"])
def test_a_program_beside_the_main_one_may_write_nothing(tmp_path: Path, beside: str) -> None:
    assert isinstance(add_user.run(_facts(tmp_path, {}, BUILT + f"CMD {beside} || true; npm start\n")), Change)


def test_the_user_can_do_what_services_start_instead(tmp_path: Path) -> None:
    compose = "services:\n  web: {build: .}\n  log: {build: ., command: sh -c 'npm start >> /var/log/shop/out.log'}\n"
    facts = _facts(tmp_path, {"compose.yml": compose}, BUILT + 'CMD ["npm", "start"]\n')
    assert isinstance(add_user.run(facts), Change)
    assert ownership.owned(facts).folders == ()
    assert ownership.owned(facts.everywhere(by_user=True)).folders == ("/var/log/shop",)


STARTED = {
    "a low port": ("command: sh -c 'PORT=80 npm start'", "privileged-port"),
    "a daemon": ("command: nginx -g 'daemon off;'", "root-daemon"),
    "a program that drops privileges": ("entrypoint: [gosu, node, npm, start]", "drops-privileges-itself"),
    "an install": ("command: sh -c 'npm install && npm start'", "installs-at-start"),
    "another folder": ("command: npm start\n    working_dir: /app/web", "unreadable-start-script"),
}


@pytest.mark.parametrize("name", STARTED)
def test_a_service_keeps_root_that_starts(name: str, tmp_path: Path) -> None:
    said, code = STARTED[name]
    compose = f"services:\n  web: {{build: .}}\n  other:\n    build: .\n    {said}\n"
    outcome = add_user.run(_facts(tmp_path, {"compose.yml": compose}, BUILT + 'CMD ["npm", "start"]\n'))
    assert isinstance(outcome, Refusal)
    assert outcome.reason.reason.code == code
    own_user = compose.replace("  other:\n", "  other:\n    user: root\n")
    assert isinstance(
        add_user.run(_facts(tmp_path, {"compose.yml": own_user}, BUILT + 'CMD ["npm", "start"]\n')), Change
    )
