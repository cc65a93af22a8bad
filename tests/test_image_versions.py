"""What the version in the tag of an image says of its accounts and tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document, image, os_packages
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change
from dockrefactor.text import apply
from dockrefactor.toolchains import TOOLCHAINS, python_versions
from dockrefactor.toolchains.tag_versions import tag_version
from dockrefactor_transforms import split_stages


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("python:3.6.9-slim", (3, 6, 9)),
        ("python:3.12", (3, 12, 99)),
        ("python:3", (3, 99, 99)),
        ("python:slim", (99, 99, 99)),
        ("python", (99, 99, 99)),
        ("python:2.7-alpine", (2, 7, 99)),
        ("node:20", None),
    ],
)
def test_version_of_a_tag(written: str, version: tuple[int, int, int] | None) -> None:
    assert tag_version(image.known(written), "python") == version


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("python:3.6", True),
        ("python:3.7.3", True),
        ("python:3.7", False),
        ("python:3.8.12", True),
        ("python:3.11", False),
    ],
)
def test_pip_of_the_image_where_an_environment_has_an_older_one(written: str, named: bool) -> None:
    assert bool(python_versions.pip_variable(image.known(written))) is named


@pytest.mark.parametrize(("written", "old"), [("python:3.6.9", True), ("python:3.6", False), ("python:3.4", True)])
def test_pip_that_passes_by_most_wheels(written: str, old: bool) -> None:
    assert python_versions.has_old_pip(image.known(written)) is old


def test_a_long_term_release_by_its_word() -> None:
    assert tag_version(image.known("node:carbon-slim"), "javascript") == (8, 99, 99)


@pytest.mark.parametrize(
    ("written", "has"),
    [
        ("node:5", False),
        ("node:6.9.0-slim", False),
        ("node:6", True),
        ("node:4.6", True),
        ("node:0.10", False),
        ("node", True),
    ],
)
def test_accounts_that_are_younger_than_some_versions(written: str, has: bool) -> None:
    found = image.known(written)
    assert found is not None
    assert bool(found.users) is has


@pytest.mark.parametrize(
    ("written", "settled", "today"),
    [
        ("python:3.11.3", "bullseye", "bullseye"),  # 3.11.4 went on to bookworm
        ("python:3.7.2-slim", "stretch", "stretch"),
        ("node:16.13.0", "buster", "buster"),
        ("python:3.8-slim-buster", "buster", "buster"),
        ("debian:12.4", "bookworm", "bookworm"),
        ("python:slim", "", "trixie"),
        ("node:carbon", "stretch", "stretch"),
        ("node:argon", "unlisted", ""),
        ("python:3.12.999", "", "trixie"),  # newer than all that are listed
        ("node:999", "", "trixie"),
        ("python:3.6.1", "unlisted", ""),  # older than all that are listed
        ("golang:1.8", "unlisted", ""),
    ],
)
def test_release_beneath_a_tag(written: str, settled: str, today: str) -> None:
    found = image.known(written)
    assert found is not None
    assert (found.release, found.newest_release) == (settled, today)


@pytest.mark.parametrize(
    ("written", "carried"),
    [
        ("node:16", False),
        ("node:4", False),
        ("node:20", True),
        ("ubuntu:22.04", True),
        ("ubuntu:20.10", False),
        ("ubuntu", True),
        ("python:3.6-alpine", True),
    ],
)
def test_releases_that_the_mirrors_carry(written: str, carried: bool) -> None:
    found = image.known(written)
    assert found is not None
    assert os_packages.is_carried(found) is carried


@pytest.mark.parametrize(
    ("written", "smaller"),
    [
        ("arm64v8/node:18-bookworm", "arm64v8/node:18-bookworm-slim"),
        ("docker.io/arm64v8/node:20", "docker.io/arm64v8/node:20-slim"),
        ("amd64/python:3.12-bookworm", "amd64/python:3.12-slim-bookworm"),
        # what is compiled there for want of wheels may need what the smaller image lacks
        ("arm32v7/python:3.12-bookworm", None),
    ],
)
def test_official_images_of_one_architecture(written: str, smaller: str | None) -> None:
    known = image.known(written)
    found = image.counterpart(known) if known is not None else None
    assert (found.reference.written if found is not None else None) == smaller


def test_the_runtime_is_of_the_architecture_that_the_author_names(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module tide\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    text = 'FROM arm64v8/golang:1.22-bookworm\nWORKDIR /src\nCOPY . .\nRUN go build -o /tide .\nCMD ["/tide"]\n'
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    outcome = split_stages.run(facts)
    assert isinstance(outcome, Change)
    assert "FROM arm64v8/debian:bookworm-slim AS runtime" in apply(text, outcome.edits)
