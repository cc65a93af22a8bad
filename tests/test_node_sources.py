"""What JavaScript and TypeScript sources need at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.needs import Claim
from dockrefactor.toolchains.node_imports import imported_packages, package_of
from dockrefactor.toolchains.node_sources import read_sources, source_files


def project(root: Path, files: Mapping[str, str]) -> BuildContext:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return BuildContext(root)


def values(claims: Sequence[Claim]) -> list[str | None]:
    return [claim.value for claim in claims]


def test_which_files_are_sources(tmp_path: Path) -> None:
    names = ["src/a.ts", "src/b.d.ts", "src/a.test.ts", "test/x.js", "webpack.config.js", "server.mjs", ".eslintrc.js"]
    context = project(tmp_path, dict.fromkeys([*names, "node_modules/x/i.js", "public/app.js", "config.js"], ""))
    assert sorted(source_files(context, "")) == ["config.js", "server.mjs", "src/a.ts"]
    assert list(source_files(context, "", ["webpack.config.js"])) == ["webpack.config.js"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const { execSync } = require('child_process'); execSync('git rev-parse HEAD | wc -l')", ["git", "wc"]),
        ("import cp from 'node:child_process'; cp.spawn('ffmpeg', ['-i'])", ["ffmpeg"]),
        ("import * as cp from 'child_process'; cp.exec(`convert ${a} ${b}`)", ["convert"]),
        ("const run = require('util').promisify(require('child_process').exec); run('X=1 gs -v')", ["gs"]),
        ("import { spawn } from 'child_process'; spawn(tool, [])", [None]),
        ("import { spawn } from 'child_process'; const tool = 'pdftotext'; spawn(tool, [])", ["pdftotext"]),
        ("import { spawn } from 'child_process'; spawn(process.env.T || 'sox')", ["sox", None]),
        ("const { spawn } = require('child_process'); spawn('sh', ['-c', 'zip -r a b'])", ["sh", "zip"]),
        ("const sh = require('shelljs'); sh.exec('tar xf a')", ["tar"]),
        ("import { execa } from 'execa'; await execa('curl', ['x'])", ["curl"]),
        ("import { $ } from 'zx'; await $`jq . ${file}`", ["jq"]),
        ("const spawn = require('cross-spawn'); spawn.sync('ping', ['x'])", ["ping"]),
        ("Bun.spawn(['git', 'log']); Bun.spawnSync([tool])", ["git", None]),
        ("import { spawn } from 'bun'; spawn(['sox', 'a'])", ["sox"]),
        ("/x/.exec('text'); db.exec('SELECT 1'); // child_process", []),
        ("module.exports = require('child_process')", [None]),
        ("import type { ChildProcess } from 'child_process'", []),
        ("const { fork } = require('child_process'); fork('./w.js')", []),
    ],
)
def test_programs(tmp_path: Path, text: str, expected: list[str | None]) -> None:
    assert values(read_sources(project(tmp_path, {"a.ts": text}), "").programs) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app.use(express.static('static')); const express = require('express')", ["static"]),
        ("const path = require('path'); res.sendFile(path.join(__dirname, '..', 'pages', 'i.html'))", ["pages/i.html"]),
        ("res.sendFile('i.html', { root: __dirname })", ["src/i.html"]),
        ("import fs from 'fs'; fs.readFileSync('conf/a.json')", ["conf/a.json"]),
        ("import { readFile } from 'fs/promises'; readFile(new URL('./t.txt', import.meta.url))", ["src/t.txt"]),
        ("const fs = require('fs'); fs.readFileSync(name)", [None]),
        ("const fs = require('fs'); fs.readFileSync(`${__dirname}/mails/${name}.html`)", ["src/mails"]),
        ("const fs = require('fs'); fs.promises.readFile('/etc/x')", ["/etc/x"]),
        ("app.set('views', path.join(process.cwd(), 'templates'))", ["templates"]),
        ("import { Worker } from 'worker_threads'; new Worker('./w.js')", ["w.js"]),
    ],
)
def test_reads(tmp_path: Path, text: str, expected: list[str | None]) -> None:
    assert values(read_sources(project(tmp_path, {"src/a.ts": text}), "").reads) == expected


def test_any_string_that_names_a_folder(tmp_path: Path) -> None:
    text = "serveAll('./locales'); render(`emails/x.html`); import y from 'locales'; f('nothing')"
    context = project(tmp_path, {"a.js": text, "locales/de.json": "{}", "emails/x.html": ""})
    assert values(read_sources(context, "").reads) == ["locales", "emails/x.html"]


def test_paths_are_relative_to_the_project(tmp_path: Path) -> None:
    text = "const fs = require('fs'); fs.readFileSync(__dirname + '/../data/x.json')"
    assert values(read_sources(project(tmp_path, {"api/src/a.js": text}), "api").reads) == ["data/x.json"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const fs = require('fs'); fs.mkdirSync('./uploads', { recursive: true })", ["uploads"]),
        ("const fs = require('fs'); fs.copyFileSync('a', 'backup/a')", ["backup/a"]),
        ("import os from 'os'; import fs from 'fs'; fs.writeFileSync(path.join(os.tmpdir(), x), '')", []),
        ("const fs = require('fs'); fs.writeFile(target, x, done)", [None]),
        ("await Bun.write('out/report.txt', text)", ["out/report.txt"]),
        ("import { write } from 'bun'; await write(target, text)", [None]),
        ("import { outputFile } from 'fs-extra'; outputFile('out/x', '')", ["out/x"]),
        ("const multer = require('multer'); multer({ dest: 'uploads/' })", ["uploads"]),
        ("import multer from 'multer'; multer({ storage: multer.memoryStorage() })", []),
        (
            "import multer from 'multer'; multer.diskStorage({ destination: (r, f, done) => done(null, 'files') })",
            ["files"],
        ),
        ("const sqlite3 = require('sqlite3').verbose(); new sqlite3.Database('app.db')", ["app.db"]),
        ("import Database from 'better-sqlite3'; new Database(':memory:')", []),
        ("import Database from 'better-sqlite3'; new Database(process.env.DB ?? 'd/app.db')", ["d/app.db", None]),
        ("import { Sequelize } from 'sequelize'; new Sequelize({ dialect: 'sqlite', storage: 's.db' })", ["s.db"]),
        ("import { JSONFile } from 'lowdb/node'; new JSONFile('db.json')", ["db.json"]),
        ("import winston from 'winston'; new winston.transports.File({ filename: 'logs/e.log' })", ["logs/e.log"]),
        ("const S = require('session-file-store')(session); new S({})", ["./sessions"]),
        ("const rfs = require('rotating-file-stream'); rfs.createStream('a.log', { path: 'log' })", ["log", "a.log"]),
        ("log4js.configure({ appenders: { f: { type: 'file', filename: 'logs/app.log' } } })", ["logs/app.log"]),
        ("TypeOrmModule.forRoot({ type: 'sqlite', database: 'data/app.sqlite' })", ["data/app.sqlite"]),
        ("new DataSource({ type: 'better-sqlite3', database: 'db/app' }) // sqlite", ["db/app"]),
        ("new DataSource({ type: 'sqlite', database: process.env.DATABASE })", [None]),
        ("new DataSource({ type: 'sqlite', database: ':memory:' })", []),
        ("new DataSource({ type: 'mysql', database: 'app' }) // as sqlite", []),
        ("knex({ client: 'sqlite3', connection: { filename: './store/data' } })", ["store/data"]),
        ("createClient({ url: 'file:./data/local.db' })", ["data/local.db"]),
        ("GraphQLModule.forRoot({ autoSchemaFile: join(process.cwd(), 'src/schema.gql') })", ["src/schema.gql"]),
        ("GraphQLModule.forRoot({ autoSchemaFile: true })", []),
        ("formidable({ uploadDir: './uploads' })", ["uploads"]),
        ("req.files.cv.mv('./uploads/' + req.files.cv.name)", ["uploads"]),
        ("sharp(input).resize(10).toFile('./thumbs/a.png')", ["thumbs/a.png"]),
        ("ffmpeg(input).save('out/a.mp3'); await document.save({ safe: true }); res.write('</p>')", ["out/a.mp3"]),
        ("import * as XLSX from 'xlsx'; XLSX.writeFile(book, 'out/a.xlsx')", ["out/a.xlsx"]),
        ("http.createServer().listen('/run/app/app.sock')", ["/run/app/app.sock"]),
    ],
)
def test_writes(tmp_path: Path, text: str, expected: list[str | None]) -> None:
    assert values(read_sources(project(tmp_path, {"a.ts": text}), "").writes) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app.listen(80)", ["80"]),
        ("const port = process.env.PORT || 3000; app.listen(port, () => {})", ["3000"]),
        ("const PORT = parseInt(process.env.PORT ?? '8080', 10); server.listen({ port: PORT })", ["8080"]),
        ("app.set('port', process.env.PORT || 5000); app.listen(app.get('port'))", ["5000"]),
        ("await app.listen(config.get('PORT'))", [None]),
        ("app.listen(process.env.PORT)", [None]),
        ("emitter.listen('event')", []),
        ("server.listen(() => {})", []),
        ("import { serve } from '@hono/node-server'; serve({ fetch, port: 4000 })", ["4000"]),
        ("startStandaloneServer(server, { listen: { port: 4001 } })", ["4001"]),
        ("let port = 1; port = 2; app.listen(port)", [None]),
        ("const port = 1; function start(port) { app.listen(port) }", [None]),
        ("const port = 1; const { port } = config; app.listen(port)", [None]),
    ],
)
def test_ports(tmp_path: Path, text: str, expected: list[str | None]) -> None:
    assert values(read_sources(project(tmp_path, {"a.ts": text}), "").ports) == expected


def test_unreadable_sources_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(b"\xff\xfe listen")
    assert [item.path for item in read_sources(BuildContext(tmp_path), "").unreadable] == ["a.js"]


def test_imports(tmp_path: Path) -> None:
    text = """
import a from 'a/x'; import type T from 'types'; import { type U, b } from '@s/b/deep'; import 'side';
import fs from 'node:fs'; import path from 'path'; export * from 'again'; import e = require('eq');
const c = require('c'); const d = await import('d'); const o = require('./own'); require.resolve('r');
require(name); import '@/local'; import t from '#internal'; import u from 'inner/own';
"""
    config = '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["./src/*"]}}} // with a comment'
    files = {"a.ts": text, "own.ts": "", "inner/own.ts": "", "tsconfig.json": config}
    found = imported_packages(project(tmp_path, files), "")
    assert sorted(value or "" for value in values(found)) == ["", "@s/b", "a", "again", "c", "d", "eq", "side"]


def test_package_names() -> None:
    assert package_of("@a/b/c") == "@a/b"
    assert package_of("lodash/fp") == "lodash"
    assert package_of("fs/promises") is None
    assert package_of("./x") is None
