"""The data files keep their promises: every fact has a source, names are well formed, references lead somewhere."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dockrefactor import image, os_packages

DATA = Path(__file__).parents[1] / "refactor/dockrefactor/data"
DEBIAN_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
ALPINE_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+._-]*")
PYTHON_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
PROGRAM_NAME = re.compile(r"(?:/nodejs/bin/)?[A-Za-z0-9_+.\[-]+")
SUITES = frozenset(("stretch", "buster", "bullseye", "bookworm", "trixie", "forky"))
LIBRARY_RELEASES = SUITES | {"alpine", "rpm"}
VARIANT_KEYS = frozenset((
    "parts", "libc", "base", "on", "shell", "package_manager", "programs", "only", "packages", "libraries", "tzdata",
    "ca_certificates", "env", "entrypoint", "cmd", "workdir", "user", "users", "expose", "stop_signal", "counterpart",
    "counterpart_image", "unlisted",
))  # fmt: skip
Table = dict[str, Any]


@cache
def load(name: str) -> Table:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


@cache
def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def listed(cell: str) -> list[str]:
    return [] if cell == "-" else cell.split(",")


@cache
def families() -> dict[str, Table]:
    return {
        name: table for name, table in load("images.toml").items() if isinstance(table, dict) and "variants" in table
    }


def variants() -> list[tuple[str, str, Table]]:
    return [
        (family, name, variant) for family, table in families().items() for name, variant in table["variants"].items()
    ]


@pytest.mark.parametrize(
    "path", sorted(p for p in DATA.iterdir() if p.suffix in (".tsv", ".toml")), ids=lambda p: p.name
)
def test_every_file_opens_with_what_its_columns_or_keys_mean(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text or text.startswith("# ")


# ---- images ------------------------------------------------------------------------------------------------


def test_every_image_family_says_where_its_facts_are_from() -> None:
    assert [name for name, table in families().items() if not table.get("source", "").startswith("https://")] == []


def test_the_common_families_are_there() -> None:
    wanted = {
        "python",
        "node",
        "golang",
        "debian",
        "ubuntu",
        "alpine",
        "nginx",
        "nginxinc/nginx-unprivileged",
        "scratch",
    }
    wanted |= {f"gcr.io/distroless/{kind}-debian{n}" for kind in ("static", "base", "cc") for n in (12, 13)}
    assert wanted <= families().keys()


@pytest.mark.parametrize(
    ("family", "name", "variant"), variants(), ids=lambda value: value if isinstance(value, str) else ""
)
class TestVariant:
    def test_has_a_libc_and_known_keys(self, family: str, name: str, variant: Table) -> None:
        assert variant["libc"] in {"glibc", "musl", "none"}
        assert variant.keys() <= VARIANT_KEYS

    def test_leads_to_variants_that_exist(self, family: str, name: str, variant: Table) -> None:
        known, bases = families(), load("images.toml")["bases"]
        assert variant.get("base", "debian") in bases
        assert variant.get("counterpart", name) in known[family]["variants"]
        on_family, on_variant = variant.get("on", (family, name))
        assert on_variant in known[on_family]["variants"]
        beneath = known[on_family]["variants"][on_variant]
        assert beneath["libc"] == variant["libc"]
        assert beneath.get("base") == variant.get("base")

    def test_does_not_stand_on_itself(self, family: str, name: str, variant: Table) -> None:
        known = families()
        seen = [(family, name)]
        while "on" in variant:
            place = (variant["on"][0], variant["on"][1])
            assert place not in seen
            seen.append(place)
            variant = known[place[0]]["variants"][place[1]]

    def test_names_are_well_formed(self, family: str, name: str, variant: Table) -> None:
        programs = [*variant.get("programs", []), *(p for some in variant.get("only", {}).values() for p in some)]
        assert [p for p in programs if not PROGRAM_NAME.fullmatch(p)] == []
        assert len(variant.get("programs", [])) == len(set(variant.get("programs", [])))
        wellformed = ALPINE_NAME if variant.get("base") == "alpine" else DEBIAN_NAME
        assert [p for p in variant.get("packages", []) if not wellformed.fullmatch(p)] == []
        assert variant.get("libraries", {}).keys() <= LIBRARY_RELEASES

    def test_says_whether_certificates_and_time_zones_are_there(self, family: str, name: str, variant: Table) -> None:
        if "on" not in variant and "alpine" not in name and family in ("debian", "alpine", "ubuntu", "python", "node"):
            assert {"tzdata", "ca_certificates"} <= variant.keys()


def test_no_two_variants_of_a_family_claim_the_same_tag() -> None:
    for family, table in families().items():
        parts = [frozenset(variant["parts"]) for variant in table["variants"].values()]
        assert len(parts) == len(set(parts)), family


def test_a_family_has_one_entry_for_plain_tags_and_valid_env_and_users() -> None:
    for family, table in families().items():
        assert sum(not variant["parts"] for variant in table["variants"].values()) == 1, family
        assert all(
            ENVIRONMENT_NAME.fullmatch(name) and isinstance(value, str) for name, value in table["env"].items()
        ), family
        accounts = [
            *table["users"],
            *(user for some in table.get("since", {}).values() for user in some.get("users", ())),
        ]
        assert all(
            {"name", "uid", "gid", "home"} <= user.keys() and user["home"].startswith("/") for user in accounts
        ), family


def test_releases_are_known_and_agree_with_the_table_of_tags() -> None:
    table = {
        (image, tag): (debian, alpine, settled) for image, tag, debian, alpine, settled in rows("image_releases.tsv")
    }
    ubuntu = load("images.toml")["ubuntu_releases"]
    for family, known in families().items():
        for tag, release in known.get("releases", {}).items():
            assert isinstance(release["settled"], bool)
            assert release.get("debian", "trixie") in SUITES
            assert release.get("ubuntu", "jammy") in ubuntu
            if (family, tag) in table:
                debian, alpine, settled = table[family, tag]
                assert (release["debian"], release.get("alpine", "-")) == (debian, alpine), (family, tag)
                assert release["settled"] == (settled == "yes"), (family, tag)


@pytest.mark.parametrize(
    ("image", "tag", "debian", "settled"),
    [
        ("python", "3.8", "bookworm", "yes"),
        ("python", "3.11.3", "bullseye", "yes"),
        ("python", "3.11.4", "bookworm", "yes"),
        ("node", "16", "buster", "yes"),
        ("golang", "1.19", "bookworm", "yes"),
        ("golang", "1.18", "bullseye", "yes"),
    ],
)
def test_release_beneath_a_tag(image: str, tag: str, debian: str, settled: str) -> None:
    found = [row for row in rows("image_releases.tsv") if row[:2] == [image, tag]]
    assert [(row[2], row[4]) for row in found] == [(debian, settled)]


def test_base_programs_do_not_promise_what_slim_images_lack() -> None:
    bases = load("images.toml")["bases"]
    assert {"sh", "bash", "useradd", "groupadd", "perl", "getent", "ldconfig"} <= set(bases["debian"]["programs"])
    assert not {"adduser", "curl", "wget", "ps", "git", "update-ca-certificates"} & set(bases["debian"]["programs"])
    assert "adduser" in bases["debian"]["only"]["bookworm"]
    assert "adduser" not in bases["debian"]["only"]["trixie"]
    assert not {"bash", "useradd", "groupadd", "usermod", "curl", "git"} & set(bases["alpine"]["programs"])


def test_small_images_of_red_hats_family_promise_no_account_tools() -> None:
    def programs(written: str) -> frozenset[str]:
        found = image.known(written)
        assert found is not None
        return found.programs

    ubi = "registry.access.redhat.com/ubi9"
    for written in (
        "centos:7",
        "rockylinux:9.3",
        "almalinux:8",
        "fedora:40",
        ubi,
        f"{ubi}/ubi:9.4-1123",
        "redhat/ubi8",
    ):
        assert {"bash", "curl", "useradd", "tar", "su"} <= programs(written), written
    for written in (
        "amazonlinux:2",
        "amazonlinux:2023",
        "rockylinux:8-minimal",
        f"{ubi}/ubi-minimal",
        "redhat/ubi8-minimal",
    ):
        assert not {"useradd", "tar", "find"} & programs(written), written
    assert "find" not in programs("rockylinux:8")


@pytest.mark.parametrize(
    ("written", "release"),
    [
        ("centos", "el8"),
        ("centos:7.9.2009", "el7"),
        ("centos:centos7", "el7"),
        ("quay.io/rockylinux/rockylinux:9.3", "el9"),
        ("almalinux:latest", ""),
        ("almalinux:9-minimal", "el9"),
        ("fedora:latest", "fedora"),
        ("fedora:rawhide", "fedora"),
        ("public.ecr.aws/amazonlinux/amazonlinux:2023", "al2023"),
        ("amazonlinux:2023.5.20240701.0", "al2023"),
        ("amazonlinux", ""),
        ("redhat/ubi9-minimal:9.4-1194", "el9"),
    ],
)
def test_releases_of_red_hats_family(written: str, release: str) -> None:
    found = image.known(written)
    assert found is not None
    assert found.is_rpm
    assert found.release == release


@pytest.mark.parametrize(
    ("written", "package", "libraries"),
    [
        ("centos:7", "sqlite-devel", ("sqlite",)),
        ("rockylinux:9", "sqlite-devel", ("sqlite-libs",)),
        ("centos:6", "openssl-devel", None),
        ("almalinux:latest", "openssl-devel", ("openssl-libs",)),
        ("almalinux:latest", "sqlite-devel", None),
        ("fedora:41", "zlib-devel", None),
        ("almalinux:10", "zlib-devel", ("zlib-ng-compat",)),
        ("fedora:41", "libcurl-devel", None),
        ("rockylinux:9", "libcurl-devel", ()),
        ("rockylinux:9", "unheard-of-devel", None),
    ],
)
def test_libraries_of_devel_packages(written: str, package: str, libraries: tuple[str, ...] | None) -> None:
    found = image.known(written)
    assert found is not None
    assert os_packages.libraries(package, found) == libraries
    known = libraries is not None
    assert (os_packages.role(package, found) is os_packages.Role.HEADERS) == known


# ---- operating-system packages -----------------------------------------------------------------------------


def test_development_packages_are_well_formed_sorted_and_unique() -> None:
    table = rows("debian_packages.tsv")
    assert [row for row in table if len(row) != 4] == []
    names = [row[0] for row in table]
    assert names == sorted(names)
    keys = [(row[0], suite) for row in table for suite in row[1].split(",")]
    assert len(keys) == len(set(keys))
    assert {suite for _, suite in keys} == {"bullseye", "bookworm", "trixie", "forky", "sid"}
    for row in table:
        for name in (row[0], *listed(row[2]), *listed(row[3])):
            assert DEBIAN_NAME.fullmatch(name), row


@pytest.mark.parametrize(
    ("package", "suite", "runtime"),
    [
        ("libpq-dev", "bookworm", "libpq5"),
        ("default-libmysqlclient-dev", "bookworm", "libmariadb3"),
        ("libssl-dev", "bullseye", "libssl1.1"),
        ("libssl-dev", "bookworm", "libssl3"),
        ("libssl-dev", "trixie", "libssl3t64"),
        ("libssl-dev", "sid", "libssl3t64"),
        ("libffi-dev", "bookworm", "libffi8"),
        ("libcurl4-openssl-dev", "trixie", "libcurl4t64"),
        ("libjpeg-dev", "bookworm", "libjpeg62-turbo"),
        ("unixodbc-dev", "bookworm", "libodbc2,libodbccr2,libodbcinst2"),
    ],
)
def test_what_a_development_package_leaves_behind(package: str, suite: str, runtime: str) -> None:
    assert [row[2] for row in rows("debian_packages.tsv") if row[0] == package and suite in row[1].split(",")] == [
        runtime
    ]


@pytest.mark.parametrize(
    ("written", "package", "libraries"),
    [
        ("debian:bookworm", "libicu-dev", ("libgcc-s1", "libicu72", "libstdc++6")),
        ("debian:forky", "libpq-dev", ("libpq5",)),
        ("debian:forky", "libicu-dev", None),  # still being made: another version in the releases beside it
        ("ubuntu:20.04", "libssl-dev", ("libssl1.1",)),
        ("ubuntu:22.04", "libssl-dev", ("libssl3",)),
        ("ubuntu:22.04", "default-libmysqlclient-dev", ("libmysqlclient21",)),  # MariaDB's in Debian
        ("ubuntu:jammy", "libpq-dev", ("libpq5",)),
        ("ubuntu:22.04", "libgeos-dev", None),
        ("ubuntu:latest", "libpq-dev", None),
    ],
)
def test_what_a_development_package_of_an_image_leaves_behind(
    written: str, package: str, libraries: tuple[str, ...] | None
) -> None:
    base = image.known(written)
    assert base is not None
    assert os_packages.libraries(package, base) == libraries


def test_programs_are_well_formed_and_unique() -> None:
    table = rows("programs.tsv")
    assert [row for row in table if len(row) != 7 or set(row[1:]) == {"-"}] == []
    names = [row[0] for row in table]
    assert len(names) == len(set(names))
    for _, *debian, alpine in table:
        assert all(cell == "-" or DEBIAN_NAME.fullmatch(cell) for cell in debian)
        assert alpine == "-" or ALPINE_NAME.fullmatch(alpine)


@pytest.mark.parametrize("family", ["debian", "alpine", "rpm"])
def test_a_package_has_one_purpose(family: str) -> None:
    table = load("os_packages.toml")[family]
    assert table["source"].startswith("https://")
    purposes = [table[key] for key in ("build_only", "tools", "apt_tools", "runtime")]
    everything = [name for names in purposes for name in names]
    assert len(everything) == len(set(everything))
    assert all(ALPINE_NAME.fullmatch(name) for name in everything)
    build = [re.compile(pattern) for pattern in table["build_only_patterns"]]
    runtime = [re.compile(pattern) for pattern in table["runtime_patterns"]]
    assert [n for n in (*table["tools"], *table["runtime"]) if any(p.fullmatch(n) for p in build)] == []
    assert [n for n in table["build_only"] if any(p.fullmatch(n) for p in runtime)] == []


def test_no_development_package_counts_as_runtime() -> None:
    table = load("os_packages.toml")["debian"]
    patterns = [re.compile(pattern) for pattern in table["runtime_patterns"]]
    caught = [row[0] for row in rows("debian_packages.tsv") if any(pattern.fullmatch(row[0]) for pattern in patterns)]
    assert caught == []


def test_alpine_development_packages_lead_to_packages() -> None:
    for name, runtime in load("os_packages.toml")["alpine"]["runtime_of"].items():
        assert ALPINE_NAME.fullmatch(name)
        assert all(ALPINE_NAME.fullmatch(one) and not one.endswith("-dev") for one in runtime), name


# ---- Python packages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "package"), load("python_packages.toml").items())
def test_python_package(name: str, package: Table) -> None:
    assert PYTHON_NAME.fullmatch(name)
    assert package["source"].startswith(("https://", "http://"))
    assert package["wheel"] in (True, False, "pure")
    assert package.keys() <= {"source", "wheel", "libraries", "built_libraries", "programs", "writes", "unsure"}
    for release, libraries in {**package.get("libraries", {}), **package.get("built_libraries", {})}.items():
        assert release in LIBRARY_RELEASES
        assert libraries
        assert all(ALPINE_NAME.fullmatch(one) and not one.endswith("-dev") for one in libraries)
    assert set(package.get("writes", [])) <= {"~", "."}


def test_programs_of_python_packages_have_a_package() -> None:
    known = {row[0] for row in rows("programs.tsv")}
    wanted = {program for package in load("python_packages.toml").values() for program in package.get("programs", [])}
    assert wanted - known == set()


def test_kinds_of_python_packages_do_not_contradict() -> None:
    kinds, packages = load("python_kinds.toml"), load("python_packages.toml")
    assert kinds["source"].startswith("https://")
    assert kinds["pure"] == sorted(set(kinds["pure"]))
    assert not set(kinds["pure"]) & kinds["wheels"].keys()
    assert all(PYTHON_NAME.fullmatch(name) for name in (*kinds["pure"], *kinds["wheels"], *kinds["brings"]))
    assert [name for name in kinds["pure"] if packages.get(name, {}).get("wheel", "pure") != "pure"] == []
    assert [name for name in kinds["wheels"] if packages.get(name, {}).get("wheel", True) is not True] == []


def test_wheels_table_is_well_formed() -> None:
    for row in rows("python_wheels.tsv"):
        name, kind, wheels, needs = row
        assert PYTHON_NAME.fullmatch(name)
        assert kind in {"pure", "wheel", "sdist"}
        assert (kind == "wheel") == (wheels != "-")
        assert all(re.fullmatch(r"(?:cp3\d+|abi3\.cp3\d+|py3[\d.]*):[^-]+-[^-]+", one) for one in listed(wheels))
        assert all(PYTHON_NAME.fullmatch(one) for one in listed(needs))


def test_outputs_of_programs_are_well_formed() -> None:
    keys = {"like", "options", "operand", "default", "switches", "unless", "only", "source", "letters"}
    names: list[str] = []
    for name, entry in load("program_outputs.toml").items():
        names += [name, *entry.get("like", [])]
        assert entry.keys() <= keys
        assert entry["source"].startswith("https://")
        assert entry.get("operand", "last") in ("last", "first", "all")
        assert {"options", "operand", "default"} & entry.keys()
        assert all(option.startswith("-") for option in (*entry.get("options", []), *entry.get("switches", [])))
        assert all(word.isalpha() for word in entry.get("letters", []))
    assert len(names) == len(set(names))
