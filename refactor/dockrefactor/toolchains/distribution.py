"""Languages that come as packages of a distribution: what must be known of the image, whichever language."""

from __future__ import annotations

import re

from dockrefactor import os_packages, package_lists
from dockrefactor.facts import Facts
from dockrefactor.toolchain import Blocked

# it brings `add-apt-repository`, by which another release's packages come under the same names
_FOREIGN = "software-properties-common"


def packages(facts: Facts) -> frozenset[str]:
    """The packages that the final stage installs, without versions."""
    return frozenset(os_packages.bare(name) for step in facts.final.steps for name in package_lists.packages(step))


def with_libraries(facts: Facts) -> frozenset[str]:
    """These packages, and those with the shared libraries that the `-dev` packages among them stand for."""
    base = facts.final.base
    assert base is not None
    named = packages(facts)
    return named | {library for name in named for library in os_packages.libraries(name, base) or ()}


def obstacle(facts: Facts, language: str, of_rpm: bool = False) -> Blocked | None:
    """Why an image whose `language` (its name, for people) comes from the distribution is not split; `of_rpm`: whether
    that of Red Hat's family is known."""
    base = facts.final.base
    assert base is not None
    if base.language or not (base.is_debian or base.is_alpine or (base.is_rpm and of_rpm)):
        return unknown_base(facts, language)
    if not base.is_alpine and not os_packages.release_name(base):
        return Blocked("unknown-release", facts.at(facts.final.origin, os_packages.untold_release(base)))
    return None


def unknown_base(facts: Facts, language: str) -> Blocked:
    """The answer where nothing tells what the distribution's own `language` has."""
    return Blocked("unknown-base", facts.at(facts.final.origin, f"its {language} comes from the distribution"))


def from_elsewhere(facts: Facts, versions: str, language: str) -> Blocked | None:
    """The step that installs another `language` than the release's own: a package whose whole name matches the
    expression `versions`, or what adds sources of packages."""
    for step in facts.final.steps:
        for name in map(os_packages.bare, package_lists.packages(step)):
            if name == _FOREIGN or re.fullmatch(versions, name):
                return Blocked(
                    "unknown-base", facts.at(step.instruction, f"which {language} `{name}` brings is not told")
                )
    return None
