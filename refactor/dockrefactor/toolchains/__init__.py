"""The languages that dockrefactor knows, in the order in which they are asked."""

from __future__ import annotations

from dockrefactor.toolchain import Toolchain
from dockrefactor.toolchains.go import Go
from dockrefactor.toolchains.node import Node
from dockrefactor.toolchains.python import Python

TOOLCHAINS: tuple[Toolchain, ...] = (Go(), Node(), Python())
