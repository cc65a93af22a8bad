"""Hypothesis strategies that generate the texts of Dockerfiles in the odd spellings that people and tools leave behind.

A statement is generated as words and then laid out: one line, or several with continuations that hold comments and
blank lines. Most generated texts are accepted by BuildKit; `broken_dockerfiles` damages them.
"""

from __future__ import annotations

import json
import string
from dataclasses import dataclass

from hypothesis import strategies as st

_IMAGES = (
    "alpine",
    "python:3.12-slim",
    "node:20@sha256:" + "0" * 64,
    "registry.example:5000/a/b:1",
    "$BASE",
    "scratch",
)
_NAME = st.sampled_from(("A", "PATH", "LEVEL", "a.b", "org.example.name", "x-y", "Ä"))
_PLAIN = st.text(alphabet=string.ascii_letters + string.digits + "./-_:$%@+,ü", min_size=1, max_size=8).filter(
    lambda word: not word.startswith("-")
)
_BLANKS = st.sampled_from((" ", " ", " ", "  ", "\t", " \t "))
_COMMENT = st.sampled_from(
    ("# why", "#", "  # indented", "\t#tab", "# ends in \\", "# ends in `", '# "quote', "# <<EOF")
)
_TERMINATORS = ("EOF", "EOT", "eof", "A_1", "RUN")
_BODY_LINES = (
    "echo hello",
    "\tindented",
    "",
    "# no comment",
    "FROM x",
    "USER root",
    "  EOF",
    "EOF2",
    "ends in \\",
    'a "quote',
    "a `tick",
    "<<EOF",
)


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here document: `mark` as it stands in the instruction, `body` from the line after it, terminator included."""

    mark: str
    body: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An instruction before it is laid out: its words, and the here documents that follow its last line."""

    words: tuple[str, ...]
    heredocs: tuple[Heredoc, ...] = ()


@st.composite
def keywords(draw: st.DrawFn, keyword: str) -> str:
    """`keyword` in upper, lower or mixed case."""
    spell = draw(st.sampled_from((str.upper, str.upper, str.upper, str.lower, str.title)))
    return spell(keyword)


@st.composite
def quoted_words(draw: st.DrawFn, escape: str) -> str:
    """A word with quotes or escapes in it, which BuildKit splits as one where it reads quotes."""
    inside = draw(st.text(alphabet="ab =#$<>/", max_size=6))
    return draw(
        st.sampled_from(
            (f'"{inside}"', f"'{inside}'", f'x"{inside}"y', f"a{escape} b", f'"a{escape}"b"', f"{escape}{escape}")
        )
    )


def words(escape: str) -> st.SearchStrategy[str]:
    """Words of a shell line or of a list of names and values."""
    return st.one_of(_PLAIN, _PLAIN, quoted_words(escape))


@st.composite
def exec_forms(draw: st.DrawFn, least: int = 0) -> str:
    """A JSON array of strings with odd spacing; some are malformed, so that BuildKit falls back to the shell form."""
    items = draw(st.lists(st.text(alphabet="ab c/-$\"\\'é\t", max_size=6), min_size=least, max_size=3))
    encode = draw(st.sampled_from((True, False)))
    around = draw(st.sampled_from(("", " ", "  ")))
    comma = draw(st.sampled_from((",", ", ", " ,", " , ")))
    array = f"[{around}{comma.join(json.dumps(item, ensure_ascii=encode) for item in items)}{around}]"
    return draw(st.sampled_from((array, array, array, array, array.replace('"', "'"), array[:-1], array[:-1] + ",]")))


@st.composite
def here_documents(draw: st.DrawFn) -> Heredoc:
    """`<<EOF`, `<<-EOF`, `<<"EOF"`, `3<<'EOF'` and their bodies."""
    name = draw(st.sampled_from(_TERMINATORS))
    quote = draw(st.sampled_from(("", "", "'", '"')))
    dash = draw(st.sampled_from(("", "-")))
    descriptor = draw(st.sampled_from(("", "", "", "3")))
    lines = draw(st.lists(st.sampled_from(_BODY_LINES), max_size=4))
    body = "".join(f"{line}\n" for line in lines if line.strip("\t") != name)
    indent = draw(st.sampled_from(("", "\t", "\t\t"))) if dash else ""
    return Heredoc(f"{descriptor}<<{dash}{quote}{name}{quote}", f"{body}{indent}{name}\n")


_FLAGS = {
    "FROM": ("--platform=linux/amd64", "--platform=$BUILDPLATFORM"),
    "RUN": (
        "--mount=type=cache,target=/root/.cache",
        "--network=none",
        "--mount=type=secret,id='a b'",
        '--security="x"',
    ),
    "COPY": ("--from=builder", "--chown=1:1", "--chmod=755", "--link", "--parents"),
    "ADD": ("--chown=a:b", "--checksum=sha256:0", "--keep-git-dir=true"),
    "HEALTHCHECK": ("--interval=5s", "--retries=3"),
}


def _flags(keyword: str) -> st.SearchStrategy[list[str]]:
    return st.one_of(st.just([]), st.lists(st.sampled_from(_FLAGS[keyword]), max_size=2))


@st.composite
def from_statements(draw: st.DrawFn) -> Statement:
    stage = draw(st.sampled_from(((), (), ("AS", "builder"), ("as", "Runtime"))))
    image = draw(st.sampled_from(_IMAGES))
    return Statement((draw(keywords("FROM")), *draw(_flags("FROM")), image, *stage))


@st.composite
def run_statements(draw: st.DrawFn, escape: str) -> Statement:
    head = (draw(keywords("RUN")), *draw(_flags("RUN")))
    if draw(st.integers(0, 4)) == 0:
        return Statement((*head, draw(exec_forms(least=1))))
    line = draw(st.lists(st.one_of(words(escape), st.sampled_from(("&&", "|", ";", ">", "#"))), min_size=1, max_size=6))
    heredocs = draw(st.lists(here_documents(), max_size=2)) if draw(st.integers(0, 3)) == 0 else []
    return Statement((*head, draw(_PLAIN), *line, *(heredoc.mark for heredoc in heredocs)), tuple(heredocs))


@st.composite
def copy_statements(draw: st.DrawFn) -> Statement:
    keyword = draw(st.sampled_from(("COPY", "ADD")))
    head = (draw(keywords(keyword)), *draw(_flags(keyword)))
    if draw(st.integers(0, 4)) == 0:
        return Statement((*head, draw(exec_forms(least=2))))
    heredocs = draw(st.lists(here_documents(), max_size=2)) if draw(st.integers(0, 3)) == 0 else []
    sources = draw(st.lists(_PLAIN, min_size=0 if heredocs else 1, max_size=3))
    return Statement((*head, *sources, *(heredoc.mark for heredoc in heredocs), "/dest/"), tuple(heredocs))


@st.composite
def pair_statements(draw: st.DrawFn, escape: str) -> Statement:
    """ENV and LABEL: `name=value ...`, or the old form `name the rest of the line`."""
    keyword = draw(keywords(draw(st.sampled_from(("ENV", "LABEL")))))
    if draw(st.booleans()):
        pairs = draw(st.lists(st.tuples(_NAME, st.one_of(st.just(""), words(escape))), min_size=1, max_size=3))
        return Statement((keyword, *(f"{name}={value}" for name, value in pairs)))
    return Statement((keyword, draw(_NAME), *draw(st.lists(words(escape), min_size=1, max_size=3))))


@st.composite
def launch_statements(draw: st.DrawFn, escape: str) -> Statement:
    """CMD, ENTRYPOINT, SHELL and HEALTHCHECK."""
    keyword = draw(st.sampled_from(("CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK")))
    line = draw(
        st.one_of(st.lists(words(escape), min_size=1, max_size=4), exec_forms(least=1).map(lambda form: [form]))
    )
    if keyword != "HEALTHCHECK":
        return Statement((draw(keywords(keyword)), *line))
    kind = draw(st.sampled_from((("NONE",), ("CMD", *line), ("cmd", *line))))
    return Statement((draw(keywords(keyword)), *draw(_flags("HEALTHCHECK")), *kind))


@st.composite
def list_statements(draw: st.DrawFn, escape: str) -> Statement:
    """The instructions that take one value or a list."""
    keyword = draw(st.sampled_from(("ARG", "EXPOSE", "USER", "WORKDIR", "VOLUME", "STOPSIGNAL", "MAINTAINER")))
    if keyword == "VOLUME" and draw(st.booleans()):
        return Statement((draw(keywords(keyword)), draw(exec_forms(least=1))))
    if keyword == "ARG":
        return Statement((draw(keywords(keyword)), draw(_NAME), f"{draw(_NAME)}={draw(words(escape))}"))
    return Statement((draw(keywords(keyword)), *draw(st.lists(words(escape), min_size=1, max_size=3))))


@st.composite
def statements(draw: st.DrawFn, escape: str) -> Statement:
    """Any instruction; some as the trigger of an ONBUILD."""
    kinds = (
        from_statements(),
        run_statements(escape),
        run_statements(escape),
        copy_statements(),
        pair_statements(escape),
        launch_statements(escape),
        list_statements(escape),
    )
    statement: Statement = draw(st.one_of(kinds))
    if draw(st.integers(0, 11)) == 0 and statement.words[0].upper() not in ("FROM", "MAINTAINER"):
        return Statement((draw(keywords("ONBUILD")), *statement.words), statement.heredocs)
    return statement


@st.composite
def continuations(draw: st.DrawFn, escape: str) -> str:
    """What goes between two words: blanks, or the end of a line and what may stand before the next word."""
    if draw(st.integers(0, 4)):
        return draw(_BLANKS)
    trailing = draw(st.sampled_from(("", "", " ", "\t ")))
    between = draw(st.lists(st.one_of(_COMMENT, st.sampled_from(("", "  "))), max_size=2))
    indent = draw(st.sampled_from(("", "    ", "\t")))
    before = draw(st.sampled_from((" ", " ", "\t")))
    lines = "".join(f"{line}\n" for line in between)
    return f"{before}{escape}{trailing}\n{lines}{indent}"


@st.composite
def laid_out(draw: st.DrawFn, statement: Statement, escape: str) -> str:
    """The statement's text with its final newline."""
    text = draw(st.sampled_from(("", "", "", "  ", "\t"))) + statement.words[0]
    for word in statement.words[1:]:
        text += draw(continuations(escape)) + word
    goes_on = draw(st.integers(0, 9)) == 0
    if statement.heredocs or not goes_on:
        end = draw(st.sampled_from(("\n", "\n", " \n", "\t\n")))
    else:
        # goes on with whatever stands below
        end = draw(st.sampled_from((f" {escape}\n\n", f"{escape}\n# last\n")))
    return text + end + "".join(heredoc.body for heredoc in statement.heredocs)


@st.composite
def directives(draw: st.DrawFn, escape: str) -> str:
    """The parser directives at the top of the file."""
    lines = draw(st.sampled_from(((), (), ("# syntax=docker/dockerfile:1",), ("#Syntax = docker/dockerfile",))))
    if escape != "\\":
        spelling = draw(st.sampled_from(("# escape={}", "#escape={}", "# Escape = {}")))
        lines = tuple(draw(st.permutations((*lines, spelling.format(escape)))))
    # last, since parsers older than the check directive take it for a comment, which ends the directives
    check = draw(st.sampled_from(((), (), ("#check=skip=all",))))
    return "".join(f"{line}\n" for line in (*lines, *check))


@st.composite
def line_ends(draw: st.DrawFn, text: str) -> str:
    """`text` with LF, CRLF or both."""
    style = draw(st.sampled_from(("lf", "lf", "crlf", "mixed")))
    if style == "lf":
        return text
    if style == "crlf":
        return text.replace("\n", "\r\n")
    period = draw(st.integers(2, 4))
    lines = text.split("\n")
    ends = ("\r\n" if number % period else "\n" for number in range(len(lines) - 1))
    return "".join(line + end for line, end in zip(lines, (*ends, ""), strict=True))


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """A whole Dockerfile."""
    escape = draw(st.sampled_from(("\\", "\\", "\\", "`")))
    text = draw(directives(escape)) + draw(laid_out(draw(from_statements()), escape))
    for statement in draw(st.lists(statements(escape), max_size=5)):
        gap = draw(st.lists(st.one_of(_COMMENT, st.sampled_from(("", "   "))), max_size=2))
        text += "".join(f"{line}\n" for line in gap) + draw(laid_out(statement, escape))
    text = draw(line_ends(text))
    if draw(st.integers(0, 3)) == 0:
        text = text.rstrip("\r\n")
    return draw(st.sampled_from(("", "", "", "\ufeff"))) + text


@st.composite
def broken_dockerfiles(draw: st.DrawFn) -> str:
    """A Dockerfile with one place cut out or written over."""
    text = draw(dockerfiles())
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 12)))
    damage = draw(
        st.one_of(st.just(""), st.text(alphabet="\"'\\`\n\r\t<-#[]{}$= \x00\x0b\x1c\u2028\ufeffE", max_size=4))
    )
    return text[:start] + damage + text[end:]
