"""The command lines of `dotnet`: what they are asked for, and of which project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from dockrefactor import tables
from dockrefactor.records import dataclass

Does = Literal["builds", "downloads", "prints", "tests", "installs", "runs", "starts", "unknown"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `dotnet`: `target` is the project, solution or folder as written, `""` where none is; `options` map
    names (`-o` as `--output`) to values, a switch to `true`; `properties` are those of -p; `tool` a tool's package."""

    verb: str
    does: Does
    target: str
    options: Mapping[str, str]
    properties: Mapping[str, str]
    tool: str = ""

    @property
    def output(self) -> str:
        """The folder of -o as written, `""` where there is none."""
        return self.options.get("--output", "") or self.properties.get("PublishDir", "")

    @property
    def configuration(self) -> str:
        """The configuration that is built, `""` for the SDK's default."""
        return self.options.get("--configuration", "") or self.properties.get("Configuration", "")

    @property
    def runtime(self) -> str:
        """The runtime identifier, `""` where none is named."""
        return self.options.get("--runtime", "") or self.properties.get("RuntimeIdentifier", "")


_LONG = {
    "-o": "--output",
    "-c": "--configuration",
    "-r": "--runtime",
    "-f": "--framework",
    "-v": "--verbosity",
    "-s": "--source",
}


def parse(argv: Sequence[str]) -> Call | None:
    """Reads the words of a command; None where it is no call of `dotnet`."""
    if not argv or posixpath.basename(argv[0]) != "dotnet":
        return None
    if len(argv) == 1:
        return Call("", "unknown", "", {}, {})
    table = tables.toml("dotnet")["commands"]
    verb = argv[1]
    if verb.endswith(".dll") or verb in ("exec", "vstest"):
        return Call(verb, "starts", "", {}, {})
    options: dict[str, str] = {}
    properties: dict[str, str] = {}
    operands: list[str] = []
    rest = list(argv[2:])
    while rest:
        word = rest.pop(0)
        if word == "--":
            break
        defined = re.fullmatch(r"(?:-|--|/)(?:p|property)[:=]?(\w+)=(.*)|(?:-|--|/)(?:p|property)", word)
        if defined is not None:
            text = f"{defined[1]}={defined[2]}" if defined[1] else (rest.pop(0) if rest else "")
            name, _, value = text.partition("=")
            properties[name] = value
        elif word.startswith("-") or (word.startswith("/") and re.fullmatch(r"/\w+(:.*)?", word) and ":" in word):
            name, equals, value = word.partition("=")
            if not equals and rest and _takes_next(word, rest[0], table["valued"]):
                value = rest.pop(0)
            options[_LONG.get(name, name)] = value or "true"
        else:
            operands.append(word)
    return _call(verb, operands, options, properties, table)


def _takes_next(word: str, following: str, valued: Sequence[str]) -> bool:
    """Whether an option's value is the next word."""
    return word in valued or (word in ("--self-contained", "--sc") and following in ("true", "false"))


def _call(
    verb: str,
    operands: list[str],
    options: dict[str, str],
    properties: dict[str, str],
    table: Mapping[str, Sequence[str]],
) -> Call:
    does: Does = "unknown"
    if verb in table["builds"]:
        does = "builds"
    elif verb in table["downloads"] or (verb == "tool" and operands[:1] == ["restore"]):
        does = "downloads"
    elif verb == "tool" and operands[:1] in (["install"], ["update"]):
        return Call(verb, "installs", "", options, properties, operands[1] if len(operands) > 1 else "")
    elif verb in table["settings"]:
        does = "prints"
    elif verb in table["tests"]:
        does = "tests"
    elif verb in table["runs"]:
        does = "runs"
    return Call(verb, does, operands[0] if operands and verb != "tool" else "", options, properties)


def download(call: Call) -> str:
    """A restore that fetches what `call` needs ahead of the sources, and no more: told by the properties that the SDK
    gives to its own restore (`-r` of a restore fetches the runtime besides)."""
    names = tables.toml("dotnet")["restored"]["names"]
    passed = {name: value for name, value in call.properties.items() if name in names}
    if call.runtime:
        passed["RuntimeIdentifier"] = call.runtime
    alone = "false" if "--no-self-contained" in call.options else call.options.get("--self-contained", "")
    if alone := alone or call.options.get("--sc", ""):
        passed["SelfContained"] = alone
    words = ["dotnet", "restore", *([call.target] if call.target else [])]
    return " ".join([*words, *(f"-p:{name}={value}" for name, value in passed.items())])
