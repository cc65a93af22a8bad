import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"hello {os.environ.get('WHO', 'poetry')}\n"
