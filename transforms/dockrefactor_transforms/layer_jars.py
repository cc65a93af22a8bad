"""Copies a Spring Boot jar as its layers, so that a change of the sources leaves the layer of the libraries.

On request only (`--jar-layers`). The stage that builds the jar extracts it with Spring Boot's own tool, and the final
stage copies the libraries, the loader, the snapshots and the application, in this order. The small jar of the
application names its libraries itself and takes the place of the large one, so that `java -jar` starts it with the same
words. That is so from Spring Boot 3.3 on: what an older one extracts is started by another command, and stays a jar.

A program that looks at its own archive, a jar that is more than started, layers that the project defines, and a folder
that has a `lib` already are refused.
"""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING

from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.outcome import Change, Outcome, Reason, ReasonEnum, Refusal, Transform, Unneeded
from dockrefactor.stages import Copy, Stage, Step
from dockrefactor.text import Edit, Span, insertion

if TYPE_CHECKING:
    from dockrefactor.toolchains.java_layers import BootJar

# the order of the layers, what changes least first
# https://docs.spring.io/spring-boot/reference/packaging/container-images/dockerfiles.html
_LAYERS = ("dependencies", "spring-boot-loader", "snapshot-dependencies", "application")
_PLACES = ("/layers", "/jar-layers")
# folders whose `lib` is the system's
_SYSTEM = ("/", "/usr", "/usr/local", "/var")


class Reasons(ReasonEnum):
    """Why no jar is copied as layers."""

    NO_JAR = Reason(
        "no-boot-jar",
        "The final stage copies no single jar of Spring Boot from the stage that builds it.",
        "Nothing; split the file first (split-stages) where it has one stage.",
    )
    OTHER_START = Reason(
        "layers-change-start",
        "What this version of Spring Boot extracts is started by another command than `java -jar`.",
        "Update to Spring Boot 3.3 or newer, or write the layers and the start by hand.",
    )
    UNKNOWN_LAYERS = Reason(
        "unknown-layers",
        "It cannot be shown that the jar has Spring Boot's usual layers.",
        "Take spring-boot-starter-parent as the parent and the plugin as it is, or write the layers by hand.",
    )
    USED_OTHERWISE = Reason(
        "jar-used-otherwise",
        "The jar is more than started by `java -jar`, or its folder has libraries already.",
        "Copy the jar alone into a folder of its own, and start it with `java -jar`.",
    )


def run(facts: Facts) -> Outcome:
    """The layers of the final stage's one jar."""
    copies = [step for step in facts.final.steps if _jar_of(step) is not None]
    nothing = Unneeded(Reasons.NO_JAR, facts.at(facts.final.origin, "no jar to extract"))
    if len(copies) != 1 or copies[0].copy is None or copies[0].copy.stage is None:
        return nothing
    from dockrefactor.toolchains import java_layers  # loads much of Java

    step, copy, builder = copies[0], copies[0].copy, copies[0].copy.stage
    source = absolute(copy.sources[0], "/")
    try:
        jar = java_layers.boot_jar(facts, builder, source)
    except java_layers.UnknownArchiveError as error:
        return Refusal(Reasons.UNKNOWN_LAYERS, facts.at(step.instruction, str(error)))
    if jar is None:
        return nothing
    if jar.version < java_layers.JAR_STARTS_ITSELF:
        return Refusal(
            Reasons.OTHER_START, facts.at(step.instruction, f"Spring Boot {jar.version[0]}.{jar.version[1]}")
        )
    target = posixpath.join(copy.destination, posixpath.basename(jar.path)) if copy.into_folder else copy.destination
    against = _against(facts, step, target, builder) or java_layers.other_use(facts, target)
    if against is not None:
        return Refusal(Reasons.USED_OTHERWISE, against)
    return _layered(facts, step, jar, target, builder)


def _jar_of(step: Step) -> Copy | None:
    copy = step.copy
    mine = copy is not None and copy.stage is not None and copy.known and len(copy.sources) == 1
    return copy if mine and copy is not None and copy.sources[0].endswith(".jar") else None


def _against(facts: Facts, step: Step, target: str, builder: Stage) -> Evidence | None:
    """What in the Dockerfile stands against layers in the place of the jar."""
    folder = posixpath.dirname(target)
    flags = {flag.partition("=")[0] for flag in step.instruction.flags}
    if step.instruction.json or flags - {"--from", "--chown", "--chmod", "--link"}:
        return facts.at(step.instruction, "the copy cannot be repeated for each layer")
    if folder in _SYSTEM or not target.endswith(".jar"):
        return facts.at(step.instruction, f"{folder} has folders of the system")
    if builder.after.user not in ("", "root", "0") or builder.after.shell:
        return facts.at(builder.origin, "the stage does not end as root, with the usual shell")
    libraries = posixpath.join(folder, "lib")
    for other in facts.final.steps:
        if other is step:
            continue
        if other.copy is not None and any(inside(path, libraries) for path in other.copy.writes):
            return facts.at(other.instruction, f"puts something at {libraries}")
        for placed in other.commands:
            touched = {target, libraries} & set(placed.effects.writes)
            if (
                touched
                or placed.effects.kind is Kind.UNKNOWN
                or (placed.effects.removes and "*" in other.instruction.value)
            ):
                return facts.at(other.instruction, f"may change {target}")
    if facts.final.resolver()(libraries) is not None:
        return facts.at(step.instruction, f"the build context puts something at {libraries}")
    return None


def _layered(facts: Facts, step: Step, jar: BootJar, target: str, builder: Stage) -> Outcome:
    document = facts.document
    place = next((name for name in _PLACES if name not in document.text), None)
    if place is None:
        return Refusal(Reasons.USED_OTHERWISE, facts.at(builder.origin, f"{_PLACES[0]} is in use"))
    command = f"java -Djarmode=tools -jar {shlex.quote(jar.path)} extract --layers --destination {place}"
    name, wanted = posixpath.basename(jar.path), posixpath.basename(target)
    if name != wanted:
        made = posixpath.join(place, "application")
        command += f" && mv {shlex.quote(f'{made}/{name}')} {shlex.quote(f'{made}/{wanted}')}"
    last = builder.steps[-1].instruction
    ending = "" if document.text[: last.span.end].endswith("\n") else document.newline
    words = step.instruction.words
    head = Span(step.instruction.span.start, words[0].span.start).of(document.text)
    folder = posixpath.dirname(target)
    lines = [f"{head}{place}/{layer}/ {folder}/{document.newline}" for layer in _LAYERS]
    text = "".join(lines)
    if not document.source(step.instruction).endswith("\n"):
        text = text.rstrip("\r\n")
    edits = (
        insertion(last.span.end, ending + document.typed(f"RUN {command}") + document.newline),
        Edit(step.instruction.span, text),
    )
    return Change(edits, "a change of the sources leaves the layer of the libraries", (jar.evidence,))


TRANSFORM = Transform("layer-jars", run, Reasons, on_request=True)
