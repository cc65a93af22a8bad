import subprocess

from flask import Flask, request

from mirror import repository

app = Flask(__name__)


@app.get("/version")
def version():
    return subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout


@app.get("/heads")
def heads():
    return repository.heads(request.args["url"])


@app.get("/log")
def log():
    return repository.log(request.args["url"])
