import os

from flask import Flask, redirect, url_for
from PIL import Image, ImageDraw

app = Flask(__name__)


@app.get("/card/<name>")
def card(name):
    picture = Image.new("RGB", (200, 80), "white")
    ImageDraw.Draw(picture).text((10, 30), name, fill="black")
    picture.save(os.path.join("static", "cards", f"{name}.png"))
    return redirect(url_for("static", filename=f"cards/{name}.png"))
