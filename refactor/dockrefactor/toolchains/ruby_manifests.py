"""Everything that one install of gems reads: Gemfile, lock file, gemspecs, and what these include."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dockrefactor.context import BuildContext
from dockrefactor.effects import absolute, in_image, inside
from dockrefactor.evidence import Evidence
from dockrefactor.needs import InstallInputs, LanguagePackage, ResolveImagePath
from dockrefactor.records import dataclass, field
from dockrefactor.toolchains import ruby_lock
from dockrefactor.toolchains.ruby_commands import BundleInstall, GemInstall
from dockrefactor.toolchains.ruby_lock import Lock
from dockrefactor.toolchains.ruby_syntax import (
    Scope,
    arguments,
    method_of,
    options,
    parse,
    receiver_of,
    text_of,
    walk,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_READING: Final = frozenset(
    {"read", "exist?", "exists?", "file?", "readlines", "open", "foreach", "load_file", "binread"}
)
_READERS: Final = frozenset({"File", "IO", "YAML", "JSON", "Pathname", "Psych"})
_FROM_ELSEWHERE: Final = frozenset({"git", "github", "gist", "bitbucket", "gitlab"})


@dataclass(frozen=True, slots=True)
class NamedGem:
    """A `gem` line: `groups` it stands in, `elsewhere` where it comes from Git or a folder."""

    name: str
    groups: frozenset[str]
    elsewhere: bool
    line: int


@dataclass(slots=True)
class Gemfile:
    """What a Gemfile says: the gems, and the context's files that it or a gemspec reads, as context paths.

    `folders` are the folders of path gems; `open_ended` why that list may be incomplete; `names_ruby`: it asks for a
    version of Ruby.
    """

    path: str
    gems: list[NamedGem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    open_ended: list[Evidence] = field(default_factory=list)
    names_ruby: bool = False


def install_inputs(
    install: BundleInstall | GemInstall, cwd: str, resolve: ResolveImagePath, context: BuildContext,
    environment: Mapping[str, str],
) -> InstallInputs:  # fmt: skip
    """Everything that an install in the image folder `cwd` reads; `environment` is ENV at that point."""
    if isinstance(install, GemInstall):
        evidence = Evidence("", 0, "named by gem install")
        packages = tuple(LanguagePackage(name, None, evidence) for name in install.named)
        files = tuple(absolute(path, cwd) for path in install.local)
        return InstallInputs(files=files, packages=packages)
    image_path = gemfile_path(install.gemfile or environment.get("BUNDLE_GEMFILE"), cwd, resolve)
    found = resolve(image_path) if image_path is not None else None
    if image_path is None or found is None:
        return InstallInputs(missing=(absolute(install.gemfile or "Gemfile", cwd),))
    return _of_gemfile(install, image_path, found, resolve, context, environment)


def gemfile_path(named: str | None, cwd: str, resolve: ResolveImagePath) -> str | None:
    """The image path of the Gemfile in force in `cwd`: the one named, else the nearest upwards."""
    if named:
        return absolute(named, cwd)
    folder = cwd
    while True:
        for name in ("Gemfile", "gems.rb"):
            if resolve(posixpath.join(folder, name)) is not None:
                return posixpath.join(folder, name)
        if folder == "/":
            return None
        folder = posixpath.dirname(folder)


def lock_path(gemfile: str) -> str:
    """Where Bundler keeps the lock file of a Gemfile."""
    return gemfile.removesuffix(".rb") + ".locked" if gemfile.endswith("/gems.rb") else gemfile + ".lock"


def read_lock(context: BuildContext, gemfile: str) -> Lock | None:
    """The lock file beside a Gemfile (a context path); None where there is none that can be read."""
    text = context.read(lock_path("/" + gemfile)[1:])
    return context.once(("ruby-lock", gemfile), lambda: ruby_lock.read(text) if text is not None else None)


def read_gemfile(context: BuildContext, path: str) -> Gemfile:
    """The Gemfile at a context path."""
    return context.once(("ruby-gemfile", path), lambda: _Reader(context, path).read())


def is_complete(context: BuildContext, path: str, musl: bool) -> bool:
    """Whether an install leaves the lock file of the Gemfile at `path` as it is."""
    lock = read_lock(context, path)
    if lock is None or not lock.covers(musl):
        return False
    gemfile = read_gemfile(context, path)
    if gemfile.names_ruby and not lock.names_ruby:
        return False
    named = {gem.name for gem in gemfile.gems}
    return named <= lock.dependencies and _names_own_gems(context, posixpath.dirname(path), gemfile, lock)


def _names_own_gems(context: BuildContext, root: str, gemfile: Gemfile, lock: Lock) -> bool:
    """Whether the lock file says of the project's own gems what their gemspecs say now: folder, version, needs."""
    for remote in lock.folders:
        folder = posixpath.normpath(posixpath.join("/", root, remote))[1:]
        specs = [item for item in context.children(folder) if item.endswith(".gemspec")]
        if remote.startswith("/") or folder not in (*gemfile.folders, root) or not specs:
            return False
        for spec in specs:
            gem = next(iter(lock.gems.get(posixpath.basename(spec).removesuffix(".gemspec"), ())), None)
            files = [
                spec,
                *context.files(posixpath.join(folder, "lib"), ("version.rb",)),
                posixpath.join(folder, "VERSION"),
            ]
            texts = [context.read(item) or "" for item in files]
            needed = set(re.findall(r"""add_(?:runtime_)?dependency[\s(]+["']([\w.-]+)""", texts[0]))
            if gem is None or not any(gem.version in text for text in texts) or not needed <= set(gem.needs):
                return False
    return True


def _of_gemfile(
    install: BundleInstall, image_path: str, path: str, resolve: ResolveImagePath, context: BuildContext,
    environment: Mapping[str, str],
) -> InstallInputs:  # fmt: skip
    gemfile = read_gemfile(context, path)
    folder, root = posixpath.dirname(image_path), posixpath.dirname(path)
    files = [image_path]
    if resolve(lock_path(image_path)) is not None:
        files.append(lock_path(image_path))
    settings = absolute(environment.get("BUNDLE_APP_CONFIG", ".bundle"), folder)
    if resolve(posixpath.join(settings, "config")) is not None:
        files.append(posixpath.join(settings, "config"))
    missing: list[str] = []
    for item in gemfile.files:
        target = in_image(item, root, folder)
        (files if resolve(target) is not None else missing).append(target)
    folders = [in_image(item, root, folder) for item in gemfile.folders]
    cache = posixpath.join(folder, "vendor/cache")
    if context.is_dir(posixpath.join(root, "vendor/cache")) and resolve(cache) is not None:
        folders.append(cache)
    lock = read_lock(context, path)
    return InstallInputs(
        files=tuple(dict.fromkeys(item for item in files if not any(inside(item, other) for other in folders))),
        folders=tuple(dict.fromkeys(folders)),
        packages=_packages(gemfile, lock, install, environment),
        locked=lock is not None,
        open_ended=tuple(gemfile.open_ended),
        missing=tuple(missing),
    )


def _packages(
    gemfile: Gemfile, lock: Lock | None, install: BundleInstall, environment: Mapping[str, str]
) -> tuple[LanguagePackage, ...]:
    """The gems that are installed: those of groups that are left out stay away, with what they alone require."""
    left_out = {*install.without, *environment.get("BUNDLE_WITHOUT", "").replace(":", " ").split()}
    wanted = [gem for gem in gemfile.gems if not gem.groups or gem.groups - left_out]
    if lock is None:
        return tuple(LanguagePackage(gem.name, None, Evidence(gemfile.path, gem.line, gem.name)) for gem in wanted)
    names = frozenset(gem.name for gem in wanted)
    known = lock.dependencies <= {gem.name for gem in gemfile.gems}
    installed = lock.closure(names) if known and left_out else frozenset(lock.gems)
    locked_at = lock_path("/" + gemfile.path)[1:]
    return tuple(
        LanguagePackage(name, gems[0].version, Evidence(locked_at, gems[0].line, name), native=_native(lock, name))
        for name, gems in lock.gems.items()
        if name in installed and gems[0].origin != "PATH"
    )


def _native(lock: Lock, name: str) -> bool | None:
    return False if lock.compiled_ahead(name, musl=False) else None


def _folder(beside: str, place: str) -> str:
    """The context path of a folder that a Gemfile in the folder `beside` names."""
    inner = beside != "" and place.startswith(beside + "/")
    found = posixpath.normpath(place if inner else posixpath.join(beside, place))
    return "" if found == "." else found


class _Reader:
    """Reads one Gemfile with all that it includes."""

    def __init__(self, context: BuildContext, path: str) -> None:
        self.context = context
        self.found = Gemfile(path)
        self.root = posixpath.dirname(path)

    def read(self) -> Gemfile:
        self._file(self.found.path)
        return self.found

    def _open(self, path: str, node: Node, says: str) -> None:
        self.found.open_ended.append(Evidence(path, node.start_point[0] + 1, says))

    def _file(self, path: str) -> None:
        text = self.context.read(path)
        if text is None:
            self.found.open_ended.append(Evidence(path, 0, "cannot be read"))
            return
        root = parse(text)
        if root.has_error:
            self.found.open_ended.append(Evidence(path, 0, "is not plain Ruby"))
        scope = Scope(path, {})
        scope.learn(root)
        self._statements(root, path, scope, frozenset(), None)

    def _statements(self, node: Node, path: str, scope: Scope, groups: frozenset[str], folder: str | None) -> None:
        for child in node.named_children:
            if child.type == "subshell":
                self._open(path, child, "it runs a command")
            elif child.type == "identifier" and text_of(child) == "gemspec":
                self._gemspec(child, path, scope)
            elif child.type == "call":
                self._call(child, path, scope, groups, folder)
            else:
                self._statements(child, path, scope, groups, folder)

    def _call(self, call: Node, path: str, scope: Scope, groups: frozenset[str], folder: str | None) -> None:
        method, receiver, given = method_of(call), receiver_of(call), arguments(call)
        inner_groups, inner_folder = groups, folder
        if not receiver and method == "gem":
            self._gem(call, path, scope, groups, folder)
            return
        if not receiver and method == "gemspec":
            self._gemspec(call, path, scope)
            return
        if not receiver and method == "group":
            inner_groups = groups | {scope.value(item).text for item in given}
        elif not receiver and method == "path":
            inner_folder = scope.value(given[0] if given else None).text or None
        elif not receiver and method == "ruby":
            self.found.names_ruby = True
            if "file" in options(call):
                self._include(options(call)["file"], path, call, scope, "")
        elif not receiver and method in ("eval_gemfile", "require_relative", "load"):
            self._include(
                given[0] if given else None, path, call, scope, ".rb" if method == "require_relative" else "", True
            )
        elif (receiver == "Bundler" and method == "read_file") or (receiver in _READERS and method in _READING):
            self._include(given[0] if given else None, path, call, scope, "")
        elif (receiver == "Dir" and method in ("[]", "glob", "entries", "children")) or (
            not receiver and method in ("system", "exec", "spawn", "abort_on_exception")
        ):
            self._open(path, call, f"`{text_of(call)[:40]}` may read anything")
        self._statements(call, path, scope, inner_groups, inner_folder)

    def _include(
        self, node: Node | None, path: str, call: Node, scope: Scope, suffix: str, follow: bool = False
    ) -> None:
        """A file that is read by name; `follow`: it is Ruby of the same kind."""
        value = scope.value(node)
        if not value.complete:
            self._open(path, call, "it reads a file whose name is computed")
            return
        folder = posixpath.dirname(path) if follow else self.root
        inner = folder != "" and value.text.startswith(folder + "/")
        name = posixpath.normpath(value.text if inner else posixpath.join(folder, value.text))
        name = name if name.endswith(suffix) else name + suffix
        if not self.context.is_file(name):
            return  # a file that may be absent, or one of the image
        if name not in self.found.files:
            self.found.files.append(name)
            if follow:
                self._file(name)

    def _gem(self, call: Node, path: str, scope: Scope, groups: frozenset[str], folder: str | None) -> None:
        given, named = arguments(call), options(call)
        name = scope.value(given[0] if given else None)
        if not name.complete:
            self._open(path, call, "a gem's name is computed")
            return
        own = groups
        for key in ("group", "groups"):
            if key in named:
                items = named[key].named_children if named[key].type in ("array", "symbol_array") else [named[key]]
                own = own | {scope.value(item).text or text_of(item) for item in items}
        place = scope.value(named["path"]).text if "path" in named else folder
        elsewhere = bool(place) or bool(_FROM_ELSEWHERE & named.keys())
        self.found.gems.append(NamedGem(name.text, own, elsewhere, call.start_point[0] + 1))
        if "path" in named and not place:
            self._open(path, call, "the folder of a gem is computed")
        elif place:
            self._path_gem(_folder(posixpath.dirname(path), place), path, call)
        for value in named.values():
            self._statements(value, path, scope, groups, folder)

    def _path_gem(self, folder: str, path: str, call: Node) -> None:
        if folder.startswith(("..", "/")) or not self.context.is_dir(folder):
            self._open(path, call, f"the gem in `{folder}` is not in the context")
        elif folder == self.root:
            self._open(path, call, "the gem is the project itself")
        elif folder not in self.found.folders:
            self.found.folders.append(folder)
            specs = [item for item in self.context.children(folder) if item.endswith(".gemspec")]
            if self.context.exists(".git") and any("git " in (self.context.read(spec) or "") for spec in specs):
                self._open(path, call, f"the gemspec of `{folder}` asks git, which reads .git")

    def _gemspec(self, call: Node, path: str, scope: Scope) -> None:
        named = options(call)
        place = scope.value(named["path"]).text if "path" in named else "."
        folder = _folder(posixpath.dirname(path), place)
        specs = [item for item in self.context.children(folder) if item.endswith(".gemspec")]
        if len(specs) != 1:
            self._open(path, call, f"{len(specs)} gemspecs are there")
            return
        if folder != self.root and folder not in self.found.folders:
            self.found.folders.append(folder)
            return
        self.found.files.append(specs[0])
        self._specification(specs[0])

    def _specification(self, path: str) -> None:
        """The files that a gemspec in the project's folder reads, and the gems that it requires."""
        root = parse(self.context.read(path) or "")
        scope = Scope(path, {})
        scope.learn(root)
        for node in walk(root):
            if node.type == "assignment":
                self._attribute(node, path, scope)
            elif node.type == "call":
                method, receiver, given = method_of(node), receiver_of(node), arguments(node)
                first = given[0] if given else None
                if method in ("add_dependency", "add_runtime_dependency", "add_development_dependency"):
                    name = scope.value(first).text
                    self.found.gems.append(NamedGem(name, frozenset(), False, node.start_point[0] + 1))
                elif method == "require_relative":
                    self._required(posixpath.join(posixpath.dirname(path), scope.value(first).text))
                elif method == "require" and not receiver:
                    self._required(posixpath.join(posixpath.dirname(path), "lib", scope.value(first).text))
                elif receiver in _READERS and method in _READING:
                    self._include(first, path, node, scope, "")

    def _required(self, name: str) -> None:
        name = posixpath.normpath(name)
        name = name if name.endswith(".rb") else name + ".rb"
        if self.context.is_file(name) and name not in self.found.files:
            self.found.files.append(name)
            self._file_of_specification(name)

    def _file_of_specification(self, path: str) -> None:
        """A version file is read whole; what it requires in turn is read too."""
        for node in walk(parse(self.context.read(path) or "")):
            if node.type == "call" and method_of(node) == "require_relative":
                first = next(iter(arguments(node)), None)
                self._required(posixpath.join(posixpath.dirname(path), Scope(path, {}).value(first).text))

    def _attribute(self, node: Node, path: str, scope: Scope) -> None:
        """`spec.files = …`: what is listed by name must be there; what starts or compiles is read from the sources."""
        name = re.sub(r"^\w+\.", "", text_of(node.child_by_field_name("left")))
        right = node.child_by_field_name("right")
        if right is None:
            return
        if name == "extensions":
            self._open(path, node, "the gem itself is compiled")
        elif name == "executables" and right.type not in ("array", "string_array", "string"):
            if any(self.context.is_dir(posixpath.join(self.root, folder)) for folder in ("exe", "bin")):
                self._open(path, node, "the programs of the gem are looked up in its folder")
        elif name == "files" and right.type in ("array", "string_array"):
            for item in right.named_children:
                value = scope.value(item)
                listed = posixpath.join(posixpath.dirname(path), value.text)
                if value.complete and value.text and self.context.is_file(listed):
                    self.found.files.append(listed)
