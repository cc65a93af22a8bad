"""The start of the program, also by `python -m dockrefactor`."""

from __future__ import annotations

import gc


def main() -> None:
    """The entry point of the program."""
    # what is imported stays: looking for garbage among it would be for nothing (`cli` begins with it when all is there)
    gc.disable()
    from dockrefactor import cli

    cli.main()


if __name__ == "__main__":
    main()
