"""Requirement strings and requirement files, read as pip reads them, and what an install was seen to read so far."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.needs import InstallInputs, LanguagePackage, ResolveImagePath
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains.python_commands import is_archive, requirement_kind, split_extras

_COMMENT: Final = regex(r"(?:^|\s+)#.*$")
_COMPUTED: Final = regex(r"[$*?`~]")
_EGG: Final = regex(r"[#&]egg=([A-Za-z0-9._-]+)")
_NAME: Final = regex(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_PLATFORM: Final = ("sys_platform", "platform_system", "os_name")
_READS: Final = {"-r": "requirement", "--requirement": "requirement", "-c": "constraint", "--constraint": "constraint"}
_SIMPLE: Final = regex(
    r"([A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*) *(?:\[[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*\])? *"
    r"(?:(?:==|>=|<=|!=|<|>) *[0-9]+(?:\.[0-9]+)* *(?:, *(?:==|>=|<=|!=|<|>) *[0-9]+(?:\.[0-9]+)*)*)?"
)
_VALUED: Final = frozenset(
    {"-e", "--editable", "-f", "--find-links", "-i", "--index-url", "--extra-index-url", "--pypi-url"}
    | {"--trusted-host", "--no-binary", "--only-binary", "--use-feature", *_READS}
)
_PLAIN: Final = frozenset({"--no-index", "--pre", "--require-hashes", "--prefer-binary", "--process-dependency-links"})
_MAX_FILES: Final = 200

LocalProject = tuple[str, tuple[str, ...]]
"""The image path of a project's folder, and the extras that are asked of it."""


@dataclass(slots=True)
class Gathering:
    """What one install reads, as it is found. `cwd` is the absolute image path that it runs in."""

    cwd: str
    resolve: ResolveImagePath
    context: BuildContext
    files: dict[str, None] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    packages: list[LanguagePackage] = field(default_factory=list)
    open_ended: list[Evidence] = field(default_factory=list)
    pins: dict[str, str] = field(default_factory=dict)
    hashed: bool = False
    compiled: set[str] = field(default_factory=set)

    def image_path(self, spelled: str, base: str | None = None) -> str:
        """The absolute image path of a path that is relative to `base`, the working folder where None."""
        return posixpath.normpath(posixpath.join(self.cwd, base or "", spelled))

    def file(self, path: str, required: bool = True) -> str | None:
        """Notes the file at an image path; its context path, None where there is none (`missing` if required)."""
        found = self.resolve(path)
        if found is not None and self.context.is_file(found):
            self.files[path] = None
            return found
        if required:
            self.missing[path] = None
        return None

    def text(self, path: str, required: bool = True, marked: bool = False) -> tuple[str, str] | None:
        """The context path and the text of the file at an image path; `marked` as for `read`."""
        found = self.file(path, required)
        return None if found is None else self.read(found, marked)

    def read(self, found: str, marked: bool = False) -> tuple[str, str] | None:
        """A file of the context and its text; noted where it cannot be read.

        `marked`: the program that reads it understands other encodings by their byte order mark.
        """
        text = self.context.read(found)
        if text is None and marked:
            text = self.context.read_marked(found)
        if text is None:
            self.unsure(Evidence(found, 0, "too large to read or not UTF-8 text"))
            return None
        return found, text

    def unsure(self, evidence: Evidence) -> None:
        if evidence not in self.open_ended:
            self.open_ended.append(evidence)

    def result(self, locked: bool) -> InstallInputs:
        """The inputs, files below a folder that is read whole left out of nothing: both are given."""
        packages = {(item.name, item.version, item.development): item for item in reversed(self.packages)}
        ordered = sorted(packages.values(), key=lambda item: (item.name, item.version or "", item.development))
        return InstallInputs(
            files=tuple(self.files),
            folders=tuple(self.folders),
            packages=tuple(self._pinned(item) for item in ordered),
            locked=locked,
            open_ended=tuple(self.open_ended),
            missing=tuple(self.missing),
            compiled=frozenset(self.compiled),
        )

    def _pinned(self, package: LanguagePackage) -> LanguagePackage:
        version = package.version or self.pins.get(package.name)
        if version == package.version:
            return package
        return LanguagePackage(package.name, version, package.evidence, package.native, package.development)


@lru_cache(maxsize=4096)
def installs_on_linux(marker: str) -> bool:
    """Whether an environment marker can hold on Linux; true where it asks for anything but the platform."""
    if not any(name in marker for name in _PLATFORM):
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    try:
        parsed = Marker(marker)
        return any(parsed.evaluate(environment) for environment in _linux_environments())
    except (InvalidMarker, UndefinedEnvironmentName, KeyError):
        return True


def _linux_environments() -> Iterator[dict[str, str]]:
    for minor in range(6, 16):
        for machine in ("x86_64", "aarch64"):
            for implementation, name in (("CPython", "cpython"), ("PyPy", "pypy")):
                yield {
                    "os_name": "posix",
                    "sys_platform": "linux",
                    "platform_system": "Linux",
                    "platform_machine": machine,
                    "python_version": f"3.{minor}",
                    "python_full_version": f"3.{minor}.9",
                    "platform_python_implementation": implementation,
                    "implementation_name": name,
                    "extra": "",
                }


def canonical(name: str) -> str:
    """The normalised name of a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def add_requirement(gathering: Gathering, text: str, evidence: Evidence, development: bool = False) -> None:
    """Notes the package that a requirement string names, or why it cannot be known."""
    # most are a name and a version: the parser takes long to import
    plain = _SIMPLE.fullmatch(text)
    if plain is not None and text.count("==") < 2:
        version = text.partition("==")[2].partition(",")[0].strip() or None
        gathering.packages.append(LanguagePackage(canonical(plain[1]), version, evidence, development=development))
        return
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        name = _NAME.match(text)
        if name is not None and not _COMPUTED.search(text):
            gathering.packages.append(LanguagePackage(canonical(name[1]), None, evidence, development=development))
        gathering.unsure(Evidence(evidence.path, evidence.line, f"requirement that cannot be read: {text[:80]}"))
        return
    if requirement.marker is not None and not installs_on_linux(str(requirement.marker)):
        return
    pins = [
        spec.version for spec in requirement.specifier if spec.operator in ("==", "===") and "*" not in spec.version
    ]
    version = pins[0] if pins else None
    gathering.packages.append(LanguagePackage(canonical(requirement.name), version, evidence, development=development))


def add_any(gathering: Gathering, text: str, evidence: Evidence, base: str | None = None) -> LocalProject | None:
    """Notes a requirement of any kind; the project where it is a local one.

    A path is relative to `base`, the working folder where None: pip reads those of requirement files so.
    """
    kind, value = requirement_kind(text)
    if kind == "name":
        add_requirement(gathering, text, evidence)
    elif kind == "url":
        add_url(gathering, text, evidence)
    else:
        return add_path(gathering, value, evidence, base)
    return None


def add_url(gathering: Gathering, text: str, evidence: Evidence) -> None:
    """Notes a package that comes from version control or an address: its name, and that its content is not known."""
    egg = _EGG.search(text)
    direct = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*@\s", text)
    wheel = re.search(r"/([^/#?]+?)-[^/#?-]+-[^/#?]*\.whl", text)
    name = next((match[1] for match in (egg, direct, wheel) if match is not None), None)
    if name is not None:
        gathering.packages.append(LanguagePackage(canonical(name), None, evidence))
    gathering.unsure(Evidence(evidence.path, evidence.line, "installed from an address"))


def add_path(gathering: Gathering, spelled: str, evidence: Evidence, base: str | None = None) -> LocalProject | None:
    """Notes a local archive or project; the project where it is a folder."""
    bare, extras = split_extras(spelled)
    if _COMPUTED.search(bare):
        gathering.unsure(Evidence(evidence.path, evidence.line, f"path that is made at build time: {bare}"))
        return None
    path = gathering.image_path(bare, base)
    if not is_archive(bare):
        gathering.folders[path] = None
        return path, extras
    gathering.file(path)
    parts = posixpath.basename(bare).removesuffix(".whl").split("-")
    if bare.endswith(".whl") and len(parts) >= 5:
        pure = parts[-1] == "any"
        gathering.packages.append(LanguagePackage(canonical(parts[0]), parts[1], evidence, native=not pure))
    else:
        gathering.unsure(Evidence(evidence.path, evidence.line, f"source archive: {posixpath.basename(bare)}"))
    return None


def requirement_lines(text: str) -> Iterator[tuple[int, str]]:
    """The logical lines of a requirement file with the number of their first line: joined, without comments."""
    joined = ""
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if joined else number
        if line.endswith("\\") and not _COMMENT.match(line):
            joined += line.removesuffix("\\")
            continue
        # a comment ends a continuation, as pip has it
        logical = _COMMENT.sub("", joined + line).strip()
        joined = ""
        if logical:
            yield start, logical
    if joined.strip():
        yield start, joined.strip()


def read_requirement_files(
    gathering: Gathering, files: tuple[str, ...], constraints: tuple[str, ...], evidence: Evidence
) -> list[LocalProject]:
    """Notes the named files and all that they include; gives the local projects in them."""
    projects: list[LocalProject] = []
    seen: set[tuple[str, bool]] = set()
    pending = [(name, None, False, evidence) for name in reversed(files)]
    pending += [(name, None, True, evidence) for name in reversed(constraints)]
    todo: list[tuple[str, str | None, bool, Evidence]] = list(pending)
    while todo:
        spelled, base, constraint, source = todo.pop()
        if "://" in spelled or _COMPUTED.search(spelled) or len(seen) >= _MAX_FILES:
            gathering.unsure(Evidence(source.path, source.line, f"requirement file that cannot be known: {spelled}"))
            continue
        path = gathering.image_path(spelled, base)
        if (path, constraint) in seen:
            continue
        seen.add((path, constraint))
        found = gathering.text(path, marked=True)
        if found is not None:
            todo += _read_one(gathering, found, posixpath.dirname(path), constraint, projects)
    return projects


def _read_one(
    gathering: Gathering, found: tuple[str, str], base: str, constraint: bool, projects: list[LocalProject]
) -> list[tuple[str, str | None, bool, Evidence]]:
    """Notes the lines of one file; the files that it includes."""
    included: list[tuple[str, str | None, bool, Evidence]] = []
    for number, line in requirement_lines(found[1]):
        evidence = Evidence(found[0], number, line if len(line) <= 60 else line[:57] + "...")
        if line.startswith("-"):
            for option, value in _line_options(gathering, line, evidence):
                if option in _READS:
                    included.append((value, base, constraint or _READS[option] == "constraint", evidence))
                else:
                    _add_option(gathering, option, value, base, evidence, projects)
            continue
        words = re.split(r"\s+(?=-)", line, maxsplit=1)
        gathering.hashed |= not constraint and len(words) > 1 and "--hash" in words[1]
        if constraint:
            _add_pin(gathering, words[0])
        else:
            _note_project(projects, add_any(gathering, words[0], evidence))
    return included


def _note_project(projects: list[LocalProject], project: LocalProject | None) -> None:
    if project is not None:
        projects.append(project)


def _line_options(gathering: Gathering, line: str, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """The options of a line with their values; an unknown one makes the list open-ended."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        option, equals, value = word.partition("=")
        if not word.startswith("--") and word[:2] in _VALUED and len(word) > 2:
            yield word[:2], word[2:].removeprefix("=")
        elif option in _VALUED and equals:
            yield option, value
        elif word in _VALUED and at < len(words):
            yield word, words[at]
            at += 1
        elif option not in _PLAIN:
            gathering.unsure(Evidence(evidence.path, evidence.line, f"option that is not known: {word}"))


def _add_option(
    gathering: Gathering, option: str, value: str, base: str, evidence: Evidence, projects: list[LocalProject]
) -> None:
    if option in ("-e", "--editable"):
        kind, place = requirement_kind(value)
        if kind == "url":
            add_url(gathering, value, evidence)
        else:
            # a bare folder name is a path here
            _note_project(projects, add_path(gathering, place if kind == "path" else value, evidence))
    elif option in ("-f", "--find-links"):
        add_find_links(gathering, value, evidence, base)
    elif option == "--no-binary":
        add_compiled(gathering, value)


def add_compiled(gathering: Gathering, value: str) -> None:
    """Notes a value of `--no-binary`: names, `:all:`, or `:none:`, which takes back those before it."""
    for name in filter(None, re.split(r"[,\s]+", value)):
        if name == ":none:":
            gathering.compiled.clear()
        else:
            gathering.compiled.add(name if name == ":all:" else canonical(name))


def add_find_links(gathering: Gathering, value: str, evidence: Evidence, base: str | None = None) -> None:
    """Notes a `--find-links` place: a folder or file where it is local, nothing where it is an address."""
    value = re.sub(r"^file:(?://(?:localhost)?)?", "", value)
    if "://" in value:
        return
    if _COMPUTED.search(value):
        gathering.unsure(Evidence(evidence.path, evidence.line, f"path that is made at build time: {value}"))
        return
    for path in (gathering.image_path(value, base), gathering.image_path(value)):
        found = gathering.resolve(path)
        if found is not None:
            (gathering.folders if gathering.context.is_dir(found) else gathering.files)[path] = None
            return
    gathering.missing[gathering.image_path(value)] = None


def _add_pin(gathering: Gathering, text: str) -> None:
    match = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*===?\s*([^\s;,*]+)\s*(?:;.*)?$", text)
    if match is not None:
        gathering.pins.setdefault(canonical(match[1]), match[2])
