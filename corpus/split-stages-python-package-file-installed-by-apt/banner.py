"""Draws a banner."""

import subprocess

import bottle

app = bottle.Bottle()


@app.get("/")
def index():
    drawn = subprocess.run(["figlet", "-W", "hello"], capture_output=True, text=True, check=True).stdout
    return f"<pre>{drawn}</pre><p>drawn by figlet</p>"
