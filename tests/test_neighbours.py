"""What files beside a Dockerfile say of its image."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import neighbours
from dockrefactor.context import BuildContext
from dockrefactor.neighbour_commands import docker_commands


@pytest.mark.parametrize(
    ("text", "verb", "operands", "options"),
    [
        ("docker build --target dev -t shop:1 .", "build", (".",), [("--target", "dev"), ("-t", "shop:1")]),
        ("docker buildx build --target=dev --load ./api", "build", ("./api",), [("--target", "dev")]),
        (
            "\t@docker run --rm -it -v $(PWD):/app shop npm test",
            "run",
            ("shop", "npm", "test"),
            [("-v", "$(PWD):/app")],
        ),
        ("docker compose -f x.yml exec -T web sh -c 'a b'", "compose exec", ("web", "sh", "-c", "a b"), []),
        ("docker-compose run --rm -e A=b web pytest -q", "compose run", ("web", "pytest", "-q"), [("-e", "A=b")]),
        ("podman build \\\n  -f docker/Dockerfile \\\n  .", "build", (".",), [("-f", "docker/Dockerfile")]),
    ],
)
def test_commands_of_the_engine(
    text: str, verb: str, operands: tuple[str, ...], options: list[tuple[str, str]]
) -> None:
    (found,) = docker_commands(f"# a comment\n{text} && echo docker\n")
    assert (found.verb, found.operands, list(found.options), found.line) == (verb, operands, options, 2)


@pytest.mark.parametrize("text", ["docker push shop", "mydocker build .", "docker build 'open", "docker compose up"])
def test_other_commands_are_left_alone(text: str) -> None:
    assert list(docker_commands(text)) == []


BUILDS = {
    "docker-bake.json": '{"target": {"a": {"target": "x"}, "b": {"dockerfile": "Other", "target": "y"}}}',
    "docker-bake.hcl": 'target "a" {\n  args = { V = "}" }\n  target = "x"\n}\ntarget "b" {\n  context = "./b"\n'
    '  target = "y"\n}\n',
    "skaffold.yaml": "build:\n  artifacts:\n  - image: i\n    docker: {target: x}\n  - image: j\n    context: b\n"
    "    docker: {target: y}\n",
    "Makefile": "x:\n\tdocker build --target x .\ny:\n\tdocker build --target y b\n",
    ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v5\n"
    "      with: {target: x}\n    - uses: docker/build-push-action@v5\n      with: {context: b, target: y}\n",
    ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../Dockerfile", "context": "..", "target": "x"}} //',
    "compose.yml": "services:\n  a: {build: {context: ., target: x}}\n  b: {build: {context: b, target: y}}\n",
}


@pytest.mark.parametrize("name", BUILDS)
def test_the_stages_that_are_built_by_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BUILDS[name], encoding="utf-8")
    assert neighbours.read(BuildContext(tmp_path), "Dockerfile").targets == {"x"}


@pytest.mark.parametrize("name", [name for name in BUILDS if "devcontainer" not in name])
@pytest.mark.parametrize("beside", [(), ("Dockerfile",)])
def test_a_lower_case_dockerfile_is_built_where_there_is_no_other(
    name: str, beside: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BUILDS[name], encoding="utf-8")
    for file in ("dockerfile", *beside):
        (tmp_path / file).write_text("FROM scratch\n", encoding="utf-8")
    found = neighbours.read(BuildContext(tmp_path, "dockerfile"), "dockerfile")
    assert found.targets == (set() if beside else {"x"})


def test_dockerfiles_of_one_name_share_a_context(tmp_path: Path) -> None:
    services = "\n".join(
        f"  {name}: {{build: {{context: ., dockerfile: ./{name}/Dockerfile}}, command: x}}" for name in "ab"
    )
    (tmp_path / "compose.yml").write_text(f"services:\n{services}\n")
    (tmp_path / "Makefile").write_text("x:\n\tdocker build -f b/Dockerfile --target y .\n")
    found = neighbours.read(BuildContext(tmp_path, "a/Dockerfile"), "a/Dockerfile")
    assert [service.name for service in found.services] == ["a"]
    assert neighbours.read(BuildContext(tmp_path, "b/Dockerfile"), "b/Dockerfile").targets == {"y"}
    assert found.targets == frozenset()


def test_a_repository_is_read_up_to_its_own_folder(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "services" / "api"
    inner.mkdir(parents=True)
    (tmp_path / "Makefile").write_text("a:\n\tdocker build --target outside repository/services/api\n")
    (tmp_path / "repository" / "Makefile").write_text("a:\n\tdocker build --target inside services/api\n")
    assert neighbours.read(BuildContext(inner), "Dockerfile").targets == frozenset()
    (tmp_path / "repository" / ".git").mkdir()
    assert neighbours.read(BuildContext(inner), "Dockerfile").targets == {"inside"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "Makefile").write_text("a:\n\tdocker build --target x .\n")
    context = tmp_path / "context"
    context.mkdir()
    (context / "Makefile").symlink_to("../elsewhere/Makefile")
    (context / ".github").symlink_to("../elsewhere")
    assert neighbours.read(BuildContext(context), "Dockerfile").targets == frozenset()


MERGED = {
    "of the main file": ("compose.yml", "services:\n  web: {build: .}\n", "services:\n  web: {command: x}\n"),
    "of a target alone": (
        "docker-compose.yaml", "services:\n  web: {build: .}\n", "services:\n  web: {build: {target: t}, command: x}\n",
    ),
    "of what it extends": (
        "compose.yml",
        "services: {}\n",
        "services:\n  base: {build: .}\n  web: {extends: {service: base}, command: x}\n",
    ),
    "of its image's name": (
        "compose.yml", "services:\n  main: {build: ., image: shop}\n", "services:\n  web: {image: shop, command: x}\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MERGED)
def test_a_service_by_the_build(name: str, tmp_path: Path) -> None:
    main, first, second = MERGED[name]
    (tmp_path / main).write_text(first + "# ports\n")
    (tmp_path / "docker-compose.local.yml").write_text(second)
    found = neighbours.read(BuildContext(tmp_path), "Dockerfile").services
    assert [item.command for item in found if item.name == "web" and item.command] == [("x",)]


WRITTEN = {
    "extends a service of another file": {
        "docker-compose.yml": "services:\n  web: {extends: {file: ops/base.yml, service: app}, command: x}\n",
        "ops/base.yml": "services:\n  app: {build: .., volumes: ['..:/app']}\n",
    },
    "is included": {
        "compose.yaml": "include:\n  - ops/web.yml\n",
        "ops/web.yml": "services:\n  web: {build: .., command: x, volumes: ['..:/app']}\n",
    },
    "is included with settings": {
        "compose.yaml": "include: [{path: [ops/web.yml], env_file: a}]\n",
        "ops/web.yml": "services:\n  web: {build: {context: ..}, command: x, volumes: ['..:/app']}\n",
    },
    "takes all from an anchor": {
        "compose.yml": "x-app: &app\n  build: .\n  volumes: ['.:/app']\nservices:\n"
        "  web:\n    <<: *app\n    command: x\n    profiles: [work]\n",
    },
    "builds in a folder by a variable": {
        "compose.yml": "services:\n  web: {build: '${FOLDER:-.}', command: '${RUN:-x}', volumes: ['${PWD}:/app']}\n",
    },
    "stands in a folder beside": {
        "infra/docker-compose.yml": "services:\n  web: {build: .., command: x, volumes: ['..:/app']}\n",
    },
    "builds a file by a variable": {
        "compose.yml": "services:\n  web: {build: {context: ., dockerfile: $FILE}, command: x, volumes: ['./:/app']}\n",
        ".env": "FILE=Dockerfile\n",
    },
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_service_that(name: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for path, text in WRITTEN[name].items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (found,) = neighbours.read(BuildContext(tmp_path), "Dockerfile").services
    assert (found.name, found.command, found.mounts) == ("web", ("x",), ("/app",))


def test_aliases_that_grow_without_end_are_read_once(tmp_path: Path) -> None:
    rows = ["x0: &x0 ['$A', '$A']", *(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 40))]
    text = "\n".join([*rows, "x-loop: &loop {again: *loop}", "services:", "  web: {build: ., command: $$x, user: a}"])
    (tmp_path / "compose.yml").write_text(text + "\n")
    (found,) = neighbours.read(BuildContext(tmp_path), "Dockerfile").services
    assert found.command == ("$x",)


def test_files_outside_of_the_repository_are_not_read(tmp_path: Path) -> None:
    inner = tmp_path / "repository"
    (inner / ".git").mkdir(parents=True)
    (tmp_path / "base.yml").write_text("services:\n  app: {build: ./repository}\n")
    (inner / "compose.yml").write_text("services:\n  web: {extends: {file: ../base.yml, service: app}, command: x}\n")
    assert neighbours.read(BuildContext(inner), "Dockerfile").services == ()


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web: {build: {context: ., dockerfile_inline: FROM scratch}, command: x}\n",
        "services:\n  db: {image: postgres, command: x}\n",
        "services:\n  other: {command: x}\n",
        "services:\n  web: {build: ./b, command: x}\n",
    ],
)
def test_a_service_of_another_image(text: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services:\n  web: {build: ., image: shop, ports: [80]}\n")
    (tmp_path / "compose.other.yml").write_text(text)
    found = neighbours.read(BuildContext(tmp_path), "Dockerfile").services
    assert not any("x" in item.command for item in found)


@pytest.mark.parametrize(
    ("name", "text", "privileges"),
    [
        ("config.json", '{"name": "a", "version": "1", "slug": "a", "arch": [], "privileged": ["SYS"]}', "SYS"),
        ("config.yaml", "name: a\nversion: 1\nslug: a\narch: [amd64]\n", ""),
        ("config.yaml", "name: a\nversion: 1\nslug: a\narch: [amd64]\nfull_access: true\n", "full_access"),
    ],
)  # fmt: skip
def test_an_addon_of_home_assistant_keeps_its_data(tmp_path: Path, name: str, text: str, privileges: str) -> None:
    (tmp_path / name).write_text(text)
    (container,) = neighbours.read(BuildContext(tmp_path), "Dockerfile").containers
    assert (container.volumes, container.privileges) == (("/data",), privileges)


@pytest.mark.parametrize("text", ["slug: a\narch: b\n", "slug: [\narch", "name: a\n", "- slug\n- arch\n"])
def test_other_settings_are_no_addon(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert neighbours.read(BuildContext(tmp_path), "Dockerfile").containers == ()


def test_what_compose_loads_into_node_is_read(tmp_path: Path) -> None:
    text = "services:\n  a:\n    build: .\n    environment:\n      NODE_OPTIONS: -r tsconfig-paths/register\n"
    (tmp_path / "compose.yml").write_text(text, encoding="utf-8")
    (service,) = neighbours.read(BuildContext(tmp_path, "Dockerfile"), "Dockerfile").services
    assert service.variables == {"NODE_OPTIONS": "-r tsconfig-paths/register"}
