"""Prints the sum of the numbers in a YAML file."""

import sys

import yaml


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        print("sum", sum(yaml.safe_load(file).values()))


if __name__ == "__main__":
    main()
