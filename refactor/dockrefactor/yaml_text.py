"""YAML texts that nobody vouches for: what they hold, or nothing."""

from __future__ import annotations

from typing import Any


def documents(text: str) -> list[Any] | None:
    """The documents of a text; None where it is no YAML, or nested too deeply."""
    import yaml  # takes long to import

    # the compiled one where there is one: lock files are long
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return list(yaml.load_all(text, Loader=loader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def document(text: str) -> Any:
    """The only document of a text; None where it is none, or one of several."""
    found = documents(text)
    return found[0] if found is not None and len(found) == 1 else None
