from fastapi import FastAPI

QUOTES = ["Less is more.", "Simple things should be simple."]

app = FastAPI()


@app.get("/")
def quote(number: int = 0) -> dict[str, str]:
    return {"quote": QUOTES[number % len(QUOTES)]}
