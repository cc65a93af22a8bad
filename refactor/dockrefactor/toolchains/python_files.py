"""Which files of the build context are Python sources that an image may run."""

from __future__ import annotations

from collections.abc import Sequence

from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts
from dockrefactor.program_sources import unused_environments


def python_files(facts: Facts) -> list[str]:
    """The context's Python files, without those of virtual environments that nothing in the image names."""
    return outside(facts.context, unused_environments(facts))


def outside(context: BuildContext, folders: Sequence[str]) -> list[str]:
    """The context's Python files that lie in none of `folders`."""
    inner = tuple(f"{folder}/" for folder in folders)
    return [path for path in context.files("", (".py",)) if not path.startswith(inner)]
