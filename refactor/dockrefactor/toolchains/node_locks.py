"""Lock files of npm, Yarn and pnpm: every package that an install brings."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from dockrefactor import yaml_text
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import LanguagePackage
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.node_commands import bare_name, node_facts

_KEY_LINE: Final = regex(r"""^\s*["']?(?P<key>[^\s"'#].*?)["']?:(\s*\{)?\s*$""")
_PNPM_5: Final = regex(r"/(?P<name>(@[^/]+/)?[^/]+)/(?P<version>[^_(]+)")
_PNPM_6: Final = regex(r"/?(?P<name>(@[^/]+/)?[^@/]+)@(?P<version>[^(]+)")


class Manifest(Protocol):
    """The part of a package.json that tells production from development packages."""

    @property
    def folder(self) -> str: ...
    def runtime_dependencies(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class _Locked:
    """One entry of a lock: `key` finds its line, `needs` are the keys of the entries that it depends on."""

    key: str
    name: str
    version: str | None
    native: bool | None
    development: bool = False
    needs: tuple[str, ...] = ()


def read_lock(context: BuildContext, path: str, manifests: Sequence[Manifest]) -> tuple[LanguagePackage, ...] | None:
    """All packages of the lock file at a context path; None where its format is not known.

    `manifests` are the project's and its workspaces' package.json: with locks that do not mark development packages,
    everything that no production dependency reaches counts as development.
    """
    key = (read_lock, path, tuple(manifest.folder for manifest in manifests))
    return context.once(key, lambda: _read_lock(context, path, manifests))


def _read_lock(context: BuildContext, path: str, manifests: Sequence[Manifest]) -> tuple[LanguagePackage, ...] | None:
    text = context.read(path)
    if text is None:
        return None
    name = posixpath.basename(path)
    entries: Iterable[_Locked] | None = None
    if name in ("package-lock.json", "npm-shrinkwrap.json"):
        entries = _npm(text)
    elif name == "yarn.lock":
        entries = _berry(text, manifests) if "__metadata:" in text else _yarn(text, manifests)
    elif name == "pnpm-lock.yaml":
        entries = _pnpm(text)
    if entries is None:
        return None
    lines = _lines_of_keys(text)
    return tuple(
        LanguagePackage(
            entry.name,
            entry.version,
            Evidence(path, lines.get(entry.key, 0), f"locks {entry.name} {entry.version or ''}".rstrip()),
            entry.native,
            entry.development,
        )
        for entry in entries
    )


def _lines_of_keys(text: str) -> Mapping[str, int]:
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.endswith((":", "{")) and (found := _KEY_LINE.match(line)):
            lines.setdefault(found["key"].replace('"', ""), number)
    return lines


def _has_native_helper(names: Iterable[str]) -> bool:
    return any(name in node_facts()["install"]["native_helpers"] for name in names)


def _table(value: object) -> Mapping[str, Any]:
    """A mapping with text keys; empty where the file has something else."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _names(entry: Mapping[str, Any], *keys: str) -> list[str]:
    return [name for key in keys if isinstance(entry.get(key), dict) for name in entry[key]]


def _npm(text: str) -> list[_Locked] | None:
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    if isinstance(document.get("packages"), dict):
        return _npm_flat(document["packages"])
    found: list[_Locked] = []
    _npm_nested(document.get("dependencies"), found)
    return found


def _npm_flat(packages: Mapping[str, Any]) -> list[_Locked]:
    found = []
    for key, entry in packages.items():
        at = key.rfind("node_modules/")
        if at < 0 or not isinstance(entry, dict) or entry.get("link") or not _on_linux(entry):
            continue
        helped = _has_native_helper(_names(entry, "dependencies", "optionalDependencies"))
        native = bool(entry.get("hasInstallScript")) or helped or _for_one_platform(entry)
        name = entry.get("name") or key[at + len("node_modules/") :]
        found.append(_Locked(key, name, _version(entry), native, bool(entry.get("dev"))))
    return found


def _for_one_platform(entry: Mapping[str, Any]) -> bool:
    """A package for one system or processor is a compiled one."""
    return any(key in entry for key in ("os", "cpu", "libc"))


def _on_linux(entry: Mapping[str, Any]) -> bool:
    """Whether a package is installed on Linux (https://docs.npmjs.com/cli/v10/configuring-npm/package-json#os)."""
    systems = entry.get("os")
    if not isinstance(systems, list):
        return True
    only = [name for name in systems if not str(name).startswith("!")]
    return "!linux" not in systems and (not only or "linux" in only)


def _version(entry: Mapping[str, Any]) -> str | None:
    version = entry.get("version")
    return str(version) if version is not None else None


def _npm_nested(dependencies: object, found: list[_Locked]) -> None:
    if not isinstance(dependencies, dict):
        return
    for name, entry in dependencies.items():
        if isinstance(entry, dict):
            helped = _has_native_helper(_names(entry, "requires", "dependencies"))
            found.append(_Locked(name, name, _version(entry), helped or None, bool(entry.get("dev"))))
            _npm_nested(entry.get("dependencies"), found)


def _yarn(text: str, manifests: Sequence[Manifest]) -> list[_Locked]:
    entries: dict[str, _Locked] = {}
    for block in re.split(r"\r?\n(?=\S)", text):
        lines = block.splitlines()
        if not lines or lines[0].startswith("#") or not lines[0].endswith(":"):
            continue
        header = lines[0][:-1].replace('"', "")
        version, needs = None, []
        inside = False
        for line in lines[1:]:
            word, _, value = line.strip().partition(" ")
            if not line.startswith("    "):
                inside = word in ("dependencies:", "optionalDependencies:")
                version = value.strip('"') if word == "version" else version
            elif inside:
                needs.append(f"{word.strip(chr(34))}@{value.strip(chr(34))}")
        helped = _has_native_helper(bare_name(need) for need in needs)
        first = header.split(", ")[0]
        entry = _Locked(header, bare_name(first), version, helped or None, False, tuple(needs))
        entries |= dict.fromkeys(header.split(", "), entry)
    roots = [f"{name}@{spec}" for manifest in manifests for name, spec in manifest.runtime_dependencies().items()]
    return _marked(entries, roots)


def _berry(text: str, manifests: Sequence[Manifest]) -> list[_Locked] | None:
    document = _yaml(text)
    if document is None:
        return None
    entries: dict[str, _Locked] = {}
    for header, entry in _table(document).items():
        if header == "__metadata" or not isinstance(entry, dict):
            continue
        resolution = str(entry.get("resolution", header))
        if "@workspace:" in resolution:
            continue
        needs = tuple(f"{name}@{spec}" for name, spec in _table(entry.get("dependencies")).items())
        helped = _has_native_helper(bare_name(need) for need in needs) or "conditions" in entry
        first = header.split(", ")[0]
        locked = _Locked(header, bare_name(first), _version(entry), helped or None, False, needs)
        entries |= dict.fromkeys(header.split(", "), locked)
    for key in list(entries):  # `a@npm:^1` answers to `a@^1`, as older versions and manifests spell it
        entries.setdefault(re.sub(r"(?<=.)@npm:(?=[^@]*$)", "@", key), entries[key])
    roots = [f"{name}@{spec}" for manifest in manifests for name, spec in manifest.runtime_dependencies().items()]
    return _marked(entries, roots)


def _marked(entries: Mapping[str, _Locked], roots: Iterable[str]) -> list[_Locked]:
    """Mark as development what no root reaches; where a root or a need is not found, nothing of that name is marked."""
    reached: set[str] = set()
    by_name: dict[str, list[_Locked]] = {}
    for entry in entries.values():
        by_name.setdefault(entry.name, []).append(entry)
    pending = list(roots)
    while pending:
        need = pending.pop()
        exact = entries.get(need)
        for entry in [exact] if exact is not None else by_name.get(bare_name(need), []):
            if entry.key not in reached:
                reached.add(entry.key)
                pending.extend(entry.needs)
    unique = {entry.key: entry for entry in entries.values()}
    return [
        _Locked(entry.key, entry.name, entry.version, entry.native, entry.key not in reached, entry.needs)
        for entry in unique.values()
    ]


def _yaml(text: str) -> Mapping[str, Any] | None:
    document = yaml_text.document(text)
    return document if isinstance(document, dict) else None


def _pnpm(text: str) -> list[_Locked] | None:
    document = _yaml(text)
    if document is None:
        return None
    packages = document.get("packages") or {}
    try:
        major = int(float(str(document.get("lockfileVersion", "0"))))
    except ValueError:
        return None
    if not isinstance(packages, dict) or not 5 <= major <= 9:
        return None
    if isinstance(document.get("snapshots"), dict):
        return _pnpm_snapshots(document, packages)
    found = []
    for key, entry in _table(packages).items():
        matched = (_PNPM_5 if major == 5 else _PNPM_6).match(key)
        if not isinstance(entry, dict) or not matched or key.startswith("file:") or not _on_linux(entry):
            continue
        helped = _has_native_helper(_names(entry, "dependencies", "optionalDependencies"))
        native = bool(entry.get("requiresBuild")) or helped or _for_one_platform(entry)
        found.append(_Locked(key, matched["name"], matched["version"], native, bool(entry.get("dev"))))
    return found


def _pnpm_snapshots(document: Mapping[str, Any], packages: Mapping[str, Any]) -> list[_Locked]:
    """Version 9: the graph is apart from the packages, and nothing says which of them are for development."""
    entries: dict[str, _Locked] = {}
    for key, snapshot in _table(document["snapshots"]).items():
        matched = _PNPM_6.match(key)
        if matched is None:
            continue
        entry = snapshot if isinstance(snapshot, dict) else {}
        plain = key.partition("(")[0]
        about = packages.get(plain)
        needs = [
            *_table(entry.get("dependencies")).items(),
            *_table(entry.get("optionalDependencies")).items(),
        ]
        helped = _has_native_helper(name for name, _ in needs)
        native = helped or (isinstance(about, dict) and _for_one_platform(about))
        keys = tuple(_snapshot_key(name, str(version)) for name, version in needs)
        entries[key] = _Locked(plain, matched["name"], matched["version"], native or None, False, keys)
    return _marked(entries, _pnpm_roots(document.get("importers")))


def _pnpm_roots(importers: object) -> list[str]:
    roots = []
    for importer in _table(importers).values():
        for kind in ("dependencies", "optionalDependencies"):
            for name, entry in _table(_table(importer).get(kind)).items():
                version = entry.get("version") if isinstance(entry, dict) else entry
                roots.append(_snapshot_key(name, str(version)))
    return roots


def _snapshot_key(name: str, version: str) -> str:
    """`1.0.0` -> `name@1.0.0`; an alias already names its package (`other@1.0.0`)."""
    return version if "@" in version.partition("(")[0] else f"{name}@{version}"
