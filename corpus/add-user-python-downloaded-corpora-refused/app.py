from flask import Flask
from nltk.corpus import stopwords

app = Flask(__name__)


@app.get("/")
def index():
    return ", ".join(stopwords.words("english")[:5])
