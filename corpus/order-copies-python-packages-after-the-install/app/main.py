import os
import shutil

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"{shutil.which('envsubst')} and {sorted(os.listdir('/vol'))}"
