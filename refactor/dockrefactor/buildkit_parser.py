"""dockerfile-parse over BuildKit's grammar. Its import takes long: only what asks for a property of it imports it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from dockerfile_parse import DockerfileParser
from e2b_dockerfile_utils import DockerfileAst


class BuildKitParser(DockerfileParser):  # type: ignore[misc]
    """dockerfile-parse over BuildKit's grammar: every property that reads `structure` becomes right.

    Built on a copy in memory only, since the setters of a parser with a path write to disk at once.
    """

    def __init__(self, ast: DockerfileAst, text: str) -> None:
        super().__init__(fileobj=BytesIO(text.encode()))
        self._ast = ast

    @property
    def structure(self) -> list[dict[str, Any]]:
        """One entry an instruction, in dockerfile-parse's own shape; an ARG of several names gives one entry a name."""
        entries: list[dict[str, Any]] = []
        for instruction in self._ast.instructions:
            value = instruction.original.strip().partition(" ")[2].strip()
            names = instruction.args if instruction.name == "ARG" and len(instruction.args) > 1 else [value]
            entries.extend(
                {
                    "instruction": instruction.name,
                    "startline": instruction.start_line - 1,
                    "endline": instruction.end_line - 1,
                    "content": instruction.original + "\n",
                    "value": name,
                }
                for name in names
            )
        return entries
