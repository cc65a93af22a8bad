"""The seam behind which a Dockerfile is read as BuildKit reads it.

The grammar is that of `e2b-dockerfile-utils` (a port of BuildKit's parser); `BuildKitParser` gives it to
dockerfile-parse, whose own line scanner misreads heredocs, continuations and the escape directive.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from dockerfile_parse import DockerfileParser
from e2b_dockerfile_utils import (
    DockerfileAst,
    DockerfileHeredoc,
    DockerfileInstruction,
    DockerfileSyntaxError,
    ShellLex,
    parse_dockerfile_ast,
)

__all__ = ["BuildKitParser", "DockerfileHeredoc", "DockerfileInstruction", "expand", "parse"]

MAX_SOURCE: Final = 1_000_000


class SyntaxFault(Exception):
    """A text that is not a Dockerfile; `line` is 1-based, 0 where the fault has no one line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def parse(text: str) -> DockerfileAst:
    """The instructions of `text`. Raises SyntaxFault where BuildKit would not read it either."""
    if len(text) > MAX_SOURCE:
        raise SyntaxFault(f"larger than {MAX_SOURCE:,} characters: not a Dockerfile", 0)
    try:
        ast = parse_dockerfile_ast(text)
    except DockerfileSyntaxError as error:
        message = str(error).partition(": ")[2] or str(error)
        raise SyntaxFault(message, error.line or 0) from None
    except (ValueError, IndexError, RecursionError) as error:
        raise SyntaxFault(f"cannot be read: {error}", 0) from None
    if not ast.instructions:
        raise SyntaxFault("no instructions", 0)
    first = next((item for item in ast.instructions if item.name != "ARG"), None)
    if first is None:
        raise SyntaxFault("no FROM instruction", 0)
    if first.name != "FROM":
        raise SyntaxFault(f"{first.name} stands before the first FROM", first.start_line)
    return ast


def expand(word: str, variables: dict[str, str], escape: str = "\\") -> str | None:
    """`word` after BuildKit's variable expansion and quote removal; None where it uses an unknown modifier."""
    if "$" not in word and "'" not in word and '"' not in word and escape not in word:
        return word
    try:
        return ShellLex(escape, env=variables).process_word(word)
    except ValueError:
        return None


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
