"""Every reason is met by a case, and the README names the transforms that there are."""

from __future__ import annotations

import re

import pytest

from cases import ROOT, all_cases
from dockrefactor_transforms import TRANSFORMS

REASONS = [(transform.name, member.reason.code) for transform in TRANSFORMS for member in transform.reasons]
MET = {(name, answer.partition(": ")[2]) for case in all_cases() for name, answer in case.expect.items()}
# (transform, code) -> the test that meets it, where a folder of the corpus cannot
MET_ELSEWHERE = {
    # git keeps no mode but the executable bit
    ("add-user", "unreadable-files"): "test_file_modes.py",
}


@pytest.mark.parametrize(("transform", "code"), REASONS, ids=lambda word: str(word))
def test_reason_is_met_by_a_case(transform: str, code: str) -> None:
    assert (transform, code) in MET or (transform, code) in MET_ELSEWHERE, (
        f"no case expects {transform} to answer {code}"
    )


def test_what_is_met_elsewhere_is_a_reason_and_tested() -> None:
    assert sorted(MET_ELSEWHERE.keys() - set(REASONS)) == []
    assert [name for name in MET_ELSEWHERE.values() if not (ROOT / "tests" / name).is_file()] == []


def test_expected_codes_are_reasons() -> None:
    """A code that no enum has would never be answered."""
    assert sorted({(name, code) for name, code in MET if code} - set(REASONS)) == []


def test_codes_are_unique_within_a_transform() -> None:
    assert len(set(REASONS)) == len(REASONS)


def test_readme_has_the_table_of_transforms() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    parts = re.split(r"<!-- /?transforms -->", text)
    assert len(parts) == 3, "no table between two <!-- transforms --> markers"
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in parts[1].strip().splitlines()[2:]]
    found = [(cells[0].strip("`").partition("]")[0].strip("[`"), cells[1]) for cells in rows]
    assert found == [(transform.name, first_sentence(transform.documentation)) for transform in TRANSFORMS]


def first_sentence(text: str) -> str:
    """The text up to its first full stop, on one line."""
    return " ".join(re.split(r"(?<=\.)\s", text.strip(), maxsplit=1)[0].split())
