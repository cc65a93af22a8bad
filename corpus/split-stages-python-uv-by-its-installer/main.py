import json
from pathlib import Path

from flask import Flask, jsonify

app = Flask(__name__)
QUOTES = json.loads((Path(__file__).parent / "quotes.json").read_text())


@app.get("/quotes/<int:number>")
def quote(number):
    return jsonify(QUOTES[number])
