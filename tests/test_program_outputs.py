"""What sources start, and what the libraries that they use keep, is written by the new user."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document, ownership, program_outputs
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import (
    TOOLCHAINS,
    c_sources,
    dotnet_sources,
    elixir_sources,
    jvm_sources,
    rust_sources,
)

DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nCMD ["python", "app.py"]\n'
RUN = "import subprocess\nsubprocess.run({})\n"


NODE = 'FROM node:20-slim\nWORKDIR /srv\nCOPY . .\nRUN npm install\nCMD ["node", "a.js"]\n'
GO = 'FROM golang:1.23\nWORKDIR /srv\nCOPY . .\nRUN go build -o /usr/local/bin/a .\nCMD ["a"]\n'


def claims(folder: Path, dockerfile: str, files: dict[str, str]) -> list[str | None]:
    for name, text in files.items():
        (folder / name).write_text(text)
    facts = Facts(document.read(dockerfile), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    return [claim.value for claim in ownership.written_paths(facts)]


def written(folder: Path, source: str) -> list[str | None]:
    return claims(folder, DOCKERFILE, {"app.py": source})


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        (RUN.format('["ffmpeg", "-i", "a.mp4", "b.mp4"]'), ["/srv/b.mp4"]),
        (RUN.format('["ffmpeg", "-i", "a.mp4", "-f", "null", "-"]'), []),
        (RUN.format('["ffmpeg", "-version"]'), []),
        (RUN.format('["/usr/bin/yt-dlp", "https://a.example/v"]'), ["/srv"]),
        (RUN.format('["yt-dlp", "-o", "/media/%(id)s", "https://a.example/v"]'), ["/media/%(id)s"]),
        (RUN.format('["yt-dlp", "--dump-json", "https://a.example/v"]'), []),
        (RUN.format('["git", "clone", "https://a.example/r"]'), ["/srv"]),
        (RUN.format('["git", "log", "-1"]'), []),
        (RUN.format('["pg_dump", "--file=/backup/db.sql", "db"]'), ["/backup/db.sql"]),
        (RUN.format('["mytool", "b.txt"]'), []),
        ('import os\nos.system("pg_dump db 2>&1 | gzip > /backup/db.gz")\n', ["/backup/db.gz"]),
        ('import os\nos.system("A=b sudo cp a.txt /out/b.txt && ls > /dev/null")\n', ["/out/b.txt"]),
        ('import os\nos.system("ls \'open")\n', []),
        ('import sys, os\nos.system(f"convert {sys.argv[1]} /pictures/{sys.argv[1]}.png")\n', ["/pictures"]),
        ('import sys, os\nos.system(f"convert a.png {sys.argv[1]}")\n', [None]),
        ('cmd = ["ffmpeg", "-i", "a.mp4"]\ncmd.append("b.mp4")\n' + RUN.format("cmd"), [None]),
        (RUN.format('["ffmpeg", "-i", "a.mp4"] + ["b.mp4"]'), [None]),
        (RUN.format('["ffmpeg", *["b.mp4"]]'), [None]),
        ('import tempfile\nout = tempfile.mkdtemp()\n' + RUN.format('["ffmpeg", "-i", "a", f"{out}/b.mp4"]'), []),
        ('import subprocess\nsubprocess.run(["touch", "a"], cwd="/out")\n', ["/out/a"]),
        ('import subprocess\nsubprocess.run("touch a; touch /b", shell=True, cwd="out")\n', ["/srv/out/a", "/b"]),
        ('import subprocess, sys\nsubprocess.run(["touch", "a"], cwd=sys.argv[1])\n', [None]),
        ('import subprocess\nsubprocess.run(["touch", "a"], cwd=None)\n', ["/srv/a"]),
        ('import subprocess, tempfile\nsubprocess.run(["touch", "a"], cwd=tempfile.mkdtemp())\n', []),
        ('import subprocess, tempfile\nsubprocess.run(["touch", "/a"], cwd=tempfile.mkdtemp())\n', ["/a"]),
        ('import os\nos.chdir("/out")\nopen("a.txt", "w")\n', ["/srv/a.txt", "/out/a.txt"]),
        ('import os, sys\nos.chdir(sys.argv[1])\nopen("a.txt", "w")\n', ["/srv/a.txt", None]),
        ('import os, sys\nos.chdir(sys.argv[1])\nopen("/out/a.txt", "w")\n', ["/out/a.txt"]),
        (
            'import os, sys\nHERE = os.path.dirname(os.path.abspath(__file__))\n'
            'os.chdir(sys.argv[1])\nopen(HERE + "/a.txt", "w")\n',
            ["/srv/a.txt"],
        ),
        ('import os, tempfile\nos.chdir(tempfile.mkdtemp())\nopen("a.txt", "w")\n', ["/srv/a.txt"]),
        (
            'import os\nos.chdir(os.path.dirname(os.path.abspath(__file__)))\nopen("a.txt", "w")\n',
            ["/srv/a.txt", "/srv/a.txt"],
        ),
        (
            'import asyncio\n'
            'async def f():\n    await asyncio.create_subprocess_exec("unzip", "a.zip", "-d", "/out")\n',
            ["/out"],
        ),
    ],
)  # fmt: skip
def test_what_started_programs_write(tmp_path: Path, source: str, paths: list[str | None]) -> None:
    assert written(tmp_path, source) == paths


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from telegram.ext import PicklePersistence\nPicklePersistence(filepath='bot.pkl')\n", "/srv/bot.pkl"),
        ("from telegram.ext import PicklePersistence\nPicklePersistence(filename='bot.pkl')\n", "/srv"),
        ("from telebot import TeleBot as B\nB('a').enable_save_reply_handlers(9, 'a.save')\n", "/srv/a.save"),
        ("import requests_cache\nrequests_cache.install_cache('demo')\n", "/srv/demo"),
        ("from requests_cache import CachedSession\nCachedSession()\n", "/srv/http_cache.sqlite"),
        ("from pony.orm import Database\nd = Database()\nd.bind(provider='sqlite', filename='a.db')\n", "/srv/a.db"),
        ("from filelock import FileLock\nFileLock('a.lock')\n", "/srv/a.lock"),
        ("from playwright.sync_api import Page\ndef f(page: Page):\n    page.screenshot(path='a.png')\n", "/srv/a.png"),
        ("import wave\nwave.open('a.wav', 'wb')\n", "/srv/a.wav"),
    ],
)  # fmt: skip
def test_what_libraries_keep(tmp_path: Path, source: str, path: str) -> None:
    assert written(tmp_path, source) == [path]


def test_a_sound_that_is_read_is_not_written(tmp_path: Path) -> None:
    assert written(tmp_path, "import wave\nwave.open('a.wav', 'rb')\n") == []


def test_words_of_a_command_line() -> None:
    assert program_outputs.written(["ffmpeg", "-i", "a", "b"]) == [3]
    assert program_outputs.written(["ffmpeg", "-i", "a"], is_whole=False) == [None]
    assert program_outputs.written(["curl", "https://a.example"]) == []
    assert program_outputs.written(["curl", "-O", "https://a.example"]) == ["."]
    assert program_outputs.written(["tar", "xzf", "a.tgz", "-C"]) == [None]
    assert program_outputs.written(["mkdir", "-p", "a", "b"]) == [2, 3]
    assert program_outputs.written([]) == []
    assert program_outputs.written(["git"]) == []
    assert program_outputs.written(["git"], is_whole=False) == [None]
    assert program_outputs.written(["git", "log"], is_whole=False) == []
    assert program_outputs.written(["tar", "czf", "/backup/a.tgz", "."]) == [2]
    assert list(program_outputs.of_line("touch a && echo b >> c")) == ["a", "c"]
    assert list(program_outputs.of_line("cd /out && touch a && echo b > c")) == ["/out/a", "/out/c"]


@pytest.mark.parametrize(
    ("call", "paths"),
    [
        ("execSync('ffmpeg -i a.mp4 b.mp4')", ["/srv/b.mp4"]),
        ("exec(`pg_dump ${process.argv[2]} > /backup/${process.argv[2]}.sql`)", ["/backup"]),
        ("spawn('ffmpeg', ['-i', 'a.mp4', 'b.mp4'])", ["/srv/b.mp4"]),
        ("spawn('ffmpeg', process.argv)", [None]),
        ("spawn('ffmpeg', ['-i', ...process.argv])", [None]),
        ("execFileSync('git', ['clone', 'https://a.example/r'], { stdio: 'inherit' })", ["/srv"]),
        ("spawn('yt-dlp', ['-o', '/media/a', process.argv[2]])", ["/media/a"]),
        ("exec('ls -l')", []),
        ("execSync('touch a', { cwd: '/out' })", ["/out/a"]),
        ("process.chdir('/out'); exec('touch a')", ["/srv/a", "/out/a"]),
        ("process.chdir(process.argv[2]); exec('touch a')", ["/srv/a", None]),
        ("spawn('touch', ['a'], { cwd: __dirname + '/out' })", ["/srv/out/a"]),
        ("spawn('touch', ['a'], { cwd: process.argv[2] })", [None]),
        ("spawn('touch', ['/a'], { cwd: process.argv[2] })", ["/a"]),
        ("spawn('ffmpeg', ['-version'])", []),
    ],
)
def test_what_node_starts(tmp_path: Path, call: str, paths: list[str | None]) -> None:
    source = f"const {{ exec, execSync, spawn, execFileSync }} = require('child_process');\n{call};\n"
    assert claims(tmp_path, NODE, {"a.js": source, "package.json": '{"name": "a", "version": "1.0.0"}\n'}) == paths


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("const p = require('puppeteer');\nconst f = async (g) => g.screenshot({ path: 'a.png' });\n", "/srv/a.png"),
        ("const c = require('csv-writer');\nc.createObjectCsvWriter({ path: 'a.csv', header: [] });\n", "/srv/a.csv"),
        ("const Zip = require('adm-zip');\nnew Zip('a.zip').extractAllTo('out');\n", "/srv/out"),
    ],
)
def test_what_packages_of_node_write(tmp_path: Path, call: str, path: str) -> None:
    manifest = '{"name": "a", "version": "1.0.0"}\n'
    assert path in claims(tmp_path, NODE, {"a.js": call, "package.json": manifest})


@pytest.mark.parametrize(
    ("call", "paths"),
    [
        ('exec.Command("ffmpeg", "-i", "a.mp4", "b.mp4").Run()', ["/srv/b.mp4"]),
        ('exec.CommandContext(context.Background(), "git", "clone", os.Args[1]).Run()', ["/srv"]),
        ('exec.Command("sh", "-c", "pg_dump db > /backup/a.sql").Run()', ["/backup/a.sql"]),
        ('exec.Command("ffmpeg", os.Args...).Run()', [None]),
        ('exec.Command("ffmpeg", "-i", "a", os.Args[1]).Run()', [None]),
        ('exec.LookPath("yt-dlp")', []),
        ('c := exec.Command("touch", "a"); c.Dir = "/out"', [None]),
        ('c := exec.Command("touch", "/a"); c.Dir = "/out"', ["/a"]),
        ('os.Chdir("/out"); os.Create("a.txt")', ["/srv/a.txt", "/out/a.txt"]),
        ('os.Chdir(os.Args[1]); os.Create("a.txt")', ["/srv/a.txt", None]),
        ('exec.Command("ls").Run()', []),
    ],
)
def test_what_go_starts(tmp_path: Path, call: str, paths: list[str | None]) -> None:
    imports = 'import (\n\t"context"\n\t"os"\n\t"os/exec"\n)\n'
    main = f"package main\n\n{imports}\nfunc main() {{\n\t_ = context.Background()\n\t_ = os.Args\n\t{call}\n}}\n"
    assert claims(tmp_path, GO, {"go.mod": "module a\n\ngo 1.23\n", "main.go": main}) == paths


def _read_by(language: str, context: BuildContext) -> list[str | None]:
    match language:
        case "rust":
            claims = rust_sources.read_sources(context, "", {}, True).writes
        case "c":
            claims = c_sources.read_sources(context, "").writes
        case "java":
            claims = jvm_sources.read(context, [""], {}).needs.writes
        case "dotnet":
            claims = dotnet_sources.read(context, [""], {}).needs.writes
        case _:
            claims = elixir_sources.read_sources(context, ["a.ex"]).writes
    return [claim.value for claim in claims]


@pytest.mark.parametrize(
    ("language", "name", "source", "paths"),
    [
        ("rust", "src/main.rs", 'fn main() { Command::new("git").args(["clone", &url]).status(); }', [None]),
        ("rust", "src/main.rs", 'fn main() { Command::new("git").arg("log").output(); }', []),
        ("rust", "src/main.rs", 'fn main() { Command::new("ffmpeg").arg("-i").arg(file).spawn(); }', [None]),
        ("rust", "src/main.rs", 'fn main() { Command::new("ls").spawn(); }', []),
        ("c", "main.c", 'int main(void) { return system("pg_dump db > backup/a.sql"); }', ["backup/a.sql"]),
        ("c", "main.c", 'int main(void) { return execlp("git", "git", "clone", url, 0); }', [None]),
        ("c", "main.c", 'int main(void) { return execlp("git", "git", "log", 0); }', []),
        ("c", "main.c", 'int main(void) { return system("ls"); }', []),
        ("java", "A.java", 'class A { void m() { new ProcessBuilder("ffmpeg", "-i", a, b).start(); } }', [None]),
        ("java", "A.java", 'class A { void m() { new ProcessBuilder("git", "log").start(); } }', []),
        ("java", "A.java", 'class A { void m() { Runtime.getRuntime().exec("git clone " + url); } }', [None]),
        ("dotnet", "A.cs", 'class A { void M() { Process.Start("git", "clone " + url); } }', [None]),
        ("dotnet", "A.cs", 'class A { void M() { Process.Start("git", "log -1"); } }', []),
        ("elixir", "a.ex", 'System.cmd("git", ["clone", url])', [None]),
        ("elixir", "a.ex", 'System.cmd("git", ["log"])', []),
        ("elixir", "a.ex", 'System.shell("convert a.png pictures/#{name}.png")', ["pictures"]),
    ],
)
def test_what_other_languages_start(
    tmp_path: Path, language: str, name: str, source: str, paths: list[str | None]
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(source)
    assert _read_by(language, BuildContext(tmp_path)) == paths
