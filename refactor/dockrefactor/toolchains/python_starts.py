"""What one command line starts: which server, script or module of Python, on which ports, writing where.

A command with an option that is not known is not read: the program's target would be a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from dockrefactor.effects import absolute
from dockrefactor.records import dataclass, replace
from dockrefactor.toolchains.python_options import (
    PYTHON,
    Options,
    leading_python_options,
    means,
    program,
    read_options,
)

if TYPE_CHECKING:
    from dockrefactor.facts import Facts
    from dockrefactor.launch import Started

# kinds of `PythonStart` that may install before they start: how people write the command
RUNNERS: Final[Mapping[str, str]] = {"uv-run": "uv run", "poetry-run": "poetry run", "pipenv-run": "pipenv run"}
# options of `uv run` that make an environment beside the project's, or another one
_LAYERS: Final = (
    "--with", "--with-requirements", "--with-editable", "--isolated", "--no-project", "--python", "-p", "--active",
    "--script", "-w", "-s",
)  # fmt: skip
_NO_FILE: Final = ("-", "/dev/", "None")
_PREFIXES: Final = frozenset({"ddtrace-run", "opentelemetry-instrument", "sentry-run"})
_SERVERS: Final = frozenset({"gunicorn", "uvicorn", "hypercorn", "daphne", "waitress-serve"})
_MODULES: Final = {
    "gunicorn": "gunicorn",
    "uvicorn": "uvicorn",
    "hypercorn": "hypercorn",
    "daphne": "daphne",
    "waitress": "waitress-serve",
    "flask": "flask",
    "celery": "celery",
    "streamlit": "streamlit",
    "fastapi": "fastapi",
    "django": "django-admin",
}


@dataclass(frozen=True, slots=True)
class PythonStart:
    """A started program. Paths are as the command spells them, relative ones to its working directory (or `folder`).

    `kind`: `gunicorn`, `uvicorn`, `hypercorn`, `daphne`, `waitress-serve`, `flask`, `django-runserver`,
    `uwsgi`, `django-manage`, `celery`, `celery-beat`, `streamlit`, `fastapi`, `python-file`, `python-module`,
    `python-code`, `python-shell`, `uv-run`, `poetry-run`, `pipenv-run` or `wrapper`.
    `target`: script path, module, code or `pkg.mod:app`; `arguments`: the words after the target; `ports`: as options
    give them, `ports_computed` where one of them cannot be read (`$PORT`); `reloads`: a watcher restarts the program;
    `writes`, `reads`: files that options give, `scratch` folders for files of its own; `folder`: where it changes to
    first; `inner`: the command that a `…-run` or `wrapper` starts, `started` the same one as far as it was read;
    `no_sync`: `uv run` that leaves the environment as it is; `layered`: one that asks for packages beside it;
    `changes_user`: an option names the account to change to.
    """

    kind: str
    target: str | None = None
    ports: tuple[int, ...] = ()
    ports_computed: bool = False
    reloads: bool = False
    writes: tuple[str, ...] = ()
    scratch: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    folder: str | None = None
    arguments: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    started: PythonStart | None = None
    no_sync: bool = False
    layered: bool = False
    changes_user: bool = False


def started_programs(facts: Facts) -> Iterator[tuple[Started, PythonStart]]:
    """Every started command that is Python's, with what it starts, and what that starts in turn."""
    for item in facts.launch.started:
        start = parse_start(item.argv)
        while start is not None:
            yield item, start
            start = start.started


def may_install(facts: Facts, item: Started, start: PythonStart) -> bool:
    """Whether a start is a `…-run` that may install before it starts what it names."""
    if start.kind != "uv-run" or start.layered:
        return start.kind in RUNNERS
    told = facts.final.after.env.get("UV_NO_SYNC", "").lower() in ("1", "true", "yes", "on")
    return not (start.no_sync or told) or has_own_packages(facts, item, start)


def has_own_packages(facts: Facts, item: Started, start: PythonStart) -> bool:
    """Whether `uv run` starts a script that names its packages in a comment, which get an environment of their own.

    https://docs.astral.sh/uv/guides/scripts/#declaring-script-dependencies
    """
    script = start.started.target if start.started is not None and start.started.kind == "python-file" else None
    if script is None:
        return False
    found = facts.final.resolver()(absolute(script, absolute(start.folder or ".", item.cwd)))
    return "# /// script" in ((facts.context.read(found) or "") if found is not None else "")


def parse_start(argv: Sequence[str]) -> PythonStart | None:
    """The program that a command starts; None where it is not Python's or cannot be read for certain."""
    if not argv:
        return None
    name, rest = program(argv[0]), tuple(argv[1:])
    if PYTHON.match(name):
        return _python(rest)
    if name in _PREFIXES:
        return _wrapper(rest) if rest and not rest[0].startswith("-") else None
    if name == "newrelic-admin":
        return _wrapper(rest[1:]) if rest[:1] == ("run-program",) and len(rest) > 1 else None
    return _named(name, rest)


def _named(name: str, rest: tuple[str, ...]) -> PythonStart | None:
    if name in _SERVERS:
        return _server(name, rest)
    readers = {
        "flask": _flask,
        "django-admin": _django_admin,
        "celery": _celery,
        "streamlit": _streamlit,
        "fastapi": _fastapi,
        "uv": _uv_run,
        "poetry": _poetry_run,
        "pipenv": _pipenv_run,
        "uwsgi": _uwsgi,
    }
    reader = readers.get(name)
    return None if reader is None else reader(rest)


def _wrapper(inner: tuple[str, ...], kind: str = "wrapper") -> PythonStart:
    return PythonStart(kind, inner=inner, started=parse_start(inner))


def _python(words: tuple[str, ...]) -> PythonStart | None:
    parts = leading_python_options(words)
    if parts is None:
        return None
    flags, how, rest = parts
    if how == "-c":
        return PythonStart("python-code", rest[0], arguments=rest[1:]) if rest else None
    if how == "-m":
        return _module(rest) if rest else None
    if not rest:
        return None if any(flag in ("-V", "-h") for flag in flags) else PythonStart("python-shell")
    if rest[0] == "-":
        return None
    if program(rest[0]) == "manage.py":
        return _django(rest[0], rest[1:])
    return PythonStart("python-file", rest[0], arguments=rest[1:])


def _module(words: tuple[str, ...]) -> PythonStart | None:
    name, rest = words[0], words[1:]
    known = _MODULES.get(name)
    if known is not None:
        return _named(known, rest)
    return PythonStart("python-module", name, arguments=rest)


def _served(kind: str, target: str | None, options: Options, arguments: tuple[str, ...] = ()) -> PythonStart:
    """What the options of a server say, by their meanings."""
    ports: list[int] = []
    writes: list[str] = []
    scratch: list[str] = []
    computed = False
    for name, value in options.given:
        if means("port", name) or means("bind", name):
            found = address_port(value) if means("bind", name) else _number(value)
            if value.startswith("unix:"):
                writes.append(value.removeprefix("unix:"))
            elif found is None:
                computed = True
            else:
                ports.append(found)
        elif means("write", name):
            (scratch if means("write_folder", name) else writes).append(value)
    reads = [value for name, value in options.given if means("read", name)]
    folders = [value for name, value in options.given if means("folder", name)]
    return PythonStart(
        kind,
        target,
        ports=tuple(ports),
        ports_computed=computed,
        reloads=any(means("reload", name) for name, _ in options.given),
        writes=tuple(path for path in writes if path and not path.startswith(_NO_FILE)),
        scratch=tuple(path for path in scratch if path and not path.startswith(_NO_FILE)),
        reads=tuple(path for path in reads if path and not path.startswith(_NO_FILE)),
        folder=folders[-1] if folders else None,
        arguments=arguments,
        changes_user=any(means("identity", name) for name, _ in options.given),
    )


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and int(value) < 65536 else None


def address_port(value: str) -> int | None:
    """`0.0.0.0:80`, `:80`, `[::]:80`, `*:80` or `80` -> 80; None where there is none to read."""
    match = re.fullmatch(r"(?:[a-z0-9+]+://)?(?:(?:\[[^\]]*\]|[^:\[\]]*):)?(\d+)", value)
    return _number(match[1]) if match else None


def _server(name: str, words: tuple[str, ...]) -> PythonStart | None:
    options = read_options(name, words)
    if options is None or len(options.positional) > 1:
        return None
    target = options.positional[0] if options.positional else options.last("--app")
    return _served(name, target, options)


def _flask(words: tuple[str, ...]) -> PythonStart | None:
    leading = read_options("flask", words, mixed=False)
    if leading is None:
        return None
    target = leading.last("--app", "-A")
    if leading.positional[:1] != ("run",):
        return PythonStart("flask", target, arguments=leading.positional) if leading.positional else None
    options = read_options("flask run", leading.positional[1:])
    if options is None or options.positional:
        return None
    start = _served("flask", options.last("--app", "-A") or target, options, ("run",))
    watched = start.reloads or options.has("--debug") or leading.has("--debug")
    return replace(start, reloads=watched and not options.has("--no-reload"))


def _uwsgi(words: tuple[str, ...]) -> PythonStart:
    """Its settings are the arguments: `python_servers` reads them with those of its files."""
    return PythonStart("uwsgi", arguments=words)


def _django_admin(words: tuple[str, ...]) -> PythonStart | None:
    return _django(None, words)


def _django(script: str | None, words: tuple[str, ...]) -> PythonStart | None:
    if words[:1] not in (("runserver",), ("runserver_plus",)):
        return PythonStart("django-manage", script, arguments=words)
    options = read_options("django runserver", words[1:])
    if options is None or len(options.positional) > 1:
        return None
    address = options.positional[0] if options.positional else "8000"
    port = address_port(address)
    return PythonStart(
        "django-runserver",
        script,
        ports=() if port is None else (port,),
        ports_computed=port is None,
        reloads=not options.has("--noreload"),
        arguments=words,
    )


def _celery(words: tuple[str, ...]) -> PythonStart | None:
    leading = read_options("celery", words, mixed=False)
    if leading is None or not leading.positional:
        return None
    verb, *rest = leading.positional
    if verb not in ("worker", "beat", "flower"):
        return PythonStart("celery", leading.last("--app", "-A"), arguments=leading.positional)
    options = read_options(f"celery {verb}", rest)
    if options is None or options.positional:
        return None
    target = options.last("--app", "-A") or leading.last("--app", "-A")
    start = _served("celery-beat" if verb == "beat" else "celery", target, options, leading.positional)
    if (verb == "beat" or options.has("--beat")) and not options.has("--schedule", "--schedule-filename"):
        # the default scheduler keeps its state in a file of this name; a database scheduler does not
        own = options.last("--scheduler") if verb == "beat" else None
        custom = own or (options.last("-S") if verb == "beat" else None)
        if custom is None:
            start = replace(start, writes=(*start.writes, "celerybeat-schedule"))
    if verb == "beat" and not options.has("--pidfile"):
        start = replace(start, writes=(*start.writes, "celerybeat.pid"))
    folder = start.folder or leading.last("--workdir")
    return replace(start, folder=folder)


def _streamlit(words: tuple[str, ...]) -> PythonStart | None:
    if words[:1] != ("run",):
        return None
    for at, word in enumerate(words[1:], 1):
        if word == "--":
            words, arguments = words[:at], words[at + 1 :]
            break
    else:
        arguments = ()
    options = read_options("streamlit run", words[1:])
    if options is None or not options.positional:
        return None
    return _served("streamlit", options.positional[0], options, (*options.positional[1:], *arguments))


def _fastapi(words: tuple[str, ...]) -> PythonStart | None:
    if words[:1] not in (("run",), ("dev",)):
        return None
    options = read_options(f"fastapi {words[0]}", words[1:])
    if options is None or len(options.positional) > 1:
        return None
    target = options.positional[0] if options.positional else options.last("--entrypoint", "-e")
    start = _served("fastapi", target, options)
    return replace(start, reloads=(start.reloads or words[0] == "dev") and not options.has("--no-reload"))


def _uv_run(words: tuple[str, ...]) -> PythonStart | None:
    leading = read_options("uv", words, mixed=False)
    if leading is None or leading.positional[:1] != ("run",):
        return None
    options = read_options("uv run", leading.positional[1:], mixed=False)
    if options is None or not options.positional:
        return None
    inner = options.positional
    if options.has("--module"):
        inner = ("python", "-m", *inner)
    elif options.has("--script") or inner[0].endswith(".py"):
        inner = ("python", *inner)
    start = _wrapper(inner, "uv-run")
    reads = (*options.values("--env-file"), *options.values("--with-requirements"))
    folder = options.last("--directory") or leading.last("--directory")
    layered = options.has(*_LAYERS) or leading.has(*_LAYERS)
    return replace(start, no_sync=options.has("--no-sync"), layered=layered, reads=reads, folder=folder)


def _poetry_run(words: tuple[str, ...]) -> PythonStart | None:
    leading = read_options("poetry", words, mixed=False)
    if leading is None or leading.positional[:1] != ("run",) or len(leading.positional) < 2:
        return None
    start = _wrapper(leading.positional[1:], "poetry-run")
    return replace(start, folder=leading.last("--directory"))


def _pipenv_run(words: tuple[str, ...]) -> PythonStart | None:
    leading = read_options("pipenv", words, mixed=False)
    if leading is None or leading.positional[:1] != ("run",) or len(leading.positional) < 2:
        return None
    return _wrapper(leading.positional[1:], "pipenv-run")
