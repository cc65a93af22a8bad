from pathlib import Path

from flask import Flask, send_from_directory

PAGES = Path(__file__).resolve().parent.parent / "frontend" / "dist"

app = Flask(__name__)


@app.get("/")
def index():
    return send_from_directory(PAGES, "index.html")


@app.get("/assets/<path:name>")
def assets(name: str):
    return send_from_directory(PAGES / "assets", name)


@app.get("/api/greeting")
def greeting():
    return {"text": "hello"}
