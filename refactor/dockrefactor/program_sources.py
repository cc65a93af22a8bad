"""Whether the program that a container runs can be seen: its sources are in the build context, and are copied.

A Dockerfile in a folder of its own is often built with another folder as its context, which nothing says; a program may
be built before the image, or be one of the packages. What none of the sources tells is then unknown, and never empty.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dockrefactor import source_copies, tables
from dockrefactor.effects import absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.stages import Copy

# a static server gives them, and they do nothing themselves
_PAGES = (".html", ".htm")


def unseen(facts: Facts) -> Iterator[Evidence]:
    """What shows that the program, or a part of it, cannot be read."""
    copies = list(_copies(facts))
    if not copies:
        yield facts.at(facts.final.origin, "nothing of the program is in the build context")
        return
    for step in facts.final.image_steps:
        if step.copy is not None and step.copy.origin is None and (lacking := _lacking(facts, step.copy)):
            yield facts.at(step.instruction, f"{lacking}, which is copied here, is not in the build context")
    known = tables.toml("languages")
    for toolchain in facts.running:
        suffixes = tuple(known[toolchain.name]["suffixes"]) if toolchain.name in known else ()
        if suffixes and not any(_brings_source(facts, copy, toolchain.name, suffixes) for copy in copies):
            main = facts.launch.main
            place = main.evidence if main is not None else facts.at(facts.final.origin, "")
            says = f"no source in {known[toolchain.name]['name']} is copied from the build context"
            yield Evidence(place.path, place.line, says)


def of_running(facts: Facts) -> Iterator[str]:
    """The context paths of the sources, in the languages that run, which are copied into a stage of the image."""
    known = tables.toml("languages")
    names = [toolchain.name for toolchain in facts.running if toolchain.name in known]
    suffixes = tuple(suffix for name in names for suffix in known[name]["suffixes"] if suffix not in _PAGES)
    unused = tuple(f"{folder}/" for folder in unused_environments(facts))
    found: dict[str, None] = {}
    for copy in _copies(facts):
        found.update(dict.fromkeys(path for path in _brought(facts, copy) if path.endswith(suffixes)))
    yield from (path for path in found if not path.startswith(unused))


def unused_environments(facts: Facts) -> tuple[str, ...]:
    """The folders of virtual environments that the author's machine left in the context: their modules are on nobody's
    path unless the Dockerfile or a start script names them."""
    found = [path.rpartition("/")[0] for path in facts.context.files() if path.endswith("/pyvenv.cfg")]
    if not found:
        return ()
    texts = [facts.document.text, *(facts.context.read(path) or "" for path in facts.launch.scripts.values())]
    named = [re.compile(rf"(?<![\w.-]){re.escape(posixpath.basename(folder))}\b") for folder in found]
    return tuple(
        folder for folder, name in zip(found, named, strict=True) if not any(name.search(text) for text in texts)
    )


def _copies(facts: Facts) -> Iterator[Copy]:
    """The copies from the build context, of every stage that has a part in the image."""
    for stage in facts.contributing:
        yield from (step.copy for step in stage.steps if step.copy is not None and step.copy.origin is None)


def _brought(facts: Facts, copy: Copy) -> Iterator[str]:
    """The context's files that a copy brings."""
    for source, _, is_folder in copy.pairs:
        yield from facts.context.files(source) if is_folder else (source,)


def _brings_source(facts: Facts, copy: Copy, language: str, suffixes: tuple[str, ...]) -> bool:
    if copy.inline or copy.remote or copy.unpacks or not copy.known:
        return True  # it may bring anything
    found = _brought(facts, copy)
    return facts.context.truncated or any(path.endswith(suffixes) or _starts(facts, path, language) for path in found)


def _starts(facts: Facts, path: str, language: str) -> bool:
    """Whether a file without a suffix is a script, whose first line names the language's interpreter."""
    if "." in posixpath.basename(path):
        return False
    first = (facts.context.read(path) or "").partition("\n")[0]
    return first.startswith("#!") and language in first


def _lacking(facts: Facts, copy: Copy) -> str | None:
    """A source that something makes before the build, and that may hold the program."""
    absent = [source for source in copy.absent if not _is_setting_of_others(facts, source)]
    lacking = absent[0] if absent and not copy.pairs else None
    if lacking is None or inside(facts.final.after.cwd, copy.destination):
        return lacking
    found = facts.final.resolver()
    named = (absolute(word, item.cwd) for item in facts.launch.started for word in item.argv)
    return lacking if any(inside(path, copy.destination) and found(path) is None for path in named) else None


def _is_setting_of_others(facts: Facts, source: str) -> bool:
    """Whether a pattern brings settings that git ignores, where there are any."""
    path = source_copies.named_by(source)
    suffixes = tuple(tables.toml("launches")["settings_suffixes"])
    return path != source and path.endswith(suffixes) and facts.context.may_come(path)
