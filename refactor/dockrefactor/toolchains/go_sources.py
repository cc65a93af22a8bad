"""What a Go program needs to be built and to run, read from its sources, go.mod and go.sum.

Only sources of the build context are read. What other modules need is known from tables (`data/go_modules.toml`) or
from their vendored sources; modules that neither covers are named in `GoProgram.unproven`.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim, LanguagePackage, SourceNeeds
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace
from dockrefactor.toolchains.go_build import GoBuild, default_output_name, parse_go_build
from dockrefactor.toolchains.go_claims import GoClaims
from dockrefactor.toolchains.go_constraints import may_compile
from dockrefactor.toolchains.go_known import ModuleNeeds, cgo_needs, proven, started_programs
from dockrefactor.toolchains.go_module import GoModule, join_path
from dockrefactor.toolchains.go_reach import Reach, follow_imports
from dockrefactor.toolchains.go_syntax import GoFile
from dockrefactor.toolchains.go_values import Values

__all__ = [
    "GoBuild",
    "GoProgram",
    "default_output_name",
    "main_packages",
    "parse_go_build",
    "read_program",
]

_CGO_PACKAGES: Final = frozenset({"C", "plugin", "runtime/cgo"})
_TLS_PACKAGES: Final = frozenset({"crypto/tls", "crypto/x509", "net/smtp", "net/http/httputil"})
_CLIENT: Final = frozenset(
    [
        "Client",
        "DefaultClient",
        "DefaultTransport",
        "Get",
        "Head",
        "NewRequest",
        "NewRequestWithContext",
        "Post",
        "PostForm",
        "Transport",
    ]
)
_MAIN: Final = regex(r"^package\s+main\b", re.M)
_MAIN_FUNCTION: Final = regex(r"^func\s+main\s*\(\s*\)", re.M)


@dataclass(frozen=True, slots=True)
class GoProgram:
    """One main package with all that is compiled into it.

    `cgo`: why it needs cgo, empty where the sources that can be seen need none; `modules`: the other modules that may
    be linked in; `unproven`: those of them whose need for cgo is not known; `cgo_modules`: the known ones that need
    it; `embeds`: go:embed patterns relative to the context; `packages`: context folders of the compiled packages.
    `uses_tls` and `uses_timezones` are also true where a module that is not known may do so.
    """

    needs: SourceNeeds
    cgo: tuple[Evidence, ...]
    modules: tuple[LanguagePackage, ...]
    unproven: tuple[LanguagePackage, ...]
    cgo_modules: tuple[ModuleNeeds, ...]
    embeds: tuple[Claim, ...]
    uses_tls: bool
    uses_timezones: bool
    packages: tuple[str, ...]


def read_program(
    context: BuildContext,
    module: GoModule,
    package_folder: str,
    tags: frozenset[str] = frozenset(),
    *,
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] | None = None,
) -> GoProgram:
    """Reads the program whose main package is in the context folder `package_folder`, built with `tags`.

    `environment` and `arguments` (without the program's name) are those of the image's launch: with them, paths and
    ports that the program takes from there are known; without, the program's own defaults stand beside an unknown.
    """
    variables = None if environment is None else tuple(environment.items())
    words = None if arguments is None else tuple(arguments)
    key = (read_program, module.folder, module.replacements, package_folder, tags, variables, words)
    return context.once(key, lambda: _read_program(context, module, package_folder, tags, environment, arguments))


def _read_program(
    context: BuildContext,
    module: GoModule,
    package_folder: str,
    tags: frozenset[str],
    environment: Mapping[str, str] | None,
    arguments: Sequence[str] | None,
) -> GoProgram:
    reach = follow_imports(context, module, package_folder, tags)
    files = [file for package in reach.packages.values() for file in package.files]
    needs = GoClaims(context, module.folder, Values(reach.packages, environment, arguments)).collect(
        reach.packages.values()
    )
    modules = _linked(reach)
    known = tuple(_known_cgo(reach, modules))
    unproven = () if reach.vendored is not None else tuple(item for item in modules if not _is_known(item, module))
    embedded_zones = "timetzdata" in tags or any(claim.value == "time/tzdata" for claim in reach.standard)
    return GoProgram(
        needs=_completed(needs, reach, modules),
        cgo=tuple(_cgo(reach, known)),
        modules=modules,
        unproven=unproven,
        cgo_modules=tuple(entry for entry, _ in known),
        embeds=tuple(claim for file in files for claim in _embeds(file)),
        uses_tls=_uses_tls(reach, files),
        uses_timezones=not embedded_zones and _uses_timezones(reach, files, modules),
        packages=tuple(sorted(package.folder for package in reach.packages.values())),
    )


def _completed(needs: SourceNeeds, reach: Reach, modules: Iterable[LanguagePackage]) -> SourceNeeds:
    reads = needs.reads
    for claim in reach.foreign:
        if claim.value == "github.com/joho/godotenv/autoload":
            reads += (Claim(".env", claim.evidence),)
    programs = tuple(Claim(program, item.evidence) for item in modules for program in started_programs(item.name))
    return replace(
        needs,
        reads=reads,
        programs=needs.programs + programs,
        imports=reach.foreign,
        unreadable=needs.unreadable + reach.missing,
    )


def _linked(reach: Reach) -> tuple[LanguagePackage, ...]:
    """The modules from elsewhere that may be compiled in; none where nothing of them is imported."""
    if not reach.foreign:
        return ()
    local = {module.path for module in reach.modules}
    candidates = {item.name: item for module in reach.modules for item in module.candidates if item.name not in local}
    replaced = {item.module for module in reach.modules for item in module.replacements if item.folder is not None}
    imports = [claim.value or "" for claim in reach.foreign]
    if reach.vendored is not None:
        imports += [target for file in reach.vendored for target, _ in file.imports]
        owners = {_owner(path, candidates) for path in imports}
        return tuple(item for name, item in candidates.items() if name in owners)
    for claim in reach.foreign:
        if claim.value is not None and _owner(claim.value, candidates) is None:
            candidates[claim.value] = LanguagePackage(claim.value, None, claim.evidence)
    return tuple(item for name, item in candidates.items() if name not in replaced)


def _owner(import_path: str, modules: Iterable[str]) -> str | None:
    owners = [name for name in modules if import_path == name or import_path.startswith(name + "/")]
    return max(owners, key=len, default=None)


def _is_known(item: LanguagePackage, module: GoModule) -> bool:
    """Whether the tables tell if a module needs cgo, after a replacement by another module."""
    target = next((other.target for other in module.replacements if other.module == item.name), item.name)
    return proven(target) is not None or bool(cgo_needs(target))


def _known_cgo(reach: Reach, modules: Iterable[LanguagePackage]) -> Iterator[tuple[ModuleNeeds, Evidence]]:
    """Modules of the table that are linked in: directly imported, or maybe through another module."""
    if reach.vendored is not None:
        return
    indirect = {name for module in reach.modules for name in module.indirect}
    imports = {claim.value: claim for claim in reach.foreign if claim.value is not None}
    for item in modules:
        for entry in cgo_needs(item.name):
            direct = next((claim for path, claim in imports.items() if entry.covers(path)), None)
            owned = any(path == item.name or path.startswith(item.name + "/") for path in imports)
            if direct is not None:
                yield entry, direct.evidence
            elif item.name in indirect or not owned:
                yield entry, replace(item.evidence, says=f"{item.name} may be compiled in and needs cgo")


def _cgo(reach: Reach, known: Iterable[tuple[ModuleNeeds, Evidence]]) -> Iterator[Evidence]:
    for claim in reach.standard:
        if claim.value in _CGO_PACKAGES:
            yield replace(claim.evidence, says=f'imports "{claim.value}"')
    for entry, evidence in known:
        yield replace(evidence, says=f"{entry.module} needs cgo")
    for file in reach.vendored or ():
        for target, line in file.imports:
            if target in _CGO_PACKAGES:
                yield Evidence(file.path, line, f'imports "{target}"')


def _uses_tls(reach: Reach, files: Iterable[GoFile]) -> bool:
    """Whether the program may verify certificates: as a client of net/http, by crypto/tls, or inside any module."""
    if reach.foreign or any(claim.value in _TLS_PACKAGES for claim in reach.standard):
        return True
    return any(
        target is not None and target[0] == "net/http" and target[1] in _CLIENT
        for file in files
        for kind in ("selector", "composite")
        for node in file.nodes(kind)
        if (target := file.qualified(node.child_by_field_name("type") or node)) is not None
    )


def _uses_timezones(reach: Reach, files: Iterable[GoFile], modules: Iterable[LanguagePackage]) -> bool:
    named = any(file.qualified(node) == ("time", "LoadLocation") for file in files for node in file.nodes("selector"))
    if named or any("time.LoadLocation" in file.text for file in reach.vendored or ()):
        return True
    return reach.vendored is None and any(proven(item.name) != "no time zones" for item in modules)


def _embeds(file: GoFile) -> Iterator[Claim]:
    folder = posixpath.dirname(file.path)
    for node in file.nodes("comment"):
        text = (node.text or b"").decode("utf-8", "replace")
        if not text.startswith("//go:embed "):
            continue
        try:
            patterns = shlex.split(text.removeprefix("//go:embed ").replace("`", '"'))
        except ValueError:
            patterns = []
        for pattern in patterns:
            path = join_path(folder, pattern.removeprefix("all:"))
            yield Claim(path, file.evidence(node, f"embeds {pattern}"))


def main_packages(context: BuildContext, module: GoModule, tags: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The context folders of the module (not of modules inside it) that a Linux build makes programs of, sorted."""
    found = {
        folder
        for path in context.files(module.folder, (".go",))
        if (folder := posixpath.dirname(path)) is not None
        and _belongs(context, module, folder)
        and _is_main(context, path, tags)
    }
    return tuple(sorted(found))


def _belongs(context: BuildContext, module: GoModule, folder: str) -> bool:
    here = folder
    while here != module.folder:
        name = posixpath.basename(here)
        if name in ("vendor", "testdata") or name.startswith(("_", ".")) or context.is_file(join_path(here, "go.mod")):
            return False
        here = posixpath.dirname(here)
    return True


def _is_main(context: BuildContext, path: str, tags: frozenset[str]) -> bool:
    text = context.read(path) or ""
    return bool(_MAIN.search(text) and _MAIN_FUNCTION.search(text) and may_compile(path, text, tags))
