"""Image references, and what is known of the images that they name (`data/images.toml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from dockrefactor import image_releases, tables
from dockrefactor.image_releases import SUITES, UNLISTED, numbered
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, replace

# the PATH of an image that sets none, as the engine has it
STANDARD_PATH: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# the package managers of Red Hat's family of distributions
RPM_MANAGERS: Final = frozenset({"yum", "dnf", "microdnf", "tdnf"})
_WINDOWS: Final = ("windowsservercore", "nanoserver", "mcr.microsoft.com/windows", "mcr.microsoft.com/dotnet/framework")
_REFERENCE: Final = regex(
    r"(?P<name>[a-z0-9][a-zA-Z0-9._\-/:]*?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`repository[:tag][@digest]`; `repository` is as Docker Hub shortens it, `registry` what the author has before it,
    `written` is the author's text."""

    written: str
    repository: str
    tag: str
    digest: str
    registry: str = ""

    def beside(self, official: str) -> str:
        """The name of an official image, taken from where this one is taken from; of any other, that name."""
        return official if "/" in official or "/" in self.repository else self.registry + official

    def with_tag(self, tag: str) -> str:
        """The author's spelling of the repository with another tag."""
        name = self.written.partition("@")[0]
        head, colon, old = name.rpartition(":")
        return f"{head if colon and '/' not in old else name}:{tag}"


def parse_reference(written: str) -> Reference | None:
    """The parts of an image reference; None where it is none (a variable, say)."""
    match = _REFERENCE.fullmatch(written)
    if match is None:
        return None
    name = match["name"]
    registry = next((item for item in tables.toml("images")["official_prefixes"] if name.startswith(item)), "")
    return Reference(written, name.removeprefix(registry), match["tag"] or "latest", match["digest"] or "", registry)


@dataclass(frozen=True, slots=True)
class User:
    """An account that an image has."""

    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True)
class Image:
    """What is known of one image.

    `family` and `variant` (`full`, `slim`, `alpine` …) are as the table names them; `release` the Debian suite (of Red
    Hat's family `el9`, `fedora` …), `""` where the tag may still move to another or there is none, `UNLISTED` where it
    is too old for the tables; `newest_release` the one it has today; `programs` are found on its PATH; `packages` are
    packages that it has.
    """

    reference: Reference
    family: str
    variant: str
    libc: str
    release: str
    newest_release: str
    language: str
    package_manager: str
    shell: str
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    workdir: str
    env: Mapping[str, str]
    users: tuple[User, ...]
    user: str
    programs: frozenset[str]
    packages: frozenset[str]
    counterpart: str  # the variant to run on, `""` where this is it already
    counterpart_image: str  # the same in another family, `""` also where its release is not settled
    follows_release: bool  # whether that other family's tag names the release
    ca_certificates: bool
    tzdata: bool
    source: str
    user_variable: str = ""

    @property
    def is_debian(self) -> bool:
        return self.package_manager == "apt"

    @property
    def is_alpine(self) -> bool:
        return self.package_manager == "apk"

    @property
    def is_rpm(self) -> bool:
        return self.package_manager in RPM_MANAGERS


def _tag_parts(tag: str) -> list[str]:
    return [re.sub(r"^alpine[\d.]+$", "alpine", part) for part in tag.split("-")]


def variant_of(tag: str, family: Mapping[str, Any]) -> str | None:
    """Which variant a tag names: the one with the most parts in it; None where a part of the tag is not known."""
    version = re.compile(family.get("version_part", r"(?!)"))
    parts = [
        part
        for part in _tag_parts(tag)
        if part not in SUITES
        and not re.fullmatch(r"v?\d[\w.]*|latest|lts|current|stable|mainline|rc\w*|beta\w*|alpha\w*", part)
        and not version.fullmatch(part)
    ]
    best: str | None = None
    most = -1
    for name, facts in family.get("variants", {}).items():
        wanted = facts.get("parts", ())
        if set(wanted) <= set(parts) and len(wanted) > most:
            best, most = name, len(wanted)
    if best is None:
        return None
    others = set(parts) - set(family["variants"][best].get("parts", ())) - _MOVING
    return best if all(codename_major(part) is not None for part in others) else None


# tags that move; those of long-term releases of Node are in the table
_MOVING: Final = frozenset({"edge", "rolling"})


def codename_major(tag: str) -> int | None:
    """The major version of Node that a tag names by the word of its long-term release; None where it names none."""
    names: Mapping[str, int] = tables.toml("images")["node_codenames"]
    return names.get(tag.partition("-")[0])


def is_windows(written: str) -> bool:
    """Whether a reference names a Windows image."""
    return any(word in written for word in _WINDOWS)


def starts_a_server(written: str) -> bool:
    """Whether an image starts its own server as an ordinary user, where a Dockerfile names nothing else."""
    reference = parse_reference(written)
    return reference is not None and reference.repository in tables.toml("images")["servers"]


@cache
def known(written: str) -> Image | None:
    """The image that `written` names; None where nothing is known of it."""
    reference = parse_reference(written)
    if reference is None or is_windows(written):
        return None
    images = tables.toml("images")
    if reference.repository in images["derived"]:
        return _derived(reference, images["derived"][reference.repository])
    name = images["same_as"].get(reference.repository, reference.repository)
    family = images.get(name)
    if family is None or "variants" not in family:
        return None
    variant = variant_of(reference.tag, family)
    if variant is None:
        return None
    facts: dict[str, Any] = {**family, **family["variants"][variant]}
    release, today, alpine = image_releases.release(family, name, reference.tag)
    layers = list(_layers(name, variant))
    if not today and "unlisted" in facts:
        facts.update(facts["unlisted"])
        layers = [facts]
    since = _since(family, reference)
    facts.update(since)
    gone = since.get("gone", ())
    layers[0] = {**layers[0], "programs": [name for name in layers[0].get("programs", ()) if name not in gone]}
    key = "alpine" if facts.get("package_manager") == "apk" else today
    return Image(
        reference=reference,
        family=name,
        variant=variant,
        libc=facts.get("libc", ""),
        release="" if key == "alpine" else release,
        newest_release=alpine if key == "alpine" else today,
        language=facts.get("language", ""),
        package_manager=facts.get("package_manager", ""),
        shell=facts.get("shell", ""),
        entrypoint=tuple(facts.get("entrypoint", ())),
        cmd=tuple(facts.get("cmd", ())),
        workdir=facts.get("workdir", "/"),
        env=dict(facts.get("env", {})),
        users=_users(facts, reference),
        user=str(facts.get("user", "")),
        programs=_programs(facts, layers, release),
        packages=_packages(layers, key),
        counterpart=facts.get("counterpart", ""),
        counterpart_image=_counterpart_name(facts, release, alpine),
        follows_release=any(name in facts.get("counterpart_image", "") for name in ("{debian}", "{alpine}")),
        ca_certificates=any(layer.get("ca_certificates") for layer in layers),
        tzdata=any(layer.get("tzdata") for layer in layers),
        source=facts.get("source", ""),
        user_variable=facts.get("user_variable", ""),
    )


def _derived(reference: Reference, row: Mapping[str, Any]) -> Image | None:
    """An image that adds programs to an official one, which is what to run on; None for its other tags."""
    match = re.fullmatch(row["tag"], reference.tag)
    beneath = known(row["image"].format(**match.groupdict("")) if match is not None else "")
    if beneath is None:
        return None
    smaller = counterpart(beneath) or beneath
    return replace(
        beneath,
        reference=Reference(reference.written, beneath.family, beneath.reference.tag, reference.digest),
        programs=beneath.programs | set(row["programs"]),
        env={**beneath.env, **row["env"]},
        cmd=tuple(row["cmd"]),
        counterpart_image="" if reference.digest else smaller.reference.written,
        source=row["source"],
    )


def _users(facts: Mapping[str, Any], reference: Reference) -> tuple[User, ...]:
    """The accounts of an image; those of a family may be younger than some of its versions."""
    number = re.match(r"\d+(?:\.\d+)*", reference.tag)
    first = facts.get("users_since", {}).get(number[0].partition(".")[0], "0") if number is not None else "0"
    # a tag that leaves the end of its version open names the last that was made
    if number is not None and (*numbered(number[0]), 99, 99) < numbered(first):
        return ()
    return tuple(User(item["name"], item["uid"], item["gid"], item["home"]) for item in facts.get("users", ()))


def _since(family: Mapping[str, Any], reference: Reference) -> dict[str, Any]:
    """What a family says of the version that a tag names and those after it."""
    found: dict[str, Any] = {}
    numbers = re.match(r"\d+(?:\.\d+)*", reference.tag)
    for version, more in family.get("since", {}).items():
        if numbers is None and reference.tag.partition("-")[0] != "latest":
            continue
        if numbers is None or numbered(numbers[0]) >= numbered(version):
            env = {**found.get("env", family.get("env", {})), **more.get("env", {})}
            found |= {**more, "env": {name: value for name, value in env.items() if value}}
    return found


def _layers(family: str, variant: str) -> Iterator[Mapping[str, Any]]:
    """The table of a variant, and of each that it adds to."""
    facts = tables.toml("images")[family]["variants"][variant]
    yield facts
    beneath = facts.get("on")
    if beneath:
        yield from _layers(beneath[0], beneath[1])


def _programs(facts: Mapping[str, Any], layers: list[Mapping[str, Any]], release: str) -> frozenset[str]:
    bases = tables.toml("images")["bases"]
    base = bases.get(facts.get("base", ""), {})
    found = {name for layer in layers for name in (*layer.get("programs", ()), *layer.get("only", {}).get(release, ()))}
    return frozenset(found | set(base.get("programs", ())) | set(base.get("only", {}).get(release, ())))


def _packages(layers: list[Mapping[str, Any]], release: str) -> frozenset[str]:
    return frozenset(
        name for layer in layers for name in (*layer.get("packages", ()), *layer.get("libraries", {}).get(release, ()))
    )


def _counterpart_name(facts: Mapping[str, Any], debian: str, alpine: str) -> str:
    template = str(facts.get("counterpart_image", ""))
    if ("{debian}" in template and debian in ("", UNLISTED)) or ("{alpine}" in template and not alpine):
        return ""
    return (
        template.replace("{debian}", debian).replace("{alpine}", alpine)
        if "{version}" not in template and "{java}" not in template
        else ""
    )


def counterpart(image: Image) -> Image | None:
    """The image to run on in place of `image`: same libc and release, fewer tools. None where there is none known.

    A tag keeps its version and suite: `python:3.12-bookworm` -> `python:3.12-slim-bookworm`, `node:20-bookworm` ->
    `node:20-bookworm-slim`.
    """
    if not image.counterpart or image.reference.digest:
        return None
    if image.counterpart_image:
        return known(image.counterpart_image)
    found = _of_variant(image, image.counterpart)
    return found if found is not None and found.libc == image.libc else None


def on_alpine(image: Image) -> Image | None:
    """The same version of a language on Alpine, None where none was made: `node:20-bookworm` -> `node:20-alpine`."""
    if not image.language or image.reference.digest or "alpine" not in tables.toml("images")[image.family]["variants"]:
        return None
    found = _of_variant(image, "alpine", with_suite=False)
    return found if found is not None and found.is_alpine and found.newest_release else None


def _of_variant(image: Image, variant: str, with_suite: bool = True) -> Image | None:
    """The image of the same family and version that is of another variant."""
    family = tables.toml("images")[image.family]
    tag = str(family.get("latest", "")) if image.reference.tag == "latest" else image.reference.tag
    parts = [part for part in tag.split("-") if part not in ("latest", "")]
    suite = [part for part in parts if part in SUITES and with_suite]
    own = family["variants"][image.variant].get("parts", ())
    version = [part for part in parts if part not in SUITES and part not in own]
    ordered = [*version, *suite, variant] if family.get("suite_before_variant") else [*version, variant, *suite]
    return known(image.reference.with_tag("-".join(ordered)))


def pinned(image: Image) -> Image | None:
    """The same image by a tag that names its Debian release: `golang:1` -> `golang:1-trixie`. None where none is known,
    the tag names one already, or the family has no such tags."""
    named = image.release or image.reference.digest
    if named or not image.follows_release or not image.is_debian or image.newest_release not in SUITES:
        return None
    tag = image.reference.tag
    found = known(
        image.reference.with_tag(image.newest_release if tag == "latest" else f"{tag}-{image.newest_release}")
    )
    return found if found is not None and found.release == image.newest_release else None
