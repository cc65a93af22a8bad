import sqlite3

from flask import Flask, jsonify

DATABASE = "/data/notes.db"

app = Flask(__name__)


def connect():
    connection = sqlite3.connect(DATABASE)
    connection.execute("create table if not exists note (text text)")
    return connection


@app.get("/")
def notes():
    with connect() as connection:
        connection.execute("insert into note values ('hello')")
        return jsonify([row[0] for row in connection.execute("select text from note")])
