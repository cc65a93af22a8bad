import subprocess

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return subprocess.check_output(["node", "render.js", "two languages"], text=True)
