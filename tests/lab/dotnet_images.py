"""Stand-ins for images of .NET Core 3.1 (`dotnet/Dockerfile`), where the lab stands in for registries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dockrefactor.verify.engine import Engine

_RECIPE: Final = Path(__file__).parent / "dotnet"
_BUILD_SECONDS: Final = 600.0
_NAME: Final = re.compile(
    r"mcr\.microsoft\.com/dotnet/(?:core/)?(?P<kind>sdk|aspnet|runtime|runtime-deps):3\.1"
    r"(?:-(?:buster|bullseye)(?:-slim)?)?"
)


def is_known(name: str) -> bool:
    """Whether there is a stand-in for an image."""
    return _NAME.fullmatch(name) is not None


def stand_in(engine: Engine, names: Iterable[str]) -> frozenset[str]:
    """Makes those of `names` that it can and the engine has not; returns those of them that are not there then."""
    absent: set[str] = set()
    for name in sorted(names):
        match = _NAME.fullmatch(name)
        if match is None or engine.run("image", "inspect", name).code == 0:
            continue
        words = ("buildx", "build", "--quiet", "--target", match["kind"], "--tag", name, str(_RECIPE))
        if engine.run(*words, seconds=_BUILD_SECONDS).code != 0:
            absent.add(name)
    return frozenset(absent)
