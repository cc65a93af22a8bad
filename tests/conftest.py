"""Options of the whole test run."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sizes", type=Path, metavar="PATH", help="write the lab tests' table of image sizes there")
