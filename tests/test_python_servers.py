"""What the settings files of Python's servers ask of the system."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchain import RuntimeNeeds
from dockrefactor.toolchains import TOOLCHAINS


def needs(folder: Path, command: str, **files: str) -> RuntimeNeeds:
    """Of an image that starts `command` in /app, with `files` (`_` for the dot of a name) as its context."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    (folder / "app.py").write_text("app = None\n")
    text = f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {command}\n"
    return Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile").needs


def paths(found: RuntimeNeeds) -> list[str | None]:
    return [claim.value for claim in found.writes]


@pytest.mark.parametrize("command", ["uwsgi app.ini", "uwsgi --ini app.ini", "uwsgi --ini=/app/app.ini:uwsgi"])
def test_uwsgi_reads_its_ini_file(tmp_path: Path, command: str) -> None:
    ini = "[other]\nlogto = /no\n[uwsgi]\n; a comment\nchdir = /srv\nhttp = :80\nsocket = run/app.sock\n"
    ini += "logto=/var/log/a\n"
    found = needs(
        tmp_path, command, app__ini=ini + "req-logger = file:/var/log/r\nlogger = syslog:app\nwsgi-file=/app/app.py\n"
    )
    assert paths(found) == ["/srv/run/app.sock", "/var/log/a", "/var/log/r"]
    assert [claim.value for claim in found.ports] == ["80"]
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("uid = www-data", "drops-privileges-itself"),
        ("attach-daemon = redis-server", "writes-unknown-path"),
        ("hook-pre-app = exec:./x", "writes-unknown-path"),
        ("never-heard-of = /var/lib/x", "writes-unknown-path"),
        ("pidfile = /run/%n.pid", "writes-unknown-path"),
        ("include = more.yml", "writes-unknown-path"),
    ],
)
def test_what_uwsgi_may_do_otherwise(tmp_path: Path, setting: str, code: str) -> None:
    found = needs(tmp_path, "uwsgi app.ini", app__ini=f"[uwsgi]\nmaster = true\n{setting}\n")
    assert [name for name, _ in found.unknown] == [code]
    assert found.unknown[0][1].path in ("app.ini", "more.yml")


def test_uwsgi_settings_of_the_command_line(tmp_path: Path) -> None:
    found = needs(tmp_path, "uwsgi --http 0.0.0.0:8000 --master --pidfile=/run/a.pid -w app:app")
    assert paths(found) == ["/run/a.pid"]
    assert [claim.value for claim in found.ports] == ["8000"]


def test_a_file_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    assert [name for name, _ in needs(tmp_path, "uwsgi /etc/uwsgi.ini").unknown] == ["writes-unknown-path"]
    assert [name for name, _ in needs(tmp_path, "gunicorn -c /etc/g.py app:app").unknown] == ["writes-unknown-path"]


@pytest.mark.parametrize("command", ["gunicorn app:app", "gunicorn -c gunicorn.conf.py app:app"])
def test_gunicorn_reads_its_python_file(tmp_path: Path, command: str) -> None:
    conf = 'import os\nbind = ["0.0.0.0:81", "unix:/run/g.sock"]\naccesslog = "/var/log/a.log"\nerrorlog = "-"\n'
    conf += 'worker_tmp_dir = "/dev/shm"\nlogconfig_dict = {"handlers": {"file": {"filename": "logs/all.log"}}}\n'
    (tmp_path / "gunicorn.conf.py").write_text(conf)
    found = needs(tmp_path, command)
    assert sorted(map(str, paths(found))) == ["/app/logs/all.log", "/run/g.sock", "/var/log/a.log"]
    assert [claim.value for claim in found.ports] == ["81"]
    assert found.unknown == ()


def test_an_account_that_a_server_changes_to(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text('user = "www-data"\nbind = f"0.0.0.0:{port}"\n')
    assert [name for name, _ in needs(tmp_path, "gunicorn app:app").unknown] == ["drops-privileges-itself"]
    (tmp_path / "gunicorn.conf.py").unlink()
    assert [name for name, _ in needs(tmp_path, "gunicorn -u www-data app:app").unknown] == ["drops-privileges-itself"]
