"""Command lines of Meson, and the options of a project with their values.

https://mesonbuild.com/Commands.html, https://mesonbuild.com/Builtin-options.html, https://mesonbuild.com/Build-options.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dockrefactor.effects import absolute
from dockrefactor.records import dataclass
from dockrefactor.toolchains.c_build import Unreadable
from dockrefactor.toolchains.c_cmake import Work
from dockrefactor.toolchains.c_meson_syntax import Node, parse

LISTS: Final = "meson.build"
OPTION_FILES: Final = ("meson.options", "meson_options.txt")
_SWITCHES: Final = frozenset({"--wipe", "--reconfigure", "--strip", "--fatal-meson-warnings", "--clearcache"})
_FOLDERS: Final = (
    "prefix", "bindir", "sbindir", "libdir", "libexecdir", "datadir", "sysconfdir", "localstatedir", "includedir",
    "mandir", "infodir", "localedir", "sharedstatedir",
)  # fmt: skip
_VALUED: Final = (
    *_FOLDERS, "buildtype", "default-library", "warnlevel", "optimization", "wrap-mode", "backend", "unity",
    "auto-features", "layout",
)  # fmt: skip
# the folder of libraries is that of the machine where Debian's tools for packages are there, which nothing shows
_DEFAULTS: Final = {
    "prefix": "/usr/local", "bindir": "bin", "sbindir": "sbin", "libexecdir": "libexec", "datadir": "share",
    "includedir": "include", "mandir": "share/man", "infodir": "share/info", "localedir": "share/locale",
    "default_library": "shared", "layout": "mirror", "wrap_mode": "default", "prefer_static": "false",
    "auto_features": "auto", "sysconfdir": "etc", "localstatedir": "var", "sharedstatedir": "com",
}  # fmt: skip
# what is meant where the prefix is one of these
_BY_PREFIX: Final = {
    "/usr": {"sysconfdir": "/etc", "localstatedir": "/var", "sharedstatedir": "/var/lib"},
    "/usr/local": {"localstatedir": "/var/local", "sharedstatedir": "/var/local/lib"},
}


@dataclass(frozen=True, slots=True)
class MesonConfigure:
    """`meson setup`: image folders of the sources and of the build, and the options that are given."""

    source: str
    build: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Feature:
    """The value of an option that turns something on: `enabled`, `disabled` or `auto`."""

    value: str


Option = str | bool | int | Feature | list[str]


def parse_meson(argv: Sequence[str], cwd: str, is_source: Callable[[str], bool]) -> MesonConfigure | Work | None:
    """Reads a command line; None for an option or a command that is not known here. `is_source`: whether a meson.build
    stands in an image folder."""
    words = list(argv[1:])
    if words[:1] in (["compile"], ["install"]):
        return _work(words, cwd)
    if words[:1] == ["setup"]:
        words.pop(0)
    elif words[:1] in (
        ["configure"],
        ["test"],
        ["dist"],
        ["wrap"],
        ["init"],
        ["introspect"],
        ["devenv"],
        ["env2mfile"],
    ):
        return None
    options: dict[str, str] = {}
    folders: list[str] = []
    while words:
        word = words.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("-D"):
            text = word[2:] or (words.pop(0) if words else "")
            options[text.partition("=")[0]] = text.partition("=")[2]
        elif word.startswith("--") and name in _VALUED and (equals or words):
            options[name.replace("-", "_")] = value if equals else words.pop(0)
        elif word in _SWITCHES:
            continue
        elif word.startswith("-"):
            return None
        else:
            folders.append(absolute(word, cwd))
    return _placed(folders, options, cwd, is_source)


def _placed(
    folders: list[str], options: dict[str, str], cwd: str, is_source: Callable[[str], bool]
) -> MesonConfigure | None:
    """One folder is that of the build, below the sources; of two, the one with a meson.build is that of the sources."""
    if len(folders) == 1 and folders[0] != cwd and not is_source(folders[0]):
        return MesonConfigure(cwd, folders[0], options)
    if len(folders) == 1 and folders[0] != cwd:
        return MesonConfigure(folders[0], cwd, options)
    if len(folders) == 2 and is_source(folders[0]) != is_source(folders[1]):
        build, source = folders if is_source(folders[1]) else reversed(folders)
        return MesonConfigure(source, build, options)
    return None


def _work(words: list[str], cwd: str) -> Work | None:
    """`meson compile` and `meson install`."""
    installs = words.pop(0) == "install"
    build, above = cwd, ""
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in ("-C", "--destdir", "-j", "--jobs") and (equals or words):
            value = value if equals else words.pop(0)
            build = absolute(value, cwd) if name == "-C" else build
            above = absolute(value, build) if name == "--destdir" else above
        elif word not in ("-v", "--verbose", "--quiet", "-q", "--no-rebuild", "--strip", "--clean"):
            return None
    return Work(build, installs, above=above)


def options(configured: MesonConfigure, project: Mapping[str, str], texts: Sequence[str]) -> dict[str, Option]:
    """The values of all options that are known: of the command line, those of `project` (its own defaults), of the
    files of options (`texts`), and Meson's. Raises Unreadable."""
    found: dict[str, Option] = dict(_DEFAULTS)
    for text in texts:
        for call in parse(text).parts:
            if call.kind == "call" and call.text == "option" and call.parts:
                found[call.parts[0].text] = _declared(call)
    given = {**project, **configured.options}
    prefix = given.get("prefix", _DEFAULTS["prefix"]).rstrip("/")
    found.update(_BY_PREFIX.get(prefix, {}))
    for name, text in given.items():
        found[name] = _given(text, found.get(name))
    for name, value in found.items():
        if isinstance(value, Feature) and value.value == "auto":
            found[name] = Feature(str(found["auto_features"]))
    return found


def _declared(call: Node) -> Option:
    """The default of an option that a project declares."""
    kind, value = call.argument("type"), call.argument("value")
    word = kind.text if kind is not None else ""
    if word == "feature":
        return Feature(value.text if value is not None else "auto")
    if word == "boolean":
        return value is None or value.text != "false"
    if word == "array":
        return [item.text for item in value.parts] if value is not None else []
    choices = call.argument("choices")
    first = choices.parts[0].text if word == "combo" and choices is not None and choices.parts else ""
    return value.text if value is not None else first


def _given(text: str, declared: Option | None) -> Option:
    """A value of the command line, as what the option is declared to be."""
    if isinstance(declared, Feature):
        return Feature(text)
    if isinstance(declared, bool):
        if text not in ("true", "false"):
            raise Unreadable(f"`{text}` is not understood as the value of an option")
        return text == "true"
    if isinstance(declared, list):
        return [part.strip(" '\"[]") for part in text.split(",") if part]
    return text
