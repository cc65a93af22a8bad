from flask import Flask, request
from nltk.tokenize import word_tokenize

app = Flask(__name__)


@app.post("/words")
def words():
    return {"words": word_tokenize(request.get_data(as_text=True))}
