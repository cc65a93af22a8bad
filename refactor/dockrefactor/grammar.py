"""The seam behind which a Dockerfile is read as BuildKit reads it.

The grammar is that of `e2b-dockerfile-utils` (a port of BuildKit's parser); `buildkit_parser` gives it to
dockerfile-parse, whose own line scanner misreads heredocs, continuations and the escape directive.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from e2b_dockerfile_utils import (
    DockerfileAst,
    DockerfileHeredoc,
    DockerfileInstruction,
    DockerfileSyntaxError,
    ShellLex,
    parse_dockerfile_ast,
)

__all__ = ["DockerfileHeredoc", "DockerfileInstruction", "expand", "parse"]

MAX_SOURCE: Final = 1_000_000


class SyntaxFault(Exception):
    """A text that is not a Dockerfile; `line` is 1-based, 0 where the fault has no one line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@lru_cache(maxsize=4)  # the original and what the transforms make of it are read again and again
def parse(text: str) -> DockerfileAst:
    """The instructions of `text`. Raises SyntaxFault where BuildKit would not read it either."""
    if len(text) > MAX_SOURCE:
        raise SyntaxFault(f"larger than {MAX_SOURCE:,} characters: not a Dockerfile", 0)
    return parse_alone(text)


def parse_alone(text: str) -> DockerfileAst:
    """`parse` without a memory, for a text that is remembered elsewhere."""
    try:
        ast = parse_dockerfile_ast(text)
    except DockerfileSyntaxError as error:
        message = str(error).partition(": ")[2] or str(error)
        raise SyntaxFault(message, error.line or 0) from None
    except (ValueError, IndexError, RecursionError) as error:
        raise SyntaxFault(f"cannot be read: {error}", 0) from None
    if not ast.instructions:
        raise SyntaxFault("no instructions", 0)
    return ast


def expand(word: str, variables: dict[str, str], escape: str = "\\") -> str | None:
    """`word` after BuildKit's variable expansion and quote removal; None where it uses an unknown modifier."""
    if "$" not in word and "'" not in word and '"' not in word and escape not in word:
        return word
    used = tuple((name, value) for name, value in variables.items() if name in word)
    return _expanded(word, used, escape)


@lru_cache(maxsize=4096)
def _expanded(word: str, variables: tuple[tuple[str, str], ...], escape: str) -> str | None:
    try:
        return ShellLex(escape, env=dict(variables)).process_word(word)
    except ValueError:
        return None
