"""Libraries of the system that a project's own extensions link: those that its recipe names are not known here.

Sources: https://setuptools.pypa.io/en/latest/userguide/ext_modules.html,
https://mesonbuild.com/Dependencies.html, https://cmake.org/cmake/help/latest/command/find_package.html.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Final

from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.patterns import regex

# of the C library, or brought by every image
_COMMON: Final = frozenset({"c", "dl", "gcc", "m", "pthread", "rt", "stdc++", "util"})
_RECIPES: Final = {
    "setup.py": regex(
        r"""\blibraries["']?\s*[=:]\s*(?:\[(?P<listed>[^\]]*)\]|\w)|pkg-?_?config|["']-l(?P<option>[\w+.-]+)["']"""
    ),
    "pyproject.toml": regex(r"^\s*libraries\s*=\s*\[(?P<listed>[^\]]*)\]", re.MULTILINE),
    "meson.build": regex(r"\bdependency\s*\(|\bfind_library\s*\("),
    "CMakeLists.txt": regex(
        r"\bfind_package\s*\(\s*(?!Python|pybind11|nanobind|Threads|Cython)|\bpkg_\w+\s*\(|\bfind_library\s*\(",
        re.IGNORECASE,
    ),
}
_EXTENSION: Final = regex(r"\bExtension\b|ext_modules|ext-modules|cffi_modules|scikit-build|scikit_build|mesonpy")


def linking(facts: Facts, installed: Sequence[InstallInputs]) -> Evidence | None:
    """A line of a local project's recipe by which an install links a library of the system; None: there is none."""
    resolve = facts.final.copied
    for folder in dict.fromkeys(folder for item in installed for folder in item.folders):
        root = resolve(folder)
        if root is None or not facts.context.is_dir(root):
            continue
        texts = {name: facts.context.read(posixpath.join(root, name)) or "" for name in _RECIPES}
        if not any(_EXTENSION.search(text) for text in texts.values()):
            continue
        for name, text in texts.items():
            for start in _linked(_RECIPES[name], text, facts.options.covered):
                path = posixpath.join(root, name)
                return Evidence(path, text.count("\n", 0, start) + 1, "an extension links a library of the system")
    return None


def _linked(recipe: re.Pattern[str], text: str, covered: Sequence[str]) -> Iterator[int]:
    """Where a recipe names libraries that not every image has."""
    known = _COMMON.union(covered)
    for match in recipe.finditer(text):
        groups = match.groupdict()
        if groups.get("listed") is not None:
            named = re.findall(r"""["']([^"']+)["']""", groups["listed"])
            plain = not re.sub(r"""["'][^"']*["']|[\s,]""", "", groups["listed"])
            if plain and known.issuperset(named):
                continue
        elif groups.get("option") in known:
            continue
        yield match.start()
