from bottle import Bottle, run

app = Bottle()


@app.get("/")
def index():
    return "stock: 12 crates\n"


if __name__ == "__main__":
    run(app, host="0.0.0.0", port=8000)
