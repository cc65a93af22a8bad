"""Spring Boot's jars as layers: where they are, and what stands against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import pipeline
from dockrefactor.context import BuildContext
from dockrefactor.facts import Options
from dockrefactor.outcome import Change, Outcome, Refusal, Unneeded
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import TRANSFORMS
from test_direct_start import MAIN, MAVEN, POM

LAYERS = tuple(item for item in TRANSFORMS if item.name == "layer-jars")
ALL = tuple(item for item in TRANSFORMS if item.name in ("split-stages", "add-user", "layer-jars"))
BUILD = "FROM maven:3.9-eclipse-temurin-17 AS build\nWORKDIR /b\nCOPY . .\nRUN mvn package\n"
GRADLE = {
    "settings.gradle": "rootProject.name = 'shop'\n",
    "build.gradle": (
        "plugins {\n  id 'java'\n  id 'org.springframework.boot' version '3.4.1'\n}\nversion = '1.0'\n"
        "dependencies {\n  implementation 'org.springframework.boot:spring-boot-starter-web'\n}\n"
    ),
    "src/main/java/org/example/Shop.java": MAIN,
}


def written(folder: Path, text: str, files: dict[str, str]) -> pipeline.Result:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return pipeline.refactor(text.encode(), BuildContext(folder), LAYERS, TOOLCHAINS)


def outcome_of(folder: Path, text: str, files: dict[str, str]) -> Outcome | None:
    return written(folder, text, files).answers[0].outcome


def runtime(*lines: str, start: str = 'CMD ["java", "-jar", "/app/shop.jar"]', target: str = "/app/shop.jar") -> str:
    copy = f"COPY --from=build /b/target/shop-1.0.jar {target}"
    return "\n".join([f"{BUILD}FROM eclipse-temurin:17-jre", copy, *lines, start, ""])


def test_split_jar_keeps_its_name(tmp_path: Path) -> None:
    for name, content in MAVEN.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    text = (
        "FROM maven:3.9-eclipse-temurin-17\nWORKDIR /app\nCOPY . .\nRUN mvn package\n"
        'CMD ["java", "-jar", "target/shop-1.0.jar"]\n'
    )
    result = pipeline.refactor(text.encode(), BuildContext(tmp_path), ALL, TOOLCHAINS, Options())
    assert (
        "RUN java -Djarmode=tools -jar /app/target/shop-1.0.jar extract --layers --destination /layers\n"
        in result.after
    )
    copies = [line.split()[2:] for line in result.after.splitlines() if line.startswith("COPY --from=builder")]
    assert copies == [
        [f"/layers/{layer}/", "/app/target/"]
        for layer in ("dependencies", "spring-boot-loader", "snapshot-dependencies", "application")
    ]
    assert result.broken == ()


def test_jar_of_gradle(tmp_path: Path) -> None:
    text = (
        "FROM gradle:8-jdk17 AS build\nWORKDIR /b\nCOPY . .\nRUN gradle bootJar\n"
        "FROM eclipse-temurin:17-jre\nWORKDIR /app\nCOPY --from=build /b/build/libs/*.jar app.jar\n"
        'ENTRYPOINT ["java", "-jar", "app.jar"]\n'
    )
    result = written(tmp_path, text, GRADLE)
    assert isinstance(result.answers[0].outcome, Change)
    assert "-jar /b/build/libs/shop-1.0.jar extract" in result.after
    assert "mv /layers/application/shop-1.0.jar /layers/application/app.jar\n" in result.after
    assert "COPY --from=build /layers/application/ /app/\n" in result.after


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("version '3.4.1'", ""), "version"),
        (("version = '1.0'", "version = '1.0'\nbootJar {\n  layered { enabled = false }\n}"), "layers of its own"),
    ],
)
def test_jar_of_gradle_that_is_not_known(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    text = (
        "FROM gradle:8-jdk17 AS build\nWORKDIR /b\nCOPY . .\nRUN gradle bootJar\n"
        "FROM eclipse-temurin:17-jre\nWORKDIR /app\nCOPY --from=build /b/build/libs/shop-1.0.jar app.jar\n"
        'ENTRYPOINT ["java", "-jar", "app.jar"]\n'
    )
    files = {**GRADLE, "build.gradle": GRADLE["build.gradle"].replace(*change)}
    found = outcome_of(tmp_path, text, files)
    assert isinstance(found, Refusal), found
    assert found.reason.reason.code == "unknown-layers"
    assert says in found.at.says


@pytest.mark.parametrize(
    ("text", "files", "code"),
    [
        (runtime(), {"pom.xml": POM.replace("3.3.5", "3.2.1")}, "layers-change-start"),
        (runtime(), {"pom.xml": POM.replace("3.3.5", "${boot}")}, "unknown-layers"),
        (
            runtime(),
            {
                "pom.xml": POM.replace(
                    "</plugin>", "<configuration><layers><enabled>false</enabled></layers></configuration></plugin>"
                )
            },
            "unknown-layers",
        ),
        (
            runtime(),
            {
                "pom.xml": POM.replace(
                    "</plugin>", "<configuration><classifier>exec</classifier></configuration></plugin>"
                )
            },
            "unknown-layers",
        ),
        (runtime(target="/shop.jar", start="CMD java -jar /shop.jar"), {}, "jar-used-otherwise"),
        (runtime("COPY lib /app/lib"), {"lib/a.txt": "a"}, "jar-used-otherwise"),
        (runtime("RUN chmod 500 /app/shop.jar"), {}, "jar-used-otherwise"),
        (runtime("RUN unknown-program"), {}, "jar-used-otherwise"),
        (runtime("ENV LOADER_PATH=/plugins"), {}, "jar-used-otherwise"),
        (runtime(start="CMD java -cp /app/shop.jar org.example.Shop"), {}, "jar-used-otherwise"),
        (runtime(start="CMD java -XX:SharedArchiveFile=/app/x.jsa -jar /app/shop.jar"), {}, "jar-used-otherwise"),
        (runtime(start="CMD unzip -l /app/shop.jar && java -jar /app/shop.jar"), {}, "jar-used-otherwise"),
        (
            runtime(),
            {"src/main/java/A.java": "class A { Object o = A.class.getProtectionDomain(); }"},
            "jar-used-otherwise",
        ),
    ],
)
def test_what_stands_against_layers(tmp_path: Path, text: str, files: dict[str, str], code: str) -> None:
    found = outcome_of(tmp_path, text, {**MAVEN, **files})
    assert isinstance(found, Refusal), found
    assert found.reason.reason.code == code


@pytest.mark.parametrize(
    "text",
    [
        BUILD + 'CMD ["java", "-jar", "/b/target/shop-1.0.jar"]\n',
        runtime().replace("COPY --from=build /b/target/shop-1.0.jar", "COPY prebuilt.jar"),
        runtime("COPY --from=build /b/target/other.jar /app/other.jar"),
    ],
)
def test_nothing_to_layer(tmp_path: Path, text: str) -> None:
    found = outcome_of(tmp_path, text, {**MAVEN, "prebuilt.jar": ""})
    assert isinstance(found, Unneeded), found
