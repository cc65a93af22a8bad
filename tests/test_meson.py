"""What is read of meson.build: programs, libraries, installs, and what cannot be told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.toolchains import c_meson
from dockrefactor.toolchains.c_build import Built, Unreadable
from dockrefactor.toolchains.c_cmake import Work
from dockrefactor.toolchains.c_meson_setup import MesonConfigure, parse_meson
from dockrefactor.toolchains.c_meson_syntax import parse
from dockrefactor.toolchains.c_meson_targets import built

PROJECT = "project('x', 'c')\n"
PROGRAM = PROJECT + "executable('x', 'main.c', install: true)\n"


def made(
    folder: Path, text: str, more: Mapping[str, str] | None = None, options: Mapping[str, str] | None = None,
    installs: bool = True, above: str = "",
) -> tuple[Built, tuple[tuple[str, str], ...]]:  # fmt: skip
    for name, content in {"meson.build": text, **(more or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    configured = MesonConfigure("/src", "/src/build", options or {})
    return built(c_meson.read(BuildContext(folder), "", configured), configured, installs, above)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("meson setup build", MesonConfigure("/src", "/src/build", {})),
        ("meson build", MesonConfigure("/src", "/src/build", {})),
        ("meson setup /out /src", MesonConfigure("/src", "/out", {})),
        ("meson setup /src /out", MesonConfigure("/src", "/out", {})),
        ("meson setup ../src", None),  # the folder itself
        ("meson setup build --prefix=/usr -Dtests=false", MesonConfigure(
            "/src", "/src/build", {"prefix": "/usr", "tests": "false"})),
        ("meson setup --buildtype release build -D a=b", MesonConfigure(
            "/src", "/src/build", {"buildtype": "release", "a": "b"})),
        ("meson setup build --cross-file arm.txt", None),
        ("meson configure build -Da=b", None),
        ("meson compile -C build -j 4", Work("/src/build", False)),
        ("meson compile -C build x", None),
        ("meson install -C build --destdir=/stage", Work("/src/build", True, above="/stage")),
        ("meson install -C build --tags runtime", None),
    ],
)  # fmt: skip
def test_command_lines(line: str, expected: MesonConfigure | Work | None) -> None:
    assert parse_meson(line.split(), "/src", lambda folder: folder == "/src") == expected


def test_an_installed_program_and_where_the_build_has_it(tmp_path: Path) -> None:
    found, copied = made(tmp_path, PROGRAM)
    assert found.programs == ("/src/build/x",)
    assert copied == (("/usr/local/bin/x", "/src/build/x"),)
    assert not found.cpp
    assert made(tmp_path, PROGRAM, installs=False)[1] == ()
    assert made(tmp_path, PROGRAM, above="/stage")[1][0][0] == "/stage/usr/local/bin/x"


@pytest.mark.parametrize(
    ("text", "options", "place"),
    [
        ("executable('x', 'm.c', install: true, install_dir: 'games')", {"prefix": "/usr"}, "/usr/games/x"),
        ("executable('x', 'm.c', install: true)", {"bindir": "tools"}, "/usr/local/tools/x"),
        ("executable('x', 'm.c', install: get_option('take'))", {"take": "true"}, "/usr/local/bin/x"),
        ("d = get_option('prefix') / 'lib' / 'x'\nexecutable('x', 'm.c', install: true, install_dir: d)", {},
         "/usr/local/lib/x/x"),
        ("if get_option('take')\n  executable('x', 'm.c', install: true)\nendif", {"take": "true"}, "/usr/local/bin/x"),
        ("foreach n : ['x']\n  executable(n, n + '.c', install: true)\nendforeach", {}, "/usr/local/bin/x"),
        ("executable('y'.replace('y', 'x'), f'@0@'.format('m.c'), install: true)", {}, "/usr/local/bin/x"),
        ("install_data('x', install_dir: get_option('sysconfdir') / 'a')", {"prefix": "/usr"}, "/etc/a/x"),
        ("install_data('x')", {}, "/usr/local/share/x/x"),
        ("install_data(files('a', 'b'), rename: ['x', 'z'], install_dir: 'share')", {}, "/usr/local/share/x"),
        ("install_subdir('themes/x', install_dir: 'share')", {}, "/usr/local/share/x"),
        ("install_subdir('themes', install_dir: 'share/x', strip_directory: true)", {}, "/usr/local/share/x"),
        ("configure_file(input: 'i', output: 'x', configuration: {}, install_dir: 'etc')", {}, "/usr/local/etc/x"),
    ],
)  # fmt: skip
def test_where_an_install_puts_something(tmp_path: Path, text: str, options: dict[str, str], place: str) -> None:
    declared = {"meson.options": "option('take', type: 'boolean', value: false)\n"}
    found, copied = made(tmp_path, PROJECT + text + "\n", declared, options)
    assert place in (*found.installed, *(path for path, _ in copied))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("custom_target('a', output: 'a', command: ['x'])", "custom_target"),
        ("run_command('git', 'describe')", "run_command"),
        ("meson.add_install_script('x.sh')", "add_install_script"),
        ("subproject('zlib')", "subproject"),
        ("import('gnome')", "gnome"),
        ("configure_file(output: 'a', command: ['x'])", "runs a program"),
        ("executable(run('x'), 'm.c')", "uses run"),
        ("executable(get_option('name'), 'm.c')", "computed"),
        ("executable('a', 'm.c', install: get_option('name'))", "whether an install takes it"),
        ("if cc.has_header('x.h')\n  executable('a', 'm.c', install: true)\nendif", "a condition decides"),
        ("if cc.has_header('x.h')\n  install_data('a')\nendif", "a condition decides"),
        ("install_data(['a', b])", "computed"),
        ("shared_library('a', 'a.c', install: true)", "depends on the machine"),
        ("shared_module('a', 'a.c')", "who loads a module"),
        ("add_languages('rust')", "written in rust"),
        ("subdir(get_option('name'))", "computed"),
        ("subdir('missing')", "not in the build context"),
        ("subdir('.')", "within itself"),
        ("error('no')", "ends with an error"),
        ("foreach n : ['a', 'b']\n  if cc.x()\n    break\n  endif\nendforeach", "ends where nobody can tell"),
        ("x = ", "not understood"),
        ("x = 'a", "cannot be read"),
        ("x = " + "(" * 90, "too deeply"),
    ],
)
def test_what_cannot_be_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Unreadable) as raised:
        made(tmp_path, PROJECT + "cc = meson.get_compiler('c')\n" + text + "\n")
    assert says in raised.value.says


def test_conditions_that_can_be_told(tmp_path: Path) -> None:
    text = """project('x', 'cpp', default_options: ['tools=disabled', 'default_library=static'])
if host_machine.system() == 'windows' or not get_option('server')
  executable('no', 'no.c')
elif get_option('tools').enabled()
  executable('tools', 'tools.c')
else
  executable('server', 'server.c')
endif
library('own', 'own.c')
"""
    declared = "option('server', type: 'boolean')\noption('tools', type: 'feature')\n"
    found, _ = made(tmp_path, text, {"meson_options.txt": declared})
    assert found.programs == ("/src/build/server",)
    assert found.cpp
    assert found.shared == ()


def test_dependencies_are_named_as_pkg_config_has_them(tmp_path: Path) -> None:
    text = """deps = [dependency('openssl'), dependency('zlib', required: false)]
deps += meson.get_compiler('c').find_library('pq')
dependency('glib-2.0', required: get_option('glib'))
"""
    found, _ = made(tmp_path, PROJECT + text, {"meson.options": "option('glib', type: 'feature', value: 'disabled')\n"})
    assert found.libraries == ("openssl", "zlib", "pq")


def test_a_dependency_that_may_be_built_of_a_subproject(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        made(tmp_path, PROJECT + "dependency('zlib')\n", {"subprojects/zlib.wrap": "[wrap-file]\n"})


def test_its_own_shared_library(tmp_path: Path) -> None:
    text = PROJECT + "shared_library('own', 'own.c', version: '2.1.0', install: true, install_dir: 'lib')\n"
    found, copied = made(tmp_path, text)
    assert [item.path for item in found.shared] == ["/src/build/libown.so.2", "/usr/local/lib/libown.so.2"]
    assert ("/usr/local/lib/libown.so.2", "/usr/local/lib/libown.so.2") in copied
    # the install takes away what the build told its programs
    assert found.runpaths == ()
    assert made(tmp_path, text, installs=False)[0].runpaths == ("/src/build",)


@pytest.mark.parametrize(
    ("text", "static"),
    [
        ("executable('x', 'm.c', link_args: ['-static'])", True),
        ("executable('x', 'm.c', link_args: ['-static'])\nexecutable('y', 'm.c')", False),
        ("library('x', 'm.c')", False),
    ],
)
def test_a_static_program(tmp_path: Path, text: str, static: bool) -> None:
    assert made(tmp_path, PROJECT + text + "\n", options={"libdir": "lib"})[0].static is static


def test_files_that_are_made_beside_the_program(tmp_path: Path) -> None:
    found, _ = made(tmp_path, PROJECT + "configure_file(input: 'a.in', output: 'a.conf', configuration: {})\n")
    assert [(item.path, item.certain) for item in found.made] == [("/src/build/a.conf", True)]


@pytest.mark.parametrize(
    "text",
    [
        "x = [1,\n  2]\n",
        "x = {'a': 1, 'b': [2]}\ny = x['a'] == 1 ? 'c' : 'd'\n",
        "x = 'it\\'s'\n",
        "x = '''two\nlines'''\n",
        "if a not in b and not c.d(e: f) or -1 < 0x1F % 2\nelif true\nelse\nendif\n",
        "foreach k, v : {}\n  continue\nendforeach\n",
        "a \\\n  = 1 # said\n",
    ],
)
def test_the_language_is_read(text: str) -> None:
    assert parse(text).kind == "block"
