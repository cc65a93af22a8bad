"""What the user knows of the image, mostly from a build, is used like any other fact."""

from __future__ import annotations

from pathlib import Path

from cases import CATALOGUE, settings_of
from dockrefactor.batch import Batch, Source
from dockrefactor.report import lines
from dockrefactor.settings import Configurations
from dockrefactor.toolchains import TOOLCHAINS

DOCKERFILE = """\
FROM python:3.11
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
CMD ["python", "app.py"]
"""
LOADS = 'import ctypes\nctypes.CDLL("libxml2.so.2")\n'


def refactored(folder: Path, source: str, *options: str) -> tuple[str, str]:
    """The new text of the Dockerfile, and what is said of it."""
    for name, text in {"Dockerfile": DOCKERFILE, "requirements.txt": "flask==3.0.3\n", "app.py": source}.items():
        (folder / name).write_text(text, encoding="utf-8")
    batch = Batch(CATALOGUE, TOOLCHAINS, settings_of(options), Configurations(CATALOGUE))
    report = batch.refactor(Source("Dockerfile", folder / "Dockerfile"))
    assert report.result is not None
    return report.result.after, "\n".join(lines(report))


def test_packages_files_and_folders_reach_the_runtime_stage(tmp_path: Path) -> None:
    options = ("--runtime-package", "ffmpeg", "--runtime-file", "/opt/model", "--owned-folder", "/srv/cache.d")
    text, _ = refactored(tmp_path, "print()\n", *options)
    builder, _, runtime = text.partition("\nFROM ")
    assert "ffmpeg" not in builder
    assert "        ffmpeg \\\n" in runtime
    assert "COPY --from=builder /opt/model /opt/model\n" in runtime
    assert "RUN mkdir -p /srv/cache.d && chown 10001:10001 /srv/cache.d\n" in runtime


def test_a_written_folder_of_the_work_folder_is_given_with_it(tmp_path: Path) -> None:
    text, _ = refactored(tmp_path, "print()\n", "--owned-folder", "/app/data")
    assert "COPY --chown=10001:10001 . .\n" in text


def test_a_library_that_a_package_covers_is_no_obstacle(tmp_path: Path) -> None:
    text, said = refactored(tmp_path, LOADS)
    assert "split-stages: refused [unknown-library]" in said
    assert "AS builder" not in text
    text, said = refactored(tmp_path, LOADS, "--covered", "libxml2.so.2", "--runtime-package", "libxml2")
    assert "unknown-library" not in said
    assert "        libxml2 \\\n" in text.partition("\nFROM ")[2]


def test_another_library_stays_an_obstacle(tmp_path: Path) -> None:
    assert "unknown-library" in refactored(tmp_path, LOADS, "--covered", "libxslt.so.1")[1]
