"""Python of Debian, Ubuntu, Alpine and Red Hat's family: Debian's pip puts packages below /usr/local, where the
distribution's own packages put nothing, and so does Red Hat's from RHEL 8 on; Alpine's puts them among those, so only
what an environment of the author's holds can be told.

https://www.debian.org/doc/debian-policy/ch-opersys.html#site-specific-programs -- so all of /usr/local is what pip and
the author put there, and the runtime takes it whole; Python and its packaged modules are installed in both stages.
"""

from __future__ import annotations

import re
from typing import Final

from dockrefactor import left_behind, os_packages, package_lists
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Artifact, Blocked
from dockrefactor.toolchains import distribution
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_names import names
from dockrefactor.toolchains.python_packages import packages_needs
from dockrefactor.toolchains.python_sources import image_sources

LOCAL: Final = "/usr/local"
PIP: Final = "python3-pip"
# packages of another Python than the release's own
_VERSIONS: Final = r"python(?:2(?:\.\d+)?|3\.\d+)?(?:-(?!is-).*)?"
_VERSIONS_OF_RPM: Final = r"@?python(?:2.*|3\.?\d.*|-.*)?|rh-python.*"
# modules that belong to a package of tools
_TOOL_MODULES: Final = frozenset({"pip", "venv", "ensurepip", "virtualenv"})


def obstacle(facts: Facts, installs: list[tuple[Step, Placed]], installed: list[InstallInputs]) -> Blocked | None:
    """Why an image whose Python comes from the distribution is not split; `installed` is what the installs read."""
    base = facts.final.base
    assert base is not None
    foreign = distribution.obstacle(facts, "Python", of_rpm=True) or distribution.from_elsewhere(
        facts, _VERSIONS_OF_RPM if base.is_rpm else _VERSIONS, "Python"
    )
    if foreign is not None:
        return foreign
    if base.is_rpm and base.release not in names("own_folder_releases"):
        return Blocked("unknown-base", facts.at(facts.final.origin, "where its pip puts packages is not known"))
    for step in facts.final.steps:
        for name in package_lists.packages(step):
            if os_packages.may_bring_modules(name, base):
                says = f"which modules of Python `{name}` brings along, and pip need not install, is not told"
                return Blocked("unknown-library", facts.at(step.instruction, says))
    for step, placed in installs:
        detail = placed.effects.detail
        if isinstance(detail, PythonInstall) and detail.manager != "pip" and detail.destination != "project-venv":
            says = f"where `{placed.command.name}` installs to is not known of a distribution's Python"
            return Blocked("unknown-base", facts.at(step.instruction, says))
    return _tools_in_sources(facts) or (_libraries(facts, installed) if not base.counterpart else None)


def _libraries(facts: Facts, installed: list[InstallInputs]) -> Blocked | None:
    """A library of a wheel that the author does not name: a package that stays behind may have brought it."""
    base = facts.final.base
    assert base is not None
    named = distribution.with_libraries(facts)
    for library, evidence in packages_needs(facts, installed).os_packages:
        if library not in named:
            says = f"{evidence.says}, and which package brings `{library}` is not told"
            return Blocked("unknown-library", Evidence(evidence.path, evidence.line, says))
    return None


def _tools_in_sources(facts: Facts) -> Blocked | None:
    for claim in image_sources(facts).imports:
        if (claim.value or "").partition(".")[0] in _TOOL_MODULES:
            return Blocked("needs-build-tool", claim.evidence)
    return None


def gain(facts: Facts) -> str | None:
    """What stays behind; None where builder and runtime would be the same."""
    return left_behind.build_packages(facts) or _recommended(facts)


def _recommended(facts: Facts) -> str | None:
    base = facts.final.base
    for step in facts.final.steps if base is not None and not base.is_rpm else ():
        if PIP in map(os_packages.bare, package_lists.packages(step)) and package_lists.recommends(step):
            return f"the compilers that `{PIP}` recommends stay behind"
    return None


def instead(facts: Facts) -> dict[str, tuple[str, ...]]:
    """What the runtime installs in the place of pip, with which come compilers as packages that it recommends."""
    base = facts.final.base
    found = os_packages.without_tools(PIP, base) if base is not None else None
    return {PIP: found} if found is not None else {}


def artifact(evidence: Evidence) -> Artifact:
    """Everything that pip installs."""
    return Artifact(LOCAL, True, evidence, whole=True)


def is_managed(facts: Facts) -> bool:
    """Whether pip refuses to install into the distribution's Python, and nothing in the file overrules that.

    https://packaging.python.org/en/latest/specifications/externally-managed-environments/
    """
    base = facts.final.base
    if base is None or base.language or os_packages.release_name(base) not in names("externally_managed"):
        return False
    return re.search(r"EXTERNALLY-MANAGED|break[-_]system[-_]packages", facts.document.text, re.IGNORECASE) is None
