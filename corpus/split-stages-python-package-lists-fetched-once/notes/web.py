"""Says which clients of databases are there."""

import subprocess

import psycopg2
from flask import Flask

app = Flask(__name__)


@app.get("/")
def clients() -> str:
    shell = subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
    return f"libpq {psycopg2.extensions.libpq_version() // 10000}, sqlite {shell}\n"
