import bottle


@bottle.get("/")
def home() -> str:
    with open("visits.txt", "a") as file:
        file.write("one more\n")
    with open("visits.txt") as file:
        return f"{len(file.readlines())} visits"


bottle.run(host="0.0.0.0", port=8080)
