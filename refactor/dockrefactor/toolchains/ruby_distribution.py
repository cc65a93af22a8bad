"""Ruby of Debian, Ubuntu and Alpine: Debian's RubyGems puts gems into /var/lib/gems, their programs below /usr/local,
and no package puts anything there; Alpine's puts both among the distribution's own files.

https://salsa.debian.org/ruby-team/rubygems-integration -- the runtime takes those folders whole, and installs Ruby too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dockrefactor import left_behind, os_packages, package_lists
from dockrefactor.effects import Kind
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains import distribution, ruby_gems
from dockrefactor.toolchains.ruby_commands import BundleInstall, BundleSetting

OWN: Final = frozenset({"/var/lib/gems", "/usr/local"})
_RUBIES: Final = frozenset({"ruby", "ruby-full", "ruby-dev", "ruby-bundler", "bundler"})
# packages of another Ruby than the release's own
_VERSIONS: Final = r"(?:ruby|jruby)[0-9][0-9.]*(?:-.*)?"
# packages of tools, with which come compilers and headers
_TOOLS: Final = ("bundler", "ruby-full")


def obstacle(facts: Facts, own: list[tuple[Step, Placed]], installed: Sequence[InstallInputs]) -> Blocked | None:
    """Why an image whose Ruby comes from the distribution is not split; `own` are Ruby's commands."""
    if not distribution.packages(facts) & _RUBIES:
        return distribution.unknown_base(facts, "Ruby")
    against = distribution.obstacle(facts, "Ruby") or distribution.from_elsewhere(facts, _VERSIONS, "Ruby")
    if against is not None:
        return against
    base = facts.final.base
    assert base is not None
    if base.is_alpine:
        return _among_packages(facts, own)
    return _libraries(facts, installed) if not base.counterpart else None


def _among_packages(facts: Facts, own: list[tuple[Step, Placed]]) -> Blocked | None:
    """An install into the folders of the distribution's own packages."""
    told = any(
        isinstance(placed.effects.detail, BundleSetting) and placed.effects.detail.name in ("path", "deployment")
        for _, placed in own
    )
    for step, placed in own:
        detail = placed.effects.detail
        env = step.before.env
        named = isinstance(detail, BundleInstall) and (
            detail.path or detail.deployment or told or env.get("BUNDLE_PATH") or env.get("BUNDLE_DEPLOYMENT")
        )
        if placed.effects.kind is Kind.INSTALL and not named and "GEM_HOME" not in env:
            says = "its Ruby comes from the distribution, and gems go among the distribution's own"
            return Blocked("unknown-base", facts.at(step.instruction, says))
    return None


def _libraries(facts: Facts, installed: Sequence[InstallInputs]) -> Blocked | None:
    """A library of a gem that the author does not name: a package that stays behind may have brought it."""
    named = distribution.with_libraries(facts)
    needs = ruby_gems.gems_needs(installed, facts.final.base, facts.document.text)
    for library, evidence in needs.os_packages.items():
        if library not in named:
            says = f"which package brings `{library}` is not told"
            return Blocked("unknown-library", Evidence(evidence.path, evidence.line, says))
    return None


def gain(facts: Facts) -> str | None:
    """What stays behind; None where builder and runtime would be the same."""
    found = left_behind.build_packages(facts)
    if found is not None or not instead(facts):
        return found
    for step in facts.final.steps:
        names = [os_packages.bare(name) for name in package_lists.packages(step)]
        if "bundler" in names and package_lists.recommends(step):
            return "the compilers that `bundler` recommends stay behind"
    return None


def instead(facts: Facts) -> dict[str, tuple[str, ...]]:
    """What the runtime installs in the place of packages that bring compilers or headers besides."""
    base = facts.final.base
    found = {name: os_packages.without_tools(name, base) for name in _TOOLS} if base is not None else {}
    return {name: others for name, others in found.items() if others is not None}
