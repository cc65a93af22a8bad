"""What `--runtime alpine` needs to be shown of interpreted programs, and what stands against it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.image import known, on_alpine
from dockrefactor.outcome import Change
from dockrefactor.text import apply
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\n{}RUN pip install -r requirements.txt\n{}CMD python main.py\n"
NODE = 'FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n{}CMD ["node", "server.js"]\n'
PURE = {"requirements.txt": "bottle==0.13.2\n", "main.py": "import bottle\nbottle.run(port=8000)\n"}
PACKAGE = {"name": "x", "version": "1.0.0", "dependencies": {"a": "1.0.0"}}


def split(folder: Path, text: str, files: dict[str, str]) -> str:
    """The split file, or why there is none."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(runtime="alpine"), "Dockerfile")
    outcome = split_stages.run(facts)
    if isinstance(outcome, Change):
        return apply(text, outcome.edits)
    return f"{outcome.reason.reason.code}: {outcome.at.says}"


def node(folder: Path, lines: str = "", **entry: object) -> str:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": PACKAGE,
            "node_modules/a": {"version": "1.0.0"} | entry,
            "node_modules/mac": {"version": "1.0.0", "os": ["darwin"], "optional": True, "hasInstallScript": True},
        },
    }
    files = {"package.json": json.dumps(PACKAGE), "package-lock.json": json.dumps(lock)}
    return split(folder, NODE.format(lines), files | {"server.js": "require('a').listen(8000)\n"})


@pytest.mark.parametrize(
    ("name", "alpine"),
    [
        ("python:3.12", "python:3.12-alpine"),
        ("python:3.12.4-bookworm", "python:3.12.4-alpine"),
        ("docker.io/library/python:3.11-slim-bookworm", "docker.io/library/python:3.11-alpine"),
        ("node:20-bookworm", "node:20-alpine"),
        ("node:lts", "node:lts-alpine"),
        ("node:latest", "node:alpine"),
        ("node:6", None),  # no tag of Alpine is known of it
        ("debian:bookworm", None),
        ("python:3.12@sha256:" + "0" * 64, None),
    ],
)
def test_the_same_version_on_alpine(name: str, alpine: str | None) -> None:
    image = known(name)
    assert image is not None
    found = on_alpine(image)
    assert (found.reference.written if found is not None else None) == alpine


def test_pure_packages_run_there(tmp_path: Path) -> None:
    assert "\nFROM python:3.12-alpine AS runtime\n" in split(tmp_path, PYTHON.format("", ""), PURE)


@pytest.mark.parametrize(
    ("requirements", "says"),
    [
        ("flask==3.0.3\n", "`flask` may bring compiled packages along"),
        ("bottle\n", "`bottle` may bring compiled packages along"),  # of a version that nobody has looked at
        ("bottle==99.0\n", "`bottle` may bring compiled packages along"),
        ("uvicorn[standard]==0.30.0\n", "`uvicorn` may bring compiled packages along"),
        ("pyyaml==6.0.1\n", "`pyyaml` may be compiled"),
        ("--no-binary :all:\nbottle==0.13.2\n", "`bottle` is compiled"),
    ],
)
def test_packages_that_may_be_compiled(tmp_path: Path, requirements: str, says: str) -> None:
    assert says in split(tmp_path, PYTHON.format("", ""), PURE | {"requirements.txt": requirements})


def test_an_old_python_gets_compiled_backports(tmp_path: Path) -> None:
    text = PYTHON.format("", "").replace("3.12", "3.8")
    assert "`bottle` may bring" in split(tmp_path, text, PURE)


LOCK = """
[[package]]
name = "x"
version = "1.0.0"
source = { virtual = "." }
dependencies = [{ name = "flask" }]

[[package]]
name = "flask"
version = "3.0.3"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.pythonhosted.org/packages/flask-3.0.3-WHEEL.whl", hash = "sha256:00" }]
"""
UV = """FROM python:3.12
WORKDIR /app
RUN pip install uv
COPY . .
RUN uv sync --frozen --no-dev
CMD [".venv/bin/python", "main.py"]
"""


@pytest.mark.parametrize(
    ("wheel", "expected"),
    [
        ("py3-none-any", "\nFROM python:3.12-alpine AS runtime\n"),
        ("cp312-cp312-manylinux_2_17_x86_64", "`flask` is compiled"),
    ],
)
def test_a_lock_names_the_files(tmp_path: Path, wheel: str, expected: str) -> None:
    project = '[project]\nname = "x"\nversion = "1.0.0"\nrequires-python = ">=3.12"\ndependencies = ["flask"]\n'
    files = {"pyproject.toml": project, "uv.lock": "version = 1\n" + LOCK.replace("WHEEL", wheel), "main.py": ""}
    assert expected in split(tmp_path, UV, files)


@pytest.mark.parametrize(
    ("before", "after", "files", "says"),
    [
        ("", "RUN useradd app\n", {}, "python:3.12"),
        ("RUN apt-get update && apt-get install -y ffmpeg\n", "", {}, "python:3.12"),
        ("", "USER www-data\n", {}, "the account `www-data`"),
        ("", "COPY --chown=daemon main.py /srv/\n", {}, "the account `daemon`"),
        ("", "COPY --from=ghcr.io/x/y:1 /bin/tool /bin/tool\n", {}, "what it copies"),
        ("", "ADD https://example.org/tool /usr/bin/tool\n", {}, "what it"),
        ("", "RUN curl -o /usr/local/bin/tool https://example.org/tool\n", {}, "`curl` may do otherwise"),
        ("", "RUN mkdir --parents /data\n", {}, "`mkdir` may do otherwise"),
        ("", "HEALTHCHECK CMD wget -q -T 3 -O- http://localhost:8000\n", {}, "`wget` is another program"),
        ("", "", {"main.py": "import ctypes\nctypes.CDLL('libc.so.6')\n"}, "CDLL"),
        ("", "", {"main.py": "import subprocess\nsubprocess.run(['ps', 'aux'])\n"}, "`ps` is another program"),
        ("", "", {"fast.so": "x"}, "it may be compiled"),
        ("", "", {"lib/fast.so.1.2": "x"}, "it may be compiled"),
    ],
)
def test_what_the_file_itself_brings(tmp_path: Path, before: str, after: str, files: dict[str, str], says: str) -> None:
    found = split(tmp_path, PYTHON.format(before, after), PURE | files)
    assert found.startswith("runtime-family: ")
    assert says in found


def test_accounts_that_both_images_have(tmp_path: Path) -> None:
    text = NODE.format("COPY --chown=node:node server.js /srv/\nUSER node\n")
    assert "\nFROM node:20-alpine AS runtime\n" in node(tmp_path, text.partition("npm ci\n")[2].partition("CMD")[0])


def test_a_program_of_the_context(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"\x7fELF\xff\xfe")
    (tmp_path / "tool").chmod(0o755)
    assert "it is a program" in split(tmp_path, PYTHON.format("", ""), PURE)


@pytest.mark.parametrize("build", ['[build-system]\nrequires = ["setuptools", "cffi"]\n', "[tool.maturin]\n"])
def test_a_project_that_compiles(tmp_path: Path, build: str) -> None:
    files = {"main.py": "print(1)\n", "pyproject.toml": f'{build}[project]\nname = "x"\nversion = "1"\n'}
    text = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install .\nCMD python main.py\n"
    assert "Dockerfile" not in split(tmp_path, text, files)
    assert "it may compile an extension" in split(tmp_path, text, files)


def test_npm_packages_for_any_platform_run_there(tmp_path: Path) -> None:
    assert "\nFROM node:20-alpine AS runtime\n" in node(tmp_path)


@pytest.mark.parametrize(
    "entry",
    [
        {"hasInstallScript": True},
        {"cpu": ["x64"], "os": ["linux"]},
        {"dependencies": {"node-gyp-build": "4.0.0"}},
        {"name": "sodium-native"},
    ],
)
def test_npm_packages_that_may_be_compiled(tmp_path: Path, entry: dict[str, object]) -> None:
    assert "may be compiled for one C library" in node(tmp_path, **entry)


def test_a_global_install_in_the_runtime(tmp_path: Path) -> None:
    lock = '{"lockfileVersion": 3, "packages": {}}'
    files = {"package.json": json.dumps(PACKAGE), "server.js": "", "package-lock.json": lock}
    text = NODE.format("RUN npm install -g pm2\n").replace('"node", ', '"pm2-runtime", ')
    assert "`npm` may do otherwise" in split(tmp_path, text, files)


def test_a_lock_without_words_on_scripts(tmp_path: Path) -> None:
    lock = '# yarn lockfile v1\n\n\na@1.0.0:\n  version "1.0.0"\n'
    files = {"package.json": json.dumps(PACKAGE), "server.js": "", "yarn.lock": lock}
    text = NODE.format("").replace("npm ci", "yarn install --frozen-lockfile")
    assert "`a` may be compiled" in split(tmp_path, text, files)
