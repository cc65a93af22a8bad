import spacy
from fastapi import FastAPI

api = FastAPI()
language = spacy.load("en_core_web_sm")


@api.get("/entities")
def entities(text: str) -> list[str]:
    return [entity.text for entity in language(text).ents]
