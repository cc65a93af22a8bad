from pathlib import Path

import bottle

WORDS = len(Path("words.bin").read_bytes())


@bottle.get("/")
def home() -> str:
    return f"{WORDS} bytes of words"


app = bottle.default_app()
