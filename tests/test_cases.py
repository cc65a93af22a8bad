"""`case.toml` is read strictly: what a case says and nobody reads would be a test that is not made."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import CASE_FILE, CaseError, HttpProbe, load

GOOD = """
claim = "It says hello."
options = ["--select", "add-user"]

[expect]
add-user = "unneeded: user-set"

[probe]
kind = "http"
port = 8000
env = { NAME = "bob" }

[edit]
file = "app.py"
append = "# edited\\n"
cached = "pip install"
"""


def case_folder(tmp_path: Path, text: str, name: str = "add-user-keeps-one") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "app.py").write_text("")
    (folder / CASE_FILE).write_text(text)
    return folder


def test_case_has_what_its_file_says(tmp_path: Path) -> None:
    case = load(case_folder(tmp_path, GOOD))
    assert case.expect == {"add-user": "unneeded: user-set"}
    assert case.probe == HttpProbe(8000, "/", 200, "", {"NAME": "bob"})
    assert case.edit is not None
    assert case.edit.cached == "pip install"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("claim =", "clam =", "unknown key 'clam'"),
        ('claim = "It says hello."', "", "claim is missing"),
        ("port = 8000", "port = 8000\nstatsu = 200", "unknown key 'statsu'"),
        ("port = 8000", 'port = "8000"', "is no int"),
        ("port = 8000", "status = 200", "probe: .*port"),
        ('kind = "http"', 'kind = "tcp"', "kind must be http or output"),
        ('"bob"', "1", "NAME is no string"),
        ('append = "# edited\\n"', 'append = "# other\\n"', "the word edited"),
        ('file = "app.py"', 'file = "web.py"', "there is no file web.py"),
        ("unneeded: user-set", "unneeded", "is no answer"),
        ('add-user = "unneeded', 'split-stages = "unneeded', "it must answer for add-user"),
        ('"add-user"]', '"ad-user"]', "no transform 'ad-user'"),
        ("[edit]", 'not-built = "why"\n[edit]', "unknown key 'not-built'"),
        ("[probe]", "[probed]", "unknown key 'probed'"),
    ],
)
def test_mistake_is_an_error(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in GOOD
    with pytest.raises(CaseError, match=message):
        load(case_folder(tmp_path, GOOD.replace(old, new)))


def test_case_has_a_probe_or_a_reason_for_none(tmp_path: Path) -> None:
    text = GOOD.replace("options", 'not-built = "no registry"\noptions')
    with pytest.raises(CaseError, match=r"either \[probe\] or not-built"):
        load(case_folder(tmp_path, text))


def test_name_is_in_kebab_case(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="kebab"):
        load(case_folder(tmp_path, GOOD, "Add_user"))
