"""Packages of the distribution that a RUN has as files: what is kept whole, and what stands against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change
from dockrefactor.text import apply
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import split_stages

UPDATE = "apt-get update && "
FETCH = f"RUN curl -fsSLO https://example.org/x_1.0_amd64.deb && {UPDATE}"
WHOLE = {"apt": FETCH + "apt-get install -y ./x_1.0_amd64.deb\n", "dpkg": FETCH + "dpkg -i x_1.0_amd64.deb{}\n"}
COPIED = "RUN apt-get update && apt-get install -y {}\n"


def split(folder: Path, before: str, base: str = "python:3.11-bookworm", after: str = "") -> str:
    """The runtime stage of a file that has `before` ahead of what it installs, or why there is none."""
    for name, content in {"requirements.txt": "bottle==0.13.2\n", "main.py": "", "debs/x.deb": "x"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    install = "WORKDIR /app\nCOPY requirements.txt main.py ./\nRUN pip install -r requirements.txt\n"
    text = f"FROM {base}\n{before}{install}{after}CMD python main.py\n"
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    outcome = split_stages.run(facts)
    if isinstance(outcome, Change):
        return apply(text, outcome.edits).partition("AS runtime\n")[2]
    return f"{outcome.reason.reason.code}: {outcome.at.says}"


@pytest.mark.parametrize(
    "step",
    [
        WHOLE["apt"],
        WHOLE["apt"].replace("./x_1.0_amd64.deb", "./*.deb"),
        WHOLE["apt"].replace("./x", "jq ./x"),
        WHOLE["dpkg"].format(" || apt-get install -fy"),
        WHOLE["dpkg"].format(" || apt-get -y install --fix-broken"),
        "RUN curl -o /tmp/x.deb https://example.org/x_$(dpkg --print-architecture).deb"
        " && apt-get update && apt-get install -y /tmp/x.deb && rm /tmp/x.deb\n",
    ],
)
def test_the_step_is_repeated_whole(tmp_path: Path, step: str) -> None:
    runtime = split(tmp_path, step)
    assert step in runtime
    # fetched by what the smaller image lacks
    assert runtime.index("        curl \\\n") < runtime.index(step)


@pytest.mark.parametrize(
    ("copy", "path"),
    [
        ("COPY debs/x.deb /tmp/\n", "/tmp/x.deb"),
        ("COPY debs /tmp/debs\n", "/tmp/debs/x.deb"),
        ("COPY debs/*.deb /tmp/debs/\n", "/tmp/debs/*.deb"),
        ("ADD https://example.org/x.deb /tmp/x.deb\n", "/tmp/x.deb"),
    ],
)
def test_a_file_that_is_copied_is_copied_to_the_runtime_too(tmp_path: Path, copy: str, path: str) -> None:
    assert copy + COPIED.format(path) in split(tmp_path, copy + COPIED.format(path))


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (WHOLE["dpkg"].format(""), "dpkg does not install it"),
        (WHOLE["dpkg"].format(" && apt-get install -fy"), "dpkg does not install it"),
        (WHOLE["dpkg"].format(" || true"), "dpkg does not install it"),
        (WHOLE["apt"].replace("apt-get update && ", ""), "without lists of packages"),
        (
            WHOLE["dpkg"].replace("apt-get update && ", "").format(" || apt-get install -fy"),
            "without lists of packages",
        ),
        (WHOLE["apt"].replace("\n", " && make -C /src\n"), "unknown-effect"),
        (COPIED.format("/tmp/x.deb"), "only the builder has"),
        ("RUN dpkg -i --root=/mnt x.deb\n", "unknown-effect"),
        ("RUN dpkg --add-architecture i386\n", "unknown-effect"),
    ],
)
def test_what_is_not_shown(tmp_path: Path, step: str, says: str) -> None:
    assert says in split(tmp_path, step)


def test_the_lists_of_an_earlier_step_are_fetched_again(tmp_path: Path) -> None:
    step = WHOLE["apt"].replace(UPDATE, "")
    runtime = split(tmp_path, "RUN apt-get update\n" + step)
    assert "RUN apt-get update\n" in runtime.partition("x_1.0")[0]


def test_dpkg_where_the_runtime_has_all_that_the_original_has(tmp_path: Path) -> None:
    step = "COPY debs/x.deb /tmp/\nRUN dpkg -i /tmp/x.deb\n"
    build = "RUN apt-get update && apt-get install -y gcc\n"
    assert step in split(tmp_path, step + build, base="python:3.11-slim-bookworm")
    # what stays behind may bring what the package depends on
    assert "dpkg does not" in split(tmp_path, build + step, base="python:3.11-slim-bookworm")
