from bottle import route, run


@route("/")
def hours():
    return "open from nine to five"


run(host="0.0.0.0", port=8000)
