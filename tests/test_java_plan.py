"""What of a Java build, and of the files beside it, comes to the runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import CATALOGUE, settings_of
from dockrefactor.batch import Batch, Source
from dockrefactor.settings import Configurations
from dockrefactor.toolchains import TOOLCHAINS

BUILD = """plugins { id 'application' }
repositories { mavenCentral() }
dependencies { implementation 'com.google.guava:guava:33.0.0-jre' }
application { mainClass = 'Main' }
"""
TOP = "FROM gradle:8-jdk17\nWORKDIR /src\nCOPY . .\nRUN gradle installDist --no-daemon\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "settings.gradle": "rootProject.name = 'app'\n",
        "build.gradle": BUILD,
        "src/main/java/Main.java": "class Main { public static void main(String[] args) {} }\n",
        "agents/a.jar": "",
        "conf/logback.xml": "<configuration/>\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def runtime(folder: Path, text: str) -> str:
    (folder / "Dockerfile").write_text(text)
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    return report.result.after.partition("AS runtime")[2]


@pytest.mark.parametrize(
    "steps",
    [
        "RUN mkdir /app && cp -r build/install/app/* /app/\nWORKDIR /app\n",
        "RUN mkdir /app && cp -r build/install/app/bin build/install/app/lib /app/\nWORKDIR /app\n",
        "WORKDIR /app\nRUN cp -r /src/build/install/app/bin . && cp -r /src/build/install/app/lib .\n",
    ],
)
def test_what_a_step_puts_beside_the_start_script_comes_along(folder: Path, steps: str) -> None:
    text = runtime(folder, TOP + steps + 'ENTRYPOINT ["bin/app"]\n')
    assert "COPY --from=builder /app /app\n" in text or not text


@pytest.mark.parametrize(
    ("variable", "files"),
    [
        ('JAVA_OPTS="-javaagent:/src/agents/a.jar"', ["agents/a.jar"]),
        ('APP_OPTS="-Dlogback.configurationFile=conf/logback.xml"', ["conf/logback.xml"]),
        ("LOGGING_CONFIG=file:/src/conf/logback.xml", ["conf/logback.xml"]),
        ("SPRING_CONFIG_LOCATION=/src/conf/", ["conf"]),
        ("GREETING=hello", []),
    ],
)
def test_files_that_variables_name_come_along(folder: Path, variable: str, files: list[str]) -> None:
    text = runtime(folder, TOP + f'ENV {variable}\nCMD ["build/install/app/bin/app"]\n')
    assert [
        line.split()[-1].removeprefix("./")
        for line in text.splitlines()
        if line.startswith("COPY ") and "--from" not in line
    ] == files
