"""Prints a JSON file of rows as a table."""

import json
import sys

from tabulate import tabulate

with open(sys.argv[1], encoding="utf-8") as file:
    print(tabulate(json.load(file), headers="keys"))
