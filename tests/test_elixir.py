"""Elixir: what Mix's tasks do, what a project is called and reads, and what sources need."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor import shell
from dockrefactor.context import BuildContext
from dockrefactor.effects import Kind
from dockrefactor.stages import Place, State
from dockrefactor.toolchains import elixir_project
from dockrefactor.toolchains.elixir import TOOLCHAIN, MixRelease
from dockrefactor.toolchains.elixir_sources import read_sources

DATA = Path(__file__).parents[1] / "refactor/dockrefactor/data"
MIX = """\
defmodule Shop.MixProject do
  use Mix.Project

  def project do
    [
      app: :shop, # the name
      version: "1.0.0",
      aliases: [setup: ["deps.get"], "assets.deploy": ["esbuild shop --minify", "phx.digest"], deploy: "cmd ./go.sh"],
      deps: [{:own, path: "own"}, {:jason, "~> 1.4"}]%s
    ]
  end
end
"""


def project(root: Path, files: Mapping[str, str]) -> BuildContext:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return BuildContext(root)


def place(context: BuildContext, env: Mapping[str, str]) -> Place:
    def resolve(path: str) -> str | None:
        inner = path.removeprefix("/app").lstrip("/")
        return inner if context.exists(inner) else None

    return Place("/app", State(cwd="/app", env=env, args={}), resolve, context, None)


@pytest.mark.parametrize(
    ("line", "kind", "writes"),
    [
        ("mix local.hex --force", Kind.TOOL_SETUP, "/root/.mix"),
        ("mix deps.get --only prod", Kind.INSTALL, "/app/deps"),
        ("mix do deps.get, deps.compile", Kind.INSTALL, "/app/_build"),
        ("mix do local.rebar --force + compile", Kind.BUILD, "/app/_build"),
        ("mix assets.deploy", Kind.BUILD, "/app/priv/static"),
        ("mix release", Kind.BUILD, "/app/_build/prod/rel/shop"),
        ("mix test --cover", Kind.TEST, None),
        ("mix deploy", Kind.UNKNOWN, None),
        ("mix ecto.migrate", Kind.UNKNOWN, None),
        ("elixir prepare.exs", Kind.UNKNOWN, None),
    ],
)
def test_tasks(tmp_path: Path, line: str, kind: Kind, writes: str | None) -> None:
    context = project(tmp_path, {"mix.exs": MIX % ""})
    effects = TOOLCHAIN.effects(shell.parse(line).commands[0], place(context, {"MIX_ENV": "prod"}))
    assert effects is not None
    assert effects.kind is kind
    assert writes is None or writes in effects.writes


@pytest.mark.parametrize(
    ("line", "releases", "path"),
    [
        ("mix release", "", "/app/_build/dev/rel/shop"),
        ("MIX_ENV=prod mix release --overwrite", "", "/app/_build/prod/rel/shop"),
        (
            "mix release",
            ",\n      releases: [web: [include_erts: true, steps: [:assemble]]]",
            "/app/_build/dev/rel/web",
        ),
        ("mix release", ",\n      releases: [web: [a: 1], worker: []]", None),
        ("mix release worker", ",\n      releases: [web: [], worker: []]", "/app/_build/dev/rel/worker"),
        ("mix release --path /opt/shop", "", "/opt/shop"),
    ],
)
def test_where_a_release_is_made(tmp_path: Path, line: str, releases: str, path: str | None) -> None:
    context = project(tmp_path, {"mix.exs": MIX % releases})
    effects = TOOLCHAIN.effects(shell.parse(line).commands[0], place(context, {}))
    assert effects is not None
    assert effects.detail == MixRelease(path)


def test_what_a_project_reads(tmp_path: Path) -> None:
    text = 'version: File.read!("VERSION"), elixir: "~> 1.14" # File.ls("x")\n'
    found = elixir_project.read(project(tmp_path, {"mix.exs": text}), "mix.exs")
    assert found is not None
    assert elixir_project.reads(found) == (["VERSION"], [])


@pytest.mark.parametrize("text", ['System.cmd("git", [])', "File.read!(path)", 'Path.wildcard("x/*")'])
def test_a_project_that_may_read_anything(tmp_path: Path, text: str) -> None:
    found = elixir_project.read(project(tmp_path, {"mix.exs": text}), "mix.exs")
    assert found is not None
    assert elixir_project.reads(found)[1] != []


def test_a_lock_file_tells_what_is_built_by_a_makefile(tmp_path: Path) -> None:
    lock = (
        '%{\n  "bcrypt_elixir": {:hex, :bcrypt_elixir, "3.1.0", "0b1", [:make, :mix], [], "hexpm", "2ad"},\n'
        '  "jason": {:hex, :jason, "1.4.4", "b9c", [:mix], [], "hexpm", "c5e"},\n}\n'
    )
    context = project(tmp_path, {"mix.exs": MIX % "", "mix.lock": lock})
    found = elixir_project.read(context, "mix.exs")
    assert found is not None
    packages = elixir_project.packages(context, found)
    assert [(item.name, item.version, item.native) for item in packages] == [
        ("bcrypt_elixir", "3.1.0", True),
        ("jason", "1.4.4", False),
    ]


@pytest.mark.parametrize(
    ("text", "programs", "reads", "writes"),
    [
        ('System.cmd("git", ["log"])', ["git"], [], []),
        ("System.cmd(program, [])", [None], [], []),
        (":os.cmd('ls -l')", ["ls"], [], []),
        ('System.cmd "git", ["log"]', ["git"], [], []),
        ('System.shell("curl -s #{url} | jq .")', ["curl", "jq"], [], []),
        ('System.shell("#{tool} -v")', [None], [], []),
        (":os.cmd(to_charlist(line))", [None], [], []),
        ('Port.open({:spawn, "gs -q"}, [:binary])', ["gs"], [], []),
        ('Port.open({:spawn_executable, "/usr/bin/sox"}, [])', ["/usr/bin/sox"], [], []),
        ('Port.open({:spawn_executable, System.find_executable("sox")}, [])', ["sox"], [], []),
        ("Port.open({:spawn, line}, [])", [None], [], []),
        ('File.read!("texts/motto.txt")', [], ["texts/motto.txt"], []),
        ('File.read(Application.app_dir(:shop, "priv/x"))', [], [], []),
        ('File.write("out.log", data) # File.read("x")', [], [], ["out.log"]),
        ("path |> File.write!(data)", [], [], [None]),
        ('@doc """\nFile.read("x")\n"""\ndef x, do: 1', [], [], []),
    ],
)
def test_sources(
    tmp_path: Path, text: str, programs: list[str | None], reads: list[str | None], writes: list[str | None]
) -> None:
    found = read_sources(project(tmp_path, {"lib/a.ex": text}), ["lib/a.ex"])
    assert [claim.value for claim in found.programs] == programs
    assert [claim.value for claim in found.reads] == reads
    assert [claim.value for claim in found.writes] == writes


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("config :a, A.Endpoint, http: [ip: {0, 0, 0, 0}, port: 80]", "80"),
        (":gen_tcp.listen(8080, [])", "8080"),
        ("config :a, A.Repo, port: 5432", None),
    ],
)
def test_ports(tmp_path: Path, text: str, port: str | None) -> None:
    found = read_sources(project(tmp_path, {"config/config.exs": text}), ["config/config.exs"])
    assert [claim.value for claim in found.ports] == ([port] if port else [])


def test_the_tables_say_where_they_are_from() -> None:
    for name in ("elixir_names", "elixir_mix"):
        text = (DATA / f"{name}.toml").read_text(encoding="utf-8")
        assert "source: https://" in text
        tomllib.loads(text)
