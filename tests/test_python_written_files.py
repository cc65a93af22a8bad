"""Where the programs of Python packages write by what their words and settings say: the new user owns these folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import CATALOGUE, settings_of
from dockrefactor.batch import Batch, Source
from dockrefactor.settings import Configurations
from dockrefactor.toolchains import TOOLCHAINS

BUILD = "FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\n")
    (tmp_path / "app.py").write_text("import flask\n\napp = flask.Flask(__name__)\n")
    return tmp_path


def given(folder: Path, source: str) -> list[str] | None:
    """The folders that the user gets, None where there is no user."""
    (folder / "Dockerfile").write_text(source, encoding="utf-8")
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    text = report.result.after
    if "USER 10001" not in text:
        return None
    return next((line.split("10001:10001 ")[1].split() for line in text.splitlines() if " chown " in line), [])


@pytest.mark.parametrize(
    ("command", "folders"),
    [
        ("scrapy crawl books -o /out/books.json", ["/out"]),
        ("scrapy crawl books -O file:///out/books.csv:csv", ["/out"]),
        ("scrapy crawl books --logfile=/var/log/scrapy.log", ["/var/log"]),
        ("python -m scrapy crawl books -o /out/books", ["/out"]),
        ("celery multi start w -A app --pidfile=/var/run/w/%n.pid -l INFO", ["/var/run/w"]),
        ("locust --headless --csv /reports/run -f app.py", ["/reports"]),
        ("mlflow server --backend-store-uri sqlite:////ml/db --default-artifact-root /ml/artifacts", ["/ml"]),
        ("locust --headless --html report.html", ["."]),
        ("gunicorn app:app --config /etc/gunicorn.conf", []),
        ("locust --config /etc/locust.conf --host http://example.org/a", []),
        ("celery -A app beat --pidfile= -s /var/lib/beat/schedule", ["/var/lib/beat"]),
        ("gunicorn --worker-tmp-dir /dev/shm --pid /run/server app:app", ["/run"]),
    ],
)
def test_outputs_that_a_command_names_are_the_users(folder: Path, command: str, folders: list[str]) -> None:
    assert given(folder, BUILD + f"CMD {command}\n") == folders


def test_an_output_in_a_computed_folder_is_not_given(folder: Path) -> None:
    assert given(folder, BUILD + "CMD locust --csv $REPORTS/run\n") is None


@pytest.mark.parametrize(
    ("arguments", "folders"),
    [
        ("--bind=0.0.0.0:8000 --access-logfile /var/log/app/access.log", ["/var/log/app"]),
        ("--user www-data", None),
        ("--bind=0.0.0.0:80", None),
        ("--unknown-option", None),
    ],
)
def test_a_variable_gives_gunicorn_options(folder: Path, arguments: str, folders: list[str] | None) -> None:
    source = BUILD + f'ENV GUNICORN_CMD_ARGS="{arguments}"\nCMD ["gunicorn", "app:app"]\n'
    assert given(folder, source) == folders


@pytest.mark.parametrize(
    ("name", "settings", "folders"),
    [
        ("log.ini", "[handler_a]\nclass=FileHandler\nargs=('/var/log/app/a.log', 'a')\n", ["/var/log/app"]),
        ("log.conf", "[handler_a]\nclass = handlers.RotatingFileHandler\nargs = ('logs/a.log',)\n", ["."]),
        ("log.ini", "[handler_a]\nclass=StreamHandler\nargs=(sys.stdout,)\n", []),
        ("log.ini", "[handler_a]\nclass=FileHandler\nargs=('%(path)s', 'a')\n", None),
        ("log.yaml", "handlers:\n  a:\n    class: logging.FileHandler\n    filename: /data/a.log\n", ["/data"]),
        ("log.json", '{"handlers": {"a": {"class": "logging.FileHandler", "filename": "/data/a.log"}}}', ["/data"]),
        ("log.toml", '[handlers.a]\nclass = "logging.FileHandler"\nfilename = "/data/a.log"\n', ["/data"]),
    ],
)
@pytest.mark.parametrize("reads", ["source", "option"])
def test_log_files_of_settings_are_the_users(
    folder: Path, name: str, settings: str, folders: list[str] | None, reads: str
) -> None:
    (folder / name).write_text(settings)
    command = f"uvicorn app:app --log-config {name}" if reads == "option" else "python app.py"
    if reads == "source":
        (folder / "app.py").write_text("import logging.config\n\nlogging.config.fileConfig('log.ini')\n")
    assert given(folder, BUILD + f"CMD {command}\n") == folders


@pytest.mark.parametrize(
    ("source", "folders"),
    [
        ("open('/var/log/journal', 'a')\n", ["/var/log"]),
        ("import shelve\n\nshelve.open('/var/lib/store')\n", ["/var/lib"]),
        ("import os\n\nos.makedirs('/var/lib/store', exist_ok=True)\n", ["/var/lib/store"]),
        ("open(f'/srv/up/{name}', 'w')\n", ["/srv/up"]),
        ("open('/journal.txt', 'a')\n", None),
        ("open('/journal', 'a')\n", None),
        ("open('/tmp/journal', 'a')\n", []),
    ],
)
def test_a_file_without_an_ending_is_no_folder(folder: Path, source: str, folders: list[str] | None) -> None:
    (folder / "app.py").write_text(source)
    assert given(folder, BUILD + "CMD python app.py\n") == folders


@pytest.mark.parametrize(
    ("variable", "folders"),
    [
        ("HF_HOME=/models", ["/models"]),
        ("HF_HOME=/app/.cache", ["."]),
        ("XDG_CACHE_HOME=/tmp/cache", []),
        ("MPLCONFIGDIR=/var/cache/matplotlib NAME=/data", ["/var/cache/matplotlib"]),
        ("HF_HOME=/root/models", None),
        ("HF_HOME=$MODELS", None),
    ],
)
def test_folders_that_variables_name_for_caches_are_the_users(
    folder: Path, variable: str, folders: list[str] | None
) -> None:
    assert given(folder, BUILD + f"ENV {variable}\nCMD python app.py\n") == folders


def test_a_module_of_which_the_context_is_the_package_is_the_projects_own(folder: Path) -> None:
    (folder / "__main__.py").write_text("print('hello')\n")
    build = BUILD.replace("COPY . .", "COPY . ./shop/")
    assert given(folder, build + "CMD python -m shop\n") == []
    assert given(folder, build + "CMD python -m market\n") is None


@pytest.mark.parametrize("release", ["stretch", "bookworm"])
def test_the_systems_programs_are_known_in_every_release(folder: Path, release: str) -> None:
    (folder / "start.sh").write_text("until pg_isready -h db; do sleep 1; done\nexec python app.py\n")
    build = BUILD.replace("FROM python:3.11-slim", f"FROM python:3.7-{release}")
    assert given(folder, build + "RUN apt-get install -y postgresql-client\nCMD sh start.sh\n") == []
