"""What a Python image's variables, settings and system packages mean for its installs and its runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import CATALOGUE, settings_of
from dockrefactor.batch import Batch, Source
from dockrefactor.settings import Configurations
from dockrefactor.toolchains import TOOLCHAINS

FULL = "FROM python:3.11-bookworm\n"
SLIM = "FROM python:3.11-slim-bookworm\nRUN apt-get update && apt-get install -y gcc {}\n"
INSTALL = "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
CMD = 'CMD ["python", "app.py"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\n")
    (tmp_path / "app.py").write_text("import flask\n\nflask.Flask(__name__).run(port=8000)\n")
    return tmp_path


def result(folder: Path, source: str) -> str:
    """The new text of the Dockerfile."""
    (folder / "Dockerfile").write_text(source, encoding="utf-8")
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    return report.result.after


def test_files_that_variables_of_pip_name_are_copied_before_the_install(folder: Path) -> None:
    (folder / "constraints.txt").write_text("flask<4\n")
    text = result(folder, FULL + "ENV PIP_CONSTRAINT=constraints.txt\n" + INSTALL + CMD)
    assert "COPY constraints.txt requirements.txt ./\nRUN pip install" in text


def test_folders_of_wheels_that_variables_of_pip_name_are_copied_before_the_install(folder: Path) -> None:
    (folder / "wheels").mkdir()
    (folder / "wheels" / "a-1.0-py3-none-any.whl").write_text("")
    text = result(folder, FULL + "ENV PIP_FIND_LINKS=/app/wheels\n" + INSTALL + CMD)
    assert "COPY wheels ./wheels\nRUN pip install" in text


@pytest.mark.parametrize(
    ("requirements", "before", "option"),
    [
        ("lxml==5.2.1\n", "", "--no-binary lxml "),
        ("--no-binary lxml\nlxml==5.2.1\n", "", ""),
        ("lxml==5.2.1\n", "ENV PIP_NO_BINARY=:all:\n", ""),
    ],
)
def test_what_is_compiled_though_it_has_wheels_finds_its_libraries(
    folder: Path, requirements: str, before: str, option: str
) -> None:
    (folder / "requirements.txt").write_text(requirements)
    text = result(folder, FULL + before + INSTALL.replace("install ", f"install {option}") + CMD)
    assert "libxslt1.1" in text.partition("AS runtime")[2]


def test_a_work_folder_that_is_not_repeated_is_copied_to_its_place(folder: Path) -> None:
    (folder / "setup.py").write_text("from setuptools import setup\n\nsetup(name='a', py_modules=['app'])\n")
    source = FULL + "WORKDIR /src\nCOPY . .\nRUN pip install -e .\nWORKDIR /tmp\n" + 'CMD ["python", "-m", "app"]\n'
    text = result(folder, source)
    assert "COPY --from=builder /src ./" not in text
    assert "COPY --from=builder /src /src" in text


def test_djangos_messages_are_compiled_where_gettext_is(folder: Path) -> None:
    (folder / "manage.py").write_text("import django\n")
    text = result(folder, SLIM.format("gettext") + INSTALL + "RUN python manage.py compilemessages\n" + CMD)
    runtime = text.partition("AS runtime")[2]
    assert "compilemessages" not in runtime or "gettext" in runtime


def test_what_supervisor_starts_stays(folder: Path) -> None:
    (folder / "supervisord.conf").write_text("[program:a]\ncommand=bash -c 'curl -f http://a && python app.py'\n")
    source = SLIM.format("supervisor curl") + INSTALL + 'CMD ["supervisord", "-n", "-c", "supervisord.conf"]\n'
    assert "curl" in result(folder, source).partition("AS runtime")[2]


def test_a_program_that_the_line_of_the_install_runs_is_in_the_builder(folder: Path) -> None:
    (folder / "cron.txt").write_text("* * * * * curl http://a\n")
    source = SLIM.format("cron curl") + INSTALL.rstrip() + ' && crontab cron.txt\nCMD ["cron", "-f"]\n'
    builder, _, runtime = result(folder, source).partition("AS runtime")
    assert "crontab" not in builder or "gcc cron" in builder
    assert "curl" in runtime


def test_extensions_among_the_sources_are_not_compiled_in_the_runtime(folder: Path) -> None:
    text = result(folder, FULL + INSTALL + "RUN python setup.py build_ext --inplace\n" + CMD)
    assert "AS runtime" not in text


@pytest.mark.parametrize(
    ("after", "is_closed"),
    [("", True), ("RUN chmod +x /data.json\n", True), ("RUN chmod 644 /data.json\n", False)],
)
def test_a_file_that_add_fetches_is_roots_alone(folder: Path, after: str, is_closed: bool) -> None:
    source = FULL + "ADD https://example.org/data.json /data.json\n" + after + INSTALL + CMD
    assert ("USER" not in result(folder, source)) is is_closed


def test_a_compiler_comes_with_the_headers_of_the_c_library(folder: Path) -> None:
    (folder / "requirements.txt").write_text("cython==3.0.10\n")
    assert "libc6-dev" in result(folder, FULL + INSTALL + CMD)


def test_settings_of_the_system_stay_before_the_install(folder: Path) -> None:
    (folder / "pip.conf").write_text("[global]\nindex-url = https://mirror.example.org/simple\n")
    text = result(folder, FULL + "COPY pip.conf /etc/pip.conf\n" + INSTALL + CMD)
    assert "COPY pip.conf /etc/pip.conf" in text.partition("AS runtime")[0].partition("RUN pip install")[0]


def test_certificates_stay_before_the_install(folder: Path) -> None:
    (folder / "ca.crt").write_text("")
    certificate = "COPY ca.crt /usr/local/share/ca-certificates/ca.crt\nRUN update-ca-certificates\n"
    text = result(folder, FULL + certificate + INSTALL + CMD)
    assert "ca.crt /usr/local" in text.partition("AS runtime")[0].partition("RUN pip install")[0]


def test_a_link_is_made_anew_in_the_runtime(folder: Path) -> None:
    zone = "tzdata && ln -snf /usr/share/zoneinfo/Europe/Berlin /etc/localtime"
    runtime = result(folder, SLIM.format(zone) + INSTALL + CMD).partition("AS runtime")[2]
    assert "/etc/localtime /etc/localtime" not in runtime
    assert not runtime or zone.partition(" && ")[2] in runtime


@pytest.mark.parametrize(
    "before",
    [
        "ARG PIP_TARGET=/deps\n",
        "ARG PIP_PREFIX\n",
        "RUN pip config set global.target /deps\n",
        "RUN pip3 config --user set install.user true\n",
        "RUN printf '[install]\\ntarget = /deps\\n' > /etc/pip.conf\n",
        "COPY <<EOF /etc/pip.conf\n[install]\nprefix = /deps\nEOF\n",
        "COPY settings/pip.conf /root/.config/pip/pip.conf\n",
        "ENV PIP_CONFIG_FILE=/pip.conf\nCOPY settings/pip.conf /pip.conf\n",
    ],
)
def test_packages_that_settings_send_elsewhere_are_not_looked_for_in_the_environment(folder: Path, before: str) -> None:
    (folder / "settings").mkdir()
    (folder / "settings" / "pip.conf").write_text("[global]\ntarget = /deps\n")
    assert "AS runtime" not in result(folder, FULL + before + INSTALL + CMD)


@pytest.mark.parametrize("before", ["PIP_TARGET=/deps ", "export PIP_PREFIX=/deps && ", "PIP_USER=1; "])
def test_variables_of_one_line_send_packages_elsewhere_too(folder: Path, before: str) -> None:
    source = FULL + INSTALL.replace("RUN ", f"RUN {before}") + CMD
    assert "AS runtime" not in result(folder, source)


@pytest.mark.parametrize("before", ["PIP_NO_BINARY=lxml ", "export PIP_NO_BINARY=:all: && "])
def test_variables_of_one_line_are_read_as_those_of_the_image(folder: Path, before: str) -> None:
    (folder / "requirements.txt").write_text("lxml==5.2.1\n")
    text = result(folder, FULL + INSTALL.replace("RUN ", f"RUN {before}") + CMD)
    assert "libxslt1.1" in text.partition("AS runtime")[2]


@pytest.mark.parametrize(
    "before",
    [
        "RUN pip config set global.index-url https://mirror.example.org/simple\n",
        "RUN printf '[global]\\nindex-url = https://mirror.example.org/simple\\n' > /etc/pip.conf\n",
    ],
)
def test_an_index_that_a_step_names_is_the_builders(folder: Path, before: str) -> None:
    text = result(folder, FULL + before + INSTALL + CMD)
    assert "mirror.example.org" in text.partition("AS runtime")[0].partition("RUN pip install")[0]
    assert "AS runtime" in text


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("FONT = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'\n", "fonts-dejavu-core"),
        ("from PIL import ImageFont\n\nFONT = ImageFont.truetype('DejaVuSans.ttf')\n", "fonts-dejavu-core"),
        ("import mimetypes\n\nmimetypes.guess_type('a.odt')\n", "media-types"),
    ],
)
def test_files_of_the_full_image_that_a_source_reads_are_installed(folder: Path, source: str, package: str) -> None:
    (folder / "app.py").write_text(source)
    assert package in result(folder, FULL + INSTALL + CMD).partition("AS runtime")[2]
    assert package not in result(folder, SLIM.format("") + INSTALL + CMD)


def test_types_of_served_files_are_known_where_they_were(folder: Path) -> None:
    assert "media-types" not in result(folder, FULL + INSTALL + CMD)
    (folder / "static").mkdir()
    (folder / "static" / "text.woff2").write_text("")
    assert "media-types" in result(folder, FULL + INSTALL + CMD).partition("AS runtime")[2]
    buster = FULL.replace("3.11-bookworm", "3.7-buster")
    assert "AS runtime" not in result(folder, buster + INSTALL + CMD)  # nothing can be installed there any more
    archive = "RUN sed -i s/deb.debian.org/archive.debian.org/ /etc/apt/sources.list\n"
    archive += "RUN apt-get update && apt-get install -y file\n"
    assert "mime-support" in result(folder, buster + archive + INSTALL + CMD).partition("AS runtime")[2]


@pytest.mark.parametrize(
    "source",
    [
        "from cffi import FFI\n\nffi = FFI()\nffi.verify('')\n",
        "import pyximport\n\npyximport.install()\n",
        "import torch\n\nmodel = torch.compile(torch.nn.Linear(1, 1))\n",
        "from torch.utils import cpp_extension\n\ncpp_extension.load('a', ['a.cpp'])\n",
        "import triton\n\n\n@triton.jit\ndef kernel(): ...\n",
        "HEADERS = '/usr/include/linux'\n",
    ],
)
def test_sources_that_compile_when_they_run_keep_the_compiler(folder: Path, source: str) -> None:
    (folder / "app.py").write_text(source)
    assert "AS runtime" not in result(folder, FULL + INSTALL + CMD)


def test_a_module_that_setup_compiles_does_not_compile_when_it_runs(folder: Path) -> None:
    (folder / "build_fast.py").write_text("from cffi import FFI\n\nffibuilder = FFI()\nffibuilder.compile()\n")
    assert "AS runtime" not in result(folder, FULL + INSTALL + CMD)
    (folder / "setup.py").write_text("cffi_modules = ['build_fast.py:ffibuilder']\n")
    assert "AS runtime" in result(folder, FULL + INSTALL + CMD)


@pytest.mark.parametrize(("library", "is_split"), [("'libcurl.so.4'", False), ("None", True), ("'libc.so.6'", True)])
def test_a_library_that_cffi_loads_is_known(folder: Path, library: str, is_split: bool) -> None:
    (folder / "app.py").write_text(f"from cffi import FFI\n\nffi = FFI()\nlib = ffi.dlopen({library})\n")
    assert ("AS runtime" in result(folder, FULL + INSTALL + CMD)) is is_split


def test_a_library_is_searched_for_by_the_compiler_on_alpine(folder: Path) -> None:
    (folder / "app.py").write_text("import ctypes.util\n\nprint(ctypes.util.find_library('m'))\n")
    source = "FROM python:3.11-alpine3.20\nRUN apk add --no-cache gcc musl-dev\n" + INSTALL + CMD
    assert "AS runtime" not in result(folder, source)
    assert "AS runtime" in result(folder, FULL + INSTALL + CMD)


@pytest.mark.parametrize(
    ("install", "command"),
    [
        ("RUN python -m venv env && . env/bin/activate && pip install -r requirements.txt", "env/bin/python app.py"),
        ("RUN python -m venv env && env/bin/pip install -r requirements.txt", "env/bin/python app.py"),
        ("RUN python -m venv env\nRUN . ./env/bin/activate; pip install -r requirements.txt", "env/bin/python app.py"),
    ],
)
def test_an_environment_of_the_authors_own_is_the_only_one(folder: Path, install: str, command: str) -> None:
    (folder / "app.py").write_text("import flask\n")
    text = result(folder, FULL + f"WORKDIR /app\nCOPY requirements.txt .\n{install}\nCOPY . .\nCMD {command}\n")
    assert "/opt/venv" not in text
    assert "COPY --from=builder /app/env /app/env" in text


def test_an_environment_that_nothing_makes_is_not_activated(folder: Path) -> None:
    source = FULL + INSTALL.replace("RUN pip", "RUN . /opt/conda/bin/activate && pip") + CMD
    assert "AS runtime" not in result(folder, source)


def test_an_environment_that_takes_the_images_packages_is_not_beside_another(folder: Path) -> None:
    own = "RUN python -m venv --system-site-packages env && env/bin/pip install requests==2.32.3\n"
    assert "AS runtime" not in result(folder, FULL + INSTALL + own + CMD)


@pytest.mark.parametrize(
    ("command", "link"),
    [
        ("/usr/local/bin/flask run", "RUN ln -s /opt/venv/bin/flask /usr/local/bin/\n"),
        ("/usr/local/bin/gunicorn app:app", None),  # no install names it
        ("/usr/local/bin/python app.py", None),
    ],
)
def test_a_program_that_is_started_by_its_path_is_linked(folder: Path, command: str, link: str | None) -> None:
    text = result(folder, FULL + INSTALL + f"CMD {command}\n")
    assert ("AS runtime" in text) is (link is not None)
    assert link is None or link in text


def test_a_program_that_a_step_names_by_its_path_stays(folder: Path) -> None:
    source = FULL + INSTALL + "RUN /usr/local/bin/flask --version\n" + CMD
    assert "AS runtime" not in result(folder, source)


@pytest.mark.parametrize(
    ("source", "is_split"),
    [
        ("import subprocess\n\nsubprocess.run(['/usr/local/bin/python', 'a.py'])\n", False),
        ("import sys\n\nsys.path.append('/usr/local/lib/python3.11/site-packages')\n", False),
        ("#!/usr/local/bin/python\nimport flask\n", True),
        ("import os\n\nos.environ['PATH'] = '/usr/local/bin:/usr/bin'\n", False),
        ("import os\n\nos.environ['PATH'] += ':/usr/local/bin'\n", True),
    ],
)
def test_paths_of_the_images_python_in_a_source_are_seen(folder: Path, source: str, is_split: bool) -> None:
    (folder / "app.py").write_text(source)
    assert ("AS runtime" in result(folder, FULL + INSTALL + CMD)) is is_split


def test_a_prefix_of_the_authors_own_may_be_named(folder: Path) -> None:
    variables = "ENV PATH=/deps/bin:$PATH PYTHONPATH=/deps/lib/python3.11/site-packages\n"
    text = result(folder, FULL + variables + INSTALL.replace("install ", "install --prefix /deps ") + CMD)
    assert "COPY --from=builder /deps /deps" in text
    assert "/opt/venv" not in text


@pytest.mark.parametrize("task", ["* * * * * cd /app && python app.py\n", "@daily /usr/local/bin/python /app/app.py\n"])
def test_what_cron_starts_finds_the_packages(folder: Path, task: str) -> None:
    (folder / "tasks.cron").write_text(task)
    source = SLIM.format("cron") + INSTALL + 'RUN crontab tasks.cron\nCMD ["cron", "-f"]\n'
    assert "AS runtime" not in result(folder, source)


@pytest.mark.parametrize(
    ("make", "is_split"),
    [
        ("RUN pip install uv && uv venv --python 3.11 /venv\n", True),
        ("RUN pip install uv && uv venv --python 3.13 /venv\n", False),
        ("RUN pip install uv && uv venv --python=/usr/bin/python3 /venv\n", False),
        ("RUN pip install uv && uv venv -p python3 /venv\n", True),
        ("RUN pip install virtualenv && virtualenv -p python3.11 /venv\n", True),
        ("RUN pip install virtualenv && virtualenv -p /usr/bin/python3 /venv\n", False),
        ("RUN /usr/bin/python3 -m venv /venv\n", False),
        ("RUN /usr/local/bin/python3 -m venv /venv\n", True),
        ("ENV UV_PYTHON_PREFERENCE=only-managed\nRUN pip install uv && uv venv /venv\n", False),
    ],
)
def test_an_environment_stands_on_the_images_python(folder: Path, make: str, is_split: bool) -> None:
    text = result(folder, FULL + make + "ENV PATH=/venv/bin:$PATH\n" + INSTALL + CMD)
    assert ("AS runtime" in text) is is_split
    assert "/opt/venv" not in text


@pytest.mark.parametrize(
    ("wanted", "before", "is_split"),
    [
        (">=3.11", "", True),
        (">=3.12", "", False),
        ("<3.11", "", False),
        (">=3.8,<4", "", True),
        (">=3.8", "ENV UV_PYTHON=python3.11\n", True),
        (">=3.8", "ENV UV_PYTHON=3.13\n", False),
    ],
)
def test_uv_downloads_no_python_that_the_runtime_lacks(folder: Path, wanted: str, before: str, is_split: bool) -> None:
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "a"\nversion = "1"\nrequires-python = "{wanted}"\ndependencies = ["flask==3.0.0"]\n'
    )
    install = "RUN pip install uv\nWORKDIR /app\nCOPY pyproject.toml .\nRUN uv sync --no-dev\nCOPY . .\n"
    text = result(folder, FULL + before + install + 'CMD ["/app/.venv/bin/python", "app.py"]\n')
    assert ("AS runtime" in text) is is_split


@pytest.mark.parametrize(("option", "shares"), [("", False), ("--no-build-isolation ", True)])
def test_what_builds_without_isolation_sees_the_images_tools(folder: Path, option: str, shares: bool) -> None:
    text = result(folder, FULL + INSTALL.replace("install ", f"install {option}") + CMD)
    assert ("python -m venv --system-site-packages /opt/venv" in text) is shares


@pytest.mark.parametrize(
    ("before", "is_split"),
    [
        ("ENV PATH=/usr/local/bin:$PATH\n", False),
        ("ENV PATH /usr/local/bin:$PATH\n", False),
        ("ENV PATH=/app/bin:/usr/local/bin:$PATH\n", False),
        ("ENV PATH=$PATH:/usr/local/bin\n", True),
        ("ENV PATH=/app/bin:$PATH\n", True),
    ],
)
def test_the_images_python_does_not_come_before_the_environment(folder: Path, before: str, is_split: bool) -> None:
    assert ("AS runtime" in result(folder, FULL + before + INSTALL + CMD)) is is_split


@pytest.mark.parametrize(
    ("line", "is_split"),
    [
        ("export PATH=/usr/local/bin:$PATH", False),
        ("export PATH=$PATH:/usr/local/bin", True),
        (". /etc/profile", False),
        ("sudo -E python app.py", False),
        ("echo ready", True),
    ],
)
def test_a_start_script_does_not_put_the_images_python_first(folder: Path, line: str, is_split: bool) -> None:
    (folder / "run.sh").write_text(f"#!/bin/sh\n{line}\nexec python app.py\n")
    source = FULL + INSTALL + 'CMD ["sh", "run.sh"]\n'
    assert ("AS runtime" in result(folder, source)) is is_split


@pytest.mark.parametrize(
    ("name", "recipe", "is_split"),
    [
        ("setup.py", "setup(ext_modules=[Extension('a', ['a.c'], libraries=['magic'])])\n", False),
        ("setup.py", "setup(ext_modules=[Extension('a', ['a.c'], libraries=['m', 'pthread'])])\n", True),
        ("setup.py", "setup(ext_modules=[Extension('a', ['a.c'], libraries=found)])\n", False),
        ("setup.py", "setup(ext_modules=[Extension('a', ['a.c'], extra_link_args=['-lxml2'])])\n", False),
        ("setup.py", "setup(ext_modules=[Extension('a', ['a.c'])])\n", True),
        ("meson.build", "py.extension_module('a', 'a.c', dependencies: dependency('libxml-2.0'))\n", False),
        ("CMakeLists.txt", "find_package(Python)\nfind_package(CURL REQUIRED)\n", False),
    ],
)
def test_libraries_that_a_projects_own_extensions_link_are_known(
    folder: Path, name: str, recipe: str, is_split: bool
) -> None:
    project = folder / "own"
    project.mkdir()
    backend = {"meson.build": "mesonpy", "CMakeLists.txt": "scikit_build_core.build"}.get(name, "setuptools.build_meta")
    (project / "pyproject.toml").write_text(
        f'[build-system]\nbuild-backend = "{backend}"\n\n[project]\nname = "own"\nversion = "1"\ndependencies = []\n'
    )
    (project / name).write_text(recipe)
    (folder / "requirements.txt").write_text("flask==3.0.0\n./own\n")
    assert ("AS runtime" in result(folder, FULL + INSTALL + CMD)) is is_split


@pytest.mark.parametrize(
    ("first", "is_split"),
    [("#!/usr/bin/python3", False), ("#!/usr/local/bin/python", False), ("#!/usr/bin/env python3", True)],
)
def test_a_script_that_a_source_starts_finds_its_interpreter(folder: Path, first: str, is_split: bool) -> None:
    (folder / "tool.py").write_text(f"{first}\nimport json\n")
    (folder / "app.py").write_text("import subprocess\n\nsubprocess.run(['./tool.py'])\n")
    assert ("AS runtime" in result(folder, FULL + INSTALL + CMD)) is is_split


@pytest.mark.parametrize(
    ("source", "is_split"),
    [
        ("import subprocess\n\n\ndef run(line):\n    subprocess.run(line, shell=True)\n\n\nrun('curl a.b')\n", False),
        ("import json, subprocess\n\nsubprocess.run(json.load(open('a.json')))\n", False),
        ("import subprocess\n\nwords = ['echo', 'a']\nsubprocess.run(' '.join(words), shell=True)\n", True),
        ("import subprocess, sys\n\nsubprocess.run([sys.executable, 'a.py'])\n", True),
    ],
)
def test_a_program_that_a_source_computes_may_be_the_full_images(folder: Path, source: str, is_split: bool) -> None:
    (folder / "app.py").write_text(source)
    assert ("AS runtime" in result(folder, FULL + INSTALL + CMD)) is is_split
    assert "AS runtime" in result(folder, SLIM.format("") + INSTALL + CMD)


@pytest.mark.parametrize(
    "call",
    [
        "subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'flask'])",
        "os.system('pip install flask')",
        "pip.main(['install', 'flask'])",
    ],
)
def test_a_source_that_installs_when_it_runs_keeps_the_image(folder: Path, call: str) -> None:
    (folder / "app.py").write_text(f"import os, pip, subprocess, sys\n\n{call}\n")
    text = result(folder, FULL + INSTALL + CMD)
    assert "AS runtime" not in text
    assert "USER" not in text


@pytest.mark.parametrize(
    ("place", "source", "is_split"),
    [
        ("/etc/tool", "open('/etc/tool/a.conf')\n", False),
        ("share/tool", "open('/usr/local/share/tool/a.conf')\n", False),
        ("share/tool", "import sys\n\nopen(sys.prefix + '/share/tool/a.conf')\n", True),
    ],
)
def test_data_files_of_the_project_are_found(folder: Path, place: str, source: str, is_split: bool) -> None:
    (folder / "a.conf").write_text("")
    (folder / "app.py").write_text(source)
    (folder / "setup.py").write_text(
        "from setuptools import setup\n\n"
        f"setup(name='tool', py_modules=['app'], data_files=[('{place}', ['a.conf'])], install_requires=['flask'])\n"
    )
    install = "WORKDIR /app\nCOPY . .\nRUN pip install .\n"
    assert ("AS runtime" in result(folder, FULL + install + CMD)) is is_split


@pytest.mark.parametrize(("tag", "is_split"), [("3.11-bookworm", False), ("3.12-bookworm", True)])
def test_what_the_image_has_beside_pip_is_no_part_of_an_environment(folder: Path, tag: str, is_split: bool) -> None:
    (folder / "app.py").write_text("import wheel\n")
    assert ("AS runtime" in result(folder, f"FROM python:{tag}\n" + INSTALL + CMD)) is is_split


@pytest.mark.parametrize(
    ("place", "is_split"),
    [("/usr/local/lib/python3.11/site-packages/own", False), ("/usr/local/lib/own", True), ("/app/own", True)],
)
def test_what_is_copied_into_the_images_python_is_found_there(folder: Path, place: str, is_split: bool) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "__init__.py").write_text("")
    assert ("AS runtime" in result(folder, FULL + INSTALL + f"COPY own {place}\n" + CMD)) is is_split


def test_sources_of_packages_in_a_folder_of_their_own_keep_the_image(folder: Path) -> None:
    install = INSTALL.replace("install ", "install --src /usr/src ")
    assert "AS runtime" not in result(folder, FULL + install + CMD)
    assert "AS runtime" not in result(folder, FULL + "ENV PIP_SRC=/usr/src\n" + INSTALL + CMD)
