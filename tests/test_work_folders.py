"""The work folder of a runtime whose image has another one than the builder's."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.pipeline import refactor
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import TRANSFORMS


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ("COPY . /src\nRUN cd /src && go build -o /app .\nCMD [\"/app\"]\n", ["WORKDIR /go"]),
        ("WORKDIR src/shop\nCOPY . .\nRUN go build -o app .\nCMD [\"./app\"]\n", ["WORKDIR /go", "WORKDIR src/shop"]),
        ("WORKDIR $GOPATH/src/shop\nCOPY . .\nRUN go build -o app .\nCMD [\"./app\"]\n", ["WORKDIR /go/src/shop"]),
        ("workdir ${GOPATH}/src/shop\nCOPY . .\nRUN go install .\nCMD [\"shop\"]\n", ["WORKDIR /go/src/shop"]),
        ("ENV AT=/srv\nWORKDIR $AT/shop\nCOPY . .\nRUN go build -o app .\nCMD [\"./app\"]\n", ["WORKDIR $AT/shop"]),
        ("WORKDIR /app\nCOPY . .\nRUN go build -o app .\nCMD [\"./app\"]\n", ["WORKDIR /app"]),
        ('WORKDIR "/go/app"\nCOPY . .\nRUN go build -o app .\nCMD ["./app"]\n', ['WORKDIR "/go/app"']),
    ],
)  # fmt: skip
def test_the_runtime_has_the_original_s_work_folder(tmp_path: Path, steps: str, wanted: list[str]) -> None:
    (tmp_path / "go.mod").write_text("module example.org/shop\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text('package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("open") }\n')
    result = refactor(f"FROM golang:1.26\n{steps}".encode(), BuildContext(tmp_path), TRANSFORMS, TOOLCHAINS)
    runtime = result.after.partition(" AS runtime\n")[2]
    assert [line for line in runtime.splitlines() if line.upper().startswith("WORKDIR")] == wanted
