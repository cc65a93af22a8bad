"""`python -m dockrefactor`."""

from __future__ import annotations

from dockrefactor.cli import main

if __name__ == "__main__":
    main()
