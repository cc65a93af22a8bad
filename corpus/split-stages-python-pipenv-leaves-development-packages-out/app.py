import bottle


@bottle.get("/")
def home() -> str:
    return "no tools of the developer here"


if __name__ == "__main__":
    bottle.run(host="0.0.0.0", port=8080)
