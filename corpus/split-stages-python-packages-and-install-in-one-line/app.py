from flask import Flask
import psycopg2.extensions

app = Flask(__name__)


@app.get("/")
def index():
    return f"libpq {psycopg2.extensions.libpq_version()}"
