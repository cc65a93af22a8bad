"""Pairs of Dockerfiles that are wrong on purpose, each with what `verify` must find.

They share one context, a small server without any dependency, so that a pair costs little more than its runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dockrefactor.verify.findings import Verdict

CONTEXT: Final[Mapping[str, str]] = {
    "app.py": """\
import http.server
import os
import pathlib

PORT = int(os.environ.get("PORT", "8000"))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = pathlib.Path("templates/page.html").read_text()
        body = page.replace("NAME", os.environ["GREETED"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


print("listening", flush=True)
http.server.ThreadingHTTPServer(("", PORT), Handler).serve_forever()
""",
    "templates/page.html": "<h1>hello NAME</h1>\n",
    "start.sh": '#!/bin/sh\nset -e\nexec python app.py "$@"\n',
    "linked.c": "#include <stdio.h>\n#include <libpq-fe.h>\n"
    'int main(void) { printf("%d\\n", PQlibVersion() > 0); return 0; }\n',
    "newer.c": "#define _GNU_SOURCE\n#include <stdio.h>\n#include <string.h>\n"
    'int main(void) { char to[8]; printf("%zu\\n", strlcpy(to, "hello", sizeof to)); return 0; }\n',
}
_SERVER: Final = """\
FROM python:3.13-slim
ENV GREETED=world
WORKDIR /app
COPY app.py start.sh ./
COPY templates templates
EXPOSE 8000
CMD ["python", "app.py"]
"""
_USER: Final = "RUN useradd --uid 10001 app\nUSER 10001\n"
_FULL: Final = _SERVER.replace("-slim", "")
# a name that no server has (RFC 2606)
_FETCHED: Final = """RUN python -c "import urllib.request as r; r.urlopen('https://files.example.invalid/x')"\n"""


@dataclass(frozen=True, slots=True)
class Pair:
    """`original` and `result` with the verdict, the checks that must find it, and words of what they say."""

    name: str
    original: str
    result: str
    verdict: Verdict
    checks: frozenset[str] = field(default_factory=frozenset)
    says: str = ""


def _pair(name: str, original: str, result: str, verdict: Verdict, checks: str, says: str) -> Pair:
    assert original != result, f"{name}: nothing is wrong with it"
    return Pair(name, original, result, verdict, frozenset(checks.split()), says)


PAIRS: Final = (
    Pair("a user is added and nothing else", _SERVER, _SERVER.replace("EXPOSE", f"{_USER}EXPOSE"), Verdict.PROVED),
    _pair(
        "the library that a program links is missing",
        "FROM python:3.13\nCOPY linked.c .\n"
        'RUN gcc -I/usr/include/postgresql linked.c -lpq -o /linked\nCMD ["/linked"]\n',
        "FROM python:3.13 AS builder\nCOPY linked.c .\n"
        "RUN gcc -I/usr/include/postgresql linked.c -lpq -o /linked\n"
        'FROM python:3.13-slim\nCOPY --from=builder /linked /linked\nCMD ["/linked"]\n',
        Verdict.BROKEN,
        "libraries exit",
        "/linked needs libpq.so.5",
    ),
    _pair(
        "the program is linked to a newer libc",
        'FROM python:3.13\nCOPY newer.c .\nRUN gcc newer.c -o /newer\nCMD ["/newer"]\n',
        "FROM python:3.13 AS builder\nCOPY newer.c .\nRUN gcc newer.c -o /newer\n"
        'FROM debian:bookworm-slim\nCOPY --from=builder /newer /newer\nCMD ["/newer"]\n',
        Verdict.BROKEN,
        "libraries exit",
        "/newer needs GLIBC_2.38 of libc.so.6, which is older",
    ),
    _pair(
        "a template is missing",
        _SERVER,
        _SERVER.replace("COPY templates templates\n", ""),
        Verdict.BROKEN,
        "answer",
        "no answer",
    ),
    _pair(
        "another program is started",
        _SERVER,
        _SERVER.replace('["python", "app.py"]', '["python", "-m", "http.server", "8000"]'),
        Verdict.DIFFERS,
        "configuration answer",
        'Cmd: ["python", "app.py"] became',
    ),
    _pair(
        "a variable is lost",
        _SERVER,
        _SERVER.replace("ENV GREETED=world\n", ""),
        Verdict.BROKEN,
        "configuration answer",
        'Env GREETED: "world" became none',
    ),
    _pair(
        "a variable has another value",
        _SERVER,
        _SERVER.replace("world", "moon"),
        Verdict.DIFFERS,
        "configuration answer",
        "hello moon",
    ),
    _pair(
        "the volume cannot be written",
        _SERVER.replace("EXPOSE", "RUN mkdir /data\nVOLUME /data\nEXPOSE"),
        _SERVER.replace("EXPOSE", f"RUN mkdir /data\nVOLUME /data\n{_USER}EXPOSE"),
        Verdict.DIFFERS,
        "writable",
        "the volume /data: the user may not write to it",
    ),
    _pair(
        "what the original writes cannot be written",
        _SERVER.replace('["python", "app.py"]', '["sh", "-c", "date > /app/started; exec python app.py"]'),
        _SERVER.replace('["python", "app.py"]', '["sh", "-c", "date > /app/started; exec python app.py"]').replace(
            "EXPOSE", f"{_USER}EXPOSE"
        ),
        Verdict.DIFFERS,
        "files",
        "the original wrote /app/started; in the result, the user may not write to it",
    ),
    _pair(
        "the start script has no shell",
        _SERVER.replace('["python", "app.py"]', '["./start.sh"]').replace(
            "EXPOSE", "RUN chmod +x start.sh && ln -sf python3 /usr/local/bin/python\nEXPOSE"
        ),
        _SERVER.replace('["python", "app.py"]', '["./start.sh"]').replace(
            "EXPOSE", "RUN chmod +x start.sh && rm /bin/sh /bin/dash\nEXPOSE"
        ),
        Verdict.BROKEN,
        "interpreter exit",
        "/app/start.sh starts `/bin/sh`, which is not there",
    ),
    _pair(
        "the port is another",
        _SERVER,
        _SERVER.replace("EXPOSE 8000", "ENV PORT=9000\nEXPOSE 9000"),
        Verdict.BROKEN,
        "configuration answer",
        "ExposedPorts",
    ),
    _pair(
        "the health check has no curl",
        _FULL.replace("CMD", "HEALTHCHECK CMD curl -fsS http://localhost:8000/\nCMD"),
        _SERVER.replace("CMD", "HEALTHCHECK CMD curl -fsS http://localhost:8000/\nCMD"),
        Verdict.BROKEN,
        "healthcheck health",
        "`curl` is not there",
    ),
    _pair(
        "the user may not enter the folder",
        _SERVER.replace("/app", "/root/app").replace('["python", "app.py"]', '["python", "/root/app/app.py"]'),
        _SERVER.replace("/app", "/root/app")
        .replace('["python", "app.py"]', '["python", "/root/app/app.py"]')
        .replace("EXPOSE", f"{_USER}EXPOSE"),
        Verdict.BROKEN,
        "launch exit",
        "/root/app/app.py: the user may not enter /root",
    ),
    _pair(
        "both fail in the same way",
        _SERVER.replace("app.py start.sh", "start.sh"),
        _SERVER.replace("app.py start.sh", "start.sh").replace("EXPOSE", f"{_USER}EXPOSE"),
        Verdict.ORIGINAL_BROKEN,
        "start",
        "the original ends with exit code 2",
    ),
    _pair(
        "the original does not build",
        _SERVER.replace("app.py start.sh", "none.py"),
        _SERVER,
        Verdict.ORIGINAL_BROKEN,
        "build",
        "the original does not build",
    ),
    _pair(
        "the original cannot fetch something",
        _SERVER.replace("EXPOSE", f"{_FETCHED}EXPOSE"),
        _SERVER,
        Verdict.NOT_TRIED,
        "",
        "",
    ),
    _pair(
        "the result alone cannot fetch something",
        _SERVER,
        _SERVER.replace("EXPOSE", f"{_FETCHED}EXPOSE"),
        Verdict.NOT_TRIED,
        "",
        "",
    ),
    _pair(
        "the result does not build",
        _SERVER,
        _SERVER.replace("app.py start.sh", "none.py"),
        Verdict.BROKEN,
        "build",
        "the result does not build",
    ),
)  # fmt: skip
