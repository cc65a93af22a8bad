"""Whether all that Python's installs bring runs on any C library: wheels for any platform, and nothing compiled."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs, LanguagePackage
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Plan
from dockrefactor.toolchains import python_packages, python_sources
from dockrefactor.toolchains.python_commands import PythonInstall

# Python 3.8 and before get backports of modules along, some of them compiled
_FIRST_WITHOUT_BACKPORTS: Final = 9
_COMPILES: Final = regex(
    r"ext[_-]modules|cffi|cython|mypyc|Extension\b|rust|maturin|scikit-build|skbuild|meson|nanobind|pybind|hatch_build",
    re.IGNORECASE,
)
_RECIPES: Final = ("setup.py", "setup.cfg", "pyproject.toml")
_SOURCES: Final = (".pyx", ".pxd", ".c", ".cc", ".cpp", ".cxx", ".rs", ".f", ".f90")


def bound(
    facts: Facts, plan: Plan, installs: Iterable[tuple[Step, Placed]], installed: Iterable[InstallInputs]
) -> Evidence | None:
    """The first thing that may be compiled for the C library of the image that builds; None: there is none.

    `installs` are Python's installs of all contributing stages, `installed` what they read.
    """
    return next(_bound(facts, plan, list(installs), list(installed)), None)


def _bound(
    facts: Facts, plan: Plan, installs: list[tuple[Step, Placed]], installed: list[InstallInputs]
) -> Iterator[Evidence]:
    yield from (item.evidence for item in plan.artifacts if not item.is_folder)
    for item in installed:
        yield from item.open_ended
        for package in item.packages:
            says = _compiled(facts, package, item)
            if says:
                yield Evidence(package.evidence.path, package.evidence.line, f"`{package.name}` {says}")
        for folder in item.folders:
            yield from _project(facts, folder)
    for step, placed in installs:
        detail = placed.effects.detail
        if isinstance(detail, PythonInstall) and (detail.installs_project or detail.editable):
            yield from _project(facts, placed.cwd)
        if isinstance(detail, PythonInstall) and (detail.from_url or detail.find_links):
            yield facts.at(step.instruction, "what is fetched from there may be compiled")
    sources = python_sources.image_sources(facts)
    yield from sources.unreadable
    yield from (claim.evidence for claim in sources.libraries)
    yield from (claim.evidence for claim in sources.imports if claim.value in ("cffi", "ctypes"))


def _compiled(facts: Facts, package: LanguagePackage, item: InstallInputs) -> str:
    """Why a package may be compiled, or bring one that is; `""` where it is not and does not."""
    if package.native or item.compiled:
        return "is compiled for one C library"
    if not python_packages.is_pure(package.name):
        return "may be compiled for one C library"
    if item.locked:
        return ""
    base = facts.final.base
    minor = python_packages.own_minor(base) if base is not None else None
    line = (facts.context.read(package.evidence.path) or "").splitlines()[package.evidence.line - 1 :][:1]
    if any("[" in text for text in line) or minor is None or minor < _FIRST_WITHOUT_BACKPORTS:
        return "may bring compiled packages along, and no lock file names them"
    alone = python_packages.stands_alone(package)
    return "" if alone else "may bring compiled packages along, and no lock file names them"


def _project(facts: Facts, folder: str) -> Iterator[Evidence]:
    """What a project of the context, installed from an image folder, may compile."""
    root = facts.final.copied(folder)
    if root is None:
        return
    for name in _RECIPES:
        path = posixpath.join(root, name)
        text = facts.context.read(path) or ""
        found = _COMPILES.search(text)
        if found is not None:
            yield Evidence(path, text.count("\n", 0, found.start()) + 1, "it may compile an extension")
    for path in facts.context.files(root, _SOURCES):
        yield Evidence(path, 0, "it may be compiled to an extension")
