from pathlib import Path

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    settings = Path("/tmp/settings")
    return settings.read_text() if settings.exists() else "no settings\n"
