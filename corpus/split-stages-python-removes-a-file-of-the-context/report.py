import json
import os

from tabulate import tabulate

level = "info"
if os.path.exists("local.json"):
    with open("local.json") as settings:
        level = json.load(settings)["level"]

print(tabulate([["level", level]]))
