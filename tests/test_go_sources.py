"""What Go sources read, write, start, listen on and link."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.needs import Claim
from dockrefactor.toolchains.go_constraints import may_compile
from dockrefactor.toolchains.go_module import read_module
from dockrefactor.toolchains.go_sources import (
    GoProgram,
    default_output_name,
    main_packages,
    parse_go_build,
    read_program,
)

MODULE = "module example.com/app\n\ngo 1.23\n"


def make_context(root: Path, files: dict[str, str]) -> BuildContext:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return BuildContext(root)


def program(root: Path, files: dict[str, str], package: str = "", folder: str = "") -> GoProgram:
    context = make_context(root, {"go.mod": MODULE, **files})
    module = read_module(context, folder)
    assert module is not None
    return read_program(context, module, package)


def main_file(imports: str, body: str, rest: str = "") -> str:
    block = "".join(f'\t"{name}"\n' for name in imports.split())
    return f"package main\n\nimport (\n{block})\n\n{rest}\n\nfunc main() {{\n{body}\n}}\n"


def values(claims: Iterable[Claim]) -> set[str | None]:
    return {claim.value for claim in claims}


@pytest.mark.parametrize(
    ("imports", "call", "expected"),
    [
        ("os", 'os.Open("data.json")', {"data.json"}),
        ("os", 'os.ReadFile("./conf/../data.json")', {"data.json"}),
        ("os", "os.ReadFile(`/etc/app.yaml`)", {"/etc/app.yaml"}),
        ("os", "os.ReadFile(os.Args[1])", {None}),
        ("os", 'os.ReadFile("../secret")', {None}),
        ("os", 'os.ReadFile("static/" + os.Args[1])', {"static"}),
        ("os path/filepath", 'os.ReadFile(filepath.Join("static", "css", os.Args[1]))', {"static/css"}),
        ("os fmt", 'os.ReadFile(fmt.Sprintf("static/%s.css", os.Args[1]))', {"static"}),
        ("os fmt", 'os.ReadFile(fmt.Sprintf("%s/x", os.Args[1]))', {None}),
        ("os", 'name := "data.json"\n\tos.ReadFile(name)', {"data.json"}),
        ("os", 'name := "data.json"\n\tname = os.Args[1]\n\tos.ReadFile(name)', {"data.json", None}),
        ("os", "open := os.Open\n\topen(os.Args[1])", {None}),
        ("html/template", 'template.ParseGlob("pages/*.html")', {"pages"}),
        ("html/template", 'template.New("x").ParseFiles("a.html", "b.html")', {"a.html", "b.html"}),
        (
            "html/template",
            'files := []string{"a.html", "b.html"}\n\ttemplate.ParseFiles(files...)',
            {"a.html", "b.html"},
        ),
        ("net/http", 'http.Handle("/", http.FileServer(http.Dir("./public")))', {"public"}),
        ("net/http", 'http.ServeFile(nil, nil, "index.html")', {"index.html"}),
        ("net/http os", 'http.FileServer(http.FS(os.DirFS("public")))', {"public"}),
        ("github.com/gin-gonic/gin", 'gin.Default().LoadHTMLGlob("views/**/*")', {"views"}),
        ("github.com/gin-gonic/gin", 'gin.Default().Static("/assets", "./assets")', {"assets"}),
        ("github.com/joho/godotenv", "godotenv.Load()", {".env"}),
    ],
)
def test_reads_of_calls(tmp_path: Path, imports: str, call: str, expected: set[str | None]) -> None:
    found = program(tmp_path, {"main.go": main_file(imports, "\t" + call)})
    assert values(found.needs.reads) == expected


def test_literals_that_name_files_of_the_context(tmp_path: Path) -> None:
    body = '\tload("config.yaml", "./migrations", "file://migrations", "/static", "nothing.txt", "lang/*.json")'
    files = {"main.go": main_file("os", body), "config.yaml": "", "migrations/1.sql": "", "static/a": "", "lang/x": ""}
    found = program(tmp_path, files)
    assert values(found.needs.reads) == {"config.yaml", "migrations"}


def test_constants_of_this_and_other_packages(tmp_path: Path) -> None:
    files = {
        "main.go": main_file("os example.com/app/conf", "\tos.ReadFile(conf.File)\n\tos.ReadFile(dir + name)"),
        "names.go": 'package main\n\nconst dir, name = "conf.d/", "a.toml"\n',
        "conf/conf.go": 'package conf\n\nconst File = "b.toml"\n',
    }
    assert values(program(tmp_path, files).needs.reads) == {"conf.d/a.toml", "b.toml"}


def test_variable_that_is_set_elsewhere_has_an_unknown_value_too(tmp_path: Path) -> None:
    files = {
        "main.go": main_file("os flag", "\tos.ReadFile(path)", 'var path = "a.toml"'),
        "flags.go": 'package main\n\nimport "flag"\n\nfunc init() { flag.StringVar(&path, "c", path, "") }\n',
    }
    assert values(program(tmp_path, files).needs.reads) == {"a.toml", None}


LAUNCHED = """package main

import (
	"flag"
	"net/http"
	"os"
)

func getenv(key, fallback string) string {
	if value, ok := os.LookupEnv(key); ok {
		return value
	}
	return fallback
}

func main() {
	config := flag.String("config", "app.toml", "where")
	flag.Parse()
	os.ReadFile(*config)
	os.Create(getenv("DATA", "data") + "/x")
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	http.ListenAndServe(":"+port, nil)
}
"""


@pytest.mark.parametrize(
    ("environment", "arguments", "reads", "writes", "ports"),
    [
        (None, None, {None, "app.toml"}, {None, "data/x"}, {None, "3000"}),
        ({}, [], {"app.toml"}, {"data/x"}, {"3000"}),
        ({"PORT": "80", "DATA": "/var/x"}, ["-config", "b.toml"], {"b.toml"}, {"/var/x/x"}, {"80", "3000"}),
        ({}, ["--config=/etc/c.toml"], {"/etc/c.toml"}, {"data/x"}, {"3000"}),
    ],
)
def test_launch_decides_variables_and_flags(
    tmp_path: Path,
    environment: dict[str, str] | None,
    arguments: list[str] | None,
    reads: set[str | None],
    writes: set[str | None],
    ports: set[str | None],
) -> None:
    context = make_context(tmp_path, {"go.mod": MODULE, "main.go": LAUNCHED})
    module = read_module(context, "")
    assert module is not None
    needs = read_program(context, module, "", environment=environment, arguments=arguments).needs
    assert (values(needs.reads), values(needs.writes), values(needs.ports)) == (reads, writes, ports)


def test_values_made_of_themselves_end(tmp_path: Path) -> None:
    body = '\ta, b := "x", "y"\n' + "\ta = a + b\n\tb = b + a\n" * 20 + "\tos.ReadFile(a)"
    assert None in values(program(tmp_path, {"main.go": main_file("os", body)}).needs.reads)


def test_part_of_a_path_is_no_file_of_its_own(tmp_path: Path) -> None:
    body = '\tos.Create(filepath.Join("logs", "app.log"))'
    assert values(program(tmp_path, {"main.go": main_file("os path/filepath", body)}).needs.writes) == {"logs/app.log"}


@pytest.mark.parametrize(
    ("body", "files", "expected"),
    [
        ('viper.SetConfigName("app")\n\tviper.AddConfigPath(".")', ["app.yaml", "other.yaml"], {"app.yaml"}),
        ('viper.SetConfigName("app")\n\tviper.AddConfigPath("./conf")', ["conf/app.toml"], {"conf/app.toml", "conf"}),
        ('viper.AddConfigPath("/etc/app")', [], {"/etc/app"}),
        ('viper.SetConfigFile("x.yml")', [], {"x.yml"}),
        ("viper.SetConfigFile(name())", [], {None}),
    ],
)
def test_configuration_by_viper(tmp_path: Path, body: str, files: list[str], expected: set[str | None]) -> None:
    sources = {"main.go": main_file("github.com/spf13/viper", "\t" + body), **dict.fromkeys(files, "")}
    assert values(program(tmp_path, sources).needs.reads) == expected


@pytest.mark.parametrize(
    ("imports", "call", "expected"),
    [
        ("os", 'os.Create("out.txt")', {"out.txt"}),
        ("os", 'os.MkdirAll("uploads/img", 0o755)', {"uploads/img"}),
        ("os", 'os.Create("uploads/" + os.Args[1])', {"uploads"}),
        ("os", "os.WriteFile(os.Args[1], nil, 0o644)", {None}),
        ("os", 'os.OpenFile("app.txt", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)', {"app.txt"}),
        ("os", 'os.OpenFile("app.txt", os.O_RDONLY, 0)', set()),
        ("os", 'os.CreateTemp("", "x")', set()),
        ("os", 'os.MkdirTemp("work", "x")', {"work"}),
        ("os path/filepath", 'os.Create(filepath.Join(os.TempDir(), "x"))', {"/tmp/x"}),
        ("os", "os.Remove(os.Args[1])", set()),
        ("os", 'os.Rename(os.Args[1], "done")', {None, "done"}),
        ("database/sql", 'sql.Open("sqlite3", "file:./data/app.sqlite?cache=shared")', {"data/app.sqlite"}),
        ("database/sql", 'sql.Open("sqlite3", ":memory:")', set()),
        ("database/sql os", 'sql.Open("postgres", os.Getenv("DATABASE_URL"))', set()),
        ("database/sql os", 'sql.Open("sqlite", os.Getenv("DATABASE"))', {None}),
        ("gorm.io/driver/sqlite", 'sqlite.Open("test.db")', {"test.db"}),
        ("gopkg.in/natefinch/lumberjack.v2", '_ = &lumberjack.Logger{Filename: "./log/app.txt"}', {"log/app.txt"}),
        ("net", 'net.Listen("unix", "/run/app")', {"/run/app"}),
        ("fmt", 'fmt.Println("logs/server.log")', {"logs/server.log"}),
    ],
)
def test_writes(tmp_path: Path, imports: str, call: str, expected: set[str | None]) -> None:
    assert values(program(tmp_path, {"main.go": main_file(imports, "\t" + call)}).needs.writes) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('exec.Command("git", "log").Run()', {"git"}),
        ('exec.CommandContext(ctx, "ffmpeg", "-i", "x")', {"ffmpeg"}),
        ('exec.LookPath("convert")', {"convert"}),
        ("exec.Command(name)", {None}),
        ('exec.Command("sh", "-c", "pg_dump app | gzip")', {"sh", "pg_dump", "gzip"}),
        ('exec.Command("/bin/sh", "-c", line)', {"/bin/sh", None}),
    ],
)
def test_programs(tmp_path: Path, call: str, expected: set[str | None]) -> None:
    found = program(tmp_path, {"main.go": main_file("os/exec", "\t" + call)})
    assert values(found.needs.programs) == expected


@pytest.mark.parametrize(
    ("imports", "body", "expected"),
    [
        ("net/http", 'http.ListenAndServe(":8080", nil)', {"8080"}),
        ("net/http", '_ = http.Server{Addr: "0.0.0.0:80"}', {"80"}),
        ("net/http", 'http.ListenAndServe("localhost:9000", nil)', {"9000"}),
        ("net/http", 'dial("redis:6379")', set()),
        ("net/http", "http.ListenAndServe(address(), nil)", {None}),
        ("net/http", 'port := "3000"\n\thttp.ListenAndServe(":"+port, nil)', {"3000"}),
        ("net", 'net.Listen("tcp", "[::]:50051")', {"50051"}),
        ("flag", 'flag.Int("port", 8081, "port to listen on")', {"8081"}),
        ("github.com/gin-gonic/gin", "gin.Default().Run()", {"8080"}),
        ("github.com/labstack/echo/v4", 'echo.New().Start(":1323")', {"1323"}),
    ],
)
def test_ports(tmp_path: Path, imports: str, body: str, expected: set[str | None]) -> None:
    assert values(program(tmp_path, {"main.go": main_file(imports, "\t" + body)}).needs.ports) == expected


def test_only_reachable_files_for_linux_count(tmp_path: Path) -> None:
    opened = '\n\nimport "os"\n\nfunc init() { os.Open("NAME") }\n'
    files = {
        "main.go": main_file("example.com/app/used", "\tused.Run()"),
        "main_test.go": "package main" + opened.replace("NAME", "from-test"),
        "main_windows.go": "package main" + opened.replace("NAME", "from-windows"),
        "main_linux_arm64.go": "package main" + opened.replace("NAME", "from-arm"),
        "tool.go": "//go:build ignore\n\npackage main" + opened.replace("NAME", "from-ignored"),
        "used/used.go": "package used" + opened.replace("NAME", "from-used") + "\nfunc Run() {}\n",
        "unused/unused.go": "package unused" + opened.replace("NAME", "from-unused"),
    }
    found = program(tmp_path, files)
    assert values(found.needs.reads) == {"from-used", "from-arm"}
    assert found.packages == ("", "used")


def test_local_replacement_and_workspace_member_are_followed(tmp_path: Path) -> None:
    member = 'package lib\n\nimport "os"\n\nfunc init() { os.Open("x") }\n'
    files = {
        "go.mod": MODULE + "\nreplace example.com/lib => ./lib\n\nrequire example.com/lib v0.0.0\n",
        "main.go": main_file("example.com/lib", ""),
        "lib/go.mod": "module example.com/lib\n",
        "lib/lib.go": member,
    }
    found = program(tmp_path / "replace", files)
    assert values(found.needs.reads) == {"x"}
    assert (found.needs.imports, found.modules) == ((), ())
    files = {
        "go.work": "go 1.23\nuse ./api\nuse ./lib\n",
        "api/go.mod": "module example.com/api\ngo 1.23\nrequire example.com/lib v0.0.0\n",
        "api/main.go": main_file("example.com/lib", ""),
        "lib/go.mod": "module example.com/lib\n",
        "lib/lib.go": member,
    }
    assert values(program(tmp_path / "work", files, "api", "api").needs.reads) == {"x"}


def test_import_of_a_package_that_is_not_there(tmp_path: Path) -> None:
    found = program(tmp_path, {"main.go": main_file("example.com/app/generated", "")})
    assert [str(item) for item in found.needs.unreadable] == [
        "main.go:4: example.com/app/generated has no sources here"
    ]


def test_syntax_error_and_foreign_bytes_are_unreadable(tmp_path: Path) -> None:
    (tmp_path / "bytes.go").write_bytes(b"package main\n// \xff\n")
    found = program(tmp_path, {"main.go": "package main\n\nfunc main() {\n\tif {\n"})
    assert {item.path for item in found.needs.unreadable} == {"bytes.go", "main.go"}


def test_new_of_a_value_is_readable(tmp_path: Path) -> None:
    body = '\tp := new(os.Getenv("X") + "y")\n\tq := new([]int)\n\tos.Open("a.txt")'
    found = program(tmp_path, {"main.go": main_file("os", body)})
    assert (values(found.needs.reads), found.needs.unreadable) == ({"a.txt"}, ())


def test_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    text = "\ufeff" + main_file("os", '\tos.Open("a.txt")').replace("\n", "\r\n")
    found = program(tmp_path, {"main.go": text})
    assert values(found.needs.reads) == {"a.txt"}
    assert found.needs.unreadable == ()


def test_import_c_is_cgo(tmp_path: Path) -> None:
    text = 'package main\n\n// int one(void) { return 1; }\nimport "C"\n\nfunc main() { println(C.one()) }\n'
    assert [str(item) for item in program(tmp_path, {"main.go": text}).cgo] == ['main.go:4: imports "C"']


def test_import_c_in_a_test_or_an_unused_package_is_not(tmp_path: Path) -> None:
    with_c = 'package main\n\nimport "C"\n'
    files = {"main.go": main_file("fmt", ""), "c_test.go": with_c, "other/c.go": with_c.replace("main", "other")}
    assert program(tmp_path, files).cgo == ()


def test_known_cgo_module(tmp_path: Path) -> None:
    files = {
        "go.mod": MODULE + "require github.com/mattn/go-sqlite3 v1.14.22\n",
        "main.go": 'package main\n\nimport _ "github.com/mattn/go-sqlite3"\n\nfunc main() {}\n',
    }
    found = program(tmp_path, files)
    assert [str(item) for item in found.cgo] == ["main.go:3: github.com/mattn/go-sqlite3 needs cgo"]
    assert [entry.needs_cgo for entry in found.cgo_modules] == ["fails-when-used"]
    assert found.unproven == ()


def test_known_cgo_module_behind_another(tmp_path: Path) -> None:
    requires = "require (\n\tgorm.io/driver/sqlite v1.5.0\n\tgithub.com/mattn/go-sqlite3 v1.14.22 // indirect\n)\n"
    found = program(tmp_path, {"go.mod": MODULE + requires, "main.go": main_file("gorm.io/driver/sqlite", "")})
    assert [str(item) for item in found.cgo] == ["go.mod:6: github.com/mattn/go-sqlite3 needs cgo"]


def test_package_of_a_module_that_needs_cgo_in_part(tmp_path: Path) -> None:
    requires = "require github.com/google/gopacket v1.1.19\n"
    layers = {"go.mod": MODULE + requires, "main.go": main_file("github.com/google/gopacket/layers", "")}
    pcap = {"go.mod": MODULE + requires, "main.go": main_file("github.com/google/gopacket/pcap", "")}
    assert program(tmp_path / "layers", layers).cgo == ()
    found = program(tmp_path / "pcap", pcap)
    assert [entry.libraries for entry in found.cgo_modules] == [("libpcap0.8",)]


def test_unknown_modules_are_named(tmp_path: Path) -> None:
    requires = "require (\n\tgithub.com/google/uuid v1.6.0\n\tgithub.com/acme/unknown v1.0.0\n)\n"
    files = {"go.mod": MODULE + requires, "main.go": main_file("github.com/google/uuid github.com/acme/unknown", "")}
    found = program(tmp_path, files)
    assert [item.name for item in found.unproven] == ["github.com/acme/unknown"]
    assert [item.name for item in found.modules] == ["github.com/google/uuid", "github.com/acme/unknown"]
    assert values(found.needs.imports) == {"github.com/google/uuid", "github.com/acme/unknown"}


@pytest.mark.parametrize(
    ("module", "expected"),
    [("github.com/u2takey/ffmpeg-go", {"ffmpeg"}), ("github.com/chromedp/chromedp", {None})],
)
def test_modules_that_start_programs(tmp_path: Path, module: str, expected: set[str | None]) -> None:
    files = {"go.mod": MODULE + f"require {module} v1.0.0\n", "main.go": main_file(module, "")}
    assert values(program(tmp_path, files).needs.programs) == expected


def test_vendored_sources_show_cgo(tmp_path: Path) -> None:
    files = {
        "go.mod": MODULE + "require (\n\tgithub.com/acme/a v1.0.0\n\tgithub.com/acme/b v1.0.0\n)\n",
        "main.go": main_file("github.com/acme/a", ""),
        "vendor/modules.txt": "",
        "vendor/github.com/acme/a/a.go": 'package a\n\nimport (\n\t"fmt"\n\t"github.com/acme/b/c"\n)\n',
        "vendor/github.com/acme/b/c/c.go": 'package c\n\n/*\n#include <x.h>\n*/\nimport "C"\n',
        "vendor/github.com/acme/b/d/d.go": "package d\n",
    }
    found = program(tmp_path, files)
    assert [str(item) for item in found.cgo] == ['vendor/github.com/acme/b/c/c.go:6: imports "C"']
    assert found.unproven == ()


def test_embeds_are_relative_to_the_context(tmp_path: Path) -> None:
    rest = '//go:embed pages/*.html "with space" all:static\nvar files embed.FS'
    files = {"cmd/web/main.go": main_file("embed", "", rest)}
    found = program(tmp_path, files, "cmd/web")
    assert [claim.value for claim in found.embeds] == [
        "cmd/web/pages/*.html",
        "cmd/web/with space",
        "cmd/web/static",
    ]


@pytest.mark.parametrize(
    ("imports", "body", "expected"),
    [
        ("net/http", 'http.ListenAndServe(":1", nil)', (False, False)),
        ("net/http", 'http.Get("https://example.com")', (True, False)),
        ("net/http", "_ = &http.Client{}", (True, False)),
        ("crypto/tls", "", (True, False)),
        ("time", 'time.LoadLocation("Europe/Rome")', (False, True)),
        ("time time/tzdata", 'time.LoadLocation("Europe/Rome")', (False, False)),
    ],
)
def test_certificates_and_time_zones(tmp_path: Path, imports: str, body: str, expected: tuple[bool, bool]) -> None:
    found = program(tmp_path, {"main.go": main_file(imports, "\t" + body)})
    assert (found.uses_tls, found.uses_timezones) == expected


def test_main_packages(tmp_path: Path) -> None:
    main = "package main\n\nfunc main() {}\n"
    context = make_context(
        tmp_path,
        {
            "go.mod": MODULE,
            "main.go": main,
            "cmd/api/main.go": main,
            "cmd/gen/main.go": "//go:build ignore\n\n" + main,
            "cmd/lib/lib.go": "package lib\n\nfunc main() {}\n",
            "cmd/no/no.go": "package main\n",
            "tools/go.mod": "module example.com/tools\n",
            "tools/main.go": main,
            "testdata/main.go": main,
            "vendor/x.org/y/main.go": main,
        },
    )
    module = read_module(context, "")
    assert module is not None
    assert main_packages(context, module) == ("", "cmd/api")


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("example.com/app", "", "app"),
        ("example.com/app", "cmd/api", "api"),
        ("example.com/app/v2", "", "app"),
        ("example.com/app/v1", "", "v1"),
        ("example.com/app", "cmd/v3", "cmd"),
        ("app", "", "app"),
    ],
)
def test_default_output_name(tmp_path: Path, path: str, folder: str, expected: str) -> None:
    module = read_module(make_context(tmp_path, {"go.mod": f"module {path}\n"}), "")
    assert module is not None
    assert default_output_name(module, folder) == expected


def test_go_build_flags() -> None:
    words = ["go", "build", "-v", "-o=/bin/app", "-mod", "vendor", "-tags", "a,b", "-ldflags", "-s -w", "./cmd/api"]
    build = parse_go_build(words)
    assert build is not None
    assert (build.kind, build.output, build.packages, build.mod) == ("build", "/bin/app", ("./cmd/api",), "vendor")
    assert build.tags == {"a", "b"}
    assert ("ldflags", "-s -w") in build.flags
    assert not build.needs_cgo


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["/usr/local/go/bin/go", "install", "./..."], ("install", None, ("./...",))),
        (["go", "build", "-C", "src", "."], ("build", None, (".",))),
        (["go", "build"], ("build", None, ())),
        (["go", "build", "main.go", "-o", "x"], ("build", None, ("main.go", "-o", "x"))),
    ],
)
def test_go_build_arguments(words: list[str], expected: tuple[str, str | None, tuple[str, ...]]) -> None:
    build = parse_go_build(words)
    assert build is not None
    assert (build.kind, build.output, build.packages) == expected


@pytest.mark.parametrize(
    "words",
    [["go"], ["go", "test", "./..."], ["go", "build", "-unheard-of", "x"], ["make"], ["go", "build", "-o"]],
)
def test_not_a_go_build(words: list[str]) -> None:
    assert parse_go_build(words) is None


@pytest.mark.parametrize("flag", ["-race", "-buildmode=plugin", "-ldflags=-linkmode external", "-tags=netcgo"])
def test_flags_that_need_cgo(flag: str) -> None:
    build = parse_go_build(["go", "build", flag])
    assert build is not None
    assert build.needs_cgo


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("a.go", "", True),
        ("linux.go", "", True),
        ("a_windows.go", "", False),
        ("a_linux.go", "", True),
        ("a_darwin_arm64.go", "", False),
        ("a_arm64.go", "", True),
        ("a_test.go", "", False),
        ("_a.go", "", False),
        ("a.go", "//go:build windows", False),
        ("a.go", "//go:build !windows && (amd64 || arm64)", True),
        ("a.go", "//go:build cgo", True),
        ("a.go", "//go:build !cgo", True),
        ("a.go", "//go:build integration", False),
        ("a.go", "//go:build dev", True),
        ("a.go", "// +build windows darwin", False),
        ("a.go", "// +build linux,!dev", False),
        ("a.go", "//go:build ((", True),
    ],
)
def test_build_constraints(name: str, line: str, expected: bool) -> None:
    assert may_compile(name, f"// head\n\n{line}\n\npackage a\n", frozenset({"dev"})) is expected
