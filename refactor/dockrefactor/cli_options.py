"""Options of the command line that refactoring and proving have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def words(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """The comma-separated names of all uses of an option, None where it was not given."""
    names = (word.strip() for value in values for word in value.split(","))
    return tuple(name for name in names if name) if values else None


def known(option: str, name: str, metavar: str, text: str) -> Callable[[Any], Any]:
    """An option for what the user knows of the image, mostly from `verify --repair`."""
    return click.option(option, name, multiple=True, callback=words, metavar=metavar, help=text)


def on_request(command: Callable[..., Any]) -> Callable[..., Any]:
    """The switches for the transforms that else do not run: their names join the setting `also`."""
    for option, transform, text in reversed(_ON_REQUEST):
        switch = click.option(option, is_flag=True, expose_value=False, callback=_asks_for(transform), help=text)
        command = switch(command)
    return command


DEV_STAGE = click.option(
    "--dev-stage", is_flag=True, default=None, help="Keep a stage for compose services that people develop in."
)

_ON_REQUEST = (
    ("--cache-mounts", "mount-caches", "Also mount the caches of package managers (BuildKit)."),
    ("--dockerignore", "extend-dockerignore", "Also keep what no build reads out of the build context."),
    ("--jar-layers", "layer-jars", "Also copy a Spring Boot jar as its layers."),
    ("--name-stages", "name-stages", "Also name the stages that are referred to by number."),
    ("--test-stage", "separate-tests", "Also move the tests of a build to a stage of their own."),
    ("--link", "link-copies", "Also copy with --link where nothing lies beneath (BuildKit)."),
)


def _asks_for(transform: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def ask(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        asked: tuple[str, ...] | None = ctx.params.setdefault("also", None)
        if value:
            ctx.params["also"] = (*(asked or ()), transform)

    return ask
