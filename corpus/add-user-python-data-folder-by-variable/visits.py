import os
from http.server import BaseHTTPRequestHandler, HTTPServer

FOLDER = os.environ.get("DATA_DIR", "data")
LOG = os.path.join(FOLDER, "visits.log")


class Visits(BaseHTTPRequestHandler):
    def do_GET(self):
        with open(LOG, "a") as log:
            log.write(self.path + "\n")
        with open(LOG) as log:
            text = "".join(log).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    HTTPServer(("0.0.0.0", 8000), Visits).serve_forever()
