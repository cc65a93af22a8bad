from io import BytesIO

from flask import Flask, Response, url_for
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"

app = Flask(__name__)


@app.get("/badge/<text>")
def badge(text: str) -> Response:
    font = ImageFont.truetype(FONT, 14)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("RGB", (int(right - left) + 12, 24), "#2b6cb0")
    ImageDraw.Draw(picture).text((6, 4), text, font=font, fill="white")
    body = BytesIO()
    picture.save(body, "PNG")
    return Response(body.getvalue(), mimetype="image/png")


@app.get("/")
def index() -> str:
    with app.test_client() as client:
        drawn = client.get("/badge/passing")
        sheet = client.get(url_for("static", filename="prices.ods"))
    return f"{drawn.status_code} {drawn.mimetype}, {sheet.mimetype}"
