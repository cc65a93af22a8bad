from pathlib import Path

from flask import Flask

app = Flask(__name__)
VERSION = Path("version.txt").read_text()


@app.get("/")
def index():
    return VERSION
