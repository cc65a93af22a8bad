"""The scripts inside components and pages that are not plain JavaScript: Astro's, Svelte's and Vue's files, and MDX.

https://docs.astro.build/en/basics/astro-components/, https://svelte.dev/docs/svelte/svelte-files,
https://vuejs.org/api/sfc-spec.html, https://mdxjs.com/docs/using-mdx/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.patterns import regex
from dockrefactor.toolchains.node_commands import node_facts

_FENCED: Final = regex(r"\A(?:\ufeff|\s)*---[^\n]*\n(?P<script>.*?)^---", re.DOTALL | re.MULTILINE)
_TAGGED: Final = regex(r"<script\b[^>]*>(?P<script>.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_LOADS: Final = regex(
    r"""\b(?:import|export)\s+(?P<type>type\s)?(?:[^'"`;()]*?\bfrom\s*)?(['"])(?P<plain>[^'"\n]+)\2"""
    r"""|\b(?:import|require)\s*\(\s*(?:(['"`])(?P<called>[^'"`$\n]+)\4\s*[,)]|(?P<computed>[^)]))"""
)


def component_files(context: BuildContext, folder: str, *suffixes: str) -> Iterator[str]:
    """Context paths of the components below `folder`, with these endings, else with any that is known."""
    for path in context.files(folder, suffixes or tuple(node_facts()["sources"]["components"])):
        if "node_modules" not in path.split("/"):
            yield path


def script_of(path: str, text: str) -> str:
    """The text of a component with all but its scripts as blanks, so that each line keeps its number; MDX as it is."""
    if path.endswith((".mdx", ".md")):
        return text
    spans = [found.span("script") for found in (_FENCED if path.endswith(".astro") else _TAGGED).finditer(text)]
    kept = [False] * len(text)
    for start, end in spans:
        kept[start:end] = [True] * (end - start)
    return "".join(sign if keep or sign == "\n" else " " for sign, keep in zip(text, kept, strict=True))


def loaded(context: BuildContext, path: str) -> Iterator[tuple[str | None, int]]:
    """What a component imports, with the line of it; None for a name that is computed. Types alone are left out."""
    text = script_of(path, context.read(path) or "")
    for found in _LOADS.finditer(text):
        if not found["type"]:
            yield found["plain"] or found["called"], text.count("\n", 0, found.start()) + 1
