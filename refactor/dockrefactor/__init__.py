"""Refactors legacy Dockerfiles: see `dockrefactor explain`."""

__version__ = "0.1.0"
