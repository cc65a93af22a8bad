"""What programs of packages write that a container starts is not known, unless a table says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchains import TOOLCHAINS

RUBY = "FROM ruby:3.3\nWORKDIR /srv\nCOPY . .\nRUN bundle install\n"
PHP = "FROM php:8.3-cli\nWORKDIR /srv\nCOPY --from=composer /usr/bin/composer /bin/\nCOPY . .\nRUN composer install\n"
FILES = {
    "Gemfile": 'source "https://rubygems.org"\ngem "sinatra"\n',
    "app.rb": "puts 1\n",
    "composer.json": '{"require": {"slim/slim": "^4"}}\n',
    "app.php": "<?php echo 1;\n",
}


@pytest.mark.parametrize(
    ("base", "command", "unknown"),
    [
        (RUBY, '["mytool", "serve"]', "mytool"),
        (RUBY, '["bundle", "exec", "mytool"]', "mytool"),
        (RUBY, "mytool serve && ruby app.rb", "mytool"),
        (RUBY, '["ruby", "app.rb"]', ""),
        (RUBY, '["sidekiq", "-r", "./app.rb"]', ""),
        (RUBY, "sleep 5; exec ruby app.rb", ""),
        (PHP, '["mytool", "serve"]', "mytool"),
        (PHP, '["vendor/bin/phinx", "migrate"]', "vendor/bin/phinx"),
        (PHP, '["php", "-d", "memory_limit=1G", "vendor/bin/worker"]', "vendor/bin/worker"),
        (PHP, '["php", "app.php"]', ""),
        (PHP, '["php", "-S", "0.0.0.0:8000", "-t", "public"]', ""),
        (PHP, "php -r 'echo 1;'", ""),
    ],
)
def test_programs_that_nobody_reads(tmp_path: Path, base: str, command: str, unknown: str) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    text = f"{base}CMD {command}\n"
    facts = Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")
    said = [evidence.says for _, evidence in facts.needs.unknown]
    assert said == ([f"what `{unknown}` writes is not known"] if unknown else [])
