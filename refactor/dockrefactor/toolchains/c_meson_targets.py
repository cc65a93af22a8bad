"""What a Meson project builds and installs: targets, their file names, and the places of both.

https://mesonbuild.com/Reference-manual_functions.html#executable, https://mesonbuild.com/Installing.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from dockrefactor.effects import absolute
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.c_build import Built, Library, Made, Unreadable
from dockrefactor.toolchains.c_meson_setup import MesonConfigure
from dockrefactor.toolchains.c_meson_values import Unknown, Value


@dataclass(frozen=True, slots=True)
class Target:
    """A target: `kind` is program, shared, module or static; `folder` of its list below the sources; `output` its file
    name; `place`: where an install puts it, `""` where it does not; `doubt`: why that is not certain."""

    kind: str
    folder: str
    output: str
    place: str = ""
    doubt: str = ""
    static: bool = False
    runpath: str = ""


@dataclass(slots=True)
class Reading:
    """What the lists of a project say. `installs`: image paths of further files and folders."""

    targets: list[Target] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    installs: list[str] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    cpp: bool = False
    static: bool = False


def file_name(kind: str, name: str, named: Mapping[str, Value]) -> str:
    """The file name of a target by its keyword arguments. Raises Unreadable."""
    prefix, suffix = named.get("name_prefix", []), named.get("name_suffix", [])
    if not (isinstance(prefix, (str, list)) and isinstance(suffix, (str, list))):
        raise Unreadable("the name of what it builds is computed")
    if kind == "program":
        ending = f".{suffix}" if isinstance(suffix, str) and suffix else ""
        return f"{prefix if isinstance(prefix, str) else ''}{name}{ending}"
    stem = f"{prefix if isinstance(prefix, str) else 'lib'}{name}.{suffix if isinstance(suffix, str) else 'so'}"
    version = named.get("soversion", named.get("version", ""))
    if isinstance(version, Unknown) and kind == "shared":
        raise Unreadable("the version of a library is computed", "unknown-library")
    number = str(version) if "soversion" in named else str(version).partition(".")[0]
    return stem + (f".{number}" if kind == "shared" and number else "")


def built(
    reading: Reading, configured: MesonConfigure, installs: bool, above: str = ""
) -> tuple[Built, tuple[tuple[str, str], ...]]:
    """What a build, or an install, makes; with (place, its place in the build) of what an install copies; `above` is
    DESTDIR. Raises Unreadable."""
    if any(item.kind == "module" for item in reading.targets):
        raise Unreadable("who loads a module that it builds is not told", "unknown-library")
    shared = [item for item in reading.targets if item.kind == "shared"]
    programs = [item for item in reading.targets if item.kind == "program"]
    doubtful = next((item for item in (*programs, *shared) if item.doubt and (installs or item.kind == "shared")), None)
    if doubtful is not None:
        code = "unknown-library" if doubtful.kind == "shared" else "unknown-effect"
        raise Unreadable(f"{doubtful.doubt}: `{doubtful.output}`", code)
    return _built_of(reading, configured, installs, above, (programs, shared))


def _built_of(
    reading: Reading, configured: MesonConfigure, installs: bool, above: str,
    targets: tuple[Sequence[Target], Sequence[Target]],
) -> tuple[Built, tuple[tuple[str, str], ...]]:  # fmt: skip
    programs, shared = targets
    own = [Library(_built(item, configured), item.output) for item in shared]
    put = [Library(_below(above, item), item.output, True) for item in shared if item.place] if installs else []
    copied = [(_below(above, item), _built(item, configured)) for item in programs if item.place] if installs else []
    # an install takes away the places that the build gave to its programs
    built_at = [posixpath.dirname(item.path) for item in own]
    runpaths = [item.runpath for item in programs if item.runpath] if installs else built_at
    others = [posixpath.join(above, path.lstrip("/")) if above else path for path in reading.installs]
    found = Built(
        tuple(_built(item, configured) for item in programs), tuple(others) if installs else (),
        tuple(dict.fromkeys(reading.libraries)), (), (configured.build,),
        reading.static or (bool(programs) and all(item.static for item in programs)), reading.cpp, (*own, *put),
        tuple(dict.fromkeys(runpaths)), made=tuple(dict.fromkeys(reading.made)),
    )  # fmt: skip
    return found, (*copied, *((item.path, item.path) for item in put))


def _built(target: Target, configured: MesonConfigure) -> str:
    return posixpath.join(absolute(target.folder or ".", configured.build), target.output)


def _below(above: str, target: Target) -> str:
    path = posixpath.join(target.place, target.output)
    return posixpath.join(above, path.lstrip("/")) if above else path
