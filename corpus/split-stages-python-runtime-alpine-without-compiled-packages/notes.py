"""Notes, one file each."""

import os
import pathlib

import bottle
from dotenv import load_dotenv

load_dotenv()
FOLDER = pathlib.Path("/data/notes")
app = bottle.Bottle()


@app.get("/")
def index():
    return {"notes": sorted(path.name for path in FOLDER.iterdir()), "title": os.environ.get("TITLE", "all notes")}


@app.post("/<name>")
def add(name):
    with open("/data/notes/latest.txt", "w") as file:
        file.write(bottle.request.body.read().decode())
    return {"added": name}
