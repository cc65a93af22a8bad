from flask import Flask

from greeting import text

app = Flask(__name__)


@app.get("/")
def index():
    return text
