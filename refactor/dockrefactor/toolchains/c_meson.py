"""meson.build, as far as it says which programs a build makes, what they link and what an install copies.

https://mesonbuild.com/Reference-manual_functions.html -- what a condition guards is taken as possible.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Final

from dockrefactor.context import BuildContext, normalise
from dockrefactor.effects import absolute
from dockrefactor.toolchains.c_build import Made, Unreadable
from dockrefactor.toolchains.c_meson_interpreter import Interpreter
from dockrefactor.toolchains.c_meson_setup import LISTS, OPTION_FILES, Feature, MesonConfigure, Option, options
from dockrefactor.toolchains.c_meson_syntax import parse
from dockrefactor.toolchains.c_meson_targets import Reading, Target, file_name
from dockrefactor.toolchains.c_meson_values import UNKNOWN, File, Thing, Value, flat

_KINDS: Final = {
    "executable": "program", "shared_library": "shared", "both_libraries": "shared", "shared_module": "module",
    "static_library": "static",
}  # fmt: skip
# functions that make nothing, and what they give back is not needed
_QUIET: Final = frozenset(
    {"add_global_arguments", "add_global_link_arguments", "add_project_arguments", "add_project_dependencies",
     "add_project_link_arguments", "add_test_setup", "assert", "benchmark", "configuration_data", "debug",
     "declare_dependency", "environment", "find_program", "include_directories", "install_headers", "install_man",
     "is_disabler", "is_variable", "message", "range", "structured_sources", "summary", "test", "unset_variable",
     "warning", "alias_target", "disabler"}
)  # fmt: skip
_GIVING: Final = {
    "configuration_data": Thing("settings"), "declare_dependency": Thing("dependency", "", True),
    "find_program": Thing("program"),
}  # fmt: skip
# languages whose programs are C's kind: compiled, and linked by the C compiler's linker
_LANGUAGES: Final = frozenset({"c", "cpp", "objc", "objcpp", "nasm", "masm"})
_MODULES: Final = frozenset({"pkgconfig", "fs", "cmake", "sourceset", "keyval"})
# methods that run a program of the project's choice, or put files where nothing says
_RUNNING: Final = frozenset({"add_install_script", "add_postconf_script", "copyfile", "generate_config"})
_MAX_DEPTH: Final = 20


def read(context: BuildContext, folder: str, configured: MesonConfigure) -> Reading:
    """The lists of the context folder `folder` and its subfolders. Raises Unreadable."""
    reader = _Project(context, folder, configured)
    reader.list_of("")
    if reader.wraps and reader.found.libraries:
        raise Unreadable("a dependency may be built of subprojects/")
    return reader.found


class _Project(Interpreter):
    def __init__(self, context: BuildContext, root: str, configured: MesonConfigure) -> None:
        super().__init__()
        self.context = context
        self.root = root
        self.configured = configured
        self.found = Reading()
        self.variables["meson"] = Thing("meson")
        self.variables.update({f"{name}_machine": Thing("machine", name) for name in ("host", "build", "target")})
        self.options: Mapping[str, Option] = {}
        self.project = ""
        self.inner = ""
        self.depth = 0
        self.wraps = context.is_dir(normalise(posixpath.join(root, "subprojects")))

    def list_of(self, inner: str) -> None:
        """Reads the list of a folder below the sources."""
        path = normalise(posixpath.join(self.root, inner, LISTS))
        text = self.context.read(path)
        if text is None:
            raise Unreadable(f"{path} is not in the build context", "manifest-missing")
        before, self.inner = self.inner, inner
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Unreadable(f"{path} is read within itself")
        self.block(parse(text))
        self.inner = before
        self.depth -= 1

    def called(self, name: str, given: list[Value], named: dict[str, Value]) -> Value:
        if name in _KINDS or name in ("library", "build_target"):
            return self.target(name, given, named)
        if name in _QUIET:
            return _GIVING.get(name, UNKNOWN)
        own: Callable[[list[Value], dict[str, Value]], Value] | None = getattr(self, f"_{name}", None)
        if own is None or name.startswith("_"):
            raise Unreadable(f"{LISTS} uses {name}")
        return own(given, named)

    def asked(self, thing: Thing, name: str, given: list[Value], named: dict[str, Value]) -> Value:
        if name in _RUNNING:
            raise Unreadable(f"{LISTS} uses {name}")
        if thing.kind == "compiler":
            return self._dependency(given, named) if name == "find_library" else UNKNOWN
        if thing.kind == "meson":
            return self.of_meson(name)
        if thing.kind == "machine":
            return "linux" if name == "system" else UNKNOWN
        if name == "found":
            return UNKNOWN if thing.found is None else thing.found
        return thing if name in ("partial_dependency", "as_system") else UNKNOWN

    def of_meson(self, name: str) -> Value:
        source, build = self.configured.source, self.configured.build
        places = {
            "current_source_dir": absolute(self.inner or ".", source),
            "current_build_dir": absolute(self.inner or ".", build),
            **dict.fromkeys(("source_root", "project_source_root", "global_source_root"), source),
            **dict.fromkeys(("build_root", "project_build_root", "global_build_root"), build),
        }
        if name == "get_compiler":
            return Thing("compiler")
        if name in ("is_cross_build", "is_subproject"):
            return False
        return self.project if name == "project_name" else places.get(name, UNKNOWN)

    def _project(self, given: list[Value], named: dict[str, Value]) -> Value:
        names = [item for item in flat(given) if isinstance(item, str)]
        self.project = names[0] if names else ""
        self.languages(names[1:])
        defaults = named.get("default_options", [])
        own: dict[str, str] = {}
        listed: list[Value] = flat(defaults)
        if isinstance(defaults, dict):
            listed = [f"{key}={value}" for key, value in defaults.items()]
        for item in listed:
            if not isinstance(item, str):
                raise Unreadable("an option of the project is computed")
            own[item.partition("=")[0]] = item.partition("=")[2]
        paths = [normalise(posixpath.join(self.root, name)) for name in OPTION_FILES]
        self.options = options(self.configured, own, [text for path in paths if (text := self.context.read(path))])
        if self.options["layout"] != "mirror" or self.options["prefer_static"] not in (False, "false"):
            raise Unreadable("an option says where or how programs are built")
        arguments = [str(self.options.get(name, "")) for name in ("c_link_args", "cpp_link_args")]
        self.found.static = any("-static" in text.replace(",", " ").split() for text in arguments)
        return None

    def languages(self, names: list[str]) -> None:
        other = next((name for name in names if name not in _LANGUAGES), None)
        if other is not None:
            raise Unreadable(f"part of it is written in {other}")
        self.found.cpp = self.found.cpp or bool({"cpp", "objcpp"} & set(names))

    def _add_languages(self, given: list[Value], named: dict[str, Value]) -> Value:
        self.languages([item for item in flat(given) if isinstance(item, str)])
        return UNKNOWN

    def _get_option(self, given: list[Value], named: dict[str, Value]) -> Value:
        value = self.options.get(given[0]) if given and isinstance(given[0], str) else None
        return UNKNOWN if value is None else [*value] if isinstance(value, list) else value

    def _subdir(self, given: list[Value], named: dict[str, Value]) -> Value:
        if not given or not isinstance(given[0], str):
            raise Unreadable("which folder a meson.build goes on with is computed")
        inner = posixpath.normpath(posixpath.join(self.inner, given[0]))
        doubt = any(not (isinstance(item, Thing) and item.found) for item in flat(named.get("if_found")))
        self.uncertain += doubt
        self.list_of(inner)
        self.uncertain -= doubt
        return None

    def _import(self, given: list[Value], named: dict[str, Value]) -> Value:
        name = given[0].removeprefix("unstable-") if given and isinstance(given[0], str) else "a module"
        if name not in _MODULES or name == "cmake":
            raise Unreadable(f"{LISTS} imports {name}")
        return Thing("module", name)

    def _dependency(self, given: list[Value], named: dict[str, Value]) -> Value:
        names = [item for item in flat(given) if isinstance(item, str)]
        if len(names) != len(flat(given)):
            raise Unreadable("which dependency it takes is computed", "unknown-library")
        wanted = named.get("required", True)
        if isinstance(wanted, Feature):
            wanted = {"enabled": True, "disabled": False}.get(wanted.value, UNKNOWN)
            if wanted is False:
                return Thing("dependency", names[0], False)
        self.found.libraries += [name for name in names if name]
        return Thing("dependency", names[0] if names else "", True if wanted is True else None)

    def _files(self, given: list[Value], named: dict[str, Value]) -> Value:
        return [File(posixpath.join(self.inner, item)) if isinstance(item, str) else item for item in flat(given)]

    def _join_paths(self, given: list[Value], named: dict[str, Value]) -> Value:
        words = [item for item in flat(given) if isinstance(item, str)]
        return posixpath.join(*words) if words and len(words) == len(flat(given)) else UNKNOWN

    def _set_variable(self, given: list[Value], named: dict[str, Value]) -> Value:
        if len(given) == 2 and isinstance(given[0], str):
            self.variables[given[0]] = given[1]
            return None
        raise Unreadable("which variable it sets is computed")

    def _get_variable(self, given: list[Value], named: dict[str, Value]) -> Value:
        return self.variables.get(given[0], UNKNOWN) if given and isinstance(given[0], str) else UNKNOWN

    def _error(self, given: list[Value], named: dict[str, Value]) -> Value:
        if not self.uncertain:
            raise Unreadable(f"{LISTS} ends with an error")
        return None

    def target(self, function: str, given: list[Value], named: dict[str, Value]) -> Value:
        kind = _KINDS.get(function, "")
        if function == "build_target":
            kind = _KINDS.get(str(named.get("target_type")), "")
        if function == "library" or named.get("target_type") == "library":
            kind = "static" if self.options.get("default_library") == "static" else "shared"
        if not kind or not given or not isinstance(given[0], str):
            raise Unreadable("the kind or the name of what it builds is computed")
        arguments = [item for item in flat(named.get("link_args")) if isinstance(item, str)]
        place, doubt = self.place(kind, named) if kind != "static" else ("", "")
        doubt = doubt or ("a condition decides whether it is built" if self.uncertain else "")
        runpath = named.get("install_rpath", "")
        self.found.targets.append(
            Target(kind, self.inner, file_name(kind, given[0], named), place, doubt, "-static" in arguments,
                   runpath if isinstance(runpath, str) else "")
        )  # fmt: skip
        return Thing("target", given[0])

    def place(self, kind: str, named: Mapping[str, Value]) -> tuple[str, str]:
        """The folder that an install puts a target into, `""` where it does not; and why that is not certain."""
        installs = named.get("install", "install_dir" in named and kind != "program")
        if installs is False:
            return "", ""
        if installs is not True:
            return "", "whether an install takes it is computed"
        folder = named.get("install_dir", self.options.get("bindir" if kind == "program" else "libdir"))
        folder = folder[0] if isinstance(folder, list) and folder else folder
        if not isinstance(folder, str):
            return "", "the folder that an install puts it into depends on the machine"
        return self.below(folder), ""

    def below(self, folder: str) -> str:
        """An image path below the prefix."""
        return absolute(folder or ".", str(self.options.get("prefix", "/usr/local")))

    def installed(self, paths: list[str]) -> None:
        if self.uncertain:
            raise Unreadable("a condition decides whether its install puts something there")
        self.found.installs += paths

    def _install_data(self, given: list[Value], named: dict[str, Value]) -> Value:
        files = [*flat(given), *flat(named.get("sources"))]
        names = [_name_of(item) for item in files]
        renamed = [item if isinstance(item, str) else None for item in flat(named.get("rename"))] or names
        folder = named.get("install_dir", posixpath.join("share", self.project))
        if not isinstance(folder, str) or None in renamed or named.get("preserve_path", False) is not False:
            raise Unreadable("which files its install puts where is computed")
        self.installed([posixpath.join(self.below(folder), name) for name in renamed if name])
        return None

    def _install_subdir(self, given: list[Value], named: dict[str, Value]) -> Value:
        folder, strips = named.get("install_dir"), named.get("strip_directory", False)
        if not isinstance(folder, str) or not given or not isinstance(given[0], str) or not isinstance(strips, bool):
            raise Unreadable("which folder its install puts where is computed")
        last = "" if strips else posixpath.basename(posixpath.normpath(given[0]))
        self.installed([posixpath.normpath(posixpath.join(self.below(folder), last))])
        return None

    def _install_emptydir(self, given: list[Value], named: dict[str, Value]) -> Value:
        if any(not isinstance(item, str) for item in given):
            raise Unreadable("which folder its install makes is computed")
        self.installed([self.below(item) for item in given if isinstance(item, str)])
        return None

    def _configure_file(self, given: list[Value], named: dict[str, Value]) -> Value:
        if "command" in named:
            raise Unreadable("it runs a program to make a file")
        output, folder = named.get("output"), named.get("install_dir", "")
        if not isinstance(output, str) or "@" in output:
            self.found.made.append(Made("", False))
            output = ""
        else:
            place = absolute(self.inner or ".", self.configured.build)
            self.found.made.append(Made(posixpath.join(place, output), not self.uncertain))
        if named.get("install", folder not in ("", False)) is not False:
            if not isinstance(folder, str) or not folder or not output:
                raise Unreadable("where its install puts a file is computed")
            self.installed([posixpath.join(self.below(folder), output)])
        return File(posixpath.join(self.inner, output))


def _name_of(item: Value) -> str | None:
    """The file name of what an install copies."""
    path = item.path if isinstance(item, File) else item
    return posixpath.basename(path) if isinstance(path, str) else None
