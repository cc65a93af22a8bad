from pathlib import Path

from waitress import serve

TABLE = Path(__file__).with_name("table.txt")


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [TABLE.read_bytes()]


if __name__ == "__main__":
    serve(app, listen="0.0.0.0:8080")
