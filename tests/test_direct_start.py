"""Starts by build tools: what takes their place where it is the same, and why it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import contract, document, pipeline
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change, Refusal, Start
from dockrefactor.pipeline import Result
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor.verify import images
from dockrefactor.verify.findings import Weight
from dockrefactor.verify.images import Configured
from dockrefactor_transforms import TRANSFORMS

ASSUMED = Options(assume=frozenset({"direct-start"}))
SPLIT = tuple(item for item in TRANSFORMS if item.name == "split-stages")


def split(folder: Path, text: str, files: dict[str, str], options: Options = ASSUMED) -> Result:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return pipeline.refactor(text.encode(), BuildContext(folder), SPLIT, TOOLCHAINS, options)


def start_of(result: Result) -> tuple[str, ...]:
    """The words that the one changed instruction has now; fails with the refusal where there is none."""
    outcome = result.answers[0].outcome
    assert isinstance(outcome, Change), outcome
    [start] = outcome.starts
    return start.after


def refusal_of(result: Result) -> str:
    outcome = result.answers[0].outcome
    assert isinstance(outcome, Refusal), outcome
    return f"{outcome.reason.reason.code}: {outcome.at.says}"


POM = """<project>
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.3.5</version></parent>
  <groupId>org.example</groupId><artifactId>shop</artifactId><version>1.0</version>
  <dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies>
  <build><plugins><plugin>
    <groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId>
  </plugin></plugins></build>
</project>
"""
MAIN = "package org.example;\nclass Shop { public static void main(String[] a) { } }\n"
MAVEN = {"pom.xml": POM, "src/main/java/org/example/Shop.java": MAIN}
JAR = "/app/target/shop-1.0.jar"


def maven(start: str, build: str = "") -> str:
    return f"FROM maven:3.9-eclipse-temurin-17\nWORKDIR /app\nCOPY . .\n{build}EXPOSE 8080\n{start}\n"


@pytest.mark.parametrize(
    ("start", "now"),
    [
        ('CMD ["mvn", "spring-boot:run"]', ("java", "-jar", JAR)),
        ("CMD mvn -q clean spring-boot:run", (f"java -jar {JAR}",)),
        ("CMD exec mvn spring-boot:run", (f"exec java -jar {JAR}",)),
        ('ENTRYPOINT ["sh", "-c", "mvn spring-boot:run"]', ("sh", "-c", f"java -jar {JAR}")),
        (
            'CMD ["mvn", "spring-boot:run", "-Dspring-boot.run.profiles=a,b", "-Dspring-boot.run.arguments=--x=1 --y"]',
            ("java", "-jar", JAR, "--spring.profiles.active=a,b", "--x=1", "--y"),
        ),
        (
            'CMD ["mvn", "org.springframework.boot:spring-boot-maven-plugin:run", "-DskipTests"]',
            ("java", "-jar", JAR),
        ),
    ],
)
def test_maven_starts_the_archive(tmp_path: Path, start: str, now: tuple[str, ...]) -> None:
    result = split(tmp_path, maven(start), MAVEN)
    assert start_of(result) == now
    assert "package -DskipTests\n" in result.after


def test_wrapper_is_what_it_stands_for(tmp_path: Path) -> None:
    files = {**MAVEN, "mvnw": '#!/bin/sh\nexec `find mvn` $MAVEN_CONFIG "$@"\n'}
    start = 'CMD ["./mvnw", "spring-boot:run"]'
    result = split(tmp_path, maven(start, "RUN chmod +x mvnw && sed -i 's/\\r$//' mvnw\n"), files)
    assert start_of(result) == ("java", "-jar", JAR)
    assert "RUN ./mvnw package -DskipTests\n" in result.after


def test_maven_that_was_built_is_not_built_again(tmp_path: Path) -> None:
    result = split(tmp_path, maven('CMD ["mvn", "spring-boot:run"]', "RUN mvn -B clean install\n"), MAVEN)
    assert start_of(result) == ("java", "-jar", JAR)
    assert result.after.count("RUN mvn") == 1


def test_profile_of_the_start_is_that_of_a_new_build(tmp_path: Path) -> None:
    result = split(tmp_path, maven('CMD ["mvn", "-Pprod", "spring-boot:run"]', "RUN mvn package\n"), MAVEN)
    assert start_of(result) == ("java", "-jar", JAR)
    assert "RUN mvn package\nRUN mvn -Pprod package -DskipTests\n" in result.after


def test_without_the_users_word_the_refusal_says_what_would_be(tmp_path: Path) -> None:
    result = split(tmp_path, maven('CMD ["mvn", "spring-boot:run"]'), MAVEN, Options())
    assert refusal_of(result) == f"direct-start: CMD becomes `java -jar {JAR}`, after `RUN mvn package -DskipTests`"
    assert result.after == result.before


@pytest.mark.parametrize(
    ("start", "files", "says"),
    [
        ('CMD ["mvn", "spring-boot:run", "-Dserver.port=80"]', {}, "-Dserver.port"),
        ('CMD ["mvn", "-f", "other/pom.xml", "spring-boot:run"]', {}, "folder"),
        ('CMD ["mvn", "verify", "exec:java"]', {}, "not known"),
        ('CMD ["mvn", "spring-boot:run"]', {"pom.xml": POM.replace("3.3.5", "2.1.9")}, "version"),
        (
            'CMD ["mvn", "spring-boot:run"]',
            {"pom.xml": POM.replace("spring-boot-starter-web", "spring-boot-devtools")},
            "spring-boot-devtools",
        ),
        (
            'CMD ["mvn", "spring-boot:run"]',
            {
                "pom.xml": POM.replace(
                    "</plugin>", "<configuration><profiles><profile>a</profile></profiles></configuration></plugin>"
                )
            },
            "`profiles` may change",
        ),
        (
            'CMD ["mvn", "spring-boot:run"]',
            {
                "pom.xml": POM.replace(
                    "<plugin>", "<plugin><artifactId>docker-maven-plugin</artifactId></plugin><plugin>"
                )
            },
            "docker-maven-plugin",
        ),
        ('CMD ["mvn", "spring-boot:run"]', {"pom.xml": POM.replace("1.0", "${env.VERSION}")}, "name of the archive"),
        (
            'CMD ["mvn", "spring-boot:run"]',
            {"pom.xml": POM.replace("<build>", "<packaging>war</packaging><build>")},
            "jar",
        ),
        ('CMD ["mvn", "spring-boot:run"]', {"src/main/webapp/index.html": "x"}, "src/main/webapp"),
        (
            'CMD ["mvn", "spring-boot:run"]',
            {"src/main/java/A.java": "class A { Object f = new ClassPathResource(n).getFile(); }"},
            "getFile()",
        ),
        ("ENV MAVEN_ARGS=-Dx=y\nCMD mvn spring-boot:run", {}, "Maven"),
    ],
)
def test_maven_that_may_differ_is_refused(tmp_path: Path, start: str, files: dict[str, str], says: str) -> None:
    found = refusal_of(split(tmp_path, maven(start), {**MAVEN, **files}))
    assert found.startswith("needs-build-tool: ")
    assert says in found


def test_script_of_the_context_stays(tmp_path: Path) -> None:
    files = {**MAVEN, "start.sh": "#!/bin/sh\nexec mvn spring-boot:run\n"}
    assert refusal_of(split(tmp_path, maven('CMD ["./start.sh"]'), files)).startswith("needs-build-tool: ")


def test_refusal_of_the_split_names_a_line_of_the_original(tmp_path: Path) -> None:
    text = maven('CMD ["mvn", "spring-boot:run"]', "RUN make everything\n")
    outcome = split(tmp_path, text, MAVEN).answers[0].outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.reason.reason.code, outcome.at.line) == ("unknown-effect", 4)


GO = {"go.mod": "module example.com/greeter\n\ngo 1.23\n", "main.go": "package main\n\nfunc main() {}\n"}


@pytest.mark.parametrize(
    ("start", "build", "now"),
    [
        ('CMD ["go", "run", "."]', "greeter .", ("/usr/local/bin/greeter",)),
        ("CMD go run main.go -v $LEVEL", "greeter main.go", ("/usr/local/bin/greeter -v $LEVEL",)),
        ('CMD ["go", "run", "-mod=mod", "main.go", "a"]', "greeter main.go", ("/usr/local/bin/greeter", "a")),
    ],
)
def test_go_starts_the_program(tmp_path: Path, start: str, build: str, now: tuple[str, ...]) -> None:
    result = split(tmp_path, f"FROM golang:1.23\nWORKDIR /src\nCOPY . .\n{start}\n", GO)
    assert start_of(result) == now
    assert f"-o /usr/local/bin/{build}\n" in result.after


@pytest.mark.parametrize(
    ("start", "source", "says"),
    [
        ("CMD go run -exec nice .", "", "not known"),
        ("CMD go run golang.org/x/tour@latest", "", "not known"),
        ("CMD go run .", "var place, _ = os.Executable()", "os.Executable("),
        ("CMD go run .", "var place = filepath.Dir(os.Args[0])", "os.Args[0]"),
    ],
)
def test_go_that_may_differ_is_refused(tmp_path: Path, start: str, source: str, says: str) -> None:
    files = {**GO, "place.go": f"package main\n\n{source}\n"}
    found = refusal_of(split(tmp_path, f"FROM golang:1.23\nWORKDIR /src\nCOPY . .\n{start}\n", files))
    assert found.startswith("needs-build-tool: ")
    assert says in found


PROJECT = '[project]\nname = "web"\nversion = "1"\ndependencies = ["flask"]\n'
LOCK = 'version = 1\n[[package]]\nname = "web"\nversion = "1"\nsource = { virtual = "." }\n'
UV = {"pyproject.toml": PROJECT, "uv.lock": LOCK, "main.py": "print(1)\n"}


def uv(start: str, sync: str = "--frozen --no-dev") -> str:
    return f"FROM python:3.12\nWORKDIR /app\nRUN pip install uv\nCOPY . .\nRUN uv sync {sync}\n{start}\n"


@pytest.mark.parametrize(
    ("start", "now"),
    [
        ('CMD ["uv", "run", "main.py", "a"]', ("python", "main.py", "a")),
        ('CMD ["uv", "run", "-m", "main"]', ("python", "-m", "main")),
        ("CMD uv run flask --app main run -p $PORT", ("flask --app main run -p $PORT",)),
        ("CMD uv run flask db upgrade && exec uv run flask run", ("flask db upgrade && exec flask run",)),
    ],
)
def test_uv_starts_the_program_of_the_environment(tmp_path: Path, start: str, now: tuple[str, ...]) -> None:
    result = split(tmp_path, uv(start), UV)
    assert start_of(result) == now
    assert "ENV PATH=/app/.venv/bin:$PATH\n" in result.after


@pytest.mark.parametrize(
    ("start", "files", "sync", "says"),
    [
        ("CMD uv run --with rich main.py", {}, "--frozen", "folder"),
        ("CMD uv run --env-file .env main.py", {}, "--frozen", "an option"),
        ("CMD uv run --extra web main.py", {}, "--frozen", "more than the build"),
        ("CMD uv run main.py", {"pyproject.toml": f"{PROJECT}[dependency-groups]\ndev = ['a']\n"}, "--no-dev", "more"),
        (
            "CMD uv run main.py",
            {"pyproject.toml": f"{PROJECT}[build-system]\nrequires = []\n"},
            "--no-install-project",
            "installs the project",
        ),
        ("CMD uv run main.py", {"main.py": "import os\nprint(os.environ['VIRTUAL_ENV'])\n"}, "--frozen", "VIRTUAL_ENV"),
        ("ENV UV_ENV_FILE=.env\nCMD uv run main.py", {}, "--frozen", "UV_ENV_FILE"),
    ],
)
def test_uv_that_may_differ_is_refused(tmp_path: Path, start: str, files: dict[str, str], sync: str, says: str) -> None:
    found = refusal_of(split(tmp_path, uv(start, sync), {**UV, **files}))
    assert found.startswith("needs-build-tool: ")
    assert says in found


PIPFILE = '[packages]\nflask = "*"\n[scripts]\nweb = "flask run"\n'
PIPENV = (
    "FROM python:3.12\nWORKDIR /app\nENV PIPENV_VENV_IN_PROJECT=1\nRUN pip install pipenv\nCOPY . .\n"
    "RUN pipenv install --deploy\n"
)
LOCKED = {"Pipfile": PIPFILE, "Pipfile.lock": '{"default": {}, "develop": {}}', "main.py": "print(1)\n"}


def test_pipenv_starts_the_program_of_the_environment(tmp_path: Path) -> None:
    result = split(tmp_path, f'{PIPENV}CMD ["pipenv", "run", "python", "main.py"]\n', LOCKED)
    assert start_of(result) == ("python", "main.py")
    assert "ENV PATH=/app/.venv/bin:$PATH\n" in result.after


@pytest.mark.parametrize(("start", "files"), [("web", {}), ("python main.py", {".env": "A=1\n"})])
def test_pipenv_that_may_differ_is_refused(tmp_path: Path, start: str, files: dict[str, str]) -> None:
    found = refusal_of(split(tmp_path, f"{PIPENV}CMD pipenv run {start}\n", {**LOCKED, **files}))
    assert found.startswith("needs-build-tool: ")


@pytest.mark.parametrize(
    ("setting", "path"),
    [("virtualenvs.create false", ""), ("virtualenvs.in-project true", "ENV PATH=/app/.venv/bin:$PATH\n")],
)
def test_poetry_starts_the_program_of_the_environment(tmp_path: Path, setting: str, path: str) -> None:
    text = (
        f"FROM python:3.12\nWORKDIR /app\nRUN pip install poetry && poetry config {setting}\nCOPY . .\n"
        'RUN poetry install --no-root\nCMD ["poetry", "run", "python", "main.py"]\n'
    )
    manifest = (
        '[tool.poetry]\nname = "web"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.12"\nflask = "3.0.3"\n'
    )
    result = split(tmp_path, text, {"pyproject.toml": manifest, "main.py": "print(1)\n"})
    assert start_of(result) == ("python", "main.py")
    assert path in result.after


def test_contract_takes_the_stated_start_and_no_other(tmp_path: Path) -> None:
    def facts(text: str) -> Facts:
        return Facts(document.read(text), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")

    before, after = facts('FROM scratch\nCMD ["a", "b"]\n'), facts('FROM scratch\nCMD ["c", "b"]\n')
    stated = Start("CMD", True, ("a", "b"), ("c", "b"))
    assert contract.compare(before, after, (stated,)) == ()
    for other in (
        (),
        (Start("CMD", True, ("a", "b"), ("c",)),),
        (Start("CMD", True, ("a",), ("c", "b")),),
        (Start("CMD", False, ("a", "b"), ("c", "b")),),
        (Start("ENTRYPOINT", True, ("a", "b"), ("c", "b")),),
    ):
        assert [item.point for item in contract.compare(before, after, other)] == ["CMD"]
    assert [item.point for item in contract.compare(before, before, (stated,))] == ["CMD"]


def test_verify_takes_the_stated_start_and_no_other(tmp_path: Path) -> None:
    facts = Facts(document.read("FROM scratch\n"), BuildContext(tmp_path), TOOLCHAINS, Options(), "Dockerfile")

    def image(key: str, *words: str) -> Configured:
        return Configured("x", {key: list(words)}, 0, 0)

    shell = Start("CMD", False, ("go run .",), ("/usr/local/bin/a",))
    before = image("Cmd", "/bin/sh", "-c", "go run .")
    kinds = [
        item.weight for item in images.compare(before, image("Cmd", "/bin/sh", "-c", *shell.after), facts, (shell,))
    ]
    assert kinds == [Weight.NOTE]
    kinds = [item.weight for item in images.compare(before, image("Cmd", *shell.after), facts, (shell,))]
    assert kinds == [Weight.NOTE, Weight.DIFFERENCE]
    words = Start("ENTRYPOINT", True, ("uv", "run", "a"), ("a",))
    before = image("Entrypoint", *words.before)
    kinds = [item.weight for item in images.compare(before, image("Entrypoint", "a"), facts, (words,))]
    assert kinds == [Weight.NOTE]
    assert [item.weight for item in images.compare(before, image("Entrypoint", "a"), facts)] == [Weight.DIFFERENCE]


def test_stage_for_development_keeps_its_start(tmp_path: Path) -> None:
    compose = "services:\n  web:\n    build: .\n    volumes:\n      - .:/app\n"
    options = Options(assume=frozenset({"direct-start"}), dev_stage=True)
    result = split(tmp_path, uv("CMD uv run main.py"), {**UV, "compose.yaml": compose}, options)
    assert refusal_of(result).startswith("compose-development: the stage that services develop in")


MIX = (
    "defmodule Web.MixProject do\n  use Mix.Project\n"
    '  def project do\n    [app: :web, version: "0.1.0", deps: deps()]\n'
    "  end\n  def application do\n    [extra_applications: [:logger, :ssl], mod: {Web, []}]\n  end\n"
    '  defp deps do\n    [{:phoenix, "~> 1.7"}]\n  end\nend\n'
)
ELIXIR = {
    "mix.exs": MIX,
    "config/config.exs": (
        'import Config\nconfig :esbuild,\n  web: [\n    cd: Path.expand("../assets", __DIR__)\n  ]\n\n'
        'import_config "#{config_env()}.exs"\n'
    ),
    "config/prod.exs": "import Config\n",
    "config/runtime.exs": (
        'import Config\nif System.get_env("PHX_SERVER") do\n  config :web, Web.Endpoint, server: true\nend\n'
    ),
    "lib/web.ex": "defmodule Web do\n  def start(_, _), do: :ssl.start()\nend\n",
    "lib/endpoint.ex": "defmodule Web.Endpoint do\n  use Phoenix.Endpoint, otp_app: :web\nend\n",
}


def elixir(start: str, environment: str = "ENV MIX_ENV=prod\n") -> str:
    return f"FROM elixir:1.17\n{environment}WORKDIR /app\nCOPY . .\nRUN mix deps.get --only prod\n{start}\n"


@pytest.mark.parametrize(
    ("start", "files", "variables"),
    [
        ('CMD ["mix", "phx.server"]', {}, ("PHX_SERVER=true",)),
        (
            'CMD ["mix", "phx.server"]',
            {"config/prod.exs": "import Config\nconfig :web, Web.Endpoint, server: true\n"},
            (),
        ),
        ('CMD ["mix", "run", "--no-halt"]', {}, ()),
    ],
)
def test_mix_starts_the_release(tmp_path: Path, start: str, files: dict[str, str], variables: tuple[str, ...]) -> None:
    result = split(tmp_path, elixir(start), {**ELIXIR, **files})
    program = "/app/_build/prod/rel/web/bin/web"
    assert start_of(result) == ("env", "RELEASE_DISTRIBUTION=none", *variables, program, "start")
    assert "RUN mix release\n" in result.after


@pytest.mark.parametrize(
    ("text", "files", "says"),
    [
        (elixir("CMD mix phx.server", ""), {}, "MIX_ENV"),
        (elixir("CMD mix run script.exs"), {}, "another start"),
        (elixir("CMD mix ecto.migrate && mix phx.server"), {}, "another start"),
        (elixir("CMD mix phx.server").replace("RUN mix deps.get --only prod\n", ""), {}, "fetches"),
        (
            elixir("CMD mix phx.server"),
            {"config/prod.exs": 'config :web, key: System.get_env("KEY")\n'},
            "config/prod.exs",
        ),
        (elixir("CMD mix phx.server"), {"config/runtime.exs": "import Config\n"}, "makes a release listen"),
        (elixir("CMD mix phx.server"), {"config/releases.exs": "import Config\n"}, "config/releases.exs"),
        (elixir("CMD mix phx.server"), {"rel/env.sh.eex": "export A=1\n"}, "rel"),
        (elixir("CMD mix phx.server"), {"lib/a.ex": "defmodule A do\n  def env, do: Mix.env()\nend\n"}, "lib/a.ex"),
        (
            elixir("CMD mix phx.server"),
            {"lib/a.ex": 'defmodule A do\n  @a File.read!(Path.join(__DIR__, "a"))\nend\n'},
            "__DIR__",
        ),
        (
            elixir("CMD mix phx.server"),
            {"lib/a.ex": "defmodule A do\n  def a, do: :httpc.request('')\nend\n"},
            ":httpc",
        ),
        (
            elixir("CMD mix phx.server"),
            {"mix.exs": MIX.replace("deps: deps()", "deps: deps(), releases: []")},
            "mix.exs",
        ),
    ],
)
def test_mix_that_may_differ_is_refused(tmp_path: Path, text: str, files: dict[str, str], says: str) -> None:
    found = refusal_of(split(tmp_path, text, {**ELIXIR, **files}))
    assert found.startswith("needs-build-tool: ")
    assert says in found


@pytest.mark.parametrize(
    ("launch", "entry", "command"),
    [
        ('ENTRYPOINT ["mvn"]\nCMD ["spring-boot:run"]', ("java", "-jar", JAR), ()),
        ('CMD ["-q", "spring-boot:run"]\nENTRYPOINT ["mvn", "-B"]', ("java", "-jar", JAR), ()),
        ('ENTRYPOINT ["env", "mvn", "-q"]\nCMD ["spring-boot:run"]', ("env", "java", "-jar", JAR), ()),
    ],
)
def test_one_command_of_entrypoint_and_cmd(
    tmp_path: Path, launch: str, entry: tuple[str, ...], command: tuple[str, ...]
) -> None:
    outcome = split(tmp_path, maven(launch), MAVEN).answers[0].outcome
    assert isinstance(outcome, Change), outcome
    assert {start.keyword: start.after for start in outcome.starts} == {"ENTRYPOINT": entry, "CMD": command}


def test_arguments_of_cmd_stay_where_entrypoint_names_the_program(tmp_path: Path) -> None:
    text = 'FROM golang:1.23\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["go", "run", "."]\nCMD ["-n", "1"]\n'
    files = {"go.mod": "module example.org/shop\n\ngo 1.23\n", "main.go": "package main\n\nfunc main() {}\n"}
    result = split(tmp_path, text, files)
    assert start_of(result) == ("/usr/local/bin/shop",)
    assert result.after.endswith('CMD ["-n", "1"]\n')


CARGO = {
    "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 4\n\n[[package]]\nname = "shop"\nversion = "0.1.0"\n',
    "src/main.rs": "fn main() {}\n",
}
TWO = {"src/bin/till.rs": "fn main() {}\n"}


def cargo(start: str, build: str = "") -> str:
    return f"FROM rust:1.90-slim\nWORKDIR /app\nCOPY . .\n{build}{start}\n"


@pytest.mark.parametrize(
    ("start", "files", "build", "now"),
    [
        ('CMD ["cargo", "run"]', {}, "RUN cargo build\n", ("target/debug/shop",)),
        ('CMD ["cargo", "r", "-r", "--", "-v"]', {}, "RUN cargo build -r\n", ("target/release/shop", "-v")),
        ('CMD ["cargo", "run", "-q", "a", "-r"]', {}, "RUN cargo build -q\n", ("target/debug/shop", "a", "-r")),
        ("CMD exec cargo run -r -- $WORDS", {}, "RUN cargo build -r\n", ("exec target/release/shop $WORDS",)),
        ('CMD ["cargo", "run", "--bin", "till"]', TWO, "RUN cargo build --bin till\n", ("target/debug/till",)),
    ],
)  # fmt: skip
def test_cargo_starts_the_program(
    tmp_path: Path, start: str, files: dict[str, str], build: str, now: tuple[str, ...]
) -> None:
    result = split(tmp_path, cargo(start), {**CARGO, **files})
    assert start_of(result) == now
    assert build in result.after


def test_cargo_that_was_built_is_not_built_again(tmp_path: Path) -> None:
    build = "RUN cargo build --release\nENV PORT=80\n"
    result = split(tmp_path, cargo('CMD ["cargo", "run", "--release"]', build), CARGO)
    assert start_of(result) == ("target/release/shop",)
    assert result.after.count("cargo build") == 1
    other = split(tmp_path, cargo('CMD ["cargo", "run"]', build), CARGO)
    assert start_of(other) == ("target/debug/shop",)
    assert "RUN cargo build\n" in other.after


@pytest.mark.parametrize(
    ("start", "files", "says"),
    [
        ('CMD ["cargo", "run"]', TWO, "which program"),
        ('CMD ["cargo", "run", "--example", "x"]', {}, "not known"),
        ('CMD ["cargo", "run"]', {"src/main.rs": 'fn main() { env::var("CARGO_PKG_NAME"); }\n'}, "CARGO_PKG"),
        ('CMD ["cargo", "run"]', {".cargo/config.toml": "[env]\nPORT = '80'\n"}, "settings"),
        ('CMD ["cargo", "run"]', {".cargo/config.toml": "[target.'cfg(unix)']\nrunner = 'nice'\n"}, "settings"),
        (
            'CMD ["cargo", "run"]',
            {
                "Cargo.lock": CARGO["Cargo.lock"] + 'dependencies = ["sqlx"]\n\n[[package]]\nname = "sqlx"\n'
                'version = "0.8.2"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
                "src/main.rs": 'fn main() { sqlx::query!("select 1"); }\n',
            },
            "database",
        ),
    ],
)  # fmt: skip
def test_cargo_that_may_differ_is_refused(tmp_path: Path, start: str, files: dict[str, str], says: str) -> None:
    said = refusal_of(split(tmp_path, cargo(start), {**CARGO, **files}))
    assert said.startswith("needs-build-tool")
    assert says in said


def test_cargos_variable_of_the_compiler_is_none_of_the_start(tmp_path: Path) -> None:
    source = 'fn main() { println!("{}", env!("CARGO_PKG_VERSION")); }\n'
    result = split(tmp_path, cargo('CMD ["cargo", "run"]'), {**CARGO, "src/main.rs": source})
    assert start_of(result) == ("target/debug/shop",)
