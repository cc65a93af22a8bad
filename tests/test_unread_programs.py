"""Programs of packages that a container starts: nobody reads their code, and what they write is data, or not known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockrefactor import document, ownership, tables
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change, Refusal
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor.toolchains.node_commands import node_facts
from dockrefactor_transforms import add_user

PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD {}\n"
NODE = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD ["npm", "start"]\n'


def _python(folder: Path, command: str, **files: str) -> Facts:
    files = {"requirements.txt": "rich==13.7.1\n", "app.py": "print(1)\n", **files}
    for name, content in files.items():
        (folder / name).write_text(content)
    return Facts(document.read(PYTHON.format(command)), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")


def _node(folder: Path, command: str) -> Facts:
    tool = command.split()[0]
    package = {"name": "shop", "version": "1.0.0", "scripts": {"start": command}, "dependencies": {tool: "1.0.0"}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "index.js").write_text("console.log(1)\n")
    return Facts(document.read(NODE), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")


def _is_refused(facts: Facts) -> bool:
    outcome = add_user.run(facts)
    return isinstance(outcome, Refusal) and outcome.reason is add_user.Reasons.WRITES_UNKNOWN


@pytest.mark.parametrize(
    "command", ["rq worker", "locust -f app.py", "opentelemetry-instrument rq worker", "sh -c 'rq worker'"]
)
def test_a_program_that_writes_nothing_gets_a_user(tmp_path: Path, command: str) -> None:
    facts = _python(tmp_path, command)
    assert isinstance(add_user.run(facts), Change)
    assert not ownership.owned(facts).tree


@pytest.mark.parametrize("command", ["scrapyd", "chainlit run app.py", "python -m chainlit run app.py", "dbt run"])
def test_a_program_that_writes_where_it_starts_owns_the_folder(tmp_path: Path, command: str) -> None:
    facts = _python(tmp_path, command)
    assert isinstance(add_user.run(facts), Change)
    assert ownership.owned(facts).tree


def test_a_program_that_writes_to_its_home_has_one(tmp_path: Path) -> None:
    assert _python(tmp_path, "airflow standalone").needs.home
    assert not _python(tmp_path, "rq worker").needs.home


@pytest.mark.parametrize(
    "command", ["unheard --of", "python -m unheard", "ddtrace-run unheard", "poetry run unheard", "/opt/x/bin/unheard"]
)
def test_nobody_knows_what_another_program_writes(tmp_path: Path, command: str) -> None:
    facts = _python(tmp_path, command)
    places = [evidence.says for code, evidence in facts.needs.unknown if code == "writes-unknown-path"]
    assert "what `unheard` writes is not known" in places


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("shop", {"pyproject.toml": '[project]\nname = "shop"\n[project.scripts]\nshop = "shop:main"\n'}),
        ("shop", {"setup.py": "setup(entry_points={'console_scripts': ['shop = shop:main']})\n"}),
        ("python -m shop", {"shop.py": "print(1)\n"}),
        ("python -m http.server", {}),
        ("python -u app.py", {}),
        ("sleep 5", {}),
    ],
)
def test_sources_that_are_read_are_known(tmp_path: Path, command: str, files: dict[str, str]) -> None:
    assert not [code for code, _ in _python(tmp_path, command, **files).needs.unknown]


def test_a_binary_file_of_the_context_may_write_anywhere(tmp_path: Path) -> None:
    assert _is_refused(_python(tmp_path, "./agent", agent="\x7fELF"))


@pytest.mark.parametrize("command", ["unheard", "gulp serve", "unheard && node index.js"])
def test_nobody_knows_what_another_program_of_npm_writes(tmp_path: Path, command: str) -> None:
    assert _is_refused(_node(tmp_path, command))


@pytest.mark.parametrize("command", ["serve .", "wait-on x && node index.js", "node-red", "json-server db.json"])
def test_known_programs_of_npm_get_a_user(tmp_path: Path, command: str) -> None:
    facts = _node(tmp_path, command)
    assert isinstance(add_user.run(facts), Change)
    assert ownership.owned(facts).tree is command.startswith("json-server")


@pytest.mark.parametrize(
    ("command", "known"), [("puma", True), ("rake work", True), ("ruby app.rb", True), ("unheard", False)]
)
def test_nobody_knows_what_another_program_of_a_gem_writes(tmp_path: Path, command: str, known: bool) -> None:
    (tmp_path / "Gemfile").write_text("source 'https://rubygems.org'\n")
    (tmp_path / "app.rb").write_text("puts 1\n")
    text = f"FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nRUN bundle install\nCMD bundle exec {command}\n"
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    assert (not facts.needs.unknown) is known


def test_no_program_of_npm_is_both_quiet_and_described() -> None:
    quiet = node_facts()["quiet"]["programs"]
    assert quiet == sorted(set(quiet))
    assert not set(quiet) & set(node_facts()["tools"])


def test_a_program_of_python_is_in_one_list() -> None:
    lists = list(tables.toml("python_programs").values())
    assert all(names == sorted(set(names)) for names in lists)
    assert sum(map(len, lists)) == len({name for names in lists for name in names})
