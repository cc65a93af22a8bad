"""The stages of a Dockerfile, read instruction by instruction."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Hashable, Iterator
from typing import Final

from dockrefactor import fetched_scripts, grammar, image, shell, tables
from dockrefactor.context import BuildContext, normalise
from dockrefactor.document import Document, Instruction
from dockrefactor.effects import Effects, absolute, inside
from dockrefactor.patterns import regex
from dockrefactor.records import replace
from dockrefactor.stages import Copy, Place, Placed, Run, Stage, State, Step, mounted, resolver

EffectsOf = Callable[[shell.Command, Place], Effects]

_REMOTE: Final = regex(r"(https?|git|ssh)://|git@", re.IGNORECASE)
ARCHIVES: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
# what a here-document may be given to
_HEREDOC_SHELLS: Final = frozenset({"", "sh", "bash", "/bin/sh", "/bin/bash", "sh -e", "bash -e"})


class Readings:
    """What the instructions of one context were read as, so that what several texts have in common is read once.

    A tree: what an instruction means depends on those before it in its stage, behind which it is among the `followers`,
    and on a stage that it copies from. `copy`, `run` and the state `after` it are its reading.
    """

    __slots__ = ("after", "copy", "followers", "run")

    def __init__(self, copy: Copy | None = None, run: Run | None = None, after: State | None = None) -> None:
        self.copy = copy
        self.run = run
        self.after = after
        self.followers: dict[Hashable, Readings] = {}


def read(
    document: Document, context: BuildContext, effects_of: EffectsOf, readings: Readings | None = None
) -> tuple[Stage, ...]:
    """The stages of a Dockerfile, in order. `readings`: of other texts in the same context, with the same effects."""
    reader = _Reader(document, context, effects_of, readings or Readings())
    for instruction in document.instructions:
        reader.take(instruction)
    return tuple(reader.finish())


class _Reader:
    def __init__(self, document: Document, context: BuildContext, effects_of: EffectsOf, readings: Readings) -> None:
        self.readings = readings
        self.here = readings  # where the last instruction has its place
        self.ends: list[Readings] = []  # of the stages
        self.document = document
        self.context = context
        self.effects_of = effects_of
        self.global_args: dict[str, str] = {}
        self.stages: list[Stage] = []
        self.origin: Instruction | None = None
        self.steps: list[Step] = []
        self.state = State(env={}, args={})
        self.base: image.Image | None = None
        self.written: str | None = None
        self.base_stage: int | None = None

    def take(self, instruction: Instruction) -> None:
        if instruction.keyword == "FROM":
            self._close()
            self._open(instruction)
            return
        if self.origin is None:
            if instruction.keyword == "ARG":
                self._global_arg(instruction)
            return
        self.here = self._read(instruction)
        copy = self.here.copy
        if copy is not None and copy.stage is not None:
            copy = replace(copy, stage=self._stage_called(copy.origin or ""))
        self.steps.append(Step(instruction, self.state, copy, self.here.run))
        assert self.here.after is not None
        self.state = self.here.after

    def _read(self, instruction: Instruction) -> Readings:
        name = instruction.flag("from")
        origin = self._stage_called(name) if name is not None else None
        key = (self.document.source(instruction), self.ends[origin.index] if origin is not None else None)
        if key not in self.here.followers:
            copy = self._copy(instruction) if instruction.keyword in ("COPY", "ADD") else None
            run = self._run(instruction) if instruction.keyword == "RUN" else None
            self.here.followers[key] = Readings(copy, run, self._next_state(instruction))
        return self.here.followers[key]

    def finish(self) -> list[Stage]:
        self._close()
        return self.stages

    def _global_arg(self, instruction: Instruction) -> None:
        for word in instruction.args:
            name, equals, value = word.partition("=")
            if equals:
                self.global_args[name] = grammar.expand(value, self.global_args, self.document.escape) or ""

    def _open(self, instruction: Instruction) -> None:
        self.origin = instruction
        self.steps = []
        written = instruction.args[0] if instruction.args else ""
        names = {stage.name.lower(): stage.index for stage in self.stages if stage.name}
        resolved = written
        if "$" in written:
            used = set(re.findall(r"\$\{?(\w+)", written))
            resolvable = used <= set(self.global_args) and all(self.global_args[name] for name in used)
            resolved = (grammar.expand(written, self.global_args, self.document.escape) or "") if resolvable else ""
        self.base_stage = names.get(resolved.lower())
        self.written = resolved or None
        if self.base_stage is not None:
            parent = self.stages[self.base_stage]
            self.base = parent.base
            self.state = replace(parent.after, args={})
            self._begin(self.ends[self.base_stage])
            return
        self.base = image.known(resolved) if resolved else None
        env = {key: value for key, value in (self.base.env if self.base else {}).items() if value != "*"}
        self.state = State(cwd=self.base.workdir if self.base else "/", env=env, args={})
        self._begin(resolved)

    def _begin(self, base: str | Readings) -> None:
        """Find the place of a stage on an image, or on an earlier stage by the place of its end."""
        key = (base, self.document.escape, tuple(self.global_args.items()))
        self.here = self.readings.followers.setdefault(key, Readings())

    def _close(self) -> None:
        if self.origin is None:
            return
        self.ends.append(self.here)
        words = self.origin.args
        name = words[2] if len(words) >= 3 and words[1].upper() == "AS" else ""
        self.stages.append(
            Stage(
                len(self.stages), self.origin, name, self.written, self.base, self.base_stage,
                tuple(self.steps), self.state, self.context, self._parent(),
            )
        )  # fmt: skip

    def _parent(self) -> Stage | None:
        return self.stages[self.base_stage] if self.base_stage is not None else None

    def variables(self) -> dict[str, str]:
        args = {name: value for name, value in self.state.args.items() if value is not None}
        return {**args, **self.state.env}

    def expand(self, word: str) -> str | None:
        """`word` with ENV and ARG replaced; None where it names something unknown."""
        if "$" not in word:
            return grammar.expand(word, {}, self.document.escape)
        variables = self.variables()
        bare = re.sub(r"\\\$", "", word)
        for name, modifier in re.findall(r"\$\{?(\w+)(:[-+])?", bare):
            if name not in variables and not modifier:
                return None
        return grammar.expand(word, variables, self.document.escape)

    def _uses_args(self, word: str) -> bool:
        return any(name in self.state.args and name not in self.state.env for name in re.findall(r"\$\{?(\w+)", word))

    def _next_state(self, instruction: Instruction) -> State:
        state = self.state
        keyword = instruction.keyword
        if keyword == "WORKDIR" and instruction.args:
            path = self.expand(instruction.args[0].strip("\"'"))
            uses_args = self._uses_args(instruction.args[0]) or path is None
            return replace(state, cwd=absolute(path or instruction.args[0], state.cwd), from_args=uses_args)
        if keyword == "USER" and instruction.args:
            return replace(state, user=self.expand(instruction.args[0]) or instruction.args[0])
        if keyword == "ENV":
            env = dict(state.env)
            for name, value in zip(instruction.args[::3], instruction.args[1::3], strict=False):
                expanded = self.expand(value)
                if expanded is None:
                    env.pop(name, None)
                else:
                    env[name] = expanded
            return replace(state, env=env)
        if keyword == "ARG":
            args = dict(state.args)
            for word in instruction.args:
                name, equals, value = word.partition("=")
                args[name] = self.expand(value) if equals else self.global_args.get(name)
            return replace(state, args=args)
        if keyword == "SHELL":
            return replace(state, shell=instruction.args)
        return state

    def _copy(self, instruction: Instruction) -> Copy:
        origin = instruction.flag("from")
        words = [self.expand(word.strip("\"'")) for word in instruction.args]
        # quotes and escapes in the shell form are part of the path for some versions of BuildKit
        odd = not instruction.json and any(char in word for word in instruction.args for char in "\"'\\")
        known = None not in words and len(words) >= 2 and instruction.flag("parents") is None and not odd
        texts = [word or "" for word in words] or [""]
        destination = texts[-1]
        sources = tuple(
            source if origin is not None else (source if _REMOTE.match(source) else normalise(source))
            for source in texts[:-1]
        )
        inline = bool(instruction.heredocs)
        target = absolute(destination, self.state.cwd)
        folder = destination.endswith(("/", "/.")) or destination in (".", "./", "") or len(sources) > 1
        copy = Copy(
            sources=sources,
            destination=target,
            into_folder=folder or inside(self.state.cwd, target) or self._is_folder(target),
            origin=origin,
            remote=any(_REMOTE.match(source) for source in sources) and origin is None,
            unpacks=instruction.keyword == "ADD" and any(source.endswith(ARCHIVES) for source in sources),
            inline=inline,
            owner=instruction.flag("chown"),
            known=known and not inline,
        )
        if origin is not None:
            return replace(copy, stage=self._stage_called(origin))
        return self._with_pairs(copy) if not inline and known else copy

    def _stage_called(self, name: str) -> Stage | None:
        """The earlier stage of the file that `--from` names, None for an image."""
        found = (stage for stage in self.stages if name.lower() in (stage.name.lower(), str(stage.index)))
        return next(found, None)

    def _is_folder(self, target: str) -> bool:
        """Whether `target` is known to be a folder at this point of the stage."""
        if self.base is not None and self.base.package_manager and target in tables.toml("images")["folders"]:
            return True
        parent = self._parent()
        steps = (*(parent.image_steps if parent is not None else ()), *self.steps)
        return target == "/" or any(inside(step.before.cwd, target) or _makes_folder(step, target) for step in steps)

    def _with_pairs(self, copy: Copy) -> Copy:
        pairs: list[tuple[str, str, bool]] = []
        absent: list[str] = []
        for source in copy.sources:
            if _REMOTE.match(source):
                continue
            found = list(_matches(source, self.context))
            if not found:
                absent.append(source)
            for path in found:
                if self.context.is_dir(path):
                    pairs.append((path, copy.destination, True))
                else:
                    name = posixpath.basename(path)
                    many = copy.into_folder or len(found) > 1
                    pairs.append((path, posixpath.join(copy.destination, name) if many else copy.destination, False))
        return replace(copy, pairs=tuple(pairs), absent=tuple(absent))

    def _run(self, instruction: Instruction) -> Run:
        mounts = tuple(flag.partition("=")[2] for flag in instruction.flags if flag.startswith("--mount"))
        opaque = ""
        if instruction.json:
            text, opaque = _quote(instruction.args), ""
        elif instruction.heredocs:
            text, opaque = self._heredoc(instruction)
        else:
            text = instruction.value
        if self.state.shell and posixpath.basename(self.state.shell[0]) not in ("sh", "bash", "ash", "dash"):
            opaque = "its SHELL is not a POSIX shell"
        script = shell.parse(text, self.variables())
        commands = self._place(script, mounts)
        return Run(script, commands, mounts, bool(instruction.heredocs), opaque or script.opaque)

    def _heredoc(self, instruction: Instruction) -> tuple[str, str]:
        body = instruction.heredocs[0].content
        command = instruction.value.partition("<<")[0].strip()
        if len(instruction.heredocs) > 1 or command not in _HEREDOC_SHELLS:
            return body, "a here-document feeds another program"
        if body.startswith("#!") and not re.match(r"#!\s*(/usr)?/bin/(env )?(ba|da|a)?sh\b", body):
            return body, "a here-document for another interpreter"
        return body, ""

    def _place(self, script: shell.Script, mounts: tuple[str, ...]) -> tuple[Placed, ...]:
        placed: list[Placed] = []
        parent = self._parent()
        steps = (*(parent.image_steps if parent is not None else ()), *self.steps)
        resolve = mounted(resolver(steps, self.context), mounts, self.state.cwd, self.context)
        cwd = [self.state.cwd]
        for command in script.commands:
            while len(cwd) > command.depth + 1:
                cwd.pop()
            while len(cwd) < command.depth + 1:
                cwd.append(cwd[-1])
            place = Place(cwd[-1], self.state, resolve, self.context, self.base)
            placed.append(Placed(command, cwd[-1], self.effects_of(command, place)))
            if command.name in ("cd", "pushd") and len(command.words) > 1:
                target = command.words[1]
                cwd[-1] = absolute(target.text, cwd[-1]) if target.known else "/?"
        return fetched_scripts.named(placed, self.state.env, self._added())

    def _added(self) -> dict[str, str]:
        """Image path -> address, of what the steps before add from the network."""
        copies = [step.copy for step in self.steps if step.copy is not None and step.copy.remote]
        alone = [copy for copy in copies if len(copy.sources) == 1 and not copy.into_folder]
        return {copy.destination: copy.sources[0] for copy in alone}


def _makes_folder(step: Step, target: str) -> bool:
    """Whether a step copies something to the folder `target` or below, or makes such a folder by name."""
    made: list[str] = []
    if step.copy is not None:
        made += [path if is_folder else posixpath.dirname(path) for _, path, is_folder in step.copy.pairs]
        made += [step.copy.destination] if step.copy.into_folder else []
    for placed in step.commands:
        made += placed.effects.writes if placed.command.name == "mkdir" else ()
    return any(inside(path, target) for path in made)


def _quote(argv: tuple[str, ...]) -> str:
    import shlex

    if len(argv) == 3 and argv[0] in ("/bin/sh", "sh", "/bin/bash", "bash") and argv[1] == "-c":
        return argv[2]
    return shlex.join(argv)


def _matches(source: str, context: BuildContext) -> Iterator[str]:
    """Context paths that a source names; wildcards match within one path component, as Go's filepath.Match does."""
    if not any(char in source for char in "*?["):
        if context.exists(source):
            yield source
        return
    found = [""]
    for part in source.split("/"):
        found = [
            path
            for folder in found
            for path in context.children(folder)
            if fnmatch.fnmatchcase(posixpath.basename(path), part)
        ]
    yield from found
