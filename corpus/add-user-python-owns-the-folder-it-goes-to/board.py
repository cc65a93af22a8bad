"""A notice board: every visit is a line of a file in the data folder."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open("notes.txt", encoding="utf-8") as lines:
    NOTES = lines.read()

os.chdir("/var/board")


class Board(BaseHTTPRequestHandler):
    def do_GET(self):
        with open("visits.log", "a", encoding="utf-8") as log:
            log.write(self.path + "\n")
        with open("visits.log", encoding="utf-8") as log:
            count = len(log.readlines())
        body = f"{NOTES}written: {count > 0}\n".encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8000), Board).serve_forever()
