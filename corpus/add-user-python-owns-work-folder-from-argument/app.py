from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    with open("visits.log", "a") as log:
        log.write("visit\n")
    return "visit noted"
