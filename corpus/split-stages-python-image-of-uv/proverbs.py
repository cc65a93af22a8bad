from flask import Flask

app = Flask(__name__)
PROVERBS = ["many hands make light work", "a watched pot never boils"]


@app.get("/<int:number>")
def proverb(number):
    return {"says": PROVERBS[number % len(PROVERBS)]}
