"""Settings files of Node tools: JSON with comments, tsconfig.json with what it extends, and literals of JS settings."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final

from dockrefactor.context import BuildContext
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

_TOKEN: Final = regex(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(//[^\n]*|/\*.*?\*/)""", re.DOTALL
)
_TRAILING_COMMA: Final = regex(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')
# Shared bases that say nothing of files and folders: https://github.com/tsconfig/bases
_PLAIN_BASES: Final = "@tsconfig/"


def without_comments(text: str) -> str:
    """JavaScript or JSON text with each comment as one space; strings stay."""
    return _TOKEN.sub(lambda found: found[1] or " ", text)


def read_jsonc(context: BuildContext, path: str) -> Mapping[str, Any] | None:
    """A JSON object that may have comments and trailing commas; None where it is absent or broken."""
    text = context.read(path)
    if text is None:
        return None
    plain = _TRAILING_COMMA.sub(lambda found: found[1] or "", without_comments(text))
    try:
        document = json.loads(plain)
    except (json.JSONDecodeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


@dataclass(frozen=True, slots=True)
class TsConfig:
    """The options of one tsconfig.json: `options` maps each compiler option to its value and the folder it counts from.

    `references` are context paths of the projects (files or folders) that it names.

    `complete` is false where a base that it extends cannot be read, so an absent option may still be set there.
    """

    path: str
    options: Mapping[str, tuple[Any, str]]
    include: tuple[str, ...] | None
    files: tuple[str, ...] | None
    references: tuple[str, ...]
    complete: bool

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    def option(self, name: str) -> Any:
        found = self.options.get(name)
        return found[0] if found else None

    def folder_option(self, name: str) -> str | None:
        """A path option as a context path, None where it is not set."""
        found = self.options.get(name)
        if found is None or not isinstance(found[0], str):
            return None
        value = found[0].replace("${configDir}", "." if found[1] == self.folder else self.folder)
        joined = posixpath.normpath(posixpath.join(found[1], value))
        return "" if joined == "." else joined


def read_tsconfig(context: BuildContext, path: str, depth: int = 0) -> TsConfig | None:
    """A tsconfig.json and all that it extends; None where it is absent or broken."""
    document = read_jsonc(context, path)
    if document is None or depth > 8:
        return None
    folder = posixpath.dirname(path)
    bases = document.get("extends", [])
    options: dict[str, tuple[Any, str]] = {}
    include, files, complete = None, None, True
    for base in bases if isinstance(bases, list) else [bases]:
        parent = _base(context, folder, str(base), depth)
        if parent is None:
            complete = complete and str(base).startswith(_PLAIN_BASES)
            continue
        options |= parent.options
        include, files, complete = parent.include or include, parent.files or files, complete and parent.complete
    own = document.get("compilerOptions")
    options |= {name: (value, folder) for name, value in (own if isinstance(own, dict) else {}).items()}
    return TsConfig(
        path,
        options,
        _strings(document.get("include", include)),
        _strings(document.get("files", files)),
        _references(document.get("references"), folder),
        complete,
    )


def _references(value: object, folder: str) -> tuple[str, ...]:
    named = [item.get("path") for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return tuple(posixpath.normpath(posixpath.join(folder, path)) for path in named if isinstance(path, str))


def _base(context: BuildContext, folder: str, base: str, depth: int) -> TsConfig | None:
    if not base.startswith("."):
        return None
    path = posixpath.normpath(posixpath.join(folder, base))
    return read_tsconfig(context, path if path.endswith(".json") else f"{path}.json", depth + 1)


def _strings(value: object) -> tuple[str, ...] | None:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else None


def literal_setting(text: str, key: str) -> str | None:
    """The one string that a JS settings file gives for `key:`; `""` where the key is absent, None where it is computed.

    Understands `'x'`, `path.resolve(__dirname, 'x')` and `path.join(__dirname, 'x')`.
    """
    plain = without_comments(text)
    places = list(re.finditer(rf"(?<![\w.$]){re.escape(key)}\s*:", plain))
    if not places:
        shorthand = re.search(rf"[{{,]\s*{re.escape(key)}\s*[,}}]", plain)
        return None if shorthand else ""
    values = set()
    for place in places:
        found = re.match(
            r"""\s*(?:(?:path\.)?(?:resolve|join)\(\s*(?:__dirname|process\.cwd\(\))\s*,\s*)?(['"`])([^'"`$]*)\1\s*[,})\n]""",
            plain[place.end() :],
        )
        if found is None:
            return None
        values.add(posixpath.normpath(found[2]))
    return values.pop() if len(values) == 1 else None


def object_setting(text: str, key: str) -> str | None:
    """The inside of the one object literal given for `key:`; `""` where the key is absent, None for anything else."""
    plain = without_comments(text)
    places = list(re.finditer(rf"(?<![\w.$'\"]){re.escape(key)}\s*(?=[:,}}])", plain))
    if not places:
        return ""
    found = re.compile(r":\s*\{").match(plain, places[0].end())
    if len(places) > 1 or found is None:
        return None
    depth = 1
    for sign in re.compile(r"""[{}]|"[^"\n]*"|'[^'\n]*'|`[^`]*`""").finditer(plain, found.end()):
        depth += {"{": 1, "}": -1}.get(sign[0], 0)
        if depth == 0:
            return plain[found.end() : sign.end()]
    return None
