"""ENTRYPOINT, CMD and HEALTHCHECK followed through shells, wrappers and scripts of the context."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor import launch_words, procfiles, shell, start_scripts
from dockrefactor.document import Instruction
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.image import STANDARD_PATH
from dockrefactor.launch import Launch, Started
from dockrefactor.needs import ResolveImagePath
from dockrefactor.neighbours import Elsewhere, Service
from dockrefactor.records import dataclass, replace
from dockrefactor.stages import Stage, resolver

MAX_DEPTH: Final = 8
_ARGUMENTS: Final = ("$@", "$*", "${@}", "${*}")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a command stands: the folder that it runs in, the line that names it, the context path of the script that
    holds it (`""` for the Dockerfile), how many shells, wrappers and scripts are around it, and whether one of them may
    not run."""

    cwd: str
    evidence: Evidence
    script: str = ""
    depth: int = 0
    conditional: bool = False

    @property
    def deeper(self) -> _Place:
        return replace(self, depth=self.depth + 1)


@dataclass(frozen=True, slots=True)
class _Call:
    """A command with what its line says of it; see `Started`."""

    argv: tuple[str, ...]
    wrappers: tuple[str, ...] = ()
    conditional: bool = False
    known: bool = True
    writes: tuple[str, ...] = ()


def of_stage(stage: Stage, dockerfile: str) -> Launch:
    """What a container of `stage` starts. `dockerfile` is the name that evidence gives."""
    entry, command = stage.launch
    follower = _Follower(stage, dockerfile)
    if entry is None:
        if command is None:
            return _inherited(stage, follower, dockerfile)
        follower.start(command.instruction, inherited=stage.base.entrypoint if stage.base else ())
    elif command is None or not entry.instruction.json:
        follower.start(entry.instruction)
    elif command.instruction.json:
        follower.start(entry.instruction, appended=command.instruction.args)
    else:
        follower.start(entry.instruction, appended=("/bin/sh", "-c", command.instruction.value))
    return follower.result()


def _inherited(stage: Stage, follower: _Follower, dockerfile: str) -> Launch:
    """What the base image's own CMD starts, where that is a server and no shell of a language."""
    command = stage.base.cmd if stage.base is not None else ()
    if not command or command[0] not in launch_words.servers_of_images():
        return Launch(empty=True, scripts={})
    evidence = Evidence(dockerfile, stage.origin.start_line, "the base image starts it")
    follower.call(_Call(command), _Place(stage.after.cwd, evidence))
    return follower.result()


def of_healthcheck(stage: Stage, dockerfile: str) -> Launch:
    """What HEALTHCHECK starts; `empty` where there is none."""
    step = stage.last("HEALTHCHECK")
    if step is None or not step.instruction.args or step.instruction.args[0].upper() != "CMD":
        return Launch(empty=True, scripts={})
    follower = _Follower(stage, dockerfile)
    item = step.instruction
    evidence = Evidence(dockerfile, item.start_line, "the health check")
    if item.json:
        follower.call(_Call(item.args[1:]), _Place(stage.after.cwd, evidence))
    else:
        follower.needs_shell = True
        follower.text(" ".join(item.args[1:]), _Place(stage.after.cwd, evidence))
    return follower.result()


def of_service(stage: Stage, service: Service, dockerfile: str) -> Launch:
    """What a compose service starts in a container of `stage`, by its own words or after the stage's ENTRYPOINT."""
    follower = _Follower(stage, dockerfile)
    entry, command = stage.launch
    if service.starts and "$" in service.starts[0]:
        says = f"`{service.starts[0]}` is computed when it starts"
        return Launch(unreadable=(replace(service.evidence, says=says),), scripts={})
    if not service.entrypoint and entry is not None:
        follower.start(entry.instruction, appended=service.command if entry.instruction.json else ())
    elif service.starts:
        says = f"service `{service.name}` starts it" if service.name else service.evidence.says
        follower.call(_Call(service.starts), _Place(stage.after.cwd, replace(service.evidence, says=says)))
    elif command is not None:
        follower.start(command.instruction)
    return follower.result()


def of_process(stage: Stage, process: Elsewhere, dockerfile: str) -> Launch:
    """What a line of a Procfile starts in a container of `stage`, after its ENTRYPOINT."""
    follower = _Follower(stage, dockerfile)
    entry, _ = stage.launch
    if entry is not None:
        follower.start(entry.instruction, appended=process.argv if entry.instruction.json else ())
    else:
        follower.call(_Call(process.argv), _Place(stage.after.cwd, process.evidence))
    return follower.result()


class _Follower:
    def __init__(self, stage: Stage, dockerfile: str) -> None:
        self.stage = stage
        self.dockerfile = dockerfile
        self.resolve: ResolveImagePath = stage.resolver()
        self.started: list[Started] = []
        self.scripts: dict[str, str] = {}
        self.unreadable: list[Evidence] = []
        self.one_string: Evidence | None = None
        self.drops: Evidence | None = None
        self.needs_shell = False
        self.login: Evidence | None = None

    def result(self) -> Launch:
        return Launch(
            started=tuple(self.started),
            scripts=self.scripts,
            unreadable=tuple(self.unreadable),
            one_string=self.one_string,
            drops=self.drops,
            shell=self.needs_shell,
            login_shell=self.login,
            empty=not self.unreadable
            and not self.scripts
            and all(launch_words.idles(item.argv) for item in self.started),
        )

    def start(self, instruction: Instruction, appended: tuple[str, ...] = (), inherited: tuple[str, ...] = ()) -> None:
        """Follow ENTRYPOINT or CMD; `appended`: the words of CMD after it, `inherited`: the base image's entrypoint."""
        evidence = Evidence(self.dockerfile, instruction.start_line, f"{instruction.keyword} starts it")
        place = _Place(self.stage.after.cwd, evidence)
        if not instruction.json:
            self.needs_shell = True
            self.text(instruction.value, place)
            return
        argv = instruction.args
        if len(argv) == 1 and " " in argv[0].strip():
            self.one_string = replace(evidence, says=f"`{argv[0]}` is one word of the exec form")
        wrapper = posixpath.basename(inherited[0]) if inherited else ""
        if wrapper and wrapper not in launch_words.handing_over():
            argv = (*inherited, *argv)
        if wrapper == "docker-entrypoint.sh" and argv and argv[0].startswith("-"):
            argv = ("node", *argv)  # as node's own entrypoint does
        elif wrapper == "docker-entrypoint.sh" and argv and argv[0].endswith((".js", ".cjs", ".mjs")):
            argv = ("node", *argv)
        self.call(_Call((*argv, *appended)), place)

    def call(self, call: _Call, place: _Place) -> None:
        """Follow one command."""
        if not call.argv or place.depth > MAX_DEPTH:
            return
        place = replace(place, conditional=place.conditional or call.conditional)
        word = call.argv[0]
        if word in launch_words.SHELLS:
            self._shell(call.argv, place)
            return
        if self._unwrap(call, place):
            return
        if place.depth and (not word or "$" in word):
            self.unreadable.append(replace(place.evidence, says=f"`{word or '$(…)'}` is computed when it starts"))
            return
        if posixpath.basename(word) in launch_words.own_scripts():
            self._start(call, place)
            return
        if self._changed_script(word, place.cwd) is not None:
            says = f"`{word}` is a file of the context that a RUN changes"
            self.unreadable.append(replace(place.evidence, says=says))
            return
        path = self._script_path(word, place.cwd)
        if path is not None and self._follow_script(path, call.argv, place):
            return
        self._start(call, place)
        if posixpath.dirname(word) in ("", *STANDARD_PATH):
            self._follow_tasks(call.argv, place)

    def _follow_tasks(self, argv: tuple[str, ...], place: _Place) -> None:
        """What a program starts that a file of the work folder lists."""
        name = posixpath.basename(argv[0])
        if name not in launch_words.procfile_runners() | launch_words.task_runners():
            return
        path = absolute("Procfile", place.cwd)
        context_path = self.resolve(path) if name in launch_words.procfile_runners() else None
        text = self.stage.context.read(context_path) if context_path else None
        if context_path is None or text is None or argv[1:2] != ("start",) or any(word[:1] == "-" for word in argv):
            self.unreadable.append(replace(place.evidence, says=f"what `{name}` starts is not followed"))
            return
        self.needs_shell = True
        self.scripts[path] = context_path
        for process in procfiles.processes(text):
            evidence = Evidence(context_path, process.line, f"process `{process.name}` is started")
            self.text(process.command, replace(place.deeper, evidence=evidence))

    def _start(self, call: _Call, place: _Place) -> None:
        self.started.append(
            Started(
                argv=call.argv,
                program=call.wrappers[0] if call.wrappers else call.argv[0],
                cwd=place.cwd,
                evidence=place.evidence,
                known=call.known,
                script=place.script,
                conditional=place.conditional,
                writes=call.writes,
                wrappers=call.wrappers,
            )
        )

    def _unwrap(self, call: _Call, place: _Place) -> bool:
        """Follow what a wrapper starts; False where the command is none, or starts nothing."""
        word = call.argv[0]
        name = posixpath.basename(word)
        drops = name in launch_words.droppers()
        if drops and self.drops is None:
            self.drops = replace(place.evidence, says=f"`{name}` drops privileges")
        if not drops and not (launch_words.is_wrapper(name) and self.resolve(absolute(word, place.cwd)) is None):
            return False
        if launch_words.names_shell(name) and "--" not in call.argv:
            self.unreadable.append(replace(place.evidence, says=f"what `{name}` starts is not followed"))
            return True
        rest = launch_words.unwrapped(name, call.argv)
        if rest:
            outer = call.wrappers if name in launch_words.builtins() else (*call.wrappers, word)
            self.call(replace(call, argv=rest, wrappers=outer), place.deeper)
        return bool(rest)

    def _changed_script(self, word: str, cwd: str) -> str | None:
        """The context path of a started file whose text a RUN changes: what it does then is not known."""
        path = absolute(word, cwd)
        if "/" not in word or self.resolve(path) is not None:
            return None
        copies = tuple(step for step in self.stage.image_steps if step.copy is not None)
        return resolver(copies, self.stage.context)(path)

    def _script_path(self, word: str, cwd: str) -> str | None:
        """The image path of a file of the context that `word` runs; None for a program."""
        if "/" in word:
            path = absolute(word, cwd)
            return path if self.resolve(path) is not None else None
        for folder in (self.stage.after.env.get("PATH") or "").split(":"):
            if folder and self.resolve(posixpath.join(folder, word)) is not None:
                return posixpath.join(folder, word)
        return None

    def _unixed(self, path: str) -> bool:
        """Whether a RUN takes the carriage returns out of a file."""
        return any(
            placed.effects.keeps_content
            and path in placed.effects.writes
            and placed.command.name in ("sed", "dos2unix")
            for step in self.stage.image_steps
            if step.run is not None
            for placed in step.run.commands
        )

    def _follow_script(self, path: str, argv: tuple[str, ...], place: _Place) -> bool:
        """Reads a script of the context; False where it is no script (then it is a program)."""
        context_path = self.resolve(path)
        text = self.stage.context.read(context_path) if context_path else None
        if context_path is None or text is None:
            return False
        first = text.partition("\n")[0]
        interpreter = re.match(r"#!\s*(\S+)(?:\s+(?:-S\s+)?(\S+))?", first)
        if interpreter is not None and first.endswith("\r") and not self._unixed(path):
            self.unreadable.append(
                Evidence(context_path, 1, "its first line ends in CR LF: no interpreter has that name")
            )
            return True
        if interpreter is None and not path.endswith((".sh", ".bash")):
            return False
        if path in self.scripts and not start_scripts.is_known(text):
            return True
        self.scripts[path] = context_path
        named = interpreter[1] if interpreter else "sh"
        program = posixpath.basename(named)
        if program == "env" and interpreter:
            named = program = interpreter[2] or "sh"
        if program not in launch_words.SHELLS:
            here = replace(
                place.deeper, evidence=Evidence(context_path, 1, f"is run by `{program}`"), script=context_path
            )
            self.call(_Call((named, path, *argv[1:])), here)
            return True
        shown = "/bin/sh" if program == "sh" else program
        self.started.append(
            Started(
                (shown, path), program, place.cwd, place.evidence, script=context_path, conditional=place.conditional
            )
        )
        self.needs_shell = True
        self._script_text(text, context_path, place, argv[1:])
        return True

    def _shell(self, argv: tuple[str, ...], place: _Place) -> None:
        self.needs_shell = True
        if posixpath.basename(argv[0]) != "sh":
            self._start(_Call(argv[:1]), place)
        at = next((at for at, word in enumerate(argv) if at and word[:1] != "-" and word != "pipefail"), len(argv))
        options, operand, arguments = argv[1:at], argv[at : at + 1], argv[at + 1 :]
        if any(re.fullmatch(r"-\w*l\w*|--login", word) for word in options):
            self.login = replace(place.evidence, says="a login shell sets PATH anew")
        if any(re.fullmatch(r"-\w*c\w*", word) for word in options):
            if operand:
                self.text(operand[0], place.deeper, arguments[1:])  # the first is `$0`
            return
        if not operand:
            return
        path = absolute(operand[0], place.cwd)
        context_path = self.resolve(path)
        text = self.stage.context.read(context_path) if context_path else None
        if context_path is None or text is None:
            self._start(_Call(argv), place)
        elif path not in self.scripts or start_scripts.is_known(text):
            self.scripts[path] = context_path
            self._script_text(text, context_path, place, arguments)

    def _script_text(self, text: str, context_path: str, place: _Place, arguments: tuple[str, ...]) -> None:
        rest = start_scripts.handed_over(text, arguments)
        if rest is not None:
            self.call(_Call(rest), place.deeper)
            return
        evidence = Evidence(context_path, 1, "the start script")
        self.text(text, replace(place.deeper, evidence=evidence, script=context_path), arguments)

    def text(self, text: str, place: _Place, arguments: tuple[str, ...] = ()) -> None:
        """The commands of a shell text; `arguments`: what `"$@"` stands for."""
        if place.depth > MAX_DEPTH:
            return
        parsed = shell.parse(text, self.stage.after.env)
        evidence = place.evidence
        if parsed.opaque and "background" not in parsed.opaque:
            self.unreadable.append(replace(evidence, says=f"cannot be followed: {parsed.opaque}"))
        cwd = place.cwd
        for command in parsed.commands:
            line = text.count("\n", 0, command.start) if place.script else 0
            here = replace(place, cwd=cwd, evidence=Evidence(evidence.path, evidence.line + line, evidence.says))
            for piece in command.pieces:
                self._command(piece, here, arguments)
            if command.name not in parsed.functions:  # whose commands stand where it is defined
                self._command(command, here, arguments)
            if command.name == "cd" and len(command.words) == 2 and command.words[1].known and not command.conditional:
                cwd = absolute(command.words[1].text, cwd)

    def _command(self, command: shell.Command, place: _Place, arguments: tuple[str, ...]) -> None:
        if not command.words:
            return
        argv, known = command.argv, all(word.known for word in command.words)
        at = next((at for at, word in enumerate(argv) if word in _ARGUMENTS), None)
        if at is not None:
            argv, known = (*argv[:at], *arguments, *argv[at + 1 :]), True
            if not arguments and argv in (("exec",), ()):
                return
        name = argv[0]
        conditional = place.conditional or command.conditional or command.guarded
        call = _Call(argv, (), conditional, known, _written(command, place.cwd))
        place = replace(place, conditional=call.conditional)
        if name in ("source", ".") and len(argv) > 1:
            self._shell(("/bin/sh", argv[1]), place)
        elif name in launch_words.builtins() and name not in ("exec", "command", "eval"):
            if call.writes:
                self._start(call, place)
        elif name == "eval" or "$" in name or (not command.words[0].known and argv == command.argv):
            self.unreadable.append(replace(place.evidence, says=f"`{name}` is computed when it starts"))
        else:
            self.call(call, place.deeper)


def _written(command: shell.Command, cwd: str) -> tuple[str, ...]:
    """The files that a command is redirected to, `?` where computed."""
    return tuple(
        absolute(item.target.text, cwd) if item.target.known else "?"
        for item in command.redirects
        if item.target is not None
        and item.operator.startswith((">", "&>"))
        and not item.target.text.startswith("/dev/")
    )
