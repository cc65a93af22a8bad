"""What a container starts, as the facts that transforms and toolchains ask for."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from dockrefactor import launch_words
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Started:
    """One command that runs when the container starts.

    `argv` has wrappers taken off; `known` is False where part of it is computed; `program` is the program that the
    engine or shell looks up first (a wrapper, where there is one); `cwd` its folder; `script` is the context path of
    the script that it stands in, `""` for the Dockerfile itself; `conditional` says that it may not run; `writes` are
    the files that it is redirected to, `?` where computed; `wrappers` what was taken off.
    """

    argv: tuple[str, ...]
    program: str
    cwd: str
    evidence: Evidence
    known: bool = True
    script: str = ""
    conditional: bool = False
    writes: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return posixpath.basename(self.argv[0]) if self.argv else ""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that ENTRYPOINT and CMD start, in order.

    `scripts` maps the image path of each script that was read to its context path; `unreadable` is what could not be
    followed; `one_string` marks an exec form that is one string with spaces; `drops` is where privileges are dropped;
    `shell` whether `/bin/sh` itself is needed; `login_shell` where one sets PATH anew; `empty` that nothing is named,
    or what waits for people alone (a shell, `tail -f /dev/null`); `mains` what each container becomes, where several
    start different things.
    """

    started: tuple[Started, ...] = ()
    scripts: Mapping[str, str] = None  # type: ignore[assignment]
    unreadable: tuple[Evidence, ...] = ()
    one_string: Evidence | None = None
    drops: Evidence | None = None
    shell: bool = False
    login_shell: Evidence | None = None
    empty: bool = False
    mains: tuple[Started, ...] = ()

    @property
    def main(self) -> Started | None:
        """What the container becomes: the last command that runs for certain, else the last."""
        certain = [item for item in self.started if not item.conditional]
        return next(reversed(certain or self.started), None)

    @property
    def waiting(self) -> Evidence | None:
        """What is named where `empty` holds: it waits for what people start in the container."""
        item = self.started[0] if self.empty and self.started else None
        return replace(item.evidence, says=f"`{' '.join(item.argv)}` waits for what people start") if item else None

    @property
    def programs(self) -> tuple[tuple[str, Evidence], ...]:
        """Every program that is looked up, builtins of the shell left out."""
        found: dict[str, Evidence] = {}
        for item in self.started:
            for name in (item.program, *item.wrappers, item.argv[0] if item.argv else ""):
                if name and name not in launch_words.builtins():
                    found.setdefault(name, item.evidence)
        return tuple(found.items())
