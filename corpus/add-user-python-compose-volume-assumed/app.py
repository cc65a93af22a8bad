from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    with open("/var/lib/notes/visits.txt", "a") as notes:
        notes.write("visit\n")
    return "noted in the volume"
