"""Writes data/image_releases.tsv: the Debian and Alpine release beneath an official image's version tags.

    git clone https://github.com/docker-library/official-images
    python image_releases.py official-images > ../dockrefactor/data/image_releases.tsv

Walks the history of each `library/NAME` file: the tags that share a block with `3.12-bookworm` stand on bookworm.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER = """\
# The distribution release beneath a version tag of an official image, as last published.
# Made by refactor/generate/image_releases.py from the history of https://github.com/docker-library/official-images.
# Columns, separated by tabs:
#   image     repository on Docker Hub (library/)
#   tag       version or `latest`, without variant or release: it holds for `TAG`, and for `TAG-slim` where there is one
#   debian    Debian release of TAG; "-" where it has none
#   alpine    Alpine release of TAG-alpine; "-" where it has none
#   settled   yes: no longer published, so the tag cannot move; no: still published and may move to another release
"""
IMAGES = ("gcc", "golang", "nginx", "node", "php", "python", "ruby", "rust")
SUITES = "stretch|buster|bullseye|bookworm|trixie|forky"
VERSION = re.compile(r"\d+(?:\.\d+){0,2}|latest")
RELEASED = re.compile(rf"-(?:(?P<debian>{SUITES})|alpine(?P<alpine>3\.\d+))$")


@dataclass(slots=True)
class Stand:
    """What one version tag stood on when last published."""

    debian: str = "-"
    alpine: str = "-"
    settled: bool = True


def _git(clone: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(clone), *arguments], check=True, capture_output=True, text=True).stdout


def _blocks(text: str) -> Iterator[list[str]]:
    """The tags of each block of a library file that is not Windows'."""
    for block in text.split("\n\n"):
        if "windows" not in block:
            lines = re.findall(r"^(?:Tags|SharedTags):\s*(.*)$", block, flags=re.MULTILINE)
            yield [tag.strip() for line in lines for tag in line.split(",")]


def _read(text: str, stands: dict[str, Stand]) -> set[str]:
    """Enters what one version of a library file says; returns the version tags that it publishes."""
    published: set[str] = set()
    for tags in _blocks(text):
        found = [match for match in map(RELEASED.search, tags) if match]
        debian = next((match["debian"] for match in found if match["debian"]), None)
        alpine = next((match["alpine"] for match in found if match["alpine"]), None)
        for tag in tags:
            plain = "latest" if tag == "alpine" else tag.removesuffix("-alpine")
            if not VERSION.fullmatch(plain):
                continue
            if plain != tag and alpine:
                stands.setdefault(plain, Stand()).alpine = alpine
            elif plain == tag and debian:
                stands.setdefault(plain, Stand()).debian = debian
                published.add(plain)
    return published


def stands_of(clone: Path, image: str) -> dict[str, Stand]:
    """Every version tag of an image that was published on a Debian release."""
    path = f"library/{image}"
    stands: dict[str, Stand] = {}
    published: set[str] = set()
    for commit in _git(clone, "log", "--format=%H", "--reverse", "--", path).split():
        published = _read(_git(clone, "show", f"{commit}:{path}"), stands)
    for tag in published:
        stands[tag].settled = False
    return {tag: stand for tag, stand in stands.items() if stand.debian != "-"}


def main() -> None:
    """Reads the clone named on the command line and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clone", type=Path)
    clone: Path = parser.parse_args().clone
    sys.stdout.write(HEADER)
    for image in IMAGES:
        stands = stands_of(clone, image)
        for tag in sorted(stands, key=lambda tag: [int(part) for part in re.findall(r"\d+", tag)]):
            stand = stands[tag]
            cells = (image, tag, stand.debian, stand.alpine, "yes" if stand.settled else "no")
            sys.stdout.write("\t".join(cells) + "\n")


if __name__ == "__main__":
    main()
