import magic
from flask import Flask, request

app = Flask(__name__)


@app.post("/")
def upload():
    return magic.from_buffer(request.get_data(), mime=True)


@app.get("/")
def example():
    return magic.from_buffer(b"%PDF-1.7", mime=True)
