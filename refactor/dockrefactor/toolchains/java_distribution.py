"""Java that is packaged: the runtime installs the JRE of the JDK that the author installs.

https://packages.debian.org/openjdk-17-jdk, https://pkgs.alpinelinux.org/packages?name=openjdk17*,
https://packages.fedoraproject.org/pkgs/java-21-openjdk/, https://docs.aws.amazon.com/corretto/ -- a JDK has its JRE; a
headless one lacks what draws windows and text.
"""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import os_packages, package_lists
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.patterns import regex
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains import distribution, java_needs
from dockrefactor.toolchains.java_needs import Program

_DEBIAN: Final = regex(r"(openjdk-\d+|default)-jdk(-headless)?")
_ALPINE: Final = regex(r"openjdk(\d+)(?:-jdk)?")
_RPM: Final = regex(r"java-([\d.]+)-(?:openjdk|amazon-corretto)(?:-.*)?")
_RPM_JDK: Final = regex(r"java-([\d.]+)-(openjdk|amazon-corretto)-devel")
_MAVEN: Final = regex(r"maven(?:-(?:openjdk|amazon-corretto)(\d+))?|ant|java|java-devel|jdk")
# https://pkgs.alpinelinux.org/packages?name=openjdk*-jre-headless: the older ones have no such package
_HEADLESS_SINCE: Final = 11


def obstacle(facts: Facts) -> Blocked | None:
    """Why an image whose Java comes from the distribution is not split."""
    foreign = distribution.obstacle(facts, "Java", of_rpm=True)
    base = facts.final.base
    if foreign is not None or base is None or not base.is_rpm:
        return foreign
    names = distribution.packages(facts)
    versions = {match[1] for name in names if (match := _RPM.fullmatch(name)) is not None}
    builders = {match[1] for name in names if (match := _MAVEN.fullmatch(name)) is not None}
    # of several that are installed, `alternatives` chooses; a Maven without a version brings a Java of its own choice,
    # but for that of RHEL 7, which takes any (https://packages.fedoraproject.org/pkgs/maven/)
    own = {None} if base.release == "el7" else set()
    if (
        len(versions) != 1
        or not builders <= {version.removeprefix("1.").removesuffix(".0") for version in versions} | own
    ):
        return Blocked("unknown-base", facts.at(facts.final.origin, "which Java is installed is not told"))
    return None


def instead(facts: Facts, program: Program) -> dict[str, tuple[str, ...]]:
    """JDK package -> the JRE that runs `program`; nothing where the program needs the JDK."""
    base = facts.final.base
    if base is None or java_needs.compiles(program, facts) is not None:
        return {}
    if base.is_rpm and _names_the_jdk(facts):
        return {}
    headless = java_needs.draws(program) is None
    found: dict[str, tuple[str, ...]] = {}
    for step in facts.final.steps:
        for name in map(os_packages.bare, package_lists.packages(step)):
            jre = _jre(name, base, headless)
            if jre is not None:
                found[name] = (jre,)
    return found


def _names_the_jdk(facts: Facts) -> bool:
    """Whether the folder of the JDK is named, which is not there without it."""
    said = (step.instruction.logical for step in facts.final.steps if step.keyword != "RUN")
    read = (facts.context.read(path) or "" for path in facts.launch.scripts.values())
    return any("JAVA_HOME" in text or "/usr/lib/jvm" in text for text in (*said, *read))


def _jre(name: str, base: Image, headless: bool) -> str | None:
    """The package of the JRE that a package of a JDK has; None where it is none."""
    if base.is_rpm:
        jdk = _RPM_JDK.fullmatch(name)
        return _rpm(jdk, headless) if jdk is not None else None
    jdk = (_ALPINE if base.is_alpine else _DEBIAN).fullmatch(name)
    if jdk is None:
        return None
    return _alpine(jdk, headless) if base.is_alpine else _debian(jdk, headless)


def _rpm(jdk: re.Match[str], headless: bool) -> str:
    # Corretto 8 has no headless package
    parted = not (jdk[1] == "1.8.0" and jdk[2] == "amazon-corretto")
    return f"java-{jdk[1]}-{jdk[2]}" + ("-headless" if headless and parted else "")


def _debian(jdk: re.Match[str], headless: bool) -> str:
    return f"{jdk[1]}-jre-headless" if headless or jdk[2] else f"{jdk[1]}-jre"


def _alpine(jdk: re.Match[str], headless: bool) -> str:
    return f"openjdk{jdk[1]}-jre-headless" if headless and int(jdk[1]) >= _HEADLESS_SINCE else f"openjdk{jdk[1]}-jre"
