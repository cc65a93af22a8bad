"""Configuration files: which one holds, what they may say, and how faults in them are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor.catalogue import Catalogue
from dockrefactor.settings import Configurations, Settings, SettingsError
from fake_transforms import FAKES, Program, make_program

CATALOGUE = Catalogue(FAKES)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return make_program(tmp_path, monkeypatch)


def test_the_nearest_configuration_holds(program: Program) -> None:
    program.write("pyproject.toml", '[tool.dockrefactor]\nuser = "top"\n')
    program.write("a/.dockrefactor.toml", 'user = "a"\n')
    program.write("a/b/c/x")
    program.write("d/pyproject.toml", "[tool.other]\nx = 1\n")
    found = Configurations(CATALOGUE)
    users = [found.of(program.folder / name).user for name in ("", "a", "a/b/c", "d")]
    assert users == ["top", "a", "a", "top"]


def test_the_own_file_goes_before_the_project_file(program: Program) -> None:
    program.write("pyproject.toml", '[tool.dockrefactor]\nuser = "one"\n')
    program.write(".dockrefactor.toml", 'user = "two"\n')
    assert Configurations(CATALOGUE).of(program.folder).user == "two"


def test_every_key(program: Program) -> None:
    program.write("src/x")
    program.write(
        ".dockrefactor.toml",
        'select = ["refuse"]\nignore = ["explode"]\ncontext = "src"\nruntime = "slim"\nuser = "keep"\n'
        'assume = ["wet-paint"]\nruntime-packages = ["libpq5"]\ncovered = ["libpq.so.5"]\n'
        'runtime-files = ["/opt/model"]\nowned-folders = ["/srv/cache"]\ndev-stage = true\n',
    )
    settings = Configurations(CATALOGUE).of(program.folder)
    known = (("libpq5",), ("libpq.so.5",), ("/opt/model",), ("/srv/cache",))
    assert settings == Settings(
        ("refuse",), ("explode",), program.folder / "src", "slim", "keep", ("wet-paint",), None, *known, True
    )
    assert settings.options().assume == {"wet-paint"}
    assert settings.options().runtime_packages == ("libpq5",)
    assert settings.options().dev_stage


def test_the_command_line_goes_before_the_configuration(program: Program) -> None:
    program.write(".dockrefactor.toml", 'select = ["refuse"]\n')
    program.write("Dockerfile")
    assert program().stderr == "1 file unchanged\n"
    assert program("--select", "mark-seen").stderr == "1 file changed\n"
    assert program("--ignore", "refuse", "-v").stderr == "1 file unchanged\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (".dockrefactor.toml", 'user = "a"\nusre = "b"\n', ".dockrefactor.toml:2: unknown key 'usre'; there are"),
        (".dockrefactor.toml", "\n[format]\nx = 1\n", ".dockrefactor.toml:2: unknown key 'format'"),
        (".dockrefactor.toml", "user = \n", ".dockrefactor.toml:1: not TOML: Invalid value"),
        (".dockrefactor.toml", 'user = "a', ".dockrefactor.toml: not TOML: "),
        (".dockrefactor.toml", b"# \xff\n", ".dockrefactor.toml: not UTF-8 (byte 2)"),
        (".dockrefactor.toml", 'select = "refuse"\n', ".dockrefactor.toml:1: select must be a list of strings"),
        (".dockrefactor.toml", "select = [1]\n", ".dockrefactor.toml:1: select must be a list of strings"),
        (".dockrefactor.toml", "user = 1\n", ".dockrefactor.toml:1: user must be a string"),
        (".dockrefactor.toml", "dev-stage = 1\n", ".dockrefactor.toml:1: dev-stage must be true or false"),
        (".dockrefactor.toml", '\nselect = ["x"]\n', ".dockrefactor.toml:2: select: no transform 'x'"),
        (".dockrefactor.toml", 'assume = ["no-entry"]\n', ".dockrefactor.toml:1: assume: 'no-entry' cannot be lifted"),
        (".dockrefactor.toml", 'runtime = "x"\n', ".dockrefactor.toml:1: runtime: 'x' is none of auto, slim"),
        (".dockrefactor.toml", 'user = "root"\n', ".dockrefactor.toml:1: user: root is"),
        (".dockrefactor.toml", 'context = "x"\n', ".dockrefactor.toml:1: context: x is not a folder"),
        (".dockrefactor.toml", 'context = "/"\n', ".dockrefactor.toml:1: context: it lies outside this folder"),
        (".dockrefactor.toml", 'owned-folders = ["data"]\n', ".dockrefactor.toml:1: owned-folders: 'data' is"),
        (".dockrefactor.toml", 'runtime-files = ["/a/../b"]\n', ".dockrefactor.toml:1: runtime-files: '/a/../b' is"),
        (".dockrefactor.toml", 'runtime-packages = ["a b"]\n', ".dockrefactor.toml:1: runtime-packages: 'a b' is"),
        ("pyproject.toml", 'x = 1\n[tool.dockrefactor]\nx = 1\n', "pyproject.toml:3: unknown key 'x'"),
        ("pyproject.toml", 'tool.dockrefactor.x = 1\n', "pyproject.toml:1: unknown key 'x'"),
        ("pyproject.toml", '[tool.dockrefactor.x]\n', "pyproject.toml:1: unknown key 'x'"),
        ("pyproject.toml", "[tool]\ndockrefactor = 1\n", "pyproject.toml: no table [tool.dockrefactor]"),
    ],
)  # fmt: skip
def test_faults_have_file_and_line(program: Program, name: str, text: str | bytes, message: str) -> None:
    program.write(name, text)
    file = program.write("Dockerfile")
    before = file.read_bytes()
    done = program("--write")
    assert done.exit_code == 2
    assert f"Dockerfile: error: {message}" in done.stderr
    assert file.read_bytes() == before
    (program.folder / name).rename(program.folder / f"x{name}")
    (program.folder / "named").mkdir()
    (program.folder / f"x{name}").rename(program.folder / "named" / name)
    named = program("--config", f"named/{name}")
    assert named.exit_code == (0 if "outside" in message else 2)


def test_a_fault_keeps_only_its_own_files_back(program: Program) -> None:
    program.write("a/.dockrefactor.toml", "x = 1\n")
    program.write("a/Dockerfile")
    program.write("b/Dockerfile")
    assert program().stderr.splitlines()[-1] == "1 file changed, 1 failed"


def test_a_project_file_of_others_is_left_alone(program: Program) -> None:
    program.write("pyproject.toml", "this is = not [ toml\n")
    assert Configurations(CATALOGUE).of(program.folder) == Settings()


def test_a_named_configuration_holds_for_all(program: Program) -> None:
    program.write("a/.dockrefactor.toml", "x = 1\n")
    program.write("a/Dockerfile")
    program.write("mine.toml", 'ignore = ["mark-seen"]\n')
    assert program("--config", "mine.toml").stderr == "1 file unchanged\n"


def test_a_named_project_file_must_have_the_table(program: Program) -> None:
    path = program.write("pyproject.toml", "[tool.other]\n")
    with pytest.raises(SettingsError, match="no table"):
        Configurations(CATALOGUE, path)


def test_settings_over_settings() -> None:
    above, beneath = Settings(select=(), user="a"), Settings(select=("refuse",), runtime="slim")
    assert above.over(beneath) == Settings(select=(), user="a", runtime="slim")
