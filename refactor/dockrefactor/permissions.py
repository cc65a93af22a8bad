"""Permissions that keep files from other users than their owner."""

from __future__ import annotations

import re
import stat

from dockrefactor.context import Entry


def takes_away(argv: tuple[str, ...]) -> bool:
    """Whether a chmod leaves others without what they need to read or start a file."""
    mode = next((word for word in argv[1:] if not word.startswith("-") or re.fullmatch(r"-[rwx]+", word)), "")
    if re.fullmatch(r"[0-7]{3,4}", mode):
        owner, others = int(mode[-3]), int(mode[-1])
        return others & 4 == 0 or (owner & 1 == 1 and others & 1 == 0)
    if re.search(r"(^|,)u\+[rwX]*x", mode) and not re.search(r"(^|,)([ugo]*[ao][ugo]*)?\+[rwX]*x", mode):
        return True
    return bool(re.search(r"(^|,)[ao]*o[ao]*[-=]|(^|,)a?-[rwx]|go[-=]", mode))


def is_closed(entry: Entry, started: bool) -> bool:
    """Whether others may not read an entry, enter it where it is a folder, or start it where its owner may."""
    bits = stat.S_IROTH | (stat.S_IXOTH if entry.is_dir or (started and entry.mode & stat.S_IXUSR) else 0)
    return not entry.is_link and entry.mode & bits != bits
