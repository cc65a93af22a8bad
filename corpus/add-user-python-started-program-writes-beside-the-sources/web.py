import subprocess

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index() -> str:
    subprocess.run(["tar", "--create", "--gzip", "--file", "notes.tar.gz", "notes"], check=True)
    names = subprocess.run(["tar", "tf", "notes.tar.gz"], check=True, capture_output=True, text=True)
    return f"saved: {names.stdout}"
