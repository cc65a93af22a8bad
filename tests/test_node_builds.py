"""What build scripts make and what start commands run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.toolchains.node_builds import BuildOutput, NodeStart, build_outputs, follow_start, tool_package
from dockrefactor.toolchains.node_manifests import PackageJson, read_package_json

# the plugin of a framework in another language, which chooses the folder
LARAVEL = "import laravel from 'laravel-vite-plugin'\nexport default {{ plugins: [laravel({{ {} }})] }}"


def project(
    root: Path, scripts: Mapping[str, str], files: Mapping[str, object] | None = None, **manifest: object
) -> tuple[BuildContext, PackageJson]:
    contents = {"package.json": {"scripts": scripts, **manifest}, **(files or {})}
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
    context = BuildContext(root)
    package = read_package_json(context, "")
    assert package is not None
    return context, package


def made(
    root: Path, script: str, files: Mapping[str, object] | None = None, **manifest: object
) -> tuple[BuildOutput, ...] | None:
    context, package = project(root, {"build": script}, files, **manifest)
    return build_outputs(context, package, "build")


TS = {"tsconfig.json": {"compilerOptions": {"outDir": "./dist", "rootDir": "src"}}, "src/main.ts": ""}


CLIENT = {
    "client/package.json": {
        "name": "web",
        "scripts": {"build": "vite build", "all": "npm i && npm run build"},
        "devDependencies": {"vite": "5"},
    },
    "client/vite.config.js": "export default { build: { outDir: '../public' } }",
    "api/package.json": {"name": "api", "scripts": {"build": "tsc", "gen": "mkdir gen"}},
    "api/tsconfig.json": {"compilerOptions": {"outDir": "out", "rootDir": "."}},
    "api/main.ts": "",
}
SPACE = {
    **CLIENT,
    "pnpm-workspace.yaml": "packages: [client, api]",
    "turbo.json": {"tasks": {"build": {"dependsOn": ["^build"]}}},
}


@pytest.mark.parametrize(
    ("script", "files", "paths"),
    [
        ("cd client && npm install && npm run build", CLIENT, ["client/node_modules", "public"]),
        ("npm install --prefix client && npm --prefix ./client run build", CLIENT, ["client/node_modules", "public"]),
        ("npm run all --prefix client", CLIENT, ["client/node_modules", "public"]),
        ("cd client; rm -rf dist; cd ../api; npm run build", CLIENT, ["api/out"]),
        ("cd api && npm install", CLIENT, []),
        ("npm run build -w api", SPACE, ["api/out"]),
        ("npm run build --workspace=client", SPACE, ["public"]),
        ("npm run build --workspaces --if-present", SPACE, ["api/out", "public"]),
        ("yarn workspace web build", SPACE, ["public"]),
        ("pnpm --filter api build", SPACE, ["api/out"]),
        ("pnpm -r run gen", SPACE, ["api/gen"]),
        ("turbo run build --filter=web", SPACE, ["api/out", "public"]),
        (
            "turbo build",
            {**SPACE, "turbo.json": {"pipeline": {"build": {"dependsOn": ["gen"]}}}},
            ["api/out", "api/gen", "public"],
        ),
        ("concurrently -n a,b \"npm:build-it\" 'cd api && tsc' --kill-others-on-fail", {}, None),
        ("concurrently -k 'mkdir a' 'cd api && npm run build'", CLIENT, ["a", "api/out"]),
    ],
)
def test_outputs_of_other_folders(
    tmp_path: Path, script: str, files: Mapping[str, object], paths: list[str] | None
) -> None:
    found = made(tmp_path, script, files)
    assert (found and [path for output in found for path in output.paths]) == paths or (found == () and paths == [])


NEST = {
    "monorepo": True,
    "root": "apps/api",
    "compilerOptions": {"webpack": True, "tsConfigPath": "apps/api/tsconfig.app.json"},
    "projects": {
        "api": {"root": "apps/api", "compilerOptions": {"tsConfigPath": "apps/api/tsconfig.app.json"}},
        "mail": {
            "root": "apps/mail",
            "entryFile": "run",
            "compilerOptions": {"tsConfigPath": "apps/mail/tsconfig.app.json"},
        },
        "bare": {"root": "apps/bare", "compilerOptions": {"webpack": False}},
    },
}
SUITE = {
    "nest-cli.json": NEST,
    "apps/api/tsconfig.app.json": {"compilerOptions": {"outDir": "../../dist/apps/api"}},
    "apps/mail/tsconfig.app.json": {"compilerOptions": {"outDir": "../../dist/apps/mail"}},
}


@pytest.mark.parametrize(
    ("script", "entry"), [("nest build", "dist/apps/api/main"), ("nest build mail", "dist/apps/mail/run")]
)
def test_one_application_of_a_nest_monorepo(tmp_path: Path, script: str, entry: str) -> None:
    found = made(tmp_path, script, SUITE)
    assert found is not None
    assert [(output.paths, output.entry) for output in found] == [((entry.rpartition("/")[0],), entry)]


@pytest.mark.parametrize("script", ["nest build bare", "nest build none", "nest build --all", "nest build api mail"])
def test_nest_projects_that_cannot_be_shown(tmp_path: Path, script: str) -> None:
    assert made(tmp_path, script, SUITE) is None


def test_what_runs_after_the_program_is_not_the_program(tmp_path: Path) -> None:
    scripts = {"prestart": "node a.js", "start": "node b.js", "poststart": "node c.js && echo done"}
    context, package = project(tmp_path, scripts)
    start = follow_start(context, package, ("npm", "start"))
    assert start is not None
    assert (start.argv, start.entry) == (("node", "b.js"), "b.js")
    assert ("node", "c.js") in start.before


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("cd .. && npm run build", CLIENT),
        ("cd client && npm install left-pad", CLIENT),
        ("cd nowhere && npm install", CLIENT),
        ("cd $DIR && npm install", CLIENT),
        ("cd client && npm install -g vite", CLIENT),
        ("npm run build -w nobody", SPACE),
        ("npm run none --workspaces", CLIENT),
        ("turbo run build", CLIENT),
        ("turbo run build --cwd=x", SPACE),
        ("turbo run build", {**SPACE, "api/package.json": {"name": "api", "scripts": {"build": "./make.sh"}}}),
        ("cd client && yarn", {**CLIENT, "client/.yarnrc.yml": "nodeLinker: pnp"}),
    ],
)
def test_other_folders_that_cannot_be_followed(tmp_path: Path, script: str, files: Mapping[str, object]) -> None:
    assert made(tmp_path, script, files) is None


@pytest.mark.parametrize(
    ("script", "files", "paths"),
    [
        ("tsc", TS, ["dist"]),
        ("rimraf dist && tsc -p tsconfig.json", TS, ["dist"]),
        ("tsc && tsc-alias && cp -r views dist/views", TS, ["dist", "dist/views"]),
        ("npx tsc --outDir build", TS, ["build"]),
        ("tsc --outDir ../x", TS, ["../x"]),
        ("eslint . && cross-env NODE_ENV=production tsc", TS, ["dist"]),
        ("tsc --noEmit && vite build", TS, ["dist"]),
        ("vite build", {"vite.config.ts": "export default { build: { outDir: 'out' /* x */ } }"}, ["out"]),
        ("vite build", {"vite.config.js": "export default { plugins: [dts({ outDir: 'types' })] }"}, ["dist"]),
        ("vite build --outDir ./www", {}, ["www"]),
        ("vite build", {"vite.config.js": LARAVEL.format("input: 'a.js'")}, ["public/build"]),
        (
            "vite build",
            {"vite.config.js": LARAVEL.format("buildDirectory: 'assets', publicDirectory: 'web'")},
            ["web/assets"],
        ),
        ("vite build --ssr", {"vite.config.js": LARAVEL.format("ssr: 'ssr.js'")}, ["bootstrap/ssr"]),
        ("vite build --outDir www", {"vite.config.js": LARAVEL.format("")}, ["www"]),
        (
            "vite build",
            {"vite.config.js": LARAVEL.replace("laravel-vite-plugin", "vite-plugin-symfony").format("")},
            ["public/build"],
        ),
        ("react-scripts build", {}, ["build"]),
        ("BUILD_PATH=./out react-scripts build", {}, ["out"]),
        ("react-scripts build", {".env": "BUILD_PATH='site'\n"}, ["site"]),
        ("vue-cli-service build", {"vue.config.js": "module.exports = { outputDir: 'pub' }"}, ["pub"]),
        ("next build", {"next.config.js": "// output: 'export'\nmodule.exports = {}"}, [".next"]),
        ("next build", {"next.config.mjs": "export default { distDir: 'build' }"}, ["build"]),
        ("ng build", {"angular.json": {"projects": {"web": {}}}}, ["dist/web"]),
        ("webpack --mode production", {}, ["dist"]),
        (
            "webpack",
            {"webpack.config.js": "module.exports = { output: { path: path.resolve(__dirname, 'b'), } }"},
            ["b"],
        ),
        ("esbuild src/a.ts --bundle --outfile=dist/a.js", {}, ["dist/a.js"]),
        ("tsup src/index.ts", {}, ["dist"]),
        ("babel src -d lib", {}, ["lib"]),
        ("swc src -d out", {}, ["out"]),
        ("ncc build src/index.ts -o bundle", {}, ["bundle"]),
        ("parcel build index.html", {}, ["dist"]),
        ("rollup -c", {"rollup.config.js": "export default { output: { file: 'dist/b.js' } }"}, ["dist/b.js"]),
        ("rm -rf dist", {}, []),
        ("tsc; rm -rf dist", TS, []),
        ("mkdir -p out/a && rimraf out && tsc", TS, ["dist"]),
    ],
)
def test_outputs(tmp_path: Path, script: str, files: Mapping[str, object], paths: list[str]) -> None:
    found = made(tmp_path, script, files)
    assert found is not None
    assert [path for output in found for path in output.paths] == paths
    assert all(output.evidence for output in found)


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("gulp", {}),
        ("make", {}),
        ("node build.js", {}),
        ("turbo build", {}),
        ("tsc", {}),
        ("tsc", {"tsconfig.json": {"compilerOptions": {}}}),
        ("tsc", {"tsconfig.json": {"extends": "some-base"}}),
        ("tsc --watch", TS),
        ("tsc src/a.ts", TS),
        ("tsc -b", {"tsconfig.json": {"references": [{"path": "a"}], "compilerOptions": {"outDir": "d"}}}),
        ("tsc --outDir ..", TS),
        ("tsc --outDir ../..", TS),
        ("tsc --outDir .", TS),
        ("tsc || true", TS),
        ("tsc > log", TS),
        ("vite build", {"vite.config.js": "export default { build: { outDir: env.OUT } }"}),
        ("next build", {"next.config.js": "module.exports = { output: process.env.X ? 'standalone' : undefined }"}),
        ("vite build", {"vite.config.js": "export default { build, plugins: [] }"}),
        ("vite build", {"vite.config.js": LARAVEL.format("buildDirectory: process.env.OUT")}),
        ("vite build", {"vite.config.js": "export default { build: { rollupOptions: { output: { dir: 'x' } } } }"}),
        ("npm run missing", {}),
        ("npm run build", {}),
        ("cd web && npm run build", {}),
        ("npm --prefix web run build", {}),
    ],
)
def test_outputs_that_cannot_be_shown(tmp_path: Path, script: str, files: Mapping[str, object]) -> None:
    assert made(tmp_path, script, files) is None


def test_a_framework_on_vite_is_not_vite(tmp_path: Path) -> None:
    assert made(tmp_path, "vite build", devDependencies={"@sveltejs/kit": "2"}) is None


def test_scripts_are_followed(tmp_path: Path) -> None:
    scripts = {"prebuild": "rimraf dist", "build": "npm run a && run-s b:*", "a": "tsc", "b:x": "cp a.json dist/a.json"}
    context, package = project(tmp_path, scripts, TS)
    found = build_outputs(context, package, "build") or ()
    assert [output.paths for output in found] == [("dist",), ("dist/a.json",)]
    assert [output.evidence[0].line for output in found] == [5, 6]


def test_sources_that_compile_away(tmp_path: Path) -> None:
    found = made(tmp_path, "tsc", TS) or ()
    assert found[0].consumed == ("src",)
    (tmp_path / "src/mail.html").write_text("", encoding="utf-8")
    found = made(tmp_path, "tsc", TS) or ()
    assert found[0].consumed == ()


def test_extended_settings(tmp_path: Path) -> None:
    files = {
        "config/base.json": '{\n // out\n "compilerOptions": {"outDir": "../lib", /* x */},\n}',
        "tsconfig.json": {"extends": ["./config/base", "@tsconfig/node18/tsconfig.json"], "include": ["src/**/*"]},
        "src/a.ts": "",
    }
    found = made(tmp_path, "tsc", files) or ()
    assert [(output.paths, output.consumed) for output in found] == [(("lib",), ("src",))]


def test_nest(tmp_path: Path) -> None:
    files = {**TS, "nest-cli.json": {"sourceRoot": "src"}, "tsconfig.build.json": {"extends": "./tsconfig.json"}}
    found = made(tmp_path, "nest build", files) or ()
    assert [(output.paths, output.entry, output.consumed) for output in found] == [(("dist",), "dist/main", ("src",))]
    assert made(tmp_path, "nest build", {**files, "nest-cli.json": {"monorepo": True}}) is None


@pytest.mark.parametrize(("mode", "paths"), [("standalone", (".next",)), ("export", (".next", "out"))])
def test_next_modes(tmp_path: Path, mode: str, paths: tuple[str, ...]) -> None:
    found = made(tmp_path, "next build", {"next.config.js": f"module.exports = {{ output: '{mode}' }}"}) or ()
    assert [(output.mode, output.paths) for output in found] == [(mode, paths)]


DEPENDENCIES = {"next": "14", "serve": "14", "nodemon": "3", "@nestjs/cli": "10", "pm2": "5", "cross-env": "7"}


def start(root: Path, scripts: Mapping[str, str], command: str, **more: object) -> NodeStart | None:
    files = {"dist/index.js": "", "server.js": "", **TS}
    manifest = {"dependencies": DEPENDENCIES, "devDependencies": {"ts-node": "10", "vite": "5"}, **more}
    context, package = project(root, scripts, files, **manifest)
    return follow_start(context, package, command.split())


@pytest.mark.parametrize(
    ("script", "command", "argv", "entry", "tools"),
    [
        ("node dist/main", "npm start", "node dist/main", "dist/main.js", ()),
        ("node dist", "npm run start", "node dist", "dist/index.js", ()),
        ("node .", "yarn start", "node .", "dist/index.js", ()),
        ("NODE_ENV=production node server", "pnpm start", "node server", "server.js", ()),
        ("cross-env A=b node server.js", "npm start", "node server.js", "server.js", ("cross-env",)),
        ("node -r dotenv/config server.js", "npm start", "node -r dotenv/config server.js", "server.js", ("dotenv",)),
        ("npm run other", "npm start", "node --max-old-space-size=99 server.js", "server.js", ()),
        ("next start -p 4000", "npm start", "next start -p 4000", None, ("next",)),
        ("x", "npx serve -s build", "serve -s build", None, ("serve",)),
        ("x", "node server.js --port 1", "node server.js --port 1", "server.js", ()),
        ("pm2-runtime server.js", "npm start", "pm2-runtime server.js", "server.js", ("pm2-runtime",)),
        ("node server.js", "npm start -- -v", "node server.js -v", "server.js", ()),
    ],
)
def test_starts(
    tmp_path: Path, script: str, command: str, argv: str, entry: str | None, tools: tuple[str, ...]
) -> None:
    scripts = {"start": script, "other": "node --max-old-space-size=99 server.js"}
    found = start(tmp_path, scripts, command, main="dist/index.js")
    assert found is not None
    assert (found.argv, found.entry, found.tools) == (tuple(argv.split()), entry, tools)
    assert found.development_server is None
    assert found.production


@pytest.mark.parametrize(
    ("script", "server", "entry"),
    [
        ("vite", "vite", None),
        ("vite dev", "vite dev", None),
        ("next dev", "next dev", None),
        ("nodemon server.js", "nodemon server.js", "server.js"),
        ("nest start --watch", "nest start", "dist/main.js"),
        ("node --watch server.js", "node --watch", "server.js"),
    ],
)
def test_development_servers(tmp_path: Path, script: str, server: str, entry: str | None) -> None:
    found = start(tmp_path, {"start": script}, "npm start")
    assert found is not None
    assert found.development_server is not None
    assert (found.development_server.value, found.entry) == (server, entry)
    assert found.development_server.evidence.line == 3
    assert not found.production


def test_compiling_at_start_is_no_development_server(tmp_path: Path) -> None:
    found = start(tmp_path, {"start": "ts-node src/main.ts"}, "npm start")
    assert found is not None
    assert (found.development_server, found.tools, found.entry) == (None, ("ts-node",), "src/main.ts")


def test_preview_is_no_development_server(tmp_path: Path) -> None:
    found = start(tmp_path, {"preview": "vite preview --port 5000"}, "npm run preview")
    assert found is not None
    assert (found.development_server, found.tools) == (None, ("vite",))
    assert [port.value for port in found.ports] == ["5000"]


def test_what_runs_before(tmp_path: Path) -> None:
    found = start(tmp_path, {"prestart": "node migrate.js", "start": "node a && node server.js"}, "npm start")
    assert found is not None
    assert found.before == (("node", "migrate.js"), ("node", "a"))
    assert found.entry == "server.js"
    assert [item.line for item in found.evidence] == [0, 0] or len(found.evidence) == 2


@pytest.mark.parametrize(("main", "entry"), [("", "index.js"), ("./", "index.js"), ("dist", "dist/index.js")])
def test_main_of_the_package(tmp_path: Path, main: str, entry: str) -> None:
    found = start(tmp_path, {"start": "node ."}, "npm start", main=main)
    assert found is not None
    assert found.entry == entry


@pytest.mark.parametrize("project_settings", [[], {"architect": []}, {"architect": {"build": {"options": []}}}])
def test_odd_angular_settings_do_not_raise(tmp_path: Path, project_settings: object) -> None:
    files = {"angular.json": {"projects": {"web": project_settings}}}
    found = made(tmp_path, "ng build", files)
    assert found is None or found[0].paths == ("dist/web",)


def test_default_start(tmp_path: Path) -> None:
    found = start(tmp_path, {}, "npm start")
    assert found is not None
    assert found.entry == "server.js"


@pytest.mark.parametrize(
    "script",
    [
        "./run.sh",
        "python a.py",
        "node $FILE",
        "a | b",
        "cd x && node y",
        "npm start",
        "node -e 1",
        "unknown-tool",
        "a || b",
    ],
)
def test_starts_that_are_not_understood(tmp_path: Path, script: str) -> None:
    assert start(tmp_path, {"start": script}, "npm start") is None


def test_tool_packages(tmp_path: Path) -> None:
    context, package = project(tmp_path, {}, dependencies={"@nestjs/cli": "1", "own": "1"})
    assert tool_package(context, package, "nest") == "@nestjs/cli"
    assert tool_package(context, package, "own") == "own"
    assert tool_package(context, package, "sequelize") is None
