import http.server
from pathlib import Path

VISITS = Path("/data/visits.txt")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("/data/visits.txt", "a") as visits:
            visits.write("visit\n")
        count = len(VISITS.read_text().splitlines())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"visits: {count}\n".encode())


http.server.HTTPServer(("", 8000), Handler).serve_forever()
