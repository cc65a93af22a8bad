"""What a command line of Ruby's tools asks for: installs, settings, and the program that it starts."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Final

from dockrefactor.image import Image
from dockrefactor.records import dataclass
from dockrefactor.tables import toml
from dockrefactor.toolchains.ruby_names import looks_like_ruby

_BUNDLERS: Final = frozenset({"bundle", "bundler"})
_GLOBAL: Final = "global"
_ELSEWHERE: Final = frozenset({"-i", "--install-dir", "-n", "--bindir", "--build-root", "-B"})


@dataclass(frozen=True, slots=True)
class BundleInstall:
    """`bundle install`: `gemfile` and `path` as given on the line, `without` the groups that it leaves out."""

    gemfile: str | None = None
    path: str | None = None
    without: tuple[str, ...] = ()
    deployment: bool = False


@dataclass(frozen=True, slots=True)
class GemInstall:
    """`gem install`: the gems named; `local` are files of the build; `in_home`: they go to the user's own folder;
    `elsewhere`: to a folder that the line names."""

    named: tuple[str, ...]
    local: tuple[str, ...] = ()
    in_home: bool = False
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class BundleSetting:
    """`bundle config`: `scope` is `local`, `global`, or `""` where the line does not say."""

    name: str
    value: str
    scope: str


@dataclass(frozen=True, slots=True)
class RubyStart:
    """A started program of Ruby: `tool` is its name (`puma`, `rails`, a script's path for `ruby` itself)."""

    tool: str
    arguments: tuple[str, ...]


def parse_install(argv: tuple[str, ...]) -> BundleInstall | GemInstall | None:
    """The install that a command line asks for; None where it is none."""
    name = posixpath.basename(argv[0]) if argv else ""
    if name in _BUNDLERS:
        return _bundle_install(_without_version(argv[1:]))
    if name == "gem" and argv[1:2] and argv[1] in ("install", "i"):
        return _gem_install(argv[2:])
    return None


def _without_version(words: tuple[str, ...]) -> tuple[str, ...]:
    """`bundle _2.4.1_ install` names the version of Bundler to use."""
    return words[1:] if words and words[0].startswith("_") and words[0].endswith("_") else words


def bundle_verb(argv: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The sub-command of `bundle` and what follows it; without one it installs."""
    words = _without_version(argv[1:])
    return (words[0], words[1:]) if words and not words[0].startswith("-") else ("install", words)


def _bundle_install(words: tuple[str, ...]) -> BundleInstall | None:
    verb = words[0] if words and not words[0].startswith("-") else ""
    if verb not in ("", "install", "i") or set(words) & {"--version", "-v", "--help", "-h"}:
        return None
    rest = words[1:] if verb else words
    values: dict[str, list[str]] = {}
    current = ""
    for word in rest:
        if word.startswith("-"):
            option, equals, value = word.partition("=")
            current = option
            values.setdefault(option, [])
            if equals:
                values[option].append(value)
        elif current:
            values[current].append(word)
    return BundleInstall(
        gemfile=next(iter(values.get("--gemfile", ())), None),
        path=next(iter(values.get("--path", ())), None),
        without=tuple(group for value in values.get("--without", ()) for group in value.replace(":", " ").split()),
        deployment="--deployment" in values,
    )


def _gem_install(words: tuple[str, ...]) -> GemInstall | None:
    valued = toml("ruby_commands")["gem_valued"]
    named: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in valued:
            skip = True
        elif word == "--":
            break  # options of the compilation
        elif word in ("-g", "--file") or word.startswith("--file="):
            return None
        elif not word.startswith("-"):
            named.append(word)
    local = tuple(word for word in named if word.endswith(".gem") or "/" in word)
    return GemInstall(
        tuple(word.partition(":")[0] for word in named if word not in local),
        local,
        "--user-install" in words,
        any(word.partition("=")[0] in _ELSEWHERE for word in words),
    )


def gem_folders(image: Image | None, env: Mapping[str, str]) -> tuple[str, ...]:
    """Where gems and their programs go without a path of Bundler's, by the image and `env`.

    https://github.com/docker-library/ruby (GEM_HOME), and each distribution's own default of RubyGems.
    """
    if "GEM_HOME" in env:
        return (env["GEM_HOME"],)
    table = toml("ruby_commands")["gem_folders"]
    packaged = image is not None and image.language != "ruby"
    manager = image.package_manager if image is not None and packaged else ""
    return tuple(table.get(manager, table["image"]))


def parse_setting(argv: tuple[str, ...]) -> BundleSetting | None:
    """The setting that `bundle config` changes; None for another command, and for one that only prints."""
    if not argv or posixpath.basename(argv[0]) not in _BUNDLERS:
        return None
    verb, words = bundle_verb(argv)
    if verb != "config":
        return None
    scope = next((word.lstrip("-") for word in words if word in ("--local", "--global")), "")
    rest = [word for word in words if not word.startswith("--")]
    if rest[:1] == ["set"]:
        rest = rest[1:]
    elif rest[:1] and rest[0] in ("list", "get", "unset", "delete"):
        return BundleSetting(rest[1], "", scope) if rest[0] in ("unset", "delete") and len(rest) > 1 else None
    return BundleSetting(rest[0].lower(), " ".join(rest[1:]), scope) if len(rest) > 1 else None


def is_global(setting: BundleSetting, has_gemfile: bool) -> bool:
    """Whether a setting goes to the home folder: where the line says so, or where Bundler finds no Gemfile."""
    return setting.scope == _GLOBAL or (not setting.scope and not has_gemfile)


def parse_start(argv: tuple[str, ...]) -> RubyStart | None:
    """The program of Ruby that a command line starts; None where it starts none."""
    if not argv:
        return None
    name = posixpath.basename(argv[0])
    if name in _BUNDLERS:
        verb, rest = bundle_verb(argv)
        rest = tuple(rest)
        while rest[:1] and rest[0].startswith("--"):
            rest = rest[1:]
        return _program(rest) if verb == "exec" and rest else None
    return _program(argv) if looks_like_ruby(name) and name != "gem" else None


def _program(argv: tuple[str, ...]) -> RubyStart:
    """What `ruby bin/rails server`, `bin/rails server` and `rails server` have in common."""
    name = posixpath.basename(argv[0])
    if name == "ruby":
        at = 1
        while at < len(argv) and argv[at].startswith("-"):
            at += 2 if argv[at] in ("-r", "-I", "-C", "-E", "-x") else 1
        if at >= len(argv) or "-e" in argv[:at]:
            return RubyStart("ruby", argv[1:])
        script = posixpath.basename(argv[at])
        if "-S" in argv[:at] or script in toml("ruby_commands")["programs"]:
            return RubyStart(script, argv[at + 1 :])
        return RubyStart(argv[at], argv[at + 1 :])
    return RubyStart(name, argv[1:])
