"""What Java and Kotlin sources and settings ask of the system."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.toolchains import jvm_settings, jvm_sources
from dockrefactor.toolchains.curly_syntax import tokens
from dockrefactor.toolchains.jvm_sources import JvmNeeds


def needs(root: Path, body: str, name: str = "src/main/java/A.java", env: dict[str, str] | None = None) -> JvmNeeds:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")
    return jvm_sources.read(BuildContext(root), [""], env or {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('new File("data/x.txt")', "data/x.txt"),
        ('Paths.get("data", "x.txt")', "data/x.txt"),
        ('Path.of("data/" + name)', "data"),
        ('new FileInputStream("conf/" + name + ".yml")', "conf"),
        ("new File(name)", None),
        ('new File(System.getProperty("user.dir") + "/in/x")', "./in/x"),
        ('new File(System.getProperty("java.io.tmpdir"), "x")', "/tmp/x"),
        ("new FileReader(NAME)", "names.txt"),
        ("Path.of(Settings.NAME)", "names.txt"),
        ('Path.of("a").resolve("b").toAbsolutePath()', "a"),
        ('Path.of(System.getenv("DATA_DIR"))', "/data"),
        ('Path.of(System.getenv("OTHER"))', None),
    ],
)
def test_paths_that_are_opened(tmp_path: Path, expression: str, value: str | None) -> None:
    body = f'class A {{ static final String NAME = "names.txt"; void m(String name) {{ read({expression}); }} }}'
    found = needs(tmp_path, body, env={"DATA_DIR": "/data"})
    assert value in [claim.value for claim in found.needs.reads]


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ('Files.writeString(Path.of("out/a.txt"), text);', "out/a.txt"),
        ('new File("uploads").mkdirs();', "uploads"),
        ('Files.copy(in, Paths.get("uploads/" + name));', "uploads"),
        ('file.transferTo(new File("uploads/" + name));', "uploads"),
        ("Files.write(target, bytes);", None),
        ('File temp = File.createTempFile("a", "b"); Files.write(temp.toPath(), bytes);', "/tmp"),
        ('new RandomAccessFile("table.db", "rw");', "table.db"),
    ],
)
def test_paths_that_are_written(tmp_path: Path, statement: str, value: str | None) -> None:
    found = needs(tmp_path, f"class A {{ void m() {{ {statement} }} }}")
    assert [claim.value for claim in found.needs.writes] == [value]


@pytest.mark.parametrize(
    ("statement", "program"),
    [
        ('Runtime.getRuntime().exec("git log");', "git"),
        ('Runtime.getRuntime().exec(new String[]{"ls", "-l"});', "ls"),
        ('new ProcessBuilder("convert", "a.png").start();', "convert"),
        ('new ProcessBuilder(List.of("ffmpeg", "-i", in)).start();', "ffmpeg"),
        ("new ProcessBuilder(command).start();", None),
    ],
)
def test_programs_that_are_started(tmp_path: Path, statement: str, program: str | None) -> None:
    found = needs(tmp_path, f"class A {{ void m() {{ {statement} }} }}")
    assert [claim.value for claim in found.needs.programs] == [program]


def test_an_executor_starts_no_program(tmp_path: Path) -> None:
    assert needs(tmp_path, "class A { void m() { pattern.exec(text); } }").needs.programs == ()


def test_kotlin(tmp_path: Path) -> None:
    body = (
        'import java.io.File\nval log = File("logs/app.log")\n\nfun main() {\n    log.appendText("x")\n'
        '    File("in/$name").readText()\n    embeddedServer(Netty, port = 80) { }.start(wait = true)\n}\n'
    )
    found = needs(tmp_path, body, "src/main/kotlin/Main.kt").needs
    assert [claim.value for claim in found.writes] == ["logs/app.log"]
    assert [claim.value for claim in found.reads] == ["logs/app.log", None]
    assert [claim.value for claim in found.ports] == ["80"]


@pytest.mark.parametrize(
    ("body", "name", "writes"),
    [
        ("class A { void m(ByteBuf b) { b.writeBytes(text); } }", "src/main/java/A.java", 0),
        ("class A { void m(Path p) { Helper.file(p).writeBytes(text); } }", "src/main/java/A.java", 0),
        ("fun m(b: ByteBuf) { b.writeBytes(text) }", "src/main/kotlin/A.kt", 0),
        ("fun m(p: Path) { p.writeBytes(text) }", "src/main/kotlin/A.kt", 1),
        ("fun m() { settings.place.writeText(text) }", "src/main/kotlin/A.kt", 1),
    ],
)
def test_buffers_are_no_files(tmp_path: Path, body: str, name: str, writes: int) -> None:
    assert len(needs(tmp_path, body, name).needs.writes) == writes


@pytest.mark.parametrize(
    ("call", "ports"), [("server.bind(80)", ["80"]), ("statement.bind(1, id)", []), ("new ServerSocket(0)", [])]
)
def test_numbers_that_are_ports(tmp_path: Path, call: str, ports: list[str]) -> None:
    found = needs(tmp_path, f"class A {{ void m() {{ {call}; }} }}").needs
    assert [claim.value for claim in found.ports] == ports


def test_tests_are_left_out_and_foreign_sources_are_closed(tmp_path: Path) -> None:
    needs(tmp_path, 'class T { File f = new File("fixtures"); }', "src/test/java/T.java")
    needs(tmp_path, 'class W { File f = new File("wrapper.jar"); }', ".mvn/wrapper/W.java")
    found = needs(tmp_path, "object A", "src/main/scala/A.scala")
    assert found.needs.reads == ()
    assert [place.path for place in found.closed] == ["src/main/scala/A.scala"]


def test_parts_of_a_jdk_and_of_a_display(tmp_path: Path) -> None:
    found = needs(tmp_path, "import javax.tools.ToolProvider;\nimport java.awt.Color;\nclass A {}")
    assert [place.says for place in found.compiles] == ["uses javax.tools"]
    assert [(place.line, place.says) for place in found.draws] == [(2, "uses java.awt")]


def test_comments_and_texts_are_told_apart() -> None:
    found = tokens('a("// no comment"); /* "no text" */ b(\'"\'); """\nblock "with" quotes\n"""; c')
    assert [token.value for token in found if token.kind == "word"] == ["a", "b", "c"]
    assert [token.value for token in found if token.kind == "text"] == ["// no comment", '"', '\nblock "with" quotes\n']
    assert found[-1].line == 3


@pytest.mark.parametrize("source", ['"', '"""', "/*", "'", '$"{', "\\", "\x00", "(((", 'new File("'])
def test_broken_sources_do_not_fail(tmp_path: Path, source: str) -> None:
    assert needs(tmp_path, source).closed == ()


def test_settings(tmp_path: Path) -> None:
    resources = tmp_path / "src/main/resources"
    resources.mkdir(parents=True)
    (resources / "application.yml").write_text(
        "server:\n  port: ${PORT:80}\nspring:\n  datasource:\n    url: jdbc:h2:file:./data/db;MODE=MySQL\n"
        "logging:\n  file:\n    name: logs/a.log\n"
    )
    (resources / "application-dev.properties").write_text("spring.datasource.url=jdbc:h2:mem:x\nserver.port=${LATER}\n")
    (resources / "logback.xml").write_text(
        '<configuration><property name="D" value="${LOG_DIR:-./out}"/><file>${D}/b.log</file></configuration>'
    )
    found = jvm_settings.read(BuildContext(tmp_path), [""], {})
    assert [claim.value for claim in found.ports] == [None, "80"]
    assert [claim.value for claim in found.writes] == ["./data/db", "logs/a.log", "./out/b.log"]


@pytest.mark.parametrize(
    ("statement", "places"),
    [
        ('DriverManager.getConnection("jdbc:sqlite:data.db")', ["data.db"]),
        ('DriverManager.getConnection("jdbc:h2:./data/db;MODE=MySQL")', ["./data/db"]),
        ('String url = "jdbc:sqlite:" + "app.db"', ["app.db"]),
        ('String url = "jdbc:sqlite:" + path', [None]),
        ('String url = "jdbc:h2:mem:test"', []),
        ('String url = "jdbc:postgresql://db/app"', []),
        ('// "jdbc:sqlite:data.db"\n', []),
    ],
)
def test_embedded_databases_that_sources_name(tmp_path: Path, statement: str, places: list[str | None]) -> None:
    found = needs(tmp_path, f"class A {{ void m(String path) {{ {statement}; }} }}").needs.writes
    assert [claim.value for claim in found] == places
