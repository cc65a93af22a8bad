"""How a Ruby build is split: what stands against it, what it is worth, and what goes to the runtime."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from dockrefactor import launch_words, left_behind
from dockrefactor.effects import Kind, absolute, inside
from dockrefactor.evidence import Evidence
from dockrefactor.facts import Facts
from dockrefactor.needs import InstallInputs
from dockrefactor.records import dataclass, replace
from dockrefactor.source_copies import outermost_copied
from dockrefactor.stages import Placed, Step
from dockrefactor.toolchain import Artifact, Blocked, Plan
from dockrefactor.toolchains import ruby_commands, ruby_distribution, ruby_needs
from dockrefactor.toolchains.ruby_commands import BundleInstall, BundleSetting, GemInstall

_Commands = list[tuple[Step, Placed]]


@dataclass(frozen=True, slots=True)
class _Settings:
    """What Bundler is told by variables and settings: where gems go (`""` for the image's own folder)."""

    path: str
    home: str


def plan(facts: Facts, own: _Commands, installed: Sequence[InstallInputs]) -> Plan | Blocked:
    """See `Toolchain.plan`; `own` are Ruby's commands of all contributing stages, `installed` what installs read."""
    base = facts.final.base
    assert base is not None
    packaged = base.language != "ruby"
    foreign = ruby_distribution.obstacle(facts, own, installed) if packaged else None
    if foreign is not None:
        return foreign
    installs = [(step, placed) for step, placed in own if placed.effects.kind is Kind.INSTALL]
    own_gain = ruby_distribution.gain(facts) if packaged else left_behind.gain(facts)
    gain = (own_gain or facts.left_behind) if installs else facts.left_behind
    if gain is None:
        return Plan()
    against = _obstacle(facts, installs, installed)
    if against is not None and against.code not in facts.options.assume:
        return against
    assumed = (against,) if against is not None else ()
    plan = _assembled(facts, own, gain, assumed)
    return replace(plan, instead=ruby_distribution.instead(facts)) if packaged and isinstance(plan, Plan) else plan


def _obstacle(facts: Facts, installs: _Commands, installed: Sequence[InstallInputs]) -> Blocked | None:
    for item in facts.launch.started:
        if launch_words.installs(item.argv):
            says = f"`{' '.join(item.argv[:2])}` installs when it starts"
            return Blocked("needs-build-tool", Evidence(item.evidence.path, item.evidence.line, says))
    for step, placed in installs:
        if isinstance(placed.effects.detail, GemInstall) and placed.effects.detail.in_home:
            return Blocked("artifacts-in-home", facts.at(step.instruction, "gems go to root's own folder"))
    missing = next((path for item in installed for path in item.missing), None)
    if missing is not None:
        return Blocked("manifest-missing", facts.at(installs[0][0].instruction, f"{missing} is not copied"))
    base = facts.final.base
    if base is None or not (base.counterpart or base.family == "ubuntu"):
        return None
    libraries = ruby_needs.sources(facts).libraries
    library = next((claim for claim in libraries if claim.value not in facts.options.covered), None)
    if library is not None:
        return Blocked("unknown-library", library.evidence)
    unknown = ruby_needs.packages(facts, installed).unknown
    return Blocked("unknown-package", unknown) if unknown is not None else None


def _settings(facts: Facts, own: _Commands) -> _Settings:
    """Where gems go, by variables, settings and options; a relative path starts at the folder of the install."""
    env = facts.final.after.env
    told = {
        placed.effects.detail.name: placed.effects.detail.value
        for _, placed in own
        if isinstance(placed.effects.detail, BundleSetting)
    }
    installs = [placed.effects.detail for _, placed in own if isinstance(placed.effects.detail, BundleInstall)]
    path = next((item.path for item in installs if item.path), None) or told.get("path") or env.get("BUNDLE_PATH", "")
    words = (told.get("deployment", ""), env.get("BUNDLE_DEPLOYMENT", ""))
    if not path and (any(item.deployment for item in installs) or any(word in ("true", "1") for word in words)):
        path = "vendor/bundle"
    return _Settings(path, env.get("GEM_HOME", "/usr/local/bundle"))


def _assembled(facts: Facts, own: _Commands, gain: str, assumed: tuple[Blocked, ...]) -> Plan | Blocked:
    settings = _settings(facts, own)
    base = facts.final.base
    packaged = "GEM_HOME" not in facts.final.after.env
    installs = [(step, placed) for step, placed in own if placed.effects.kind is Kind.INSTALL]
    artifacts: dict[str, Artifact] = {}
    inner: list[tuple[Step, str]] = []  # what is made among the sources
    for step, placed in own:
        if placed.effects.kind not in (Kind.INSTALL, Kind.BUILD):
            continue
        bundled = isinstance(placed.effects.detail, BundleInstall) and settings.path
        paths = [absolute(settings.path, placed.cwd)] if bundled else []
        # without a folder of their own for settings, Bundler's path is all that an install fills
        unused = ruby_commands.gem_folders(base, step.before.env) if bundled and packaged else ()
        for path in (*paths, *(path for path in placed.effects.writes if path not in unused)):
            if _among_sources(facts, path):
                inner.append((step, path))
            elif path not in artifacts and not any(inside(path, other) for other in artifacts):
                whole = path in ruby_distribution.OWN
                artifacts[path] = Artifact(path, True, facts.at(step.instruction, "is installed here"), whole=whole)
    for step, config in _configured(facts, own, settings):
        if _among_sources(facts, config):
            inner.append((step, config))
        elif not any(inside(config, path) for path in artifacts):
            artifacts[config] = Artifact(config, True, facts.at(step.instruction, "Bundler keeps its settings here"))
    tree = _tree(facts, inner) if inner else None
    if tree == "/":
        step, path = inner[0]
        return Blocked("context-has-artifacts", facts.at(step.instruction, f"it writes {path} among the sources in /"))
    evidence = tuple(facts.at(step.instruction, "installs gems") for step, _ in installs)
    return Plan(artifacts=tuple(artifacts.values()), tree=tree, gain=gain, evidence=evidence, assumed=assumed)


def _configured(facts: Facts, own: _Commands, settings: _Settings) -> Iterator[tuple[Step, str]]:
    """(step, folder) of what keeps settings of Bundler, those included that it remembers of an install."""
    base = facts.final.base
    assert base is not None
    for step, placed in own:
        detail = placed.effects.detail
        remembers = isinstance(detail, BundleInstall) and (detail.path or detail.without or detail.deployment)
        if base.language == "ruby" and isinstance(detail, BundleSetting):
            yield step, facts.final.after.env.get("BUNDLE_APP_CONFIG", settings.home)
        elif base.language != "ruby" and (isinstance(detail, BundleSetting) or remembers):
            yield step, absolute(step.before.env.get("BUNDLE_APP_CONFIG", ".bundle"), placed.cwd)


def _among_sources(facts: Facts, path: str) -> bool:
    """Whether a path lies in a folder that a COPY fills from the context, or where the program starts."""
    folders = {facts.final.after.cwd}
    for step in facts.final.steps:
        for _, target, is_folder in step.copy.pairs if step.copy is not None else ():
            folders.add(target if is_folder else posixpath.dirname(target))
    elsewhere = path.startswith(("/usr/local/", "/opt/", "/var/"))
    return any(inside(path, folder) and not (folder == "/" and elsewhere) for folder in folders)


def _tree(facts: Facts, made: list[tuple[Step, str]]) -> str:
    """The folder of the project: the one where `made` is made among the sources, or the folder above it that was
    copied."""
    cwds = [step.before.cwd for step, _ in made]
    common = posixpath.commonpath([*cwds, *(posixpath.dirname(path) for _, path in made)])
    return outermost_copied(facts.final.steps, common)
