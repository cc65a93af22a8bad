# /// script
# requires-python = ">=3.11"
# dependencies = ["flask==3.0.3"]
# ///
import json
from pathlib import Path

from flask import Flask

app = Flask(__name__)
QUOTES = json.loads(Path(__file__).with_name("quotes.json").read_text())


@app.get("/quotes/<int:number>")
def quote(number):
    return QUOTES[number]


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8000)
