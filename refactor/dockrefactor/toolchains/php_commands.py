"""What a command line of PHP's tools asks for."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor.effects import absolute
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass
from dockrefactor.tables import toml

_INSTALLER: Final = regex(r"copy\(['\"]https://getcomposer\.org/installer['\"],\s*['\"]([^'\"]+)['\"]\)")
_REMOVAL: Final = regex(r"unlink\(['\"]([^'\"]+)['\"]\);?\s*")


@dataclass(frozen=True, slots=True)
class ComposerInstall:
    """`composer install` and its like: `folder` of the project, `named` packages that `require` adds, and what the
    options leave out."""

    verb: str
    folder: str = "."
    named: tuple[str, ...] = ()
    scripts: bool = True
    autoloader: bool = True
    optimised: bool = False


@dataclass(frozen=True, slots=True)
class ExtensionInstall:
    """Extensions that `docker-php-ext-install` or `pecl` compiles."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsoleCommand:
    """A sub-command of a project's console: `tool` is `artisan` or `console`."""

    tool: str
    command: str
    folder: str


def composer_words(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words after Composer's name, however it is started; None where it is not."""
    name = posixpath.basename(argv[0]) if argv else ""
    if name in ("composer", "composer.phar"):
        return argv[1:]
    if name == "php":
        rest = [word for word in argv[1:] if not word.startswith("-d")]
        if rest and posixpath.basename(rest[0]) in ("composer", "composer.phar"):
            return tuple(rest[1:])
    return None


def composer_verb(words: tuple[str, ...]) -> tuple[str, tuple[str, ...], str]:
    """(sub-command, its operands, folder of the project)."""
    valued = toml("php_commands")["composer_valued"]
    operands: list[str] = []
    folder = "."
    skip = ""
    for word in words:
        if skip:
            folder = word if skip in ("-d", "--working-dir") else folder
            skip = ""
        elif word in valued:
            skip = word
        elif word.startswith("--working-dir="):
            folder = word.partition("=")[2]
        elif not word.startswith("-"):
            operands.append(word)
    return (operands[0] if operands else ""), tuple(operands[1:]), folder


def parse_composer(words: tuple[str, ...]) -> ComposerInstall | None:
    """The install that Composer is asked for; None for another command."""
    verb, operands, folder = composer_verb(words)
    verb = {"i": "install", "u": "update", "upgrade": "update", "r": "require"}.get(verb, verb)
    if verb not in ("install", "update", "require"):
        return None
    return ComposerInstall(
        verb,
        folder,
        operands if verb == "require" else (),
        scripts="--no-scripts" not in words,
        autoloader="--no-autoloader" not in words,
        optimised=bool({"-o", "--optimize-autoloader", "-a", "--classmap-authoritative"} & set(words)),
    )


def parse_extensions(argv: tuple[str, ...]) -> ExtensionInstall | None:
    """The extensions that a command compiles into the image's own folder."""
    name = posixpath.basename(argv[0])
    if name in ("docker-php-ext-install", "docker-php-ext-enable", "docker-php-ext-configure"):
        words = [word for at, word in enumerate(argv[1:], 1) if not word.startswith("-") and argv[at - 1] != "-j"]
        return ExtensionInstall(tuple(words[:1] if name.endswith("configure") else words))
    if name == "pecl" and argv[1:2] and argv[1] in ("install", "upgrade"):
        return ExtensionInstall(
            tuple(re.split(r"-\d|-(?:beta|stable)", word)[0] for word in argv[2:] if word[:1] != "-")
        )
    return None


def installed_composer(argv: tuple[str, ...], cwd: str) -> str | None:
    """Where Composer's own installer puts it: run from its file, or read from a pipe."""
    if posixpath.basename(argv[0]) != "php":
        return None
    script = next((word for word in argv[1:] if not word.startswith("-")), "")
    options = dict(word.partition("=")[::2] for word in argv[1:] if word.startswith("--") and "=" in word)
    piped = argv[1:2] == ("--",) or not script
    if not (piped or "composer-setup" in script or script.endswith("installer")):
        return None
    if "--install-dir" not in options:
        return None
    return posixpath.join(absolute(options["--install-dir"], cwd), options.get("--filename", "composer.phar"))


def fetched_installer(argv: tuple[str, ...]) -> str | None:
    """The file to which `php -r "copy('https://getcomposer.org/installer', …)"` fetches the installer."""
    found = _INSTALLER.search(argv[2]) if argv[1:2] == ("-r",) and len(argv) > 2 else None
    return found[1] if found is not None else None


def checks_installer(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    """The files that a line of Composer's own instructions removes; None where the code does anything else."""
    if argv[1:2] != ("-r",) or len(argv) < 3:
        return None
    code = argv[2]
    removed = tuple(_REMOVAL.findall(code))
    rest = _REMOVAL.sub("", code)
    rest = re.sub(r"echo\s+(?:'[^']*'|\"[^\"]*\"|PHP_EOL)\s*;?", "", rest)
    hashes = r"(?:hash_file\([^()]*\)|hash\([^()]*\))\s*={2,3}\s*['\"]?[\w${}]*['\"]?"
    rest = re.sub(rf"if\s*\({hashes}\)", "", rest)
    return removed if re.fullmatch(r"[\s{};]*(?:else)?[\s{};]*", rest) else None


def parse_console(argv: tuple[str, ...], cwd: str) -> ConsoleCommand | None:
    """`php artisan …` or `bin/console …`; None for another program."""
    words = [word for word in argv if posixpath.basename(word) != "php" and not word.startswith("-")]
    script = posixpath.basename(words[0]) if words else ""
    if script not in ("artisan", "console"):
        return None
    folder = absolute(posixpath.dirname(words[0]) or ".", cwd)
    folder = posixpath.dirname(folder) if script == "console" else folder
    return ConsoleCommand(script, words[1] if len(words) > 1 else "", folder)
