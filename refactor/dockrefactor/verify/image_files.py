"""The files of an image: listed with their modes and owners, and read where somebody asks for their content.

Where the image has `find` and `tar`, they list and read in a container without a network; else the whole image is
exported.
"""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final

from dockrefactor.records import dataclass
from dockrefactor.verify.engine import Engine, EngineError

_SECONDS: Final = 600.0
_MAX_LINKS: Final = 40
# size, mode, owner, group, kind, path and target of a link; a byte that no path has stands between
_FORMAT: Final = "%s/%m/%U/%G/%y/%p\\0%l\\0"
_KINDS: Final = {
    "f": stat.S_IFREG, "d": stat.S_IFDIR, "l": stat.S_IFLNK, "c": stat.S_IFCHR, "b": stat.S_IFBLK, "p": stat.S_IFIFO,
    "s": stat.S_IFSOCK,
}  # fmt: skip
_MADE_BY_ENGINE: Final = (
    *("/proc", "/sys", "/dev", "/.dockerenv", "/run/.containerenv"),
    *("/etc/resolv.conf", "/etc/hosts", "/etc/hostname"),
)
_MAX_READ: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One file, folder or link: `mode` as `os.lstat` gives it, `link` where a symbolic link leads."""

    path: str
    mode: int
    uid: int
    gid: int
    size: int
    link: str = ""

    @property
    def is_dir(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)


@dataclass(frozen=True, slots=True)
class Who:
    """A user of an image by its numbers; root is 0."""

    uid: int
    gids: frozenset[int]
    home: str = "/"

    def may(self, file: ImageFile, wanted: int) -> bool:
        """Whether it has all of `wanted` (4 read, 2 write, 1 execute or enter) on `file`."""
        mode = stat.S_IMODE(file.mode)
        if self.uid == 0:
            return not (wanted & 1 and file.is_file and not mode & 0o111)
        shift = 6 if file.uid == self.uid else 3 if file.gid in self.gids else 0
        return (mode >> shift) & wanted == wanted


class ImageFiles:
    """All files of one image by their absolute paths."""

    def __init__(self, files: Mapping[str, ImageFile], read: Callable[[Iterable[str]], Mapping[str, bytes]]) -> None:
        self.files = files
        self._read = read
        self._contents: dict[str, bytes | None] = {}

    def real(self, path: str) -> str | None:
        """`path` with every symbolic link followed; None where something of it is not there."""
        left = [part for part in path.split("/") if part not in ("", ".")]
        left.reverse()
        here, links = "/", 0
        while left:
            part = left.pop()
            if part == "..":
                here = posixpath.dirname(here)
                continue
            candidate = posixpath.join(here, part)
            file = self.files.get(candidate)
            if file is None:
                return None
            if not file.is_link:
                here = candidate
                continue
            links += 1
            if links > _MAX_LINKS:
                return None
            if file.link.startswith("/"):
                here = "/"
            left.extend(reversed([word for word in file.link.split("/") if word not in ("", ".")]))
        return here

    def at(self, path: str) -> ImageFile | None:
        """The file that `path` leads to, links followed."""
        real = self.real(path)
        return self.files.get(real) if real is not None else None

    def reach(self, path: str, who: Who, wanted: int) -> str:
        """Why `who` has not `wanted` (as `Who.may`) on what `path` leads to; the empty string where it has."""
        real = self.real(path)
        if real is None:
            return "it is not there"
        folder = posixpath.dirname(real)
        while folder != "/":
            above = self.files.get(folder)
            if above is not None and not who.may(above, 1):
                return f"the user may not enter {folder}"
            folder = posixpath.dirname(folder)
        words = {4: "read", 2: "write", 1: "execute", 5: "read and execute", 3: "write to"}
        return "" if who.may(self.files[real], wanted) else f"the user may not {words.get(wanted, 'use')} it"

    def contents(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of those of `paths` that are ordinary files, links followed."""
        asked = {path: real for path in paths if (real := self.real(path)) is not None and self.files[real].is_file}
        unread = {real for real in asked.values() if real not in self._contents}
        if unread:
            found = self._read(unread)
            self._contents.update({path: found.get(path) for path in unread})
        return {path: data for path, real in asked.items() if (data := self._contents[real]) is not None}

    def text(self, path: str) -> str:
        """The content of a file as text, the empty string where there is none."""
        return self.contents([path]).get(path, b"").decode("utf-8", "replace")

    @cached_property
    def setuid(self) -> frozenset[str]:
        """Files that run as their owner or group."""
        bits = stat.S_ISUID | stat.S_ISGID
        return frozenset(
            path for path, file in self.files.items() if file.is_file and file.mode & bits and file.mode & 0o111
        )

    @cached_property
    def packages(self) -> frozenset[str]:
        """Names of the distribution's packages that are installed, by dpkg's or apk's database."""
        found = {
            line.partition(":")[2].strip()
            for block in self.text("/var/lib/dpkg/status").split("\n\n")
            if "\nStatus: install ok installed" in block
            for line in block.splitlines()
            if line.startswith("Package:")
        }
        # images without a package manager have one file for each package
        folder = "/var/lib/dpkg/status.d/"
        found |= {
            path.removeprefix(folder)
            for path in self.files
            if path.startswith(folder) and "." not in path[len(folder) :]
        }
        database = self.text("/lib/apk/db/installed") or self.text("/usr/lib/apk/db/installed")
        found |= {line[2:] for line in database.splitlines() if line.startswith("P:")}
        return frozenset(found)

    def user(self, written: str) -> Who | None:
        """The user that `USER written` means; None where the image has none of that name."""
        name, _, group = (written or "0").partition(":")
        accounts = [line.split(":") for line in self.text("/etc/passwd").splitlines() if line.count(":") >= 6]
        row = next((row for row in accounts if name in (row[0], row[2])), None)
        if row is None and not name.isdigit():
            return None
        uid = int(row[2]) if row else int(name)
        groups = [line.split(":") for line in self.text("/etc/group").splitlines() if line.count(":") >= 3]
        gid = int(row[3]) if row else 0
        if group:
            named = next((int(item[2]) for item in groups if group in (item[0], item[2])), None)
            if named is None and not group.isdigit():
                return None
            return Who(uid, frozenset({named if named is not None else int(group)}), row[5] if row else "/")
        more = {int(item[2]) for item in groups if row is not None and row[0] in item[3].split(",")}
        return Who(uid, frozenset({gid, *more}), row[5] if row else "/")


def of_image(engine: Engine, image: str) -> ImageFiles:
    """The files of `image`. Raises EngineError."""
    if not engine.runs_containers:
        raise EngineError("buildah alone shows no files of an image")
    listed = _listed(engine, image)
    if listed is not None:
        return ImageFiles(listed, lambda paths: _read_in_container(engine, image, paths))
    return ImageFiles(_exported(engine, image), lambda paths: _read_from_export(engine, image, paths))


def _alone(engine: Engine, image: str, program: str) -> list[str]:
    """Words that run a program of the image as root, with nothing of the outside."""
    words = ["run", "--rm", "--interactive", "--label", engine.label, "--network", "none", "--user", "0"]
    return [*words, "--workdir", "/", "--no-healthcheck", "--entrypoint", program, image]


def _listed(engine: Engine, image: str) -> dict[str, ImageFile] | None:
    """By `find` in a container; None where the image has none that can do this."""
    done = engine.run_raw(*_alone(engine, image, "find"), "/", "-xdev", "-printf", _FORMAT, seconds=_SECONDS)
    if done.returncode or not done.stdout[:1].isdigit():
        return None
    fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    found: dict[str, ImageFile] = {}
    for head, link in zip(fields[::2], fields[1::2], strict=False):
        size, mode, uid, gid, kind, path = head.split("/", 5)
        name = "/" + path.strip("/")
        if _is_engines(name):
            continue
        found[name] = ImageFile(name, int(mode, 8) | _KINDS.get(kind, 0), int(uid), int(gid), int(size), link)
    return found


def _is_engines(path: str) -> bool:
    return path in _MADE_BY_ENGINE or path.startswith(("/proc/", "/sys/", "/dev/"))


def _read_in_container(engine: Engine, image: str, paths: Iterable[str]) -> dict[str, bytes]:
    names = b"\0".join(path.lstrip("/").encode("utf-8", "surrogateescape") for path in paths)
    words = ["--create", "--file=-", "--no-recursion", "--null", "--files-from=-"]
    done = engine.run_raw(*_alone(engine, image, "tar"), *words, data=names, seconds=_SECONDS)
    if done.returncode:
        return _read_from_export(engine, image, paths)
    return _members(io.BytesIO(done.stdout), frozenset(paths))


def _members(stream: io.BytesIO, wanted: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for member in archive:
            name = "/" + member.name.strip("./") if member.name.startswith("./") else "/" + member.name.strip("/")
            if name not in wanted:
                continue
            # a second name of one file is kept as a link to the first
            file = archive.extractfile(member) if member.isreg() or member.islnk() else None
            if file is not None:
                found[name] = file.read(_MAX_READ)
    return found


def _exported(engine: Engine, image: str) -> dict[str, ImageFile]:
    found: dict[str, ImageFile] = {"/": ImageFile("/", stat.S_IFDIR | 0o755, 0, 0, 0)}
    kinds = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK, tarfile.REGTYPE: stat.S_IFREG}
    with tarfile.open(fileobj=io.BytesIO(_export(engine, image)), mode="r:") as archive:
        for member in archive:
            path = "/" + member.name.strip("/")
            if _is_engines(path):
                continue
            if member.islnk():
                first = found.get("/" + member.linkname.strip("/"))
                if first is not None:
                    found[path] = ImageFile(path, first.mode, first.uid, first.gid, first.size)
                continue
            mode = member.mode | kinds.get(member.type, 0)
            link = member.linkname if member.issym() else ""
            found[path] = ImageFile(path, mode, member.uid, member.gid, member.size, link)
    return found


def _read_from_export(engine: Engine, image: str, paths: Iterable[str]) -> dict[str, bytes]:
    return _members(io.BytesIO(_export(engine, image)), frozenset(paths))


def _export(engine: Engine, image: str) -> bytes:
    """The file system of an image as a tar archive: of images without tools, which are small ones."""
    name = engine.new_name()
    engine.said("create", "--name", name, "--label", engine.label, "--entrypoint", "/none", image)
    try:
        done = engine.run_raw("export", name, seconds=_SECONDS)
    finally:
        engine.run("rm", "--force", "--volumes", name)
    if done.returncode:
        raise engine.failure("export", done.stderr.decode("utf-8", "replace"))
    return done.stdout
