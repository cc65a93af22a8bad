"""Which packages a Go program is made of: imports followed through the module, its local replacements and `vendor`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass
from dockrefactor.toolchains.go_constraints import may_compile
from dockrefactor.toolchains.go_module import GoModule, join_path, local_modules, read_module, vendor_folder
from dockrefactor.toolchains.go_package import GoPackage, read_package
from dockrefactor.toolchains.go_syntax import header_imports


@dataclass(frozen=True, slots=True)
class VendoredFile:
    """A vendored source of the program, not parsed further than its imports."""

    path: str
    text: str
    imports: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything below one main package.

    `packages`: those of the context, by import path; `foreign`: the other imports that are not the standard
    library's; `standard`: the standard library's (with `C`); `vendored`: sources below `vendor`, None without such a
    folder; `modules`: the local modules that packages come from; `missing`: local packages that the context lacks.
    """

    packages: dict[str, GoPackage]
    foreign: tuple[Claim, ...]
    standard: tuple[Claim, ...]
    vendored: tuple[VendoredFile, ...] | None
    modules: tuple[GoModule, ...]
    missing: tuple[Evidence, ...]


def is_standard(import_path: str) -> bool:
    """Whether a path is the standard library's, given that it is not a local module's."""
    return "." not in import_path.partition("/")[0]


class _Walk:
    def __init__(self, context: BuildContext, module: GoModule, tags: frozenset[str]) -> None:
        self._context = context
        self._tags = tags
        self._local = local_modules(context, module)
        self.packages: dict[str, GoPackage] = {}
        self.outside: dict[str, Claim] = {}
        self.missing: list[Evidence] = []
        self.sources: set[str] = {module.folder}

    def follow(self, import_path: str, folder: str) -> None:
        pending = [(import_path, folder)]
        while pending:
            path, place = pending.pop()
            if path in self.packages:
                continue
            package = read_package(self._context, place, self._tags)
            self.packages[path] = package
            for target, evidence in _imports(package):
                found = self._place(target)
                if found is None:
                    self.outside.setdefault(target, Claim(target, evidence))
                elif any(name.endswith(".go") for name in self._context.children(found)):
                    pending.append((target, found))
                else:
                    self.missing.append(Evidence(evidence.path, evidence.line, f"{target} has no sources here"))

    def _place(self, import_path: str) -> str | None:
        """The context folder of a package of a local module; None for every other package."""
        owners = [name for name in self._local if import_path == name or import_path.startswith(name + "/")]
        if not owners:
            return None
        owner = max(owners, key=len)
        base = self._local[owner]
        folder = join_path(base, import_path[len(owner) :].lstrip("/")).rstrip("/")
        here = folder
        while here != base:
            if self._context.is_file(join_path(here, "go.mod")):
                return None  # a module of its own, which comes from elsewhere
            here = posixpath.dirname(here)
        self.sources.add(base)
        return folder


def _imports(package: GoPackage) -> Iterator[tuple[str, Evidence]]:
    for file in package.files:
        for item in file.imports:
            yield item.path, Evidence(file.path, item.line, f"imports {item.path}")


def follow_imports(
    context: BuildContext, module: GoModule, package_folder: str, tags: frozenset[str] = frozenset()
) -> Reach:
    """Reads the program whose main package lies in the context folder `package_folder`."""
    walk = _Walk(context, module, tags)
    relative = posixpath.relpath(package_folder or ".", module.folder or ".")
    walk.follow(module.path if relative == "." else f"{module.path}/{relative}", package_folder)
    foreign = tuple(claim for path, claim in walk.outside.items() if not is_standard(path))
    modules = [found for folder in sorted(walk.sources) if (found := read_module(context, folder)) is not None]
    vendor = vendor_folder(context, module.folder)
    return Reach(
        packages=walk.packages,
        foreign=foreign,
        standard=tuple(claim for path, claim in walk.outside.items() if is_standard(path)),
        vendored=_vendored(context, vendor, foreign, tags) if vendor is not None else None,
        modules=tuple(modules),
        missing=tuple(walk.missing),
    )


def _vendored(
    context: BuildContext, vendor: str, foreign: tuple[Claim, ...], tags: frozenset[str]
) -> tuple[VendoredFile, ...]:
    found: list[VendoredFile] = []
    seen: set[str] = set()
    pending = [claim.value for claim in foreign if claim.value is not None]
    while pending:
        import_path = pending.pop()
        if import_path in seen or is_standard(import_path):
            continue
        seen.add(import_path)
        for path in context.children(join_path(vendor, import_path)):
            text = context.read(path) if path.endswith(".go") and not path.endswith("_test.go") else None
            if text is not None and may_compile(path, text, tags):
                imports = tuple(header_imports(text))
                found.append(VendoredFile(path, text, imports))
                pending += [target for target, _ in imports]
    return tuple(found)
