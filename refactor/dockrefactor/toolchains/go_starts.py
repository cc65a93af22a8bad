"""`go run` as the start of the program that `go build` makes of the same package, with the same flags and arguments."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import Final

from dockrefactor.effects import absolute
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.patterns import regex
from dockrefactor.toolchain import DirectStart, NoDirectStartError, Rewording
from dockrefactor.toolchains import go_module
from dockrefactor.toolchains.go_build import SWITCHES, VALUED, default_output_name

# flags by which `go run` does something else than building and starting
_OTHER: Final = frozenset({"C", "exec", "n", "o"})
# where the program itself stands: `go run` starts it in a temporary folder
_OWN_PLACE: Final = regex(r"os\.Executable\(|(?:Dir|Abs|EvalSymlinks|LookPath|Base)\(os\.Args\[0\]")
_FOLDER: Final = "/usr/local/bin"


def direct(facts: Facts, item: Started) -> DirectStart:
    """The direct start of what `go run` compiles and runs. Raises NoDirectStartError."""
    words = _read(item.argv)
    if words is None or item.cwd != facts.final.after.cwd:
        raise NoDirectStartError("what it compiles is not known")
    flags, packages = words
    resolve = facts.final.resolver()
    found = resolve(posixpath.join(item.cwd, "go.mod"))
    module = go_module.read_module(facts.context, posixpath.dirname(found)) if found is not None else None
    if module is None:
        raise NoDirectStartError(f"no go.mod of the build context stands in {item.cwd}")
    folder = packages[0] if not packages[0].endswith(".go") else posixpath.dirname(packages[0]) or "."
    place = resolve(absolute(folder, item.cwd))
    name = default_output_name(module, place if place is not None else module.folder)
    base = facts.final.base
    if base is not None and name in base.programs:
        name = f"{name}-program"
    output = posixpath.join(_FOLDER, name)
    if not re.fullmatch(r"\w[\w.-]*", name) or resolve(output) is not None:
        raise NoDirectStartError(f"there is a `{output}` already")
    for path in facts.context.files(module.folder, (".go",)):
        match = _OWN_PLACE.search(facts.context.read(path) or "") if not path.endswith("_test.go") else None
        if match is not None:
            raise NoDirectStartError(f"{path} asks where the program itself stands (`{match[0]}`)")
    build = f"RUN {shlex.join(['go', 'build', *flags, '-o', output, *packages])}"
    return DirectStart((Rewording(item, 2 + len(flags) + len(packages), (output,)),), (build,))


def _read(argv: tuple[str, ...]) -> tuple[list[str], list[str]] | None:
    """(flags, packages or files) of `go run`; None where a flag is not known or does something else."""
    flags: list[str] = []
    rest = list(argv[2:])
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        name, equals, _ = word.lstrip("-").partition("=")
        if name in _OTHER or name not in SWITCHES | VALUED:
            return None
        flags.append(word)
        if name in VALUED and not equals:
            if not rest:
                return None
            flags.append(rest.pop(0))
    if not rest or "@" in rest[0]:
        return None
    files = 0
    while files < len(rest) and rest[files].endswith(".go"):
        files += 1
    return flags, rest[: files or 1]
