import requests
import bottle

app = bottle.default_app()


@bottle.get("/")
def home() -> str:
    return f"asks like {requests.utils.default_user_agent()}"
