from flask import Flask, request

from drop import store

app = Flask(__name__)


@app.put("/")
def put():
    return store.save(request.get_data())


@app.get("/")
def example():
    return "stored " + store.save(b"hello")
