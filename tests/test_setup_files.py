"""Files that steps of the runtime handle are there, where it copies only a part of the context."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import CATALOGUE, settings_of
from dockrefactor.batch import Batch, Source
from dockrefactor.settings import Configurations
from dockrefactor.toolchains import TOOLCHAINS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "go.mod").write_text("module example.com/hello\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text(
        'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":8080", nil) }\n'
    )
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "app.yaml").write_text("name: hello\n")
    (tmp_path / "run.conf").write_text("on\n")
    (tmp_path / "start.sh").write_text("#!/bin/sh\nexec /app/hello\n")
    return tmp_path


def runtime(folder: Path, before: str, after: str) -> str:
    """The runtime of a program of Go with steps before and after its build; "" where it is not split."""
    (folder / "Dockerfile").write_text(
        f'FROM golang:1.22\nWORKDIR /app\nCOPY . .\n{before}RUN go build -o hello .\n{after}CMD ["./hello"]\n'
    )
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    return report.result.after.partition("AS runtime")[2]


@pytest.mark.parametrize(
    ("step", "copied"),
    [
        ("cp conf/app.yaml /etc/app.yaml", "conf/app.yaml"),
        ("mv conf /etc/conf", "conf"),
        ("cp *.conf /etc/", "run.conf"),
        ("cp conf/* /etc/", "conf/app.yaml"),
        ("cat run.conf >> /etc/all.conf", "run.conf"),
        ("tee /etc/all.conf < run.conf", "run.conf"),
        ("chmod +x start.sh", "start.sh"),
        ("chown -R nobody conf", "conf"),
        ("ln -s /app/conf /etc/hello", "conf"),
        ("echo on > conf/made.txt", "conf"),
        ("cd conf && cp app.yaml /etc/", "conf/app.yaml"),
    ],
)
def test_what_a_step_handles_is_copied_before_it(folder: Path, step: str, copied: str) -> None:
    found = runtime(folder, "", f"RUN {step}\n")
    assert f"COPY {copied} ./{copied}\nRUN {step}\n" in found


def test_steps_before_the_build_find_their_files_too(folder: Path) -> None:
    assert "COPY run.conf ./run.conf\nRUN cp run.conf /etc/\n" in runtime(folder, "RUN cp run.conf /etc/\n", "")


@pytest.mark.parametrize("step", ["cp -r . /srv/all", "cp * /srv/", "tar cf /srv/all.tar ."])
def test_the_whole_folder_is_not_taken(folder: Path, step: str) -> None:
    assert runtime(folder, "", f"RUN {step}\n") == ""


@pytest.mark.parametrize("step", ["rm -rf conf", "chown -R nobody /app", "mkdir -p conf/more"])
def test_what_needs_no_file_copies_none(folder: Path, step: str) -> None:
    found = runtime(folder, "", f"RUN {step}\n")
    assert found
    assert "COPY conf" not in found


@pytest.mark.parametrize(
    ("step", "copied"),
    [("cp conf/app.yaml /etc/", "COPY conf/app.yaml ./conf/"), ("chmod +x start.sh", "COPY start.sh ./")],
)
def test_a_copy_from_a_builder_keeps_what_steps_handle(folder: Path, step: str, copied: str) -> None:
    assert f"{copied}\nRUN {step}\n" in narrowed(folder, step)


def test_a_copy_from_a_builder_is_whole_where_a_step_takes_all(folder: Path) -> None:
    assert "COPY --from=build /app ./\n" in narrowed(folder, "cp -r . /srv/all")


def narrowed(folder: Path, step: str) -> str:
    """The last stage of two, of which the first builds a program of Go, with a step below the copy."""
    (folder / "Dockerfile").write_text(
        "FROM golang:1.22 AS build\nWORKDIR /app\nCOPY . .\nRUN go build -o hello .\nFROM debian:bookworm-slim\n"
        f'WORKDIR /app\nCOPY --from=build /app ./\nRUN {step}\nCMD ["./hello"]\n'
    )
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(()), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    return report.result.after.partition("FROM debian")[2]
