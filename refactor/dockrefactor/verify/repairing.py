"""Repairs by what a proof finds: the refactoring is made again with that knowledge, and proved again.

What a result lacks is looked up in the original's image: a package that the runtime installs, a file that it takes from
the builder, a folder that the user must own. Doubts of the tables that a build can settle are accepted for the trial;
what was learned is worth committing only where the proof succeeds.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable
from typing import Any, Final

from dockrefactor import image, os_packages, package_lists, tables
from dockrefactor.batch import Batch, Source
from dockrefactor.effects import inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Refusal
from dockrefactor.patterns import regex
from dockrefactor.records import dataclass, field, replace
from dockrefactor.report import FileReport
from dockrefactor.settings import Settings
from dockrefactor.verify import subjects
from dockrefactor.verify.building import Passed
from dockrefactor.verify.findings import Finding, Lack, Verdict, Weight
from dockrefactor.verify.image_checks import Look
from dockrefactor.verify.owners import Owners
from dockrefactor.verify.proving import Plan, Proof, Prover
from dockrefactor.verify.subjects import Subject

ROUNDS: Final = 5
_QUOTED: Final = regex(r"""["'](?P<name>[\w.+-]+)["']""")
_KEYS: Final = ("assume", "runtime_packages", "covered", "runtime_files", "owned_folders")


@dataclass(frozen=True, slots=True)
class Repair:
    """What was learned: `settings` by the keys of a configuration, with all values that they need; `says` a line for
    each thing; `rounds` how often the refactoring was made again; `diff` the patch that was proved last."""

    rounds: int = 0
    settings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    diff: str = ""

    def toml(self) -> str:
        """The configuration to commit."""
        lines = [f"{key} = {json.dumps(list(values))}" for key, values in self.settings.items()]
        return "\n".join(["[tool.dockrefactor]", *lines]) if lines else ""


def repaired(batch: Batch, source: Source, prover: Prover, passed: Passed, plan: Plan) -> tuple[Proof, Repair]:
    """Prove a refactoring, mending it as long as there is something to mend. Raises NothingToProve."""
    return _Repairer(batch, source, prover, passed, plan).result()


class _Repairer:
    def __init__(self, batch: Batch, source: Source, prover: Prover, passed: Passed, plan: Plan) -> None:
        self._batch = batch
        self._source = source
        self._prover = prover
        self._passed = passed
        self._plan = plan
        self._known: dict[str, list[str]] = {key: [] for key in _KEYS}
        self._says: list[str] = []

    def result(self) -> tuple[Proof, Repair]:
        rounds = 1 if self._settle(self._made()) else 0
        subject = self._subject()
        proof = self._proved(subject)
        while rounds < ROUNDS and proof.verdict in (Verdict.BROKEN, Verdict.DIFFERS):
            if not (self._learn(proof) or self._withdraw()):
                break
            rounds += 1
            subject = self._subject()
            proof = self._proved(subject)
        return proof, self._repair(rounds, subject)

    def _proved(self, subject: Subject) -> Proof:
        return self._prover.prove(subject.name, subject.before, subject.after, self._plan, hold=True)

    def _repair(self, rounds: int, subject: Subject) -> Repair:
        options = self._batch.reading(self._source).options
        settings = {
            key.replace("_", "-"): tuple(dict.fromkeys([*sorted(getattr(options, key)), *self._known[key]]))
            for key in _KEYS
            if self._known[key]
        }
        diff = subject.report.diff if subject.report is not None else ""
        return Repair(rounds, settings, tuple(self._says), diff)

    def _now(self) -> Batch:
        """The program with what was learned."""
        options = self._batch.reading(self._source).options
        more: dict[str, Any] = {
            key: (*sorted(getattr(options, key)), *values) for key, values in self._known.items() if values
        }
        return self._batch.knowing(replace(Settings(), **more)) if more else self._batch

    def _made(self) -> FileReport:
        return self._now().refactor(self._source)

    def _subject(self) -> Subject:
        return subjects.refactored(self._now(), self._source, self._passed)

    def _add(self, key: str, value: str, says: str, options: Options) -> bool:
        if value in self._known[key] or value in getattr(options, key):
            return False
        self._known[key].append(value)
        self._says.append(says)
        self._prover.say(says)
        return True

    def _settle(self, made: FileReport) -> bool:
        """Accept what a build can show. True where anything was accepted."""
        settled = False
        for _ in range(ROUNDS):
            found = False
            for refusal in _refusals(made):
                found = self._settle_one(refusal) or found
            if not found:
                break
            settled = True
            made = self._made()
        return settled

    def _settle_one(self, refusal: Refusal) -> bool:
        reading = self._now().reading(self._source)
        code = refusal.reason.reason.code
        if code in tables.toml("verify")["repairs"]["shown_by_builds"]:
            return self._add("assume", code, f"accepted for the proof: {code} ({refusal.at})", reading.options)
        if code != "unknown-library":
            return False
        facts = reading.facts(made_text(reading.data))
        by_name = self._cover_named(facts, refusal.at, reading.options)
        return self._cover_unknown(facts, reading.options) or by_name

    def _cover_named(self, facts: Facts, at: Evidence, options: Options) -> bool:
        """Libraries that a line of a source loads by name: the original's image has them, and knows their package."""
        text = facts.context.read(at.path) if at.path != facts.name else None
        rows = (text or "").splitlines()
        row = rows[at.line - 1] if 0 < at.line <= len(rows) else ""
        names = dict.fromkeys(match["name"] for match in _QUOTED.finditer(row))
        look = self._original() if names else None
        found = False
        for name in names if look is not None else ():
            assert look is not None
            path = Owners(look.files).library(name)
            if path is not None and self._bring_file(look, path, options):
                self._add("covered", name, f"{name} is loaded by name, and {path} is it", options)
                found = True
        return found

    def _cover_unknown(self, facts: Facts, options: Options) -> bool:
        """`-dev` packages that the tables do not know: what they leave shows in the original's image, when a result
        lacks it. Programs without a known package are looked up there at once."""
        base = facts.final.base
        if base is None:
            return False
        found = False
        steps = [step for step in facts.final.steps if step.run is not None]
        for name in dict.fromkeys(name for step in steps for name in package_lists.packages(step)):
            bare = os_packages.bare(name)
            if os_packages.role(name, base) is os_packages.Role.HEADERS and os_packages.libraries(name, base) is None:
                says = f"{bare} is taken for a package that only the build needs"
                found = self._add("covered", bare, says, options) or found
        programs = [name for name, _ in (*facts.launch.programs, *facts.healthcheck.programs)]
        programs += [claim.value for claim in facts.needs.programs if claim.value]
        smaller = image.counterpart(base)
        there = smaller.programs if smaller is not None else frozenset()
        # the tables know programs by their names alone
        named = {posixpath.basename(program): program for program in programs}
        wanted = [name for name in named if name in base.programs and name not in there]
        unknown = [name for name in wanted if os_packages.package_of(name, base) is None]
        look = self._original() if unknown else None
        for name in unknown if look is not None else ():
            assert look is not None
            if self._bring_program(look, named[name], options):
                found = self._add("covered", name, f"`{name}` is the program that was found", options)
        return found

    def _original(self) -> Look | None:
        reading = self._now().reading(self._source)
        return self._prover.original(subjects.version(reading, made_text(reading.data), self._passed))

    def _learn(self, proof: Proof) -> bool:
        """Whether a proof's findings taught anything new."""
        if proof.lookup is None:
            return False
        look, options = proof.lookup.original, self._batch.reading(self._source).options
        learned = False
        for finding in _lacking(proof.findings):
            learned = self._bring(look, finding, options) or learned
        if not learned and proof.lookup.result is not None and _stopped_working(proof.findings):
            for path in _lost(look, proof.lookup.result):
                says = f"{path} is in the original's work folder and not in the result's"
                learned = self._add("runtime_files", path, says, options) or learned
        return learned

    def _withdraw(self) -> bool:
        """Whether one of the doubts that were accepted is none any more, and something is left to prove without it."""
        accepted = self._known["assume"]
        for code in accepted[::-1]:
            accepted.remove(code)
            made = self._made()
            if made.result is not None and made.result.changed:
                self._says = [line for line in self._says if f" {code} " not in line]
                self._says.append(f"{code} is left as it is: the proof does not bear it out")
                self._prover.say(self._says[-1])
                return True
            accepted.append(code)
        return False

    def _bring(self, look: Look, finding: Finding, options: Options) -> bool:
        match finding.lacks:
            case Lack.FOLDER:
                if finding.what == "/":
                    return False  # never given away
                says = f"the program writes to {finding.what}: {finding.says}"
                return self._add("owned_folders", finding.what, says, options)
            case Lack.LIBRARY:
                path = finding.what if "/" in finding.what else Owners(look.files).library(finding.what)
                return path is not None and self._bring_file(look, path, options)
            case Lack.PROGRAM:
                return self._bring_program(look, finding.what, options)
            case Lack.FILE:
                return look.files.at(finding.what) is not None and self._bring_file(look, finding.what, options)
            case None:
                return False

    def _bring_program(self, look: Look, name: str, options: Options) -> bool:
        path = look.program(name)
        return path is not None and self._bring_file(look, path, options)

    def _bring_file(self, look: Look, path: str, options: Options) -> bool:
        """The package that owns a file, else the file itself."""
        owners = Owners(look.files)
        package = owners.package(path)
        if package is not None:
            return self._add("runtime_packages", package, f"{package} brings {path}", options)
        language = owners.language_package(path)
        brought = f" (of the package {language})" if language else ""
        return self._add(
            "runtime_files", path, f"no package brings {path}{brought}: it comes from the builder", options
        )


def made_text(data: bytes) -> str:
    """A Dockerfile's bytes as text."""
    from dockrefactor import document

    return document.decode(data)


def _refusals(made: FileReport) -> list[Refusal]:
    answers = made.result.answers if made.result is not None else ()
    return [answer.outcome for answer in answers if isinstance(answer.outcome, Refusal)]


def _lacking(findings: Iterable[Finding]) -> list[Finding]:
    """What findings say is lacking: first what was seen in the images, clues only where nothing was."""
    seen = [finding for finding in findings if finding.lacks is not None]
    return [finding for finding in seen if finding.check != "clue"] or seen


def _stopped_working(findings: Iterable[Finding]) -> bool:
    checks = ("answer", "exit", "smoke", "health")
    return any(finding.check in checks and finding.weight is not Weight.NOTE for finding in findings)


def _lost(before: Look, after: Look) -> list[str]:
    """What the original's work folder has and the result's has not, by the highest paths that are gone."""
    folder = str(before.image.config.get("WorkingDir") or "/")
    if folder == "/":
        return []
    table = tables.toml("verify")
    passed_over = [*table["writes"]["parts"], *table["edits"]["not"]["parts"], ".git"]
    found: list[str] = []
    for path in sorted(before.files.files):
        if not inside(path, folder) or path in after.files.files or any(inside(path, other) for other in found):
            continue
        if not any(part in passed_over for part in path.split("/")):
            found.append(path)
    limit: int = table["repairs"]["most_files"]
    return found if len(found) <= limit else []


__all__ = ["Repair", "repaired"]
