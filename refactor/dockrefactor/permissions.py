"""Permissions that keep files from other users than their owner."""

from __future__ import annotations

import re
import stat


def takes_away(argv: tuple[str, ...]) -> bool:
    """Whether a chmod leaves others without what they need to read or start a file."""
    mode = next((word for word in argv[1:] if not word.startswith("-") or re.fullmatch(r"-[rwx]+", word)), "")
    if re.fullmatch(r"[0-7]{3,4}", mode):
        owner, others = int(mode[-3]), int(mode[-1])
        return others & 4 == 0 or (owner & 1 == 1 and others & 1 == 0)
    if re.search(r"(^|,)u\+[rwX]*x", mode) and not re.search(r"(^|,)([ugo]*[ao][ugo]*)?\+[rwX]*x", mode):
        return True
    return bool(re.search(r"(^|,)[ao]*o[ao]*[-=]|(^|,)a?-[rwx]|go[-=]", mode))


def gives(argv: tuple[str, ...], binary: bool) -> bool:
    """Whether a chmod lets others read a file; of a `binary`, start it."""
    mode = next((word for word in argv[1:] if not word.startswith("-")), "")
    if re.fullmatch(r"[0-7]{3,4}", mode):
        return int(mode[-1]) & (1 if binary else 4) != 0
    wanted = "rx" if binary else "r"
    return bool(re.search(rf"(^|,)(?:[ugo]*[ao][ugo]*)?[+=][rwX]*[{wanted}]", mode))


def is_fetched_closed(source: str) -> bool:
    """Whether an ADD of this source makes a file of mode 600: of an address, where it is no repository."""
    return re.match(r"https?://", source, re.IGNORECASE) is not None and not re.search(r"\.git(?:#|\?|$)", source)


def is_closed(mode: int, started: bool) -> bool:
    """Whether others may not read what has this mode, enter it (a folder), or start it where its owner may."""
    bits = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) or (started and mode & stat.S_IXUSR) else 0)
    return not stat.S_ISLNK(mode) and mode & bits != bits
