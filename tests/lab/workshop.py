"""Proofs of the cases: the original and the result of each built, compared and run by `verify`, ahead of the tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cases import Case, HttpProbe, context_of, facts_of, report_of, result_of
from dockrefactor.document import decode
from dockrefactor.outcome import IgnoreFile
from dockrefactor.records import replace
from dockrefactor.verify import building, images, running
from dockrefactor.verify.building import Recipe
from dockrefactor.verify.engine import Engine
from dockrefactor.verify.proving import Plan, Proof, Prover, Version
from dockrefactor.verify.running import Observation, Trial

if TYPE_CHECKING:
    from dockrefactor.facts import Facts

# an engine without access to a registry cannot fetch the frontend that this line names; its own is as new
_FRONTEND = re.compile(r"\A(\ufeff)?#[ \t]*syntax[ \t]*=[^\n]*\n", re.IGNORECASE)
BUILD_SECONDS = 900.0
# large frameworks start slowly beside two builds, and some originals compile first
START_SECONDS = 300.0
# a case that says how its program ends is waited for: some compile what they run
END_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a refactoring did to an image: sizes in bytes, and the user of its configuration."""

    case: str
    before: int
    after: int
    user: str

    def __str__(self) -> str:
        return f"| {self.case} | {self.before / 1e6:.0f} | {self.after / 1e6:.0f} | {self.user or 'root'} |"


@dataclass(frozen=True, slots=True)
class Tried:
    """What is known of a case after both of its images were built and run. `proof` is None where nothing was changed;
    then the original alone was run."""

    before: Version
    after: Version
    original: Observation
    proof: Proof | None


@dataclass(slots=True)
class Workshop:
    """Proofs in the background. `absent` are images that cannot be made here; `sizes` is what the tests measured."""

    pool: Executor
    prover: Prover
    absent: frozenset[str] = frozenset()
    sizes: list[Sizes] = field(default_factory=list)
    _begun: dict[str, Future[Tried]] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        return self.prover.engine

    def begin(self, cases: Iterable[Case]) -> None:
        """Begin with them, in this order."""
        for case in cases:
            self._future(case)

    def lacks(self, case: Case) -> frozenset[str]:
        """The images for a case that could not be made."""
        return self.absent & base_names(case)

    def of(self, case: Case) -> Tried:
        """Waits for a case, and raises what its builds raised."""
        return self._future(case).result()

    def _future(self, case: Case) -> Future[Tried]:
        if case.name not in self._begun:
            # made here, since the refactoring itself is not for threads
            result = result_of(case)
            before, after = version_of(case, result.before), version_of(case, result.after, result.ignore_file)
            after = replace(after, starts=result.starts)
            self._begun[case.name] = self.pool.submit(self._tried, case, before, after)
        return self._begun[case.name]

    def _tried(self, case: Case, before: Version, after: Version) -> Tried:
        if result_of(case).changed:
            proof = self.prover.prove(case.name, before, after, Plan(trial_of(case), rebuilds=False))
            # without a container of the original the proof itself says why
            original = proof.observed[0] if proof.observed else Observation(None, "", {}, None, frozenset(), "", (), 0)
            return Tried(before, after, original, proof)
        built = building.build(self.engine, before.recipe)
        try:
            image = images.of_name(self.engine, built.name)
            return Tried(before, after, running.observe(self.engine, image, trial_of(case)), None)
        finally:
            self.engine.remove_images(built.name)


def base_names(case: Case) -> set[str]:
    """The images that a case's original and result are built from."""
    result = result_of(case)
    names: set[str] = set()
    for text in (result.before, result.after):
        stages = facts_of(case, text).stages
        names.update(stage.written_base for stage in stages if stage.base_stage is None and stage.written_base)
    return names


def version_of(case: Case, text: str, ignore: IgnoreFile | None = None) -> Version:
    """A text in the place of a case's Dockerfile, with all that the threads will ask of it already read."""
    plain = _FRONTEND.sub(r"\1", decode(text.encode()))
    facts = facts_of(case, plain, ignore)
    _read_all(facts)
    folder = context_of(case.name) / (report_of(case.name).context or "")
    passed = building.Passed(seconds=BUILD_SECONDS)
    return Version(Recipe(plain, folder, passed=passed, ignore=ignore.after if ignore else None), facts)


def _read_all(facts: Facts) -> None:
    for _ in (facts.stages, facts.launch, facts.healthcheck, facts.needs, facts.contributing):
        pass


def trial_of(case: Case) -> Trial:
    """How a case's `[probe]` asks for its containers to be tried."""
    match case.probe:
        case HttpProbe(port, path, status, _, env):
            return Trial((port,), (path,), status, seconds=START_SECONDS, env=env)
        case probe:
            assert probe is not None, "this case has no probe"
            return Trial(exit=probe.exit, env=probe.env, seconds=END_SECONDS, settle=END_SECONDS)
