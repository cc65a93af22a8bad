"""Install and start commands of Python, as one shell command's words."""

from __future__ import annotations

import shlex

import pytest

from dockrefactor.toolchains.python_commands import (
    PythonInstall,
    parse_environment,
    parse_install,
    parse_tool_setup,
    poetry_setting,
    requirement_kind,
)
from dockrefactor.toolchains.python_starts import PythonStart, address_port, parse_start


def install(line: str) -> PythonInstall:
    found = parse_install(shlex.split(line))
    assert found is not None, line
    return found


def start(line: str) -> PythonStart:
    found = parse_start(shlex.split(line))
    assert found is not None, line
    return found


@pytest.mark.parametrize(
    "line",
    [
        "pip install --no-cache-dir -r requirements.txt",
        "pip3 install --no-cache -r requirements.txt",
        "pip3.11 install -qU --requirement=requirements.txt",
        "python -m pip install -rrequirements.txt",
        "python3 -u -m pip --disable-pip-version-check install -Ur requirements.txt -i https://pypi.example/simple",
        "/opt/venv/bin/pip install --default-timeout=100 -r requirements.txt",
        "uv pip install --system -r requirements.txt",
        "uv --no-cache pip sync requirements.txt",
    ],
)
def test_requirement_file_is_found_behind_any_spelling(line: str) -> None:
    found = install(line)
    assert found.requirement_files == ("requirements.txt",)
    assert found.destination == "environment"
    assert not found.installs_project
    assert found.named == ()


def test_pip_separates_names_paths_and_addresses() -> None:
    found = install(
        "pip install 'flask[async]==3.0' -e .[dev] ./lib[x] dist/a-1.0-py3-none-any.whl "
        "git+https://example.org/r.git#egg=r 'pkg @ file:///src/pkg' 'q @ https://example.org/q.zip' -c limits.txt"
    )
    assert found.named == ("flask[async]==3.0",)
    assert found.local_paths == (".[dev]", "./lib[x]", "dist/a-1.0-py3-none-any.whl", "/src/pkg")
    assert found.from_url == ("git+https://example.org/r.git#egg=r", "q @ https://example.org/q.zip")
    assert found.constraint_files == ("limits.txt",)
    assert found.editable
    assert found.installs_project


@pytest.mark.parametrize(
    ("options", "destination", "place"),
    [
        ("--user", "user", None),
        ("-t /deps", "target", "/deps"),
        ("--target=/deps", "target", "/deps"),
        ("--prefix /install", "prefix", "/install"),
        ("--root=/rootfs", "root", "/rootfs"),
    ],
)
def test_pip_destinations(options: str, destination: str, place: str | None) -> None:
    found = install(f"pip install {options} flask")
    assert (found.destination, found.place) == (destination, place)


@pytest.mark.parametrize(
    "line",
    [
        "pip wheel -r requirements.txt",
        "pip download flask",
        "pip uninstall -y flask",
        "pip install",
        "pip install --dry-run flask",
        "pip install --unheard-of flask",
        "pip install -r",
        "pip install --re requirements.txt",
        "python app.py install",
        "python setup.py build",
        "uv lock",
        "uv add flask",
        "poetry add flask",
        "poetry install --unheard-of",
        "npm install",
        "",
    ],
)
def test_not_an_install_or_not_certain(line: str) -> None:
    assert parse_install(shlex.split(line)) is None


@pytest.mark.parametrize(
    ("line", "project", "development"),
    [
        ("poetry install", True, True),
        ("poetry install --no-root", False, True),
        ("poetry install --no-interaction --no-ansi --no-dev", True, False),
        ("poetry install --only main", False, False),
        ("poetry install --only=main --only-root", True, False),
        ("poetry install --without dev,docs -vvv", True, False),
        ("poetry -n sync --no-root --with docs", False, True),
        ("uv sync --frozen", True, True),
        ("uv sync --locked --no-dev --no-install-project", False, False),
    ],
)
def test_project_and_development(line: str, project: bool, development: bool) -> None:
    found = install(line)
    assert (found.installs_project, found.development) == (project, development)
    assert found.destination == "project-venv"


def test_uv_sync_names_its_project_and_groups() -> None:
    found = install("uv --directory api sync --frozen --group prod --extra pg --no-install-workspace")
    assert (found.folder, found.groups, found.extras) == ("api", ("prod",), ("pg",))
    assert found.locked
    assert not found.workspace


def test_pipenv() -> None:
    found = install("pipenv install --system --deploy --ignore-pipfile")
    assert (found.manager, found.destination, found.locked, found.development) == ("pipenv", "environment", True, False)
    assert install("pipenv sync --dev").development
    assert install("pipenv install").destination == "project-venv"


def test_setup_py() -> None:
    found = install("python3 setup.py develop --user")
    assert (found.manager, found.editable, found.destination) == ("setup.py", True, "user")
    assert found.local_paths == (".",)
    assert found.installs_project


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("flask>=2,<3", ("name", "flask>=2,<3")),
        ("git@github.com:a/b.git", ("url", "git@github.com:a/b.git")),
        ("file:./lib", ("path", "./lib")),
        ("file:///src/lib#egg=lib", ("path", "/src/lib")),
        ("lib @ ../lib ; python_version > '3'", ("path", "../lib")),
        ("vendor/a.tar.gz", ("path", "vendor/a.tar.gz")),
        (".", ("path", ".")),
    ],
)
def test_requirement_kinds(text: str, kind: tuple[str, str]) -> None:
    assert requirement_kind(text) == kind


@pytest.mark.parametrize(
    ("line", "setup"),
    [
        ("poetry config virtualenvs.create false", True),
        ("pip config set global.index-url https://x", True),
        ("pip cache purge", True),
        ("python -m ensurepip --upgrade", True),
        ("python -m ensurepip --surprise", False),
        ("pip --version", True),
        ("python3 --version", True),
        ("uv cache clean", True),
        ("uv pip install x", False),
        ("pip install x", False),
        ("poetry lock", False),
        ("python app.py", False),
        ("make", False),
    ],
)
def test_tool_setup(line: str, setup: bool) -> None:
    assert parse_tool_setup(shlex.split(line)) is setup


def test_poetry_setting_and_environments() -> None:
    assert poetry_setting(["poetry", "config", "virtualenvs.create", "false"]) == ("virtualenvs.create", "false")
    assert poetry_setting(["poetry", "config", "--list"]) is None
    assert parse_environment(["python3", "-m", "venv", "--copies", "/opt/venv"]) == "/opt/venv"
    assert parse_environment(["virtualenv", "-p", "python3", "env"]) == "env"
    assert parse_environment(["uv", "venv"]) == ".venv"
    assert parse_environment(["python", "-m", "http.server"]) is None


def test_gunicorn() -> None:
    found = start(
        "gunicorn -w 4 -k uvicorn.workers.UvicornWorker --bind 0.0.0.0:80 -b unix:/run/a.sock app.main:app "
        "--access-logfile - --log-file=/var/log/g.log -p g.pid --chdir src -c conf.py --reload"
    )
    assert (found.kind, found.target, found.ports, found.reloads) == ("gunicorn", "app.main:app", (80,), True)
    assert found.writes == ("/run/a.sock", "/var/log/g.log", "g.pid")
    assert (found.reads, found.folder) == (("conf.py",), "src")


@pytest.mark.parametrize(
    ("line", "kind", "target", "ports"),
    [
        ("uvicorn main:app --host 0.0.0.0 --port 8080", "uvicorn", "main:app", (8080,)),
        ("python -m uvicorn main:app --port=80", "uvicorn", "main:app", (80,)),
        ("hypercorn main:app -b [::]:443", "hypercorn", "main:app", (443,)),
        ("daphne -b 0.0.0.0 -p 8001 site.asgi:application", "daphne", "site.asgi:application", (8001,)),
        ("waitress-serve --listen=*:8041 --call app:create", "waitress-serve", "app:create", (8041,)),
        ("flask run --host=0.0.0.0 -p 80", "flask", None, (80,)),
        ("flask --app hello run", "flask", "hello", ()),
        ("python manage.py runserver 0.0.0.0:8000", "django-runserver", "manage.py", (8000,)),
        ("python manage.py migrate", "django-manage", "manage.py", ()),
        ("streamlit run app.py --server.port=8501 --server.address 0.0.0.0", "streamlit", "app.py", (8501,)),
        ("fastapi run app/main.py --port 80", "fastapi", "app/main.py", (80,)),
        ("python -u src/main.py --port 1", "python-file", "src/main.py", ()),
        ("python3 -um pkg.tool x", "python-module", "pkg.tool", ()),
        ("python -c 'print(1)'", "python-code", "print(1)", ()),
        ("python", "python-shell", None, ()),
        ("celery -A proj worker -l info", "celery", "proj", ()),
    ],
)
def test_starts(line: str, kind: str, target: str | None, ports: tuple[int, ...]) -> None:
    found = start(line)
    assert (found.kind, found.target, found.ports) == (kind, target, ports)
    assert not found.ports_computed


def test_computed_port_is_said() -> None:
    assert start("uvicorn a:b --port $PORT").ports_computed
    assert start("gunicorn -b :$PORT a:b").ports_computed


def test_reloading() -> None:
    assert start("python manage.py runserver").reloads
    assert not start("python manage.py runserver --noreload").reloads
    assert start("fastapi dev main.py").reloads
    assert start("flask --debug run").reloads


def test_celery_beat_writes_its_schedule() -> None:
    assert "celerybeat-schedule" in start("celery -A proj beat").writes
    assert start("celery -A proj worker -B").writes == ("celerybeat-schedule",)
    chosen = start("celery -A proj beat -s /data/schedule --pidfile=")
    assert chosen.writes == ("/data/schedule",)
    database = start("celery -A p beat -S django_celery_beat.schedulers:DatabaseScheduler")
    assert "celerybeat-schedule" not in database.writes


def test_wrapped_commands_are_followed() -> None:
    found = start("uv run --frozen --no-sync gunicorn a:b -b :80")
    assert (found.kind, found.no_sync, found.inner[0]) == ("uv-run", True, "gunicorn")
    assert found.started is not None
    assert found.started.ports == (80,)
    assert start("uv run main.py").inner == ("python", "main.py")
    assert start("poetry run python -m app").started == PythonStart("python-module", "app")
    assert start("pipenv run start").started is None
    assert start("ddtrace-run python app.py").started == PythonStart("python-file", "app.py")


@pytest.mark.parametrize("line", ["gunicorn --unheard x a:b", "node server.js", "python --surprise", "", "uv sync"])
def test_not_a_start(line: str) -> None:
    assert parse_start(shlex.split(line)) is None


def test_address_ports() -> None:
    assert [address_port(text) for text in ("0.0.0.0:80", ":80", "[::1]:80", "80", "localhost", "a:99999")] == [
        80,
        80,
        80,
        80,
        None,
        None,
    ]
