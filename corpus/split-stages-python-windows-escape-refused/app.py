from flask import Flask
from waitress import serve

app = Flask(__name__)


@app.get("/")
def index():
    return "hello from windows"


serve(app, port=8000)
