"""What is done in a cheaper way gives what the dearer way gives: tables, plain shell lines, requirements, records."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

import dockrefactor
from dockrefactor import shell, tables
from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field, replace
from dockrefactor.toolchains import python_packages, python_requirements

DATA = Path(dockrefactor.__file__).parent / "data"
TEXT = (
    "pip install -r a.txt --x=1 a=b == = - -- 1 a@1.2 ./... +x echo if done [ a,b . .. : :: a:b -o true set x= =x "
    "FOO=bar 1a time cd export .env ./x _ let test 10#3 ~ # a* {} ! a/b -Dx=y % npm a\\b é"
)
WORDS = st.sampled_from(TEXT.split())
JOINTS = st.sampled_from([" ", "  ", "\t", " && ", "&&", " &&\t"])


def plain(value: Any) -> Any:
    """The tables of `tables` as those of tomllib."""
    return {key: plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: str(path.stem))
def test_table_is_what_toml_says(path: Path) -> None:
    table = tables.toml(path.stem)
    wanted = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(table) == set(wanted)
    assert len(table) == len(wanted)
    assert all(key in table for key in wanted)
    assert plain(table) == wanted


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: str(path.stem))
def test_table_of_the_wheel_is_what_toml_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tomllib.loads(path.read_text(encoding="utf-8"))
    lines = (f"{key}\t{json.dumps(value, ensure_ascii=False)}" for key, value in wanted.items())
    (tmp_path / f"{path.stem}.compiled").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(tables, "_DATA", tmp_path)
    for cached in (tables.toml, tables.text):
        monkeypatch.setattr(tables, cached.__name__, cached.__wrapped__)
    table = tables.toml(path.stem)
    assert set(table) == set(wanted)
    assert len(table) == len(wanted)
    assert all(key in table for key in wanted)
    assert dict(table) == wanted


@pytest.mark.parametrize("name", ["debian_packages.tsv", "programs.tsv"])
def test_rows_are_those_of_the_file(name: str) -> None:
    lines = [line.split("\t") for line in tables.text(name).splitlines() if line and line[0] != "#"]
    for key in {cells[0] for cells in lines[:200] + lines[-5:]}:
        assert list(tables.rows(name, key)) == [cells for cells in lines if cells[0] == key]
    assert list(tables.rows(name, "no-such-name")) == []


@given(st.lists(st.tuples(WORDS, JOINTS), min_size=1, max_size=8), st.booleans())
@settings(max_examples=400, deadline=None, derandomize=True)
def test_plain_line_reads_as_the_grammar_reads_it(parts: list[tuple[str, str]], ended: bool) -> None:
    text = "".join(word + joint for word, joint in parts)
    text = text if ended else text.removesuffix(parts[-1][1])
    quick = shell.parse(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shell, "_PLAIN", re.compile(r"(?!)"))
        assert shell.parse(text) == quick


SPACES = st.sampled_from(["", " ", "  "])
NAMES = st.lists(st.sampled_from(["a", "Zope", "7", "x86", "2to3", "py"]), min_size=1, max_size=3)
PINS = st.tuples(
    st.sampled_from(["==", ">=", "<=", "!=", "<", ">"]), SPACES, st.sampled_from(["0", "1.2", "3.10.0", "2024.1.31"])
)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    """Names with and without extras and versions, with every joint and space that may be written."""
    name = draw(st.sampled_from(["-", "_", ".", "--", "._"])).join(draw(NAMES))
    extra = draw(st.sampled_from(["", "[all]", "[test-all]", "[a.b_c]"]))
    pins = [comparison + space + version for comparison, space, version in draw(st.lists(PINS, max_size=3))]
    return name + draw(SPACES) + extra + draw(SPACES) + ("," + draw(SPACES)).join(pins)


@given(requirements())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_simple_requirement_reads_as_packaging_reads_it(text: str) -> None:
    assert python_requirements._SIMPLE.fullmatch(text)
    requirement = Requirement(text)
    gathering = python_requirements.Gathering("/app", lambda _: None, BuildContext(DATA))
    python_requirements.add_requirement(gathering, text, Evidence("requirements.txt", 1, "named"))
    [package] = gathering.packages
    pins = {item.version for item in requirement.specifier if item.operator == "=="}
    assert package.name == python_requirements.canonical(requirement.name)
    assert package.version in pins or (package.version is None and not pins)


@given(*[st.lists(st.integers(0, 12), min_size=1, max_size=4)] * 3)
def test_versions_compare_as_packaging_compares_them(low: list[int], own: list[int], high: list[int]) -> None:
    first, second, third = (".".join(map(str, parts)) for parts in (low, own, high))
    assert python_packages._between(first, second, third) == (Version(first) <= Version(second) <= Version(third))


def test_pattern_behaves_as_a_compiled_one() -> None:
    pattern, compiled = regex(r"(?P<word>[a-z]+)", re.IGNORECASE), re.compile(r"(?P<word>[a-z]+)", re.IGNORECASE)
    for _ in range(2):  # before and after it is compiled
        assert [match["word"] for match in pattern.finditer("A b1C")] == ["A", "b", "C"]
        assert pattern.findall("A b1C") == compiled.findall("A b1C")
        assert pattern.sub("x", "A b1C", count=2) == compiled.sub("x", "A b1C", count=2)
        assert (pattern.pattern, pattern.flags, pattern.groups) == (compiled.pattern, compiled.flags, compiled.groups)
        assert pattern.fullmatch("A b") is None
    assert regex(rb"a").match(b"ab") is not None


@dataclass(frozen=True, slots=True, order=True)
class Point:
    x: int
    y: tuple[int, ...] = ()
    tags: list[str] = field(default_factory=list, repr=False)


@dataclass(slots=True)
class Open:
    value: int = 1


@dataclass(frozen=True)
class Often:
    name: str
    tags: list[str] = field(default_factory=list)
    count: int = 1


def test_record_behaves_as_a_dataclass() -> None:
    point = Point(1, y=(2,))
    assert point == Point(1, (2,), [])
    assert point != Point(1)
    assert repr(point) == "Point(x=1, y=(2,))"
    assert Point(1) < Point(1, (1,)) < Point(2)
    assert Point(1).tags is not Point(1).tags
    assert replace(point, x=3) == Point(3, (2,))
    assert hash(Evidence("a", 1, "b")) == hash(Evidence("a", 1, "b"))
    assert not hasattr(point, "__dict__")
    match point:
        case Point(x, y):
            assert (x, y) == (1, (2,))


def test_record_is_the_same_however_many_there_are() -> None:
    made = [Often(str(index), count=index) for index in range(300)]
    assert [vars(item) for item in made] == [{"name": str(index), "tags": [], "count": index} for index in range(300)]
    assert made[-1] == Often("299", [], 299)
    assert made[0].tags is not made[-1].tags


def test_record_refuses_what_a_dataclass_refuses() -> None:
    point: Any = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2
    with pytest.raises(FrozenInstanceError):
        del point.x
    wrong: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((), {}), ((1, (), [], 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1}), ((), {"y": ()}),
    ]  # fmt: skip
    for values, named in wrong:
        with pytest.raises(TypeError):
            Point(*values, **named)
    with pytest.raises(TypeError):
        hash(Open())
    changed = Open()
    changed.value = 2
    assert changed == Open(2)
