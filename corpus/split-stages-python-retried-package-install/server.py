from http.server import BaseHTTPRequestHandler, HTTPServer

import psycopg2


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"libpq {psycopg2.extensions.libpq_version()}\n".encode())


HTTPServer(("", 8000), Handler).serve_forever()
