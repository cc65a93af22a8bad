"""The engine and the base images, once for a run; what the run measured, at its end."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

import dotnet_images
from cases import ROOT, Case
from dockrefactor.verify import engine as engines
from dockrefactor.verify.engine import Engine
from dockrefactor.verify.proving import Prover
from workshop import Sizes, Workshop, base_names

_LAB = Path(os.environ.get("DOCKREFACTOR_LAB", ROOT.parent / "shared" / "lab"))
_LAB_SECONDS = 1800
_SIZES = pytest.StashKey[list[Sizes]]()
# how long the builds of cases may take in all; the rest is said to be skipped, and has its turn on another day
_MINUTES = float(os.environ.get("DOCKREFACTOR_LAB_MINUTES", "inf"))
_BUILDS = "test_builds.py"
_DAYS = 6  # after so many, every case has been among the first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Builds of cases come last; where their time is limited, they begin at another place every day."""
    builds = [item for item in items if item.path.name == _BUILDS]
    if math.isfinite(_MINUTES) and builds:
        first = len(builds) * (date.today().toordinal() % _DAYS) // _DAYS
        builds = builds[first:] + builds[:first]
    items[:] = [item for item in items if item.path.name != _BUILDS] + builds


@pytest.fixture(scope="session")
def builds_end() -> float:
    """When, by `time.monotonic`, no further case is begun."""
    return time.monotonic() + _MINUTES * 60


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Docker, started where the lab can; skips where there is none. Everything made through it is removed."""
    _lab("engine")
    _keep_bridge_address()
    try:
        found = engines.find("docker")
    except engines.CouldNotTryError as error:
        pytest.skip(str(error))
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(scope="session")
def workshop(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Workshop]:
    """Proofs of all cases that this run asks for, begun ahead of the tests."""
    wanted = _wanted(request.session.items)
    names = {name for case in wanted for name in base_names(case)}
    provide(*names)
    absent = _dotnet(engine, names)
    # two at once: one compiles while the other fetches
    with ThreadPoolExecutor(max_workers=2) as pool:
        shop = Workshop(pool, Prover(engine), absent)
        shop.begin(case for case in wanted if not shop.lacks(case))
        request.config.stash[_SIZES] = shop.sizes
        try:
            yield shop
        finally:
            pool.shutdown(cancel_futures=True)


def provide(*names: str) -> None:
    """See that images with these names are there, where the lab can make them."""
    _lab("images", *sorted(names))


def _dotnet(engine: Engine, names: set[str]) -> frozenset[str]:
    """The same for .NET, of which the lab knows nothing; returns which images could not be made."""
    if not (_LAB / "images").is_file() or not any(map(dotnet_images.is_known, names)):
        return frozenset()
    provide("debian:bookworm-slim")
    return dotnet_images.stand_in(engine, names)


def _wanted(items: Sequence[pytest.Item]) -> list[Case]:
    found: dict[str, Case] = {}
    for item in items:
        case = (
            item.callspec.params.get("case")
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else None
        )
        if isinstance(case, Case) and item.get_closest_marker("lab") is not None:
            found[case.name] = case
    return list(found.values())


def _lab(program: str, *words: str) -> None:
    """Run a program of the lab, where there is one; what it could not do shows in what needs it."""
    if (_LAB / program).is_file():
        subprocess.run([_LAB / program, *words], check=False, timeout=_LAB_SECONDS, stdin=subprocess.DEVNULL)


def _keep_bridge_address() -> None:
    """Give the engine's bridge the address that it has for its own: else it takes one of its ports', which come and go,
    and connections of running builds hang whenever it changes."""
    address = Path("/sys/class/net/docker0/address")
    if (_LAB / "engine").is_file() and address.is_file() and (ip := shutil.which("ip")) is not None:
        words = [ip, "link", "set", "docker0", "address", address.read_text(encoding="ascii").strip()]
        subprocess.run(words, check=False, stdin=subprocess.DEVNULL)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    sizes = config.stash.get(_SIZES, [])
    if not sizes:
        return
    rows = ["| case | before, MB | after, MB | user |", "| --- | ---: | ---: | --- |", *(str(item) for item in sizes)]
    path: Path | None = config.getoption("--sizes")
    if path is not None:
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return
    terminalreporter.section("sizes of images")
    for row in rows:
        terminalreporter.write_line(row)
