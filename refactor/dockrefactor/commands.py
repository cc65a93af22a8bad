"""What the operating system's own programs do, by the table `data/commands.toml`.

A toolchain answers for its own commands before this module is asked.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from itertools import zip_longest
from typing import Any, Final

from dockrefactor import package_managers, rpm_managers, tables
from dockrefactor.effects import CACHES, Effects, Kind, absolute, inside
from dockrefactor.records import replace
from dockrefactor.shell import Command, ShellWord

_BUILTIN: Final = frozenset(
    {"cd", "set", "export", "unset", ":", "exit", "type", "command", "test", "[", "umask", "source", "."}
)
# what every program answers by printing
_ASKS: Final = (("--version",), ("-version",), ("--help",))
_DEBIAN_MANAGERS: Final = {
    **dict.fromkeys(("apt-get", "apt", "aptitude"), package_managers.apt),
    "dpkg": package_managers.dpkg,
}
_PACKAGE_MANAGERS: Final = {
    "apk": package_managers.apk,
    **dict.fromkeys(rpm_managers.MANAGERS, rpm_managers.manager),
    "rpm": rpm_managers.rpm,
    "amazon-linux-extras": rpm_managers.extras,
}


def of_command(command: Command, cwd: str) -> Effects:
    """What `command` does when it runs in `cwd`, as far as the operating system's own programs go."""
    name = posixpath.basename(command.name) if command.name.startswith("/") else command.name
    if command.pieces:
        inner = [of_command(piece, cwd) for piece in command.pieces]
        unknown = next((effects for effects in inner if effects.kind not in (Kind.QUERY, Kind.SETTING)), None)
        if unknown is not None:
            return Effects(Kind.UNKNOWN, why=f"`{command.pieces[inner.index(unknown)].name}` runs inside a word")
    if not command.words:
        return Effects(Kind.SETTING)
    if not command.words[0].known:
        return Effects(Kind.UNKNOWN, why="the command itself is computed")
    if name in ("sudo", "exec", "time", "nice", "env") and len(command.words) > 1:
        return _wrapped(command, cwd)
    effects = _by_name(name, command, cwd)
    return _with_redirects(effects, command, cwd)


def _wrapped(command: Command, cwd: str) -> Effects:
    rest = list(command.words[1:])
    while rest and (rest[0].text.startswith("-") or "=" in rest[0].text):
        rest.pop(0)
    if not rest:
        return Effects(Kind.QUERY)
    return of_command(replace(command, words=tuple(rest), pieces=()), cwd)


def _by_name(name: str, command: Command, cwd: str) -> Effects:
    if name in _DEBIAN_MANAGERS:
        return _DEBIAN_MANAGERS[name](command, cwd)
    if name in _PACKAGE_MANAGERS:
        return _PACKAGE_MANAGERS[name](command)
    row = tables.toml("commands").get(name)
    if row is None and "/" not in name and command.argv[1:] in _ASKS:
        return Effects(Kind.QUERY, programs=(name,))
    if row is None:
        return Effects(Kind.UNKNOWN, why=f"what `{command.name}` does is not known", programs=(command.name,))
    if "only_with" in row and not set(row["only_with"]) & set(command.argv):
        return Effects(Kind.UNKNOWN, why=f"what `{' '.join(command.argv[:2])}` does is not known")
    kind = row["kind"]
    programs = () if name in _BUILTIN else (name,)
    if kind in _READERS:
        return _READERS[kind](row, command, cwd, programs)
    if kind == "unknown":
        return Effects(Kind.UNKNOWN, why=f"`{name}` changes how later commands behave")
    if kind == "system":
        return Effects(Kind.SYSTEM, writes=tuple(row["writes"]), programs=(*programs, *row.get("starts", ())))
    if kind == "accounts":
        return Effects(Kind.ACCOUNTS, writes=("/etc", "/home"), programs=programs)
    reads = (cwd, *_paths(_operands(command, row), cwd)) if kind == "query" and not row.get("reads_nothing") else ()
    if name == "awk" and "inplace" in command.argv:
        return Effects(Kind.UNKNOWN, why="`awk -i inplace` changes files")
    made = _option_values(command.argv, row["writes_option"], row["valued_letters"]) if "writes_option" in row else []
    if made:
        return Effects(Kind.FILES, reads=reads, writes=tuple(absolute(path, cwd) for path in made), programs=programs)
    return Effects(Kind(kind), reads=reads, programs=programs)


def _with_redirects(effects: Effects, command: Command, cwd: str) -> Effects:
    writes: list[str] = []
    for redirect in command.redirects:
        if redirect.target is None or not redirect.operator.startswith((">", "&>")):
            continue
        if not redirect.target.known:
            return Effects(Kind.UNKNOWN, why="it writes to a computed path")
        target = _paths([redirect.target], cwd)[0]
        if not target.startswith("/dev/"):
            writes.append(target)
    if not writes:
        return effects
    kind = Kind.FILES if effects.kind is Kind.QUERY else effects.kind
    return Effects(
        kind, effects.reads, (*effects.writes, *writes), effects.programs, effects.os_packages, effects.network,
        effects.by, effects.detail, effects.why,
    )  # fmt: skip


def _operands(command: Command, row: dict[str, Any]) -> list[ShellWord]:
    """The words that are no options and no values of options."""
    valued = {*row.get("valued", ()), *row.get("writes_option", ())}
    words: list[ShellWord] = []
    skip = False
    for word in command.words[1:]:
        if skip:
            skip = False
        elif word.text in valued:
            skip = True
        elif word.text == "--":
            continue
        elif not word.text.startswith("-") or word.text == "-":
            words.append(word)
    return words


def _option_values(argv: tuple[str, ...], names: Collection[str], valued: str) -> list[str]:
    """The values of the options `names` in every spelling: `-o v`, `-ov`, `-sSLo v`, `--output v`, `--output=v`.

    `valued`: the letters of all short options that take a value; they end a cluster of letters.
    """
    letters = {name[1] for name in names if not name.startswith("--")}
    found: list[str] = []
    for word, following in zip_longest(argv[1:], argv[2:], fillvalue=""):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            found += [value if equals else following] if name in names else []
            continue
        for at, letter in enumerate(word[1:], 2) if word.startswith("-") else ():
            if letter in letters:
                found.append(word[at:] or following)
            if letter in valued:
                break
    return found


def _has_letter(argv: tuple[str, ...], letter: str, valued: str) -> bool:
    """Whether a short option stands in the words, alone or in a cluster (`-sSLO`)."""
    for word in argv[1:]:
        if word.startswith("-") and not word.startswith("--"):
            for found in word[1:]:
                if found == letter:
                    return True
                if found in valued:
                    break
    return False


def _paths(words: list[ShellWord], cwd: str) -> list[str]:
    """Absolute paths of `words`; a wildcard or computed tail stands for the folder before it."""
    paths: list[str] = []
    for word in words:
        text = word.text
        if not word.known:
            text = text.split("$")[0].rpartition("/")[0] or ("/" if text.startswith("/") else "")
            if not text:
                return ["/"]
        elif word.glob:
            text = text[: min(text.find(char) for char in "*?[" if char in text)].rpartition("/")[0] or (
                "/" if text.startswith("/") else "."
            )
        if text.startswith("~"):
            text = "/root" + text[1:]
        paths.append(absolute(text, cwd))
    return paths


def _files(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    operands = _operands(command, row)
    rule = row["operands"]
    if rule == "rest":
        operands = operands[1:]
    folders = bool(row.get("folder_option")) and _has_letter(command.argv, row["folder_option"][1], "mogtS")
    into = _option_values(command.argv, ("-t", "--target-directory"), "tSmog") if rule == "last" else []
    if into:
        return Effects(
            Kind.FILES,
            reads=tuple(_paths(operands, cwd)),
            writes=tuple(absolute(path, cwd) for path in into),
            programs=programs,
        )
    paths = _paths(operands, cwd)
    if row.get("names_by_source") and len(paths) == 1:
        return Effects(Kind.FILES, writes=(absolute(posixpath.basename(paths[0]), cwd),), programs=programs)
    if rule == "last" and not folders and len(paths) > 1:
        # a folder as destination receives files named after their sources: the folder stands for them
        return Effects(Kind.FILES, reads=tuple(paths[:-1]), writes=(paths[-1],), programs=programs)
    removes = bool(row.get("removes"))
    if removes and paths and all(any(inside(path, cache) for cache in CACHES) for path in paths):
        return Effects(Kind.OS_CLEAN, writes=tuple(paths), programs=programs, removes=True)
    return Effects(
        Kind.FILES,
        writes=tuple(paths),
        programs=programs,
        removes=removes,
        keeps_content=rule == "rest" or bool(row.get("keeps_content")),
    )


def _sed(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    if not any(re.match(r"-[nErsuzb]*i|--in-place", word) for word in command.argv[1:]):
        return Effects(Kind.QUERY, programs=programs)
    scripts = _option_values(command.argv, ("-e", "-f", "--expression", "--file"), "efl")
    operands = [word for word in _operands(command, {}) if word.text not in scripts]
    if not scripts:
        operands = operands[1:]
    expressions = [word.text for word in command.words[1:] if word.text not in {operand.text for operand in operands}]
    line_ends = any(re.fullmatch(r"s(.)(\\r|\^M|\r)\$?\1\1g?", text) for text in expressions)
    return Effects(Kind.FILES, writes=tuple(_paths(operands, cwd)), programs=programs, keeps_content=line_ends)


def _unpack(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    argv = command.argv
    targets = _option_values(argv, row["folder_option"], row["valued_letters"]) or ["."]
    made = [argv[2]] if command.name == "tar" and len(argv) > 2 and re.match(r"-?[a-z]*c[a-z]*f$", argv[1]) else []
    by = (*programs, *(name for pattern, name in row.get("unpacked_by", {}).items() if _is_told(argv, pattern)))
    return Effects(Kind.FILES, writes=tuple(absolute(path, cwd) for path in (*targets, *made)), programs=by)


def _is_told(argv: tuple[str, ...], pattern: str) -> bool:
    """Whether a word says how an archive is compressed: by an option, in tar's first word without a dash too, or by
    its name."""
    first = [f"-{word}" for word in argv[1:2] if re.fullmatch(r"[A-Za-z]+", word)]
    return any(re.search(pattern, word) for word in (*first, *argv[1:]))


def _find(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    argv = command.argv
    if "-exec" not in argv and "-delete" not in argv and "-execdir" not in argv:
        return Effects(Kind.QUERY, programs=programs)
    roots = [word for word in command.words[1:] if not word.text.startswith(("-", "(", "!"))][:1]
    acts = next((argv[at + 1] for at, word in enumerate(argv[:-1]) if word == "-exec"), "rm")
    if acts not in ("rm", "chmod", "chown"):
        return Effects(Kind.UNKNOWN, why=f"`find` runs `{acts}`")
    return Effects(Kind.FILES, writes=tuple(_paths(roots, cwd)) or (cwd,), programs=programs, removes=acts == "rm")


def _download(row: dict[str, Any], command: Command, cwd: str, programs: tuple[str, ...]) -> Effects:
    argv, letters = command.argv, row["valued_letters"]
    base = absolute((_option_values(argv, row["folder_option"], letters) or ["."])[-1], cwd)
    named = _option_values(argv, row["writes_option"], letters)
    writes = [
        absolute(path, base if row.get("folder_applies") else cwd)
        for path in named
        if path not in ("-", "/dev/stdout", "/dev/null")
    ]
    by_url = (
        row.get("by_default")
        or any(word in row.get("names_by_url", ()) for word in argv)
        or _has_letter(argv, "O", letters)
    )
    if by_url and not named:
        urls = [posixpath.basename(word.text) if word.known else "." for word in _operands(command, row)]
        writes += [absolute(name, base) for name in urls]
    if not writes:
        return Effects(Kind.QUERY, programs=programs, network=True)
    return Effects(Kind.DOWNLOAD, writes=tuple(writes), programs=programs, network=True)


_READERS: Final = {"files": _files, "sed": _sed, "unpack": _unpack, "find": _find, "download": _download}
