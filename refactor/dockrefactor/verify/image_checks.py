"""What the files of a result's image say: whether what it launches can start there, as the user that it has."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable, Iterator

from dockrefactor import tables
from dockrefactor.effects import absolute, inside
from dockrefactor.facts import Facts
from dockrefactor.image import STANDARD_PATH
from dockrefactor.launch_words import builtins, does_nothing
from dockrefactor.records import dataclass
from dockrefactor.verify import shared_libraries
from dockrefactor.verify.findings import Finding, Lack, Weight, note
from dockrefactor.verify.image_files import ImageFiles, Who
from dockrefactor.verify.images import Configured
from dockrefactor.verify.owners import Owners
from dockrefactor.verify.shared_libraries import Binary, Loader, Missing

DEFAULT_PATH = ":".join(STANDARD_PATH)
_SHELL_WORDS = frozenset("|&;<>()$`\\\"'*?[#~=%{}!\n")


@dataclass(frozen=True, slots=True)
class Look:
    """One image to look at: its configuration, its files, and what is known of its Dockerfile; `is_restarted` where the
    user accepted another start for it."""

    image: Configured
    files: ImageFiles
    facts: Facts
    is_restarted: bool = False

    @property
    def who(self) -> Who | None:
        return self.files.user(self.image.user)

    def program(self, name: str) -> str | None:
        """Where a program is: by PATH where it is a bare name, in the work folder where it is relative."""
        if "/" in name:
            path = absolute(name, str(self.image.config.get("WorkingDir") or "/"))
            return path if self.files.at(path) is not None else None
        for folder in (self.image.env.get("PATH") or DEFAULT_PATH).split(":"):
            file = self.files.at(posixpath.join(folder, name)) if folder else None
            if file is not None and file.is_file and file.mode & 0o111:
                return posixpath.join(folder, name)
        return None


def findings(after: Look, before: Look, base: ImageFiles | None) -> list[Finding]:
    """Everything that the result's image lacks and the original's has; `base` has the files of its base image."""
    who = after.who
    if who is None:
        return [Finding("user", Weight.BREAKAGE, f"the image has no user {after.image.user!r}")]
    found = [*_launch(after, before, who), *_libraries(after, before, base), *_folders(after, before, who)]
    return list(dict.fromkeys(found))


def _launch(after: Look, before: Look, who: Who) -> Iterator[Finding]:
    """Programs and files that ENTRYPOINT, CMD and the health check name."""
    replaced = _replaced_entrypoint(after, before)
    # another start names other programs, and only the result has the files that it starts
    named = after if after.is_restarted else before
    for check, name in _named(named):
        if name in replaced:
            continue
        there = before.program(name) or (name if after.is_restarted else None)
        if there is None:
            continue  # of no use in the original either
        path = after.program(name)
        if path is None:
            lacks = Lack.PROGRAM if "/" not in name else Lack.FILE
            yield Finding(check, Weight.BREAKAGE, f"`{name}` is not there", lacks, name if "/" not in name else there)
            continue
        if refusal := after.files.reach(path, who, 1):
            yield Finding(check, Weight.BREAKAGE, f"{path}: {refusal}", Lack.FILE, path)
        yield from _interpreter(after, check, path)
    for path in _files(named):
        if named.files.at(path) is None or path in replaced:
            continue
        file = after.files.at(path)
        if file is None:
            yield Finding("launch", Weight.BREAKAGE, f"{path} is not there", Lack.FILE, path)
        elif refusal := after.files.reach(path, who, 5 if file.is_dir else 4):
            yield Finding("launch", Weight.BREAKAGE, f"{path}: {refusal}", Lack.FILE, path)


def _replaced_entrypoint(after: Look, before: Look) -> tuple[str, ...]:
    """The entrypoint of the original's base image, where the result has another and it only started the command."""
    words = before.image.words("Entrypoint")
    return words if does_nothing(words) and words != after.image.words("Entrypoint") else ()


def _named(look: Look) -> list[tuple[str, str]]:
    """(check, program) of what the configuration and the start scripts run."""
    config = [*look.image.words("Entrypoint"), *look.image.words("Cmd")]
    found = [("launch", config[0])] if config else []
    found += [("launch", name) for name, _ in look.facts.launch.programs]
    check = look.image.healthcheck
    if check[:1] == ("CMD",):
        found.append(("healthcheck", check[1]))
    found += [("healthcheck", name) for name, _ in look.facts.healthcheck.programs]
    if check[:1] == ("CMD-SHELL",):
        found.append(("healthcheck", "/bin/sh"))
    known = builtins()
    return [item for item in dict.fromkeys(found) if item[1] not in known and not _SHELL_WORDS & set(item[1])]


def _files(look: Look) -> list[str]:
    """Absolute paths of what the words of the launch name, where they may be paths."""
    cwd = str(look.image.config.get("WorkingDir") or "/")
    words = [*look.image.words("Entrypoint"), *look.image.words("Cmd"), *look.image.healthcheck]
    for word in list(words):
        if " " in word:
            try:
                words += shlex.split(word)
            except ValueError:
                continue
    words += [word for item in look.facts.launch.started if item.known for word in item.argv[1:]]
    # a program's own name is looked up on PATH, whatever the work folder holds
    programs = {name for _, name in _named(look) if "/" not in name}
    paths = [
        absolute(word, cwd)
        for word in words
        if word and word not in programs and not word.startswith("-") and not _SHELL_WORDS & set(word)
    ]
    return list(dict.fromkeys(path for path in paths if path != "/"))


def _interpreter(look: Look, check: str, path: str) -> Iterator[Finding]:
    """What the first line of a script names must be there."""
    words = shared_libraries.interpreters(look.files.contents([path])).get(path)
    if words is None:
        return
    for name in dict.fromkeys((words[0], shared_libraries.program_of(words))):
        if look.program(name) is None:
            bare = posixpath.basename(name)
            yield Finding(
                "interpreter", Weight.BREAKAGE, f"{path} starts `{name}`, which is not there", Lack.PROGRAM, bare
            )


def _libraries(after: Look, before: Look, base: ImageFiles | None) -> Iterator[Finding]:
    """What the loader does not find in the result, where it did in the original."""
    contents = after.files.contents(shared_libraries.candidates(after.files, base))
    read = [shared_libraries.read(path, data) for path, data in contents.items()]
    binaries = [binary for binary in read if binary is not None and binary.runs_on(after.image.architecture)]
    missing = Loader(after.files, after.image.env).missing(binaries)
    known = {binary.path: binary for binary in binaries}
    original = Loader(before.files, before.image.env) if missing else None
    of_displays = tuple(tables.toml("verify")["libraries"]["of_displays"])
    for item in missing:
        assert original is not None
        if not item.file.endswith(of_displays) and _found_before(item, known[item.file], original, before):
            yield Finding("libraries", Weight.BREAKAGE, str(item), Lack.LIBRARY, item.library)
    yield from _brought_scripts(after, before, contents)


def _found_before(item: Missing, binary: Binary, original: Loader, before: Look) -> bool:
    """Whether the original had what is missing now."""
    if item.version:
        return item not in original.missing([binary])
    if "/" in item.library:
        return before.files.at(item.library) is not None
    return original.loads(binary, item.library)


def _brought_scripts(after: Look, before: Look, contents: Iterable[str]) -> Iterator[Finding]:
    """Scripts on PATH that the runtime stage brought, whose interpreter only the original has. What a package of the
    distribution brings without asking for its interpreter, the package does not need."""
    owners = Owners(after.files)
    folders = (after.image.env.get("PATH") or DEFAULT_PATH).split(":")
    texts = {path: after.files.contents([path])[path] for path in contents if posixpath.dirname(path) in folders}
    for path, words in shared_libraries.interpreters(texts).items():
        name = shared_libraries.program_of(words)
        if after.program(name) is None and before.program(name) is not None:
            says = f"{path} starts `{name}`, which is not there"
            if package := owners.package(path):
                yield note("interpreter", f"{says}; the package {package} comes without it")
                continue
            yield Finding("interpreter", Weight.DIFFERENCE, says, Lack.PROGRAM, posixpath.basename(name))


def _folders(after: Look, before: Look, who: Who) -> Iterator[Finding]:
    """Volumes must be writable for the user as they were for the original's."""
    was = before.who
    for path in after.image.config.get("Volumes") or {}:
        folder = after.files.at(path)
        # the engine makes a volume's folder where the image has none, as root's
        refusal = after.files.reach(path, who, 3) if folder is not None else ("it is root's" if who.uid else "")
        if refusal and was is not None and (before.files.at(path) is None or not before.files.reach(path, was, 3)):
            yield Finding("writable", Weight.DIFFERENCE, f"the volume {path}: {refusal}", Lack.FOLDER, path)


def unwritable(after: Look, who: Who, path: str) -> str:
    """Why `who` can make no file at `path` in the result; the empty string where it can."""
    if after.files.at(path) is not None:
        return after.files.reach(path, who, 2)
    folder = posixpath.dirname(path)
    while folder != "/" and after.files.at(folder) is None:
        folder = posixpath.dirname(folder)
    return after.files.reach(folder, who, 3)


def is_below_any(path: str, folders: Iterable[str]) -> bool:
    """Whether `path` is one of `folders` or in one."""
    return any(inside(path, folder) for folder in folders)
