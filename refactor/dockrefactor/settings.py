"""What the user wants, from the command line and from configuration files, checked before any Dockerfile is read.

A configuration is `.dockrefactor.toml`, or the table `[tool.dockrefactor]` of `pyproject.toml`: the nearest one upwards
from each Dockerfile. Its keys are the fields of `Settings`; the command line goes before it, key by key.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dockrefactor.catalogue import Catalogue, UnknownNameError
from dockrefactor.paths import is_below, shown
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, fields
from dockrefactor.wish import RUNTIMES

if TYPE_CHECKING:
    import tomllib

    from dockrefactor.facts import Options

OWN_FILE: Final = ".dockrefactor.toml"
PROJECT_FILE: Final = "pyproject.toml"
_LISTS: Final = frozenset(
    {"select", "ignore", "assume", "also", "runtime-packages", "covered", "runtime-files", "owned-folders"}
)
_SWITCHES: Final = frozenset({"dev-stage"})
_PACKAGE: Final = regex(r"[A-Za-z0-9][A-Za-z0-9+._:-]*")
_IMAGE_PATH: Final = regex(r"(/[\w.+@~-]+)+")
_USER: Final = regex(r"(?P<name>[a-z_][a-z0-9_-]{0,31})(?::(?P<uid>[0-9]{1,10}))?")
_MAX_UID: Final = 2**31 - 1


class SettingsError(Exception):
    """A configuration that cannot be used; `line` is 1-based, 0 where the fault has no one line."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{shown(path)}:{line}: {message}" if line else f"{shown(path)}: {message}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Settings:
    """Wishes that may stand in a configuration file; None where nothing was said.

    `select`, `ignore`: names of transforms; `context`: the build context's folder (relative to the configuration's
    own); `runtime`: one of `RUNTIMES`; `user`: `keep`, `NAME` or `NAME:UID`; `assume`: reason codes;
    `also`: transforms on request; `dev_stage` and the others as in `facts.Options`. In a file, words of a key are
    joined by hyphens.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    context: Path | None = None
    runtime: str | None = None
    user: str | None = None
    assume: tuple[str, ...] | None = None
    also: tuple[str, ...] | None = None
    runtime_packages: tuple[str, ...] | None = None
    covered: tuple[str, ...] | None = None
    runtime_files: tuple[str, ...] | None = None
    owned_folders: tuple[str, ...] | None = None
    dev_stage: bool | None = None

    def over(self, beneath: Settings) -> Settings:
        """These settings, and those of `beneath` where these say nothing."""
        return Settings(*(_first(getattr(self, item.name), getattr(beneath, item.name)) for item in fields(self)))

    def options(self) -> Options:
        """What the transforms are told."""
        from dockrefactor.facts import Options

        return Options(
            self.runtime or "auto", self.user or "", frozenset(self.assume or ()),
            self.runtime_packages or (), self.covered or (), self.runtime_files or (), self.owned_folders or (),
            bool(self.dev_stage),
        )  # fmt: skip


KEYS: Final = tuple(item.name.replace("_", "-") for item in fields(Settings))
_PATHS: Final = ("runtime_files", "owned_folders")
_PACKAGES: Final = ("runtime_packages", "covered")


def user_objection(user: str) -> str:
    """Why `user` is neither `keep` nor NAME nor NAME:UID of an ordinary user; the empty string where it is."""
    if user == "keep":
        return ""
    match = _USER.fullmatch(user)
    if match is None:
        return f"{user!r} is not NAME, NAME:UID or keep (a name: a-z, 0-9, _ and -, not first a digit, at most 32)"
    if match["name"] == "root" or (match["uid"] is not None and int(match["uid"]) == 0):
        return "root is the user that the image has already"
    if match["uid"] is not None and int(match["uid"]) > _MAX_UID:
        return f"a user id is at most {_MAX_UID}"
    return ""


def check(settings: Settings, catalogue: Catalogue) -> tuple[str, str] | None:
    """The first key whose value does not stand, with the objection; None where all do."""
    for key, names in (("select", settings.select), ("ignore", settings.ignore), ("also", settings.also)):
        try:
            catalogue.check_transforms(names or ())
        except UnknownNameError as error:
            return key, str(error)
    try:
        catalogue.check_assumptions(settings.assume or ())
    except UnknownNameError as error:
        return "assume", str(error)
    if settings.runtime is not None and settings.runtime not in RUNTIMES:
        return "runtime", f"{settings.runtime!r} is none of {', '.join(RUNTIMES)}"
    if settings.user is not None and (objection := user_objection(settings.user)):
        return "user", objection
    for name, pattern in (*((key, _PACKAGE) for key in _PACKAGES), *((key, _IMAGE_PATH) for key in _PATHS)):
        for value in getattr(settings, name) or ():
            if not pattern.fullmatch(value) or ".." in value.split("/"):
                wanted = "a package's name" if pattern is _PACKAGE else "an absolute path in the image"
                return name.replace("_", "-"), f"{value!r} is not {wanted}"
    if settings.context is not None and not os.path.isdir(settings.context):
        return "context", f"{shown(settings.context)} is not a folder"
    return None


class Configurations:
    """The configuration of each folder; every file is read once."""

    def __init__(self, catalogue: Catalogue, file: Path | None = None) -> None:
        """`file` holds for all folders, where it is given. Raises SettingsError where it cannot be used."""
        self._catalogue = catalogue
        self._found: dict[Path, Settings | SettingsError] = {}
        self._fixed = None if file is None else self._read(file, is_named=True)

    def of(self, folder: Path) -> Settings:
        """The settings for Dockerfiles in `folder`, an absolute path. Raises SettingsError."""
        found = self._fixed if self._fixed is not None else self._nearest(folder)
        if isinstance(found, SettingsError):
            raise found
        return found

    def _nearest(self, folder: Path) -> Settings | SettingsError:
        if folder not in self._found:
            here = self._in(folder)
            if here is None:
                here = Settings() if folder.parent == folder else self._nearest(folder.parent)
            self._found[folder] = here
        return self._found[folder]

    def _in(self, folder: Path) -> Settings | SettingsError | None:
        try:
            if (folder / OWN_FILE).is_file():
                return self._read(folder / OWN_FILE)
            if (folder / PROJECT_FILE).is_file() and b"dockrefactor" in (folder / PROJECT_FILE).read_bytes():
                return self._read(folder / PROJECT_FILE)
        except SettingsError as error:
            return error
        except OSError:
            return None
        return None

    def _read(self, path: Path, *, is_named: bool = False) -> Settings | None:
        """The settings of a file; None where it has none, which only a file that was found may do."""
        import tomllib

        try:
            text = path.read_bytes().decode("utf-8")
            data: Any = tomllib.loads(text)
        except OSError as error:
            raise SettingsError(path, 0, f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise SettingsError(path, 0, f"not UTF-8 (byte {error.start})") from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(path, *_toml_fault(error)) from None
        header = ""
        if path.name == PROJECT_FILE:
            header = "[tool.dockrefactor]"
            tool = data.get("tool")
            data = tool.get("dockrefactor") if isinstance(tool, dict) else None
            if data is None and not is_named:
                return None
            if not isinstance(data, dict):
                raise SettingsError(path, 0, "no table [tool.dockrefactor]")
        lines = _KeyLines(text, header)
        settings = _settings(data, path, lines, self._catalogue)
        # a repository's own configuration must not have the rest of the disk read
        if settings.context is not None and not is_named and not is_below(settings.context, path.parent):
            raise SettingsError(path, lines.of("context"), "context: it lies outside this folder; use --context")
        return settings


def _first(mine: Any, other: Any) -> Any:
    return other if mine is None else mine


def _settings(data: dict[str, Any], path: Path, lines: _KeyLines, catalogue: Catalogue) -> Settings:
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in KEYS:
            raise SettingsError(path, lines.of(key), f"unknown key {key!r}; there are: {', '.join(KEYS)}")
        if key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise SettingsError(path, lines.of(key), f"{key} must be a list of strings")
            values[key.replace("-", "_")] = tuple(value)
        elif key in _SWITCHES:
            if not isinstance(value, bool):
                raise SettingsError(path, lines.of(key), f"{key} must be true or false")
            values[key.replace("-", "_")] = value
        elif not isinstance(value, str):
            raise SettingsError(path, lines.of(key), f"{key} must be a string")
        else:
            values[key] = path.parent / value if key == "context" else value
    settings = Settings(**values)
    if (objection := check(settings, catalogue)) is not None:
        raise SettingsError(path, lines.of(objection[0]), f"{objection[0]}: {objection[1]}")
    return settings


@dataclass(frozen=True, slots=True)
class _KeyLines:
    """Where keys stand in a TOML text, below a header (from its start where there is none)."""

    text: str
    header: str

    def of(self, key: str) -> int:
        """The 1-based line on which `key` is set, 0 where it cannot be told."""
        within = not self.header
        dotted = "tool.dockrefactor." if self.header else ""
        for number, line in enumerate(self.text.split("\n"), 1):
            written = line.strip()
            name = written.partition("=")[0].strip().strip("\"'")
            if (within and name == key) or (dotted and name == dotted + key):
                return number
            if written.startswith("["):
                bare = re.sub(r"\s", "", written.partition("#")[0])
                within = bare == self.header
                if bare in (f"[{dotted}{key}]", f"[[{dotted}{key}]]"):
                    return number
        return 0


def _toml_fault(error: tomllib.TOMLDecodeError) -> tuple[int, str]:
    match = re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", str(error))
    return (int(match[2]), f"not TOML: {match[1]}") if match else (0, f"not TOML: {error}")
