import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"hello from {os.getuid()}\n"
