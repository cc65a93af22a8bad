"""Regular expressions that are compiled when they are first used.

The standard library takes a tenth of a millisecond to compile one. A run needs few of those that its modules define.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as regex
else:
    _MEMBERS = (
        "match", "fullmatch", "search", "finditer", "findall", "split", "sub", "subn", "flags", "groups", "groupindex",
    )  # fmt: skip

    class _Used:
        """What was compiled, with the members of a compiled expression."""

    class _Unused:
        """What is compiled, and becomes `_Used`, when it is asked for a member. (As long as a class has `__getattr__`,
        members take twice as long to find.)"""

        def __init__(self, pattern: str | bytes, flags: int) -> None:
            self.pattern = pattern
            self._flags = flags

        def __getattr__(self, name: str) -> Any:
            compiled = re.compile(self.pattern, self._flags)
            for member in _MEMBERS:
                setattr(self, member, getattr(compiled, member))
            self.__class__ = _Used
            return getattr(compiled, name)

    def regex(pattern: str | bytes, flags: int = 0) -> _Unused:
        return _Unused(pattern, flags)


__all__ = ["regex"]
