import csv
from pathlib import Path

import click
from tabulate import tabulate

STOCK = Path(__file__).with_name("stock.csv")


@click.group()
def main():
    """Reads the stock list."""


@main.command("list")
def list_stock():
    with STOCK.open() as file:
        print(tabulate(csv.DictReader(file), headers="keys"))
