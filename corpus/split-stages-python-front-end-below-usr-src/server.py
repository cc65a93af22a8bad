import os

import bottle

PAGES = os.path.join(os.path.dirname(__file__), "web", "dist")


@bottle.get("/<name>")
def page(name):
    return bottle.static_file(name, root=PAGES)


if __name__ == "__main__":
    bottle.run(host="0.0.0.0", port=8080)
