from pathlib import Path

from flask import Flask

app = Flask(__name__)
TABLE = Path("/var/lib/ranks/table.csv")


@app.get("/")
def ranks():
    return TABLE.read_text().replace("\n", " ")
