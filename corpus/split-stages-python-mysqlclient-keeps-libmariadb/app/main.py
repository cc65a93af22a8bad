import MySQLdb
from fastapi import FastAPI

api = FastAPI()


@api.get("/")
def index():
    return {"client": MySQLdb.get_client_info(), "message": "hello"}
