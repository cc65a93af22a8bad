import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def count():
    with open("visits.txt") as file:
        visits = int(file.read()) + 1
    with open("visits.txt", "w") as file:
        file.write(str(visits))
    return f"{os.environ['GREETING']} for the {visits}. time"


app.run(host="0.0.0.0", port=8000)
