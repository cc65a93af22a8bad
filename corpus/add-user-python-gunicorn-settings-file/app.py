from pathlib import Path

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"logged since {Path('/var/log/shop/error.log').read_text().count('Booting worker')} start"
