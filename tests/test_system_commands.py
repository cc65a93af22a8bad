"""Every program of the operating system that is known can be called in any way without a fault."""

from __future__ import annotations

import pytest

from dockrefactor import commands, shell, tables
from dockrefactor.effects import Kind

NAMES = sorted([*tables.toml("commands"), "apt-get", "apk", "yum", "rpm", "amazon-linux-extras"])


@pytest.mark.parametrize("name", NAMES)
def test_any_call_has_effects(name: str) -> None:
    for rest in ("", " x", " -x", " -o", " --", " -rf x y", " --output", " a=b", " -", " > out"):
        script = shell.parse(f"'{name}'{rest}")
        assert all(commands.of_command(command, "/app").kind in Kind for command in script.commands)


def test_an_option_at_the_end_has_no_value() -> None:
    [alone, named] = [commands.of_command(shell.parse(text).commands[0], "/app") for text in ("sort", "sort -o a b")]
    assert (alone.kind, named.writes) == (Kind.QUERY, ("/app/a",))
