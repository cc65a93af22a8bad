"""Whether every program of an image finds its shared libraries: the loader's rules, followed without running anything.

Source: ld.so(8) and the ELF specification's dynamic linking chapter; for musl, ldso/dynlink.c.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.verify.image_files import ImageFiles

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

MAGIC: Final = b"\x7fELF"
_LIBRARY: Final = regex(r"\.(so|node)(\.[0-9.]+)?$")
_MULTIARCH: Final = {
    "EM_X86_64": "x86_64-linux-gnu", "EM_AARCH64": "aarch64-linux-gnu", "EM_386": "i386-linux-gnu",
    "EM_ARM": "arm-linux-gnueabihf", "EM_PPC64": "powerpc64le-linux-gnu", "EM_S390": "s390x-linux-gnu",
    "EM_RISCV": "riscv64-linux-gnu",
}  # fmt: skip
# what a processor that the engine names so runs; package archives bring files for others too, which nobody loads
_RUNS: Final = {
    "amd64": ("EM_X86_64", "EM_386"), "386": ("EM_386",), "arm64": ("EM_AARCH64", "EM_ARM"), "arm": ("EM_ARM",),
    "ppc64le": ("EM_PPC64",), "s390x": ("EM_S390",), "riscv64": ("EM_RISCV",),
}  # fmt: skip
_DEFAULT: Final = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")
_MUSL_DEFAULT: Final = ("/lib", "/usr/local/lib", "/usr/lib")


@dataclass(frozen=True, slots=True)
class Binary:
    """What the loader reads of an ELF file. `versions` maps a needed library to the symbol versions asked of it;
    `defines` are the versions that it has itself."""

    path: str
    machine: str
    interpreter: str
    needed: tuple[str, ...]
    rpath: tuple[str, ...]
    runpath: tuple[str, ...]
    versions: Mapping[str, tuple[str, ...]]
    defines: frozenset[str]

    @property
    def is_musl(self) -> bool:
        return "ld-musl" in self.interpreter or any("musl" in name for name in self.needed)

    def runs_on(self, architecture: str) -> bool:
        """Whether a processor of that name (Docker's) runs this; so taken where the name is not known."""
        return self.machine in _RUNS.get(architecture, (self.machine,))


@dataclass(frozen=True, slots=True)
class Missing:
    """`file` needs `library`; `version` is the symbol version that the library has not, `""` where it is not there."""

    file: str
    library: str
    version: str = ""

    def __str__(self) -> str:
        if self.version:
            return f"{self.file} needs {self.version} of {self.library}, which is older"
        return f"{self.file} needs {self.library}"


def candidates(files: ImageFiles, base: ImageFiles | None) -> list[str]:
    """Files that may be ELF or scripts and that are not the base image's own."""
    found = []
    for path, file in files.files.items():
        if not file.is_file or file.size < 4 or not (file.mode & 0o111 or _LIBRARY.search(path)):
            continue
        own = base.files.get(path) if base is not None else None
        if own is None or (own.size, own.mode) != (file.size, file.mode):
            found.append(path)
    return found


def read(path: str, data: bytes) -> Binary | None:
    """The binary in `data`; None where it is none that a loader starts."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile

    if not data.startswith(MAGIC):
        return None
    try:
        elf = ELFFile(io.BytesIO(data))
        interpreter = ""
        tags: list[Any] = []
        for segment in elf.iter_segments():
            if segment["p_type"] == "PT_INTERP":
                interpreter = str(cast(Any, segment).get_interp_name())
            elif isinstance(segment, DynamicSegment):
                tags = [tag for tag in segment.iter_tags() if tag.entry.d_tag in _TAGS]
        if not tags and not interpreter:
            return None
        versions, defines = _versions(elf)
    except (ELFError, ValueError, UnicodeDecodeError, KeyError, AttributeError):
        return None
    return Binary(
        path, str(elf["e_machine"]), interpreter,
        tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
        _folders(tag.rpath for tag in tags if tag.entry.d_tag == "DT_RPATH"),
        _folders(tag.runpath for tag in tags if tag.entry.d_tag == "DT_RUNPATH"),
        versions, defines,
    )  # fmt: skip


_TAGS: Final = ("DT_NEEDED", "DT_RPATH", "DT_RUNPATH")


def _folders(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(folder for text in texts for folder in text.split(":") if folder)


def _versions(elf: ELFFile) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection

    wanted: dict[str, tuple[str, ...]] = {}
    defines: set[str] = set()
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for need, entries in section.iter_versions():
                # a weak version may be absent
                wanted[str(need.name)] = tuple(entry.name for entry in entries if not entry.entry.vna_flags & 2)
        elif isinstance(section, GNUVerDefSection):
            defines.update(entry.name for _, entries in section.iter_versions() for entry in entries)
    return wanted, frozenset(defines)


class Loader:
    """The dynamic loader of one image, as far as finding libraries goes."""

    def __init__(self, files: ImageFiles, env: Mapping[str, str]) -> None:
        self._files = files
        self._extra = tuple(folder for folder in env.get("LD_LIBRARY_PATH", "").split(":") if folder)
        self._configured: tuple[str, ...] | None = None
        self._known: dict[str, Binary | None] = {}
        self._names: set[str] | None = None

    def find(self, binary: Binary, library: str) -> str | None:
        """The path of a library that `binary` needs, None where the loader does not find it."""
        if "/" in library:
            return library if self._files.at(library) is not None else None
        for folder in self._search(binary):
            path = posixpath.join(folder, library)
            file = self._files.at(path)
            if file is not None and file.is_file:
                return path
        return None

    def loads(self, binary: Binary, library: str) -> bool:
        """Whether the loader finds a library that `binary` needs and can load it: under the name of musl's `libc.so`,
        the headers of glibc have a text for the linker."""
        place = self.find(binary, library)
        return place is not None and self._files.contents([place]).get(place, MAGIC).startswith(MAGIC)

    def _search(self, binary: Binary) -> list[str]:
        own = [_origin(folder, binary.path) for folder in binary.rpath if not binary.runpath]
        own += self._extra
        own += [_origin(folder, binary.path) for folder in binary.runpath]
        if binary.is_musl:
            return [*own, *self._musl()]
        triple = _MULTIARCH.get(binary.machine, "")
        default = [*(f"{folder}/{triple}" for folder in ("/lib", "/usr/lib") if triple), *_DEFAULT]
        return [*own, *self._ld_so_conf(), *default]

    def _musl(self) -> list[str]:
        path = next((path for path in self._files.files if path.startswith("/etc/ld-musl-")), "")
        written = re.split(r"[:\n]", self._files.text(path)) if path else []
        return [folder for folder in written if folder] or list(_MUSL_DEFAULT)

    def _ld_so_conf(self) -> tuple[str, ...]:
        """Folders of /etc/ld.so.conf. They count although only ldconfig's cache makes them known to the loader: the
        cache is as old as the image's last change of them in every distribution."""
        if self._configured is None:
            parts = sorted(path for path in self._files.files if re.fullmatch(r"/etc/ld\.so\.conf\.d/.*\.conf", path))
            texts = self._files.contents(["/etc/ld.so.conf", *parts])
            lines = [line.strip() for data in texts.values() for line in data.decode("utf-8", "replace").splitlines()]
            self._configured = tuple(line for line in lines if line.startswith("/"))
        return self._configured

    def missing(self, binaries: Iterable[Binary]) -> list[Missing]:
        """What the binaries need and the loader does not find; a library that one of them is, wherever it lies, may
        have been loaded before by a full path, and is not missed."""
        every = list(binaries)
        self._known.update({binary.path: binary for binary in every})
        beside = {posixpath.basename(binary.path) for binary in every}
        found: list[Missing] = []
        needed: dict[str, list[tuple[Binary, str]]] = {}
        for binary in every:
            if binary.interpreter and self._files.at(binary.interpreter) is None:
                found.append(Missing(binary.path, binary.interpreter))
                continue
            for library in binary.needed:
                place = self.find(binary, library)
                if place is not None:
                    needed.setdefault(place, []).append((binary, library))
                elif library not in beside and not _is_loader(library):
                    found.append(Missing(binary.path, library))
        return [*found, *self._outdated(needed)]

    def _outdated(self, needed: Mapping[str, list[tuple[Binary, str]]]) -> list[Missing]:
        """Symbol versions that a library is asked for and has not."""
        asked = {
            path: [
                (binary, library, binary.versions[library]) for binary, library in users if binary.versions.get(library)
            ]
            for path, users in needed.items()
        }
        paths = [path for path, users in asked.items() if users]
        contents = self._files.contents(paths)
        found = []
        for path in paths:
            library = self._known.get(path) or read(path, contents.get(path, b""))
            if library is None or not library.defines:
                continue
            for binary, name, versions in asked[path]:
                lacking = [version for version in versions if version not in library.defines]
                found += [Missing(binary.path, name, lacking[-1])] if lacking else []
        return found


def _origin(folder: str, path: str) -> str:
    here = posixpath.dirname(path)
    return posixpath.normpath(re.sub(r"\$ORIGIN|\$\{ORIGIN\}", lambda _: here, folder))


def _is_loader(library: str) -> bool:
    """The loader itself, and libc of musl: they are there when the program's interpreter is."""
    return library.startswith(("ld-linux", "ld-musl", "libc.musl-", "linux-vdso"))


def interpreters(files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """The words of the first line of every script among `files`."""
    found: dict[str, tuple[str, ...]] = {}
    for path, data in files.items():
        if data.startswith(b"#!"):
            words = data[2:256].partition(b"\n")[0].decode("utf-8", "replace").split()
            if words and words[0].startswith("/"):
                found[path] = tuple(words)
    return found


def program_of(words: tuple[str, ...]) -> str:
    """The program that a script's first line starts: a name to look up where it is `env`'s, else a path."""
    if posixpath.basename(words[0]) != "env":
        return words[0]
    rest = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return rest[0] if rest else words[0]


__all__ = ["Binary", "Loader", "Missing", "candidates", "interpreters", "program_of", "read"]
