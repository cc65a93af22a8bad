"""Copies go below installs that read nothing of them, and stay above all that may."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Change
from dockrefactor.text import apply
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import order_copies

APT = "RUN apt-get update && apt-get install -y ffmpeg\n"


def ordered(folder: Path, lines: str) -> str:
    """The text after order-copies, with files in the context that the cases name."""
    for name in ("main.py", "packages.txt", "sources.list", "index.php", ".npmrc", "etc/nginx/nginx.conf"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    text = f"FROM python:3.12-bookworm\n{lines}"
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    outcome = order_copies.run(facts)
    after = apply(text, outcome.edits) if isinstance(outcome, Change) else text
    return after.partition("\n")[2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"COPY . /app\n{APT}", f"{APT}COPY . /app\n"),
        (f"COPY main.py /app/\n{APT}", f"{APT}COPY main.py /app/\n"),
        (f"WORKDIR /usr/src/bot\nCOPY . .\n{APT}", f"WORKDIR /usr/src/bot\n{APT}COPY . .\n"),
        # the destination is spelled out where the work folder changes
        (f"COPY . ./bot\nWORKDIR /app\n{APT}", f"WORKDIR /app\n{APT}COPY . /bot\n"),
        # two installs, and what stands between them
        (
            f"COPY . /app\n{APT}ENV A=b\nRUN mkdir /data\nRUN npm install -g pm2@5\nEXPOSE 80\n",
            f"{APT}ENV A=b\nRUN mkdir /data\nRUN npm install -g pm2@5\nCOPY . /app\nEXPOSE 80\n",
        ),
        # below the install that may, above the build that may not
        (
            f"COPY . /app\n{APT}RUN make -C /app\nRUN apt-get install -y sox\n",
            f"{APT}COPY . /app\nRUN make -C /app\nRUN apt-get install -y sox\n",
        ),
        (
            "COPY . /var/www/html\nRUN apt-get update && apt-get install -y unzip libzip-dev\n",
            "RUN apt-get update && apt-get install -y unzip libzip-dev\nCOPY . /var/www/html\n",
        ),
        # what another stage makes changes with the sources
        (
            f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /out /app\n{APT}",
            f"RUN make\nFROM python:3.12-slim\n{APT}COPY --from=0 /out /app\n",
        ),
        (
            f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /usr/local/lib/x /usr/local/lib/x\nCOPY . /app\n{APT}",
            f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /usr/local/lib/x /usr/local/lib/x\n{APT}COPY . /app\n",
        ),
        (
            f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /out/tide /usr/local/bin/tide\n{APT}",
            f"RUN make\nFROM python:3.12-slim\n{APT}COPY --from=0 /out/tide /usr/local/bin/tide\n",
        ),
        (
            f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /opt/venv /opt/venv\n{APT}",
            f"RUN make\nFROM python:3.12-slim\n{APT}COPY --from=0 /opt/venv /opt/venv\n",
        ),
        # an absolute path in a variable means the same in another work folder
        (f"ENV D=/app\nCOPY . ${{D}}/bot\nWORKDIR $D\n{APT}", f"ENV D=/app\nWORKDIR $D\n{APT}COPY . ${{D}}/bot\n"),
    ],
)
def test_goes_below(tmp_path: Path, before: str, after: str) -> None:
    assert ordered(tmp_path, before) == after
    assert ordered(tmp_path, after) == after


@pytest.mark.parametrize(
    "lines",
    [
        # the list of packages, or of their sources, is copied
        "WORKDIR /app\nCOPY . .\nRUN apt-get update && xargs apt-get install -y < packages.txt\n",
        "WORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y $(cat packages.txt)\n",
        f"COPY . /etc/apt\n{APT}",
        f"COPY . /\n{APT}",
        "COPY . /app\nRUN cp /app/sources.list /etc/apt/ && apt-get update && apt-get install -y ffmpeg\n",
        # it is changed, or run, before
        "COPY . /app\nRUN chmod -R a+rX /app && apt-get update && apt-get install -y ffmpeg\n",
        f"COPY . /app\nRUN python /app/main.py\n{APT}",
        f"COPY . /app\nRUN ./unknown\n{APT}",
        # a copy from elsewhere stands over it
        f"COPY . /app\nCOPY --from=nginx:1.27 /etc/nginx /app/etc/nginx\n{APT}",
        # a server's package has a page of its own there
        "COPY . /var/www/html\nRUN apt-get update && apt-get install -y nginx\n",
        # a package that is copied
        "COPY . /app\nRUN apt-get update && apt-get install -y /app/tool.deb\n",
        f"ARG FOLDER\nCOPY . $FOLDER\n{APT}",
        # a home that is there already is left alone, and what changes in a volume is lost
        f"COPY . /home/app/src\nRUN useradd -m app\n{APT}",
        f"COPY . /app\nRUN useradd -m -d /app app\n{APT}",
        f"COPY . /app\nRUN adduser --disabled-password --home=/app app\n{APT}",
        f"WORKDIR /app\nCOPY . .\nVOLUME /app/data\n{APT}",
        # the tool may come from the registry that a copied file names
        "WORKDIR /app\nCOPY . .\nRUN npm install -g pm2@5\n",
        # an extension whose sources are copied
        "COPY . /usr/src/php/ext/tide\nRUN docker-php-ext-install tide\n",
        "COPY . /app\nRUN pecl install /app/tide\n",
        "WORKDIR /app\nCOPY . .\nRUN gem install ./tide.gem\n",
        # the project itself is installed
        "WORKDIR /app\nCOPY . .\nRUN npm install -g .\n",
        "WORKDIR /app\nCOPY . .\nRUN npm install -g\n",
        "WORKDIR /app\nCOPY . .\nRUN npm install --global ./tool\n",
        "WORKDIR /app\nCOPY . .\nRUN npm i -g tool-1.0.0.tgz\n",
        f"ENV D=/a\nCOPY . $D\nENV D=/b\n{APT}",
        f"ENV D=a\nCOPY . $D\nWORKDIR /b\n{APT}",
        # what another stage made is read, named, or among the system's own files
        "RUN make\nFROM python:3.12-slim\nCOPY --from=0 /wheels /wheels\nRUN pip install --no-index -f /wheels tool\n",
        "RUN make\nFROM python:3.12-slim\nCOPY --from=0 /out /app\nRUN npm install -g /app/tool.tgz\n",
        f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /out /usr/local\n{APT}",
        f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /out/curl /usr/local/bin/curl\n{APT}",
        f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /out/tide /usr/bin/tide\n{APT}",
        "RUN make\nFROM node:20\nCOPY --from=0 /out/tide /usr/local/bin/tide\nRUN npm install -g pm2\n",
        f"RUN make\nFROM python:3.12-slim\nCOPY --from=0 /out /\n{APT}",
    ],
)
def test_stays_above(tmp_path: Path, lines: str) -> None:
    assert ordered(tmp_path, lines) == lines
