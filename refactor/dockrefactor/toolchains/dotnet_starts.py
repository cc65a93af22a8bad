"""`dotnet run` as the start of what `dotnet publish` makes of the same project, where both run the same.

The SDK compiles the project and starts it with the settings of launchSettings.json; web projects run in their own
folder. A published program lies in another folder, and serves no static files of packages from there: what looks at
either stands against it. https://learn.microsoft.com/dotnet/core/tools/dotnet-run,
https://learn.microsoft.com/aspnet/core/fundamentals/environments
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dockrefactor import tables
from dockrefactor.effects import in_image
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.stages import Place
from dockrefactor.toolchain import DirectStart, NoDirectStartError, Rewording
from dockrefactor.toolchains import dotnet_commands, dotnet_projects
from dockrefactor.toolchains.dotnet import TOOLCHAIN
from dockrefactor.toolchains.dotnet_files import Project

# below `bin`, of which no build takes anything
_OUTPUT: Final = "bin/direct"
_PLAIN: Final = regex(r"\w+=[\w:/.*+;,@-]*")
_SUFFIXES: Final = (".cs", ".fs", ".vb", ".cshtml", ".razor")


@dataclass(frozen=True, slots=True)
class _Words:
    """What `dotnet run` is told: the project as written, the configuration, the profile of launchSettings.json (`""`
    for the first, None for none), and the arguments of the program."""

    project: str
    configuration: str
    profile: str | None
    arguments: tuple[str, ...]


def direct(facts: Facts, item: Started) -> DirectStart:
    """The direct start of what `dotnet run` compiles and starts. Raises NoDirectStartError."""
    words = _read(item.argv)
    if words is None or not item.known or item.cwd != facts.final.after.cwd:
        raise NoDirectStartError("its words or its folder are not known")
    place = Place(item.cwd, facts.final.after, facts.final.resolver(), facts.context, facts.final.base)
    call = dotnet_commands.parse(("dotnet", "run", *([words.project] if words.project else [])))
    target = TOOLCHAIN.target(call, place) if call is not None else None
    found = dotnet_projects.closure(facts.context, target[0]) if target is not None else None
    own = next((item for item in found or () if target is not None and item.path == target[0]), None)
    if own is None or found is None or target is None or own.assembly is None:
        raise NoDirectStartError("its project is not in the build context, or not the only one")
    if any(project.open_ended for project in found):
        raise NoDirectStartError("which files belong to its project is not told")
    root = dotnet_projects.named_folder(words.project, item.cwd)
    folder = in_image(own.folder, target[1], root)
    _check_projects(facts, own, found, folder == item.cwd)
    _check_sources(facts, found)
    build = ["dotnet", "publish", *([words.project] if words.project else []), "-c", words.configuration, "-o", _OUTPUT]
    command = (*_environment(facts, folder, words), "dotnet", f"{_OUTPUT}/{own.assembly}.dll", *words.arguments)
    return DirectStart((Rewording(item, len(item.argv), command),), (f"RUN {shlex.join(build)}",))


def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tables.toml("dotnet")["starts"]
    return found


def _read(argv: Sequence[str]) -> _Words | None:
    """The words of a call; None where one asks for something else. What it does not know is the program's."""
    if list(argv[1:2]) != ["run"]:
        return None
    table = _table()
    values = {"--project": "", "--configuration": "Debug", "--launch-profile": ""}
    profile: str | None = ""
    arguments: list[str] = []
    rest = list(argv[2:])
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        name = "--configuration" if name == "-c" else name
        if word == "--":
            arguments += rest
            break
        if name in values:
            values[name] = value if equals else (rest.pop(0) if rest else "")
        elif word == "--no-launch-profile":
            profile = None
        elif word in table["other"] or name in table["other"]:
            return None
        elif word in table["valued"]:
            rest = rest[1:]
        elif word not in table["options"]:
            arguments.append(word)
    named = values["--launch-profile"] if profile is not None else None
    return _Words(values["--project"], values["--configuration"], named, tuple(arguments))


def _check_projects(facts: Facts, own: Project, found: Sequence[Project], at_home: bool) -> None:
    """Nothing in the project files makes the published program another one."""
    table = _table()
    if own.sdk not in table["sdks"] or not (at_home or own.sdk == table["sdks"][0]):
        raise NoDirectStartError("the SDK of its project, or the folder that it runs in, is another one")
    if own.sdk == table["sdks"][0] and own.properties.get("OutputType", "").lower() != "exe":
        raise NoDirectStartError("its project makes no program")
    files = [project.path for project in found]
    files += [path for path in facts.context.files("", (".props", ".targets")) if not path.startswith("obj/")]
    pattern = re.compile("|".join(table["against_project"]), re.IGNORECASE)
    for path in files:
        match = pattern.search(facts.context.read(path) or "")
        if match is not None:
            raise NoDirectStartError(f"`{match[0].strip()}` in {path} may change what is published or run")
    package = next((name for item in found for name in item.packages if re.search(table["packages"], name)), None)
    if package is not None:
        raise NoDirectStartError(f"{package} may serve or compile files when it runs")


def _check_sources(facts: Facts, found: Sequence[Project]) -> None:
    """Nothing in the program looks at its own place, or serves static files."""
    pattern = re.compile("|".join(_table()["against_source"]))
    for project in found:
        if facts.context.is_dir(posixpath.join(project.folder, "wwwroot")):
            raise NoDirectStartError("static files (wwwroot) are served otherwise when they are published")
        for path in sorted(facts.context.files(project.folder, _SUFFIXES)):
            match = pattern.search(facts.context.read(path) or "")
            if match is not None or path.endswith(".razor"):
                says = match[0] if match is not None else "components"
                raise NoDirectStartError(f"{path} has `{says}`, which may differ when it is published")


def _environment(facts: Facts, folder: str, words: _Words) -> tuple[str, ...]:
    """The words that give the program the variables of launchSettings.json, which has precedence over those of the
    container. Raises NoDirectStartError."""
    resolve = facts.final.resolver()
    if resolve(posixpath.join(folder, "My Project/launchSettings.json")) is not None:
        raise NoDirectStartError("launchSettings.json stands in another folder")
    path = resolve(posixpath.join(folder, "Properties/launchSettings.json"))
    if words.profile is None or path is None or not facts.context.is_file(path):
        return ()
    profile = _profile(facts.context.read(path) or "", words.profile)
    if profile is None:
        return ()
    values = dict(profile.get("environmentVariables") or {})
    address = profile.get("applicationUrl")
    if address:
        values = {"ASPNETCORE_URLS": address, **values}
    if not all(isinstance(value, str) and _PLAIN.fullmatch(f"{name}={value}") for name, value in values.items()):
        raise NoDirectStartError("values of launchSettings.json are not plain")
    if "https:" in values.get("ASPNETCORE_URLS", ""):
        raise NoDirectStartError("launchSettings.json asks for a certificate")
    return ("env", *(f"{name}={value}" for name, value in values.items())) if values else ()


def _profile(text: str, name: str) -> Mapping[str, Any] | None:
    """The profile of that name, or the first that runs the project; None where there is none."""
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise NoDirectStartError("launchSettings.json cannot be read") from None
    profiles = document.get("profiles") if isinstance(document, dict) else None
    rows = {key: row for key, row in (profiles or {}).items() if isinstance(row, dict)}
    if name and name not in rows:
        raise NoDirectStartError(f"launchSettings.json has no profile `{name}`")
    row = rows[name] if name else next((row for row in rows.values() if row.get("commandName") == "Project"), None)
    unknown = next((key for key in row or () if key not in _table()["profile"]), None)
    if unknown is not None or (row is not None and row.get("commandName") != "Project"):
        raise NoDirectStartError(f"what `{unknown or 'commandName'}` of launchSettings.json means is not known")
    return row
