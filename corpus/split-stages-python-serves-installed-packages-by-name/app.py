from flask import Flask, send_from_directory

app = Flask(__name__)


@app.get("/")
def index():
    return '<link rel="stylesheet" href="/vendor/normalize.css/normalize.css">hello'


@app.get("/vendor/<path:name>")
def vendor(name: str):
    return send_from_directory("node_modules", name)


app.run(host="0.0.0.0", port=5000)
