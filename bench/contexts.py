"""Build contexts for measuring: the same ones for the same seed, shaped after what people keep in repositories.

Of a thousand contexts about 450 are Python (pip, poetry, uv), 300 Node (npm, yarn; half of them TypeScript), 150 Go
modules and 100 something else. Each has a single-stage Dockerfile of 6 to 25 lines, its manifests, a lock file where
such projects have one, and a handful of sources. Nothing in them is ever built.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

Files = dict[str, str]
"""Path relative to the context, `/` between its parts -> text."""

MOST_DOCKERFILE_LINES = 25
FEWEST_DOCKERFILE_LINES = 6

_PYTHON_PACKAGES = {
    "fastapi": "0.115.6",
    "uvicorn": "0.34.0",
    "flask": "3.1.0",
    "gunicorn": "23.0.0",
    "requests": "2.32.3",
    "sqlalchemy": "2.0.36",
    "pydantic": "2.10.4",
    "redis": "5.2.1",
    "celery": "5.4.0",
    "psycopg2-binary": "2.9.10",
    "psycopg2": "2.9.10",
    "numpy": "2.2.1",
    "pandas": "2.2.3",
    "jinja2": "3.1.5",
    "pyyaml": "6.0.2",
    "boto3": "1.35.90",
}
_NODE_PACKAGES = {
    "express": "4.21.2",
    "cors": "2.8.5",
    "dotenv": "16.4.7",
    "pg": "8.13.1",
    "axios": "1.7.9",
    "lodash": "4.17.21",
    "uuid": "11.0.3",
    "winston": "3.17.0",
    "mongoose": "8.9.2",
    "bcrypt": "5.1.1",
}
_TRANSITIVE = ("accepts", "body-parser", "bytes", "debug", "depd", "etag", "ms", "qs", "send", "vary", "mime", "once")
_GO_MODULES = {
    "github.com/gorilla/mux": "v1.8.1",
    "github.com/google/uuid": "v1.6.0",
    "github.com/sirupsen/logrus": "v1.9.3",
    "github.com/lib/pq": "v1.10.9",
    "golang.org/x/sync": "v0.10.0",
}
_NAMES = ("orders", "billing", "search", "users", "gateway", "reports", "mailer", "stock", "events", "media")
_COMMENTS = ("# dependencies", "# the application", "# see the wiki", "# TODO: smaller image", "# port of the service")


def write_contexts(root: Path, count: int, seed: int = 20) -> list[Path]:
    """Write `count` contexts below `root`, one folder each, and return their Dockerfiles in order."""
    dockerfiles = []
    for index in range(count):
        random = Random(f"{seed}/{index}")
        folder = root / f"{index:05d}-{random.choice(_NAMES)}"
        for name, text in context_files(random).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        dockerfiles.append(folder / "Dockerfile")
    return dockerfiles


def context_files(random: Random) -> Files:
    """One context, drawn from the mixture."""
    share = random.random()
    kinds: tuple[tuple[float, Callable[[Random], Files]], ...] = (
        (0.45, _python),
        (0.75, _node),
        (0.90, _go),
        (1.00, _other),
    )
    make = next(make for limit, make in kinds if share < limit)
    files = make(random) | _documents(random)
    files["Dockerfile"] = _finish(files["Dockerfile"], random)
    return files


def _finish(dockerfile: str, random: Random) -> str:
    """Comments, labels and blank lines as people scatter them, and the odd missing final newline."""
    lines = dockerfile.strip().splitlines()
    extras = [
        "ENV TZ=Etc/UTC",
        "LABEL org.opencontainers.image.vendor=example",
        "ARG REVISION=unknown",
        "STOPSIGNAL SIGTERM",
    ]
    random.shuffle(extras)
    position = next(number for number, line in enumerate(lines, 1) if line.startswith("FROM"))
    missing = max(FEWEST_DOCKERFILE_LINES - len(lines), random.randint(0, 2))
    lines[position:position] = extras[:missing]
    for _ in range(random.randint(0, 4)):
        starts = [n for n in range(1, len(lines)) if not lines[n - 1].endswith("\\") and not lines[n].startswith(" ")]
        if len(lines) < MOST_DOCKERFILE_LINES:
            lines.insert(random.choice(starts), random.choice(("", *_COMMENTS)))
    return "\n".join(lines) + ("" if random.random() < 0.1 else "\n")


def _documents(random: Random) -> Files:
    files = {"README.md": f"# {random.choice(_NAMES)}\n\nA service.\n", ".gitignore": "*.log\n.env\n"}
    if random.random() < 0.4:
        files[".dockerignore"] = ".git\n*.log\n.env\nREADME.md\n"
    if random.random() < 0.2:
        files["docker-compose.yml"] = "services:\n  app:\n    build: .\n    environment:\n      LEVEL: info\n"
    return files


# --- Python ---------------------------------------------------------------------------------------------------------


def _python(random: Random) -> Files:
    packages = random.sample(sorted(_PYTHON_PACKAGES), random.randint(2, 6))
    server = random.choice(("fastapi", "flask"))
    packages = sorted({*packages, server, "uvicorn" if server == "fastapi" else "gunicorn"})
    tool = random.choices(("pip", "poetry", "uv"), (70, 15, 15))[0]
    files = {"pip": _pip_files, "poetry": _poetry_files, "uv": _uv_files}[tool](packages)
    files |= _python_sources(server, random)
    install, run_prefix = {
        "pip": ("RUN pip install --no-cache-dir -r requirements.txt", ""),
        "poetry": (
            "RUN pip install poetry==1.8.5 && poetry config virtualenvs.create false && poetry install --no-root",
            "",
        ),
        "uv": ("RUN pip install uv==0.5.11 && uv sync --frozen", "uv run "),
    }[tool]
    manifest = {"pip": "requirements.txt", "poetry": "pyproject.toml poetry.lock", "uv": "pyproject.toml uv.lock"}[tool]
    files["Dockerfile"] = _python_dockerfile(server, install, manifest, run_prefix, random)
    return files


def _python_dockerfile(server: str, install: str, manifest: str, run_prefix: str, random: Random) -> str:
    version = random.choice(("3.9", "3.10", "3.11", "3.12"))
    lines = [f"FROM python:{version}{random.choice(('', '-slim', '-slim-bookworm', '-alpine'))}"]
    alpine = lines[0].endswith("alpine")
    if random.random() < 0.5:
        lines += ["ENV PYTHONUNBUFFERED=1 \\", "    PYTHONDONTWRITEBYTECODE=1"]
    if random.random() < 0.45:
        lines += ["RUN apk add --no-cache gcc musl-dev libpq-dev"] if alpine else _apt("gcc", "libpq-dev", "curl")
    lines.append("WORKDIR /app")
    copies = ["COPY . .", install] if random.random() < 0.5 else [f"COPY {manifest} ./", install, "COPY . ."]
    lines += copies
    lines.append("EXPOSE 8000")
    start = {
        "fastapi": ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"],
        "flask": ["gunicorn", "--bind", "0.0.0.0:8000", "app.main:app"],
    }[server]
    return "\n".join([*lines, _command([*run_prefix.split(), *start], random)])


def _pip_files(packages: list[str]) -> Files:
    return {"requirements.txt": "".join(f"{name}=={_PYTHON_PACKAGES[name]}\n" for name in packages)}


def _pyproject(packages: list[str]) -> str:
    names = "".join(f'  "{name}=={_PYTHON_PACKAGES[name]}",\n' for name in packages)
    return f'[project]\nname = "service"\nversion = "0.1.0"\nrequires-python = ">=3.9"\ndependencies = [\n{names}]\n'


def _poetry_files(packages: list[str]) -> Files:
    wanted = "".join(f'{name} = "{_PYTHON_PACKAGES[name]}"\n' for name in packages)
    head = '[tool.poetry]\nname = "service"\nversion = "0.1.0"\ndescription = ""\nauthors = []\npackage-mode = false\n'
    build = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
    manifest = f'{head}\n[tool.poetry.dependencies]\npython = "^3.9"\n{wanted}\n{build}'
    entries = "".join(
        f'[[package]]\nname = "{name}"\nversion = "{_PYTHON_PACKAGES[name]}"\ndescription = ""\noptional = false\n'
        f'python-versions = ">=3.9"\nfiles = [\n    {{file = "{name}.whl", hash = "sha256:{_digest(name)}"}},\n]\n\n'
        for name in packages
    )
    lock = (
        f'{entries}[metadata]\nlock-version = "2.0"\npython-versions = "^3.9"\ncontent-hash = "{_digest(manifest)}"\n'
    )
    return {"pyproject.toml": manifest, "poetry.lock": lock}


def _uv_files(packages: list[str]) -> Files:
    entries = "".join(
        f'[[package]]\nname = "{name}"\nversion = "{_PYTHON_PACKAGES[name]}"\n'
        'source = { registry = "https://pypi.org/simple" }\n'
        "wheels = [\n"
        f'    {{ url = "https://files.pythonhosted.org/packages/{name}.whl", hash = "sha256:{_digest(name)}" }},\n]\n\n'
        for name in packages
    )
    return {"pyproject.toml": _pyproject(packages), "uv.lock": f'version = 1\nrequires-python = ">=3.9"\n\n{entries}'}


def _python_sources(server: str, random: Random) -> Files:
    klass = {"fastapi": "FastAPI()", "flask": "Flask(__name__)"}[server]
    main = [f"from {server} import {klass.split('(', 1)[0]}", "", "from app.settings import LEVEL", ""]
    main += [f"app = {klass}", "", "", '@app.get("/")', "def index():", '    return {"level": LEVEL}', ""]
    files = {
        "app/__init__.py": "",
        "app/main.py": "\n".join(main),
        "app/settings.py": 'import os\n\nLEVEL = os.environ.get("LEVEL", "info")\n',
        "tests/test_main.py": "def test_nothing():\n    assert True\n",
    }
    for number in range(random.randint(1, 6)):
        files[f"app/part_{number}.py"] = _python_module(number)
    return files


def _python_module(number: int) -> str:
    functions = [
        f'def step_{n}(values: list[int]) -> int:\n    """Adds up what passes {n}."""\n'
        f"    return sum(value for value in values if value > {n})\n"
        for n in range(number + 3)
    ]
    return "import json\nimport logging\n\n\n" + "\n\n".join(functions)


# --- Node -----------------------------------------------------------------------------------------------------------


def _node(random: Random) -> Files:
    typescript = random.random() < 0.5
    tool = random.choices(("npm", "yarn"), (75, 25))[0]
    packages = sorted({"express", *random.sample(sorted(_NODE_PACKAGES), random.randint(1, 5))})
    files = _node_manifests(packages, typescript, tool) | _node_sources(typescript, random)
    files["Dockerfile"] = _node_dockerfile(typescript, tool, random)
    return files


def _node_dockerfile(typescript: bool, tool: str, random: Random) -> str:
    install = random.choice(("npm ci", "npm install")) if tool == "npm" else "yarn install --frozen-lockfile"
    manifests = "package*.json" if tool == "npm" else "package.json yarn.lock"
    lines = [f"FROM node:{random.choice(('16', '18', '20', '22'))}{random.choice(('', '', '-slim', '-alpine'))}"]
    if random.random() < 0.3:
        lines.append("ENV NODE_ENV=production" if not typescript else "ENV LEVEL=info")
    lines.append(f"WORKDIR {random.choice(('/app', '/usr/src/app'))}")
    lines += (
        ["COPY . .", f"RUN {install}"]
        if random.random() < 0.45
        else [f"COPY {manifests} ./", f"RUN {install}", "COPY . ."]
    )
    if typescript:
        lines.append(f"RUN {tool} run build")
    lines.append("EXPOSE 3000")
    script = "dist/index.js" if typescript else "src/index.js"
    return "\n".join([*lines, _command(random.choice((["npm", "start"], ["node", script])), random)])


def _node_manifests(packages: list[str], typescript: bool, tool: str) -> Files:
    development = {"typescript": "5.7.2", "@types/express": "5.0.0"} if typescript else {"jest": "29.7.0"}
    wanted = {name: f"^{_NODE_PACKAGES[name]}" for name in packages}
    scripts = {"start": "node dist/index.js", "build": "tsc"} if typescript else {"start": "node src/index.js"}
    manifest = {"name": "service", "version": "1.0.0", "private": True, "scripts": scripts}
    manifest |= {"dependencies": wanted, "devDependencies": development}
    locked = {name: _NODE_PACKAGES[name] for name in packages} | development | dict.fromkeys(_TRANSITIVE, "1.2.3")
    files = {"package.json": json.dumps(manifest, indent=2) + "\n"}
    if tool == "npm":
        files["package-lock.json"] = _npm_lock(wanted, development, locked)
    else:
        files["yarn.lock"] = _yarn_lock(locked)
    if typescript:
        options = {"target": "ES2022", "module": "commonjs", "rootDir": "src", "outDir": "dist", "strict": True}
        files["tsconfig.json"] = json.dumps({"compilerOptions": options, "include": ["src"]}, indent=2) + "\n"
    return files


def _npm_lock(wanted: dict[str, str], development: dict[str, str], locked: dict[str, str]) -> str:
    entries: dict[str, object] = {
        "": {"name": "service", "version": "1.0.0", "dependencies": wanted, "devDependencies": development}
    }
    for name, version in sorted(locked.items()):
        entry: dict[str, object] = {"version": version, "resolved": _tarball(name, version)}
        entry["integrity"] = f"sha512-{_digest(name)}"
        if name in development:
            entry["dev"] = True
        entries[f"node_modules/{name}"] = entry
    lock = {"name": "service", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": entries}
    return json.dumps(lock, indent=2) + "\n"


def _yarn_lock(locked: dict[str, str]) -> str:
    entries = (
        f'"{name}@^{version}":\n  version "{version}"\n  resolved "{_tarball(name, version)}"\n'
        f"  integrity sha512-{_digest(name)}\n"
        for name, version in sorted(locked.items())
    )
    return "# yarn lockfile v1\n\n\n" + "\n".join(entries)


def _tarball(name: str, version: str) -> str:
    return f"https://registry.npmjs.org/{name}/-/{name.rsplit('/', 1)[-1]}-{version}.tgz"


def _node_sources(typescript: bool, random: Random) -> Files:
    suffix = "ts" if typescript else "js"
    load = 'import express from "express";' if typescript else 'const express = require("express");'
    body = 'app.get("/", (request, response) => response.json({ ok: true }));\napp.listen(3000);\n'
    files = {f"src/index.{suffix}": f"{load}\n\nconst app = express();\n{body}"}
    for number in range(random.randint(1, 6)):
        export = "export const" if typescript else "exports."
        separator = " " if typescript else ""
        files[f"src/part{number}.{suffix}"] = "".join(
            f"{export}{separator}step{n} = (values) => values.filter((value) => value > {n}).length;\n"
            for n in range(number + 3)
        )
    return files


# --- Go and others --------------------------------------------------------------------------------------------------


def _go(random: Random) -> Files:
    modules = random.sample(sorted(_GO_MODULES), random.randint(0, 4))
    command = random.choice((".", "./cmd/service"))
    version = random.choice(("1.20", "1.21", "1.22", "1.23"))
    requires = "".join(f"\t{name} {_GO_MODULES[name]}\n" for name in modules)
    sums = "".join(
        f"{name} {_GO_MODULES[name]}{kind} h1:{_digest(name)}=\n" for name in modules for kind in ("", "/go.mod")
    )
    imports = "".join(f'\t_ "{name}"\n' for name in modules if not name.startswith("golang.org"))
    source = f'package main\n\nimport (\n\t"fmt"\n\t"net/http"\n{imports})\n\nfunc main() {{\n'
    source += '\thttp.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })\n'
    source += '\t_ = http.ListenAndServe(":8080", nil)\n}\n'
    files = {
        "go.mod": f"module example.com/service\n\ngo {version}\n" + (f"\nrequire (\n{requires})\n" if requires else "")
    }
    files["main.go" if command == "." else "cmd/service/main.go"] = source
    if sums:
        files["go.sum"] = sums
    for number in range(random.randint(1, 5)):
        files[f"internal/part{number}/part.go"] = _go_package(number)
    files["Dockerfile"] = _go_dockerfile(version, command, bool(sums), random)
    return files


def _go_dockerfile(version: str, command: str, sums: bool, random: Random) -> str:
    lines = [f"FROM golang:{version}{random.choice(('', '', '-alpine', '-bookworm'))}", "WORKDIR /src"]
    if random.random() < 0.4:
        lines += [f"COPY go.mod {'go.sum ' if sums else ''}./", "RUN go mod download"]
    lines.append("COPY . .")
    settings = random.choice(("", "CGO_ENABLED=0 ", "CGO_ENABLED=0 GOOS=linux "))
    lines.append(f"RUN {settings}go build -o /usr/local/bin/service {command}")
    lines.append("EXPOSE 8080")
    return "\n".join([*lines, _command(["service"], random)])


def _go_package(number: int) -> str:
    functions = "".join(f"\nfunc Step{n}(value int) bool {{ return value > {n} }}\n" for n in range(number + 3))
    return f"package part{number}\n{functions}"


def _other(random: Random) -> Files:
    return random.choice((_maven, _ruby, _php, _shell))(random)


def _maven(random: Random) -> Files:
    pom = (
        '<project xmlns="http://maven.apache.org/POM/4.0.0">\n  <modelVersion>4.0.0</modelVersion>\n'
        "  <groupId>com.example</groupId>\n  <artifactId>service</artifactId>\n  <version>1.0.0</version>\n</project>\n"
    )
    lines = ["FROM maven:3.9-eclipse-temurin-17", "WORKDIR /app", "COPY . .", "RUN mvn -q package", "EXPOSE 8080"]
    main = "package com.example;\n\npublic class Main {\n  public static void main(String[] args) {}\n}\n"
    dockerfile = "\n".join([*lines, _command(["java", "-jar", "target/service-1.0.0.jar"], random)])
    return {"pom.xml": pom, "src/main/java/com/example/Main.java": main, "Dockerfile": dockerfile}


def _ruby(random: Random) -> Files:
    gemfile = 'source "https://rubygems.org"\n\ngem "sinatra"\ngem "puma"\n'
    lines = ["FROM ruby:3.3", "WORKDIR /app", "COPY Gemfile ./", "RUN bundle install", "COPY . .", "EXPOSE 4567"]
    dockerfile = "\n".join([*lines, _command(["ruby", "app.rb"], random)])
    return {"Gemfile": gemfile, "app.rb": 'require "sinatra"\n\nget("/") { "ok" }\n', "Dockerfile": dockerfile}


def _php(random: Random) -> Files:
    lines = ["FROM php:8.2-apache", "RUN docker-php-ext-install pdo_mysql", "COPY . /var/www/html/", "EXPOSE 80"]
    manifest = json.dumps({"require": {"php": ">=8.1"}}, indent=2) + "\n"
    return {"composer.json": manifest, "index.php": "<?php echo 'ok';\n", "Dockerfile": "\n".join(lines)}


def _shell(random: Random) -> Files:
    lines = ["FROM debian:bookworm", *_apt("curl", "jq", "ca-certificates"), "WORKDIR /opt/job", "COPY . ."]
    lines.append("RUN chmod +x job.sh")
    dockerfile = "\n".join([*lines, _command(["./job.sh"], random)])
    return {"job.sh": "#!/bin/sh\nset -eu\ncurl -s https://example.com | jq .\n", "Dockerfile": dockerfile}


def _apt(*packages: str) -> list[str]:
    names = [f"        {name} \\" for name in packages]
    return [
        "RUN apt-get update && apt-get install -y --no-install-recommends \\",
        *names,
        "    && rm -rf /var/lib/apt/lists/*",
    ]


def _command(words: list[str], random: Random) -> str:
    return f"CMD {' '.join(words)}" if random.random() < 0.25 else f"CMD {json.dumps(words)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
