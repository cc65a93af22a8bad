import configparser
import os

from flask import Flask

app = Flask(__name__)
config = configparser.ConfigParser()
config.read(os.environ["CONFIG_FILE"])


@app.get("/")
def index():
    return f"{config['site']['greeting']} {os.environ['APP_VERSION']}\n"
