"""PHP: what command lines ask for, what Composer reads and runs, and what sources need."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.effects import absolute
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import TOOLCHAINS, php_composer, php_needs
from dockrefactor.toolchains.php_commands import (
    ComposerInstall,
    ConsoleCommand,
    checks_installer,
    composer_words,
    installed_composer,
    parse_composer,
    parse_console,
    parse_extensions,
)
from dockrefactor.toolchains.php_sources import read_sources

DATA = Path(__file__).parents[1] / "refactor/dockrefactor/data"


def project(root: Path, files: Mapping[str, str]) -> BuildContext:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return BuildContext(root)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("composer install --no-dev -o", ComposerInstall("install", optimised=True)),
        ("php composer.phar i --no-scripts --no-autoloader", ComposerInstall("install", ".", (), False, False)),
        ("composer -d api update", ComposerInstall("update", "api")),
        ("composer require a/b c/d", ComposerInstall("require", named=("a/b", "c/d"))),
        ("composer dump-autoload", None),
    ],
)
def test_composer(line: str, expected: ComposerInstall | None) -> None:
    words = composer_words(tuple(line.split()))
    assert words is not None
    assert parse_composer(words) == expected


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("docker-php-ext-install -j 4 gd zip", ("gd", "zip")),
        ("docker-php-ext-configure gd --with-jpeg", ("gd",)),
        ("pecl install redis-6.0.2 xdebug", ("redis", "xdebug")),
    ],
)
def test_extensions(line: str, names: tuple[str, ...]) -> None:
    found = parse_extensions(tuple(line.split()))
    assert found is not None
    assert found.names == names


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("php -- --install-dir=/usr/local/bin --filename=composer", "/usr/local/bin/composer"),
        ("php composer-setup.php --install-dir=bin", "/app/bin/composer.phar"),
        ("php composer-setup.php", None),
        ("php server.php --install-dir=/tmp", None),
    ],
)
def test_where_composers_installer_puts_it(line: str, target: str | None) -> None:
    assert installed_composer(tuple(line.split()), "/app") == target


@pytest.mark.parametrize(
    ("code", "removed"),
    [
        ("unlink('composer-setup.php');", ("composer-setup.php",)),
        (
            "if (hash_file('sha384', 'composer-setup.php') === 'abc') { echo 'Installer verified'; } "
            "else { echo 'Installer corrupt'; unlink('composer-setup.php'); } echo PHP_EOL;",
            ("composer-setup.php",),
        ),
        ("file_put_contents('/etc/motd', 'x');", None),
    ],
)
def test_composers_own_instructions(code: str, removed: tuple[str, ...] | None) -> None:
    assert checks_installer(("php", "-r", code)) == removed


def test_consoles() -> None:
    assert parse_console(("php", "artisan", "config:cache"), "/app") == ConsoleCommand(
        "artisan", "config:cache", "/app"
    )
    assert parse_console(("bin/console", "-n", "cache:warmup"), "/app") == ConsoleCommand(
        "console", "cache:warmup", "/app"
    )
    assert parse_console(("php", "index.php"), "/app") is None


def inputs(root: Path, manifest: dict[str, Any], install: ComposerInstall, *more: str) -> php_composer.InstallInputs:
    files = {"composer.json": json.dumps(manifest), "composer.lock": "{}", **dict.fromkeys(more, "")}
    context = project(root, files)

    def resolve(path: str) -> str | None:
        inner = path.removeprefix("/app").lstrip("/")
        return inner if context.exists(inner) else None

    return php_composer.install_inputs(install, "/app", resolve, context)


def test_an_install_reads_manifest_and_lock_file(tmp_path: Path) -> None:
    found = inputs(tmp_path, {"autoload": {"psr-4": {"A\\": "src/"}}}, ComposerInstall("install"), "src/A.php")
    assert found.files == ("/app/composer.json", "/app/composer.lock")
    assert found.folders == ()
    assert found.open_ended == ()


def test_an_install_reads_what_it_scans_and_links(tmp_path: Path) -> None:
    manifest = {
        "repositories": [{"type": "path", "url": "packages/*"}, {"type": "vcs", "url": "https://example.com"}],
        "autoload": {"classmap": ["legacy", "Kernel.php"]},
    }
    more = ("packages/a/composer.json", "legacy/x.php", "Kernel.php")
    found = inputs(tmp_path, manifest, ComposerInstall("install"), *more)
    assert found.folders == ("/app/packages", "/app/legacy")
    assert "/app/Kernel.php" in found.files
    assert inputs(tmp_path, manifest, ComposerInstall("install", autoloader=False)).folders == ("/app/packages",)


@pytest.mark.parametrize(
    ("manifest", "install", "open_ended"),
    [
        ({"scripts": {"post-install-cmd": "@php artisan optimize"}}, ComposerInstall("install"), True),
        ({"scripts": {"post-install-cmd": "@php artisan optimize"}}, ComposerInstall("install", scripts=False), False),
        ({"scripts": {"post-create-project-cmd": "x"}}, ComposerInstall("install"), False),
        ({"autoload": {"psr-4": {"A\\": "src"}}}, ComposerInstall("install", optimised=True), True),
        (
            {"autoload": {"psr-4": {"A\\": "src"}}, "config": {"optimize-autoloader": True}},
            ComposerInstall("install"),
            True,
        ),
        ({"require": {"composer/installers": "^2"}}, ComposerInstall("install"), True),
    ],
)
def test_when_an_install_reads_the_sources(
    tmp_path: Path, manifest: dict[str, Any], install: ComposerInstall, open_ended: bool
) -> None:
    assert bool(inputs(tmp_path, manifest, install).open_ended) is open_ended


@pytest.mark.parametrize(
    ("scripts", "writes", "unknown"),
    [
        ({"post-install-cmd": ["@auto-scripts"], "auto-scripts": {"cache:clear": "symfony-cmd"}}, ["var"], None),
        ({"post-autoload-dump": ["@php artisan package:discover --ansi"]}, ["bootstrap/cache"], None),
        ({"post-install-cmd": "./prepare.sh"}, [], "./prepare.sh"),
        ({"test": "phpunit"}, [], None),
    ],
)
def test_what_scripts_write(scripts: dict[str, Any], writes: list[str], unknown: str | None) -> None:
    found = php_composer.Manifest("/app", "composer.json", {"scripts": scripts})
    assert php_composer.script_writes(found) == (tuple(absolute(path, "/app") for path in writes), unknown)


@pytest.mark.parametrize(
    ("text", "programs", "writes"),
    [
        ('exec("git log -1", $lines);', ["git"], []),
        ("$x = `convert {$a} b.png`;", ["convert"], ["b.png"]),
        ('exec("convert a.png pictures/{$name}.png");', ["convert"], ["pictures"]),
        ("new Process(['ffmpeg', '-i', $file]);", ["ffmpeg"], [None]),
        ("new Process(['git', 'clone', $url]);", ["git"], ["."]),
        ("Process::fromShellCommandline('ls | sort');", ["ls", "sort"], []),
        ("shell_exec($command);", [None], []),
        ('shell_exec("curl -s {$url} | jq .");', ["curl", "jq"], []),
        ("exec('pdftotext ' . $file . ' - | head');", ["pdftotext", "head"], []),
        ('exec("$bin -v");', [None], []),
        ("Process::timeout(60)->path($p)->run('zip -r a .');", ["zip"], ["a"]),
        ("Process::command('node a.js')->run();", ["node"], []),
        ("Process::pipe(['cat a', 'grep b']);", ["cat", "grep"], []),
        ("Process::pool(fn (Pool $pool) => $pool->command($c));", [None], []),
        ("$console->process(1)->run('make');", [], []),
        ("$pdo->exec('DELETE FROM x');", [], []),
        ("file_put_contents(__DIR__ . '/../var/x.txt', $data);", [], ["var/x.txt"]),
        ("const FOLDER = 'uploads'; file_put_contents(FOLDER . \"/{$name}\", 1);", [], ["uploads"]),
        ("$f = fopen('php://output', 'w'); fopen('in.csv', 'r'); fopen('out.csv', 'wb');", [], ["out.csv"]),
        ("move_uploaded_file($from, 'public/files/' . $name);", [], ["public/files"]),
        ("new PDO('sqlite:' . __DIR__ . '/shop.db');", [], ["src/shop.db"]),
        ("mkdir($path);", [], [None]),
        ("file_put_contents(storage_path('logs/own.log'), 1);", [], ["storage/logs/own.log"]),
    ],
)
def test_sources(tmp_path: Path, text: str, programs: list[str | None], writes: list[str | None]) -> None:
    context = project(tmp_path, {"src/App.php": f"<?php\n{text}\n"})
    found = read_sources(context, [("src/App.php", "src/App.php")])
    assert [claim.value for claim in found.programs] == programs
    assert [claim.value for claim in found.writes] == writes


def test_programs_that_packages_start(tmp_path: Path) -> None:
    lock = {"packages": [{"name": "czproject/git-php"}], "packages-dev": [{"name": "spatie/browsershot"}]}
    context = project(tmp_path, {"composer.lock": json.dumps(lock, indent=1), "index.php": "<?php"})
    text = 'FROM php:8.3-cli\nWORKDIR /app\nCOPY . .\nCMD ["php", "index.php"]\n'
    facts = Facts(document.read(text), context, TOOLCHAINS, Options(), "Dockerfile")
    assert [(claim.value, claim.evidence.line) for claim in php_needs.needs(facts).programs] == [("git", 4)]


def test_the_tables_say_where_they_are_from() -> None:
    for name in ("php_names", "php_commands", "php_sources"):
        text = (DATA / f"{name}.toml").read_text(encoding="utf-8")
        assert "source: https://" in text
        tomllib.loads(text)
