"""`mix phx.server` and `mix run --no-halt` as the start of the release that `mix release` makes of the same project.

A release has its configuration of the build, loads only the applications that are listed, has no Mix, and gives its
node a name. What depends on any of that stands against it; only the name can be left out, by a variable.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor.effects import Kind
from dockrefactor.facts import Facts
from dockrefactor.launch import Started
from dockrefactor.patterns import regex
from dockrefactor.tables import toml
from dockrefactor.toolchain import DirectStart, NoDirectStartError, Rewording
from dockrefactor.toolchains import elixir_project
from dockrefactor.toolchains.elixir_project import Project

# settings of tools that only builds use, up to the next line of the outermost level
_TOOLS: Final = regex(r"^config :(?:esbuild|tailwind|dart_sass)\b.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_CALLED: Final = regex(r"(?<![\w:]):([a-z]\w*)\.\w")


def direct(facts: Facts, item: Started) -> DirectStart:
    """The direct start of what a started command of Mix runs. Raises NoDirectStartError."""
    tasks = toml("elixir_mix")["releasable"]
    if list(item.argv) not in tasks or not item.known or item.cwd != facts.final.after.cwd:
        raise NoDirectStartError("another start of what it runs is not known")
    env = facts.final.after.env
    if env.get("MIX_ENV") != "prod" or {"ELIXIR_ERL_OPTIONS", "MIX_BUILD_PATH", "MIX_EXS"} & env.keys():
        raise NoDirectStartError("ENV does not set MIX_ENV to prod, or steers Mix")
    manifest = facts.final.resolver()(posixpath.join(item.cwd, "mix.exs"))
    project = elixir_project.read(facts.context, manifest) if manifest is not None else None
    if project is None or project.app is None or project.apps_path is not None or "releases:" in project.text:
        raise NoDirectStartError("mix.exs has releases or applications of its own, or is not in the build context")
    _check_build(facts)
    _check_configuration(facts, project)
    _check_sources(facts, project)
    variables = ["RELEASE_DISTRIBUTION=none"]
    if "phx.server" in item.argv:
        variables += _serving(facts, project)
    program = posixpath.join(item.cwd, "_build/prod/rel", project.app, "bin", project.app)
    return DirectStart((Rewording(item, len(item.argv), ("env", *variables, program, "start")),), ("RUN mix release",))


def _check_build(facts: Facts) -> None:
    """The dependencies are there, and no release is."""
    own = facts.commands(lambda placed: placed.effects.by == "elixir" and placed.effects.kind is not Kind.UNKNOWN)
    if not any(placed.effects.kind is Kind.INSTALL for _, placed in own):
        raise NoDirectStartError("no step of the build fetches the dependencies")
    if any("release" in placed.command.argv for _, placed in own):
        raise NoDirectStartError("the build makes a release already")


def _check_configuration(facts: Facts, project: Project) -> None:
    table = toml("elixir_mix")
    for folder in ("rel", "config/releases.exs"):
        if facts.context.exists(posixpath.join(project.folder, folder)):
            raise NoDirectStartError(f"{folder} says how releases are")
    early = re.compile("|".join(table["moment"]))
    for path in facts.context.files(posixpath.join(project.folder, "config"), (".exs",)):
        name = posixpath.basename(path)
        text = _TOOLS.sub("", elixir_project.without_comments(facts.context.read(path) or ""))
        pattern = re.compile("|".join(table["unreleased"])) if name == "runtime.exs" else early
        match = pattern.search(text) if name not in ("dev.exs", "test.exs") else None
        if match is not None:
            raise NoDirectStartError(f"{path} has `{match[0]}`, which a release reads at another time or place")


def _check_sources(facts: Facts, project: Project) -> None:
    table = toml("elixir_mix")
    pattern = re.compile("|".join(table["unreleased"]))
    listed = set(re.findall(r":(\w+)", project.text)) | {
        package.name for package in elixir_project.packages(facts.context, project)
    }
    for path in facts.context.files(posixpath.join(project.folder, "lib"), (".ex", ".eex", ".heex")):
        text = elixir_project.without_comments(facts.context.read(path) or "")
        match = pattern.search(text)
        if match is not None:
            raise NoDirectStartError(f"{path} has `{match[0]}`, which a release has not, or elsewhere")
        for name in _CALLED.findall(text):
            if name not in table["always"] and table["modules"].get(name, name) not in listed:
                raise NoDirectStartError(f"{path} calls `:{name}`, of an application that mix.exs does not list")


def _serving(facts: Facts, project: Project) -> list[str]:
    """What makes a release of Phoenix listen, as `mix phx.server` does for every endpoint."""
    endpoints = [
        path
        for path in facts.context.files(posixpath.join(project.folder, "lib"), (".ex",))
        if "use Phoenix.Endpoint" in (facts.context.read(path) or "")
    ]
    if len(endpoints) != 1:
        raise NoDirectStartError("it starts no endpoint, or several")
    texts = {
        name: elixir_project.without_comments(facts.context.read(posixpath.join(project.folder, "config", name)) or "")
        for name in ("config.exs", "prod.exs", "runtime.exs")
    }
    if re.search(r"\bserver:\s*true", texts["config.exs"] + texts["prod.exs"]) or "PHX_SERVER" in facts.final.after.env:
        return []
    if re.search(r"if\s+System\.get_env\(\"PHX_SERVER\"\)\s+do\s+config\s[^\n]*\bserver:\s*true", texts["runtime.exs"]):
        return ["PHX_SERVER=true"]
    raise NoDirectStartError("no setting makes a release listen")
