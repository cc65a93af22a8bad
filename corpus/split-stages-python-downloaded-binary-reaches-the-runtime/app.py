import subprocess

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return subprocess.check_output(["protoc", "--version"], text=True)
