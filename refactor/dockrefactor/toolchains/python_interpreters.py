"""Environments whose Python is not the image's own: uv downloads another one to /root, /usr/bin may have one too."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.patterns import regex
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Blocked
from dockrefactor.toolchains.python_commands import PythonInstall
from dockrefactor.toolchains.python_locks import parse_toml, table
from dockrefactor.toolchains.python_packages import own_minor

_VERSION: Final = regex(r"(?:c?python@?)?(\d+)(?:\.(\d+))?(?:\.\d+)*")
_OWN: Final = regex(r"/usr/local/bin/python[\d.]*")
_MANAGED: Final = frozenset({"--managed-python", "only-managed", "--python-preference=only-managed"})


def foreign(facts: Facts, step: Step, placed: Placed) -> Blocked | None:
    """Why the environment that a command makes may stand on a Python which the runtime lacks."""
    argv = placed.command.argv
    base = facts.final.base
    by_uv = "uv" in (posixpath.basename(argv[0]), *argv[1:3])
    if base is not None and base.language != "python" and not by_uv:
        return None  # the distribution's Python, which both stages install
    if argv[0].startswith("/usr/bin/"):
        return Blocked("absolute-tool-path", facts.at(step.instruction, f"{argv[0]} is not the image's own Python"))
    for wanted, evidence in _wanted(facts, step, placed, by_uv):
        if not _is_own(facts, wanted):
            says = f"uv downloads Python {wanted} to /root" if by_uv else f"it stands on {wanted}"
            return Blocked("artifacts-in-home", Evidence(evidence.path, evidence.line, says))
    env = step.before.env
    managed = env.get("UV_MANAGED_PYTHON") or env.get("UV_PYTHON_PREFERENCE") == "only-managed"
    if by_uv and (managed or not _MANAGED.isdisjoint(argv)):
        return Blocked("artifacts-in-home", facts.at(step.instruction, "uv downloads a Python of its own to /root"))
    return _by_project(facts) if isinstance(placed.effects.detail, PythonInstall) and by_uv else None


def _wanted(facts: Facts, step: Step, placed: Placed, by_uv: bool) -> Iterator[tuple[str, Evidence]]:
    """The interpreters that a command, a variable or a file asks for."""
    here = facts.at(step.instruction, "")
    argv = placed.command.argv
    for option, value in zip(argv, (*argv[1:], ""), strict=True):
        name, equals, attached = option.partition("=")
        if name == "--python" or (option == "-p" and not equals):
            yield (attached if equals else value), here
        elif re.fullmatch(r"-p\S+", option) and not option.startswith("--"):
            yield option[2:].removeprefix("="), here
    if by_uv and step.before.env.get("UV_PYTHON"):
        yield step.before.env["UV_PYTHON"], here
    wanted = (facts.context.read(".python-version") or "").strip()
    if by_uv and re.match(r"\d+\.\d+", wanted):
        yield wanted, Evidence(".python-version", 1, "")


def _is_own(facts: Facts, wanted: str) -> bool:
    """Whether an interpreter is the image's own, by its path or its version."""
    if _OWN.fullmatch(wanted) or wanted in ("python", "python3", "3"):
        return True
    found = _VERSION.fullmatch(wanted)
    if found is None:
        return False
    own = _version(facts).split(".")
    return own[:1] == [found[1]] and (found[2] is None or own[1:2] == [found[2]])


def _version(facts: Facts) -> str:
    """The version of the image's own Python, as far as its tag or its release tells: `3.12`, `3.12.6`, `3`, `""`."""
    base = facts.final.base
    if base is None or base.language != "python":
        minor = own_minor(base) if base is not None else None
        return f"3.{minor}" if minor is not None else ""
    tag = base.reference.tag.partition("-")[0]
    return tag if re.fullmatch(r"\d+(?:\.\d+)*", tag) else ""


def _by_project(facts: Facts) -> Blocked | None:
    """The versions that pyproject.toml allows, where the image's is none of them."""
    version = _version(facts)
    document = parse_toml(facts.context.read("pyproject.toml") or "") or {}
    wanted = table(document.get("project")).get("requires-python")
    if not isinstance(wanted, str) or version.count(".") < 1:
        return None
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        # of a series, the image has its newest release
        allowed = SpecifierSet(wanted).contains(version if version.count(".") > 1 else f"{version}.99")
    except InvalidSpecifier:
        allowed = False
    if allowed:
        return None
    says = f"uv downloads a Python to /root: this image's is not {wanted}"
    return Blocked("artifacts-in-home", Evidence("pyproject.toml", 0, says))


__all__ = ["foreign"]
