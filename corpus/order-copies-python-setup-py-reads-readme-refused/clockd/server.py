import argparse
import datetime

from waitress import serve

from clockd.version import VERSION


def application(environ, start_response):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"clockd {VERSION} {now}\n".encode()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    serve(application, port=parser.parse_args().port)
