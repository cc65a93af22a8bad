"""How Quarkus packs a program, which settings of its build decide.

https://quarkus.io/guides/maven-tooling#configuration-reference: `fast-jar` makes a folder, `uber-jar` one archive, and
`legacy-jar` an archive with a folder of libraries beside it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.patterns import regex

UNKNOWN: Final = "?"
_KINDS: Final = frozenset({"fast-jar", "uber-jar", "legacy-jar"})
_SETTING: Final = regex(r"^[ \t]*(?:%[\w,-]+\.)?quarkus\.(package|native)\.([\w.-]+)[ \t]*[=:][ \t]*(.*?)[ \t]*$", re.M)
_NAME: Final = regex(r"quarkus\.(package|native)\.([\w.-]+)")
# settings of the package by which it is neither packed nor named otherwise
_HARMLESS: Final = regex(
    r"main-class|(?:jar\.)?(?:compress|manifest|decompiler|user-configured|include-dependency)\b.*"
)
_VERSIONS: Final = ("quarkus.platform.version", "quarkus-plugin.version", "quarkus.version", "quarkusPlatformVersion")
# until then it was legacy-jar: https://github.com/quarkusio/quarkus/wiki/Migration-Guide-1.12
_FAST_SINCE: Final = (1, 12)


def kind(context: BuildContext, folder: str, properties: Mapping[str, str], env: Mapping[str, str]) -> str:
    """How the project in a context folder is packed: `fast-jar`, `uber-jar`, `legacy-jar`, or `UNKNOWN`.

    `properties` are those of the manifest and of the command line, `env` are the variables of the build.
    """
    wanted: set[str] = set()
    for place, name, value in _settings(context, folder, properties, env):
        if place == "native":
            if name == "enabled" and value.lower() != "false":
                return UNKNOWN
        elif name in ("type", "jar.type"):
            wanted.add(value)
        elif not (name == "jar.enabled" and value == "true") and _HARMLESS.fullmatch(name) is None:
            return UNKNOWN
    wanted.discard("jar")
    if wanted:
        return wanted.pop() if len(wanted) == 1 and wanted <= _KINDS else UNKNOWN
    version = next((properties[name] for name in _VERSIONS if name in properties), "")
    numbers = re.match(r"(\d+)\.(\d+)\b", version)
    if numbers is None:
        return UNKNOWN
    return "fast-jar" if (int(numbers[1]), int(numbers[2])) >= _FAST_SINCE else "legacy-jar"


def _settings(
    context: BuildContext, folder: str, properties: Mapping[str, str], env: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """(package or native, name, value) of each setting; one that cannot be told has a name that is not known."""
    for key, value in properties.items():
        match = _NAME.fullmatch(key)
        if match is not None:
            yield match[1], match[2], value
    for key, value in env.items():
        if key.startswith(("QUARKUS_PACKAGE_", "QUARKUS_NATIVE_")):
            place, _, name = key.removeprefix("QUARKUS_").lower().partition("_")
            yield place, {"jar_type": "jar.type"}.get(name, name), value
    for name in ("application.properties", "META-INF/microprofile-config.properties"):
        text = context.read(posixpath.join(folder, "src/main/resources", name)) or ""
        yield from ((match[1], match[2], match[3]) for match in _SETTING.finditer(text))
    for name in ("src/main/resources/application.yml", "src/main/resources/application.yaml", ".env"):
        text = context.read(posixpath.join(folder, name)) or ""
        if re.search(r"^\s*(?:package|native)\s*:|quarkus\.(?:package|native)|QUARKUS_(?:PACKAGE|NATIVE)", text, re.M):
            yield "package", "elsewhere", ""
    if context.is_dir(posixpath.join(folder, "config")):
        yield "package", "elsewhere", ""
