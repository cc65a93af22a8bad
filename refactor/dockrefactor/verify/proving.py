"""The proof itself: both Dockerfiles checked, built, compared, run and built again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockrefactor.facts import Facts
from dockrefactor.outcome import Start
from dockrefactor.records import dataclass, field, replace
from dockrefactor.verify import behaviour, building, image_checks, image_files, images, rebuilding, running
from dockrefactor.verify.building import BuildError, NetworkError, Passed, Recipe
from dockrefactor.verify.engine import CouldNotTryError, Engine, EngineError, TooSlowError
from dockrefactor.verify.findings import Finding, Verdict, Weight, note, verdict
from dockrefactor.verify.image_checks import Look
from dockrefactor.verify.image_files import ImageFiles
from dockrefactor.verify.images import Configured
from dockrefactor.verify.rebuilding import Edit, Rebuilt
from dockrefactor.verify.running import Observation, Trial

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Version:
    """A Dockerfile to prove or to compare with: its recipe, what is known of its text, and the starts other than the
    original's that the user accepted for it."""

    recipe: Recipe
    facts: Facts
    starts: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done beyond building both and comparing them. `edit` is None where one is to be chosen."""

    trial: Trial = field(default_factory=Trial)
    rebuilds: bool = True
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What was measured of one image: size in bytes, layers, files, the distribution's packages, setuid files; `uid` is
    the number of its user, None where the image's accounts have none."""

    size: int
    layers: int
    user: str
    files: int
    packages: frozenset[str]
    setuid: frozenset[str]
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a comparison. `reason` says why nothing could be tried; `compared` what was looked at; `observed`
    are the containers of the original and of the result, as far as they were run; `is_unchanged` where the refactoring
    left the file as it is, so that there was nothing to prove."""

    name: str
    verdict: Verdict
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    before: Side | None = None
    after: Side | None = None
    compared: tuple[str, ...] = ()
    rebuilt: Rebuilt | None = None
    observed: tuple[Observation, ...] = ()
    lookup: ImageLookup | None = None
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class ImageLookup:
    """The original's image while it is there: where a repair looks things up. `needed` are libraries of the original's
    own files, by name."""

    original: Look
    result: Look | None


class Prover:
    """Proofs with one engine. Base images are looked at once."""

    def __init__(self, engine: Engine, say: Say = lambda _: None) -> None:
        self.engine = engine
        self._say = say
        self._bases: dict[str, ImageFiles | None] = {}
        self._held: list[str] = []

    def prove(self, name: str, before: Version, after: Version, plan: Plan, *, hold: bool = False) -> Proof:
        """Compare `after` with `before`; with `hold`, the images stay until `release`. Raises nothing but what is a
        defect or an interrupt."""
        attempt = _Attempt(self, name, plan)
        try:
            return attempt.proof(before, after)
        except CouldNotTryError as error:
            return Proof(name, Verdict.NOT_TRIED, str(error), tuple(attempt.findings))
        except EngineError as error:
            return Proof(name, Verdict.NOT_TRIED, str(error), tuple(attempt.findings))
        finally:
            if hold:
                self._held += attempt.images
            else:
                self.engine.remove_images(*attempt.images)

    def original(self, version: Version) -> Look | None:
        """An original to look things up in, until `release`; None where it does not build. Raises CouldNotTryError."""
        try:
            built = building.build(self.engine, version.recipe)
        except BuildError:
            return None
        self._held.append(built.name)
        image = images.of_name(self.engine, built.name)
        return Look(image, image_files.of_image(self.engine, built.name), version.facts)

    def release(self) -> None:
        """Remove the images that were held."""
        self.engine.remove_images(*self._held)
        self._held.clear()

    def say(self, text: str) -> None:
        self._say(text)

    def base_files(self, version: Version) -> ImageFiles | None:
        """The files of the image that the final stage stands on; None for `scratch` and where it cannot be told."""
        stage = version.facts.final
        while stage.base_stage is not None:
            stage = version.facts.stages[stage.base_stage]
        if stage.written_base in (None, "scratch"):
            return None
        document = version.facts.document
        text = ""
        for item in document.instructions:
            if item.keyword == "FROM":
                break
            text += document.source(item)
        text += document.source(stage.origin)
        key = f"{text}|{version.recipe.passed.args}|{version.recipe.passed.platform}"
        if key not in self._bases:
            self._bases[key] = self._looked_at(
                Recipe(text, version.recipe.context, version.recipe.name, frozenset(), version.recipe.passed)
            )
        return self._bases[key]

    def _looked_at(self, recipe: Recipe) -> ImageFiles | None:
        try:
            built = building.build(self.engine, recipe)
        except BuildError:
            return None
        files = image_files.of_image(self.engine, built.name)
        # read what may be asked for later while the image is there
        files.contents(["/var/lib/dpkg/status", "/lib/apk/db/installed"])
        self.engine.remove_images(built.name)
        return files


class _Attempt:
    def __init__(self, prover: Prover, name: str, plan: Plan) -> None:
        self._prover = prover
        self._engine = prover.engine
        self._name = name
        self._plan = plan
        self.images: list[str] = []
        self.findings: list[Finding] = []
        self.compared: list[str] = []
        self.observed: list[Observation] = []

    def proof(self, before: Version, after: Version) -> Proof:
        original = self._built("original", before, Weight.ORIGINAL)
        if original is None:
            return self._end()
        self._check(before, after)
        result = self._built("result", after, Weight.BREAKAGE)
        if result is None:
            return self._end(before=_side(original, None), lookup=ImageLookup(self._look(original, before), None))
        self._prover.say("comparing the images")
        self.findings += images.compare(original, result, before.facts, after.starts)
        self.compared.append("configuration")
        old, new = self._look(original, before), self._look(result, after)
        self.findings += image_checks.findings(new, old, self._prover.base_files(after))
        self.compared += ["user", "launch", "libraries", "interpreters", "volumes"]
        self._run(old, new)
        sides = {"before": _side(original, old), "after": _side(result, new)}
        self.findings += _setuid(sides["before"], sides["after"])
        rebuilt = self._rebuild(before, after)
        return self._end(**sides, rebuilt=rebuilt, lookup=ImageLookup(old, new))

    def _end(self, **measured: object) -> Proof:
        found = tuple(dict.fromkeys(self.findings))
        proof = Proof(
            self._name, verdict(found), "", found, compared=tuple(self.compared), observed=tuple(self.observed)
        )
        return replace(proof, **measured)  # type: ignore[arg-type]

    def _built(self, which: str, version: Version, weight: Weight) -> Configured | None:
        self._prover.say(f"building the {which}")
        try:
            built = building.build(
                self._engine, version.recipe, lambda step: self._prover.say(f"building the {which}: {step}")
            )
        except BuildError as error:
            self.findings.append(Finding("build", weight, f"the {which} does not build:\n{error.output.rstrip()}"))
            return None
        self.images.append(built.name)
        return images.of_name(self._engine, built.name)

    def _check(self, before: Version, after: Version) -> None:
        new = building.warnings(self._engine, after.recipe)
        if new is None:
            return
        old = building.warnings(self._engine, before.recipe) or frozenset()
        self.compared.append("docker build --check")
        self.findings += [
            Finding("check", Weight.DIFFERENCE, f"{rule}: {detail}") for rule, detail in sorted(new - old)
        ]

    def _look(self, image: Configured, version: Version) -> Look:
        return Look(image, image_files.of_image(self._engine, image.name), version.facts, bool(version.starts))

    def _run(self, old: Look, new: Look) -> None:
        """Start both, where the image names nothing itself with each command that compose gives; a command for which
        the original alone is no measure, as where it wants a database, says nothing while another does."""
        trial = _with_ports(self._plan.trial, _ports(old, self._plan.trial))
        against: list[Finding] = []
        compared = False
        for service in old.facts.starting_services or (None,):
            start = trial
            if service is not None:
                start = replace(trial, entrypoint=service.entrypoint, command=service.command)
            objections, observed = self._run_once(old, new, start)
            if not self.observed or (not objections and not compared):
                self.observed = observed
            compared = compared or not objections
            against += objections
        if not compared:
            self.findings += against

    def _run_once(self, old: Look, new: Look, trial: Trial) -> tuple[list[Finding], list[Observation]]:
        """What stands against the original as a measure, nothing where both were compared; and what was observed."""
        self._prover.say("running the original")
        before = running.observe(self._engine, old.image, trial)
        if objections := behaviour.objections(before, trial.ports, trial):
            return objections, [before]
        self._prover.say("running the result")
        patient = _patient(trial, before)
        after = running.observe(self._engine, new.image, patient)
        if before.runs and not before.answers and after.code == trial.exit:
            # the original may only have been slower to end, as where it compiles what it runs
            self._prover.say("running the original again")
            before = running.observe(self._engine, old.image, replace(trial, settle=patient.seconds))
        self.findings += behaviour.compare(before, after, old, new)
        if verdict(self.findings) is not Verdict.PROVED:
            self.findings += behaviour.clues(after, str(old.image.config.get("WorkingDir") or "/"))
        self.compared += _kinds(before)
        return [], [before, after]

    def _rebuild(self, before: Version, after: Version) -> Rebuilt | None:
        if not self._plan.rebuilds or verdict(self.findings) in (Verdict.ORIGINAL_BROKEN, Verdict.BROKEN):
            return None
        edit = self._plan.edit or rebuilding.choose(after.facts)
        if edit is None:
            self.findings.append(note("rebuild", "no source file to edit was found"))
            return None
        self._prover.say(f"building again after an edit of {edit.file}")
        try:
            return rebuilding.rebuild(self._engine, before.recipe, after.recipe, edit)
        except BuildError as error:
            self.findings.append(note("rebuild", f"not after an edit of {edit.file}:\n{error.output.rstrip()}"))
        except (NetworkError, TooSlowError) as error:
            # all the rest is known already
            self.findings.append(note("rebuild", f"not after an edit of {edit.file}: {error}"))
        return None


def _ports(look: Look, trial: Trial) -> tuple[int, ...]:
    """The ports that the original should answer at: EXPOSE, the user's, and what its sources say."""
    claimed = [int(claim.value) for claim in look.facts.needs.ports if claim.value and claim.value.isdigit()]
    return tuple(dict.fromkeys([*trial.ports, *look.image.ports, *(port for port in claimed if 0 < port < 65536)]))


def _with_ports(trial: Trial, ports: tuple[int, ...]) -> Trial:
    return replace(trial, ports=ports)


def _patient(trial: Trial, before: Observation) -> Trial:
    """The result may take longer than the original did: what is slow is no difference."""
    longer = max(2 * trial.seconds, 5 * before.seconds)
    settle = max(trial.settle, 3 * before.seconds) if not before.runs else trial.settle
    return replace(trial, seconds=longer, settle=settle)


def _kinds(seen: Observation) -> Iterator[str]:
    """What a run let itself be compared by."""
    for (port, path), answer in sorted(seen.answers.items()):
        yield f"{answer} of {path} at port {port}" if answer.status else f"an answer at port {port}"
    if not seen.answers:
        yield "that it keeps running" if seen.runs else f"exit code {seen.code} and output"
    yield "files written"
    if seen.health:
        yield f"health ({seen.health})"
    for smoke in seen.smoke:
        yield f"`{smoke.command}`"


def _side(image: Configured, look: Look | None) -> Side:
    if look is None:
        return Side(image.size, image.layers, image.user, 0, frozenset(), frozenset())
    files = sum(1 for file in look.files.files.values() if not file.is_dir)
    uid = look.who.uid if look.who is not None else None
    return Side(image.size, image.layers, image.user, files, look.files.packages, look.files.setuid, uid)


def _setuid(before: Side, after: Side) -> Iterator[Finding]:
    for path in sorted(after.setuid - before.setuid):
        yield note("setuid", f"{path} runs as its owner, and the original has it not")


__all__ = ["ImageLookup", "Passed", "Plan", "Proof", "Prover", "Side", "Version"]
