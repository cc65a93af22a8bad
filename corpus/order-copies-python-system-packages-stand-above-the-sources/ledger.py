"""Prints the balance of a small ledger, which the command line of SQLite adds up."""

import subprocess

ENTRIES = "bread,-4\nsalary,120\nrent,-70\n"


def main() -> None:
    rows = "".join(f"INSERT INTO entry VALUES('{name}', {amount});\n" for name, amount in map(split, ENTRIES.split()))
    script = "CREATE TABLE entry(name, amount INTEGER);\n" + rows + "SELECT 'balance ' || sum(amount) FROM entry;\n"
    done = subprocess.run(["sqlite3", ":memory:"], input=script, text=True, capture_output=True, check=True)
    print(done.stdout, end="")


def split(line: str) -> list[str]:
    return line.split(",")


if __name__ == "__main__":
    main()
