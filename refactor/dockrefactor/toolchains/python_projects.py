"""Projects of Python: what pyproject.toml, setup.cfg and setup.py say an install brings."""

from __future__ import annotations

import ast
import posixpath
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dockrefactor.evidence import Evidence
from dockrefactor.needs import LanguagePackage
from dockrefactor.patterns import regex
from dockrefactor.toolchains.python_locks import Edge, Roots, parse_toml, strings, table
from dockrefactor.toolchains.python_requirements import (
    Gathering,
    add_any,
    add_requirement,
    add_url,
    canonical,
    installs_on_linux,
    read_requirement_files,
)

_PROJECT_FILES: Final = ("pyproject.toml", "setup.py", "setup.cfg")
_PINNED: Final = regex(r"(?:===?\s*)?(\d+(?:\.\d+)+(?:[a-z]+\d+)?(?:\.post\d+)?)$")


def add_project(gathering: Gathering, folder: str, extras: Sequence[str]) -> None:
    """Notes what the project in the folder at an image path brings; the folder itself is noted by the caller."""
    found = {name: _project_text(gathering, posixpath.join(folder, name)) for name in _PROJECT_FILES}
    if not any(found.values()):
        gathering.missing[folder] = None
        return
    manifest = found["pyproject.toml"]
    if manifest is not None:
        document = parse_toml(manifest[1])
        if document is None:
            gathering.unsure(Evidence(manifest[0], 0, "not readable as TOML"))
            return
        if "project" in document or "poetry" in table(document.get("tool")):
            _add_declared(gathering, folder, manifest[0], document, extras)
            if "dependencies" not in strings(table(document.get("project")).get("dynamic")):
                return
            if "dynamic" in table(table(document.get("tool")).get("setuptools")):
                return
    _add_setuptools(gathering, found["setup.cfg"], found["setup.py"], extras)


def _project_text(gathering: Gathering, path: str) -> tuple[str, str] | None:
    """The context path and text of a project's file, which is part of the folder and no input of its own."""
    found = gathering.resolve(path)
    if found is None or not gathering.context.is_file(found):
        return None
    return gathering.read(found)


def _add_declared(
    gathering: Gathering, folder: str, path: str, document: Mapping[str, Any], extras: Sequence[str]
) -> None:
    project = table(document.get("project"))
    optional = table(project.get("optional-dependencies"))
    chosen = {canonical(name) for name in extras}
    for text in strings(project.get("dependencies")):
        _add_line(gathering, path, text, folder)
    for name, wanted in optional.items():
        if canonical(name) in chosen:
            for text in strings(wanted):
                _add_line(gathering, path, text, folder)
    for name, value, group in poetry_tables(document):
        if group is None and (not table(value).get("optional") or chosen):
            add_table_dependency(gathering, path, name, value)
    dynamic = table(table(table(table(document.get("tool")).get("setuptools")).get("dynamic")).get("dependencies"))
    if "dependencies" in strings(project.get("dynamic")):
        _add_dynamic(gathering, folder, path, dynamic.get("file"))


def _add_dynamic(gathering: Gathering, folder: str, path: str, files: object) -> None:
    """Dependencies that setuptools reads from requirement files."""
    names = [files] if isinstance(files, str) else strings(files)
    if names:
        named = tuple(posixpath.join(folder, name) for name in names)
        read_requirement_files(gathering, named, (), Evidence(path, 0, "dynamic dependencies"))


def _add_line(gathering: Gathering, path: str, text: str, folder: str, development: bool = False) -> None:
    line = gathering.context.find_line(path, text)
    evidence = Evidence(path, line, "declared dependency")
    if development:
        add_requirement(gathering, text, evidence, development=True)
    else:
        add_any(gathering, text, evidence, folder)


def poetry_tables(document: Mapping[str, Any]) -> Iterator[tuple[str, Any, str | None]]:
    """(name, what is wanted, group) of every dependency in poetry's own tables; the main group is None."""
    poetry = table(table(document.get("tool")).get("poetry"))
    groups: list[tuple[str | None, object]] = [
        (None, poetry.get("dependencies")),
        ("dev", poetry.get("dev-dependencies")),
    ]
    groups += [(name, table(group).get("dependencies")) for name, group in table(poetry.get("group")).items()]
    for group, wanted in groups:
        for name, value in table(wanted).items():
            if canonical(name) != "python":
                yield name, value, group


def poetry_groups(document: Mapping[str, Any], without: Sequence[str], chosen: Sequence[str]) -> tuple[str, ...]:
    """The groups of an install that leaves out those of `without`: all that are not optional, and those chosen."""
    groups = table(table(table(document.get("tool")).get("poetry")).get("group"))
    standing = [name for name, group in groups.items() if table(group).get("optional") is not True]
    standing += [*table(document.get("dependency-groups")), "dev"]
    return tuple(name for name in dict.fromkeys((*standing, *chosen)) if name not in without)


def poetry_roots(document: Mapping[str, Any], selected: Sequence[str]) -> Roots:
    """What the project asks for: by its main table and the groups that are `selected`, and by the other groups."""
    main: list[Edge] = []
    development: list[Edge] = []
    project = table(document.get("project"))
    optional = table(project.get("optional-dependencies")).values()
    for wanted in (project.get("dependencies"), *optional):
        main += [_edge(text) for text in strings(wanted)]
    for name, value, group in poetry_tables(document):
        chosen = group is None or (group in selected and group != "dev")
        for option in value if isinstance(value, list) else [value]:
            (main if chosen else development).append((canonical(name), str(table(option).get("markers", ""))))
    for group, wanted in table(document.get("dependency-groups")).items():
        chosen = group in selected and group != "dev"
        (main if chosen else development).extend(_edge(text) for text in strings(wanted))
    return Roots(tuple(main), tuple(development))


def _edge(text: str) -> Edge:
    match = re.match(r"\s*([A-Za-z0-9][\w.-]*)", text)
    return (canonical(match[1]) if match else ""), text.partition(";")[2].strip()


def add_poetry_dependencies(
    gathering: Gathering, path: str, document: Mapping[str, Any], selected: Sequence[str]
) -> None:
    """Notes the names that pyproject.toml gives, where there is no lock file to say more."""
    project = table(document.get("project"))
    for text in strings(project.get("dependencies")):
        _add_line(gathering, path, text, gathering.cwd)
    for wanted in table(project.get("optional-dependencies")).values():
        for text in strings(wanted):
            _add_line(gathering, path, text, gathering.cwd)
    for group, wanted in table(document.get("dependency-groups")).items():
        for text in strings(wanted):
            _add_line(gathering, path, text, gathering.cwd, group not in selected or group == "dev")
    for text in strings(table(table(document.get("tool")).get("uv")).get("dev-dependencies")):
        _add_line(gathering, path, text, gathering.cwd, True)
    for name, value, poetry_group in poetry_tables(document):
        development = poetry_group is not None and (poetry_group not in selected or poetry_group == "dev")
        add_table_dependency(gathering, path, name, value, development)


def add_table_dependency(gathering: Gathering, path: str, name: str, value: object, development: bool = False) -> None:
    """Notes one dependency of a table of poetry or a Pipfile: a version string, a table, or a list of tables."""
    if isinstance(value, list):
        for option in value:
            add_table_dependency(gathering, path, name, option, development)
        return
    wanted = table(value)
    line = gathering.context.find_line(path, name)
    evidence = Evidence(path, line, "declared dependency")
    if "path" in wanted or not installs_on_linux(str(wanted.get("markers", ""))):
        return
    if any(key in wanted for key in ("git", "url", "file", "hg", "svn")):
        add_url(gathering, f"{name} @ ", evidence)
        return
    version = wanted.get("version", value if isinstance(value, str) else None)
    pinned = _PINNED.match(version.strip()) if isinstance(version, str) else None
    gathering.packages.append(
        LanguagePackage(canonical(name), pinned[1] if pinned else None, evidence, development=development)
    )


def _add_setuptools(
    gathering: Gathering, config: tuple[str, str] | None, script: tuple[str, str] | None, extras: Sequence[str]
) -> None:
    """Dependencies of setup.cfg and setup.py; a computed list cannot be known."""
    declared = config is not None and _add_config(gathering, config, extras)
    if script is None:
        return
    wanted = setup_requirements(script[1], extras)
    if wanted is None:
        if not declared:
            gathering.unsure(Evidence(script[0], 0, "dependencies are computed"))
        return
    for line, text in wanted:
        add_any(gathering, text, Evidence(script[0], line, "declared dependency"))


def _add_config(gathering: Gathering, config: tuple[str, str], extras: Sequence[str]) -> bool:
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(config[1])
    except configparser.Error:
        gathering.unsure(Evidence(config[0], 0, "not readable as settings"))
        return False
    places = [("options", "install_requires"), *(("options.extras_require", name) for name in extras)]
    found = False
    for section, option in places:
        text = parser.get(section, option, fallback="")
        found |= bool(text)
        if text.startswith("file:"):
            gathering.unsure(Evidence(config[0], 0, f"{option} are read from a file"))
            continue
        for line in text.replace(";\n", "\n").splitlines():
            if line.strip() and not line.strip().startswith("#"):
                number = gathering.context.find_line(config[0], line.strip())
                add_any(gathering, line.strip(), Evidence(config[0], number, "declared dependency"))
    return found


def setup_requirements(text: str, extras: Sequence[str]) -> list[tuple[int, str]] | None:
    """(line, requirement) of `install_requires` in setup.py, and of the `extras`; None where they are computed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) == "setup":
            return _setup_lists(node, constants, extras)
    return None


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _setup_lists(
    call: ast.Call, constants: Mapping[str, ast.expr], extras: Sequence[str]
) -> list[tuple[int, str]] | None:
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in options:
        return None
    found: list[tuple[int, str]] = []
    lists = [options.get("install_requires")]
    if extras and "extras_require" in options:
        table_node = _followed(options["extras_require"], constants)
        if not isinstance(table_node, ast.Dict):
            return None
        lists += [
            value
            for key, value in zip(table_node.keys, table_node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value in extras
        ]
    for node in lists:
        if node is None:
            continue
        literal = _followed(node, constants)
        if not isinstance(literal, ast.List | ast.Tuple):
            return None
        for item in literal.elts:
            if not isinstance(item, ast.Constant) or not isinstance(item.value, str):
                return None
            found.append((item.lineno, item.value))
    return found


def _followed(node: ast.expr, constants: Mapping[str, ast.expr]) -> ast.expr:
    return constants.get(node.id, node) if isinstance(node, ast.Name) else node
