"""Maven's poms: inheritance, profiles, names of archives, and XML that must not be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.toolchains import maven_pom
from dockrefactor.toolchains.maven_artifacts import archives, companions

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">'
SHADE = (
    "<build><plugins><plugin><artifactId>maven-shade-plugin</artifactId><executions><execution><goals>"
    "<goal>shade</goal></goals>%s</execution></executions></plugin></plugins></build>"
)


def context_of(where: Path, **poms: str) -> BuildContext:
    for name, body in poms.items():
        path = where / name / "pom.xml" if name != "root" else where / "pom.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}{body}</project>", encoding="utf-8")
    return BuildContext(where)


def plain(artifact: str, version: str = "1.0", rest: str = "") -> str:
    return f"<groupId>org.example</groupId><artifactId>{artifact}</artifactId><version>{version}</version>{rest}"


def test_entities_are_refused_not_expanded(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE project [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    (tmp_path / "pom.xml").write_text(f"<?xml version='1.0'?>{bomb}<project><artifactId>&b;</artifactId></project>")
    assert maven_pom.read(BuildContext(tmp_path), "pom.xml") is None


@pytest.mark.parametrize("text", ["", "<project>", "<html/>", "not xml", "<project><artifactId>a</project>"])
def test_what_is_no_pom_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pom.xml").write_text(text)
    assert maven_pom.read(BuildContext(tmp_path), "pom.xml") is None


def test_child_inherits_version_properties_and_plugins_of_a_parent_in_the_context(tmp_path: Path) -> None:
    parent = "<parent><groupId>org.example</groupId><artifactId>top</artifactId><version>3</version></parent>"
    managed = "<properties><name>shop</name></properties>" + (SHADE % "")
    context = context_of(
        tmp_path,
        root=plain("top", "3", f"<packaging>pom</packaging><modules><module>web</module></modules>{managed}"),
        web=f"{parent}<artifactId>web</artifactId><build><finalName>${{name}}-${{project.version}}</finalName></build>",
    )
    reactor = maven_pom.reactor(context, "pom.xml")
    assert reactor is not None
    assert [(item.artifact, item.version, item.final_name) for item in reactor] == [
        ("top", "3", "top-3"),
        ("web", "3", "shop-3"),
    ]
    assert reactor[1].files == ("web/pom.xml", "pom.xml")
    assert archives(reactor[1]).names == ("shop-3.jar", "original-shop-3.jar")
    assert archives(reactor[1]).certain


def test_parent_outside_the_context_makes_names_uncertain_but_spring_boot_does_not(tmp_path: Path) -> None:
    parent = "<parent><groupId>%s</groupId><artifactId>%s</artifactId><version>1</version></parent>"
    for group, artifact, certain in [
        ("com.acme", "base", False),
        ("org.springframework.boot", "spring-boot-starter-parent", True),
    ]:
        folder = tmp_path / artifact
        folder.mkdir()
        context = context_of(folder, root=(parent % (group, artifact)) + plain("app"))
        project = maven_pom.project(context, "pom.xml")
        assert project is not None
        assert project.outside == f"{group}:{artifact}"
        assert archives(project).certain is certain


def test_profiles_and_properties_of_the_command_line(tmp_path: Path) -> None:
    profiles = (
        "<properties><revision>dev</revision></properties><profiles>"
        "<profile><id>local</id><activation><activeByDefault>true</activeByDefault></activation>"
        "<build><finalName>local</finalName></build></profile>"
        "<profile><id>prod</id><build><finalName>app-${revision}</finalName></build></profile></profiles>"
    )
    context = context_of(tmp_path, root=plain("app", "${revision}", profiles))
    for chosen, given, name in [((), {}, "local"), (("prod",), {}, "app-dev"), (("prod",), {"revision": "7"}, "app-7")]:
        project = maven_pom.project(context, "pom.xml", chosen, given)
        assert project is not None
        assert project.final_name == name


def test_unknown_property_leaves_no_name(tmp_path: Path) -> None:
    project = maven_pom.project(context_of(tmp_path, root=plain("app", "${env.TAG}")), "pom.xml")
    assert project is not None
    assert (project.version, project.final_name, archives(project).certain) == (None, None, False)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("", ["app-1.0.jar", "original-app-1.0.jar"]),
        ("<finalName>fat</finalName>", ["app-1.0.jar", "fat.jar"]),
        ("<shadedArtifactAttached>true</shadedArtifactAttached>", ["app-1.0.jar", "app-1.0-shaded.jar"]),
    ],
)
def test_names_of_shaded_archives(tmp_path: Path, settings: str, names: list[str]) -> None:
    body = plain("app", rest=SHADE % f"<configuration>{settings}</configuration>")
    project = maven_pom.project(context_of(tmp_path, root=body), "pom.xml")
    assert project is not None
    assert list(archives(project).names) == names


def test_assembly_and_unknown_plugins(tmp_path: Path) -> None:
    assembly = (
        "<build><plugins><plugin><artifactId>maven-assembly-plugin</artifactId><executions><execution><goals>"
        "<goal>single</goal></goals></execution></executions><configuration><descriptorRefs>"
        "<descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs></configuration></plugin>%s</plugins></build>"
    )
    for more, certain in [("", True), ("<plugin><artifactId>acme-maven-plugin</artifactId></plugin>", False)]:
        folder = tmp_path / str(certain)
        folder.mkdir()
        project = maven_pom.project(context_of(folder, root=plain("app", rest=assembly % more)), "pom.xml")
        assert project is not None
        found = archives(project)
        assert (found.names, found.certain) == (("app-1.0.jar", "app-1.0-jar-with-dependencies.jar"), certain)


def test_libraries_that_the_manifest_names(tmp_path: Path) -> None:
    jar = (
        "<build><plugins><plugin><artifactId>maven-jar-plugin</artifactId><configuration><archive><manifest>"
        "<addClasspath>true</addClasspath>%s</manifest></archive></configuration></plugin></plugins></build>"
    )
    for prefix, folders in [("<classpathPrefix>lib/</classpathPrefix>", ("target/lib",)), ("", None)]:
        folder = tmp_path / f"with{len(prefix)}"
        folder.mkdir()
        project = maven_pom.project(context_of(folder, root=plain("app", rest=jar % prefix)), "pom.xml")
        assert project is not None
        assert companions(project) == folders


def test_a_parent_that_is_its_own_parent_ends(tmp_path: Path) -> None:
    own = (
        "<parent><groupId>org.example</groupId><artifactId>app</artifactId><version>1.0</version>"
        "<relativePath>pom.xml</relativePath></parent>"
    )
    project = maven_pom.project(context_of(tmp_path, root=own + plain("app")), "pom.xml")
    assert project is not None
    assert project.final_name == "app-1.0"
