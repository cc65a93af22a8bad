"""What one command line of a Python project is: an install, a harmless setting, or an environment made.

Every function takes the words of one shell command (split, quotes removed, without assignments before it) and answers
None or False for anything that it does not know for certain. Words with `$` are kept as they are.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final, Literal

from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.toolchains.python_options import (
    PIP,
    PYTHON,
    Options,
    leading_python_options,
    module_words,
    program,
    read_options,
)

Manager = Literal["pip", "poetry", "pipenv", "uv-pip", "uv-sync", "setup.py"]
Destination = Literal["environment", "user", "target", "prefix", "project-venv", "root"]

_ARCHIVE: Final = regex(r"\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz|tar)$")
_URL: Final = regex(r"(?:(?:git|hg|svn|bzr)(?:\+[a-z]+)?|https?|ssh|ftp)://|git@|git\+")
_EXTRAS: Final = regex(r"^(?P<path>.+?)(?P<extras>\[[^\[\]]*\])?$")
_DIRECT: Final = regex(r"^\s*[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*(?P<url>\S.*)$")


@dataclass(frozen=True, slots=True)
class PythonInstall:
    """One install command. Paths and requirements are as the command spells them.

    `program` is the command's first word. `local_paths` are folders and archives, extras included (`./lib[extra]`),
    those of `-e` too; `named` requirement strings; `from_url` what is fetched from version control or a URL; `place`
    the value of `--target`, `--prefix` or `--root`. `installs_project`: the project of the working folder is itself
    installed (`folder`, where an option names another one). `only_groups`: nothing but `groups` is installed;
    `development`: development dependencies are installed. `locked`: the lock file is not renewed (`--frozen`,
    `--deploy`, `sync`); `complete`: nothing but what is named (`--no-deps`, `pip sync`); `path_dependencies`,
    `workspace`: local dependencies and workspace members are installed; `find_links`: places of `--find-links`;
    `no_binary`: values of `--no-binary`; `bare`: builds use the tools that are installed, as setup.py does;
    `settings`: files of settings that variables name.
    """

    manager: Manager
    program: str = ""
    requirement_files: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    local_paths: tuple[str, ...] = ()
    editable: bool = False
    named: tuple[str, ...] = ()
    from_url: tuple[str, ...] = ()
    destination: Destination = "environment"
    place: str | None = None
    installs_project: bool = False
    folder: str | None = None
    groups: tuple[str, ...] = ()
    without_groups: tuple[str, ...] = ()
    only_groups: bool = False
    extras: tuple[str, ...] = ()
    development: bool = False
    locked: bool = False
    complete: bool = False
    path_dependencies: bool = True
    workspace: bool = True
    find_links: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    bare: bool = False
    settings: tuple[str, ...] = ()


def split_extras(path: str) -> tuple[str, tuple[str, ...]]:
    """`./lib[a,b]` -> (`./lib`, (`a`, `b`))."""
    match = _EXTRAS.match(path)
    if match is None:
        return path, ()
    extras = (match["extras"] or "").strip("[]")
    return match["path"], tuple(name.strip() for name in extras.split(",") if name.strip())


def is_archive(path: str) -> bool:
    """Whether a path or URL ends as a wheel or source archive does."""
    return _ARCHIVE.search(path.partition("#")[0]) is not None


RequirementKind = Literal["path", "url", "name"]


def requirement_kind(text: str) -> tuple[RequirementKind, str]:
    """What one requirement names, and its path (`file:` removed), URL or requirement string."""
    direct = None if _URL.match(text.strip()) else _DIRECT.match(text)
    place = direct["url"].partition(" ;")[0].strip() if direct else text.strip()
    if place.startswith("file:"):
        path = place.removeprefix("file:").partition("#")[0]
        return "path", re.sub(r"^//(?:localhost)?", "", path)
    if _URL.match(place):
        return "url", text.strip()
    if direct:
        return "path", place
    bare = split_extras(place.partition(";")[0].strip())[0]
    if bare.startswith(".") or "/" in bare or is_archive(bare):
        return "path", place.partition(" ;")[0].strip()
    return "name", text.strip()


def parse_install(argv: Sequence[str]) -> PythonInstall | None:
    """The install that a command is; None where it is none, installs nothing, or cannot be read for certain."""
    words = _as_program(argv)
    if words is None:
        return None
    first = argv[0]
    name, rest = words[0], words[1:]
    if PIP.match(name):
        return _pip(first, rest)
    if name == "uv":
        return _uv(first, rest)
    if name == "poetry":
        return _poetry(first, rest)
    if name == "pipenv":
        return _pipenv(first, rest)
    if name == "setup.py":
        return _setup(first, rest)
    if name == "spacy":
        return _spacy(first, rest)
    return None


def _as_program(argv: Sequence[str]) -> tuple[str, ...] | None:
    """The command under its program's name: `python -m pip …` as `pip …`, `python setup.py …` as `setup.py …`."""
    if not argv:
        return None
    name = program(argv[0])
    if not PYTHON.match(name):
        return (name, *argv[1:])
    module = module_words(argv)
    if module is not None:
        return (module[0], *module[1])
    script = leading_python_options(argv[1:])
    if script is not None and script[1] == "" and script[2][:1] in (("setup.py",), ("./setup.py",)):
        return ("setup.py", *script[2][1:])
    return None


def _command(tool: str, words: Sequence[str]) -> tuple[Options, tuple[str, ...]] | None:
    """The options before the sub-command, and the sub-command with its words."""
    options = read_options(tool, words, mixed=False)
    return None if options is None else (options, options.positional)


def _pip(first: str, words: Sequence[str]) -> PythonInstall | None:
    command = _command("pip", words)
    if command is None or command[1][:1] != ("install",):
        return None
    options = read_options("pip install", command[1][1:])
    return None if options is None else _pip_like("pip", first, options)


def _pip_like(manager: Manager, first: str, options: Options) -> PythonInstall | None:
    """An install with pip's options; None where it installs nothing."""
    paths: list[str] = []
    urls: list[str] = []
    named: list[str] = []
    editable = options.values("--editable")
    for at, text in enumerate((*editable, *options.positional)):
        kind, value = requirement_kind(text)
        if at < len(editable) and kind == "name":
            kind = "path"
        {"path": paths, "url": urls, "name": named}[kind].append(value)
    files = options.values("--requirement")
    groups = options.values("--group")
    if not (paths or urls or named or files or groups):
        return None
    return PythonInstall(
        manager=manager,
        program=first,
        requirement_files=files,
        constraint_files=options.values("--constraint"),
        local_paths=tuple(paths),
        editable=options.has("--editable"),
        named=tuple(named),
        from_url=tuple(urls),
        destination=_destination(options),
        place=options.last("--target", "--prefix", "--root"),
        installs_project=any(posixpath.normpath(split_extras(path)[0]) == "." for path in paths),
        folder=options.last("--directory", "--project"),
        groups=groups,
        extras=options.values("--extra"),
        complete=options.has("--no-deps", "--no-dependencies"),
        find_links=options.values("--find-links"),
        no_binary=options.values("--no-binary"),
        bare=options.has("--no-build-isolation", "--no-use-pep517"),
    )


def _destination(options: Options) -> Destination:
    if options.has("--target"):
        return "target"
    if options.has("--prefix"):
        return "prefix"
    if options.has("--root"):
        return "root"
    return "user" if options.has("--user") else "environment"


def _uv(first: str, words: Sequence[str]) -> PythonInstall | None:
    command = _command("uv", words)
    if command is None:
        return None
    leading, rest = command
    folder = leading.last("--directory", "--project")
    if rest[:1] == ("sync",):
        return _uv_sync(first, rest[1:], folder)
    if rest[:1] != ("pip",) or len(rest) < 2 or folder is not None:
        return None
    options = read_options("uv pip install", rest[2:])
    if options is None:
        return None
    if rest[1] == "install":
        return _pip_like("uv-pip", first, options)
    if rest[1] != "sync" or not options.positional:
        return None
    return PythonInstall(
        manager="uv-pip",
        program=first,
        requirement_files=options.positional,
        constraint_files=options.values("--constraint"),
        destination=_destination(options),
        place=options.last("--target", "--prefix"),
        folder=options.last("--directory", "--project"),
        complete=True,
        find_links=options.values("--find-links"),
        no_binary=options.values("--no-binary"),
    )


def _uv_sync(first: str, words: Sequence[str], folder: str | None) -> PythonInstall | None:
    options = read_options("uv sync", words)
    if options is None or options.positional:
        return None
    only = options.has("--only-group", "--only-dev")
    bare = options.has("--no-install-project", "--no-install-workspace", "--no-install-local") or only
    return PythonInstall(
        manager="uv-sync",
        program=first,
        destination="environment" if options.has("--active") else "project-venv",
        installs_project=not bare,
        editable=not options.has("--no-editable"),
        folder=options.last("--directory", "--project") or folder,
        groups=options.values("--group", "--only-group"),
        without_groups=options.values("--no-group"),
        only_groups=only,
        extras=options.values("--extra"),
        development=options.has("--only-dev", "--all-groups")
        or not (
            options.has("--no-dev", "--no-default-groups", "--only-group") or "dev" in options.values("--no-group")
        ),
        locked=options.has("--frozen", "--locked"),
        path_dependencies=not options.has("--no-install-local"),
        workspace=not options.has("--no-install-workspace", "--no-install-local"),
        find_links=options.values("--find-links"),
        no_binary=(
            *options.values("--no-binary-package"),
            *((":all:",) if options.has("--no-binary") else ()),
        ),
    )


def _poetry(first: str, words: Sequence[str]) -> PythonInstall | None:
    command = _command("poetry", words)
    if command is None or command[1][:1] not in (("install",), ("sync",)):
        return None
    leading, rest = command
    options = read_options("poetry install", rest[1:])
    if options is None or options.positional:
        return None
    only = _names(options.values("--only"))
    without = _names(options.values("--without"))
    return PythonInstall(
        manager="poetry",
        program=first,
        destination="project-venv",
        installs_project=not (options.has("--no-root") or (only and not options.has("--only-root"))),
        editable=True,
        folder=options.last("--directory", "--project") or leading.last("--directory", "--project"),
        groups=only or _names(options.values("--with")),
        without_groups=without,
        only_groups=bool(only) or options.has("--only-root"),
        extras=_names(options.values("--extras")),
        development="dev" in only or not (only or options.has("--no-dev", "--only-root") or "dev" in without),
        locked=True,
        path_dependencies=not options.has("--no-directory"),
    )


def _names(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for value in values for name in re.split(r"[,\s]+", value) if name)


def _pipenv(first: str, words: Sequence[str]) -> PythonInstall | None:
    command = _command("pipenv", words)
    if command is None or command[1][:1] not in (("install",), ("sync",)):
        return None
    verb, *rest = command[1]
    options = read_options("pipenv install", rest)
    if options is None:
        return None
    like_pip = _pip_like("pipenv", first, options) or PythonInstall("pipenv")
    return PythonInstall(
        manager="pipenv",
        program=first,
        requirement_files=like_pip.requirement_files,
        local_paths=like_pip.local_paths,
        editable=like_pip.editable,
        named=like_pip.named,
        from_url=like_pip.from_url,
        destination="environment" if options.has("--system") else "project-venv",
        groups=_names(options.values("--categories")),
        only_groups=options.has("--categories"),
        development=options.has("--dev", "--all"),
        locked=verb == "sync" or options.has("--deploy", "--ignore-pipfile"),
    )


def _setup(first: str, words: Sequence[str]) -> PythonInstall | None:
    if not words or words[0] not in ("install", "develop"):
        return None
    options = read_options("python setup.py install", words[1:])
    if options is None or options.positional:
        return None
    return PythonInstall(
        manager="setup.py",
        program=first,
        local_paths=(".",),
        editable=words[0] == "develop",
        destination=_destination(options),
        place=options.last("--prefix", "--root", "--home", "--install-dir", "-d"),
        installs_project=True,
        complete=options.has("--no-deps"),
        bare=True,
    )


def _spacy(first: str, words: Sequence[str]) -> PythonInstall | None:
    """`spacy download MODEL`: pip installs the model as the package that it is, from spaCy's own releases."""
    if words[:1] != ("download",):
        return None
    options = read_options("spacy download", words[1:])
    if options is None or len(options.positional) != 1:
        return None
    return PythonInstall(manager="pip", program=first, named=options.positional, complete=True)


_HARMLESS: Final[dict[str, frozenset[tuple[str, ...]]]] = {
    "pip": frozenset({("config",), ("cache",), ("check",), ("list",), ("freeze",), ("show",), ("debug",), ("help",)}),
    "poetry": frozenset({("config",), ("cache",), ("check",), ("show",), ("about",), ("env", "info"), ("env", "list")}),
    "pipenv": frozenset({("graph",), ("check",), ("verify",)}),
    "uv": frozenset({("cache",), ("version",), ("help",), ("pip", "check"), ("pip", "list"), ("pip", "freeze")}),
    "ensurepip": frozenset({()}),
}
_VERSION: Final = frozenset({"--version", "-V", "version"})


def parse_tool_setup(argv: Sequence[str]) -> bool:
    """Whether a command only configures, cleans or shows the tool that installs: it brings no package of the project.

    `> file` and the like are not part of `argv`: the caller sees redirections.
    """
    words = _as_program(argv)
    if words is None:
        return len(argv) == 2 and PYTHON.match(program(argv[0])) is not None and argv[1] in ("--version", "-V", "-VV")
    name = "pip" if PIP.match(words[0]) else words[0]
    if name not in _HARMLESS:
        return False
    rest = words[1:]
    if len(rest) == 1 and rest[0] in _VERSION:
        return True
    if name == "ensurepip":
        return all(word in ("--upgrade", "-U", "--user", "--default-pip", "--altinstall", "-v") for word in rest)
    options = read_options(name, rest, mixed=False)
    if options is None:
        return False
    return options.positional[:1] in _HARMLESS[name] or options.positional[:2] in _HARMLESS[name]


def poetry_setting(argv: Sequence[str]) -> tuple[str, str] | None:
    """`poetry config KEY VALUE` -> (KEY, VALUE), such as (`virtualenvs.create`, `false`)."""
    words = _as_program(argv)
    if words is None or words[0] != "poetry":
        return None
    options = read_options("poetry", words[1:], mixed=False)
    if options is None or options.positional[:1] != ("config",):
        return None
    plain = [word for word in options.positional[1:] if word not in ("--local", "-n", "--no-interaction")]
    return (plain[0], plain[1]) if len(plain) == 2 and not plain[0].startswith("-") else None


def pip_setting(argv: Sequence[str]) -> tuple[str, str] | None:
    """`pip config set KEY VALUE` -> (KEY, VALUE), such as (`global.target`, `/deps`)."""
    words = _as_program(argv)
    if words is None or not PIP.match(words[0]) or "config" not in words:
        return None
    plain = [word for word in words[words.index("config") + 1 :] if not word.startswith("-")]
    return (plain[1], plain[2]) if plain[:1] == ["set"] and len(plain) == 3 else None


def parse_environment(argv: Sequence[str]) -> str | None:
    """The folder of the virtual environment that a command makes (`python -m venv DIR`, `virtualenv`, `uv venv`)."""
    words = _as_program(argv)
    if words is None:
        return None
    if words[0] in ("venv", "virtualenv"):
        options = read_options("python -m venv" if words[0] == "venv" else "virtualenv", words[1:])
        return options.positional[0] if options and len(options.positional) == 1 else None
    if words[:2] == ("uv", "venv"):
        options = read_options("uv venv", words[2:])
        return (*options.positional, ".venv")[0] if options and len(options.positional) < 2 else None
    return None


def corpora_folder(argv: Sequence[str]) -> str | None:
    """Where `python -m nltk.downloader` puts data; None for another command, or one that asks which."""
    words = _as_program(argv)
    options = read_options(words[0], words[1:]) if words is not None and words[0] == "nltk.downloader" else None
    if options is None or not options.positional:
        return None
    return options.last("--dir") or "~/nltk_data"
