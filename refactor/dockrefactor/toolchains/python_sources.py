"""What the Python sources of a context ask of the system that runs them.

Only sources with a word that betrays such a need are parsed; the others give their imports alone.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, SourceNeeds, moved
from dockrefactor.patterns import regex
from dockrefactor.program_sources import unused_environments
from dockrefactor.records import dataclass
from dockrefactor.tables import toml
from dockrefactor.toolchains.python_parsing import unparsable
from dockrefactor.toolchains.python_paths import BESIDE_SOURCE, COMPUTED_END, DATABASE, holding

if TYPE_CHECKING:
    from dockrefactor.facts import Facts

_IMPORT: Final = regex(
    r"^[ \t]*(?:import[ \t]+(?P<names>[A-Za-z_][\w.]*(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*"
    r"(?:[ \t]+as[ \t]+\w+)?)*)|from[ \t]+(?P<module>[A-Za-z_][\w.]*)[ \t]+import\b)",
    re.MULTILINE,
)
# at the start of a line: what stands in `try` or `if TYPE_CHECKING` may be absent
_CERTAIN: Final = regex(r"^(?:from[ \t]+(\.*[A-Za-z_][\w.]*)[ \t]+import\b|import[ \t]+([A-Za-z_]\w*(?:\.\w+)+))", re.M)
_TEST_FILE: Final = regex(r"(?:^|/)(?:tests/|test_[^/]*\.py$|conftest\.py$)")


@dataclass(frozen=True, slots=True)
class _Source:
    """What one source file says, before the context is asked about it."""

    imports: tuple[tuple[str, int], ...] = ()
    programs: tuple[Claim, ...] = ()
    reads: tuple[Claim, ...] = ()
    writes: tuple[Claim, ...] = ()
    libraries: tuple[Claim, ...] = ()
    ports: tuple[Claim, ...] = ()
    settings: tuple[Claim, ...] = ()
    folders: tuple[Claim, ...] = ()
    unreadable: Evidence | None = None


def image_sources(facts: Facts) -> SourceNeeds:
    """What the sources need that the final stage, and those that it copies from or builds on, take from the context."""
    steps = [*facts.final.steps, *(step for stage in facts.contributing[1:] for step in stage.steps)]
    wanted = {source for step in steps if step.copy is not None for source, _, _ in step.copy.pairs}
    folders = ("",) if "" in wanted else tuple(sorted(wanted))
    return read_sources(facts.context, folders, environment=facts.final.after.env, without=unused_environments(facts))


def held(claim: Claim) -> Claim:
    """A written path, or its folder where it is a file's and its name might be taken for a folder's."""
    tables = toml("python_calls")
    by, _, more = claim.evidence.says.partition(", ")
    # where the end of its name is computed, what is known of it is a folder already
    is_file = (by in tables["opens"] or by in tables["files"]["names"]) and COMPUTED_END not in more
    if claim.value is None or not is_file:
        return claim
    return Claim(holding(claim.value), claim.evidence)


def read_sources(
    context: BuildContext,
    folders: Sequence[str] = ("",),
    exclude_tests: bool = True,
    environment: Mapping[str, str] | None = None,
    without: tuple[str, ...] = (),
) -> SourceNeeds:
    """What the `.py` files below `folders` (files may be named too) need when they run.

    `environment`: variables that the image sets; `without`: folders that are passed over. Paths that a source places by
    `__file__` are relative to the context's root and their evidence says so; other relative paths are relative to the
    process's working directory. `reads` holds only what the context has.
    """
    variables = tuple(sorted((environment or {}).items()))
    key = (read_sources, tuple(folders), exclude_tests, variables, without)

    def wanted() -> Iterator[str]:
        for path in _files(context, folders, exclude_tests):
            if not any(path.startswith(folder + "/") for folder in without):
                yield path

    return context.once(key, lambda: _read_sources(context, folders, wanted(), variables))


def _read_sources(
    context: BuildContext, folders: Sequence[str], files: Iterable[str], variables: tuple[tuple[str, str], ...]
) -> SourceNeeds:
    found = [(path, _read(context, path, variables)) for path in files]
    sources = [source for _, source in found]
    writes = [claim for source in sources for claim in source.writes]
    if any(name == "flask_sqlalchemy" for source in sources for name, _ in source.imports):
        writes += _instance_databases(writes)
    return SourceNeeds(
        programs=tuple(claim for source in sources for claim in source.programs),
        reads=tuple(
            claim for path, source in found for claim in source.reads if _in_context(context, folders, path, claim)
        ),
        writes=_moved(writes, [claim for source in sources for claim in source.folders]),
        libraries=tuple(claim for source in sources for claim in source.libraries),
        ports=tuple(claim for source in sources for claim in source.ports),
        imports=tuple(_foreign_imports(context, folders, found)),
        settings=tuple(claim for source in sources for claim in source.settings),
        unreadable=(
            *(source.unreadable for source in sources if source.unreadable is not None),
            *_absent_modules(context, folders, [path for path, _ in found]),
        ),
    )


def local_modules(context: BuildContext, folder: str = "") -> frozenset[str]:
    """Top-level names that can be imported from a folder of the context, and from a `src` folder in it."""
    names: set[str] = set()
    for root in (folder, posixpath.join(folder, "src")):
        for path in context.children(root):
            name = posixpath.basename(path)
            if name.endswith(".py"):
                names.add(name.removesuffix(".py"))
            elif name.isidentifier() and next(context.files(path, (".py",)), None) is not None:
                names.add(name)
    return frozenset(names)


def _files(context: BuildContext, folders: Sequence[str], exclude_tests: bool) -> Iterator[str]:
    seen: set[str] = set()
    for folder in folders:
        if context.is_file(folder):
            paths: Iterable[str] = [folder] if _is_source(context, folder) else ()
        else:
            paths = context.files(folder, (".py",))
        for path in paths:
            if path not in seen and not (exclude_tests and _TEST_FILE.search(path)):
                seen.add(path)
                yield path


def _is_source(context: BuildContext, path: str) -> bool:
    """Whether a file that a COPY names is Python's: by its name, or (`manage`, `run`) by its first line."""
    if "." in posixpath.basename(path):
        return path.endswith((".py", ".pyw"))
    return re.match(r"#!.*\bpython", context.read(path) or "") is not None


def _read(context: BuildContext, path: str, variables: tuple[tuple[str, str], ...]) -> _Source:
    text = context.read(path)
    if text is None:
        return _Source(unreadable=Evidence(path, 0, "too large to read or not UTF-8 text"))
    # only those that it may ask for: the same source is read once for many images
    return _parse(path, text, tuple(pair for pair in variables if pair[0] in text) if "env" in text else ())


@cache
def _triggers() -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    table = toml("python_calls")["triggers"]
    return tuple(table["words"]), tuple(table["expressions"].items())


def _betrays_needs(text: str) -> bool:
    words, expressions = _triggers()
    return any(word in text for word in words) or any(
        plain in text and re.search(pattern, text) is not None for plain, pattern in expressions
    )


@lru_cache(maxsize=2048)
def _parse(path: str, text: str, variables: tuple[tuple[str, str], ...]) -> _Source:
    imports = tuple(_imports(text))
    if not _betrays_needs(text):
        return _Source(imports)
    unreadable = unparsable(path, text)
    if unreadable is not None:
        return _Source(imports, unreadable=unreadable)
    import libcst

    from dockrefactor.toolchains.python_calls import read_calls

    try:
        needs = read_calls(path, text, dict(variables))
    except libcst.ParserSyntaxError as error:
        return _Source(imports, unreadable=Evidence(path, error.raw_line, "not Python 3"))
    except RecursionError:
        return _Source(imports, unreadable=Evidence(path, 0, "nested too deeply"))
    return _Source(
        imports,
        tuple(needs.programs),
        tuple(needs.reads),
        tuple(needs.writes),
        tuple(needs.libraries),
        tuple(needs.ports),
        tuple(needs.settings),
        tuple(needs.folders),
    )


def _imports(text: str) -> Iterator[tuple[str, int]]:
    """(top-level name, line) of the modules that a source imports, once each; relative imports are left out."""
    seen: set[str] = set()
    line, last = 1, 0
    for match in _IMPORT.finditer(text):
        names = [match["module"]] if match["module"] else match["names"].split(",")
        fresh = [top for name in names if (top := name.split()[0].partition(".")[0]) not in seen]
        if fresh:
            start = match.start()
            line += text.count("\n", last, start)
            last = start
            seen.update(fresh)
            yield from ((name, line) for name in dict.fromkeys(fresh))


def _foreign_imports(
    context: BuildContext, folders: Sequence[str], found: Sequence[tuple[str, _Source]]
) -> Iterator[Claim]:
    """The first import of each top-level name that no folder on the way to the importing file provides."""
    known: dict[str, frozenset[str]] = {}

    def local(folder: str) -> frozenset[str]:
        if folder not in known:
            known[folder] = local_modules(context, folder)
        return known[folder]

    roots = ["", *(folder for folder in folders if context.is_dir(folder))]
    seen: set[str] = set()
    for path, source in found:
        places = [*roots, *_above(path)]
        for name, line in source.imports:
            if name not in seen and not any(name in local(place) for place in places):
                seen.add(name)
                yield Claim(name, Evidence(path, line, f"imports {name}"))


def _absent_modules(context: BuildContext, folders: Sequence[str], files: Iterable[str]) -> Iterator[Evidence]:
    """Imports of modules inside the project's own packages that the context lacks: what they do is not known."""
    made = re.compile(toml("python_calls")["triggers"]["made_by_builds"])
    roots = ["", *(folder for folder in folders if context.is_dir(folder))]
    roots += [posixpath.join(root, "src") for root in roots]
    modules = _Modules(context)
    for path in files:
        text = context.read(path) or ""
        for match in _CERTAIN.finditer(text):
            name = match[1] or match[2]
            dots = len(name) - len(name.lstrip("."))
            parts = tuple(name.lstrip(".").split("."))
            above = posixpath.dirname(path)
            for _ in range(dots - 1):
                above = posixpath.dirname(above)
            found = [modules.deepest(place, parts) for place in ([above] if dots else [*roots, *_above(path)])]
            # of what no place has a beginning, a package may be the source
            known = dots or any(found)
            if known and all(depth < len(parts) for depth in found) and not made.fullmatch(parts[-1]):
                line = text.count("\n", 0, match.start()) + 1
                yield Evidence(path, line, f"imports `{name}`, of which no source is in the build context")


class _Modules:
    """Which modules stand in the folders of a context; every folder is looked at once."""

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._folders: dict[str, dict[str, bool]] = {}
        self._depths: dict[tuple[str, tuple[str, ...]], int] = {}

    def deepest(self, folder: str, parts: tuple[str, ...]) -> int:
        """How many of the parts of a module's name a folder has; all of them where a module file ends the way."""
        if (folder, parts) not in self._depths:
            self._depths[folder, parts] = self._deepest(folder, parts)
        return self._depths[folder, parts]

    def _deepest(self, folder: str, parts: tuple[str, ...]) -> int:
        is_folder = self._in(folder).get(parts[0])
        if is_folder is None:
            return 0
        if not is_folder or len(parts) == 1:
            return len(parts)
        return 1 + self.deepest(posixpath.join(folder, parts[0]), parts[1:])

    def _in(self, folder: str) -> dict[str, bool]:
        """The names that can be imported from a folder, and whether each is only a folder."""
        if folder not in self._folders:
            found: dict[str, bool] = {}
            for path in self._context.children(folder):
                name, is_folder = posixpath.basename(path), self._context.is_dir(path)
                stem = name if is_folder else name.partition(".")[0]
                found[stem] = is_folder and found.get(stem, True)
            self._folders[folder] = found
        return self._folders[folder]


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _in_context(context: BuildContext, folders: Sequence[str], path: str, claim: Claim) -> bool:
    """Whether the context has what a source reads, seen from the root, a folder, the source, or an image's root."""
    if claim.value is None:
        return False
    if claim.value.startswith("/"):
        parts = claim.value.strip("/").split("/")
        return any(context.exists("/".join(parts[at:])) for at in range(len(parts)))
    places = ("", *folders, posixpath.dirname(path))
    joined = (posixpath.normpath(posixpath.join(place, claim.value)) for place in places)
    return any(place != "." and not place.startswith("..") and context.exists(place) for place in joined)


def _moved(writes: Sequence[Claim], folders: Sequence[Claim]) -> tuple[Claim, ...]:
    """The writes, and the relative ones from each folder that the program goes to."""
    if not folders:
        return tuple(writes)
    beside = [claim for claim in writes if claim.evidence.says.endswith(BESIDE_SOURCE)]
    return tuple(dict.fromkeys((*writes, *moved((claim for claim in writes if claim not in beside), folders))))


def _instance_databases(writes: Sequence[Claim]) -> list[Claim]:
    """Flask-SQLAlchemy 3 puts relative databases into the folder `instance` beside the application."""
    return [
        Claim(posixpath.join("instance", claim.value), claim.evidence)
        for claim in writes
        if claim.evidence.says == DATABASE and claim.value is not None and not claim.value.startswith("/")
    ]
