"""Copies that put the parts of a build context together in another way than they lie there.

`COPY api ./` and `COPY shared ./shared` make one project of two folders. What is read of the folder `api` alone knows
nothing of the other part.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.effects import inside
from dockrefactor.facts import Facts
from dockrefactor.stages import Stage


def sources(facts: Facts, suffixes: tuple[str, ...], folders: tuple[str, ...] = ()) -> Iterator[str]:
    """The context paths of files with one of `suffixes` that lie in another folder's copy in the image, in no stage
    where they lie in the context; none of those below `folders`."""
    found = dict.fromkeys(path for stage in facts.contributing for path in _paths(stage))
    for path in found:
        files = facts.context.files(path, suffixes) if facts.context.is_dir(path) else (path,)
        for file in files:
            if file.endswith(suffixes) and not any(inside("/" + file, "/" + folder) for folder in folders):
                yield file


def _paths(stage: Stage) -> Iterator[str]:
    """The sources of copies that another folder's copy surrounds in the image and not in the context."""
    pairs = [
        pair
        for step in stage.steps
        if step.copy is not None and step.copy.origin is None and step.copy.known
        for pair in step.copy.pairs
    ]
    trees = [(source, target) for source, target, is_folder in pairs if is_folder]
    for source, target, is_folder in pairs:
        for outer, place in trees:
            if outer == source or not inside(target, place) or (not is_folder and target == place):
                continue
            expected = posixpath.normpath(posixpath.join("/" + outer, posixpath.relpath(target, place)))
            if expected != posixpath.normpath("/" + source) and not inside("/" + outer, "/" + source):
                yield source
