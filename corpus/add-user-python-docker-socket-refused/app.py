import http.client
import os
import socket

from flask import Flask

app = Flask(__name__)
SOCKET = "/var/run/docker.sock"


class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(SOCKET)


@app.get("/")
def index():
    if not os.path.exists(SOCKET):
        return "no engine here"
    engine = Engine("localhost")
    engine.request("GET", "/containers/json")
    return engine.getresponse().read().decode()
