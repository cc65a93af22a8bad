"""`build.target` written into compose files: what is edited, and what is left alone."""

from __future__ import annotations

import pytest
import yaml

from dockrefactor.compose_targets import targeted

PLAIN = {
    "services:\n  web:\n    build: .\n    command: npm run dev\n": (
        "services:\n  web:\n    build:\n      context: .\n      target: dev\n    command: npm run dev\n"
    ),
    "services:\n    web:\n        # here\n        build: ./api   # the folder\n    db:\n        image: x\n": (
        "services:\n    web:\n        # here\n        build:\n            target: dev\n"
        "            context: ./api   # the folder\n    db:\n        image: x\n"
    ),
    "services:\n  web:\n    build:\n      context: .  # a\n      args:\n        A: b\n    ports: [1]\n": (
        "services:\n  web:\n    build:\n      context: .  # a\n      target: dev\n      args:\n        A: b\n"
        "    ports: [1]\n"
    ),
    "services:\n  web:\n    build:\n      args: {A: b}\n": (
        "services:\n  web:\n    build:\n      target: dev\n      args: {A: b}\n"
    ),
    "services:\n  web:\n    build: {context: ., args: {A: b}}\n": (
        "services:\n  web:\n    build: {context: ., args: {A: b}, target: dev}\n"
    ),
    "services:\n  web:\n    build: {context: ., target: 'old'}\n": (
        "services:\n  web:\n    build: {context: ., target: dev}\n"
    ),
    "services:\n  web:\n    command: x\n": "services:\n  web:\n    build:\n      target: dev\n    command: x\n",
    "services: {web: {build: ., command: x}}\n": (
        "services: {web: {build: {context: ., target: dev}, command: x}}\n"
    ),
    "services: {web: {command: x}}\n": "services: {web: {build: {target: dev}, command: x}}\n",
    'services:\r\n  web:\r\n    build: "."\r\n    command: x': (
        'services:\r\n  web:\r\n    build:\r\n      context: "."\r\n      target: dev\r\n    command: x'
    ),
    "services:\r\n  web:\r\n    build:\r\n      context: .": (
        "services:\r\n  web:\r\n    build:\r\n      context: .\r\n      target: dev"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_entries(text: str) -> None:
    after = targeted(text, ["web"], "dev")
    assert after == PLAIN[text]
    assert yaml.safe_load(after)["services"]["web"]["build"]["target"] == "dev"


@pytest.mark.parametrize(
    "text",
    [
        "x: &a\n  build: .\nservices:\n  web:\n    <<: *a\n    command: x\n",
        "services:\n  web: &w\n    build: .\n  other: *w\n",
        "services:\n  web:\n    build: &b\n      context: .\n  other:\n    build: *b\n",
        "services:\n  web:\n    build: !reset null\n",
        "services:\n  web:\n    build:\n    command: x\n",
        "services:\n  web: {}\n",
        "services:\n  other:\n    build: .\n",
        "services:\n  web:\n    build: .\n  web:\n    build: ./b\n",
        "services: [\n",
    ],
)
def test_what_is_not_plain_is_left_alone(text: str) -> None:
    assert targeted(text, ["web"], "dev") is None


def test_several_services_of_one_file() -> None:
    text = "services:\n  web:\n    build: .\n  worker:\n    build:\n      context: .\n"
    after = targeted(text, ["web", "worker"], "dev")
    assert after is not None
    assert {name: item["build"] for name, item in yaml.safe_load(after)["services"].items()} == {
        "web": {"context": ".", "target": "dev"},
        "worker": {"context": ".", "target": "dev"},
    }
