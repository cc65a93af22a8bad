"""Options of the whole test run, and its order."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sizes", type=Path, metavar="PATH", help="write the lab tests' table of image sizes there")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes seconds comes before what takes minutes."""
    items.sort(key=lambda item: item.get_closest_marker("lab") is not None)
