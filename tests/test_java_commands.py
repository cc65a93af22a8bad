"""Command lines of Maven, Gradle and the JDK, and what they do to a build."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from dockrefactor import image, shell
from dockrefactor.context import BuildContext
from dockrefactor.effects import Kind
from dockrefactor.stages import Place, State
from dockrefactor.toolchains import java_commands, java_images, java_projects
from dockrefactor.toolchains.java import Java


@pytest.mark.parametrize(
    ("line", "does"),
    [
        ("mvn clean package -DskipTests", "builds"),
        ("./mvnw -B -ntp -Pprod verify", "builds"),
        ("sh mvnw package", "builds"),
        ("mvn package spring-boot:repackage", "builds"),
        ("mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.1:go-offline", "downloads"),
        ("mvn dependency:resolve dependency:resolve-plugins", "downloads"),
        ("mvn spring-boot:run", "runs"),
        ("mvn exec:java -Dexec.mainClass=a.B", "runs"),
        ("mvn deploy", "unknown"),
        ("mvn versions:set -DnewVersion=2", "unknown"),
        ("mvn", "unknown"),
        ("mvn --version", "prints"),
        ("./mvnw --version", "downloads"),
        ("gradle build -x test --no-daemon", "builds"),
        ("./gradlew :api:bootJar", "builds"),
        ("gradle dependencies", "downloads"),
        ("gradle bootRun", "runs"),
        ("gradle release", "unknown"),
        ("./gradlew --version", "downloads"),
    ],
)
def test_what_a_build_tool_is_asked_for(line: str, does: str) -> None:
    build = java_commands.parse(shlex.split(line))
    assert build is not None
    assert build.does == does


def test_options_of_a_build() -> None:
    build = java_commands.parse(
        shlex.split("mvn -f web/pom.xml -s settings.xml -P a,b -Pc -Drevision=3 -DskipTests package")
    )
    assert build is not None
    assert (build.file, build.files, build.profiles) == ("web/pom.xml", ("settings.xml",), ("a", "b", "c"))
    assert build.properties == {"revision": "3", "skipTests": "true"}
    assert (
        java_commands.download(build)
        == "mvn -f web/pom.xml -s settings.xml -P a,b -Pc -Drevision=3 dependency:go-offline"
    )


@pytest.mark.parametrize(
    ("line", "jar", "main", "classpath"),
    [
        ("java -Xmx1g -jar target/a.jar --x", "target/a.jar", "", ()),
        ("/opt/java/openjdk/bin/java $JAVA_OPTS -jar app.jar", "app.jar", "", ()),
        ("java -cp a.jar:lib/* org.Main arg", "", "org.Main", ("a.jar", "lib/*")),
        ("java --class-path=classes --add-opens java.base/java.lang=ALL-UNNAMED Main", "", "Main", ("classes",)),
        ("java -p mods -m app/org.Main", "", "app/org.Main", ("mods",)),
    ],
)
def test_what_the_launcher_starts(line: str, jar: str, main: str, classpath: tuple[str, ...]) -> None:
    start = java_commands.parse_java(line.split())
    assert start is not None
    assert (start.jar, start.main, start.classpath) == (jar, main, classpath)


@pytest.mark.parametrize(
    ("line", "archive"),
    [
        ("jar cf app.jar -C out .", "app.jar"),
        ("jar cfe app.jar Main Main.class", "app.jar"),
        ("jar cmf manifest.txt app.jar Main.class", "app.jar"),
        ("jar -cvf app.jar .", "app.jar"),
        ("jar --create --file build/app.jar .", "build/app.jar"),
        ("jar xf app.jar", None),
        ("jar tf app.jar", None),
    ],
)
def test_archive_that_jar_makes(line: str, archive: str | None) -> None:
    assert java_commands.parse_jar(line.split()) == archive


def place(root: Path, *files: str) -> Place:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("<project><artifactId>a</artifactId><version>1</version></project>")
    context = BuildContext(root)

    def resolve(path: str) -> str | None:
        inner = path.removeprefix("/app").strip("/")
        return inner if path.startswith("/app") and context.exists(inner) else None

    return Place("/app", State(env={}, args={}), resolve, context, image.known("maven:3.9-eclipse-temurin-17"))


@pytest.mark.parametrize(
    ("line", "kind", "writes"),
    [
        ("mvn package", Kind.BUILD, ("/app/target",)),
        ("cp target/a-1.jar /opt/a.jar", Kind.BUILD, ("/opt/a.jar",)),
        ("mv target/*.jar app.jar", Kind.BUILD, ("/app/app.jar",)),
        ("chmod +x mvnw", Kind.BUILD, ("/app/mvnw",)),
        ("mvn dependency:go-offline", Kind.INSTALL, ("/root/.m2",)),
        ("mvn spring-boot:run", Kind.UNKNOWN, ()),
        ("javac -d out Main.java", Kind.BUILD, ("/app/out",)),
        ("javac Main.java", Kind.BUILD, ("/app",)),
        ("rm -rf src", Kind.BUILD, ("/app/src",)),
        ("keytool -import -cacerts -file /app/ca.crt -noprompt", Kind.SYSTEM, ("/etc/ssl/certs/java",)),
    ],
)
def test_effects(tmp_path: Path, line: str, kind: Kind, writes: tuple[str, ...]) -> None:
    command = shell.parse(line).commands[0]
    effects = Java().effects(command, place(tmp_path, "pom.xml", "src/A.java"))
    assert effects is not None
    assert (effects.kind, effects.writes) == (kind, writes)


@pytest.mark.parametrize("line", ["cp a.jar b.jar", "mv other/target.txt x", "rm -rf /tmp/x", "bash start.sh", "ls"])
def test_what_is_not_of_java(tmp_path: Path, line: str) -> None:
    assert Java().effects(shell.parse(line).commands[0], place(tmp_path, "pom.xml")) is None


@pytest.mark.parametrize(
    ("base", "jre", "jdk"),
    [
        ("eclipse-temurin:17", "eclipse-temurin:17-jre", None),
        ("eclipse-temurin:17-jdk-jammy", "eclipse-temurin:17-jre-jammy", None),
        ("eclipse-temurin:17.0.9_9-jdk-alpine", "eclipse-temurin:17.0.9_9-jre-alpine", None),
        ("eclipse-temurin:16-jdk", None, None),
        ("openjdk:8-jdk-alpine", "openjdk:8-jre-alpine", None),
        ("openjdk:11-slim-buster", "openjdk:11-jre-slim-buster", None),
        ("openjdk:17-jdk-slim", "eclipse-temurin:17-jre", None),
        ("openjdk:13", None, None),
        ("openjdk:21-ea", None, None),
        ("amazoncorretto:17", "amazoncorretto:17-headless", None),
        ("amazoncorretto:17-alpine", None, None),
        ("maven:3.9-eclipse-temurin-21-alpine", "eclipse-temurin:21-jre-alpine", "eclipse-temurin:21-jdk-alpine"),
        ("maven:3.8.3-jdk-8", "openjdk:8-jre", "openjdk:8-jdk"),
        ("maven:3", None, None),
        ("gradle:8.5-jdk17", "eclipse-temurin:17-jre", "eclipse-temurin:17-jdk"),
        ("gradle:8", None, None),
        ("docker.io/library/openjdk:17", "docker.io/library/eclipse-temurin:17-jre", None),
    ],
)
def test_images_to_run_on(base: str, jre: str | None, jdk: str | None) -> None:
    known = image.known(base)
    assert known is not None
    found = [choice.written for choice in java_images.smaller(known, compiles=False)]
    assert found == [name for name in (jre, jdk) if name is not None]
    assert [choice.written for choice in java_images.smaller(known, compiles=True)] == ([jdk] if jdk else [])


_READ = ("/app/pom.xml", "/app/src", "/app/.mvn")


@pytest.mark.parametrize(
    ("line", "inner", "reads"),
    [
        ("mvn package -DskipTests", "", _READ),
        ("mvn package -DskipTests", "<plugin><artifactId>maven-jar-plugin</artifactId></plugin>", _READ),
        ("mvn package", "", None),
        ("mvn package -DskipTests", "<plugin><artifactId>frontend-maven-plugin</artifactId></plugin>", None),
        ("mvn package -DskipTests", "<resources><resource><directory>web</directory></resource></resources>", None),
        ("gradle build -x test", "", None),
    ],
)
def test_what_a_build_reads_of_its_project(
    line: str, inner: str, reads: tuple[str, ...] | None, tmp_path: Path
) -> None:
    plugins = inner if inner.startswith("<resources") else f"<plugins>{inner}</plugins>"
    (tmp_path / "pom.xml").write_text(
        f"<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><build>{plugins}</build></project>"
    )
    build = java_commands.parse(shlex.split(line))
    assert build is not None
    assert java_projects.build_reads(build, place(tmp_path)) == reads
