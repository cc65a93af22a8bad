"""Java of Debian, Ubuntu and Alpine: the runtime installs the JRE of the JDK that the author installs.

https://packages.debian.org/openjdk-17-jdk, https://pkgs.alpinelinux.org/packages?name=openjdk17* -- a JDK has its JRE;
a headless one lacks what draws windows and text.
"""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import os_packages, package_lists
from dockrefactor.facts import Facts
from dockrefactor.patterns import regex
from dockrefactor.toolchains import java_needs
from dockrefactor.toolchains.java_needs import Program

_DEBIAN: Final = regex(r"(openjdk-\d+|default)-jdk(-headless)?")
_ALPINE: Final = regex(r"openjdk(\d+)(?:-jdk)?")
# https://pkgs.alpinelinux.org/packages?name=openjdk*-jre-headless: the older ones have no such package
_HEADLESS_SINCE: Final = 11


def instead(facts: Facts, program: Program) -> dict[str, tuple[str, ...]]:
    """JDK package -> the JRE that runs `program`; nothing where the program needs the JDK."""
    base = facts.final.base
    if base is None or java_needs.compiles(program, facts) is not None:
        return {}
    headless = java_needs.draws(program) is None
    found: dict[str, tuple[str, ...]] = {}
    for step in facts.final.steps:
        for name in map(os_packages.bare, package_lists.packages(step)):
            jdk = (_ALPINE if base.is_alpine else _DEBIAN).fullmatch(name)
            if jdk is not None:
                found[name] = (_alpine(jdk, headless) if base.is_alpine else _debian(jdk, headless),)
    return found


def _debian(jdk: re.Match[str], headless: bool) -> str:
    return f"{jdk[1]}-jre-headless" if headless or jdk[2] else f"{jdk[1]}-jre"


def _alpine(jdk: re.Match[str], headless: bool) -> str:
    return f"openjdk{jdk[1]}-jre-headless" if headless and int(jdk[1]) >= _HEADLESS_SINCE else f"openjdk{jdk[1]}-jre"
