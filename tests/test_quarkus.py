"""How Quarkus packs a program: what its settings say, and what is handed over then."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.toolchains import quarkus

NEW = {"quarkus.platform.version": "3.15.1"}
OLD = {"quarkus-plugin.version": "1.11.7.Final"}
SETTINGS = "src/main/resources/application.properties"


@pytest.mark.parametrize(
    ("properties", "files", "env", "expected"),
    [
        (NEW, {}, {}, "fast-jar"),
        (OLD, {}, {}, "legacy-jar"),
        ({"quarkus.version": "1.12.0.Final"}, {}, {}, "fast-jar"),
        ({"quarkus.version": "${revision}"}, {}, {}, "?"),
        ({}, {}, {}, "?"),
        (NEW | {"quarkus.package.jar.type": "uber-jar"}, {}, {}, "uber-jar"),
        (NEW | {"quarkus.package.type": "jar"}, {}, {}, "fast-jar"),
        ({"quarkus.package.type": "uber-jar"}, {}, {}, "uber-jar"),
        (NEW, {SETTINGS: "a=b\nquarkus.package.type = legacy-jar\n"}, {}, "legacy-jar"),
        (NEW, {SETTINGS: "# quarkus.package.type=uber-jar\n"}, {}, "fast-jar"),
        (NEW, {SETTINGS: "%prod.quarkus.package.jar.type=uber-jar\n"}, {}, "uber-jar"),
        (NEW, {SETTINGS: "quarkus.package.main-class=org.acme.Main\n"}, {}, "fast-jar"),
        (NEW, {SETTINGS: "quarkus.package.jar.compress=false\n"}, {}, "fast-jar"),
        (NEW, {SETTINGS: "quarkus.package.output-name=x\n"}, {}, "?"),
        (NEW, {SETTINGS: "quarkus.package.runner-suffix=-x\n"}, {}, "?"),
        (NEW, {SETTINGS: "quarkus.native.enabled=true\n"}, {}, "?"),
        (NEW, {SETTINGS: "quarkus.native.enabled=false\n"}, {}, "fast-jar"),
        (NEW, {SETTINGS: "quarkus.package.type=mutable-jar\n"}, {}, "?"),
        (NEW | {"quarkus.package.type": "uber-jar"}, {SETTINGS: "quarkus.package.type=legacy-jar\n"}, {}, "?"),
        (NEW, {}, {"QUARKUS_PACKAGE_TYPE": "uber-jar"}, "uber-jar"),
        (NEW, {}, {"QUARKUS_PACKAGE_JAR_TYPE": "uber-jar"}, "uber-jar"),
        (NEW, {"src/main/resources/application.yml": "quarkus:\n  package:\n    type: uber-jar\n"}, {}, "?"),
        (NEW, {"src/main/resources/application.yml": "quarkus:\n  http:\n    port: 8080\n"}, {}, "fast-jar"),
        (NEW, {".env": "QUARKUS_PACKAGE_TYPE=uber-jar\n"}, {}, "?"),
        (NEW, {"config/application.properties": "a=b\n"}, {}, "?"),
    ],
)
def test_the_kind_of_package(
    tmp_path: Path, properties: Mapping[str, str], files: Mapping[str, str], env: Mapping[str, str], expected: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert quarkus.kind(BuildContext(tmp_path), "", properties, env) == expected
