"""Which Dockerfiles are found below a folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dockrefactor import discovery
from dockrefactor.discovery import Found, Skipped, Unusable


def _tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("FROM a\n")


def _found(*paths: Path, root: Path) -> list[str]:
    return [item.path.relative_to(root).as_posix() for item in discovery.find(paths) if isinstance(item, Found)]


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "Dockerfile.dev", "api.Dockerfile", "api.dockerfile", "Containerfile", "Containerfile.prod"],
)
def test_names_of_dockerfiles(name: str) -> None:
    assert discovery.is_dockerfile_name(name)


@pytest.mark.parametrize(
    "name",
    ["dockerfile", "Dockerfiles", "xDockerfile", "Dockerfile.dockerignore", "Dockerfile.j2", "Dockerfile.orig",
     "Dockerfile.dev~", "Containerfile.dockerignore", "README.md", "Dockerfile.md"],
)  # fmt: skip
def test_names_of_other_files(name: str) -> None:
    assert not discovery.is_dockerfile_name(name)


def test_sorted_files_before_folders(tmp_path: Path) -> None:
    _tree(tmp_path, "b/Dockerfile", "a/z/Dockerfile", "a/Dockerfile", "Dockerfile", "Dockerfile.dev")
    assert _found(tmp_path, root=tmp_path) == [
        "Dockerfile", "Dockerfile.dev", "a/Dockerfile", "a/z/Dockerfile", "b/Dockerfile",
    ]  # fmt: skip


@pytest.mark.parametrize("folder", [".git", "node_modules", "vendor", ".venv", "x/node_modules/y"])
def test_folders_that_are_not_searched(tmp_path: Path, folder: str) -> None:
    _tree(tmp_path, f"{folder}/Dockerfile", "Dockerfile")
    assert _found(tmp_path, root=tmp_path) == ["Dockerfile"]


def test_a_virtual_environment_by_any_name(tmp_path: Path) -> None:
    _tree(tmp_path, "env/lib/Dockerfile", "env/pyvenv.cfg", "Dockerfile")
    assert _found(tmp_path, root=tmp_path) == ["Dockerfile"]
    assert _found(tmp_path / "env", root=tmp_path) == ["env/lib/Dockerfile"]


def test_no_file_twice(tmp_path: Path) -> None:
    _tree(tmp_path, "Dockerfile", "a/Dockerfile")
    (tmp_path / "a/link.Dockerfile").symlink_to("Dockerfile")
    assert _found(tmp_path / "a", tmp_path, tmp_path / "Dockerfile", root=tmp_path) == ["a/Dockerfile", "Dockerfile"]


def test_a_given_file_needs_no_pattern(tmp_path: Path) -> None:
    _tree(tmp_path, "build.txt")
    assert _found(tmp_path / "build.txt", root=tmp_path) == ["build.txt"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    _tree(tmp_path, "real/Dockerfile")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/up").symlink_to("..")
    assert _found(tmp_path, root=tmp_path) == ["real/Dockerfile"]


def test_links_to_files(tmp_path: Path) -> None:
    root = tmp_path / "root"
    _tree(tmp_path, "root/docker/base", "outside/Dockerfile")
    (root / "Dockerfile").symlink_to("docker/base")
    (root / "Dockerfile.out").symlink_to(tmp_path / "outside/Dockerfile")
    (root / "Dockerfile.gone").symlink_to("nowhere")
    (root / "Dockerfile.folder").symlink_to("docker")
    found = list(discovery.find([root]))
    assert [type(item) for item in found] == [Found, Skipped, Skipped]
    assert [item.path.name for item in found] == ["Dockerfile", "Dockerfile.gone", "Dockerfile.out"]
    assert isinstance(next(discovery.find([root / "Dockerfile.out"])), Found)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Dockerfile")
    assert list(discovery.find([tmp_path])) == []
    assert isinstance(next(discovery.find([tmp_path / "Dockerfile"])), Unusable)
    assert isinstance(next(discovery.find([tmp_path / "missing"])), Unusable)


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path, "a/Dockerfile", "b/Dockerfile")
    scandir = os.scandir

    def deny(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", deny)
    found = list(discovery.find([tmp_path]))
    assert found == [Unusable(tmp_path / "a", "cannot be listed: Permission denied"), Found(tmp_path / "b/Dockerfile")]


def _ignore(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_gitignore_patterns_hold_below_their_folder(tmp_path: Path) -> None:
    _tree(tmp_path, "out/Dockerfile", "a/out/Dockerfile", "a/gen/Dockerfile", "gen/Dockerfile", "Dockerfile.local")
    _ignore(tmp_path / ".gitignore", "/out/\n*.local\n")
    _ignore(tmp_path / "a/.gitignore", "gen\n")
    assert _found(tmp_path, root=tmp_path) == ["a/out/Dockerfile", "gen/Dockerfile"]


def test_the_deepest_gitignore_decides(tmp_path: Path) -> None:
    _tree(tmp_path, "a/Dockerfile.x", "b/Dockerfile.x")
    _ignore(tmp_path / ".gitignore", "Dockerfile.x\n")
    _ignore(tmp_path / "a/.gitignore", "!Dockerfile.x\n")
    assert _found(tmp_path, root=tmp_path) == ["a/Dockerfile.x"]


def test_gitignore_of_the_parents_within_the_repository(tmp_path: Path) -> None:
    _tree(tmp_path, "repo/.git/HEAD", "repo/a/x/Dockerfile", "repo/a/y/Dockerfile")
    _ignore(tmp_path / ".gitignore", "y/\n")
    _ignore(tmp_path / "repo/.gitignore", "a/x/\n")
    assert _found(tmp_path / "repo/a", root=tmp_path) == ["repo/a/y/Dockerfile"]


def test_a_given_folder_is_searched_though_it_is_ignored(tmp_path: Path) -> None:
    _tree(tmp_path, ".git/HEAD", "build/Dockerfile")
    _ignore(tmp_path / ".gitignore", "build/\n")
    assert _found(tmp_path, root=tmp_path) == []
    assert _found(tmp_path / "build", root=tmp_path) == ["build/Dockerfile"]


def test_an_inner_repository_has_its_own_rules(tmp_path: Path) -> None:
    _tree(tmp_path, "inner/.git/HEAD", "inner/Dockerfile.x", "Dockerfile.x")
    _ignore(tmp_path / ".gitignore", "Dockerfile.x\n")
    assert _found(tmp_path, root=tmp_path) == ["inner/Dockerfile.x"]


def test_gitignores_that_are_not_read(tmp_path: Path) -> None:
    _tree(tmp_path, "a/Dockerfile", "b/Dockerfile")
    _ignore(tmp_path / "rules", "Dockerfile\n")
    (tmp_path / "a/.gitignore").symlink_to("../rules")
    (tmp_path / "b/.gitignore").mkdir()
    assert _found(tmp_path, root=tmp_path) == ["a/Dockerfile", "b/Dockerfile"]


def test_a_wrong_pattern_spoils_only_itself(tmp_path: Path) -> None:
    _tree(tmp_path, "a/Dockerfile", "b/Dockerfile")
    (tmp_path / ".gitignore").write_bytes(b"!\n///\n\xff\na/\n")
    assert _found(tmp_path, root=tmp_path) == ["b/Dockerfile"]


def test_pathspec_is_imported_only_for_a_gitignore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path, "Dockerfile")
    monkeypatch.setitem(sys.modules, "pathspec", None)
    assert _found(tmp_path, root=tmp_path) == ["Dockerfile"]
    _ignore(tmp_path / ".gitignore", "x\n")
    with pytest.raises(ImportError):
        _found(tmp_path, root=tmp_path)
