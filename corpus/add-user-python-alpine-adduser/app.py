from flask import Flask
from waitress import serve

app = Flask(__name__)


@app.get("/")
def index():
    return "hello from flask\n"


if __name__ == "__main__":
    serve(app, listen="*:8000")
