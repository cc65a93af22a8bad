import os

import psycopg2


def app(environ, start_response):
    with psycopg2.connect(os.environ["DATABASE_URL"]) as db, db.cursor() as cursor:
        cursor.execute("select name, rate from rates")
        lines = [f"{name} {rate}\n" for name, rate in cursor]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["".join(lines).encode()]
