"""What Python sources need at run time, read from files in a temporary context."""

from __future__ import annotations

from pathlib import Path

import libcst
import pytest
from libcst import parse_module

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor.toolchains.python_paths import BESIDE_SOURCE
from dockrefactor.toolchains.python_shell_lines import command_words
from dockrefactor.toolchains.python_sources import image_sources, local_modules, read_sources


def context(tmp_path: Path, files: dict[str, str]) -> BuildContext:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return BuildContext(tmp_path)


def needs(tmp_path: Path, text: str, name: str = "app.py", **others: str) -> SourceNeeds:
    extra = {key.replace("__", "/").replace("_dot_", "."): value for key, value in others.items()}
    return read_sources(context(tmp_path, {name: text, **extra}))


def values(claims: tuple[Claim, ...]) -> list[str | None]:
    return [claim.value for claim in claims]


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("import subprocess\nsubprocess.run(['git', 'log'])", ["git"]),
        ("import subprocess as sp\nsp.check_output(('ffmpeg', '-i'))", ["ffmpeg"]),
        ("from subprocess import run as go, PIPE\ngo('ls -l', shell=True)", ["ls"]),
        ("from subprocess import *\nPopen(['convert'])", ["convert"]),
        ("import os\nos.system('cat a | gzip -9 > b && /usr/bin/rsync x')", ["cat", "gzip", "/usr/bin/rsync"]),
        ("import os\nos.system('cd /x; A=1 make all')", ["make"]),
        ("from os import system\nsystem('date')", ["date"]),
        ("import os\nos.execvp('nginx', ['nginx'])", ["nginx"]),
        ("import os\nos.spawnlp(os.P_WAIT, 'cp', 'cp')", ["cp"]),
        ("import asyncio\nasync def f():\n    await asyncio.create_subprocess_exec('node', 'x')", ["node"]),
        (
            "import asyncio\nasync def f():\n    await asyncio.create_subprocess_shell('node x | tee y')",
            ["node", "tee"],
        ),
        ("import shutil\nshutil.which('wkhtmltopdf')", ["wkhtmltopdf"]),
        ("import pexpect\npexpect.spawn('ssh host')", ["ssh"]),
        ("import sh\nsh.git('status')\nsh.apt_get('x')", ["git", "apt-get"]),
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'x'])", []),
        ("import subprocess, sys\nsubprocess.run(f'{sys.executable} -m x', shell=True)", []),
        ("import subprocess\ndef f(cmd):\n    subprocess.run(cmd)", [None]),
        ("import subprocess\ndef f(n):\n    cmd = ['pdftotext', n]\n    subprocess.run(cmd)", ["pdftotext"]),
        (
            "import subprocess\ndef f(n):\n    cmd = ['a']\n    if n:\n        cmd = ['b']\n    subprocess.run(cmd)",
            ["a", "b"],
        ),
        ("import subprocess\nTOOL = 'magick'\ndef f(n):\n    subprocess.run([TOOL, n])", ["magick"]),
        ("import subprocess\ndef f(n):\n    subprocess.run(['tar', 'x'] + n)", ["tar"]),
        ("import subprocess\ndef f(n):\n    subprocess.run(f'pg_dump {n} | gzip', shell=True)", ["pg_dump", "gzip"]),
        ("import subprocess\ndef f(n):\n    subprocess.run('mysql %s' % n, shell=True)", ["mysql"]),
        ("import subprocess\ndef f(n):\n    subprocess.run('{} x'.format(n), shell=True)", [None]),
        ("import subprocess\nsubprocess.run(['bash', '-c', 'jq . a'])", ["bash", "jq"]),
        ("import subprocess\nsubprocess.run(['sudo', '-u', 'x'])", ["sudo", "x"]),
        ("import subprocess, shlex\nsubprocess.run(shlex.split('git status'))", ["git"]),
        ("import os\nimport subprocess\nsubprocess.run([os.environ['TOOL']])", [None]),
        ("import os\nimport subprocess\nsubprocess.run([os.environ.get('TOOL', 'soffice')])", ["soffice"]),
        ("class A:\n    def run(self, x):\n        pass\nA().run(['git'])", []),
    ],
)
def test_programs(tmp_path: Path, text: str, programs: list[str | None]) -> None:
    assert values(needs(tmp_path, text).programs) == programs


def test_evidence_has_the_line(tmp_path: Path) -> None:
    (claim,) = needs(tmp_path, "import subprocess\n\n\ndef f():\n    subprocess.run(['git'])\n").programs
    assert (claim.evidence.path, claim.evidence.line) == ("app.py", 5)


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("open('out.txt', 'w')", ["out.txt"]),
        ("open('a.log', mode='a+')", ["a.log"]),
        ("open('a.txt')", []),
        ("open(path, 'w')", [None]),
        ("open('/dev/null', 'w')", []),
        ("from pathlib import Path\nPath('data', 'x.json').write_text('')", ["data/x.json"]),
        ("from pathlib import Path\n(Path('data') / 'x').mkdir(parents=True)", ["data/x"]),
        ("import os\nA = 'up'\nfor place in [A, 'logs']:\n    os.makedirs(place)", ["up", "logs"]),
        ("from pathlib import Path\nfor at in Path('a'), Path('b') / 'c':\n    at.mkdir()", ["a", "b/c"]),
        ("import os\nfor place in ['up', *others]:\n    os.makedirs(place)", ["up", None]),
        ("import os\nfor place in places:\n    os.makedirs(place)", [None]),
        ("for name, path in [('a', 'x.txt'), ('b', 'y.txt')]:\n    open(path, 'w')", ["x.txt", "y.txt"]),
        ("from pathlib import Path\nOUT = Path('out')\ndef f():\n    (OUT / 'y').open('w')", ["out/y"]),
        ("import os\nos.makedirs('uploads/a', exist_ok=True)", ["uploads/a"]),
        ("import os\nos.makedirs(os.path.join(os.getcwd(), 'tmp'))", ["tmp"]),
        ("import logging\nlogging.FileHandler('app.log')", ["app.log"]),
        ("from logging.handlers import RotatingFileHandler as R\nR('/var/log/a.log')", ["/var/log/a.log"]),
        ("LOG = {'class': 'logging.FileHandler', 'filename': 'x.log'}", ["x.log"]),
        ("import logging\nlogging.basicConfig(filename='b.log')", ["b.log"]),
        ("import sqlite3\nsqlite3.connect('my.db')", ["my.db"]),
        ("import sqlite3\nsqlite3.connect(':memory:')", []),
        ("URL = 'sqlite:///rel.db?x=1'", ["rel.db"]),
        ("URL = 'sqlite+aiosqlite:////data/abs.db'", ["/data/abs.db"]),
        ("import os\nURL = os.getenv('DB', 'sqlite:///d.db')", ["d.db"]),
        ("UPLOAD_FOLDER = 'up'\n", ["up"]),
        ("app.config['UPLOAD_FOLDER'] = 'up2'\n", ["up2"]),
        ("import shutil\nshutil.copy(a, 'kept')", ["kept"]),
        ("import numpy as np\nnp.save('x.npy', a)", ["x.npy"]),
        ("df.to_csv('r.csv')\ndf.to_csv()", ["r.csv"]),
        ("import io\nb = io.BytesIO()\ndf.to_csv(b)", []),
        ("import zipfile\nzipfile.ZipFile('a.zip').extractall('unpacked')", ["unpacked"]),
        ("import tempfile, os\nd = tempfile.mkdtemp()\nopen(os.path.join(d, 'x'), 'w')", []),
        ("import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    open(d + '/x', 'w')", []),
        ("import os\nopen(os.environ.get('LOG', '/logs/a'), 'w')", ["/logs/a"]),
        ("import os\nopen(os.environ['LOG'], 'w')", [None]),
        ("import os\nfd = os.open('lock', os.O_CREAT | os.O_RDWR)", ["lock"]),
        # the end of the path is computed, the folder is known
        ("open(f'up/{name}', 'w')", ["up"]),
        ("open('up/' + name, 'w')", ["up"]),
        ("open('part_{}.txt'.format(name), 'w')", ["part_"]),
        ("import os\nopen(os.path.join('up', 'a', name), 'w')", ["up/a"]),
        ("import os\nopen(os.path.join(os.getcwd(), name), 'w')", ["."]),
        ("import os\nopen(os.path.join(folder, 'a'), 'w')", [None]),
        ("from pathlib import Path\nD = Path('up')\ndef f(n):\n    (D / n).write_text('')", ["up"]),
        ("import os\nB = os.path.dirname(__file__)\nopen(f'{B}/up/{name}', 'w')", ["up"]),
        ("open(f'/{name}', 'w')", [None]),
        ("open(f'{name}.txt', 'w')", [None]),
        ("import tempfile, os\nd = tempfile.mkdtemp()\nopen(os.path.join(d, name), 'w')", []),
        # a setting says the folder
        ("import os\nos.makedirs(app.config['UPLOAD_FOLDER'], exist_ok=True)", []),
        ("import os\nfrom x import settings\nopen(os.path.join(settings.MEDIA_ROOT, name), 'w')", []),
        ("app.config['SESSION_TYPE'] = 'filesystem'", ["flask_session"]),
        ("app.config['SESSION_TYPE'] = 'redis'", []),
        # methods of libraries
        ("from PIL import Image\nImage.open('a').save('b.png')", ["b.png"]),
        ("from PIL import Image\ndef f(i, p):\n    i.save(p)", [None]),
        ("import io\nfrom PIL import Image\nb = io.BytesIO()\nImage.open('a').save(b, 'PNG')", []),
        ("def f(image):\n    image.save('b.png')", ["b.png"]),
        ("def f(row, given):\n    row.save()\n    row.save(given)\n    form.save(commit=False)", []),
        ("from flask import request\ndef f():\n    u = request.files['u']\n    u.save('up/' + u.filename)", ["up"]),
        ("from flask import request\ndef f():\n    u = request.files['u']\n    u.save(u.filename)", [None]),
        ("from pydub import AudioSegment\nAudioSegment.from_file('a').export('b.wav', format='wav')", ["b.wav"]),
        ("import boto3\nboto3.client('s3').download_file('b', 'k', 'm.bin')", ["m.bin"]),
        ("from google.cloud import storage\nb.download_to_filename('m.h5')", ["m.h5"]),
        ("import yt_dlp\nyt_dlp.YoutubeDL({'format': 'best'}).download([u])", ["."]),
        ("import yt_dlp\nyt_dlp.YoutubeDL({'outtmpl': 'v/%(id)s.%(ext)s'}).download([u])", ["v/%(id)s.%(ext)s"]),
        ("import gdown\ngdown.download(u)", ["."]),
        ("import gdown\ngdown.download(u, 'm.bin')", ["m.bin"]),
        ("URL = 'sqlite://db.sqlite3'", ["db.sqlite3"]),
    ],
)
def test_writes(tmp_path: Path, text: str, writes: list[str | None]) -> None:
    assert values(needs(tmp_path, text).writes) == writes


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (
            "import os\nbasedir = os.path.abspath(os.path.dirname(__file__))\nopen(os.path.join(basedir, 'a'), 'w')",
            "site/main/a",
        ),
        ("from pathlib import Path\nB = Path(__file__).resolve().parent.parent\nopen(B / 'a', 'w')", "site/a"),
        ("from pathlib import Path\nB = Path(__file__).parents[2]\nopen(B / 'a', 'w')", "a"),
        ("import os\nB = os.path.dirname(__file__)\nU = 'sqlite:///' + os.path.join(B, 'a.db')", "site/main/a.db"),
        ("import os\nB = os.path.dirname(__file__)\nU = f'sqlite:///{B}/a.db'", "site/main/a.db"),
        ("import os\nB = os.path.dirname(__file__)\nopen(B + '/../up', 'w')", "site/up"),
        ("import os\nB = os.path.dirname(__file__)\nopen(B + '/../../../up', 'w')", None),
        ("from pathlib import Path\nopen(Path(__file__).parents[7] / 'x', 'w')", None),
    ],
)
def test_paths_beside_the_source(tmp_path: Path, text: str, path: str | None) -> None:
    (claim,) = needs(tmp_path, text, "site/main/settings.py").writes
    assert claim.value == path
    assert path is None or claim.evidence.says.endswith(BESIDE_SOURCE)


def test_django_settings(tmp_path: Path) -> None:
    text = (
        "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n"
        "MEDIA_ROOT = BASE_DIR / 'media'\nSTATIC_ROOT = BASE_DIR / 'static'\n"
    )
    found = needs(tmp_path, text, "mysite/settings.py")
    assert values(found.writes) == ["db.sqlite3", "media"]
    assert [claim.evidence.line for claim in found.writes] == [3, 4]
    other = text.replace("sqlite3'", "postgresql'")
    assert values(needs(tmp_path, other, "mysite/settings.py").writes) == ["media"]


def test_flask_sqlalchemy_keeps_databases_in_its_instance_folder(tmp_path: Path) -> None:
    found = needs(tmp_path, "from flask_sqlalchemy import SQLAlchemy\nURI = 'sqlite:///a.db'\n")
    assert values(found.writes) == ["a.db", "instance/a.db"]


def test_reads_are_what_the_context_has(tmp_path: Path) -> None:
    text = (
        "from pathlib import Path\nopen('config.yaml')\nopen('absent.yaml')\nopen('/app/config.yaml')\n"
        "Path(__file__).with_name('x')\n(Path(__file__).parent / 'words.txt').read_text()\n"
    )
    files = {"pkg/app.py": text, "config.yaml": "", "pkg/words.txt": ""}
    found = read_sources(context(tmp_path, files))
    assert values(found.reads) == ["config.yaml", "/app/config.yaml", "pkg/words.txt"]


def test_libraries(tmp_path: Path) -> None:
    text = "import ctypes\nfrom ctypes.util import find_library\nctypes.CDLL('libzbar.so.0')\nfind_library('magic')\n"
    assert values(needs(tmp_path, text).libraries) == ["libzbar.so.0", "magic"]


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("app.run(host='0.0.0.0', port=80)", ["80"]),
        ("app.run('0.0.0.0', 80)", ["80"]),
        ("app.run(debug=True)", []),
        ("import os\napp.run(port=int(os.environ.get('PORT', 8080)))", ["8080"]),
        ("app.run(port=given)", [None]),
        ("PORT = 443\nimport uvicorn\nuvicorn.run('a:b', port=PORT)", ["443"]),
        ("from waitress import serve\nserve(app, listen='*:80')", ["80"]),
        ("s.bind(('', 53))\ns.listen(5)", ["53"]),
        ("from http.server import HTTPServer\nHTTPServer(('0.0.0.0', 8000), H)", ["8000"]),
        ("server.add_insecure_port('[::]:50051')", ["50051"]),
        ("import tornado.web\napp.listen(8888)", ["8888"]),
        ("import subprocess\nsubprocess.run(['x'], 80)", []),
        ("import asyncio\nasyncio.run(main())", []),
    ],
)
def test_ports(tmp_path: Path, text: str, ports: list[str | None]) -> None:
    assert values(needs(tmp_path, text).ports) == ports


def test_imports_leave_out_what_the_context_provides(tmp_path: Path) -> None:
    files = {
        "app/main.py": "import os, numpy as np\nfrom flask.views import View\n"
        "from app import x\nimport near\nfrom . import y\n",
        "app/near.py": "",
        "src/lib/__init__.py": "",
        "other.py": "import lib\n    \nimport flask\n",
        "docs/readme.md": "",
    }
    made = context(tmp_path, files)
    found = read_sources(made)
    assert values(found.imports) == ["os", "numpy", "flask"]
    assert found.imports[2].evidence.line == 2
    assert local_modules(made) == {"app", "src", "lib", "other"}
    assert local_modules(made, "app") == {"main", "near"}


def test_test_files_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    run = "import subprocess\nsubprocess.run(['{}'])\n"
    files = {
        f: run.format(n) for f, n in {"a.py": "a", "tests/b.py": "b", "p/test_c.py": "c", "conftest.py": "d"}.items()
    }
    made = context(tmp_path, files)
    assert values(read_sources(made).programs) == ["a"]
    assert sorted(str(value) for value in values(read_sources(made, exclude_tests=False).programs)) == list("abcd")


def test_folders_limit_what_is_read(tmp_path: Path) -> None:
    run = "import subprocess\nsubprocess.run(['{}'])\n"
    made = context(tmp_path, {"a/x.py": run.format("a"), "b/x.py": run.format("b"), "c.py": run.format("c")})
    assert values(read_sources(made, ["a", "c.py", "a"]).programs) == ["a", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess\nprint 'python 2'\n",
        "open(" + "(" * 3000 + "1" + ")" * 3001,
        "open(" + "+".join(["1"] * 30000) + ")",
        "open(" + "not " * 30000 + "1)",
        "open('a\0b')",
    ],
)
def test_what_cannot_be_parsed_is_said(tmp_path: Path, text: str) -> None:
    (evidence,) = needs(tmp_path, text).unreadable
    assert evidence.path == "app.py"


@pytest.mark.parametrize(
    "newer",
    [
        "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n",  # 3.14
        'a = f"{b["c"]}"\n',  # 3.12
        "type A = int\n",  # 3.12
    ],
)
def test_syntax_of_newer_versions(tmp_path: Path, newer: str) -> None:
    found = needs(tmp_path, newer + "import subprocess\nsubprocess.run(['git'])\n")
    assert [claim.value for claim in found.programs] == ["git"]
    assert not found.unreadable


@pytest.mark.parametrize(
    "deep", ["x = " + "(" * 9000, "x = a" + ".b" * 9000, "x = " + "not " * 9000 + "a", "if a:\n" + " " * 9000 + "b"]
)
def test_what_no_version_parses_is_not_given_to_a_parser_that_overflows(tmp_path: Path, deep: str) -> None:
    (evidence,) = needs(tmp_path, f"type A = int\nimport subprocess\n{deep}\n").unreadable
    assert evidence.says == "not Python 3"


def test_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# caf\xe9\n")
    assert read_sources(BuildContext(tmp_path)).unreadable[0].path == "a.py"


def test_plain_sources_are_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most sources call nothing of interest: the parser, by far the slowest part, is left alone."""
    parsed: list[str] = []
    monkeypatch.setattr(libcst, "parse_module", lambda text: parsed.append(text) or parse_module(text))
    body = "import json\ndef function(argument):\n    return argument + 1\n"
    made = context(
        tmp_path, {**{f"pkg/m{number}.py": f"# {number}\n{body}" for number in range(9)}, "a.py": "open(x)\n"}
    )
    assert values(read_sources(made).imports) == ["json"]
    assert parsed == ["open(x)\n"]


def test_command_words() -> None:
    assert list(command_words("if [ -f x ]; then tar xf x; fi; exec nginx -g 'daemon off;'")) == ["tar", "nginx"]
    assert list(command_words("x=$(hostname) && $TOOL a")) == ["hostname", None]
    assert list(command_words("echo 'unclosed")) == [None]


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ('os.environ["DATA"]', "/data/x.log"),
        ('os.environ.get("DATA", "here")', "/data/x.log"),
        ('os.getenv("DATA")', "/data/x.log"),
        ('os.getenv("OTHER", "here")', "here/x.log"),
        ('os.environ["OTHER"]', None),
        ('os.environ["EMPTY"]', None),
    ],
)
def test_variables_of_the_image_are_known(tmp_path: Path, expression: str, written: str | None) -> None:
    text = f"import os\nopen(os.path.join({expression}, 'x.log'), 'w')\n"
    made = context(tmp_path, {"app.py": text})
    assert values(read_sources(made, environment={"DATA": "/data", "EMPTY": ""}).writes) == [written]


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("from app.billing import charge\n", True),
        ("import app.billing.cards\n", True),
        ("from .billing import charge\n", True),
        ("from app.models import User\nimport app.views\nfrom . import models\n", False),
        ("from app.fast import run\nfrom app.parts.one import x\n", False),
        ("from billing.cards import x\nimport yaml.reader\n", False),
        ("try:\n    from app.billing import charge\nexcept ImportError:\n    charge = None\n", False),
        ("from app.shop_pb2 import Item\nfrom app._version import version\n", False),
    ],
)
def test_modules_of_the_project_that_the_context_lacks(tmp_path: Path, text: str, absent: bool) -> None:
    files = {"app/__init__.py": "", "app/models.py": "", "app/views/__init__.py": "", "app/parts/one.py": ""}
    for name, content in {**files, "app/fast.cpython-312.so": "", "app/main.py": text}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = read_sources(BuildContext(tmp_path))
    assert [place.path for place in found.unreadable] == (["app/main.py"] if absent else [])


@pytest.mark.parametrize(
    ("dockerfile", "read"),
    [
        ('FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n', []),
        (
            'FROM python:3.12\nWORKDIR /app\nCOPY . .\nENV PATH=/app/env/bin:$PATH\nCMD ["python", "app.py"]\n',
            ["ffmpeg"],
        ),
        ('FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["./start.sh"]\n', ["ffmpeg"]),
    ],
)
def test_an_environment_of_the_author_is_read_where_it_is_named(
    tmp_path: Path, dockerfile: str, read: list[str]
) -> None:
    files = {
        "app.py": "print(1)\n",
        "start.sh": "#!/bin/sh\n. env/bin/activate\nexec python app.py\n",
        "env/pyvenv.cfg": "home = /usr/bin\n",
        "env/lib/python3.12/site-packages/a.py": "import subprocess\nsubprocess.run(['ffmpeg'])\n",
    }
    made = context(tmp_path, files)
    facts = Facts(document.read(dockerfile), made, TOOLCHAINS, Options(), "Dockerfile")
    assert values(image_sources(facts).programs) == read
