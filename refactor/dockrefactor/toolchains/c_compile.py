"""The compiler's command line: what it makes and what it links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dockrefactor.records import dataclass
from dockrefactor.toolchains.c_names import compiler

_CPP: Final = (".cc", ".cpp", ".cxx", ".C", ".c++")
# https://gcc.gnu.org/onlinedocs/gcc/Option-Summary.html: options that take the next word
_VALUED: Final = frozenset(
    {"-o", "-I", "-L", "-l", "-D", "-U", "-include", "-isystem", "-iquote", "-idirafter", "-x", "-Xlinker", "-MF",
     "-MT", "-MQ", "-T", "-u", "-z", "-arch", "-target", "-imacros", "-isysroot", "-framework"}
)  # fmt: skip
_NO_LINK: Final = frozenset({"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", "--version", "-v", "-dumpversion"})


@dataclass(frozen=True, slots=True)
class Compile:
    """One call. `output` as written, `""` where nothing is linked; `libraries`: names of -l; `static`: all linked in;
    `cpp`: it links the library of C++; `opaque`: a file of options is read; `soname`: the name that a shared library
    is asked for by, `""` where none is given; `runpaths`: where the loader looks for the program's libraries."""

    output: str
    sources: tuple[str, ...]
    libraries: tuple[str, ...]
    static: bool
    shared: bool
    cpp: bool
    opaque: bool = False
    soname: str = ""
    runpaths: tuple[str, ...] = ()


def parse_compile(argv: Sequence[str]) -> Compile:
    """Reads the words of a compiler call."""
    output = "a.out"
    sources: list[str] = []
    libraries: list[str] = []
    words = list(argv[1:])
    flags: set[str] = set()
    linker: list[str] = []
    while words:
        word = words.pop(0)
        value = words.pop(0) if word in _VALUED and words else ""
        if word == "-o":
            output = value
        elif word == "-l":
            libraries.append(value)
        elif word.startswith("-o") and len(word) > 2 and not word.startswith("-object"):
            output = word[2:]
        elif word.startswith("-l"):
            libraries.append(word[2:])
        elif word == "-Xlinker":
            linker.append(value)
        elif word.startswith("-Wl,"):
            linker += word.split(",")[1:]
            libraries += [part[2:] for part in word.split(",") if part.startswith("-l") and len(part) > 2]
            flags.update(word.split(",")[1:])
        elif word.startswith(("-", "@")):
            flags.add(word)
        else:
            sources.append(word)
    if flags & {"-fopenmp", "-qopenmp"}:
        libraries.append("gomp")
    cpp = "++" in (compiler(argv[0]) or "") or any(item.endswith(_CPP) for item in sources)
    links = not flags & _NO_LINK
    shared = bool(flags & {"-shared", "-dynamiclib", "-rdynamic"} - {"-rdynamic"})
    return Compile(
        output if links else "",
        tuple(sources),
        tuple(dict.fromkeys(libraries)),
        bool(flags & {"-static", "-static-pie"}),
        shared,
        cpp and not flags & {"-static-libstdc++"},
        any(word.startswith("@") for word in flags) or any(word.startswith(("-fplugin", "-specs")) for word in flags),
        next(iter(_linker_values(linker, "-soname", "--soname", "-h")), ""),
        tuple(folder for value in _linker_values(linker, "-rpath", "--rpath", "-R") for folder in value.split(":")),
    )


def _linker_values(words: Sequence[str], *names: str) -> list[str]:
    """The values of an option of the linker, in its spellings `-rpath,DIR` and `-rpath=DIR`."""
    found: list[str] = []
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            found.append(value if equals else "".join(words[at + 1 : at + 2]))
    return [value for value in found if value]
