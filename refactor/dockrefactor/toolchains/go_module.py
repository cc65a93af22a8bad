"""Go modules as files: `go.mod`, `go.sum`, `go.work` and the `vendor` folder of a build context."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.needs import LanguagePackage, ResolveImagePath
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace

# From go 1.17 on, go.mod names every module that gives a package to the build.
COMPLETE_REQUIRES: Final = (1, 17)
_TOKEN: Final = regex(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+')


@dataclass(frozen=True, slots=True)
class Replacement:
    """One `replace` line: `module` comes from the context `folder`, or from `target` where `folder` is None."""

    module: str
    target: str
    folder: str | None
    evidence: Evidence

    def manifest(self, folder: str) -> str:
        """The image path of its go.mod, seen from the image folder of the module that replaces it."""
        return absolute(f"{self.target}/go.mod", folder)


@dataclass(frozen=True, slots=True)
class GoModule:
    """A `go.mod`: `folder` is its context folder, `replaces` the context folders of its local replacements.

    `indirect` names the requirements marked so; `summed` is what go.sum has a content hash for; `elsewhere` are local
    replacements that the context does not have where go.mod says: an image may have them there.
    """

    path: str
    folder: str
    go_version: str | None
    requires: tuple[LanguagePackage, ...]
    replaces: tuple[str, ...]
    evidence: Evidence
    indirect: frozenset[str] = frozenset()
    summed: tuple[LanguagePackage, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    elsewhere: tuple[Replacement, ...] = ()

    @property
    def unresolved(self) -> tuple[Evidence, ...]:
        """Where go.mod names what `elsewhere` holds."""
        return tuple(
            replace(item.evidence, says=f"{item.target} is not in the build context") for item in self.elsewhere
        )

    @property
    def candidates(self) -> tuple[LanguagePackage, ...]:
        """The modules that may give a package to a build of this one, the widest truthful list."""
        if version_numbers(self.go_version) >= COMPLETE_REQUIRES:
            return self.requires
        named = {package.name for package in self.requires}
        return self.requires + tuple(package for package in self.summed if package.name not in named)


@dataclass(frozen=True, slots=True)
class _Line:
    """One directive: `words` without its keyword, `comment` without the slashes."""

    number: int
    keyword: str
    words: tuple[str, ...]
    comment: str


def version_numbers(version: str | None) -> tuple[int, ...]:
    """`1.21.3` as (1, 21, 3), `1.22rc1` as (1, 22); empty where there is none (as old as go.mod can be)."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version or "")
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def _directives(text: str) -> Iterator[_Line]:
    """The lines of a go.mod or go.work, blocks in parentheses opened out."""
    block: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        code, _, comment = line.partition("//")
        words = [word.strip('"`') for word in _TOKEN.findall(code)]
        if not words:
            continue
        if block is None:
            if words[1:] == ["("] or words[0].endswith("("):
                block = words[0].rstrip("(")
                continue
            yield _Line(number, words[0], tuple(words[1:]), comment.strip())
        elif words[0] == ")":
            block = None
        else:
            yield _Line(number, block, tuple(words), comment.strip())


def _join(folder: str, name: str) -> str | None:
    """The context path of `name` as seen from `folder`; None where it leads out of the context."""
    joined = posixpath.normpath(posixpath.join(folder or ".", name))
    if name.startswith("/") or joined == ".." or joined.startswith("../"):
        return None
    return normalise(joined)


def join_path(folder: str, name: str) -> str:
    """A context path below `folder`, which may be the root."""
    return f"{folder}/{name}" if folder else name


def _is_local(target: str) -> bool:
    return target.startswith(("./", "../", "/")) or target in (".", "..")


def _replacements(folder: str, name: str, lines: list[_Line]) -> tuple[Replacement, ...]:
    found = []
    for line in lines:
        if line.keyword != "replace" or "=>" not in line.words:
            continue
        arrow = line.words.index("=>")
        if arrow == 0 or arrow + 1 >= len(line.words):
            continue
        target = line.words[arrow + 1]
        place = _join(folder, target) if _is_local(target) else None
        found.append(Replacement(line.words[0], target, place, Evidence(name, line.number, f"replaced by {target}")))
    return tuple(found)


def _elsewhere(context: BuildContext, replacements: tuple[Replacement, ...]) -> tuple[Replacement, ...]:
    return tuple(
        item
        for item in replacements
        if _is_local(item.target) and (item.folder is None or not context.is_file(join_path(item.folder, "go.mod")))
    )


def _summed(context: BuildContext, folder: str) -> tuple[LanguagePackage, ...]:
    """The modules whose contents (not only whose go.mod) go.sum has a hash of."""
    name = join_path(folder, "go.sum")
    found = []
    for number, line in enumerate((context.read(name) or "").splitlines(), 1):
        words = line.split()
        if len(words) == 3 and not words[1].endswith("/go.mod"):
            found.append(LanguagePackage(words[0], words[1], Evidence(name, number, f"{words[0]} {words[1]}")))
    return tuple(found)


def read_module(context: BuildContext, folder: str) -> GoModule | None:
    """The module whose go.mod lies in the context folder `folder`; None where there is none that names a module."""
    return context.once((read_module, folder), lambda: _read_module(context, normalise(folder)))


def _read_module(context: BuildContext, folder: str) -> GoModule | None:
    name = join_path(folder, "go.mod")
    text = context.read(name)
    if text is None:
        return None
    lines = list(_directives(text))
    declared = next((line for line in lines if line.keyword == "module" and line.words), None)
    if declared is None:
        return None
    required = [line for line in lines if line.keyword == "require" and len(line.words) >= 2]
    replacements = _replacements(folder, name, lines)
    return GoModule(
        path=declared.words[0],
        folder=folder,
        go_version=next((line.words[0] for line in lines if line.keyword == "go" and line.words), None),
        requires=tuple(
            LanguagePackage(line.words[0], line.words[1], Evidence(name, line.number, f"requires {line.words[0]}"))
            for line in required
        ),
        replaces=tuple(dict.fromkeys(item.folder for item in replacements if item.folder is not None)),
        evidence=Evidence(name, declared.number, f"module {declared.words[0]}"),
        indirect=frozenset(line.words[0] for line in required if re.match(r"indirect\b", line.comment)),
        summed=_summed(context, folder),
        replacements=replacements,
        elsewhere=_elsewhere(context, replacements),
    )


def as_placed(module: GoModule, folder: str, resolve: ResolveImagePath) -> GoModule:
    """The module with those of its local replacements that only the image has where go.mod says: `folder` is its own
    folder there, and `resolve` tells which part of the context stands beside it."""

    def found(item: Replacement) -> Replacement:
        place = resolve(item.manifest(folder)) if item in module.elsewhere else None
        return replace(item, folder=posixpath.dirname(place)) if place is not None else item

    return replace(module, replacements=tuple(map(found, module.replacements))) if module.elsewhere else module


def read_workspace(context: BuildContext, folder: str) -> tuple[str, ...] | None:
    """The context folders that the go.work in `folder` uses; None where there is no go.work.

    A member outside the context is left out: the go command could not have read it either.
    """
    folder = normalise(folder)
    text = context.read(join_path(folder, "go.work"))
    if text is None:
        return None
    used = [_join(folder, line.words[0]) for line in _directives(text) if line.keyword == "use" and line.words]
    return tuple(dict.fromkeys(member for member in used if member is not None))


def workspace_folder(context: BuildContext, folder: str) -> str | None:
    """The nearest folder at or above `folder` that has a go.work, as the go command searches it."""
    here = normalise(folder)
    while True:
        if context.is_file(join_path(here, "go.work")):
            return here
        if not here:
            return None
        here = posixpath.dirname(here)


def _workspace_replaces(context: BuildContext, folder: str) -> tuple[Replacement, ...]:
    name = join_path(folder, "go.work")
    return _replacements(folder, name, list(_directives(context.read(name) or "")))


def local_modules(context: BuildContext, module: GoModule) -> dict[str, str]:
    """Module path -> context folder of every module that a build of `module` takes from the context, itself first."""
    found = {module.path: module.folder}
    replacements = list(module.replacements)
    place = workspace_folder(context, module.folder)
    members = (read_workspace(context, place) or ()) if place is not None else ()
    if place is not None and module.folder in members:
        replacements += _workspace_replaces(context, place)
        for member in filter(None, (read_module(context, item) for item in members)):
            found.setdefault(member.path, member.folder)
            replacements += member.replacements
    for item in replacements:
        if item.folder is not None:
            found.setdefault(item.module, item.folder)
    return found


def module_inputs(context: BuildContext, folder: str) -> tuple[str, ...]:
    """The context files that `go mod download` in `folder` reads, those that exist, sorted by use.

    go.mod and go.sum, the go.mod of every local replacement, and with a go.work (here or above) that file, its
    go.work.sum and the go.mod and go.sum of its members.
    """
    folder = normalise(folder)
    mains = [folder]
    names: list[str] = []
    replaced: list[str] = []
    place = workspace_folder(context, folder)
    if place is not None:
        names += [join_path(place, "go.work"), join_path(place, "go.work.sum")]
        replaced += [item.folder for item in _workspace_replaces(context, place) if item.folder is not None]
        mains += read_workspace(context, place) or ()
    for main in dict.fromkeys(mains):
        names += [join_path(main, "go.mod"), join_path(main, "go.sum")]
        module = read_module(context, main)
        replaced += module.replaces if module is not None else ()
    names += [join_path(item, "go.mod") for item in replaced]
    return tuple(name for name in dict.fromkeys(names) if context.is_file(name))


def requires_anything(context: BuildContext, folder: str) -> bool:
    """Whether a go.mod that `go mod download` in `folder` reads names another module, which it may then fetch."""
    manifests = [path for path in module_inputs(context, folder) if posixpath.basename(path) == "go.mod"]
    modules = [read_module(context, posixpath.dirname(path)) for path in manifests]
    return any(module is None or module.requires for module in modules)


def is_vendored(context: BuildContext, folder: str) -> bool:
    """Whether the module (or its workspace) carries its dependencies in `vendor`, as `vendor/modules.txt` shows."""
    return vendor_folder(context, folder) is not None


def vendor_folder(context: BuildContext, folder: str) -> str | None:
    """The context folder of the vendored packages, None where there is none."""
    place = workspace_folder(context, folder)
    for base in (normalise(folder), place):
        if base is not None and context.is_file(join_path(base, "vendor/modules.txt")):
            return join_path(base, "vendor")
    return None
