"""What a Django project writes when it runs: by commands of `manage.py`, and by fields of models that hold files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockrefactor.effects import absolute
from dockrefactor.facts import Facts
from dockrefactor.needs import Claim, SourceNeeds
from dockrefactor.tables import toml
from dockrefactor.toolchains.python_names import names
from dockrefactor.toolchains.python_paths import UPLOAD
from dockrefactor.toolchains.python_starts import started_programs


def written(facts: Facts, sources: SourceNeeds) -> Iterator[Claim]:
    """What the commands that the container starts write, and the files of models.

    `STATIC_ROOT` is written where `collectstatic` is started. Files of models lie in the process's folder where no
    source sets `MEDIA_ROOT`.
    """
    tables = toml("python_calls")
    commands = [
        (item, start) for item, start in started_programs(facts) if start.kind == "django-manage" and start.arguments
    ]
    started = {start.arguments[0] for _, start in commands}
    placed = any(_setting(claim) == tables["uploads"]["setting"] for claim in sources.writes)
    for claim in sources.settings:
        uploads = claim.evidence.says == UPLOAD
        by = tables["settings"]["commands"].get(_setting(claim), ())
        if (uploads and not placed) or not started.isdisjoint(by):
            yield claim
    for item, start in commands:
        if start.arguments[0] in names("django_changes"):
            yield Claim(absolute(posixpath.dirname(start.target or ""), item.cwd), item.evidence)


def _setting(claim: Claim) -> str:
    return claim.evidence.says.partition(",")[0]
