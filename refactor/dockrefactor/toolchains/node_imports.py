"""Which npm packages JavaScript and TypeScript sources load."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Collection

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass
from dockrefactor.toolchains.node_commands import node_facts
from dockrefactor.toolchains.node_components import component_files, loaded
from dockrefactor.toolchains.node_settings import read_tsconfig
from dockrefactor.toolchains.node_sources import QUOTED, source_files
from dockrefactor.toolchains.node_syntax import SourceFile


def imported_packages(context: BuildContext, folder: str) -> tuple[Claim, ...]:
    """The npm packages that the project's runtime sources load, each once for each file; None for a computed name.

    Node's own modules, the project's own files and imports of types alone are left out.
    """
    aliases = _Aliases.of(context, folder)
    claims: dict[Claim, None] = {}
    for path in source_files(context, folder):
        text = context.read(path)
        if text is None or not any(word in text for word in ("import", "require", "from")):
            continue
        for specifier, line, only_types in SourceFile(path, text).loads():
            if only_types or (specifier is not None and aliases.are_own(context, specifier)):
                continue
            name = package_of(specifier) if specifier is not None else None
            if name or specifier is None:
                claims[_claim(name, path, line)] = None
    for path in component_files(context, folder):
        for specifier, line in loaded(context, path):
            if specifier is None or not aliases.are_own(context, specifier):
                name = package_of(specifier) if specifier is not None else None
                if name or specifier is None:
                    claims[_claim(name, path, line)] = None
    return tuple(sorted(claims, key=lambda claim: (claim.evidence, claim.value or "")))


def names_any(context: BuildContext, folder: str, packages: Collection[str]) -> bool:
    """Whether a runtime source, or a settings file that programs load, has the name of one of `packages` as a text.

    What it is handed to may load it (`transport: { target: "pino-pretty" }`). What imports name is not looked at.
    """
    settings = (posixpath.join(folder, name) for name in node_facts()["sources"]["settings_files"])
    paths = (*source_files(context, folder), *component_files(context, folder), *settings)
    return any(
        not match["before"] and package_of(match["text"]) in packages
        for path in paths
        for match in QUOTED.finditer(context.read(path) or "")
    )


def inserted_packages(context: BuildContext, folder: str) -> frozenset[str]:
    """The packages that compilers may make the project's output load, by the settings in its folder."""
    table = node_facts()["inserted"]
    paths = [
        path
        for path in context.children(folder)
        if any(fnmatch.fnmatchcase(posixpath.basename(path), pattern) for pattern in table["settings"])
    ]
    texts = "\n".join(filter(None, map(context.read, paths)))
    return frozenset(name for name, signs in table["packages"].items() if any(sign in texts for sign in signs))


def _claim(name: str | None, path: str, line: int) -> Claim:
    return Claim(name, Evidence(path, line, f"loads {name or 'a module by a computed name'}"))


def package_of(specifier: str) -> str | None:
    """The package of an import: `@scope/name/x` -> `@scope/name`; None for files, addresses and Node's own modules."""
    if specifier.startswith((".", "/", "#", "node:", "data:", "http:", "https:", "file:", "virtual:")) or not specifier:
        return None
    parts = specifier.split("/")
    if parts[0] in node_facts()["sources"]["builtins"]:
        return None
    return "/".join(parts[:2]) if specifier.startswith("@") else parts[0]


@dataclass(frozen=True, slots=True)
class _Aliases:
    """How a tsconfig.json renames the project's own files in imports."""

    paths: tuple[tuple[str, tuple[str, ...]], ...]
    base: str | None

    @staticmethod
    def of(context: BuildContext, folder: str) -> _Aliases:
        found: list[tuple[str, tuple[str, ...]]] = []
        base = None
        for name in ("tsconfig.json", "jsconfig.json"):
            config = read_tsconfig(context, posixpath.join(folder, name))
            if config is None:
                continue
            base = config.folder_option("baseUrl") if base is None else base
            paths = config.options.get("paths")
            if paths is not None and isinstance(paths[0], dict):
                start = config.folder_option("baseUrl")
                base_folder = paths[1] if start is None else start
                for alias, places in paths[0].items():
                    given = places if isinstance(places, list) else []
                    found.append((alias, tuple(posixpath.join(base_folder, str(place)) for place in given)))
        return _Aliases(tuple(found), base)

    def are_own(self, context: BuildContext, specifier: str) -> bool:
        """Whether an import means a file of the project, not a package."""
        if specifier.startswith((".", "/", "#")):
            return True
        for alias, _ in self.paths:
            head, star, tail = alias.partition("*")
            if specifier == alias or (star and specifier.startswith(head) and specifier.endswith(tail) and head):
                return True
        return self.base is not None and _is_module(context, posixpath.join(self.base, specifier))


def _is_module(context: BuildContext, base: str) -> bool:
    base = posixpath.normpath(base)
    suffixes = node_facts()["sources"]["suffixes"]
    stem, ending = posixpath.splitext(base)
    swapped = [f"{stem}{suffix}" for suffix in suffixes] if ending in (".js", ".mjs", ".cjs", ".jsx") else []
    candidates = [base, *swapped, *(f"{base}{suffix}" for suffix in suffixes)]
    candidates += [f"{base}/index{suffix}" for suffix in suffixes]
    return any(context.is_file(path) for path in candidates)
