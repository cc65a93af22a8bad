"""Which packages may be compiled, and what they link then."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts, Options
from dockrefactor.needs import InstallInputs, LanguagePackage
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor.toolchains.python_packages import packages_needs


def libraries(folder: Path, base: str, name: str, version: str | None) -> list[str]:
    text = f"FROM {base}\nCOPY . .\nRUN pip install {name}\n"
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    package = LanguagePackage(name, version, Evidence("requirements.txt", 1, name))
    found = packages_needs(facts, [InstallInputs(packages=(package,))])
    assert found.unknown is None
    return [library for library, _ in found.os_packages]


@pytest.mark.parametrize("version", [None, "10.2.0", "99.0"])
def test_a_wheel_brings_its_libraries(tmp_path: Path, version: str | None) -> None:
    assert libraries(tmp_path, "python:3.11", "pillow", version) == []


def test_a_version_from_before_the_python_is_compiled(tmp_path: Path) -> None:
    assert "libjpeg62-turbo" in libraries(tmp_path, "python:3.11", "pillow", "6.2.0")


def test_a_package_without_wheels_is_compiled(tmp_path: Path) -> None:
    assert libraries(tmp_path, "python:3.11", "psycopg2", "2.9.9") == ["libpq5"]


@pytest.mark.parametrize(("name", "version"), [("markupsafe", "2.1.1"), ("aiohttp", "3.8.1"), ("sqlalchemy", "1.4.31")])
def test_a_compiled_package_that_links_no_library(tmp_path: Path, name: str, version: str) -> None:
    assert libraries(tmp_path, "python:3.11", name, version) == []
