import ctypes

from flask import Flask

app = Flask(__name__)
libxml2 = ctypes.CDLL("libxml2.so.2")


@app.get("/")
def index():
    return f"libxml2 answers {libxml2.xmlCheckVersion(20900)}"
