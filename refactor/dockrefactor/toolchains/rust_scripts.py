"""Build scripts of Rust packages: whether a program may need what they leave beside what is compiled.

https://doc.rust-lang.org/cargo/reference/build-scripts.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.patterns import regex
from dockrefactor.tables import toml
from dockrefactor.toolchains.rust_manifests import RustPackage
from dockrefactor.toolchains.rust_sources import RustSources, read_script

# a variable that the compiler is given, with something like a path for its value
_GIVEN: Final = regex(r"rustc-env=(\w+)=[^\n]*?(?:out|dir|path|display)", re.I)
_COMPILED: Final = ("src/", "target/", "/tmp/")


def needed(context: BuildContext, package: RustPackage, sources: Iterable[RustSources]) -> Evidence | None:
    """Where a program has, or may read, what the build script of a package leaves; `sources`: those of the programs."""
    programs = list(sources)
    path = _script(package)
    script = read_script(context, path) if path else None
    text = (context.read(path) or "") if path else ""
    given = {"OUT_DIR", *_GIVEN.findall(text)}
    for claim in (claim for item in programs for claim in item.variables):
        if claim.value in given:
            return claim.evidence
    if script is None or not any(item.reads for item in programs):
        return None
    return next(_elsewhere(script, "OUT_DIR" in text), None)


def _script(package: RustPackage) -> str:
    named = package.table["package"].get("build", "build.rs")
    return posixpath.join(package.folder, named) if isinstance(named, str) else ""


def _elsewhere(script: RustSources, has_folder: bool) -> Iterator[Evidence]:
    """What a build script may leave outside the folder that cargo gives it."""
    harmless = toml("rust_calls")["of_build_scripts"]
    for claim in script.programs:
        if claim.value is None or posixpath.basename(claim.value) not in harmless:
            yield claim.evidence
    for claim in script.writes:
        if (claim.value is None and not has_folder) or (claim.value and not claim.value.startswith(_COMPILED)):
            yield claim.evidence
