"""How a .NET build is split: the published folder on the runtime image that its projects need."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import partial

from dockrefactor import image, reachability, tables
from dockrefactor.context import outermost
from dockrefactor.effects import absolute, in_image, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.image import Image
from dockrefactor.image_releases import numbered
from dockrefactor.needs import Claim
from dockrefactor.records import dataclass, replace
from dockrefactor.source_copies import outermost_copied
from dockrefactor.stages import Stage
from dockrefactor.toolchain import Artifact, Blocked, BlockedError, Plan, TreeNeeds, started_by_tool
from dockrefactor.toolchains import (
    dotnet_commands,
    dotnet_needs,
    dotnet_packages,
    dotnet_projects,
    dotnet_starts,
    opened_files,
)
from dockrefactor.toolchains.dotnet_files import Project
from dockrefactor.toolchains.dotnet_needs import Work
from dockrefactor.toolchains.dotnet_sources import DotnetNeeds

_FIRST_ON_RUNTIME = 5  # from this version on, the SDK's images stand on the runtime images
_FIRST_FOR_ALL = 8  # from this version on, there are runtime images with what the SDK's have on Alpine


@dataclass(frozen=True, slots=True)
class Published:
    """The folder that the launch starts the program from: `by_path` where the program is started itself, not by
    `dotnet`."""

    folder: str
    work: Work
    project: Project | None
    by_path: bool
    evidence: Evidence


def plan(facts: Facts) -> Plan | Blocked:
    """See `Toolchain.plan`."""
    try:
        return _plan(facts)
    except BlockedError as error:
        return error.blocked


def _stop(code: str, evidence: Evidence, says: str) -> BlockedError:
    return BlockedError(Blocked(code, replace(evidence, says=says)))


def _plan(facts: Facts) -> Plan:
    for item in facts.launch.started:
        call = dotnet_commands.parse(item.argv)
        if call is not None and call.does != "starts":
            says = f"`{' '.join(item.argv[:2])}` needs the SDK"
            raise BlockedError(started_by_tool(item, says, partial(dotnet_starts.direct, facts, item)))
    works = dotnet_needs.works(facts, facts.final)
    if not works:
        return Plan()
    for work in works:
        stray = dotnet_needs.stray(work)
        if work.target is None or not work.projects or stray:
            what = stray or work.call.target or "one project or solution"
            raise _stop("manifest-missing", work.evidence, f"{what} is not to be found where it is built")
    compiling = next(_compiling(facts), None)
    if compiling is not None:
        raise _stop("needs-build-tool", compiling.evidence, "the program starts the SDK")
    found = _published(facts, facts.final, works)
    outputs = [found.folder, *(folder for work in works for folder in _bins(work))]
    elsewhere = opened_files.taken_elsewhere(facts, facts.final, "dotnet", outputs)
    if elsewhere is not None:
        raise BlockedError(elsewhere)
    opened = opened_files.beside_artifacts(
        facts, facts.final, _opened(facts, facts.final, works, found), [found.folder], outputs
    )
    if isinstance(opened, Blocked):
        raise BlockedError(opened)
    port = _port(facts, found)
    return Plan(
        artifacts=(Artifact(found.folder, True, found.evidence),),
        context_paths=opened,
        source_tree=outermost_copied(facts.final.steps, _root(works)) if opened is not None else None,
        instead=dotnet_packages.instead(facts, works, _said(found)),
        gain="the SDK and the sources stay behind",
        evidence=tuple(dict.fromkeys([found.work.evidence, found.evidence, *_why(facts, found)])),
        assumed=(port,) if port is not None else (),
        runtimes=tuple(dict.fromkeys(_runtimes(facts, found))),
    )


def _compiling(facts: Facts) -> Iterator[Claim]:
    """Where sources start `dotnet` themselves."""
    read = dotnet_needs.sources(facts)
    for claim in (*read.needs.programs, *read.commands) if read is not None else ():
        if claim.value is not None and posixpath.basename(claim.value) == "dotnet":
            yield claim


def _bins(work: Work) -> list[str]:
    """The folders in which a build leaves what it compiles."""
    assert work.target is not None
    found = [dotnet_projects.outputs(item, work.call, work.cwd, work.target[1]) or () for item in work.projects]
    return [folder for folders in found for folder in folders if posixpath.basename(folder) != "obj"]


def _root(works: Sequence[Work]) -> str:
    """The image folder that holds all sources."""
    tops = [
        in_image(item.folder, work.target[1], dotnet_projects.named_folder(work.call.target, work.cwd))
        for work in works
        if work.target is not None
        for item in work.projects
    ]
    return posixpath.commonpath(tops)


def _published(facts: Facts, stage: Stage, works: Sequence[Work]) -> Published:
    """Where the program that the launch starts is published."""
    launch = dotnet_needs.started(facts)
    if launch is None:
        main = facts.launch.main
        place = main.evidence if main is not None else facts.at(facts.final.origin, "")
        raise _stop("ambiguous-artifact", place, "names nothing that the build makes")
    item, word = launch
    other = _besides(facts, absolute(word, item.cwd))
    if other is not None:
        raise BlockedError(Blocked("ambiguous-artifact", other))
    return _found(facts, stage, works, absolute(word, item.cwd), word, item.evidence)


def _besides(facts: Facts, path: str) -> Evidence | None:
    """Where the launch starts another program than that at an image path."""
    others = (pair for pair in dotnet_needs.launches(facts) if absolute(pair[1], pair[0].cwd) != path)
    return next((replace(item.evidence, says=f"`{word}` is started besides {path}") for item, word in others), None)


def _found(facts: Facts, stage: Stage, works: Sequence[Work], path: str, word: str, place: Evidence) -> Published:
    if "$" in word:
        raise _stop("ambiguous-artifact", place, f"`{word}` is computed when it starts")
    name = posixpath.basename(path).removesuffix(".dll")
    by_path = not word.endswith(".dll")
    for work in reversed(works):
        output = absolute(work.call.output, work.cwd) if work.call.output else ""
        folder = output if output and inside(path, output) else ""
        if not folder and any(inside(path, place_of) for place_of in _bins(work)):
            folder = posixpath.dirname(path)
        if not folder:
            continue
        own = next(dotnet_projects.of_assembly(list(work.projects), name), None)
        _check(facts, stage, work, folder, own, name, place)
        says = f"`{word}` is what it starts"
        return Published(folder, work, own, by_path, replace(place, says=says))
    if not reachability.may_exist(facts, stage, path):
        raise _stop("launch-missing", place, f"`{word}` is started, and nothing puts it there")
    raise _stop("ambiguous-artifact", place, f"`{word}` is not where the build puts what it makes")


def _check(
    facts: Facts, stage: Stage, work: Work, folder: str, own: Project | None, name: str, place: Evidence
) -> None:
    """Raises where the folder cannot be handed over as it is."""
    known = [item.assembly for item in work.projects]
    if own is None and any(item.open_ended for item in work.projects):
        raise _stop("ambiguous-artifact", place, f"what names the assembly {name} is not told")
    if own is None and None not in known:
        raise _stop("launch-missing", place, f"the build makes {', '.join(map(str, known))}, not {name}")
    if not _is_published_to(work, folder):
        _check_built(facts, work, own, place)
    # files that are added to it by name after the build go along with it, or are copied after it
    copies = [
        (pair, at)
        for at, step in enumerate(stage.steps)
        if step.copy is not None and step.copy.origin is None
        for pair in step.copy.pairs or [("", step.copy.destination, True)]
    ]
    mixed = [target for (_, target, is_folder), at in copies if is_folder or at < work.at]
    if folder == "/" or any(inside(target, folder) for target in mixed):
        raise _stop("ambiguous-artifact", place, f"{folder} holds the sources too")


def _is_published_to(work: Work, folder: str) -> bool:
    """Whether a publish leaves the whole program in a folder, not a build what it compiles."""
    named = work.call.output and folder == absolute(work.call.output, work.cwd)
    return work.call.verb == "publish" and (bool(named) or "publish" in folder.split("/"))


def _check_built(facts: Facts, work: Work, own: Project | None, place: Evidence) -> None:
    """Raises where what a build compiles needs more than its folder when it starts."""
    if own is None:
        raise _stop("ambiguous-artifact", place, "of which project it is cannot be told")
    if any(item.packages and not dotnet_projects.copies_packages(item) for item in work.projects):
        raise _stop("ambiguous-artifact", place, "what is built, not published, loads packages from NuGet's folder")
    assets = [item.folder for item in work.projects if facts.context.is_dir(posixpath.join(item.folder, "wwwroot"))]
    if own.is_web and (assets or dotnet_needs.is_developed(facts) or any(facts.context.files(own.folder, (".razor",)))):
        says = "a web project that is built, not published, serves its sources' files"
        raise _stop("ambiguous-artifact", place, says)


def _opened(facts: Facts, stage: Stage, works: Sequence[Work], found: Published) -> tuple[str, ...] | None:
    """Context paths that the program may open; None where it lists its work folder.

    Named literally in sources, settings and launch, copied by name for no build. Where the program is not started in
    its own folder, the settings, pages and files beside the sources are what it serves.
    """
    resolve = stage.resolver()
    cwd = facts.final.after.cwd
    folders = [item.folder for work in works for item in work.projects]
    unread = dotnet_projects.is_unread
    kept = dict.fromkeys([*facts.launch.scripts.values(), *opened_files.set_up(stage)])
    kept.update(dict.fromkeys(opened_files.copied_by_name(stage, folders, unread)))
    read = dotnet_needs.sources(facts)
    claims = read.needs.reads if read is not None else ()
    for claim in claims:
        if claim.value is None:
            continue
        named = absolute(claim.value.replace("{base}", found.folder), cwd)
        path = stage.source(named) if not inside(named, found.folder) else None
        if path == "" or (path is not None and path in folders):
            return None
        if path is not None:
            kept[path] = None
    for claim in _texts(read) if read is not None else ():
        path = resolve(absolute(claim.value or "", cwd))
        if path and path not in folders and not unread(path):
            kept[path] = None
    made = [claim.value for claim in (read.needs.writes if read is not None else ()) if claim.value is not None]
    kept.update(dict.fromkeys(opened_files.folders_of(facts.context, resolve, made, cwd, True)))
    packages = {name.lower() for work in works for item in work.projects for name in item.packages}
    beside = [path for name, path in tables.toml("dotnet")["packages"]["reads"].items() if name in packages]
    kept.update(dict.fromkeys(opened_files.in_work_folder(facts, stage, beside)))
    serves = not inside(cwd, found.folder) and (found.project is None or dotnet_projects.is_hosted(found.project))
    if any(claim.value is None for claim in claims) or serves or (read is not None and read.closed):
        kept.update(dict.fromkeys(opened_files.data(facts, stage, folders, unread)))
    if inside(cwd, found.folder):
        # the published folder has its own copy of them
        kept = {path: None for path in kept if not _is_published(path, folders, facts)}
    return outermost(kept)


def _texts(read: DotnetNeeds) -> Iterator[Claim]:
    """The texts that may name a file, but for the ends of paths that begin at the program's own folder."""
    own = [claim for claim in read.needs.reads if claim.value is not None and "{base}" in claim.value]
    ends = {(claim.evidence.path, claim.evidence.line, posixpath.basename(claim.value or "")) for claim in own}
    return (claim for claim in read.texts if (claim.evidence.path, claim.evidence.line, claim.value) not in ends)


def _is_published(path: str, folders: Sequence[str], facts: Facts) -> bool:
    """Whether the SDK copies a file of a web project to the published folder: pages, settings, static files."""
    inner = next((path[len(folder) :].lstrip("/") for folder in folders if inside("/" + path, "/" + folder)), path)
    return inner.split("/")[0] == "wwwroot" or (inner.endswith((".json", ".config", ".cshtml")) and "/" not in inner)


def _version(tag: str) -> int:
    match = re.match(r"\d+", tag)
    return int(match[0]) if match else 99


def _port(facts: Facts, found: Published) -> Blocked | None:
    """The lifted obstacle that runtime images set a port which the SDK's of the same version leave open; None where it
    is none."""
    base = facts.final.base
    assert base is not None
    runtime = image.known(next(_runtimes(facts, found)))
    if runtime is None or runtime.env.get("ASPNETCORE_URLS") == base.env.get("ASPNETCORE_URLS"):
        return None
    web = found.project is None or dotnet_projects.needs_aspnet(facts.context, found.project)
    if not web or dotnet_needs.says_address(facts, dotnet_needs.sources(facts)):
        return None
    says = "the SDK's image leaves http://localhost:5000, the image to run on sets http://+:80"
    blocked = Blocked("base-image-port", facts.at(facts.final.origin, says))
    if blocked.code not in facts.options.assume:
        raise BlockedError(blocked)
    return blocked


def _why(facts: Facts, found: Published) -> Iterator[Evidence]:
    if found.project is None:
        return
    if found.by_path and _is_self_contained(found):
        yield Evidence(found.project.path, 0, "the program brings its runtime along")
    elif dotnet_projects.needs_aspnet(facts.context, found.project):
        yield Evidence(found.project.path, 0, "it is of the web SDK, or a package may bring ASP.NET Core")
    else:
        yield Evidence(found.project.path, 0, "neither it nor its packages bring ASP.NET Core")


def _runtimes(facts: Facts, found: Published) -> Iterator[str]:
    """Images to run on, the smallest first; the base image itself last."""
    base = facts.final.base
    assert base is not None
    kind = "aspnet"
    if found.by_path and _is_self_contained(found):
        kind = "runtime-deps"
    elif found.project is not None and not dotnet_projects.needs_aspnet(facts.context, found.project):
        kind = "runtime"
    name = _named(facts, base, kind, found)
    runtime = image.known(name) if name else None
    if runtime is not None and runtime.libc == base.libc:
        yield name
    yield base.reference.written


def _named(facts: Facts, base: Image, kind: str, found: Published) -> str:
    """The image of that kind for the version and distribution of an SDK's image, `""` where there is none."""
    table = tables.toml("dotnet")["images"]
    match = re.fullmatch(table["tag"], base.reference.tag)
    if base.family not in table["families"] or match is None or base.reference.digest:
        return ""
    rest = match["rest"]
    before_eight = _version(base.reference.tag) < _FIRST_FOR_ALL
    if "alpine" in rest:
        # the SDK has ICU and time zones, which the runtime images have only with `extra`
        invariant = _is_invariant(facts, found)
        if not invariant and (before_eight or not _has_extra(rest, table["extra"][kind])):
            return ""
        rest += "" if invariant else "-extra"
    elif rest in table["no_zones"] and _version(base.reference.tag) < _FIRST_ON_RUNTIME:
        return ""
    prefix = base.reference.written.partition(base.family)[0]
    return (
        f"{prefix}{table['families'][base.family].format(kind=kind)}:{match['version']}{table['slim'].get(rest, rest)}"
    )


def _is_invariant(facts: Facts, found: Published) -> bool:
    """Whether the program needs neither ICU nor its data."""
    env = facts.final.after.env.get("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "").lower()
    own = found.project.properties if found.project is not None else {}
    return env in ("1", "true") or own.get("InvariantGlobalization", "").lower() == "true"


def _has_extra(rest: str, first: str) -> bool:
    """Whether the images of an Alpine release (`""`: the newest) were made with `extra` too: since `first`."""
    named = re.search(r"\d+\.\d+", rest)
    return named is None or numbered(named[0]) >= numbered(first)


def _said(found: Published) -> dict[str, str]:
    """The properties that the project and the command line set."""
    own = found.project.properties if found.project is not None else {}
    return {**own, **found.work.call.properties}


def _is_self_contained(found: Published) -> bool:
    """Whether the published folder holds the runtime too."""
    options, said = found.work.call.options, _said(found)
    if "--no-self-contained" in options or options.get("--self-contained") == "false":
        return False
    return "true" in (
        options.get("--self-contained", options.get("--sc", "")).lower(),
        said.get("SelfContained", "").lower(),
        said.get("PublishAot", "").lower(),
    )


def tree_needs(facts: Facts, stage: int, folder: str) -> TreeNeeds | Blocked | None:
    """See `Toolchain.tree_needs`."""
    builder = facts.stages[stage]
    works = dotnet_needs.works(facts, builder)
    copy = next((step.copy for step in facts.final.steps if step.copy is not None and step.copy.stage is builder
                 and any(absolute(source, "/") == folder for source in step.copy.sources)), None)  # fmt: skip
    launch = dotnet_needs.started(facts)
    if not works or copy is None or launch is None or any(work.target is None for work in works):
        return None
    path = absolute(launch[1], launch[0].cwd)
    if not inside(path, copy.destination):
        return None
    other = _besides(facts, path)
    if other is not None:
        return Blocked("unknown-reads", other)
    there = posixpath.normpath(posixpath.join(folder, posixpath.relpath(path, copy.destination)))
    try:
        found = _found(facts, builder, works, there, launch[1], launch[0].evidence)
    except BlockedError as unplanned:
        return Blocked("unknown-reads", unplanned.blocked.evidence)
    if found.folder == folder or not inside(found.folder, folder):
        return None
    opened = _opened(facts, builder, works, found)
    root = builder.resolver()(folder)
    if opened is None or root is None:
        return Blocked("unknown-reads", found.evidence)
    kept = tuple(posixpath.relpath("/" + path, "/" + root) for path in opened if inside("/" + path, "/" + root))
    return TreeNeeds((posixpath.relpath(found.folder, folder),), kept, (found.evidence,))
