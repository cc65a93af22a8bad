"""The `cargo` and `rustup` command lines: what they build, for which target and profile, and from which manifest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dockrefactor.records import dataclass, field

# https://doc.rust-lang.org/cargo/commands/ (cargo build, cargo install, cargo run)
SWITCHES: Final = frozenset(
    {"all", "all-features", "all-targets", "benches", "bins", "debug", "examples", "force", "frozen",
     "future-incompat-report", "ignore-rust-version", "keep-going", "lib", "locked", "no-default-features", "no-track",
     "offline", "quiet", "release", "tests", "timings", "unit-graph", "verbose", "workspace"}
)  # fmt: skip
VALUED: Final = frozenset(
    {"bench", "bin", "branch", "color", "config", "example", "exclude", "features", "git", "index", "jobs",
     "lockfile-path", "manifest-path", "message-format", "package", "path", "profile", "registry", "rev", "root", "tag",
     "target", "target-dir", "test", "version"}
)  # fmt: skip
_SHORT: Final = {"r": "release", "v": "verbose", "q": "quiet", "f": "force"}
SHORT_VALUED: Final = {"p": "package", "F": "features", "j": "jobs", "Z": "unstable", "C": "folder"}
# profiles whose folder has another name
_FOLDERS: Final = {"dev": "debug", "test": "debug", "bench": "release"}


@dataclass(frozen=True, slots=True)
class Cargo:
    """One command. `verb` is the subcommand, `operands` its words without dashes; `flags` maps each long option to
    its values (a switch's is empty); `after` what follows `--`."""

    verb: str
    flags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    operands: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """The values of an option that may be repeated or hold a list."""
        return tuple(part for value in self.flags.get(name, ()) for part in re.split(r"[\s,]+", value) if part)

    def value(self, name: str) -> str | None:
        """The last value of an option, None where it is not given."""
        found = self.flags.get(name, ())
        return found[-1] if found else None

    def has(self, name: str) -> bool:
        return name in self.flags

    @property
    def profile_folder(self) -> str:
        """The folder below the target folder that the profile writes to."""
        profile = self.value("profile")
        if profile is None:
            optimised = self.verb == "install" and not self.has("debug")
            return "release" if optimised or self.has("release") else "debug"
        return _FOLDERS.get(profile, profile)

    @property
    def is_release(self) -> bool:
        """Whether debug assertions are off, as far as the profile's name tells."""
        return self.profile_folder != "debug"


def parse_cargo(argv: Sequence[str]) -> Cargo | None:
    """Reads the words after `cargo`; None for an option that is not known here."""
    words = list(argv)
    if words and words[0].startswith("+"):
        words.pop(0)
    flags: dict[str, tuple[str, ...]] = {}
    operands: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        read = _option(word, words)
        if read is None:
            return None
        for name, value in read:
            flags[name] = (*flags.get(name, ()), value) if value is not None else flags.get(name, ())
    if not operands:
        return None
    verb = {"b": "build", "c": "check", "t": "test", "r": "run", "d": "doc"}.get(operands[0], operands[0])
    return Cargo(verb, flags, tuple(operands[1:]), tuple(words))


def _option(word: str, rest: list[str]) -> list[tuple[str, str | None]] | None:
    """The options of one word, taking a value from `rest` where it needs one; None for one that is not known."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        if name in VALUED:
            if not equals and not rest:
                return None
            return [(name, value if equals else rest.pop(0))]
        return [(name, None)] if name in SWITCHES else None
    found: list[tuple[str, str | None]] = []
    for at, letter in enumerate(word[1:], 2):
        if letter in SHORT_VALUED:
            value = word[at:].removeprefix("=") or (rest.pop(0) if rest else "")
            return [*found, (SHORT_VALUED[letter], value)]
        if letter not in _SHORT:
            return None
        found.append((_SHORT[letter], None))
    return found
