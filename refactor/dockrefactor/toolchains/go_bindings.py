"""What names of a Go program are bound to: every declaration and assignment of a variable or constant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dockrefactor.toolchains.go_syntax import FUNCTIONS, GoFile, descendants, enclosing_function, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from dockrefactor.toolchains.go_syntax import GoPackage
