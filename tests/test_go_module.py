"""Reading go.mod, go.sum, go.work and vendor folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.toolchains.go_module import (
    is_vendored,
    local_modules,
    module_inputs,
    read_module,
    read_workspace,
    version_numbers,
)


def make_context(root: Path, files: dict[str, str]) -> BuildContext:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return BuildContext(root)


def test_module_with_blocks_and_comments(tmp_path: Path) -> None:
    text = (
        "// the service\nmodule example.com/app // here\n\ngo 1.21\n\nrequire github.com/lib/pq v1.10.9\n\n"
        "require (\n\tgithub.com/google/uuid v1.6.0 // indirect\n\t// a comment\n\tgolang.org/x/net v0.1.0\n)\n"
    )
    module = read_module(make_context(tmp_path, {"go.mod": text}), "")
    assert module is not None
    assert (module.path, module.folder, module.go_version) == ("example.com/app", "", "1.21")
    assert [(item.name, item.version, item.evidence.line) for item in module.requires] == [
        ("github.com/lib/pq", "v1.10.9", 6),
        ("github.com/google/uuid", "v1.6.0", 9),
        ("golang.org/x/net", "v0.1.0", 11),
    ]
    assert module.indirect == {"github.com/google/uuid"}
    assert str(module.evidence) == "go.mod:2: module example.com/app"


def test_quotes_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    text = '\ufeffmodule "example.com/app"\r\n\r\ngo 1.20\r\nrequire (\r\n\t"rsc.io/quote" v1.5.2\r\n)\r\n'
    module = read_module(make_context(tmp_path, {"svc/go.mod": text}), "svc")
    assert module is not None
    assert (module.path, module.folder, module.go_version) == ("example.com/app", "svc", "1.20")
    assert [item.name for item in module.requires] == ["rsc.io/quote"]


@pytest.mark.parametrize("text", ["", "go 1.21\n", "// module example.com/app\n"])
def test_no_module_line_is_no_module(tmp_path: Path, text: str) -> None:
    assert read_module(make_context(tmp_path, {"go.mod": text}), "") is None


def test_absent_go_mod(tmp_path: Path) -> None:
    assert read_module(BuildContext(tmp_path), "") is None


def test_local_replacements(tmp_path: Path) -> None:
    text = (
        "module example.com/app\ngo 1.22\nreplace example.com/lib => ./lib\nreplace (\n"
        "\texample.com/up v1.0.0 => ../up\n\texample.com/gone => ./gone\n\texample.com/out => ../../out\n"
        "\tgithub.com/a/b => github.com/c/b v1.2.3\n)\n"
    )
    context = make_context(
        tmp_path,
        {
            "svc/go.mod": text,
            "svc/lib/go.mod": "module example.com/lib\n",
            "up/go.mod": "module example.com/up\n",
        },
    )
    module = read_module(context, "svc")
    assert module is not None
    assert module.replaces == ("svc/lib", "up", "svc/gone")
    assert [item.line for item in module.unresolved] == [6, 7]
    assert local_modules(context, module) == {
        "example.com/app": "svc",
        "example.com/lib": "svc/lib",
        "example.com/up": "up",
        "example.com/gone": "svc/gone",
    }
    assert module_inputs(context, "svc") == ("svc/go.mod", "svc/lib/go.mod", "up/go.mod")


def test_workspace_members_and_inputs(tmp_path: Path) -> None:
    context = make_context(
        tmp_path,
        {
            "go.work": "go 1.22\n\nuse (\n\t./api // the server\n\t./lib\n\t../elsewhere\n)\n",
            "go.work.sum": "",
            "api/go.mod": "module example.com/api\ngo 1.22\n",
            "api/go.sum": "",
            "lib/go.mod": "module example.com/lib\ngo 1.22\n",
        },
    )
    assert read_workspace(context, "") == ("api", "lib")
    assert read_workspace(context, "api") is None
    expected = {"go.work", "go.work.sum", "api/go.mod", "api/go.sum", "lib/go.mod"}
    assert set(module_inputs(context, "api")) == expected
    assert set(module_inputs(context, "")) == expected
    module = read_module(context, "api")
    assert module is not None
    assert local_modules(context, module) == {"example.com/api": "api", "example.com/lib": "lib"}


def test_inputs_after_the_ignore_file(tmp_path: Path) -> None:
    context = make_context(tmp_path, {"go.mod": "module example.com/app\n", "go.sum": "", ".dockerignore": "go.sum\n"})
    assert module_inputs(context, "") == ("go.mod",)


def test_candidates_depend_on_the_go_version(tmp_path: Path) -> None:
    sums = "github.com/a/a v1.0.0 h1:x=\ngithub.com/a/a v1.0.0/go.mod h1:y=\ngithub.com/b/b v1.0.0/go.mod h1:z=\n"
    old = make_context(tmp_path / "old", {"go.mod": "module example.com/a\ngo 1.16\n", "go.sum": sums})
    new = make_context(tmp_path / "new", {"go.mod": "module example.com/a\ngo 1.17\n", "go.sum": sums})
    names = {}
    for key, context in (("old", old), ("new", new)):
        module = read_module(context, "")
        assert module is not None
        names[key] = [item.name for item in module.candidates]
    assert names == {"old": ["github.com/a/a"], "new": []}


def test_vendored(tmp_path: Path) -> None:
    context = make_context(
        tmp_path,
        {
            "a/go.mod": "module example.com/a\n",
            "a/vendor/modules.txt": "# github.com/x/y v1.0.0\n",
            "b/go.mod": "module example.com/b\n",
            "b/vendor/readme.txt": "",
        },
    )
    assert is_vendored(context, "a")
    assert not is_vendored(context, "b")


def test_version_numbers() -> None:
    assert version_numbers("1.21.3") == (1, 21, 3)
    assert version_numbers("1.9") < version_numbers("1.17")
    assert version_numbers(None) == ()
