"""The `go build` and `go install` command lines: what they compile and where the program goes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final, Literal

from dockrefactor.records import dataclass
from dockrefactor.toolchains.go_module import GoModule

# https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
SWITCHES: Final = frozenset(
    [
        "a",
        "asan",
        "buildvcs",
        "cover",
        "i",
        "json",
        "linkshared",
        "modcacherw",
        "msan",
        "n",
        "race",
        "trimpath",
        "v",
        "work",
        "x",
    ]
)
VALUED: Final = frozenset(
    [
        "C",
        "asmflags",
        "buildmode",
        "compiler",
        "covermode",
        "coverpkg",
        "gccgoflags",
        "gcflags",
        "installsuffix",
        "ldflags",
        "mod",
        "modfile",
        "o",
        "overlay",
        "p",
        "pgo",
        "pkgdir",
        "tags",
        "toolexec",
    ]
)
_NEEDS_CGO: Final = frozenset({"race", "msan", "asan", "linkshared"})
_NEEDS_CGO_MODES: Final = frozenset({"c-archive", "c-shared", "shared", "plugin"})


@dataclass(frozen=True, slots=True)
class GoBuild:
    """One command: `output` is -o as written, `packages` the arguments as written (empty means the current folder).

    `mod` is -mod; `tags` are -tags; `flags` are all flags as (name without dashes, value), a switch's value being
    `true` or what follows its `=`; `folder` is -C.
    """

    kind: Literal["build", "install"]
    output: str | None
    packages: tuple[str, ...]
    mod: str | None
    tags: frozenset[str]
    flags: tuple[tuple[str, str], ...]
    folder: str | None = None

    @property
    def needs_cgo(self) -> bool:
        """Whether a flag asks for cgo or for the C linker."""
        values = dict(self.flags)
        return (
            any(values.get(name, "false") != "false" for name in _NEEDS_CGO)
            or values.get("buildmode") in _NEEDS_CGO_MODES
            or bool(re.search(r"-linkmode[= ]'?\"?external|-extld", values.get("ldflags", "")))
            or "netcgo" in self.tags
        )


def parse_go_build(argv: Sequence[str]) -> GoBuild | None:
    """Reads the words of one command; None where it is no `go build` or `go install`, or has a flag not known here."""
    if len(argv) < 2 or posixpath.basename(argv[0]) != "go" or argv[1] not in ("build", "install"):
        return None
    flags: list[tuple[str, str]] = []
    rest = list(argv[2:])
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        name, equals, value = re.sub(r"^--?", "", word).partition("=")
        if name in VALUED:
            if not equals and not rest:
                return None
            flags.append((name, value if equals else rest.pop(0)))
        elif name in SWITCHES:
            flags.append((name, value if equals else "true"))
        else:
            return None
    return _go_build(argv[1], flags, rest)


def _go_build(kind: str, flags: list[tuple[str, str]], packages: list[str]) -> GoBuild:
    values = dict(flags)
    return GoBuild(
        kind="install" if kind == "install" else "build",
        output=values.get("o"),
        packages=tuple(packages),
        mod=values.get("mod"),
        tags=frozenset(re.split(r"[,\s]+", values.get("tags", "").strip())) - {""},
        flags=tuple(flags),
        folder=values.get("C"),
    )


def _is_major_version(element: str) -> bool:
    return bool(re.fullmatch(r"v(?:[2-9]|[1-9]\d+)", element))


def default_output_name(module: GoModule, package_folder: str) -> str:
    """The file name that `go build` (without -o) and `go install` give the program of this package.

    The last element of the import path, or the one before where the last is a major version such as `v2`.
    """
    relative = posixpath.relpath(package_folder or ".", module.folder or ".")
    import_path = module.path if relative == "." else f"{module.path}/{relative}"
    last = posixpath.basename(import_path)
    return (
        posixpath.basename(posixpath.dirname(import_path)) if _is_major_version(last) and "/" in import_path else last
    )
