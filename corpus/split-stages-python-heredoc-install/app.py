import configparser

from flask import Flask

app = Flask(__name__)
settings = configparser.ConfigParser()
settings.read("/etc/greeter.ini")


@app.get("/")
def index():
    return settings["greeter"]["text"]
