"""Keeps out of the build context what no build reads: `.git`, files of editors and pipelines, what builds make.

On request only (`--dockerignore`): it writes or extends the ignore file, in the same diff. A pattern joins only where a
COPY takes what it names along with a whole folder; where nothing of the Dockerfile or the context mentions it; where,
for what a build or an install makes (`node_modules`, `dist`, `target`), the context has none of it or its `.gitignore`
says that it is made; and where every COPY still finds all of its sources. `.env` files and tests stay: programs and
builds read them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from dockrefactor import document, gitignore, tables
from dockrefactor.context import BuildContext, ContextError
from dockrefactor.discovery import is_dockerfile_name
from dockrefactor.effects import Kind, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.grammar import SyntaxFault
from dockrefactor.outcome import Change, IgnoreFile, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.stages import Step

_NAME = ".dockerignore"
# words of documentation and of lock files are read by no build
_UNREAD = (".md", ".rst", ".adoc", ".lock", ".sum", "package-lock.json", "pnpm-lock.yaml", "npm-shrinkwrap.json")
_MADE = (Kind.INSTALL, Kind.BUILD)


class Reasons(ReasonEnum):
    """Why the ignore file stays as it is."""

    NOTHING = Reason(
        "nothing-to-ignore", "No COPY takes along what is known to be unread, or it is ignored already.", "Nothing."
    )
    UNKNOWN_STEP = Reason(
        "unknown-step", "What a RUN reads is not known.", "Add the patterns by hand, or simplify the command."
    )
    SHARED = Reason(
        "shared-ignore-file",
        "Another Dockerfile is built from the same context, and may need what would be ignored.",
        "Look at the other one, then accept it with --assume shared-ignore-file.",
        liftable=True,
    )


def run(facts: Facts) -> Outcome:
    """The ignore file with what joins it."""
    context = facts.context
    if context.truncated or next(_folders(facts), None) is None:
        return Unneeded(Reasons.NOTHING, facts.at(facts.final.origin, "no whole folder is copied"))
    found = {pattern: at for pattern, at in _candidates(facts) if _is_new(context, pattern)}
    path = context.ignore_file or _NAME
    before = context.ignore_text
    kept = {pattern: at for pattern, at in found.items() if _is_harmless(facts, path, _joined(before, [pattern]))}
    if not kept:
        return Unneeded(Reasons.NOTHING, facts.at(facts.final.origin, "nothing more to ignore"))
    if (unknown := _unknown(facts)) is not None:
        return Refusal(Reasons.UNKNOWN_STEP, unknown)
    shared = _sharing(facts) if path == _NAME else None
    lifted = Reasons.SHARED.reason.code in facts.options.assume
    if shared is not None and not lifted:
        return Refusal(Reasons.SHARED, shared)
    return Change(
        (),
        "what no build reads neither travels to it nor spoils its cache",
        tuple(kept.values()),
        (Refusal(Reasons.SHARED, shared),) if shared is not None else (),
        IgnoreFile(path, before, _joined(before, list(kept))),
    )


def _copies(facts: Facts) -> Iterator[Step]:
    """Steps that take files of the build context."""
    for stage in facts.stages:
        for step in stage.steps:
            if step.copy is not None and step.copy.origin is None and not step.copy.inline:
                yield step


def _folders(facts: Facts) -> Iterator[str]:
    """Folders of the context that are copied as a whole, or mounted."""
    for step in _copies(facts):
        assert step.copy is not None
        yield from (source for source, _, is_folder in step.copy.pairs if is_folder)
    mounts = (mount for stage in facts.stages for step in stage.steps if step.run for mount in step.run.mounts)
    if any("type=" not in mount or "type=bind" in mount for mount in mounts if "from=" not in mount):
        yield ""


def _candidates(facts: Facts) -> Iterator[tuple[str, Evidence]]:
    yield from _made(facts)
    languages = {toolchain.name for toolchain in facts.toolchains}
    whole = any(folder == "" for folder in _folders(facts))
    for name, row in tables.toml("ignored").items():
        if not whole or ("language" in row and row["language"] not in languages):
            continue
        wanted = [pattern for pattern in row["patterns"] if _is_wanted(facts, row, pattern)]
        if wanted and not _is_mentioned(facts, row):
            says = f"is {name.replace('-', ' ')}, which nothing here reads ({row['source']})"
            yield from ((pattern, Evidence(_NAME, 0, f"`{pattern}` {says}")) for pattern in wanted)


def _is_wanted(facts: Facts, row: Any, pattern: str) -> bool:
    there = _has(facts.context, pattern)
    if row.get("untracked") and there and _gitignored(facts, pattern) is None:
        return False
    return there or bool(row.get("anywhere"))


def _has(context: BuildContext, pattern: str) -> bool:
    if "*" not in pattern:
        return context.exists(pattern)
    name = re.compile(_regex(pattern))
    paths = (entry.path for entry in context.walk()) if pattern.startswith("**/") else context.children()
    return any(name.fullmatch(posixpath.basename(path)) for path in paths)


def _made(facts: Facts) -> Iterator[tuple[str, Evidence]]:
    """What installs and builds make where a copy of the context puts the same path of the context."""
    for stage in facts.stages:
        for step in stage.steps:
            for placed in step.commands:
                if placed.effects.kind not in _MADE:
                    continue
                for path in placed.effects.writes:
                    for place in _places(facts, path):
                        at = _made_alone(facts, place, placed.effects.kind)
                        if at is not None:
                            yield place, facts.at(step.instruction, f"`{placed.command.name}` makes {place}{at}")


def _places(facts: Facts, path: str) -> Iterator[str]:
    """The context's paths that a copy of a folder puts at the image path `path`."""
    for step in _copies(facts):
        assert step.copy is not None
        for source, target, is_folder in step.copy.pairs:
            # a folder copied to the root lies beside the system, whose paths are not its own
            if is_folder and target not in ("/", path) and inside(path, target):
                yield posixpath.join(source, posixpath.relpath(path, target))


def _made_alone(facts: Facts, place: str, kind: Kind) -> str | None:
    """What else shows that nothing of `place` is committed; None where something may be."""
    line = _gitignored(facts, place)
    if line is not None:
        return f", and .gitignore names it (`{line}`)"
    return "" if kind is Kind.INSTALL and not facts.context.exists(place) else None


def _gitignored(facts: Facts, place: str) -> str | None:
    """The pattern of the context's own .gitignore that names a file or folder."""
    return gitignore.naming(facts.context.read(".gitignore") or "", place.removeprefix("**/"))


def _is_mentioned(facts: Facts, row: Any) -> bool:
    """Whether the Dockerfile or a file of the context names what would be ignored."""
    pattern = re.compile("|".join(row["mentions"]), re.MULTILINE)
    own = (facts.document.source(item) for item in facts.document.instructions)
    if any(pattern.search(text) for text in own):
        return True
    ignored = re.compile(rf"(.*/)?({'|'.join(map(_regex, row['patterns']))})(/|$)")
    for path in facts.context.files():
        unread = path.endswith(_UNREAD) or ignored.match(path) or _is_docker(path)
        if not unread and pattern.search(facts.context.read(path) or ""):
            return True
    return False


def _regex(pattern: str) -> str:
    """What matches the last name of a path that an ignore pattern names."""
    return ".*".join(map(re.escape, pattern.removeprefix("**/").split("*")))


def _is_docker(path: str) -> bool:
    """Files that tell of builds and are read by none, among them ignore files."""
    name = posixpath.basename(path)
    return is_dockerfile_name(name) or name.endswith("ignore") or path.startswith((".github/", ".circleci/"))


def _is_new(context: BuildContext, pattern: str) -> bool:
    """Whether the ignore file does not name it yet."""
    path = pattern.removeprefix("**/").replace("*", "x")
    return not context.ignores(path) and pattern not in (context.ignore_text or "").split()


def _is_harmless(facts: Facts, name: str, text: str) -> bool:
    """Whether every COPY takes what it took, but for what lies in whole folders."""
    try:
        after = Facts(
            facts.document, facts.context.ignoring(name, text), facts.known_toolchains, facts.options, facts.name
        )
        return list(map(_named, _copies(facts))) == list(map(_named, _copies(after)))
    except ContextError:
        return False


def _named(step: Step) -> object:
    assert step.copy is not None
    return step.copy.absent, step.copy.pairs


def _joined(before: str | None, patterns: list[str]) -> str:
    """The text with the patterns at its end, but before what is taken in again."""
    text = before or ""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    again = next((at for at, line in enumerate(lines) if line.lstrip().startswith("!")), len(lines))
    if again and not lines[again - 1].endswith("\n"):
        lines[again - 1] += newline
    return "".join([*lines[:again], *(pattern + newline for pattern in patterns), *lines[again:]])


def _unknown(facts: Facts) -> Evidence | None:
    """A step that may read anything."""
    for stage in facts.stages:
        for step in stage.steps:
            if step.run is not None and (step.run.opaque or Kind.UNKNOWN in step.run.kinds):
                return facts.at(step.instruction, step.run.opaque or "a command that nobody knows")
    return None


def _sharing(facts: Facts) -> Evidence | None:
    """Another Dockerfile that the same ignore file holds for: one at the root, or one whose sources lie there."""
    for path in facts.context.files():
        if path == facts.context.dockerfile_name or not is_dockerfile_name(posixpath.basename(path)):
            continue
        folder = posixpath.dirname(path)
        if not folder or not _finds_its_sources(facts.context, path, folder):
            return Evidence(path, 0, "another Dockerfile")
    return None


def _finds_its_sources(context: BuildContext, path: str, folder: str) -> bool:
    """Whether a Dockerfile in a folder of its own names files of that folder: then that is its context."""
    try:
        parsed = document.read(context.read(path) or "")
    except SyntaxFault:
        return False
    named = [
        word
        for item in parsed.instructions
        if item.keyword in ("COPY", "ADD") and not any(flag.startswith("--from") for flag in item.flags)
        for word in item.args[:-1]
        if word not in (".", "./")
    ]
    return bool(named) and all(context.exists(posixpath.join(folder, word)) for word in named if "*" not in word)


TRANSFORM = Transform("extend-dockerignore", run, Reasons, on_request=True)
