"""PHP of Debian, Ubuntu and Alpine: PHP and its extensions are installed in both stages; Composer stays behind.

https://packages.debian.org/composer -- with Composer come PHP and some extensions, which a program may need that names
no package of them.
"""

from __future__ import annotations

from typing import Final

from dockrefactor import left_behind, os_packages, package_lists
from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Step
from dockrefactor.step_effects import NEUTRAL, OS
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains import distribution
from dockrefactor.toolchains.php_commands import ComposerInstall

COMPOSER: Final = "composer"
_PHP: Final = regex(r"(?:libapache2-mod-)?php[0-9.]*(?:-.+)?|composer")


def obstacle(facts: Facts, own: list[tuple[Step, Placed]]) -> Blocked | None:
    """Why an image whose PHP comes from the distribution is not split; `own` are PHP's commands."""
    if not any(map(_PHP.fullmatch, distribution.packages(facts))):
        return distribution.unknown_base(facts, "PHP")
    against = distribution.obstacle(facts, "PHP") or distribution.from_elsewhere(facts, r"(?!)", "PHP")
    return against or _extensions(facts, own) or _composer(facts)


def _extensions(facts: Facts, own: list[tuple[Step, Placed]]) -> Blocked | None:
    """Extensions that are compiled here go among those of the distribution's packages."""
    for step, placed in own:
        installs = placed.effects.kind in (Kind.INSTALL, Kind.SYSTEM)
        if installs and not isinstance(placed.effects.detail, ComposerInstall):
            says = f"where `{placed.command.name}` installs to is not known of a distribution's PHP"
            return Blocked("unknown-base", facts.at(step.instruction, says))
    return None


def _composer(facts: Facts) -> Blocked | None:
    for step in facts.final.steps:
        if COMPOSER in map(os_packages.bare, package_lists.packages(step)) and not instead(facts):
            says = f"which extensions of PHP come along with `{COMPOSER}` is not known of this release"
            return Blocked("unknown-library", facts.at(step.instruction, says))
    return None


def gain(facts: Facts) -> str | None:
    """What stays behind; None where builder and runtime would be the same."""
    found = left_behind.build_packages(facts)
    if found is not None:
        return found
    for step in facts.final.steps:
        # a step that sets up the image besides is repeated whole
        divided = step.run is not None and step.run.kinds <= OS | NEUTRAL
        if divided and COMPOSER in map(os_packages.bare, package_lists.packages(step)):
            return "Composer stays behind"
    return None


def instead(facts: Facts) -> dict[str, tuple[str, ...]]:
    """What the runtime installs in the place of Composer: the PHP and the extensions that come along with it."""
    base = facts.final.base
    found = os_packages.without_tools(COMPOSER, base) if base is not None else None
    return {COMPOSER: found} if found is not None else {}
