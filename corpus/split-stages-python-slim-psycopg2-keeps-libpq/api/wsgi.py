import os

import psycopg2
from flask import Flask, jsonify

application = Flask(__name__)


def connect():
    return psycopg2.connect(os.environ["DATABASE_URL"])


@application.get("/libpq")
def libpq():
    return jsonify(libpq=psycopg2.extensions.libpq_version())


@application.get("/now")
def now():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("select now()")
        return jsonify(now=cursor.fetchone()[0].isoformat())
