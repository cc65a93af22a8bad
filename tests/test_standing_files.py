"""Files of packages that steps change: the stage in which they do has the packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import CATALOGUE, settings_of
from dockrefactor.batch import Batch, Source
from dockrefactor.settings import Configurations
from dockrefactor.toolchains import TOOLCHAINS

INSTALL = "WORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n"
NGINX = "RUN apt-get update && apt-get install -y nginx\n"
REDIS = "RUN apt-get update && apt-get install -y redis-server{}\n"
POLICY = "RUN sed -i 's/none/read/' /etc/ImageMagick-6/policy.xml\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\n")
    (tmp_path / "app.py").write_text("import flask\n\nflask.Flask(__name__).run(port=8000)\n")
    (tmp_path / "site.conf").write_text("server {}\n")
    return tmp_path


def stages(folder: Path, before: str, start: str = "", base: str = "python:3.11-bookworm") -> tuple[str, str]:
    """The builder and the runtime that come of steps before the install; ("", "") where it is not split."""
    (folder / "Dockerfile").write_text(f"FROM {base}\n{before}{INSTALL}CMD {start}python app.py\n")
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    builder, found, runtime = report.result.after.partition("AS runtime")
    return (builder, runtime) if found else ("", "")


@pytest.mark.parametrize(
    "step",
    [
        "RUN rm /etc/nginx/sites-enabled/default\n",
        "RUN sed -i 's/80/8080/' /etc/nginx/nginx.conf\n",
        "RUN mkdir /etc/nginx/ssl\n",
        "RUN echo 'server {}' > /etc/nginx/conf.d/site.conf\n",
        "COPY site.conf /etc/nginx/sites-available/a\nRUN ln -s ../sites-available/a /etc/nginx/sites-enabled/\n",
        "RUN cp /etc/nginx/nginx.conf /etc/nginx.saved\n",
    ],
)
def test_the_builder_has_the_package_whose_files_it_changes(folder: Path, step: str) -> None:
    builder, runtime = stages(folder, NGINX + step, "nginx && ")
    assert NGINX in runtime
    assert step.splitlines()[-1] in runtime
    assert NGINX in builder or step.splitlines()[-1] not in builder


def test_what_is_removed_where_it_may_be_missing_asks_for_no_package(folder: Path) -> None:
    builder, _ = stages(folder, NGINX + "RUN rm -f /etc/nginx/sites-enabled/default\n", "nginx && ")
    assert NGINX not in builder


def test_a_changed_file_keeps_its_owner(folder: Path) -> None:
    change = " && sed -i 's/127.0.0.1/0.0.0.0/' /etc/redis/redis.conf"
    _, runtime = stages(folder, REDIS.format(change), "redis-server --daemonize yes && ")
    assert "COPY --from=builder /etc/redis" not in runtime
    assert REDIS.format(change) in runtime


@pytest.mark.parametrize("step", [POLICY, "RUN echo 'StrictHostKeyChecking no' >> /etc/ssh/ssh_config\n"])
def test_files_that_only_the_full_image_has_keep_it(folder: Path, step: str) -> None:
    assert stages(folder, step) == ("", "")


@pytest.mark.parametrize(
    ("before", "base"),
    [
        ("RUN apt-get update && apt-get install -y imagemagick\n", "python:3.11-bookworm"),
        ("RUN apt-get update && apt-get install -y imagemagick gcc\n", "python:3.11-slim-bookworm"),
    ],
)
def test_files_of_a_package_that_the_runtime_installs_are_changed_there(folder: Path, before: str, base: str) -> None:
    _, runtime = stages(folder, before + POLICY, base=base)
    assert "imagemagick" in runtime.partition(POLICY)[0]


def test_files_that_every_image_has_are_changed(folder: Path) -> None:
    step = "RUN echo '10.0.0.1 db' >> /etc/hosts && mkdir /var/log/app && touch /var/log/app/a.log\n"
    assert step in stages(folder, step)[1]


@pytest.mark.parametrize("step", ["RUN cat /etc/nginx/nginx.conf\n", "RUN which nginx\n", "RUN nginx --version\n"])
def test_the_builder_has_the_package_that_it_is_asked_for(folder: Path, step: str) -> None:
    builder, runtime = stages(folder, NGINX + step, "nginx && ")
    assert NGINX in runtime
    assert NGINX in builder or step not in builder


@pytest.mark.parametrize(
    ("line", "repeated"),
    [
        ("rm -rf secrets && pip install -r requirements.txt", "RUN rm -rf secrets\n"),
        ("pip install -r requirements.txt && rm site.conf", "RUN rm site.conf\n"),
        ("pip install -r requirements.txt && rm -rf /root/.cache", ""),
        ("tar xzf a.tgz -C /tmp && rm -rf /tmp/a && pip install -r requirements.txt", ""),
    ],
)
def test_what_an_installing_step_removes_is_removed_from_the_runtime(folder: Path, line: str, repeated: str) -> None:
    (folder / "secrets").write_text("")
    (folder / "Dockerfile").write_text(
        f"FROM python:3.11-bookworm\nWORKDIR /app\nCOPY . .\nRUN {line}\nCMD python app.py\n"
    )
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    runtime = report.result.after.partition("AS runtime")[2]
    assert ("RUN rm" in runtime) is bool(repeated)
    assert repeated in runtime.partition("COPY . .")[2]


def test_what_the_install_of_packages_brings_is_removed_from_the_runtime(folder: Path) -> None:
    line = "apt-get update && apt-get install -y nginx && rm /etc/nginx/sites-enabled/default && pip install gunicorn"
    _, runtime = stages(folder, f"RUN {line}\n", "nginx && ")
    assert "RUN rm /etc/nginx/sites-enabled/default\n" in runtime


def test_what_compilers_look_for_is_in_the_builder_alone(folder: Path) -> None:
    link = "RUN ln -s /usr/include/locale.h /usr/include/xlocale.h\n"
    builder, runtime = stages(folder, "RUN apk add build-base\n" + link, base="python:3.11-alpine")
    assert link in builder
    assert link not in runtime


def test_what_a_smaller_copy_does_not_bring_is_not_removed_from_the_runtime(tmp_path: Path) -> None:
    for name, text in {
        "pom.xml": "<project><groupId>g</groupId><artifactId>svc</artifactId><version>1</version></project>\n",
        "docs/a.md": "",
        "conf/a.properties": "",
        "src/main/java/Main.java": 'class Main { Object a = Files.readString(Path.of("conf/a.properties")); }\n',
        "Dockerfile": "FROM maven:3.9-eclipse-temurin-17\nWORKDIR /app\nCOPY . .\nRUN mvn package && rm -r docs\n"
        'CMD ["java", "-cp", "target/svc-1.jar", "Main"]\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", tmp_path / "Dockerfile"))
    assert report.result is not None
    runtime = report.result.after.partition("AS runtime")[2]
    assert "COPY conf/a.properties" in runtime
    assert "docs" not in runtime
