"""A shop that tells which version of PostgreSQL's library it was built with."""

import psycopg2
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return f"open, with libpq {psycopg2.__libpq_version__ // 10000}"
