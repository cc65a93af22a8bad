"""Files that git ignores: a result builds in a fresh clone too, which lacks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import pipeline
from dockrefactor.context import BuildContext
from dockrefactor.facts import Options
from dockrefactor.gitignore import first_ignored
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import TRANSFORMS

GO = 'FROM golang:1.23\nWORKDIR /app\nCOPY . .\nRUN go build -o main .\nCMD ["./main"]\n'
MAIN = """package main

import (
\t"fmt"
\t"os"
)

func main() {
\tfor _, name := range []string{"settings.env", "conf/a.yml", "kept.txt"} {
\t\tfmt.Println(name)
\t}
\tos.ReadFile("settings.env")
\tos.ReadFile("conf/a.yml")
\tos.ReadFile("kept.txt")
}
"""
NODE = 'FROM node:20-slim\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD ["node", "a.js"]\n'


def refactored(folder: Path, dockerfile: str, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    transforms = tuple(item for item in TRANSFORMS if not item.on_request)

    def once(text: str) -> str:
        context = BuildContext(folder)
        return pipeline.refactor(text.encode(), context, transforms, TOOLCHAINS, Options(), "Dockerfile").after

    after = once(dockerfile)
    assert once(after) == after
    return after


def test_files_that_a_program_reads(tmp_path: Path) -> None:
    files = {"go.mod": "module x\n\ngo 1.23\n", "main.go": MAIN, ".gitignore": "settings.env\nconf/\n"}
    files |= {"settings.env": "a", "conf/a.yml": "b", "kept.txt": "c"}
    after = refactored(tmp_path, GO, files)
    assert "COPY settings.env* ./\n" in after
    assert "COPY con[f]/a.yml ./conf/\n" in after
    assert "COPY kept.txt ./kept.txt\n" in after


def test_a_name_that_others_begin_with_is_matched_alone(tmp_path: Path) -> None:
    files = {"go.mod": "module x\n\ngo 1.23\n", "main.go": MAIN, ".gitignore": "/settings.env\n"}
    files |= {"settings.env": "a", "settings.env.example": "b"}
    assert "COPY settings.en[v] ./\n" in refactored(tmp_path, GO, files)


def test_files_that_this_clone_lacks(tmp_path: Path) -> None:
    files = {"go.mod": "module x\n\ngo 1.23\n", "main.go": MAIN, ".gitignore": "settings.env\nconf/\nkept.txt\n"}
    after = refactored(tmp_path, GO, files)
    assert "COPY settings.env* ./\n" in after
    assert "COPY con[f]/a.yml ./conf/\n" in after
    again = refactored(tmp_path, GO, {**files, ".dockerignore": "*.env\n"})
    assert "settings.env" not in again
    assert "COPY kept.txt* ./\n" in again


def test_settings_that_this_clone_lacks_are_not_the_program(tmp_path: Path) -> None:
    main = 'package main\n\nimport "os"\n\nfunc main() { os.ReadFile(".env") }\n'
    files = {"go.mod": "module x\n\ngo 1.23\n", "main.go": main, ".gitignore": ".env\n"}
    after = refactored(tmp_path, GO, files)
    assert "COPY .env* ./\n" in after
    assert "\nUSER " in after


TYPESCRIPT = """FROM node:20
WORKDIR /app
COPY . .
RUN npm install
RUN npx tsc
CMD ["node", "dist/index.js"]
"""


@pytest.mark.parametrize(
    ("loads", "ignored", "copied"),
    [
        ("dotenv", ".env\n", True),
        ("dotenv", "dist\n", False),
        ("express", ".env\n", False),
    ],
)
def test_a_file_of_variables_that_a_package_loads(tmp_path: Path, loads: str, ignored: str, copied: bool) -> None:
    manifest = f'{{"dependencies": {{"{loads}": "1"}}, "devDependencies": {{"typescript": "5.4.5"}}}}'
    files = {"package.json": manifest, "src/index.ts": f"import '{loads}';\nsetInterval(() => 0, 9);\n"}
    files |= {"tsconfig.json": '{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}', ".gitignore": ignored}
    after = refactored(tmp_path, TYPESCRIPT, files)
    assert "COPY --from=builder /app/dist ./dist\n" in after
    assert (".env*" in after) is copied


@pytest.mark.parametrize(
    ("ignored", "copied"),
    [("package-lock.json\n", "package.json package-lock.json*"), ("dist\n", "package.json package-lock.json")],
)
def test_lock_files(tmp_path: Path, ignored: str, copied: str) -> None:
    lock = '{"lockfileVersion": 3, "packages": {"": {"name": "a"}}}\n'
    files = {"package.json": '{"name": "a"}\n', "package-lock.json": lock, "a.js": "setInterval(() => 0, 9)\n"}
    assert f"COPY {copied} ./\nRUN npm install\n" in refactored(tmp_path, NODE, {**files, ".gitignore": ignored})


def test_what_the_author_names_stays_named(tmp_path: Path) -> None:
    text = NODE.replace("COPY . .", "COPY a.js package.json package-lock.json ./")
    lock = '{"lockfileVersion": 3, "packages": {"": {"name": "a"}}}\n'
    files = {"package.json": '{"name": "a"}\n', "package-lock.json": lock, "a.js": "setInterval(() => 0, 9)\n"}
    after = refactored(tmp_path, text, {**files, ".gitignore": "package-lock.json\n"})
    assert "package-lock.json ./" in after
    assert "*" not in after


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("a.env", "a.env"),
        ("b/c.env", "b/c.env"),
        ("out/x/y", "out"),
        ("b/keep.env", ""),
        ("b/local/x", "b/local"),
        ("src/main.go", ""),
    ],
)
def test_the_first_part_that_git_ignores(tmp_path: Path, path: str, part: str) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".gitignore").write_text("*.env\nout/\n")
    (tmp_path / "b" / ".gitignore").write_text("!keep.env\nlocal\n")
    assert first_ignored(tmp_path, path) == part


KEY = """package main

import "example.com/storage"

func main() { storage.Open("./secrets/key.json", "uploads/%s.png", "logs/app.log") }
"""


def test_a_file_in_a_folder_that_git_ignores_and_a_library_opens(tmp_path: Path) -> None:
    files = {"go.mod": "module x\n\ngo 1.23\n", "main.go": KEY, ".gitignore": "secrets/\nuploads\nlogs\n"}
    lines = refactored(tmp_path, GO, files).splitlines()
    assert [line for line in lines if "COPY" in line and "[" in line] == [
        "COPY --chown=10001:10001 secret[s]/key.json ./secrets/"
    ]


RUST = """FROM rust:1.80
WORKDIR /app
COPY . .
RUN cargo build --release
CMD ["./target/release/a"]
"""


@pytest.mark.parametrize(("ignored", "copied"), [("secrets/\n", True), ("*.json\n", True), ("target\n", False)])
def test_a_rust_program_reads_what_git_ignores(tmp_path: Path, ignored: str, copied: bool) -> None:
    main = (
        'fn main() {\n    std::fs::read("secrets/key.json").unwrap();\n    std::fs::read("target/x.txt").unwrap();\n}\n'
    )
    manifest = '[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n'
    files = {"Cargo.toml": manifest, "src/main.rs": main, ".gitignore": ignored}
    files["Cargo.lock"] = 'version = 3\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n'
    after = refactored(tmp_path, RUST, files)
    assert "AS runtime" in after
    assert ("key.json" in after) is copied
    assert "x.txt" not in after


@pytest.mark.parametrize(("ignored", "copied"), [("secrets\n", True), ("dist\n", False)])
def test_a_node_program_reads_what_git_ignores(tmp_path: Path, ignored: str, copied: bool) -> None:
    manifest = '{"dependencies": {"express": "4"}, "devDependencies": {"typescript": "5.4.5"}}'
    read = "import * as fs from 'fs';\nfs.readFileSync('secrets/key.json');\nfs.readFileSync('dist/x.txt');\n"
    files = {"package.json": manifest, "src/index.ts": f"{read}setInterval(() => 0, 9);\n", ".gitignore": ignored}
    files["tsconfig.json"] = '{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}'
    after = refactored(tmp_path, TYPESCRIPT, files)
    assert "COPY --from=builder /app/dist ./dist\n" in after
    assert ("secret[s]/key.json" in after) is copied
    assert "x.txt" not in after
