"""What a container answers over TCP, and whether two answers are the same."""

from __future__ import annotations

import http.client
import re
from collections.abc import Sequence
from difflib import unified_diff
from typing import Final

from dockrefactor import tables
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass

# long: whoever is still starting answers the first request late, and those that gave up stand before the next
_SECONDS: Final = 20.0
_MAX_BODY: Final = 4 * 1024 * 1024
_SHOWN: Final = 12
# what differs from one container or moment to the next
_VARYING: Final = (
    (regex(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (regex(r"\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"), "<time>"),
    (regex(r"\b(?:\w{3}, )?\d\d \w{3} \d{4} \d\d:\d\d:\d\d(?: GMT| [+-]\d{4})?"), "<time>"),
    (regex(r"\b\w{3} \w{3} [ \d]\d \d{4}(?: \d\d:\d\d:\d\d)?(?: GMT[+-]\d{4})?"), "<time>"),
    (regex(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "<time>"),
    (regex(r"\b1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?\b"), "<time>"),
    (regex(r"\b(?:127\.0\.0\.1|localhost|172\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+):\d+\b"), "<host>"),
    (regex(r"\b(?:172|10)\.\d+\.\d+\.\d+\b"), "<host>"),
    (regex(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b"), "<id>"),
    (regex(r"\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|seconds|sec)\b"), "<duration>"),
    (regex(r"\b0x[0-9a-f]{6,}\b"), "<address>"),
    (regex(r"(?<= -- tip: ).+"), "<tip>"),  # one of many, by chance: https://github.com/motdotla/dotenv
    (regex(r"\bpid[=: ]+\d+\b|\[\d+\]", re.IGNORECASE), "<pid>"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status with its body; the status 0 where something answered that is no HTTP."""

    status: int
    body: str
    again: str = ""  # the body of a second request

    def __str__(self) -> str:
        return f"HTTP {self.status}" if self.status else "an answer that is no HTTP"


def get(host: str, port: int, path: str) -> Answer | None:
    """GET `path`, following no redirect; None where nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}", "Accept": "*/*"})
        response = connection.getresponse()
        return Answer(response.status, response.read(_MAX_BODY).decode("utf-8", "replace"))
    except http.client.RemoteDisconnected:
        return None  # it is a ConnectionResetError and no broken answer
    except http.client.HTTPException:
        return Answer(0, "")
    except OSError:
        return None
    finally:
        connection.close()


def plain(text: str) -> str:
    """`text` without what differs from one build, run or moment to the next."""
    for pattern in tables.toml("verify")["builds"]["names"]:
        for name in {match["name"] for match in re.finditer(pattern, text)}:
            text = text.replace(name, "<build>")
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text.replace("\r\n", "\n").rstrip()


def difference(before: str, after: str, before_again: str = "", after_again: str = "") -> str:
    """A unified diff of two texts, empty where they are the same. The second texts, where given, tell which lines
    change from one request to the next: these do not count."""
    old, new = plain(before).split("\n"), plain(after).split("\n")
    if old == new:
        return ""
    if before_again and after_again and len(old) == len(new):
        old_again, new_again = plain(before_again).split("\n"), plain(after_again).split("\n")
        if len(old_again) == len(old) and len(new_again) == len(new):
            unstable = [
                first != second or third != fourth
                for first, second, third, fourth in zip(old, old_again, new, new_again, strict=True)
            ]
            old, new = _without(old, unstable), _without(new, unstable)
            if old == new:
                return ""
    rows = list(unified_diff(old, new, "original", "result", lineterm="", n=1))
    more = f"\n… {len(rows) - _SHOWN} lines more" if len(rows) > _SHOWN else ""
    return "\n".join(row[:200] for row in rows[:_SHOWN]) + more


def _without(rows: Sequence[str], unstable: Sequence[bool]) -> list[str]:
    return [row for row, varies in zip(rows, unstable, strict=True) if not varies]
