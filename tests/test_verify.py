"""What `verify` concludes without any engine: answers, loaders' rules, permissions, verdicts, reports."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from cases import CORPUS
from dockrefactor.cli import program
from dockrefactor.records import replace
from dockrefactor.verify import answers, behaviour, network, proof_report, rebuilding, running
from dockrefactor.verify.building import Step, counted
from dockrefactor.verify.engine import Done
from dockrefactor.verify.findings import Finding, Lack, Verdict, Weight, note, verdict
from dockrefactor.verify.image_checks import Look
from dockrefactor.verify.image_files import ImageFile, ImageFiles, Who
from dockrefactor.verify.images import Configured
from dockrefactor.verify.owners import Owners
from dockrefactor.verify.proving import Plan, Proof, Prover, Side, Version
from dockrefactor.verify.rebuilding import Edit, Rebuilt
from dockrefactor.verify.running import Observation, Trial
from dockrefactor.verify.shared_libraries import Binary, Loader, interpreters, program_of

SIDE = Side(1_000_000, 3, "", 10, frozenset({"gcc", "libc6"}), frozenset())


def files_of(tree: Mapping[str, str | int], links: Mapping[str, str] | None = None) -> ImageFiles:
    """An image's files: a path with its content as an ordinary file, or with its mode as a folder; and links."""
    found = {"/": ImageFile("/", stat.S_IFDIR | 0o755, 0, 0, 0)}
    for path, content in tree.items():
        if isinstance(content, int):
            found[path] = ImageFile(path, stat.S_IFDIR | content, 0, 0, 0)
        else:
            found[path] = ImageFile(path, stat.S_IFREG | 0o644, 0, 0, len(content))
        for folder in list(Path(path).parents)[:-1]:
            found.setdefault(folder.as_posix(), ImageFile(folder.as_posix(), stat.S_IFDIR | 0o755, 0, 0, 0))
    for path, target in (links or {}).items():
        found[path] = ImageFile(path, stat.S_IFLNK | 0o777, 0, 0, 0, target)

    def read(paths: Iterable[str]) -> dict[str, bytes]:
        return {path: str(tree[path]).encode() for path in paths if path in tree}

    return ImageFiles(found, read)


def seen(
    code: int | None = None, output: str = "", status: int = 200, body: str = "hi", **extra: object
) -> Observation:
    fields: dict[str, object] = {
        "answers": {(80, "/"): answers.Answer(status, body)} if code is None and status else {},
        "listening": None, "written": frozenset(), "health": "", "smoke": (), "seconds": 1.0, **extra,
    }  # fmt: skip
    return Observation(code, output, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("at 2024-05-01T10:00:00Z", "at 2025-06-02T11:01:01Z"),
        ("id 550e8400-e29b-41d4-a716-446655440000", "id 123e4567-e89b-12d3-a456-426614174000"),
        ("host 3f2a9c1b4d5e", "host 0a1b2c3d4e5f"),
        ("took 12.5 ms", "took 3 ms"),
        ("see http://127.0.0.1:32768/", "see http://127.0.0.1:40000/"),
        ("a\r\nb", "a\nb\n"),
        (
            "[dotenv@17.2.4] injecting env (0) from .env -- tip: encrypt with dotenvx",
            "[dotenv@17.2.4] injecting env (0) from .env -- tip: write to custom object",
        ),
        (
            '"/_next/static/MxWA1PYIIarIOyqTBPEvX/_buildManifest.js" {"buildId":"MxWA1PYIIarIOyqTBPEvX"}',
            '"/_next/static/-b_j33FzZ97jhnBsPT71V/_buildManifest.js" {"buildId":"-b_j33FzZ97jhnBsPT71V"}',
        ),
        (r'push([1,"0:{\"b\":\"MxWA1PYIIarIOyqTBPEvX\"', r'push([1,"0:{\"b\":\"x_j33FzZ97jhnBsPT71V-\"'),
        ("import('./_app/immutable/entry/app.CdvhJoRk.js')", "import('./_app/immutable/entry/app.BeARd-_p.js')"),
        ("__sveltekit_1x3ab9 = {}; __sveltekit_1x3ab9.base", "__sveltekit_2zz9 = {}; __sveltekit_2zz9.base"),
    ],
)
def test_what_varies_is_no_difference(before: str, after: str) -> None:
    assert answers.difference(before, after) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("hello", "hallo"),
        ("1 item", "2 items"),
        ("user root", "user app"),
        ("a\nb", "a"),
        ("version 1.2.3", "version 1.2.4"),
    ],
)
def test_what_is_said_otherwise_is_a_difference(before: str, after: str) -> None:
    assert "+" in answers.difference(before, after)


def test_lines_that_vary_from_request_to_request_do_not_count() -> None:
    assert answers.difference("n=1\nhello", "n=7\nhello", "n=2\nhello", "n=8\nhello") == ""
    assert answers.difference("n=1\nhello", "n=7\nbye", "n=2\nhello", "n=8\nbye") != ""


def test_two_failures_are_no_proof() -> None:
    for broken in (seen(code=1, output="boom"), seen(status=0), seen(status=503)):
        found = behaviour.objections(broken, (80,), Trial())
        assert verdict(found) is Verdict.ORIGINAL_BROKEN
    assert behaviour.objections(seen(), (80,), Trial()) == []
    assert behaviour.objections(seen(code=0), (), Trial()) == []
    assert behaviour.objections(seen(code=2), (), Trial(exit=2)) == []
    assert behaviour.objections(seen(status=404), (80,), Trial(status=200)) != []


def test_standard_output_counts_and_standard_error_does_not() -> None:
    before = seen(code=0, output="result\nwarning: root", errors="warning: root")
    look = Look(Configured("x", {}, 0, 0), files_of({}), None)  # type: ignore[arg-type]
    found = behaviour.compare(before, seen(code=0, output="result\n"), look, look)
    assert verdict(found) is Verdict.PROVED
    found = behaviour.compare(before, seen(code=0, output="other\nwarning: root", errors="warning: root"), look, look)
    assert [item.check for item in found] == ["output"]
    assert verdict(found) is Verdict.DIFFERS


def test_the_worst_finding_decides() -> None:
    difference, breakage = (Finding("x", weight, "y") for weight in (Weight.DIFFERENCE, Weight.BREAKAGE))
    assert verdict([note("x", "y")]) is Verdict.PROVED
    assert verdict([difference, note("x", "y")]) is Verdict.DIFFERS
    assert verdict([difference, breakage]) is Verdict.BROKEN
    assert [item.exit_code for item in Verdict] == [0, 1, 1, 1, 2]


def test_links_are_followed_as_the_kernel_does() -> None:
    files = files_of(
        {"/usr/lib/libx.so.1.2": "x"}, {"/lib": "usr/lib", "/usr/lib/libx.so.1": "libx.so.1.2", "/loop": "loop"}
    )
    assert files.real("/lib/libx.so.1") == "/usr/lib/libx.so.1.2"
    assert files.real("/usr/../lib/./libx.so.1") == "/usr/lib/libx.so.1.2"
    assert files.real("/loop") is None
    assert files.real("/lib/none") is None


def test_a_user_reaches_what_modes_allow() -> None:
    files = files_of({"/root": 0o700, "/root/app.py": "x", "/app": 0o755, "/app/run.py": "x"})
    user, root = Who(1000, frozenset({1000})), Who(0, frozenset({0}))
    assert files.reach("/app/run.py", user, 4) == ""
    assert files.reach("/app/run.py", user, 1) == "the user may not execute it"
    assert files.reach("/app", user, 3) == "the user may not write to it"
    assert files.reach("/root/app.py", user, 4) == "the user may not enter /root"
    assert files.reach("/root/app.py", root, 4) == ""
    assert files.reach("/none", root, 4) == "it is not there"


def test_accounts_are_read_from_the_image() -> None:
    files = files_of({
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:10001:10001::/home/app:/bin/sh\n",
        "/etc/group": "root:x:0:\napp:x:10001:\nextra:x:7:app\n",
    })  # fmt: skip
    assert files.user("") == Who(0, frozenset({0}), "/root")
    assert files.user("app") == files.user("10001") == Who(10001, frozenset({10001, 7}), "/home/app")
    assert files.user("app:extra") == Who(10001, frozenset({7}), "/home/app")
    assert files.user("4711") == Who(4711, frozenset({0}), "/")
    assert files.user("nobody-there") is None


def binary(path: str, needed: tuple[str, ...] = (), **extra: object) -> Binary:
    fields: dict[str, object] = {"rpath": (), "runpath": (), "versions": {}, "defines": frozenset(), **extra}
    return Binary(path, "EM_X86_64", "", needed, **fields)  # type: ignore[arg-type]


def test_libraries_are_found_by_the_loaders_rules() -> None:
    files = files_of({
        "/usr/lib/x86_64-linux-gnu/libc.so.6": "c", "/opt/own/libown.so": "o", "/srv/pkg.libs/liba-1.so": "a",
        "/srv/pkg/_ext.so": "e", "/extra/libe.so": "e", "/etc/ld.so.conf.d/own.conf": "/opt/own\n",
    })  # fmt: skip
    loader = Loader(files, {"LD_LIBRARY_PATH": "/extra"})
    extension = binary(
        "/srv/pkg/_ext.so", ("liba-1.so", "libc.so.6", "libown.so", "libe.so"), rpath=("$ORIGIN/../pkg.libs",)
    )
    assert loader.missing([extension]) == []
    lost = loader.missing([binary("/srv/pkg/_ext.so", ("libpq.so.5", "liba-1.so"))])
    assert [item.library for item in lost] == ["libpq.so.5", "liba-1.so"]


def test_a_text_for_the_linker_is_no_library() -> None:
    files = files_of({
        "/usr/lib/x86_64-linux-gnu/libc.so": "/* GNU ld script */", "/usr/lib/x86_64-linux-gnu/liby.so": "\x7fELF",
    })  # fmt: skip
    addon = binary("/srv/prebuilds/x.musl.node", ("libc.so", "liby.so", "libz.so"))
    loader = Loader(files, {})
    assert [name for name in addon.needed if loader.loads(addon, name)] == ["liby.so"]


def test_a_file_for_another_processor_is_nobodys_library() -> None:
    library = binary("/srv/prebuilds/x.node")
    assert library.runs_on("amd64")
    assert not library.runs_on("arm64")
    assert replace(library, machine="EM_386").runs_on("amd64")
    assert library.runs_on("a processor of tomorrow")


def test_first_lines_of_scripts() -> None:
    found = interpreters(
        {"/a": b"#!/usr/bin/env -S bash -e\nx", "/b": b"#! /bin/sh\n", "/c": b"\x7fELF", "/d": b"echo"}
    )
    assert {path: program_of(words) for path, words in found.items()} == {"/a": "bash", "/b": "/bin/sh"}


def test_steps_that_do_nothing_are_not_counted() -> None:
    steps = (Step("FROM python:3.12", False), Step("RUN pip install x", True))
    assert counted(steps) == steps[1:]


def test_an_edit_changes_the_copy_alone(tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "app.py").write_text("print()")
    with rebuilding.edited(context, Edit("app.py", "# edited\n")) as folder:
        lines = (folder / "app.py").read_text().splitlines()
    assert lines[0] == "print()"
    assert lines[1].startswith("# edited ")
    assert (context / "app.py").read_text() == "print()"


def proofs() -> list[Proof]:
    found = (Finding("libraries", Weight.BREAKAGE, "/x needs liby.so", Lack.LIBRARY, "liby.so"), note("user", "a|b\nc"))
    rebuilt = Rebuilt(Edit("app.py", ""), (Step("COPY . .", False),), (Step("RUN x", True),))
    after = Side(250_000, 4, "10001", 5, frozenset({"libc6"}), frozenset())
    return [
        Proof("Dockerfile", Verdict.BROKEN, "", found, SIDE, after, ("configuration",), rebuilt),
        Proof("b/Dockerfile", Verdict.NOT_TRIED, "the disk is full"),
    ]


def test_json_has_its_schema() -> None:
    schema = json.loads((resources.files("dockrefactor") / "data" / "verify_schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    made = json.loads(json.dumps(proof_report.document(proofs(), "1", "docker")))
    jsonschema.validate(made, schema)
    assert made["files"][0]["findings"][0]["lacks"] == {"kind": "library", "what": "liby.so"}
    assert made["files"][1]["verdict"] == "not tried"


def test_reports_say_what_counts() -> None:
    text = proof_report.text(proofs(), is_terminal=False)
    assert "Dockerfile: broken" in text
    assert "0 MB (-75 %)" in text
    assert "breakage: libraries: /x needs liby.so" in text
    assert "b/Dockerfile: not tried: the disk is full" in text
    assert "note" not in text
    shown = proof_report.markdown(proofs())
    assert "| packages | 2 | 1 (1 gone: gcc) |" in shown
    assert proof_report.exit_code(proofs()) == 2


def run(*words: str, **env: str) -> Result:
    return CliRunner(env=env).invoke(program, ["verify", *words], prog_name="dockrefactor")


def step(said: str, command: str = "x", code: int = 1) -> list[str]:
    """A build's output with a step that failed, as BuildKit prints it."""
    process = f'process "/bin/sh -c {command}" did not complete successfully: exit code: {code}'
    lines = ["#1 [internal] load build definition from Dockerfile", "#5 [1/2] FROM docker.io/library/python:3.12"]
    lines += [f"#6 [2/2] RUN {command}", *(f"#6 1.234 {line}" for line in said.split("\n")), f"#6 ERROR: {process}"]
    return [f"{line}\n" for line in [*lines, "------", f"ERROR: failed to build: failed to solve: {process}"]]


@pytest.mark.parametrize(
    "said",
    [
        "curl: (6) Could not resolve host: github.com",
        "fatal: unable to access 'https://github.com/a/b/': Could not resolve host: github.com",
        "wget: unable to resolve host address 'github.com'",
        "wget: bad address 'github.com'",
        "W: Failed to fetch http://deb.debian.org/debian/dists/x/InRelease  Could not resolve 'deb.debian.org'\n"
        "E: Unable to locate package libpq5",
        "E: Failed to fetch http://deb.debian.org/x.deb  Connection timed out [IP: 151.101.2.132 80]",
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/flask/\n"
        "ERROR: Could not find a version that satisfies the requirement flask (from versions: none)",
        "npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org/x failed",
        "npm ERR! code ETIMEDOUT",
        "npm error code E503",
        "Error: getaddrinfo ENOTFOUND binaries.prisma.sh",
        "error Error: https://registry.yarnpkg.com/x: connect ECONNREFUSED 104.16.1.35:443",
        "info There appears to be trouble with your network connection. Retrying...",
        'go: x: Get "https://proxy.golang.org/x": dial tcp: lookup proxy.golang.org on 10.0.0.2:53: no such host',
        'Get "https://proxy.golang.org/x": net/http: TLS handshake timeout',
        "warning: spurious network error (3 tries remaining): [6] Couldn't resolve host name",
        "[ERROR] Could not transfer artifact a:b:pom:1 from/to central (https://x): maven.apache.org: Unknown host",
        'Exception in thread "main" java.net.UnknownHostException: services.gradle.org',
        "Could not fetch specs from https://rubygems.org/ due to underlying error",
        "curl error 28 while downloading https://repo.packagist.org/packages.json: Connection timed out",
        "** (Mix) httpc request failed with: {:failed_connect, [{:to_address, {'builds.hex.pm', 443}}]}",
        "error NU1301: Unable to load the service index for source https://api.nuget.org/v3/index.json.",
    ],
)
def test_downloads_that_fail_are_told_from_what_is_wrong(said: str) -> None:
    assert network.failure(step(said)) in said
    assert network.failure(step(said)) != ""
    # what another step said is no reason
    other = [line.replace("#6 ", "#4 ") for line in step(said)]
    assert network.failure(["#6 1.0 error: expected ';'\n", *step("make: *** [app] Error 1"), *other[2:-3]]) == ""


@pytest.mark.parametrize(
    "said",
    [
        "npm error code ERESOLVE",
        "npm error code E404",
        "E: Unable to locate package libpq5",
        "ERROR: No matching distribution found for flask==99",
        "Error: connect ECONNREFUSED 127.0.0.1:5432",
        "Error: getaddrinfo ENOTFOUND db",
        "psycopg2.OperationalError: connection refused",
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(...)': /simple/flask/\n"
        "ERROR: Failed building wheel for uwsgi",
        "curl: (22) The requested URL returned error: 404",
        "fatal: repository 'https://github.com/a/b/' not found",
        "go: example.com/x@v1.2.3: reading x: 404 Not Found",
        "ModuleNotFoundError: No module named 'requests'",
    ],
)
def test_what_is_wrong_is_not_taken_for_a_download_that_failed(said: str) -> None:
    assert network.failure(step(said)) == ""


def test_programs_that_say_nothing_tell_by_their_exit_code() -> None:
    assert "exit code: 4" in network.failure(step("", "wget -qO/x https://github.com/x", 4))
    assert network.failure(step("", "wget -qO/x https://github.com/x", 8)) == ""
    assert network.failure(step("", "make", 4)) == ""


def test_images_that_cannot_be_fetched_are_told_apart() -> None:
    asked = 'failed to do request: Head "https://ghcr.io/v2/x": dial tcp: lookup ghcr.io: no such host'
    lines = ["#2 [internal] load metadata for ghcr.io/x:latest\n", f"#2 ERROR: {asked}\n"]
    assert network.failure(lines) == f"ERROR: {asked}"
    said = "STEP 1/2: FROM x\n", "STEP 2/2: RUN curl -f https://x\n", "curl: (6) Could not resolve host: x.org\n"
    assert network.failure(said) == "curl: (6) Could not resolve host: x.org"
    assert network.failure((*said, "STEP 3/3: RUN make\n", "Error: exit status 2\n")) == ""


APP = """\
FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
EXPOSE 8000
CMD ["python", "-m", "http.server", "8000"]
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were to be proved, by a prover that proves everything, beside an engine that only answers."""
    found: list[str] = []

    def prove(_: Prover, name: str, before: Version, after: Version, __: Plan, **___: object) -> Proof:
        found.append(after.recipe.text)
        return Proof(name, Verdict.PROVED, before=SIDE, after=SIDE)

    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    monkeypatch.setattr(Prover, "prove", prove)
    return found


def app(folder: Path, text: str = APP) -> Path:
    folder.mkdir()
    (folder / "Dockerfile").write_text(text)
    (folder / "requirements.txt").write_text("flask==3.0.0\n")
    (folder / "app.py").write_text("import flask\n")
    return folder


@pytest.mark.parametrize("more", [(), ("--repair",)])
def test_refactorings_on_request_are_proved_too(asked: list[str], more: tuple[str, ...]) -> None:
    folder = CORPUS / "separate-tests-node-before-the-prune"
    assert run(str(folder), *more).exit_code == 0
    assert run(str(folder), "--cache-mounts", "--link", "--test-stage", *more).exit_code == 0
    plain, full = asked
    for words in ("--mount=type=cache", "COPY --link", "AS test"):
        assert words in full
        assert words not in plain
    alone = CliRunner().invoke(program, ["--stdout", "--cache-mounts", "--link", "--test-stage", str(folder)])
    assert alone.stdout == full


def test_files_that_need_no_change_do_not_count_beside_others(tmp_path: Path, asked: list[str]) -> None:
    folder = app(tmp_path / "app")
    (folder / "Dockerfile").write_text(CliRunner().invoke(program, ["--stdout", str(folder)]).stdout)
    done = run(str(folder))
    says = "not tried: the refactoring leaves the file as it is, there is nothing to change (--against REV|FILE"
    assert says in " ".join(done.output.split())
    assert done.exit_code == 2
    refused = app(tmp_path / "refused", "FROM nobody/knows:1\nCOPY . .\nCMD x\n")
    done = run(str(refused))
    assert "refused: split-stages [unknown-base], add-user [unknown-base]" in " ".join(done.output.split())
    assert done.exit_code == 2
    assert not asked
    app(tmp_path / "other")
    assert run(str(folder), str(refused), str(tmp_path / "other")).exit_code == 0
    assert len(asked) == 1
    (tmp_path / "other" / "Dockerfile").write_text("FROM\n")
    assert run(str(folder), str(tmp_path / "other")).exit_code == 2


def test_without_an_engine_it_is_said_which_were_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\nCOPY . .\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run(str(tmp_path))
    assert done.exit_code == 2
    assert all(f"{name}: there is no such program" in done.output for name in ("docker", "podman", "buildah"))


def test_an_engine_that_does_not_answer_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\nCOPY . .\n")
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon at unix:///x' >&2\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = run(str(tmp_path), "--engine", "docker")
    assert done.exit_code == 2
    assert "docker: Cannot connect to the Docker daemon" in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--env", "x"), "is not NAME=VALUE"),
        (("--against", "HEAD", "--repair"), "cannot be combined"),
        (("--engine", "lxc"), "lxc"),
        (("--port", "0"), "0"),
        (("--select", "none-such"), "none-such"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], says: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert says in done.output


def test_owners_of_files_are_read_from_the_images_records() -> None:
    info = "/var/lib/dpkg/info"
    files = files_of(
        {
            f"{info}/libpq5:amd64.list": "/.\n/usr/lib/x86_64-linux-gnu/libpq.so.5.17\n",
            f"{info}/bash.list": "/bin/bash\n",
            "/usr/lib/x86_64-linux-gnu/libpq.so.5.17": "",
            "/usr/bin/bash": "",
            "/usr/local/lib/libown.so.1": "",
            "/opt/venv/lib/python3.12/site-packages/pkg-1.0.dist-info/RECORD": "pkg/data.bin,sha256=x,1\n",
            "/opt/venv/lib/python3.12/site-packages/pkg/data.bin": "",
        },
        {"/usr/lib/x86_64-linux-gnu/libpq.so.5": "libpq.so.5.17", "/bin": "usr/bin"},
    )
    owners = Owners(files)
    library = owners.library("libpq.so.5")
    assert library == "/usr/lib/x86_64-linux-gnu/libpq.so.5"
    assert owners.package(library) == "libpq5"
    assert owners.package("/usr/bin/bash") == owners.package("/bin/bash") == "bash"
    assert owners.library("libown.so.1") == "/usr/local/lib/libown.so.1"
    assert owners.package("/usr/local/lib/libown.so.1") is None
    assert owners.language_package("/opt/venv/lib/python3.12/site-packages/pkg/data.bin") == "pkg"
    assert owners.language_package("/app/node_modules/@scope/name/lib/x.node") == "@scope/name"
    assert owners.language_package("/app/own.py") is None


def test_owners_of_alpine_files() -> None:
    database = "P:libpq\nV:16\nF:usr/lib\nR:libpq.so.5\n\nP:curl\nF:usr/bin\nR:curl\n"
    files = files_of({"/lib/apk/db/installed": database, "/usr/lib/libpq.so.5": "", "/usr/bin/curl": ""})
    assert Owners(files).package("/usr/lib/libpq.so.5") == "libpq"
    assert Owners(files).package("/usr/bin/curl") == "curl"
    assert files.packages == {"libpq", "curl"}


@pytest.mark.parametrize(
    ("said", "lack", "what"),
    [
        (
            "ImportError: libpq.so.5: cannot open shared object file: No such file",
            Lack.LIBRARY,
            "libpq.so.5",
        ),
        ("./start.sh: line 2: nc: command not found", Lack.PROGRAM, "nc"),
        ("start.sh: 3: curl: not found", Lack.PROGRAM, "curl"),
        ("Error: spawn convert ENOENT", Lack.PROGRAM, "convert"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'git'", Lack.PROGRAM, "git"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'conf/a.ini'", Lack.FILE, "/app/conf/a.ini"),
        ("panic: open views/index.html: no such file or directory", Lack.FILE, "/app/views/index.html"),
        ("Error: ENOENT: no such file or directory, open '/app/public/x.css'", Lack.FILE, "/app/public/x.css"),
    ],
)
def test_clues_are_found_in_what_programs_print(said: str, lack: Lack, what: str) -> None:
    found = {(item.lacks, item.what) for item in behaviour.clues(seen(code=1, output=f"x\n{said}\ny"), "/app")}
    assert (lack, what) in found


class SlowServer:
    """An engine with one container, whose server is not asked between its begin and the first look at its port."""

    label, is_docker = "x", True
    is_listening = False

    def new_name(self) -> str:
        return "x"

    def run(self, *words: str, **_: object) -> Done:
        if words[0] == "exec":
            self.is_listening = True
            return Done(0, "   0: 00000000:1F40 00000000:0000 0A 00000000:00000000\n", "")
        return Done(0, "", "")

    def inspected(self, *_: str) -> dict[str, object]:
        return {"State": {"Running": True}, "NetworkSettings": {"Ports": {"8000/tcp": [{"HostPort": "1"}]}}}


def test_a_server_that_has_just_begun_to_listen_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowServer()
    answer = answers.Answer(200, "hi")
    monkeypatch.setattr(answers, "get", lambda *_: answer if slow.is_listening else None)
    image = Configured("x", {"ExposedPorts": {"8000/tcp": {}}}, 0, 0)
    watched = running.observe(slow, image, Trial(settle=0.1))  # type: ignore[arg-type]
    assert watched.answers[(8000, "/")].status == 200


def test_what_the_engine_cannot_start_is_said_in_its_words() -> None:
    why = 'docker: Error response from daemon: runc create failed: exec: "serve": executable file not found in $PATH'

    class Refusing(SlowServer):
        def run(self, *words: str, **_: object) -> Done:
            return Done(127, "", f"{why}\n\nRun 'docker run --help' for more information\n")

        def answers(self) -> bool:
            return True

    refused = running.observe(Refusing(), Configured("x", {}, 0, 0), Trial())  # type: ignore[arg-type]
    assert (refused.code, refused.output) == (127, why)
    assert [(item.lacks, item.what) for item in behaviour.clues(refused, "/")] == [(Lack.PROGRAM, "serve")]
