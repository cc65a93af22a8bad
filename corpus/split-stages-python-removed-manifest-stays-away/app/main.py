from pathlib import Path

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"{len(list(Path('/code').glob('*.txt')))} manifests here"
