import bottle

app = bottle.default_app()


@bottle.get("/")
def home() -> str:
    return "a group of its own serves this"
