"""Ruby: what command lines ask for, what Gemfiles read, what sources need, and the tables of gems."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.image import known
from dockrefactor.needs import InstallInputs, LanguagePackage
from dockrefactor.toolchains import ruby_lock, ruby_manifests
from dockrefactor.toolchains.ruby_commands import (
    BundleInstall,
    BundleSetting,
    GemInstall,
    RubyStart,
    parse_install,
    parse_setting,
    parse_start,
)
from dockrefactor.toolchains.ruby_gems import gems_needs
from dockrefactor.toolchains.ruby_sources import read_sources

DATA = Path(__file__).parents[1] / "refactor/dockrefactor/data"
LOCK = """\
GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.16.2-x86_64-linux)
      racc (~> 1.4)
    pg (1.5.4)
    racc (1.7.3)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  nokogiri
  pg (~> 1.5)!
"""


def project(root: Path, files: Mapping[str, str]) -> BuildContext:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return BuildContext(root)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bundle", BundleInstall()),
        ("bundle install --jobs 4 --without development test", BundleInstall(without=("development", "test"))),
        ("bundle _2.4.1_ install --path=vendor/bundle", BundleInstall(path="vendor/bundle")),
        ("bundler i --deployment --gemfile ci/Gemfile", BundleInstall("ci/Gemfile", deployment=True)),
        ("gem install bundler:2.4.22 rake -v 13.0 --no-document", GemInstall(("bundler", "rake"))),
        ("gem install ./pkg/tool-1.0.gem --user-install", GemInstall((), ("./pkg/tool-1.0.gem",), True)),
        ("bundle exec rake", None),
        ("bundle --version", None),
    ],
)
def test_installs(line: str, expected: BundleInstall | GemInstall | None) -> None:
    assert parse_install(tuple(line.split())) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bundle config set --local without development", BundleSetting("without", "development", "local")),
        ("bundle config --global frozen 1", BundleSetting("frozen", "1", "global")),
        ("bundle config path /gems", BundleSetting("path", "/gems", "")),
        ("bundle config list", None),
        ("bundle install", None),
    ],
)
def test_settings(line: str, expected: BundleSetting | None) -> None:
    assert parse_setting(tuple(line.split())) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bundle exec puma -C config/puma.rb", RubyStart("puma", ("-C", "config/puma.rb"))),
        ("ruby /app/bin/rails server -p 3000", RubyStart("rails", ("server", "-p", "3000"))),
        ("./bin/rails s", RubyStart("rails", ("s",))),
        ("ruby -W0 -rbundler/setup app.rb", RubyStart("app.rb", ())),
        ("ruby -e 1", RubyStart("ruby", ("-e", "1"))),
        ("python app.py", None),
    ],
)
def test_starts(line: str, expected: RubyStart | None) -> None:
    assert parse_start(tuple(line.split())) == expected


def test_a_lock_file_says_what_is_installed_for_which_platforms() -> None:
    lock = ruby_lock.read(LOCK)
    assert lock is not None
    assert lock.dependencies == {"nokogiri", "pg"}
    assert lock.closure(frozenset({"nokogiri"})) == {"nokogiri", "racc"}
    assert lock.compiled_ahead("nokogiri", musl=False)
    assert not lock.compiled_ahead("pg", musl=False)
    assert lock.covers(musl=False)
    assert not lock.covers(musl=True)
    assert ruby_lock.read("<<<<<<< HEAD\n" + LOCK) is None


def test_a_gemfile_reads_what_it_includes(tmp_path: Path) -> None:
    context = project(
        tmp_path,
        {
            "Gemfile": (
                'ruby file: ".ruby-version"\n'
                "eval_gemfile File.join(__dir__, 'gems/shared.rb')\n"
                'gem "pg", group: :database\ngemspec\n'
                "group :test do\n  gem 'rspec'\nend\n"
            ),
            ".ruby-version": "3.3",
            "gems/shared.rb": 'gem "engine", path: "../engine"\n',
            "engine/engine.gemspec": "",
            "tool.gemspec": 'require_relative "lib/tool/version"\nspec.add_dependency "thor"\n',
            "lib/tool/version.rb": "VERSION = '1'",
            "lib/tool.rb": "",
        },
    )
    found = ruby_manifests.read_gemfile(context, "Gemfile")
    assert found.files == [".ruby-version", "gems/shared.rb", "tool.gemspec", "lib/tool/version.rb"]
    assert found.folders == ["engine"]
    assert found.open_ended == []
    groups = {gem.name: gem.groups for gem in found.gems}
    assert groups["pg"] == {"database"}
    assert groups["rspec"] == {"test"}
    assert groups["thor"] == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        'eval_gemfile ENV["EXTRA"]',
        'Dir["engines/*"].each { |path| gem File.basename(path), path: path }',
        "gem `git config name`",
        'gem "own", path: "."',
    ],
)
def test_a_gemfile_that_may_read_anything(tmp_path: Path, text: str) -> None:
    assert ruby_manifests.read_gemfile(project(tmp_path, {"Gemfile": text}), "Gemfile").open_ended


@pytest.mark.parametrize(
    ("lock", "complete"),
    [
        (LOCK, True),
        (LOCK.replace("x86_64-linux\n\n", "arm64-darwin-23\n\n"), False),
        (LOCK.replace("  pg (~> 1.5)!\n", ""), False),
    ],
)
def test_whether_an_install_changes_the_lock_file(tmp_path: Path, lock: str, complete: bool) -> None:
    context = project(tmp_path, {"Gemfile": 'gem "pg"\ngem "nokogiri"\n', "Gemfile.lock": lock})
    assert ruby_manifests.is_complete(context, "Gemfile", musl=False) is complete


@pytest.mark.parametrize(
    ("text", "programs", "writes"),
    [
        ('system("git log --oneline | head -1")', ["git", "head"], []),
        ("x = `convert #{a} b.png`", ["convert"], ["b.png"]),
        ("`convert a.png pictures/#{name}.png`", ["convert"], ["pictures"]),
        ('Open3.capture3("git", "clone", url)', ["git"], ["."]),
        ('Open3.capture3("git", *words)', ["git"], [None]),
        ('Open3.capture3({ "A" => "1" }, "ffmpeg", "-i", name)', ["ffmpeg"], [None]),
        ('Kernel.system("cd /tmp && tar xf a")', ["tar"], ["/tmp"]),
        ('system("touch a", chdir: folder)', ["touch"], [None]),
        ('system("touch /out/a", chdir: folder)', ["touch"], ["/out/a"]),
        ('Dir.chdir("/out")\nFile.write("a", 1)', [], ["a", "/out/a"]),
        ('Dir.chdir(folder) { File.write("a", 1) }', [], ["a", None]),
        ("system(command)", [None], []),
        ('IO.popen(["gs", "-q", path])', ["gs"], []),
        ('Open3.popen2e({ "A" => "1" }, ["gs", "pdf"], "-q")', ["gs"], []),
        ('IO.popen("tar cz .", "r")', ["tar"], []),
        ('open("| uname -a")', ["uname"], []),
        ("`curl -s #{url} | jq .`", ["curl", "jq"], []),
        ('`#{tool} --version`\nsystem("cat " + name + " | sort")', [None, "cat", "sort"], []),
        ('connection.exec("SELECT 1")', [], []),
        ('File.write("out.txt", 1)', [], ["out.txt"]),
        ('FOLDER = File.join("data", "in")\nFileUtils.mkdir_p(FOLDER)', [], ["data/in"]),
        ('File.open("uploads/#{name}", "wb") { |file| file << 1 }', [], ["uploads"]),
        ('File.open("config.yml") { |file| file.read }', [], []),
        ('File.write(Rails.root.join("tmp", "x"), 1)', [], ["./tmp/x"]),
        ("File.write(target, 1)", [], [None]),
        ('Logger.new(STDOUT)\nLogger.new("log/own.log")', [], ["log/own.log"]),
        ('SQLite3::Database.new("db/app.sqlite3")', [], ["db/app.sqlite3"]),
        ('Sequel.connect("sqlite://shop.db")', [], ["shop.db"]),
        ('Sequel.connect(ENV.fetch("DATABASE_URL"))', [], []),
        ('ENV.fetch("DATA", "store")\nFile.write(File.join(ENV.fetch("DATA", "store"), "a"), 1)', [], ["store/a"]),
    ],
)
def test_sources(tmp_path: Path, text: str, programs: list[str | None], writes: list[str | None]) -> None:
    found = read_sources(project(tmp_path, {"app.rb": text}), [("app.rb", "app.rb")], {})
    assert [claim.value for claim in found.programs] == programs
    assert [claim.value for claim in found.writes] == writes


@pytest.mark.parametrize(
    ("name", "text", "port"),
    [
        ("app.rb", 'TCPServer.new("0.0.0.0", 80)', "80"),
        ("app.rb", "set :port, 80", "80"),
        ("config/puma.rb", 'bind "tcp://0.0.0.0:443"', "443"),
        ("config/puma.rb", 'port ENV.fetch("PORT") { 3000 }', "3000"),
    ],
)
def test_ports(tmp_path: Path, name: str, text: str, port: str) -> None:
    found = read_sources(project(tmp_path, {name: text}), [(name, name)], {})
    assert [claim.value for claim in found.ports] == [port]


@pytest.mark.parametrize(
    ("gem", "version", "native", "base", "libraries"),
    [
        ("pg", "1.5.4", None, "ruby:3.3-bookworm", ["libpq5"]),
        ("nokogiri", "1.16.2", None, "ruby:3.3-bookworm", []),
        ("charlock_holmes", "0.7.7", None, "ruby:3.3-trixie", ["libicu76"]),
        ("sqlite3", "1.4.2", None, "ruby:3.3-bookworm", ["libsqlite3-0"]),
        ("sqlite3", "2.0.0", False, "ruby:3.3-bookworm", []),
        ("eventmachine", "1.2.7", None, "ruby:3.3-bookworm", []),
        ("google-cloud-storage", "1.0", None, "ruby:3.3-bookworm", []),
    ],
)
def test_libraries_of_gems(gem: str, version: str, native: bool | None, base: str, libraries: list[str]) -> None:
    package = LanguagePackage(gem, version, Evidence("Gemfile.lock", 1, gem), native)
    found = gems_needs([InstallInputs(packages=(package,), locked=True)], known(base), "")
    assert list(found.os_packages) == libraries
    assert found.unknown is None


@pytest.mark.parametrize(("gem", "base"), [("no-such-gem", "ruby:3.3-bookworm"), ("charlock_holmes", "ruby:3.3")])
def test_gems_of_which_too_little_is_known(gem: str, base: str) -> None:
    package = LanguagePackage(gem, "1.0", Evidence("Gemfile.lock", 7, gem))
    assert gems_needs([InstallInputs(packages=(package,), locked=True)], known(base), "").unknown is not None


def test_the_tables_of_gems_are_well_formed() -> None:
    lines = (DATA / "ruby_gems.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {len(row) for row in rows} == {6}
    assert {row[1] for row in rows} == {"native", "pure"}
    table = tomllib.loads((DATA / "ruby_gems.toml").read_text(encoding="utf-8"))
    assert [name for name, row in table["gems"].items() if not row["source"].startswith("https://")] == []
    assert len(table["self_contained"]) == len(set(table["self_contained"]))
    assert all(re.compile(pattern) for pattern in table["self_contained_patterns"])
