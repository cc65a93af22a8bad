"""What an install of Python packages reads: manifests, lock files, and all that they include."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from dockrefactor.context import MAX_READ, BuildContext
from dockrefactor.needs import COMMAND, InstallInputs
from dockrefactor.toolchains.python_commands import parse_install
from dockrefactor.toolchains.python_manifests import install_inputs
from dockrefactor.toolchains.python_projects import setup_requirements
from dockrefactor.toolchains.python_requirements import installs_on_linux, requirement_lines


def inputs(tmp_path: Path, line: str, files: dict[str, str], cwd: str = "/app") -> InstallInputs:
    """The inputs of a command in `cwd` after `COPY . /app`."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    context = BuildContext(tmp_path)

    def resolve(path: str) -> str | None:
        inside = path.removeprefix("/app").lstrip("/")
        return inside if path.startswith("/app") and context.exists(inside) else None

    install = parse_install(shlex.split(line))
    assert install is not None
    return install_inputs(install, cwd, resolve, context)


def packages(found: InstallInputs) -> dict[str, str | None]:
    return {item.name: item.version for item in found.packages}


def test_requirement_files_include_others(tmp_path: Path) -> None:
    found = inputs(
        tmp_path,
        "pip install -r requirements/prod.txt -c limits.txt",
        {
            "requirements/prod.txt": "-r base.txt\n--requirement=extra/more.txt\n-c ../pins.txt\n-r prod.txt\n"
            "gunicorn[gevent]==21.2.0 ; python_version > '3.5'  # server\n",
            "requirements/base.txt": "# names\nFlask>=2,\\\n  <3\nDjango_Rest.Framework\n-i https://x/simple\n",
            "requirements/extra/more.txt": "pywin32==1; sys_platform == 'win32'\nuvloop; sys_platform != 'win32'\n",
            "pins.txt": "flask==2.9\nunused==1\n",
            "limits.txt": "",
        },
    )
    assert set(found.files) == {
        "/app/requirements/prod.txt",
        "/app/requirements/base.txt",
        "/app/requirements/extra/more.txt",
        "/app/pins.txt",
        "/app/limits.txt",
    }
    assert packages(found) == {"flask": "2.9", "django-rest-framework": None, "gunicorn": "21.2.0", "uvloop": None}
    assert (found.folders, found.open_ended, found.missing, found.locked) == ((), (), (), False)


def test_local_projects_are_relative_to_the_working_folder(tmp_path: Path) -> None:
    found = inputs(
        tmp_path,
        "pip install -r deps/r.txt",
        {
            "deps/r.txt": "-e ./lib[db]\n./other\nfile:vendor/w-1.2-py3-none-any.whl\nx @ file:///app/third\n",
            "lib/pyproject.toml": "[project]\nname='lib'\ndependencies=['attrs']\n"
            "[project.optional-dependencies]\ndb=['psycopg2==2.9']\nweb=['flask']\n",
            "other/setup.py": "from setuptools import setup\nR = ['six==1.16']\nsetup(install_requires=R)\n",
            "third/setup.cfg": "[options]\ninstall_requires =\n    toml\n    # comment\n    yaml>1\n",
            "vendor/w-1.2-py3-none-any.whl": "",
        },
    )
    assert set(found.folders) == {"/app/lib", "/app/other", "/app/third"}
    assert set(found.files) == {"/app/deps/r.txt", "/app/vendor/w-1.2-py3-none-any.whl"}
    assert packages(found) == {
        "attrs": None,
        "psycopg2": "2.9",
        "six": "1.16",
        "toml": None,
        "yaml": None,
        "w": "1.2",
    }
    assert found.open_ended == ()


def test_addresses_and_computed_paths_leave_the_list_open(tmp_path: Path) -> None:
    found = inputs(
        tmp_path,
        "pip install -r r.txt -r $OTHER ./dist/*.whl",
        {"r.txt": "git+https://example.org/r.git@v1#egg=My_Repo\nq @ https://example.org/q.zip\n--unheard\n"},
    )
    assert packages(found) == {"my-repo": None, "q": None}
    assert [evidence.line for evidence in found.open_ended if evidence.path == "r.txt"] == [1, 2, 3]
    assert sum(evidence.path == COMMAND for evidence in found.open_ended) == 2


def test_missing_files_are_named(tmp_path: Path) -> None:
    found = inputs(tmp_path, "pip install -r r.txt -e . -r /tmp/x.txt", {"r.txt": "-r gone.txt\n"})
    assert set(found.missing) == {"/app/gone.txt", "/tmp/x.txt", "/app"}
    assert found.files == ("/app/r.txt",)


def test_hashes_lock_a_requirement_file(tmp_path: Path) -> None:
    text = "six==1.16 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via x\n"
    found = inputs(tmp_path, "pip install -r r.txt", {"r.txt": text})
    assert found.locked
    assert packages(found) == {"six": "1.16"}
    assert found.open_ended == ()


def test_named_requirements(tmp_path: Path) -> None:
    found = inputs(tmp_path, "pip install Flask==3.0 'uvicorn[standard]>=0.2' x==1.*", {})
    assert packages(found) == {"flask": "3.0", "uvicorn": None, "x": None}
    assert found.files == ()


def test_find_links_folder_is_read(tmp_path: Path) -> None:
    found = inputs(tmp_path, "pip install --no-index -f wheels six", {"wheels/six.whl": ""})
    assert found.folders == ("/app/wheels",)


def test_dynamic_dependencies_of_a_project(tmp_path: Path) -> None:
    toml = "[project]\nname='a'\ndynamic=['dependencies']\n[tool.setuptools.dynamic]\ndependencies={file=['r.txt']}\n"
    found = inputs(tmp_path, "pip install .", {"pyproject.toml": toml, "r.txt": "six\n"})
    assert (found.folders, packages(found)) == (("/app",), {"six": None})


def test_computed_setup_is_open(tmp_path: Path) -> None:
    found = inputs(tmp_path, "python setup.py install", {"setup.py": "setup(install_requires=open('r').read())"})
    assert found.folders == ("/app",)
    assert [evidence.says for evidence in found.open_ended] == ["dependencies are computed"]


POETRY = """
[tool.poetry]
name = "app"
readme = "README.md"
[tool.poetry.dependencies]
python = "^3.11"
flask = "^3"
pinned = "1.2.3"
local = {path = "../shared", develop = true}
[tool.poetry.group.dev.dependencies]
pytest = "*"
[tool.poetry.group.prod.dependencies]
gunicorn = "*"
"""
POETRY_LOCK = """
[[package]]
name = "flask"
version = "3.0.1"
files = [{file = "flask-3.0.1-py3-none-any.whl", hash = "x"}]
[package.dependencies]
MarkupSafe = ">=2"
colorama = {version = "*", markers = "platform_system == \\"Windows\\""}

[[package]]
name = "markupsafe"
version = "2.1"
files = [{file = "MarkupSafe-2.1-cp311-cp311-manylinux_2_17_x86_64.whl", hash = "x"}]

[[package]]
name = "colorama"
version = "0.4"

[[package]]
name = "pytest"
version = "8.0"

[[package]]
name = "gunicorn"
version = "21.0"

[[package]]
name = "forked"
version = "1.0"
[package.source]
type = "git"
url = "https://example.org/forked.git"
"""


def test_poetry_with_a_lock(tmp_path: Path) -> None:
    files = {"pyproject.toml": POETRY, "poetry.lock": POETRY_LOCK, "poetry.toml": ""}
    found = inputs(tmp_path, "poetry install --no-root --with prod", files)
    assert set(found.files) == {"/app/pyproject.toml", "/app/poetry.lock", "/app/poetry.toml"}
    assert found.folders == ("/shared",)
    assert found.locked
    assert packages(found) == {
        "flask": "3.0.1",
        "markupsafe": "2.1",
        "pytest": "8.0",
        "gunicorn": "21.0",
        "forked": "1.0",
    }
    by_name = {item.name: item for item in found.packages}
    assert (by_name["flask"].native, by_name["markupsafe"].native, by_name["pytest"].native) == (False, True, None)
    assert [name for name, item in by_name.items() if item.development] == ["pytest"]
    assert by_name["markupsafe"].evidence.line == 11
    assert len(found.open_ended) == 1


def test_poetry_without_a_lock_gives_names(tmp_path: Path) -> None:
    found = inputs(tmp_path, "poetry install --no-directory", {"pyproject.toml": POETRY})
    assert not found.locked
    assert packages(found) == {"flask": None, "pinned": "1.2.3", "pytest": None, "gunicorn": None}
    assert found.folders == ("/app",)
    assert found.files == ("/app/pyproject.toml",)


def test_poetry_groups_of_the_lock_itself(tmp_path: Path) -> None:
    lock = (
        '[[package]]\nname = "a"\nversion = "1"\ngroups = ["main", "dev"]\n'
        '[[package]]\nname = "b"\nversion = "1"\ngroups = ["dev"]\n'
        '[[package]]\nname = "c"\nversion = "1"\ngroups = ["main"]\nmarkers = "sys_platform == \\"win32\\""\n'
    )
    manifest = "[tool.poetry]\npackage-mode = false\n"
    found = inputs(tmp_path, "poetry install", {"pyproject.toml": manifest, "poetry.lock": lock})
    assert [(item.name, item.development) for item in found.packages] == [("a", False), ("b", True)]
    assert found.folders == ()


def test_pipenv(tmp_path: Path) -> None:
    lock = {
        "_meta": {},
        "default": {
            "flask": {"version": "==3.0"},
            "winthing": {"version": "==1", "markers": "sys_platform == 'win32'"},
            "local": {"path": "./lib", "editable": True},
            "repo": {"git": "https://example.org/r.git", "ref": "x"},
        },
        "develop": {"pytest": {"version": "==8.0"}},
    }
    files = {"Pipfile": "[packages]\nflask='*'\n", "Pipfile.lock": json.dumps(lock, indent=4)}
    found = inputs(tmp_path, "pipenv install --system --deploy", files)
    assert found.files == ("/app/Pipfile", "/app/Pipfile.lock")
    assert found.folders == ("/app/lib",)
    assert packages(found) == {"flask": "3.0", "repo": None, "pytest": "8.0"}
    assert found.locked
    assert len(found.open_ended) == 1
    (evidence,) = {item.evidence.line for item in found.packages if item.name == "flask"}
    assert evidence == 4


def test_pipenv_without_its_lock(tmp_path: Path) -> None:
    found = inputs(tmp_path, "pipenv sync", {"Pipfile": "[packages]\nflask='==3.0.1'\n[dev-packages]\npytest='*'\n"})
    assert found.missing == ("/app/Pipfile.lock",)
    assert packages(found) == {"flask": "3.0.1", "pytest": None}


UV = """
[project]
name = "app"
version = "1"
readme = "README.md"
dependencies = ["flask"]
[build-system]
requires = ["hatchling"]
[tool.uv.workspace]
members = ["packages/*"]
"""
UV_LOCK = """
version = 1
[manifest]
members = ["app", "core"]

[[package]]
name = "app"
version = "1"
source = { editable = "." }
dependencies = [{ name = "flask" }, { name = "core" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "core"
source = { editable = "packages/core" }

[[package]]
name = "flask"
version = "3.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "colorama", marker = "sys_platform == 'win32'" }]
wheels = [{ url = "https://x/flask-3.0-py3-none-any.whl", hash = "x" }]

[[package]]
name = "colorama"
version = "0.4"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://pypi.org/simple" }
"""


def test_uv_workspace(tmp_path: Path) -> None:
    files = {"pyproject.toml": UV, "uv.lock": UV_LOCK, "packages/core/pyproject.toml": "", ".python-version": "3.12"}
    found = inputs(tmp_path, "uv sync --frozen", files)
    assert set(found.files) == {
        "/app/pyproject.toml",
        "/app/uv.lock",
        "/app/.python-version",
        "/app/packages/core/pyproject.toml",
    }
    assert set(found.folders) == {"/app", "/app/packages/core"}
    assert [(item.name, item.version, item.development) for item in found.packages] == [
        ("flask", "3.0", False),
        ("pytest", "8.0", True),
    ]
    assert found.locked
    assert found.open_ended == ()


def test_uv_without_the_workspace(tmp_path: Path) -> None:
    files = {"pyproject.toml": UV, "uv.lock": UV_LOCK}
    found = inputs(tmp_path, "uv sync --frozen --no-install-workspace --no-install-project", files)
    assert (found.folders, found.missing) == ((), ())
    assert inputs(tmp_path, "uv sync --frozen", files).missing == ("/app/packages/core/pyproject.toml",)


def test_uv_project_that_is_no_package(tmp_path: Path) -> None:
    manifest = "[project]\nname='a'\nversion='1'\ndependencies=['six']\n"
    found = inputs(tmp_path, "uv sync", {"pyproject.toml": manifest})
    assert (found.folders, packages(found), found.locked) == ((), {"six": None}, False)


@pytest.mark.parametrize("line", ["poetry install --no-root", "uv sync --frozen --no-install-project", "pipenv sync"])
@pytest.mark.parametrize("text", ["[broken", "x" * (MAX_READ + 1)])
def test_locks_that_cannot_be_read_leave_the_list_open(tmp_path: Path, line: str, text: str) -> None:
    name = {"poetry": "poetry.lock", "uv": "uv.lock", "pipenv": "Pipfile.lock"}[line.split()[0]]
    found = inputs(tmp_path, line, {"pyproject.toml": "[project]\nname='a'\n", "Pipfile": "[packages]\n", name: text})
    assert not found.locked
    assert any(evidence.path == name for evidence in found.open_ended)


def test_uv_takes_requirements_from_a_manifest(tmp_path: Path) -> None:
    found = inputs(tmp_path, "uv pip install --system -r pyproject.toml", {"pyproject.toml": UV})
    assert (found.files, found.packages, found.locked) == (("/app/pyproject.toml",), (), False)
    assert [evidence.says for evidence in found.open_ended] == ["requirements are taken from pyproject.toml"]


def test_requirement_lines() -> None:
    text = "a # x\n\n# whole\nb \\\n  >1\nc#egg=d\n\\\n"
    assert list(requirement_lines(text)) == [(1, "a"), (4, "b   >1"), (6, "c#egg=d")]


def test_markers() -> None:
    assert installs_on_linux("python_version < '3'")
    assert not installs_on_linux("sys_platform == 'win32' and python_version > '3'")
    assert not installs_on_linux("platform_system == 'Windows'")
    assert installs_on_linux("sys_platform == 'win32' or platform_machine == 'aarch64'")
    assert installs_on_linux("sys_platform nonsense")


def test_setup_requirements() -> None:
    text = "setup(install_requires=['a', 'b>1'], extras_require={'x': ['c'], 'y': ['d']})"
    assert setup_requirements(text, ("x",)) == [(1, "a"), (1, "b>1"), (1, "c")]
    assert setup_requirements("setup(**options)", ()) is None
    assert setup_requirements("print 'x'", ()) is None
