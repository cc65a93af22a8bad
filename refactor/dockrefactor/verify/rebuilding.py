"""What a rebuild costs after a one-line edit of a source file: which steps come from the cache."""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from dockrefactor import tables
from dockrefactor.effects import inside
from dockrefactor.facts import Facts
from dockrefactor.records import dataclass
from dockrefactor.verify import building
from dockrefactor.verify.building import Recipe, Step
from dockrefactor.verify.engine import Engine

_MAX_SOURCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Edit:
    """A line put at the end of `file`, a path of the context; the word `edited` in it is made a new one each time."""

    file: str
    line: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The steps of a rebuild that do something, and what was edited for it."""

    edit: Edit
    before: tuple[Step, ...]
    after: tuple[Step, ...]


def choose(facts: Facts) -> Edit | None:
    """A source file of the program: one that the container starts before all, else the shortest path that is copied."""
    launched = dict.fromkeys(facts.launch.scripts.values(), 0)
    words = {word for item in facts.launch.started for word in item.argv}
    found: list[tuple[int, int, str]] = []
    for entry in facts.context.walk(""):
        if entry.is_dir or entry.is_link or _line(entry.path) is None or not _is_copied(facts, entry.path):
            continue
        named = entry.path in launched or posixpath.basename(entry.path) in words
        found.append((0 if named else 1, entry.path.count("/"), entry.path))
    if not found:
        return None
    path = min(found)[2]
    return Edit(path, _line(path) or "")


def edit_of(path: str) -> Edit:
    """An edit of a file that somebody names: an empty line where comments of its language are not known."""
    line: str = tables.toml("verify")["edits"].get(posixpath.splitext(path)[1], "\n")
    return Edit(path, line)


def _line(path: str) -> str | None:
    """The line that may be put at the end of a file, None where it is no source."""
    table = tables.toml("verify")["edits"]
    denied = table["not"]
    name = posixpath.basename(path)
    if name in denied["names"] or any(word in name for word in denied["words"]):
        return None
    if any(part in denied["parts"] for part in path.split("/")[:-1]):
        return None
    line: str | None = table.get(posixpath.splitext(name)[1])
    return line


def _is_copied(facts: Facts, path: str) -> bool:
    copies = [step.copy for stage in facts.contributing for step in stage.steps if step.copy is not None]
    return any(
        source == path or (is_folder and (source == "" or inside(path, source)))
        for copy in copies
        for source, _, is_folder in copy.pairs
    )


def rebuild(engine: Engine, before: Recipe, after: Recipe, edit: Edit) -> Rebuilt:
    """Build both anew after the edit. Raises as `building.build` does."""
    steps = []
    for recipe in (before, after):
        with edited(recipe.context, edit) as folder:
            built = building.build(engine, recipe.in_context(folder))
            engine.remove_images(built.name)
            steps.append(building.counted(built.steps))
    return Rebuilt(edit, steps[0], steps[1])


def steps_until(engine: Engine, recipe: Recipe, edit: Edit, words: Sequence[str]) -> tuple[Step, ...]:
    """The steps of a rebuild after the edit that have one of `words`, as `building.steps_until`."""
    with edited(recipe.context, edit) as folder:
        return building.steps_until(engine, recipe.in_context(folder), words)


@contextlib.contextmanager
def edited(context: Path, edit: Edit) -> Iterator[Path]:
    """A copy of a context in which a file has one line more, like no edit before it."""
    with tempfile.TemporaryDirectory(prefix="dockrefactor-") as temporary:
        folder = Path(temporary) / "context"
        copy_context(context, folder)
        file = folder / edit.file
        content = file.read_bytes()
        newline = b"" if content.endswith(b"\n") or not content else b"\n"
        # the copy may share its bytes with the original: never write into it
        file.unlink()
        line = edit.line.replace("edited", f"edited {uuid.uuid4().hex}").encode()
        file.write_bytes(content + newline + line)
        shutil.copymode(context / edit.file, file)
        yield folder


def copy_context(source: Path, target: Path) -> None:
    """Copy a context, links as links; files share their bytes with the original's where they can."""
    shutil.copytree(source, target, symlinks=True, copy_function=_linked, ignore=_unusual)


def _unusual(folder: str, names: list[str]) -> list[str]:
    """Sockets and pipes, which no engine takes."""
    found = []
    for name in names:
        path = os.path.join(folder, name)
        if not (os.path.islink(path) or os.path.isdir(path) or os.path.isfile(path)):
            found.append(name)
    return found


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target
